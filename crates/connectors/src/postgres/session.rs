//! One dedicated connection. Calls block; after a lost answer or a silence beyond `SILENCE` the connection is dropped,
//! and the server rolls back what was open. After a statement that the server refused it is still good, for `ROLLBACK` or
//! to be dropped by the caller.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use streamsql_core::{Error, Result, StopHandle};

use super::database::{Database, Host, Role};
use super::fault::Fault;
use super::wire::{Answer, Connection, Mode, Options, Parameter};

/// A connection and how to make it again.
pub struct Session {
    database: Database,
    application: String,
    connection: Option<Connection>,
    /// Run on every new connection.
    setup: Vec<String>,
    /// Schemas that unqualified names are looked for in, in order.
    schemas: Vec<String>,
    /// Made when the job fails.
    halt: StopHandle,
    /// Whether answers are waited for without a limit.
    is_patient: bool,
}

/// No schema of a user comes before the catalogue's names; time limits are the server's, so that a statement ends there
/// too; text forms are fixed.
const SETUP: &str = "SET search_path = pg_catalog, pg_temp; SET lock_timeout = '5s'; SET statement_timeout = '180s'; \
    SET idle_in_transaction_session_timeout = '60s'; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; \
    SET tcp_keepalives_count = 3; SET tcp_user_timeout = 60000; SET client_min_messages = warning; \
    SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET bytea_output = hex; SET extra_float_digits = 1";

/// A server that says nothing for this long is given up; longer than its own `statement_timeout`.
const SILENCE: Duration = Duration::from_secs(200);

/// Time for a connection to be made; half of it where there are other servers to try.
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

    /// The same, cut short when the job ends.
    pub fn wait_unless(&mut self, halt: &StopHandle) {
        halt.wait(self.0);
        self.0 = (self.0 * 2).min(MAX_PAUSE);
    }
}

impl Session {
    pub fn new(database: &Database, application: &str) -> Result<Self> {
        Ok(Self {
            database: database.clone(),
            application: application.to_owned(),
            connection: None,
            setup: Vec::new(),
            schemas: Vec::new(),
            halt: StopHandle::default(),
            is_patient: false,
        })
    }

    /// Calls end with a lost connection when the job ends, instead of waiting for an answer. For connections made from
    /// now on.
    pub fn halt_with(&mut self, halt: &StopHandle) {
        self.halt = halt.clone();
        self.disconnect();
    }

    /// Statements may take as long as they need while the connection lives. For connections made from now on.
    pub fn be_patient(&mut self) {
        self.is_patient = true;
    }

    pub fn halt(&self) -> &StopHandle {
        &self.halt
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

    /// Whether a text is a value of whatever type the column has (`stringtype=unspecified`).
    pub fn untyped_strings(&self) -> bool {
        self.database.untyped_strings
    }

    /// Schemas that an unqualified table name means, in order.
    pub fn schemas(&self) -> &[String] {
        &self.schemas
    }

    /// How long to try at start.
    pub fn start_deadline(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.database.connect_timeout_ms.max(0) as u64)
    }

