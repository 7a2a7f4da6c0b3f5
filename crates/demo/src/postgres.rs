//! A private PostgreSQL: the machine's server binaries, an unprivileged user, a free port on loopback, a data folder
//! that goes with the demo.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use streamsql_core::{Error, Result};

use crate::DemoFolder;

const USER: &str = "postgres";
const DATABASE: &str = "postgres";
/// From the server's start until it answers.
const PATIENCE: Duration = Duration::from_secs(20);
/// Another process may take the free port before the server does.
const PORTS_TRIED: usize = 5;

/// A running server; it ends with the folder that it was started in.
#[derive(Clone, Debug)]
pub struct PrivatePostgres {
    port: u16,
    password: String,
}

impl PrivatePostgres {
    /// Initialises and starts a server below the folder.
    ///
    /// # Errors
    /// `Unreachable` when there are no server binaries or the server does not start; its own words are in the message.
    pub fn start(folder: &mut DemoFolder) -> Result<Self> {
        let binaries = server_binaries()?;
        let home = folder.subfolder("postgres")?;
        let password = format!("{:032x}", rand::random::<u128>());
        let password_file = home.join("password");
        let unwritable =
            |e: std::io::Error| Error::unreachable(format!("cannot write {}: {e}", home.display()));
        std::fs::write(&password_file, &password).map_err(unwritable)?;
        std::fs::set_permissions(&password_file, std::fs::Permissions::from_mode(0o600))
            .map_err(unwritable)?;
        let user = unprivileged(&home)?;
        if let Some((uid, gid)) = user {
            for path in [&home, &password_file] {
                chown(path, Some(uid), Some(gid)).map_err(unwritable)?;
            }
        }
        let data = home.join("data");
        let output = as_user(&binaries.join("initdb"), user, &home)
            .args(["--no-sync", "--no-instructions", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"])
            .arg(format!("--username={USER}"))
            .arg(format!("--pwfile={}", password_file.display()))
            .arg("-D")
            .arg(&data)
            .output()
            .map_err(|e| Error::unreachable(format!("cannot run initdb: {e}")))?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Error::unreachable(format!("initdb failed: {words}")));
        }
        let mut reason = String::new();
        for _ in 0..PORTS_TRIED {
            let server = Self { port: free_port()?, password: password.clone() };
            match server.run(&binaries.join("postgres"), user, &home, folder)? {
                Started::Yes => return Ok(server),
                Started::No(log) => reason = log,
            }
        }
        Err(Error::unreachable(format!("PostgreSQL does not start: {reason}")))
    }

    fn run(
        &self,
        program: &Path,
        user: Option<(u32, u32)>,
        home: &Path,
        folder: &mut DemoFolder,
    ) -> Result<Started> {
        let log_file = home.join("log");
        let unusable = |e: std::io::Error| Error::unreachable(format!("cannot start PostgreSQL: {e}"));
        let log = std::fs::File::create(&log_file).map_err(unusable)?;
        let mut child = as_user(program, user, home)
            .arg("-D")
            .arg(home.join("data"))
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .arg("-c")
            .arg(format!("port={}", self.port))
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(unusable)?)
            .stderr(log)
            // A terminal's Ctrl-C must not end it before the job's last commit.
            .process_group(0)
            .spawn()
            .map_err(unusable)?;
        let said = || std::fs::read_to_string(&log_file).unwrap_or_default().trim().to_owned();
        let begin = Instant::now();
        loop {
            if child.try_wait().map_err(unusable)?.is_some() {
                return Ok(Started::No(said()));
            }
            if self.execute("SELECT 1").is_ok() {
                folder.adopt(child)?;
                return Ok(Started::Yes);
            }
            if begin.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                return Ok(Started::No(format!("no answer within {} s; {}", PATIENCE.as_secs(), said())));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn user(&self) -> &str {
        USER
    }

    pub fn password(&self) -> &str {
        &self.password
    }

    /// Option `url` of a table of connector `jdbc`.
    pub fn jdbc_url(&self) -> String {
        format!("jdbc:postgresql://127.0.0.1:{}/{DATABASE}", self.port)
    }

    /// How a person connects, with the role that may read the sink table.
    pub fn reader_url(&self) -> String {
        format!("postgresql://grafana:grafana@127.0.0.1:{}/{DATABASE}", self.port)
    }

    /// Runs statements as superuser.
    ///
    /// # Errors
    /// `Unreachable` with the server's message.
    pub fn execute(&self, sql: &str) -> Result<()> {
        let failed = |e: sqlx::Error| Error::unreachable(format!("the demo's PostgreSQL: {e}"));
        runtime()?.block_on(async {
            let mut connection = self.connect().await.map_err(failed)?;
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.map_err(failed)?;
            connection.close().await.map_err(failed)
        })
    }

    pub(crate) async fn connect(&self) -> sqlx::Result<PgConnection> {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(USER)
            .password(&self.password)
            .database(DATABASE)
            .ssl_mode(PgSslMode::Disable)
            .application_name("streamsql demo")
            .disable_statement_logging()
            .connect()
            .await
    }
}

enum Started {
    Yes,
    /// With the server's log.
    No(String),
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed(format!("cannot start a runtime: {e}")))
}

/// Where `initdb` and `postgres` are: PATH, then Debian's folders, newest version first.
fn server_binaries() -> Result<PathBuf> {
    let has_both = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&path).find(has_both) {
        return Ok(folder);
    }
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| has_both(folder))
        .collect();
    versions.sort();
    versions.pop().map(|(_, folder)| folder).ok_or_else(|| {
        Error::unreachable("no PostgreSQL server on this machine: initdb and postgres are neither in PATH nor in /usr/lib/postgresql/*/bin")
            .hint("Debian and its kin: apt-get install postgresql (make demo does it)")
    })
}

/// User and group for the server when we are root, whom it refuses. We are root when a file that we made is root's.
fn unprivileged(ours: &Path) -> Result<Option<(u32, u32)>> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(ours)
        .map_err(|e| Error::unreachable(format!("cannot read {}: {e}", ours.display())))?;
    if metadata.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")
        .map_err(|e| Error::unreachable(format!("cannot read /etc/passwd: {e}")))?;
    let ids = |name: &str| {
        let fields: Vec<&str> =
            users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name)?;
        Some((fields.get(2)?.parse::<u32>().ok()?, fields.get(3)?.parse::<u32>().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).map(Some).ok_or_else(|| {
        Error::unreachable("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
            .hint("run the demo as another user")
    })
}

/// A command with nothing of our environment, as the user.
fn as_user(program: &Path, user: Option<(u32, u32)>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC").current_dir(folder);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|e| Error::unreachable(format!("no free port on 127.0.0.1: {e}")))
}
