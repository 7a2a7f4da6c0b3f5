//! A job that the built binary runs and serves over HTTP, on a port of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use streamsql_http::client::Client;

use crate::job_folder::JobFolder;
use crate::{binary, patience};

/// A job without services: rows from a generator, as long as it runs.
pub const ENDLESS: &str = "
CREATE TABLE clicks (k INT, price DOUBLE, ts AS LOCALTIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
  WITH ('connector' = 'datagen', 'rows-per-second' = '200', 'fields.k.min' = '1', 'fields.k.max' = '5');
CREATE TABLE counts (k INT, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO counts SELECT k, COUNT(*) FROM clicks GROUP BY k;
";

/// A job without services whose source is faster than any machine: its thread always has more than it may hand on.
pub const TOO_FAST: &str = "
CREATE TABLE t (k INT, v STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000',
  'fields.v.length' = '200');
CREATE TABLE counts (k INT, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO counts SELECT k, COUNT(DISTINCT UPPER(v)) FROM t GROUP BY k;
";

/// Reads a stream of a job at this address until it is said that the job has ended; before it listens, too.
///
/// # Panics
/// For a text that is no address.
pub fn follow_until(address: &str, path: &str, ended: &AtomicBool) {
    let client = Client::new(address, None).expect("an address");
    let ended = || ended.load(Ordering::Relaxed);
    patience::wait_until(|| {
        // Nobody answers yet, or any more.
        let _ = client.follow(path, |_, _| Ok(!ended()));
        ended()
    });
}

/// A running job; killed when dropped.
pub struct Served {
    pub child: Child,
    pub url: String,
    log: Arc<Mutex<String>>,
    folder: JobFolder,
}

impl Served {
    /// Runs this SQL, with an address and more arguments; waits until it is served.
    ///
    /// # Panics
    /// When the job ends before it is served.
    pub fn start(sql: &str, http: &str, arguments: &[&str]) -> Self {
        Self::with(sql, "job: { name: served }\n", http, arguments, &[])
    }

    /// The same with a configuration and an environment.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn with(
        sql: &str,
        config: &str,
        http: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let folder = JobFolder::new();
        folder.write("sql/job.sql", sql);
        folder.write("sql/streamsql.yaml", config);
        let mut command = folder.run(binary::path().to_str().expect("a path of UTF-8"), &["--http", http]);
        command.args(arguments).envs(environment.iter().copied()).stdout(Stdio::null());
        Self::of(command, folder)
    }

    /// `streamsql demo`, which carries its job and starts its services itself. Ends well with `end`.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn demo(arguments: &[&str]) -> Self {
        let folder = JobFolder::new();
        // The database's user has to pass through.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("a folder of our own");
        let mut command = Command::new(binary::path());
        command.args(["demo", "--http", "127.0.0.1:0"]).args(arguments);
        command.env("TMPDIR", folder.path()).current_dir(folder.path());
        Self::of(command, folder)
    }

    /// Asks it to stop; its exit code.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn end(mut self) -> Option<i32> {
        self.client().post("/api/v1/stop").expect("it takes the request");
        binary::wait(&mut self.child).and_then(|status| status.code())
    }

    /// Runs the job of a folder on any port, with more arguments and an environment; what it prints goes to the file
    /// `out` of the folder.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn in_folder(folder: JobFolder, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::by(binary::path().to_str().expect("a path of UTF-8"), folder, arguments, environment)
    }

    /// The same by another binary.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn by(binary: &str, folder: JobFolder, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = folder.run(binary, &["--http", "127.0.0.1:0"]);
        command.args(arguments).envs(environment.iter().copied());
        let out = std::fs::OpenOptions::new().create(true).append(true).open(folder.path().join("out"));
        command.stdout(out.expect("a file"));
        Self::of(command, folder)
    }

    /// The job's folder, to change its files.
    pub fn folder(&self) -> &JobFolder {
        &self.folder
    }

    /// What it has printed to the file of [`Self::in_folder`].
    ///
    /// # Panics
    /// Where there is none.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("out")).expect("the file `out`")
    }

    fn of(mut command: Command, folder: JobFolder) -> Self {
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let log: Arc<Mutex<String>> = Arc::default();
        let keep = |line: &str, log: &Mutex<String>| {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(line);
            log.push('\n');
        };
        let url = loop {
            let Some(Ok(line)) = lines.next() else {
                panic!("ended before it was served:\n{}", log.lock().unwrap())
            };
            keep(&line, &log);
            if let Some(at) = line.find("http://") {
                break line[at..].trim().to_owned();
            }
        };
        let rest = Arc::clone(&log);
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| keep(&line, &rest)));
        Self { child, url, log, folder }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `127.0.0.1:PORT`.
    pub fn authority(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// # Panics
    /// Never: the address comes from the job.
    pub fn client(&self) -> Client {
        Client::new(&self.url, None).expect("an address")
    }

    /// A JSON answer.
    ///
    /// # Panics
    /// When there is none.
    pub fn json(&self, path: &str) -> Value {
        self.client()
            .get(path)
            .and_then(|answer| answer.json())
            .unwrap_or_else(|e| panic!("{path}: {e}\n{}", self.log()))
    }

    /// Waits until the answer's part at a JSON pointer is as wanted.
    ///
    /// # Panics
    /// When it never is.
    pub fn wait(&self, path: &str, pointer: &str, holds: impl Fn(&Value) -> bool) -> Value {
        patience::wait_for(&format!("{path}{pointer}"), || {
            let answer = self.json(path);
            answer.pointer(pointer).is_some_and(&holds).then_some(answer)
        })
    }
}

impl Served {
    /// Kills it without its knowledge; its folder is left, with its state.
    ///
    /// # Panics
    /// When the system does not let us.
    pub fn kill(mut self) -> JobFolder {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
        std::mem::take(&mut self.folder)
    }
}

impl Served {
    /// Waits for its good end; its folder is left, with its state.
    ///
    /// # Panics
    /// When it does not end, or not well.
    pub fn ended(mut self) -> JobFolder {
        let status = binary::wait(&mut self.child);
        assert_eq!(status.and_then(|status| status.code()), Some(0), "{}", self.log());
        std::mem::take(&mut self.folder)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
