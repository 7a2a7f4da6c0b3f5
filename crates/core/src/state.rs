//! Tables of keyed state: how the plan declares one, and what the runtime does with it.
//!
//! The tables themselves are `streamsql_state::tables`. An operator reads and writes rows; everything below is the
//! runtime's side of the same table.

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;

use crate::{Column, Epoch, KeyGroup, KeyGroupRange, MAX_KEY_GROUPS, Result};

/// How the rows of a table are organised below their key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateForm {
    /// Key → one row.
    One,
    /// Key → rows in the order of the order columns; rows that are equal there stand in the order of their arrival.
    Ordered,
    /// Key → distinct rows, each with a count, in the order of the order columns where there are some; rows that are equal
    /// there are one.
    Counted,
    /// (Window end, key) → one row; a window is dropped whole. The window's end is not a column.
    Windows,
}

/// A column that rows of a key are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderColumn {
    /// Index into `StateLayout::columns`; not a key column.
    pub column: usize,
    pub descending: bool,
    pub nulls_last: bool,
}

impl OrderColumn {
    /// Ascending, NULL first.
    pub fn ascending(column: usize) -> Self {
        Self { column, descending: false, nulls_last: false }
    }
}

/// What a state table holds: its form and its columns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StateLayout {
    pub form: StateForm,
    /// All columns of a stored row, in the order in which the operator gives and gets them.
    pub columns: Vec<Column>,
    /// Indices of the key columns, in the order of the key. Their encoding decides the key group, so it is the order of
    /// the columns of the exchange before the operator.
    pub key: Vec<usize>,
    /// For `StateForm::Ordered`, where none means order of arrival, and for `StateForm::Counted`, where none means none.
    pub order: Vec<OrderColumn>,
    /// A row is gone so many ms of processing time after its last write; 0 = never.
    pub ttl_ms: i64,
}

impl StateLayout {
    /// The name of a last key column, a BIGINT, that tells rows of one key in several windows apart. It has no part in
    /// the key group: all windows of a key are in the group of the key.
    pub const WINDOW: &str = "$window";

    /// The name of a column, a BIGINT outside of the key, that says how often a row is there: rows of a key that are equal
    /// in the order columns are one.
    pub const TIMES: &str = "$times";

    /// Whether the last key column is a window ([`StateLayout::WINDOW`]).
    pub fn is_windowed(&self) -> bool {
        self.key.last().is_some_and(|column| self.columns[*column].name == Self::WINDOW)
    }

    /// Indices of the columns that are not in the key.
    pub fn value(&self) -> Vec<usize> {
        (0..self.columns.len()).filter(|column| !self.key.contains(column)).collect()
    }
}

/// A set of key groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyGroups(pub u128);

const _: () = assert!(MAX_KEY_GROUPS == 128);

impl KeyGroups {
    pub const ALL: Self = Self(u128::MAX);

    pub fn of_range(range: KeyGroupRange) -> Self {
        let below = |bound: u16| if bound >= 128 { u128::MAX } else { (1 << bound) - 1 };
        Self(below(range.end) & !below(range.start))
    }

    pub fn contains(self, group: KeyGroup) -> bool {
        group.0 < 128 && self.0 >> group.0 & 1 == 1
    }

    pub fn insert(&mut self, group: KeyGroup) {
        self.0 |= 1 << (group.0 & 127);
    }

    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Address of what one table of one shard wrote at one barrier; unique within (node, table), for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId {
    pub epoch: u64,
    /// First key group of the shard that wrote it.
    pub writer: u16,
}

/// What a state table wrote since the last barrier.
#[derive(Clone, Debug)]
pub struct StateDelta {
    /// Number of the table among those of its operator (`Operator::tables`).
    pub table: usize,
    pub id: SegmentId,
    /// Head and pages of the segment, one after the other; none when nothing was written. The buffers are shared with
    /// the table, which never changes them again.
    pub parts: Vec<Buffer>,
    /// Segments that hold nothing any more for the key groups of this table's shard.
    pub released: Vec<SegmentId>,
    /// The key groups of this table's shard: those that the segment counts for, and that `released` is about.
    pub range: KeyGroupRange,
}

/// A page that a table asks for while it is restored: part of its segment, in bytes from the end of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRange {
    /// Index in the head.
    pub page: usize,
    pub offset: u64,
    pub length: u64,
}

/// Keys with much state, largest first.
#[derive(Clone, Debug, Default)]
pub struct LargestKeys {
    /// The columns of the key, and their values, one a key.
    pub columns: Vec<Column>,
    pub keys: Vec<ArrayRef>,
    /// Rows of each key, and about how many bytes they take.
    pub rows: Vec<u64>,
    pub bytes: Vec<u64>,
    /// Keys that were looked at.
    pub looked_at: usize,
}

/// A row as it stands in a segment, in the bytes of `docs/state-format.md`.
#[derive(Clone, Copy, Debug)]
pub struct StoredRow<'r> {
    /// Processing time of its last write, ms; of tables with a time-to-live.
    pub written_ms: i64,
    /// Order of arrival, count or end of the window, by the form of the table.
    pub number: u64,
    /// The part of the key columns, and that of the others.
    pub key: &'r [u8],
    pub value: &'r [u8],
}

/// What takes in segments.
///
/// # Contract
/// `restore_head` for every live segment, then `restore_wanted`, then `restore_page` for every page that it asked for, in
/// that order, then `restored`.
pub trait Restores {
    /// Takes in what a segment says about itself and about rows of earlier ones; `live` are the key groups for which the
    /// segment still counts.
    fn restore_head(&mut self, id: SegmentId, head: &[u8], live: KeyGroups) -> Result<()>;

    /// The pages that are needed, now that all heads are known.
    fn restore_wanted(&mut self) -> Vec<(SegmentId, PageRange)>;

    /// Takes in one page.
    fn restore_page(&mut self, id: SegmentId, page: usize, bytes: Buffer) -> Result<()>;

    /// Everything was handed over.
    fn restored(&mut self) -> Result<()>;
}

/// The runtime's side of a state table.
///
/// # Contract
/// 1. After `new` it is restored, or takes the rows of another table by `adopt`, or neither for a job that starts afresh.
/// 2. `barrier` returns everything that changed since the last one, and costs what changed.
pub trait StateTable: Restores + Send {
    /// As in the plan.
    fn name(&self) -> &str;

    /// Hash of everything that decides how stored rows are read: a table reads what one with the same wrote.
    fn layout(&self) -> u64;

    /// Form and columns, as the plan has declared them.
    fn declared(&self) -> StateLayout;

    /// Closes an epoch: encodes what is new, drops what expired, collects a bounded amount of pages with little life.
    /// None when nothing changed. `now_ms` is processing time.
    fn barrier(&mut self, epoch: Epoch, now_ms: i64) -> Result<Option<StateDelta>>;

    /// Takes in a row that a table with other columns has stored, brought to the columns of this one, as if it came in the
    /// open epoch: the next barrier writes it.
    fn adopt(&mut self, row: StoredRow<'_>) -> Result<()>;

    /// Bytes allocated.
    fn bytes(&self) -> usize;

    /// Rows held.
    fn rows(&self) -> usize;

    /// Keys that have rows; where a key has one row, as many as there are rows.
    fn keys(&self) -> usize {
        self.rows()
    }

    /// The `most` keys with most state among `look` keys from the one with number `from` on, in an order that nobody
    /// knows. For people who look: costs what it looks at, and changes nothing. Called behind a barrier; of what came
    /// since it may miss some.
    fn largest_keys(&self, from: usize, look: usize, most: usize) -> Result<LargestKeys>;
}