    fn options(&self, host: &Host) -> Options {
        let mode = match self.database.ssl_mode.as_deref() {
            Some("disable" | "allow") => Mode::Disable,
            Some("require") => Mode::Require,
            Some("verify-ca") => Mode::VerifyCa,
            Some("verify-full") => Mode::VerifyFull,
            // The default of Flink's driver; `warn_if_in_clear` says what it means.
            _ => Mode::Prefer,
        };
        Options {
            host: host.name.clone(),
            port: host.port,
            database: self.database.name.clone(),
            // The name of the process's user, as Flink's driver does.
            user: self.database.user.clone().or_else(|| whoami::username().ok()).unwrap_or_default(),
            password: self.database.password.clone(),
            mode,
            root_cert: self.database.ssl_root_cert.as_ref().map(Into::into),
            application: self.application.clone(),
            connect_limit: if self.database.hosts.len() > 1 { CONNECT / 2 } else { CONNECT },
            silence: SILENCE,
            halt: self.halt.clone(),
        }
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
        let is_loopback = |host: &Host| matches!(host.name.as_str(), "localhost" | "127.0.0.1" | "::1");
        let loopback = self.database.hosts.iter().all(is_loopback);
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

    /// Makes a new connection in place of the old one, to the first server that answers and plays the role asked for.
    pub fn connect(&mut self) -> Result<(), Fault> {
        self.disconnect();
        let hosts = self.database.hosts.clone();
        let roles: &[Role] = match self.database.role {
            Role::PreferPrimary => &[Role::Primary, Role::Any],
            Role::PreferSecondary => &[Role::Secondary, Role::Any],
            Role::Any => &[Role::Any],
            Role::Primary => &[Role::Primary],
            Role::Secondary => &[Role::Secondary],
        };
        let mut faults: Vec<Fault> = Vec::new();
        for role in roles {
            faults.clear();
            for host in &hosts {
                match self.connect_to(host, *role) {
                    Ok(()) => return Ok(()),
                    Err(fault) if hosts.len() == 1 => return Err(fault),
                    Err(fault) => faults.push(fault),
                }
            }
        }
        // While one of them may come back, all is not lost.
        if faults.iter().any(Fault::may_pass) {
            let all: Vec<String> =
                hosts.iter().zip(&faults).map(|(host, fault)| format!("{host}: {fault}")).collect();
            return Err(Fault::lost(all.join("; ")));
        }
        Err(faults.swap_remove(0))
    }

    fn connect_to(&mut self, host: &Host, role: Role) -> Result<(), Fault> {
        let mut connection = Connection::open(&self.options(host))?;
        if role != Role::Any {
            connection.queue_statement("SELECT current_setting('transaction_read_only')", &[])?;
            let answer = connection.answer()?.rows;
            let is_primary = answer.first().is_some_and(|row| row[0].as_deref() == Some("off"));
            match role {
                Role::Secondary if is_primary => {
                    return Err(Fault::lost("it takes writes, so it is no secondary"));
                }
                Role::Primary if !is_primary => {
                    return Err(Fault::lost("it takes no writes, so it is not the primary"));
                }
                _ => {}
            }
        }
        if let Some(path) = &self.database.current_schema {
            connection.queue_statement(
                "SELECT set_config('search_path', $1, false)",
                &[Parameter::Text(Some(path))],
            )?;
            connection.answer()?;
        }
        let no_limit = self.is_patient.then_some("SET statement_timeout = 0");
        let setup = std::iter::once(SETUP).chain(self.setup.iter().map(String::as_str)).chain(no_limit);
        let setup: Vec<&str> = setup.collect();
        connection.queue_statement("SELECT unnest(current_schemas(false))::text", &[])?;
        connection.queue_batch(&setup.join("; "))?;
        let schemas = connection.answer()?.rows;
        connection.answer()?;
        self.schemas = schemas.into_iter().flatten().flatten().collect();
        if self.is_patient {
            connection.be_patient();
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// Drops the connection without a word: its transaction, if one is open, is rolled back by the server.
    pub fn disconnect(&mut self) {
        self.connection = None;
    }

    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Runs statements without results or parameters.
    pub fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        self.call(|connection| connection.queue_batch(sql)).map(|_| ())
    }

    /// Runs one statement with text parameters (cast in the statement); returns the rows it changed.
    pub fn execute(&mut self, sql: &str, parameters: &[Option<&str>]) -> Result<u64, Fault> {
        self.call(|connection| connection.queue_statement(sql, &texts(parameters)))
            .map(|answer| answer.changed)
    }

    /// Runs a query with text parameters; returns its rows, whose columns are all texts.
    pub fn fetch(
        &mut self,
        sql: &str,
        parameters: &[Option<&str>],
    ) -> Result<Vec<Vec<Option<String>>>, Fault> {
        self.call(|connection| connection.queue_statement(sql, &texts(parameters))).map(|answer| answer.rows)
    }

    /// Like `fetch`, with one text array a parameter.
    pub fn fetch_by_arrays(
        &mut self,
        sql: &str,
        arrays: &[Vec<Option<String>>],
    ) -> Result<Vec<Vec<Option<String>>>, Fault> {
        self.call(|connection| connection.queue_statement(sql, &text_arrays(arrays)))
            .map(|answer| answer.rows)
    }

    /// Lets the server look at a query over arrays of texts without running it.
    pub fn check(&mut self, sql: &str, arrays: usize) -> Result<(), Fault> {
        let types = vec!["text[]"; arrays].join(", ");
        self.batch(&format!("PREPARE streamsql_check ({types}) AS {sql}; DEALLOCATE streamsql_check"))
    }

    /// Begins a flight of requests, which are sent without waiting for one another's answers.
    pub fn flight(&mut self) -> Flight<'_> {
        Flight { session: self }
    }

    fn call(&mut self, queue: impl FnOnce(&mut Connection) -> Result<(), Fault>) -> Result<Answer, Fault> {
        let connection = self.connected()?;
        let answer = queue(connection).and_then(|()| connection.answer());
        answer.inspect_err(|fault| self.drop_after(fault))
    }

    fn connected(&mut self) -> Result<&mut Connection, Fault> {
        self.connection.as_mut().ok_or_else(|| Fault::lost("the connection is closed"))
    }

    fn drop_after(&mut self, fault: &Fault) {
        if fault.may_pass() || fault.sqlstate().is_empty() {
            self.disconnect();
        }
    }
}

/// Requests under way together. Dropped before all are answered, it takes the connection with it.
pub struct Flight<'a> {
    session: &'a mut Session,
}

