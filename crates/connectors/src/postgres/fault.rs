//! What went wrong with the database, sorted by what may be done about it.

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorFields;
use streamsql_core::Error;

/// An error of a statement or a connection.
#[derive(Debug)]
pub enum Fault {
    /// The connection is gone, or the server asks to try again: the outcome of a COMMIT is unknown.
    Retry { sqlstate: String, message: String },
    /// The server refuses the statement itself; sending it again would change nothing.
    Refused { sqlstate: String, message: String, constraint: Option<String>, column: Option<String> },
}

/// SQLSTATE classes and codes after which the same epoch is sent again (PostgreSQL documentation, appendix A):
/// connection, transaction rollback (serialization failure, deadlock), insufficient resources, operator intervention
/// (shutdown, crash, still starting, statement timeout), system error; transaction timeouts, lock timeout, object in
/// use, a server that has become read-only after a fail-over.
const RETRY: &[&str] = &["08", "40", "53", "57", "58", "25P03", "25P04", "55P03", "55006", "25006"];

impl Fault {
    pub fn lost(message: impl Into<String>) -> Self {
        Self::Retry { sqlstate: String::new(), message: message.into() }
    }

    /// What the server says in an error or a notice.
    pub fn from_fields(mut fields: ErrorFields<'_>) -> Self {
        let (mut sqlstate, mut message) = (String::new(), String::new());
        let (mut constraint, mut column, mut copied) = (None, None, None);
        while let Ok(Some(field)) = fields.next() {
            let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'C' => sqlstate = value(),
                b'M' => message = value(),
                b'n' => constraint = Some(value()),
                b'c' => column = Some(value()),
                b'W' => copied = copied_column(&value()).map(str::to_owned),
                _ => {}
            }
        }
        if RETRY.iter().any(|code| sqlstate.starts_with(code)) {
            return Self::Retry { sqlstate, message };
        }
        Self::Refused { sqlstate, message, constraint, column: column.or(copied) }
    }

    pub fn sqlstate(&self) -> &str {
        match self {
            Self::Retry { sqlstate, .. } | Self::Refused { sqlstate, .. } => sqlstate,
        }
    }

    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Retry { .. })
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Retry { sqlstate, message } | Self::Refused { sqlstate, message, .. }) = self;
        f.write_str(message)?;
        if !sqlstate.is_empty() {
            write!(f, " (SQLSTATE {sqlstate})")?;
        }
        Ok(())
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let mut text = format!("Postgres: {fault}");
        if let Fault::Refused { constraint, column, .. } = &fault {
            for (what, name) in [("constraint", constraint), ("column", column)] {
                if let Some(name) = name {
                    text.push_str(&format!(", {what} {name}"));
                }
            }
        }
        Self::failed(text)
    }
}

/// Why something that asks the database did not succeed: the database's fault, which may pass, or ours to tell.
#[derive(Debug)]
pub enum Problem {
    Database(Fault),
    Error(Error),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Database(fault)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The column in a context such as `COPY t, line 3, column note`.
fn copied_column(context: &str) -> Option<&str> {
    let (_, column) = context.lines().next()?.strip_prefix("COPY ")?.split_once(", column ")?;
    Some(column.split_once(':').map_or(column, |(column, _)| column))
}

#[cfg(test)]
mod tests {
    use super::copied_column;

    #[test]
    fn the_column_of_a_copy() {
        assert_eq!(copied_column("COPY s, line 1, column note"), Some("note"));
        assert_eq!(copied_column("COPY s, line 1, column note: \"x, column y\""), Some("note"));
        assert_eq!(copied_column("SQL function f"), None);
    }
}
