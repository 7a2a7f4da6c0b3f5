//! Questions that people ask of a table: read-only, with limits of their own, over a connection that ends with the answer.

use streamsql_core::{Error, Result, StopHandle};

use super::catalog::Target;
use super::database::Database;
use super::fault::{Fault, Problem};
use super::session::Session;

/// A table that somebody may look at.
#[derive(Clone, Debug)]
pub struct TableReader {
    database: Database,
    /// The option `table-name`.
    table: String,
}

/// A look takes no locks that others wait for, and ends before anybody minds. Times without a zone are UTC, as the
/// session's are.
const LIMITS: [&str; 3] =
    ["SET default_transaction_read_only = on", "SET statement_timeout = '3s'", "SET lock_timeout = '1s'"];

impl TableReader {
    pub fn new(database: Database, table: &str) -> Self {
        Self { database, table: table.to_owned() }
    }

    /// The option `table-name`.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Runs queries over one state of the table. `queries` writes them for the table's name; of each the rows come back
    /// as JSON objects. `halt` ends a wait for the server.
    ///
    /// # Errors
    /// What the server says, without secrets.
    pub fn ask(
        &self,
        halt: &StopHandle,
        queries: impl FnOnce(&str) -> Vec<String>,
    ) -> Result<Vec<Vec<String>>> {
        self.answers(halt, queries).map_err(|problem| match problem {
            Problem::Error(error) => error,
            Problem::Database(fault) => self.explain(&fault),
        })
    }

    fn answers(
        &self,
        halt: &StopHandle,
        queries: impl FnOnce(&str) -> Vec<String>,
    ) -> std::result::Result<Vec<Vec<String>>, Problem> {
        let mut session = Session::new(&self.database, "streamsql page")?;
        session.halt_with(halt);
        session.on_connect(LIMITS.map(str::to_owned).to_vec());
        session.connect()?;
        let target = Target::read(&mut session, &self.table)?;
        session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let mut answers = Vec::new();
        for query in queries(&target.relation) {
            let rows = session.fetch(&format!("SELECT row_to_json(q)::text FROM ({query}) AS q"), &[])?;
            answers.push(rows.into_iter().flatten().flatten().collect());
        }
        Ok(answers)
    }

    fn explain(&self, fault: &Fault) -> Error {
        let error = Error::failed(format!("{}, table {}: {fault}", self.database.place(), self.table));
        match fault.sqlstate() {
            // query_canceled, by statement_timeout.
            "57014" => error.hint("it takes longer than 3 s; an index on the column of the time may help"),
            "42501" => error.hint(format!("GRANT SELECT ON {} TO the user of the sink", self.table)),
            _ => error,
        }
    }
}
