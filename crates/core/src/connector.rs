//! What connectors offer to the runtime: sources in splits, dimension look-ups, sinks.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;

use crate::{ChangeBatch, Epoch, Origins, Result, StopHandle};

/// The unit that is read, positioned and watermarked on its own: a Kafka partition, or a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Split {
    /// Topic, or path.
    pub topic: Arc<str>,
    pub partition: i32,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// A split with the position of the next record to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitStart {
    pub split: Split,
    /// Kafka offset, record number in a file, row number of a generator.
    pub position: i64,
}

/// Records of one split, decoded: the table's physical and metadata columns that the plan reads, in its order.
#[derive(Clone, Debug)]
pub struct SourceBatch {
    pub split: Split,
    pub batch: ChangeBatch,
    /// Position after the last record, also past records that gave no row.
    pub next_position: i64,
    /// Records read, with those that gave no row.
    pub records: u64,
    /// Of these, records left out because the table's options say so (tombstones, ignored errors).
    pub skipped: u64,
    pub bytes: u64,
    pub dead_letters: Vec<DeadLetter>,
    /// The records that the rows come from; none where no failure could be told of by them.
    pub origins: Option<Arc<Origins>>,
    /// Places where the batch may be cut in two, ascending; a source that knows none is taken batch by batch.
    pub cuts: Vec<Cut>,
}

/// A place in a batch between two of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Rows of the batch before it.
    pub rows: usize,
    /// Records before it, with those that gave no row.
    pub records: u64,
    /// Position of the next record.
    pub next_position: i64,
}

impl Cut {
    /// Records between two cuts: few enough that those between them are worth nothing to hold, whatever becomes of them.
    pub const EVERY: u64 = 64;
}

impl SourceBatch {
    /// Cuts the batch at the first place that has at least so many rows before it; all of it where there is none.
    pub fn cut(mut self, rows: usize) -> (Self, Option<Self>) {
        let Some(at) = self.cuts.iter().position(|cut| cut.rows >= rows.max(1)) else { return (self, None) };
        let later = self.cuts.split_off(at);
        let cut = later[0];
        let behind = |later: &Cut| Cut {
            rows: later.rows - cut.rows,
            records: later.records - cut.records,
            next_position: later.next_position,
        };
        let (letters, letters_behind) =
            std::mem::take(&mut self.dead_letters).into_iter().partition(|l| l.offset < cut.next_position);
        let rest = Self {
            split: self.split.clone(),
            batch: self.batch.slice(cut.rows, self.batch.num_rows() - cut.rows),
            next_position: self.next_position,
            records: self.records - cut.records,
            // Counted with the first piece.
            skipped: 0,
            bytes: 0,
            dead_letters: letters_behind,
            origins: self
                .origins
                .as_ref()
                .map(|origins| Arc::new(origins.slice(cut.rows, self.batch.num_rows() - cut.rows))),
            cuts: later[1..].iter().map(behind).collect(),
        };
        self.origins = self.origins.take().map(|origins| Arc::new(origins.slice(0, cut.rows)));
        self.batch = self.batch.slice(0, cut.rows);
        self.next_position = cut.next_position;
        self.records = cut.records;
        self.dead_letters = letters;
        (self, Some(rest))
    }
}

/// What a poll brings.
#[derive(Debug)]
pub enum SourceEvent {
    Batch(SourceBatch),
    /// A split appeared while running; its position is where reading starts.
    NewSplit(SplitStart),
    /// A bounded split is read to its end.
    SplitEnd(Split),
    /// Nothing came within the timeout.
    Nothing,
    /// All splits are read and none can appear.
    End,
}

/// Reads the splits of one table. Lives on a thread of its own; calls may block.
pub trait Source: Send {
    /// Finds the splits and turns start modes into positions. `restored` positions win over start modes.
    ///
    /// # Errors
    /// `Unreachable` when the service does not answer in a bounded time; `Failed` when a restored position is gone.
    fn open(&mut self, restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>>;

    /// Waits up to `timeout` for the next event.
    fn poll(&mut self, timeout: Duration) -> Result<SourceEvent>;

    /// Records that the service holds and that were not read yet, as last heard; none where that cannot be known.
    fn lag(&self) -> Option<u64> {
        None
    }

    /// The same split by split, for those that are known.
    fn split_lags(&self) -> Vec<(Split, u64)> {
        Vec::new()
    }

    /// Hands over the request that ends reading: a source that waits for its service then gives up waiting.
    fn halt_with(&mut self, halt: &StopHandle) {
        let _ = halt;
    }

    /// Tells the service what was committed, for display only; failures are ignored.
    fn committed(&mut self, positions: &BTreeMap<Split, i64>) {
        let _ = positions;
    }
}

/// A record that could not be decoded, or for which an expression failed, with where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub split: Split,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub timestamp_ms: Option<i64>,
    /// The field that failed, if one did.
    pub field: Option<String>,
    pub error: String,
}

