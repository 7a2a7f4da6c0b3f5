//! A job of one Kafka table that prints a query over it: what the tests of the Kafka source run.

use std::io::{BufRead, BufReader};
use std::process::{Child, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::binary;
use crate::job_folder::JobFolder;
use crate::patience;
use crate::process::signal;
use crate::services::kafka::Kafka;

/// The job's folder; it can be run several times, each run resumes the one before.
pub struct PrintJob {
    binary: String,
    folder: JobFolder,
}

/// The parts of the job.
pub struct PrintSpec<'a> {
    /// Columns of the table `t`.
    pub columns: &'a str,
    /// Options over `connector`, `properties.bootstrap.servers` and `format` = json.
    pub options: &'a [(&'a str, &'a str)],
    pub select: &'a str,
    /// Columns of the printed table.
    pub out: &'a str,
}

impl PrintJob {
    pub fn new(binary: &str, kafka: &Kafka, spec: &PrintSpec<'_>) -> Self {
        let bootstrap = kafka.bootstrap();
        let defaults =
            [("connector", "kafka"), ("properties.bootstrap.servers", &bootstrap), ("format", "json")];
        let given = |key: &str| spec.options.iter().any(|(k, _)| *k == key);
        let with: Vec<String> = defaults
            .iter()
            .filter(|(key, _)| !(given(key) || *key == "format" && given("value.format")))
            .chain(spec.options)
            .map(|(key, value)| format!("'{key}' = '{value}'"))
            .collect();
        let folder = JobFolder::new();
        folder.write("sql/streamsql.yaml", "job: { name: print, state: ./state }\n");
        folder.write(
            "sql/job.sql",
            &format!(
                "CREATE TABLE t ({}) WITH ({});
                 CREATE TABLE p ({}) WITH ('connector' = 'print');
                 INSERT INTO p {};",
                spec.columns,
                with.join(", "),
                spec.out,
                spec.select
            ),
        );
        Self { binary: binary.to_owned(), folder }
    }

    pub fn folder(&self) -> &JobFolder {
        &self.folder
    }

    /// Runs the job to its end.
    pub fn output(&self) -> Output {
        self.folder.run(&self.binary, &["-v"]).output().expect("the binary")
    }

    /// Runs a bounded job to its end; its rows, sorted.
    pub fn rows(&self) -> Vec<String> {
        let output = self.output();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "exit {:?}\n{stderr}", output.status.code());
        sorted(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    /// Runs a job that must fail; its exit code and what it said.
    pub fn failure(&self) -> (i32, String) {
        let output = self.output();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "it should have failed\n{stderr}");
        (output.status.code().expect("an exit code"), stderr)
    }

    /// Starts the job in the background.
    pub fn start(&self) -> RunningJob {
        let log = std::fs::File::create(self.folder.path().join("log")).expect("log file");
        let mut child = self
            .folder
            .run(&self.binary, &["-v"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let stdout = BufReader::new(child.stdout.take().expect("stdout"));
        let sink = Arc::clone(&lines);
        let reader = std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                sink.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        RunningJob { child, lines, reader: Some(reader), log: self.folder.path().join("log") }
    }
}

/// A job in the background; killed when dropped.
pub struct RunningJob {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    log: std::path::PathBuf,
}

impl RunningJob {
    /// The rows printed so far, sorted.
    pub fn rows(&self) -> Vec<String> {
        sorted(self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// What it said on stderr so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits for this many rows; returns all, sorted.
    pub fn wait_for_rows(&mut self, count: usize) -> Vec<String> {
        self.wait_until(&format!("{count} rows"), |job| job.rows().len() >= count);
        self.rows()
    }

    /// Waits until its log holds a text.
    pub fn wait_for_log(&mut self, text: &str) {
        self.wait_until(&format!("'{text}' in the log"), |job| job.log().contains(text));
    }

    fn wait_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let mut ended = None;
        let held = patience::wait_until(|| {
            ended = self.child.try_wait().expect("status");
            done(self) || ended.is_some()
        });
        assert!(
            held && done(self),
            "{what} in vain ({ended:?}), rows {:?}
{}",
            self.rows(),
            self.log()
        );
    }

    /// Asks it to stop; it must commit and end well. Returns all rows, sorted.
    pub fn stop(mut self) -> Vec<String> {
        signal(self.child.id(), libc::SIGTERM);
        let code = self.wait();
        assert_eq!(code, Some(0), "{}", self.log());
        self.rows()
    }

    /// Waits for its end by itself; exit code and log.
    pub fn end(mut self) -> (Option<i32>, String) {
        (self.wait(), self.log())
    }

    fn wait(&mut self) -> Option<i32> {
        let status = binary::wait(&mut self.child);
        let status = status.unwrap_or_else(|| {
            panic!(
                "it does not end
{}",
                self.log()
            )
        });
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        status.code()
    }
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}