/// A request of a flight that was not carried out; those after it were not either where they share its transaction.
pub struct Refusal {
    /// Its number, from 0.
    pub request: usize,
    pub fault: Fault,
}

impl Flight<'_> {
    /// Statements without results or parameters, as one request.
    pub fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        self.queue(|connection| connection.queue_batch(sql))
    }

    /// One statement with text parameters.
    pub fn statement(&mut self, sql: &str, parameters: &[Option<&str>]) -> Result<(), Fault> {
        self.queue(|connection| connection.queue_statement(sql, &texts(parameters)))
    }

    /// One statement with one text array a parameter.
    pub fn statement_by_arrays(&mut self, sql: &str, arrays: &[Vec<Option<String>>]) -> Result<(), Fault> {
        self.queue(|connection| connection.queue_statement(sql, &text_arrays(arrays)))
    }

    /// COPY … FROM STDIN with these bytes.
    pub fn copy_in(&mut self, sql: &str, data: &[u8]) -> Result<(), Fault> {
        self.queue(|connection| connection.queue_copy(sql, data))
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.session.connection.as_ref().map_or(0, Connection::waiting)
    }

    /// Sends what was not sent yet, so that the server works on it while we do something else.
    pub fn send(&mut self) -> Result<(), Fault> {
        self.queue(Connection::flush)
    }

    /// Waits for all answers.
    pub fn land(self) -> Result<(), Refusal> {
        let mut refused: Option<Refusal> = None;
        let mut request = 0;
        while let Some(connection) = self.session.connection.as_mut().filter(|c| c.waiting() > 0) {
            if let Err(fault) = connection.answer() {
                self.session.drop_after(&fault);
                refused.get_or_insert(Refusal { request, fault });
            }
            request += 1;
        }
        refused.map_or(Ok(()), Err)
    }

    fn queue(&mut self, queue: impl FnOnce(&mut Connection) -> Result<(), Fault>) -> Result<(), Fault> {
        let queued = self.session.connected().and_then(queue);
        queued.inspect_err(|fault| self.session.drop_after(fault))
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if self.requests() > 0 {
            self.session.disconnect();
        }
    }
}

fn texts<'a>(parameters: &[Option<&'a str>]) -> Vec<Parameter<'a>> {
    parameters.iter().map(|parameter| Parameter::Text(*parameter)).collect()
}

fn text_arrays(arrays: &[Vec<Option<String>>]) -> Vec<Parameter<'_>> {
    arrays.iter().map(|array| Parameter::Texts(array)).collect()
}
