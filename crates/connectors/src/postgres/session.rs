//! One dedicated connection, driven by a runtime of its own: calls block, and none is ever cancelled.

use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use streamsql_core::{Error, ErrorKind, Result};

use super::Database;

/// A connection and how to make it again.
pub struct Session {
    database: Database,
    application: String,
    runtime: tokio::runtime::Runtime,
    connection: Option<PgConnection>,
    /// Run on every new connection.
    setup: Vec<String>,
}

/// What went wrong, sorted by what may be done about it.
#[derive(Debug)]
pub enum Fault {
    /// The connection is gone, or the server asks to try again: the outcome of a COMMIT is unknown.
    Retry(String),
    /// The statement itself is refused.
    Refused { sqlstate: String, message: String, constraint: Option<String>, column: Option<String> },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Retry(message) => f.write_str(message),
            Self::Refused { sqlstate, message, .. } => write!(f, "{message} (SQLSTATE {sqlstate})"),
        }
    }
}

impl Session {
    pub fn new(database: &Database, application: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::failed(format!("cannot start a runtime for Postgres: {e}")))?;
        let setup = vec![
            "SET search_path = pg_catalog; SET lock_timeout = '5s'; SET client_min_messages = warning"
                .to_owned(),
        ];
        Ok(Self {
            database: database.clone(),
            application: application.to_owned(),
            runtime,
            connection: None,
            setup,
        })
    }

    /// Adds a statement that every new connection runs.
    pub fn on_connect(&mut self, sql: String) {
        self.setup.push(sql);
    }

    pub fn place(&self) -> String {
        self.database.place()
    }

    fn options(&self) -> PgConnectOptions {
        let loopback = matches!(self.database.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let ssl = match self.database.ssl_mode.as_deref() {
            Some("disable") => PgSslMode::Disable,
            Some("allow") => PgSslMode::Allow,
            Some("prefer") => PgSslMode::Prefer,
            Some("require") => PgSslMode::Require,
            Some("verify-ca") => PgSslMode::VerifyCa,
            Some("verify-full") => PgSslMode::VerifyFull,
            // Over a network never in clear text by accident.
            _ if loopback => PgSslMode::Prefer,
            _ => PgSslMode::VerifyFull,
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
        options
    }

    /// Connects, trying for the table's timeout; the first connection of a job.
    ///
    /// # Errors
    /// `Unreachable`, naming host, port, database and user.
    pub fn connect_at_start(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_millis(self.database.connect_timeout_ms.max(0) as u64);
        let mut pause = Duration::from_millis(50);
        loop {
            match self.connect() {
                Ok(()) => return Ok(()),
                Err(Fault::Retry(message)) if Instant::now() + pause >= deadline => {
                    return Err(Error::unreachable(format!("cannot connect to {}: {message}", self.place()))
                        .hint("check that the server runs and that url, username and password are right"));
                }
                Err(Fault::Retry(_)) => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_secs(1));
                }
                Err(fault) => {
                    return Err(Error::unreachable(format!("{} refuses us: {fault}", self.place())));
                }
            }
        }
    }

    /// Makes a new connection in place of the old one.
    pub fn connect(&mut self) -> Result<(), Fault> {
        self.disconnect();
        let options = self.options();
        let setup = self.setup.clone();
        let connected = self.runtime.block_on(async {
            let mut connection = PgConnection::connect_with(&options).await?;
            for sql in setup {
                connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
            }
            Ok::<_, sqlx::Error>(connection)
        });
        self.connection = Some(connected.map_err(|e| fault(&e))?);
        Ok(())
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
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        let run = connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())));
        self.runtime.block_on(run).map(|_| ()).map_err(|e| fault(&e))
    }

    /// Runs one statement with text parameters (cast in the statement); returns the rows it changed.
    pub fn execute(&mut self, sql: &str, parameters: &[Option<&str>]) -> Result<u64, Fault> {
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
        for parameter in parameters {
            query = query.bind(*parameter);
        }
        self.runtime
            .block_on(query.execute(connection))
            .map(|done| done.rows_affected())
            .map_err(|e| fault(&e))
    }

    /// Runs a query with text parameters whose columns are all text; returns them.
    pub fn fetch(
        &mut self,
        sql: &str,
        parameters: &[Option<&str>],
    ) -> Result<Vec<Vec<Option<String>>>, Fault> {
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
        for parameter in parameters {
            query = query.bind(*parameter);
        }
        let rows = self.runtime.block_on(query.fetch_all(connection)).map_err(|e| fault(&e))?;
        rows.iter().map(texts).collect()
    }

    /// Like `fetch`, with one text array a parameter.
    pub fn fetch_by_arrays(
        &mut self,
        sql: &str,
        arrays: &[Vec<String>],
    ) -> Result<Vec<Vec<Option<String>>>, Fault> {
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
        for array in arrays {
            query = query.bind(array);
        }
        let rows = self.runtime.block_on(query.fetch_all(connection)).map_err(|e| fault(&e))?;
        rows.iter().map(texts).collect()
    }

    /// COPY … FROM STDIN with these bytes.
    pub fn copy_in(&mut self, sql: &str, data: &[u8]) -> Result<u64, Fault> {
        /// Largest CopyData message.
        const CHUNK: usize = 1 << 20;
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        self.runtime
            .block_on(async {
                let mut copy = connection.copy_in_raw(sql).await?;
                for chunk in data.chunks(CHUNK) {
                    copy.send(chunk).await?;
                }
                copy.finish().await
            })
            .map_err(|e| fault(&e))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.disconnect();
    }
}

fn texts(row: &PgRow) -> Result<Vec<Option<String>>, Fault> {
    (0..row.len())
        .map(|i| row.try_get::<Option<String>, _>(i).map_err(|e| Fault::Retry(e.to_string())))
        .collect()
}

fn gone() -> Fault {
    Fault::Retry("the connection is closed".to_owned())
}

/// Sorts an error by its SQLSTATE; whatever is not the server's word counts as a lost connection.
fn fault(error: &sqlx::Error) -> Fault {
    let Some(database) = error.as_database_error() else { return Fault::Retry(error.to_string()) };
    let sqlstate = database.code().unwrap_or_default().into_owned();
    let again = ["08", "40", "53", "57P"].iter().any(|class| sqlstate.starts_with(class))
        || matches!(sqlstate.as_str(), "55P03" | "25006");
    if again {
        return Fault::Retry(format!("{} (SQLSTATE {sqlstate})", database.message()));
    }
    let postgres = database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>();
    Fault::Refused {
        message: database.message().to_owned(),
        constraint: database.constraint().map(str::to_owned),
        column: postgres.and_then(|e| e.column()).map(str::to_owned),
        sqlstate,
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match &fault {
            Fault::Retry(_) => Self::new(ErrorKind::Failed, format!("Postgres: {fault}")),
            Fault::Refused { constraint, column, .. } => {
                let mut text = format!("Postgres: {fault}");
                for (what, name) in [("constraint", constraint), ("column", column)] {
                    if let Some(name) = name {
                        text.push_str(&format!(", {what} {name}"));
                    }
                }
                Self::failed(text)
            }
        }
    }
}
