//! One partition while its rows are taken in: where they stand, what is known of it, what was found.

use streamsql_core::{Error, Result};
use streamsql_state::tables::{Key, RowRef, Slot};

use super::java_queue::JavaQueue;
use super::nfa::{Partial, Run, State};

/// Version of the encoding of partial matches.
const VERSION: u8 = 1;

/// Rows of a partition in the batch of all rows at hand: those kept from before, then the new ones.
#[derive(Clone, Copy, Default)]
pub struct Places {
    /// Number of the first kept row; that of the next row where none is kept.
    pub first: u64,
    pub kept: u64,
    /// Index of the first kept row, and of the first new one.
    pub kept_at: usize,
    pub due_at: usize,
}

impl Places {
    /// The index of the row with a number.
    pub fn index(&self, number: u64) -> usize {
        let behind = number.saturating_sub(self.first);
        if behind < self.kept {
            self.kept_at + behind as usize
        } else {
            self.due_at + (behind - self.kept) as usize
        }
    }
}

/// A partition whose time has come.
pub struct Partition {
    pub key: Key,
    /// What the table of waiting rows has for it.
    pub waiting: Slot,
    pub kept: Vec<RowRef>,
    pub due: Vec<RowRef>,
    pub places: Places,
    /// Number of the next row.
    pub next: u64,
    /// Time of the last row that was taken in, ms.
    pub last_ms: i64,
    pub partial: Partial,
    /// Matches with the time at which they were found.
    pub found: Vec<(Run, i64)>,
    /// Answers for the row at hand, by state and variable.
    pub answers: Vec<Option<bool>>,
}

impl Partition {
    pub fn new(key: Key, waiting: Slot) -> Self {
        Self {
            key,
            waiting,
            kept: Vec::new(),
            due: Vec::new(),
            places: Places::default(),
            next: 0,
            last_ms: i64::MIN,
            partial: Partial::new(),
            found: Vec::new(),
            answers: Vec::new(),
        }
    }
}

/// Partial matches as they are stored.
///
/// ```text
/// version u8 | states u32 | state … | matches that wait u32 | run …
/// state = 0 the start | 1 run
/// run   = number of the first row u64 | its time i64, ms | variable u32 | rows of each variable u32 …
/// ```
pub fn encode(partial: &Partial) -> Vec<u8> {
    let mut out = vec![VERSION];
    out.extend((partial.states.items().len() as u32).to_le_bytes());
    for state in partial.states.items() {
        match state {
            State::Start => out.push(0),
            State::Run(run) => {
                out.push(1);
                encode_run(run, &mut out);
            }
        }
    }
    out.extend((partial.completed.items().len() as u32).to_le_bytes());
    partial.completed.items().iter().for_each(|run| encode_run(run, &mut out));
    out
}

fn encode_run(run: &Run, out: &mut Vec<u8>) {
    out.extend(run.first.to_le_bytes());
    out.extend(run.first_ms.to_le_bytes());
    out.extend(run.variable.to_le_bytes());
    for rows in &run.taken {
        out.extend(rows.to_le_bytes());
    }
}

/// Partial matches of a pattern with so many variables.
///
/// # Errors
/// Bytes that are none.
pub fn decode(bytes: &[u8], variables: usize) -> Result<Partial> {
    let mut bytes = Bytes(bytes);
    if bytes.take::<1>()? != [VERSION] {
        return Err(Error::state("partial matches are stored in a form that this version does not know"));
    }
    let mut states = Vec::new();
    for _ in 0..bytes.u32()? {
        states.push(match bytes.take::<1>()? {
            [0] => State::Start,
            _ => State::Run(bytes.run(variables)?),
        });
    }
    let completed = (0..bytes.u32()?).map(|_| bytes.run(variables)).collect::<Result<Vec<_>>>()?;
    Ok(Partial { states: JavaQueue::of(states), completed: JavaQueue::of(completed) })
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) =
            self.0.split_first_chunk::<N>().ok_or_else(|| Error::state("partial matches end early"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    fn run(&mut self, variables: usize) -> Result<Run> {
        Ok(Run {
            first: u64::from_le_bytes(self.take()?),
            first_ms: i64::from_le_bytes(self.take()?),
            variable: self.u32()?,
            taken: (0..variables).map(|_| self.u32()).collect::<Result<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_matches_survive_their_encoding() {
        let run = |first| Run { first, first_ms: -5, variable: 1, taken: vec![2, 0, 7] };
        let partial = Partial {
            states: JavaQueue::of(vec![State::Run(run(3)), State::Start]),
            completed: JavaQueue::of(vec![run(4)]),
        };
        let bytes = encode(&partial);
        assert_eq!(decode(&bytes, 3).unwrap(), partial);
        assert_eq!(decode(&encode(&Partial::new()), 0).unwrap(), Partial::new());
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length], 3).is_err());
        }
        assert!(decode(&[9, 0, 0, 0, 0], 3).unwrap_err().message.contains("does not know"));
    }
}
