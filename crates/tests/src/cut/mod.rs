//! One query, many cuts: its input as batches of one row, of three, of as many as there are, in one shard and in two.
//!
//! How rows come together in batches is chance: a poll of a broker, a block of a file. So neither the result nor an error
//! may depend on it. [`Queries`] plans a script once and runs it under any [`Cut`]; [`CutSource`] is what cuts.

mod run;
mod source;

pub use run::{Outcome, Queries};
pub use source::{CutSource, pieces};

/// How the input of a run is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Rows of a batch; as the source gives them where there is no number.
    pub rows: Option<usize>,
    /// Shards; one runs in the calling thread as `query` does, several as `run` does.
    pub parallelism: usize,
}

impl Cut {
    /// What the others are compared with.
    pub const AS_READ: Self = Self { rows: None, parallelism: 1 };

    /// Every cut that a case is run with. A batch of the largest size is never full: rows of several polls come together.
    pub const ALL: [Self; 6] = [
        Self { rows: Some(1), parallelism: 1 },
        Self { rows: Some(3), parallelism: 1 },
        Self { rows: Some(8_192), parallelism: 1 },
        Self { rows: Some(1), parallelism: 2 },
        Self { rows: Some(3), parallelism: 2 },
        Self { rows: Some(8_192), parallelism: 2 },
    ];
}