/// What the rows of a batch ask a dimension table for.
#[derive(Clone, Debug)]
pub struct LookupKeys {
    /// Distinct and without NULLs.
    pub keys: RecordBatch,
    /// For each row of the batch which of them it has; none where a column of its key is NULL.
    pub key_of: Vec<Option<u32>>,
}

/// The rows found for a batch of keys.
#[derive(Clone, Debug)]
pub struct LookupRows {
    /// The table's columns that the plan reads, in its order.
    pub rows: RecordBatch,
    /// For each row the index of the key it answers; ascending.
    pub key_index: Vec<u32>,
}

/// A dimension table that answers batches of keys (Flink `LookupFunction`).
pub trait Lookup: Send {
    /// All rows whose key columns equal one of `keys`; one query for the whole batch.
    /// `now_ms` is the processing time, for cache expiry.
    fn lookup(&mut self, keys: &RecordBatch, now_ms: i64) -> Result<LookupRows>;

    /// Bytes that the cache in front of the table takes now, over all its users; none without a cache.
    fn cache_bytes(&self) -> Option<usize> {
        None
    }

    /// Hands over the job's request to halt: a lookup that waits for its service then fails instead of waiting on.
    fn halt_with(&mut self, halt: &StopHandle) {
        let _ = halt;
    }
}

/// A sink without transactions of its own (print, blackhole, files).
pub trait Sink: Send {
    /// Contacts the target and checks that the rows fit.
    fn open(&mut self) -> Result<()> {
        Ok(())
    }

    /// Takes rows of an epoch, in order. Called only once the epoch is durable, or at once in `query`.
    fn write(&mut self, epoch: Epoch, changes: &[ChangeBatch]) -> Result<()>;

    /// Makes written rows visible.
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The rows of an epoch for a two-phase sink.
#[derive(Clone, Copy, Debug)]
pub struct EpochRows<'a> {
    pub epoch: Epoch,
    /// Processing time at the epoch's end, ms.
    pub now_ms: i64,
    pub changes: &'a [ChangeBatch],
    /// The job ends with this epoch, or is stopped: nothing may stay hidden.
    pub is_last: bool,
    /// All input was read, so no row follows. A job that is stopped goes on later, so of it this is not said.
    pub input_ended: bool,
}

/// A sink outside the job's own transaction whose rows become visible in two steps around it.
///
/// # Contract
/// 1. `open` contacts the target and changes nothing that another instance of the job depends on.
/// 2. `recover`, called once after the job was taken over, shuts earlier instances out, makes visible what the last
///    committed epoch prepared, and takes back what was prepared behind it.
/// 3. `prepare` makes the rows of an epoch durable and hidden; it is called for every epoch, also without rows. What it
///    returns is stored with the epoch's state, so it is durable exactly if the epoch is committed.
/// 4. `commit` makes visible what a token stands for. It follows the epoch's commit and comes before the next `prepare`,
///    so only the token of the last committed epoch can be unfinished. Twice is as once.
pub trait TwoPhaseSink: Send {
    /// # Errors
    /// `Unreachable` when the target does not answer in a bounded time.
    fn open(&mut self) -> Result<()>;

    /// `token` is what the last committed epoch prepared; none where the sink took no part in it, or had nothing to say.
    /// Returns whether an epoch should follow at once, so that what was finished here is forgotten.
    ///
    /// # Errors
    /// `State` when target and state do not belong together.
    fn recover(&mut self, committed: Epoch, token: Option<&[u8]>) -> Result<bool>;

    fn prepare(&mut self, rows: &EpochRows<'_>) -> Result<Vec<u8>>;

    /// # Errors
    /// `Fenced` when another instance has shut this one out.
    fn commit(&mut self, epoch: Epoch, token: &[u8]) -> Result<()>;

    /// Processing time at which an epoch must end even if no row comes, ms.
    fn due_ms(&self) -> Option<i64> {
        None
    }

    /// Hands over the job's request to halt: a sink that waits for its target then fails instead of waiting on.
    fn halt_with(&mut self, halt: &StopHandle) {
        let _ = halt;
    }
}
