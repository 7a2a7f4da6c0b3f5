//! Which numbers of a partition are shown.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type};
use streamsql_core::{Error, KeyGroupRange, Result, Schema, StateTable};
use streamsql_plan::{Rank, RankRange};
use streamsql_state::tables::{KeyBatch, OneTable, Slot};

/// Positions from 0 that are shown.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub first: usize,
    /// One behind the last.
    pub end: usize,
    /// With so many rows only a better one than the last is taken.
    pub kept: usize,
}

impl Window {
    pub fn is_empty(self) -> bool {
        self.end <= self.first
    }
}

/// The range of a node, with the bounds that a column gave.
pub struct Bounds {
    range: RankRange,
    given: Option<Given>,
}

/// Bounds by partition: that of its first row.
struct Given {
    table: OneTable,
    column: usize,
    /// Column of the table.
    at: usize,
    slots: Vec<Slot>,
    /// Those of the batch's rows.
    of_rows: Vec<i64>,
}

/// What Flink takes for the number of rows of a partition while it does not know (`AbstractTopNFunction`).
const DEFAULT_ROWS: usize = 100;

impl Bounds {
    /// `number` is that of the table among the operator's.
    pub fn new(node: &Rank, input: &Schema, number: usize, range: KeyGroupRange) -> Result<Self> {
        let given = match node.range {
            RankRange::Constant { .. } => None,
            RankRange::Variable(column) => Some(Given {
                table: OneTable::new("bounds", number, &node.numbers(input), range)?,
                column,
                at: node.partition.len(),
                slots: Vec::new(),
                of_rows: Vec::new(),
            }),
        };
        Ok(Self { range: node.range, given })
    }

    /// Looks up the bounds of a batch's partitions.
    pub fn begin(&mut self, keys: &KeyBatch, rows: &RecordBatch, now_ms: i64) -> Result<()> {
        let Some(given) = &mut self.given else { return Ok(()) };
        given.table.set_now(now_ms);
        given.table.probe(keys, &mut given.slots)?;
        let column = rows.column(given.column);
        let values = |row: usize| match column.data_type() {
            _ if column.is_null(row) => Ok(0),
            DataType::Int16 => Ok(i64::from(column.as_primitive::<Int16Type>().value(row))),
            DataType::Int32 => Ok(i64::from(column.as_primitive::<Int32Type>().value(row))),
            DataType::Int64 => Ok(column.as_primitive::<Int64Type>().value(row)),
            other => Err(Error::internal(format!("a bound of type {other}"))),
        };
        given.of_rows.clear();
        for row in 0..rows.num_rows() {
            given.of_rows.push(values(row)?);
        }
        Ok(())
    }

    /// The window of the partition of a row.
    pub fn window(&mut self, keys: &KeyBatch, id: usize, row: usize) -> Result<Window> {
        let size = |number: i64| usize::try_from(number.max(0)).unwrap_or(usize::MAX);
        let Some(given) = &mut self.given else {
            let RankRange::Constant { from, to } = self.range else {
                return Err(Error::internal("a rank without bounds"));
            };
            return Ok(Window { first: size(from - 1), end: size(to), kept: size(to) });
        };
        let kept = given.table.get(&given.slots[id]);
        let end = match kept.and_then(|kept| given.table.row(kept).i64(given.at)) {
            Some(end) => end,
            None => {
                let end = given.of_rows[row];
                given.table.edit(keys, id, &mut given.slots[id])?.set_i64(given.at, end)?;
                end
            }
        };
        Ok(Window { first: 0, end: size(end), kept: DEFAULT_ROWS })
    }

    pub fn table(&mut self) -> Option<&mut dyn StateTable> {
        match &mut self.given {
            Some(given) => Some(&mut given.table),
            None => None,
        }
    }
}
