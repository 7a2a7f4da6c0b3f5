//! `on-error`: what becomes of a record that cannot be read.

use std::collections::BTreeMap;

use streamsql_core::{Error, Result};

/// The table option `on-error` (ours, not Flink's).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// The job stops and names the record (as Flink does).
    Fail,
    /// The record goes to the dead letters of its epoch.
    DeadLetter,
    /// The record is counted and left out.
    Skip,
}

impl OnError {
    /// # Errors
    /// `Invalid` for other values.
    pub fn parse(options: &BTreeMap<String, String>) -> Result<Self> {
        match options.get("on-error").map(String::as_str) {
            None | Some("fail") => Ok(Self::Fail),
            Some("dead-letter") => Ok(Self::DeadLetter),
            Some("skip") => Ok(Self::Skip),
            Some(other) => {
                Err(Error::invalid(format!("'on-error' is fail, dead-letter or skip, not '{other}'")))
            }
        }
    }

    /// The error of a record that stops the job. `place` is topic/partition/offset or file:record.
    pub fn stop(table: &str, field: Option<&str>, error: &str, place: String) -> Error {
        let field = field.map_or(String::new(), |field| format!(", field '{field}'"));
        Error::failed(format!("table {table}: a record cannot be read{field}: {error}"))
            .at(place)
            .hint("'on-error' = 'dead-letter' in the table's WITH puts such records aside and goes on")
    }
}
