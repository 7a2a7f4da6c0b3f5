//! The one error type between crates: who can mend it, what happened, where, and how to go on.

use std::fmt;

/// Who can mend an error; decides the exit code (`ErrorKind::exit_code`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The SQL or the configuration is wrong or asks for what is not supported.
    Invalid,
    /// An outside service cannot be reached or refuses us while starting.
    Unreachable,
    /// The stored state does not fit this plan, or is damaged.
    State,
    /// The job failed while running: bad data, a target that refuses rows, lost source data.
    Failed,
    /// Another instance owns the job now.
    Fenced,
    /// A mistake of ours.
    Internal,
}

impl ErrorKind {
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Invalid => 3,
            Self::Unreachable => 5,
            Self::State => 6,
            Self::Failed | Self::Fenced | Self::Internal => 1,
        }
    }
}

/// An error with what a user needs to act: what, where, how.
#[derive(Clone, Debug)]
pub struct Error {
    pub kind: ErrorKind,
    /// What happened, one sentence; never holds secrets. Of a record only the values that an expression has no result
    /// for, clipped.
    pub message: String,
    /// Where: `file:line:col`, or `topic/partition/offset`.
    pub place: Option<String>,
    /// What the user can do about it.
    pub hint: Option<String>,
    /// Which row of the batch at hand failed, where one did.
    pub row: Option<usize>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None, hint: None, row: None }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unreachable, message)
    }

    pub fn state(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::State, message)
    }

    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    pub fn fenced(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Fenced, message)
    }

    /// A mistake of ours; asks to be reported.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message).hint(REPORT)
    }

    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place.get_or_insert(place.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert(hint.into());
        self
    }

    pub fn in_row(mut self, row: usize) -> Self {
        self.row = Some(row);
        self
    }

    /// Adds which record was at hand.
    pub fn of_record(mut self, record: &str) -> Self {
        let before = self.place.take().map_or(String::new(), |place| format!("{place}, "));
        self.place = Some(format!("{before}{record}"));
        self
    }

    /// Puts what was being done before the message.
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }
}

/// What a user can do about a mistake of ours.
const REPORT: &str = "this is a mistake of streamsql, not of the job: please report it with this message and the SQL (with \
    RUST_BACKTRACE=1 it says more); what was committed stays, and a new start goes on from there";

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(place) = &self.place {
            write!(f, "\n  at: {place}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::failed(error.to_string())
    }
}
