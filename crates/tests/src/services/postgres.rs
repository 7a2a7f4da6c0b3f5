//! A private PostgreSQL: Debian's server binaries, an unprivileged user, a free port, a temporary folder.
//!
//! The server is stopped by its own process id when the value is dropped. `crash` and `start` play a server that dies
//! and comes back with the same data and port.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sqlx::postgres::{PgConnectOptions, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, ValueRef};
use tempfile::TempDir;

use crate::patience;

/// Superuser of every private server.
pub const USER: &str = "postgres";

/// A row as the server's text form of each value.
pub type TextRow = Vec<Option<String>>;

/// A running server.
pub struct Postgres {
    folder: TempDir,
    binaries: PathBuf,
    port: u16,
    password: String,
    settings: Vec<String>,
    server: Mutex<Option<Child>>,
}

impl Postgres {
    /// Starts a server that trades durability against power loss for speed (`fsync = off`).
    pub fn start() -> Self {
        Self::with_settings(&["fsync=off", "full_page_writes=off"])
    }

    /// The server that tests of this process share; it ends with its last user.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::start());
        *shared = Arc::downgrade(&server);
        server
    }

    /// Starts a server with `name=value` settings of `postgresql.conf`.
    pub fn with_settings(settings: &[&str]) -> Self {
        let binaries = server_binaries();
        let folder = tempfile::Builder::new().prefix("streamsql-pg-").tempdir().expect("temporary folder");
        let password = format!("pw-{:016x}", rand::random::<u64>());
        let password_file = folder.path().join("password");
        std::fs::write(&password_file, &password).expect("password file");
        if let Some((uid, gid)) = unprivileged() {
            for path in [folder.path(), &password_file] {
                chown(path, Some(uid), Some(gid)).expect("chown to the server's user");
            }
        }
        let mut initdb = as_server_user(&binaries.join("initdb"));
        initdb
            .args(["--no-sync", "--no-instructions", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"])
            .arg(format!("--username={USER}"))
            .arg(format!("--pwfile={}", password_file.display()))
            .arg("-D")
            .arg(folder.path().join("data"))
            .current_dir(folder.path());
        let output = initdb.output().expect("initdb");
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let mut server = Self {
            folder,
            binaries,
            port: 0,
            password,
            settings: settings.iter().map(|s| (*s).to_owned()).collect(),
            server: Mutex::new(None),
        };
        // Another process may take a free port before the server does.
        for attempt in 0.. {
            server.port = free_port();
            match server.try_start() {
                Ok(()) => break,
                Err(error) if attempt == 4 => panic!("PostgreSQL does not start: {error}"),
                Err(_) => {}
            }
        }
        server
    }

    /// Starts the server again after `crash` or `stop`.
    pub fn restart(&self) {
        self.try_start().unwrap_or_else(|error| panic!("PostgreSQL does not start again: {error}"));
    }

    /// Ends the server as a crash would: no shutdown, recovery at the next start.
    pub fn crash(&self) {
        self.signal_and_wait(libc::SIGQUIT);
    }

    /// Ends the server in order; open transactions are rolled back.
    pub fn stop(&self) {
        self.signal_and_wait(libc::SIGINT);
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    pub fn password(&self) -> &str {
        &self.password
    }

    /// Option `url` of a table of connector `jdbc`.
    pub fn jdbc_url(&self, database: &str) -> String {
        format!("jdbc:postgresql://127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database with a name that no other test uses; returns the name.
    pub fn create_database(&self, prefix: &str) -> String {
        let name = format!("{prefix}_{:08x}", rand::random::<u32>());
        self.execute("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// Runs statements; panics with the server's error.
    pub fn execute(&self, database: &str, sql: &str) {
        self.try_query(database, sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    /// Runs statements and returns the rows of all, each value as text.
    pub fn query(&self, database: &str, sql: &str) -> Vec<TextRow> {
        self.try_query(database, sql).unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    /// The only value of the only row, as text.
    pub fn value(&self, database: &str, sql: &str) -> Option<String> {
        let rows = self.query(database, sql);
        assert_eq!(rows.len(), 1, "one row expected of {sql}");
        rows[0][0].clone()
    }

    pub fn try_query(&self, database: &str, sql: &str) -> Result<Vec<TextRow>, sqlx::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let mut connection = self.options(database).connect().await?;
            let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await?;
            connection.close().await?;
            Ok(rows.iter().map(texts).collect())
        })
    }

    /// A connection that stays open, for locks and snapshots that span statements.
    pub fn session(&self, database: &str) -> Session {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        let connection = runtime.block_on(self.options(database).connect()).expect("connection");
        Session { connection: Some(connection), runtime }
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(USER)
            .password(&self.password)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
            .application_name("test")
            .disable_statement_logging()
    }

    fn try_start(&self) -> Result<(), String> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("log file");
        let mut command = as_server_user(&self.binaries.join("postgres"));
        command
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "max_connections=100", "-c", "shared_buffers=32MB"])
            .arg("-c")
            .arg(format!("port={}", self.port))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("log file"))
            .stderr(log);
        for setting in &self.settings {
            command.arg("-c").arg(setting);
        }
        // A terminal's Ctrl-C goes to the tests, which then end the server in order.
        command.process_group(0);
        let mut child = command.spawn().map_err(|e| e.to_string())?;
        let mut ended = None;
        let ready = patience::wait_until(|| {
            ended = child.try_wait().ok().flatten();
            ended.is_some() || self.try_query("postgres", "SELECT 1").is_ok()
        });
        if let Some(status) = ended {
            return Err(format!(
                "{status}
{}",
                self.log()
            ));
        }
        if !ready {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!(
                "it never became ready
{}",
                self.log()
            ));
        }
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        Ok(())
    }

    /// The server's log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn signal_and_wait(&self, signal: i32) {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = server.take() {
            crate::process::signal(child.id(), signal);
            let _ = child.wait();
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.signal_and_wait(libc::SIGQUIT);
    }
}

/// An open connection.
pub struct Session {
    connection: Option<PgConnection>,
    runtime: tokio::runtime::Runtime,
}

impl Session {
    pub fn query(&mut self, sql: &str) -> Vec<TextRow> {
        self.try_query(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    pub fn try_query(&mut self, sql: &str) -> Result<Vec<TextRow>, sqlx::Error> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(connection);
        Ok(self.runtime.block_on(rows)?.iter().map(texts).collect())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _guard = self.runtime.enter();
        self.connection = None;
    }
}

/// Values of the simple protocol come as text.
fn texts(row: &PgRow) -> TextRow {
    (0..row.len())
        .map(|i| {
            let value = row.try_get_raw(i).expect("column");
            if value.is_null() { None } else { Some(value.as_str().expect("text").to_owned()) }
        })
        .collect()
}

/// Folder of the newest installed server.
fn server_binaries() -> PathBuf {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder.join("postgres").exists().then_some((version, folder))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, folder)| folder).expect("PostgreSQL's server binaries (Debian package postgresql)")
}

/// User and group for the server when we are root, whom it refuses.
fn unprivileged() -> Option<(u32, u32)> {
    if !crate::process::is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let ids = |name: &str| {
        users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|f| f[0] == name).and_then(
            |fields| Some((fields.get(2)?.parse::<u32>().ok()?, fields.get(3)?.parse::<u32>().ok()?)),
        )
    };
    Some(ids("postgres").or_else(|| ids("nobody")).expect("user postgres or nobody"))
}

fn as_server_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC");
    if let Some((uid, gid)) = unprivileged() {
        command.uid(uid).gid(gid);
    }
    command
}

/// A port on loopback that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("address").port()
}
