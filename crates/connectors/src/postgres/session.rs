//! One dedicated connection, driven by a runtime of its own. Calls block; none is cancelled and then used again: after
//! a lost answer or a silence beyond `SILENCE` the connection is dropped, and the server rolls back what was open. After
//! a statement that the server refused it is still good, for `ROLLBACK TO SAVEPOINT` or to be dropped by the caller.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use streamsql_core::{Error, Result};

use super::Database;
use super::fault::Fault;

/// A connection and how to make it again.
pub struct Session {
    database: Database,
    application: String,
    runtime: tokio::runtime::Runtime,
    connection: Option<PgConnection>,
    /// Run on every new connection.
    setup: Vec<String>,
    /// Schemas that unqualified names are looked for in, in order.
    schemas: Vec<String>,
}

/// No schema of a user comes before the catalogue's names; time limits are the server's, so that a statement ends there
/// too; text forms are fixed.
const SETUP: &str = "SET search_path = pg_catalog, pg_temp; SET lock_timeout = '5s'; SET statement_timeout = '180s'; \
    SET idle_in_transaction_session_timeout = '60s'; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; \
    SET tcp_keepalives_count = 3; SET tcp_user_timeout = 60000; SET client_min_messages = warning; \
    SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET bytea_output = hex; SET extra_float_digits = 1";

/// A server that says nothing for this long is given up; longer than its own `statement_timeout`.
const SILENCE: Duration = Duration::from_secs(200);

/// Time for a connection to be made.
const CONNECT: Duration = Duration::from_secs(20);

/// Longest pause between two attempts to reach a server that went away.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Pauses that double, between attempts.
pub struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(Duration::from_millis(20))
    }
}

impl Backoff {
    pub fn wait(&mut self) {
        std::thread::sleep(self.0);
        self.0 = (self.0 * 2).min(MAX_PAUSE);
    }
}

