//! What the server answers to one request.

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{DataRowBody, Message};

use super::super::fault::Fault;

/// Rows of texts, and how many rows the (last) statement changed.
#[derive(Debug, Default)]
pub struct Answer {
    pub rows: Vec<Vec<Option<String>>>,
    pub changed: u64,
}

impl Answer {
    /// Takes in a message that belongs to the request.
    pub(super) fn add(&mut self, message: &Message) -> Result<(), Fault> {
        match message {
            Message::DataRow(row) => self.rows.push(texts(row)?),
            Message::CommandComplete(body) => {
                // INSERT 0 5, UPDATE 3, COPY 7; others say no number.
                let tag = body.tag().map_err(unreadable)?;
                self.changed = tag.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            }
            _ => {}
        }
        Ok(())
    }
}

fn texts(row: &DataRowBody) -> Result<Vec<Option<String>>, Fault> {
    let value = |range: Option<std::ops::Range<usize>>| {
        range
            .map(|range| std::str::from_utf8(&row.buffer()[range]).map(str::to_owned).map_err(unreadable))
            .transpose()
    };
    let mut values = Vec::new();
    let mut ranges = row.ranges();
    while let Some(range) = ranges.next().map_err(unreadable)? {
        values.push(value(range)?);
    }
    Ok(values)
}

fn unreadable(error: impl std::fmt::Display) -> Fault {
    Fault::lost(format!("the server's answer cannot be read: {error}"))
}