impl Session {
    pub fn new(database: &Database, application: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::failed(format!("cannot start a runtime for Postgres: {e}")))?;
        Ok(Self {
            database: database.clone(),
            application: application.to_owned(),
            runtime,
            connection: None,
            setup: Vec::new(),
            schemas: Vec::new(),
        })
    }

    /// Statements that every new connection runs from now on.
    pub fn on_connect(&mut self, statements: Vec<String>) {
        self.setup = statements;
    }

    pub fn place(&self) -> String {
        self.database.place()
    }

    /// Name of this client's sessions in `pg_stat_activity`.
    pub fn application(&self) -> &str {
        &self.application
    }

    /// Schemas that an unqualified table name means, in order.
    pub fn schemas(&self) -> &[String] {
        &self.schemas
    }

    /// How long to try at start.
    pub fn start_deadline(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.database.connect_timeout_ms.max(0) as u64)
    }

    fn options(&self) -> PgConnectOptions {
        let ssl = match self.database.ssl_mode.as_deref() {
            Some("disable") => PgSslMode::Disable,
            Some("allow") => PgSslMode::Allow,
            Some("require") => PgSslMode::Require,
            Some("verify-ca") => PgSslMode::VerifyCa,
            Some("verify-full") => PgSslMode::VerifyFull,
            // The default of Flink's driver; `warn_if_in_clear` says what it means.
            _ => PgSslMode::Prefer,
        };
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&self.database.host)
            .port(self.database.port)
            .database(&self.database.name)
            .ssl_mode(ssl)
            .application_name(&self.application)
            .disable_statement_logging();
        if let Some(user) = &self.database.user {
            options = options.username(user);
        }
        if let Some(password) = &self.database.password {
            options = options.password(password.expose());
        }
        if let Some(certificate) = &self.database.ssl_root_cert {
            options = options.ssl_root_cert(certificate);
        }
        options
    }

    /// Connects, trying until `deadline`; for the first connection of a job.
    ///
    /// # Errors
    /// `Unreachable`, naming host, port, database and user.
    pub fn connect_at_start(&mut self, deadline: Instant) -> Result<()> {
        let mut backoff = Backoff::default();
        loop {
            match self.connect() {
                Ok(()) => {
                    self.warn_if_in_clear();
                    return Ok(());
                }
                Err(fault) if fault.may_pass() && Instant::now() < deadline => backoff.wait(),
                Err(fault) if fault.may_pass() => {
                    return Err(Error::unreachable(format!("cannot connect to {}: {fault}", self.place()))
                        .hint("check that the server runs and that url, username and password are right"));
                }
                Err(fault) => {
                    return Err(Error::unreachable(format!("{} refuses us: {fault}", self.place()))
                        .hint("check url, username and password of the table"));
                }
            }
        }
    }

    fn warn_if_in_clear(&mut self) {
        let loopback = matches!(self.database.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if loopback || self.database.ssl_mode.as_deref().is_some_and(|mode| mode.starts_with("verify-")) {
            return;
        }
        /// Said once a process, however many connections there are.
        static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        if !SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(self.place()) {
            return;
        }
        let encrypted = self.fetch("SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[]);
        let encrypted =
            encrypted.is_ok_and(|rows| rows.first().is_some_and(|row| row[0].as_deref() == Some("true")));
        let what = if encrypted {
            "its certificate is not checked: somebody in between could read along"
        } else {
            "not encrypted: passwords and rows can be read along the way"
        };
        tracing::warn!("the connection to {} is {what}; add ?sslmode=verify-full to the url", self.place());
    }

    /// Makes a new connection in place of the old one.
    pub fn connect(&mut self) -> Result<(), Fault> {
        self.disconnect();
        let options = self.options();
        let setup = std::iter::once(SETUP)
            .chain(self.setup.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("; ");
        let own_path =
            self.database.current_schema.as_ref().map(|_| "SELECT set_config('search_path', $1, false)");
        let path = self.database.current_schema.clone();
        let connected = self.runtime.block_on(async {
            let connect = async {
                let mut connection = PgConnection::connect_with(&options).await?;
                if let (Some(sql), Some(path)) = (own_path, path) {
                    sqlx::query(sql).bind(path).execute(&mut connection).await?;
                }
                let schemas: Vec<String> = sqlx::query_scalar("SELECT current_schemas(false)::text[]")
                    .fetch_one(&mut connection)
                    .await?;
                connection.execute(sqlx::raw_sql(AssertSqlSafe(setup))).await?;
                Ok::<_, sqlx::Error>((connection, schemas))
            };
            tokio::time::timeout(CONNECT, connect).await
        });
        match connected {
            Ok(Ok((connection, schemas))) => {
                self.connection = Some(connection);
                self.schemas = schemas;
                Ok(())
            }
            Ok(Err(error)) => Err(Fault::from(&error)),
            Err(_) => Err(Fault::lost(format!("no answer within {} s", CONNECT.as_secs()))),
        }
    }

    /// Drops the connection without a word: its transaction, if one is open, is rolled back by the server.
    pub fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _guard = self.runtime.enter();
            drop(connection);
        }
    }

    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Runs statements without results or parameters.
    pub fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        self.call(async |connection| {
            connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.map(|_| ())
        })
    }

    /// Runs one statement with text parameters (cast in the statement); returns the rows it changed.
    pub fn execute(&mut self, sql: &str, parameters: &[Option<&str>]) -> Result<u64, Fault> {
        self.call(async |connection| {
            let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
            for parameter in parameters {
                query = query.bind(*parameter);
            }
            query.execute(connection).await.map(|done| done.rows_affected())
        })
    }

    /// Runs one statement with one text array a parameter; returns the rows it changed.
    pub fn execute_by_arrays(&mut self, sql: &str, arrays: &[Vec<Option<String>>]) -> Result<u64, Fault> {
        self.call(async |connection| {
            let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
            for array in arrays {
                query = query.bind(array);
            }
            query.execute(connection).await.map(|done| done.rows_affected())
        })
    }

    /// Runs a query with text parameters whose columns are all text; returns them.
    pub fn fetch(
        &mut self,
        sql: &str,
        parameters: &[Option<&str>],
    ) -> Result<Vec<Vec<Option<String>>>, Fault> {
        self.call(async |connection| {
            let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
            for parameter in parameters {
                query = query.bind(*parameter);
            }
            query.fetch_all(connection).await?.iter().map(texts).collect()
        })
    }

    /// Like `fetch`, with one text array a parameter.
    pub fn fetch_by_arrays(
        &mut self,
        sql: &str,
        arrays: &[Vec<Option<String>>],
    ) -> Result<Vec<Vec<Option<String>>>, Fault> {
        self.call(async |connection| {
            let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
            for array in arrays {
                query = query.bind(array);
            }
            query.fetch_all(connection).await?.iter().map(texts).collect()
        })
    }

    /// COPY … FROM STDIN with these bytes.
    pub fn copy_in(&mut self, sql: &str, data: &[u8]) -> Result<u64, Fault> {
        /// Largest CopyData message.
        const CHUNK: usize = 1 << 20;
        self.call(async |connection| {
            let mut copy = connection.copy_in_raw(sql).await?;
            for chunk in data.chunks(CHUNK) {
                copy.send(chunk).await?;
            }
            copy.finish().await
        })
    }

    fn call<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Fault> {
        let connection = self.connection.as_mut().ok_or_else(|| Fault::lost("the connection is closed"))?;
        let done = self.runtime.block_on(async { tokio::time::timeout(SILENCE, work(connection)).await });
        let fault = match done {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => Fault::from(&error),
            Err(_) => Fault::lost(format!("no answer within {} s", SILENCE.as_secs())),
        };
        if fault.may_pass() || fault.sqlstate().is_empty() {
            self.disconnect();
        }
        Err(fault)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.disconnect();
    }
}

fn texts(row: &PgRow) -> Result<Vec<Option<String>>, sqlx::Error> {
    (0..row.len()).map(|i| row.try_get(i)).collect()
}
