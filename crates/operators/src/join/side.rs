//! The rows of one input of a join, by join key.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::take;
use streamsql_core::{Error, KeyGroupRange, Result, Schema, StateTable};
use streamsql_plan::{Join as JoinNode, JoinSide};
use streamsql_state::tables::{
    CountedTable, KeyBatch, KeyCodec, OneTable, OrderedTable, Parts, RowRef, Slot,
};

enum Table {
    One(OneTable),
    Ordered(OrderedTable),
    Counted(CountedTable),
}

macro_rules! each {
    ($table:expr, $name:ident => $body:expr) => {
        match $table {
            Table::One($name) => $body,
            Table::Ordered($name) => $body,
            Table::Counted($name) => $body,
        }
    };
}

/// A row that is kept, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub row: RowRef,
    pub times: i64,
}

pub struct Side {
    table: Table,
    /// Number of columns of the input.
    width: usize,
    /// Columns of the input outside of the key, as they are encoded.
    value: Vec<usize>,
    /// Column of the table with how often a row is there.
    times: Option<usize>,
    /// Column of the table with the number of matches.
    matches: Option<usize>,
    /// The keys of rows of this input, and those of the other as they are looked up here.
    codec: KeyCodec,
    slots: Vec<Slot>,
    parts: Parts,
    /// Rows that an edit of this batch has moved.
    moved: HashMap<RowRef, RowRef, ahash::RandomState>,
}

impl Side {
    pub fn new(node: &JoinNode, port: usize, input: &Schema, range: KeyGroupRange) -> Result<Self> {
        let layout = node.table(port, input);
        let (name, width) = (["left", "right"][port], input.len());
        let table = match (&node.sides[port], node.counts_matches(port)) {
            (JoinSide::JoinKeyIsUnique, _) => Table::One(OneTable::new(name, port, &layout, range)?),
            (JoinSide::NoUniqueKey, false) => Table::Counted(CountedTable::new(name, port, &layout, range)?),
            _ => Table::Ordered(OrderedTable::new(name, port, &layout, range)?),
        };
        let is_unique = node.sides[port] != JoinSide::NoUniqueKey;
        let counts_matches = node.counts_matches(port);
        Ok(Self {
            table,
            width,
            value: layout.value().into_iter().filter(|column| *column < width).collect(),
            times: (!is_unique && counts_matches).then(|| layout.columns.len() - 2),
            matches: counts_matches.then(|| layout.columns.len() - 1),
            codec: KeyCodec::new(&input.to_arrow(), node.keys(port))?,
            slots: Vec::new(),
            parts: Parts::default(),
            moved: HashMap::default(),
        })
    }

    pub fn set_now(&mut self, now_ms: i64) {
        each!(&mut self.table, table => table.set_now(now_ms));
    }

    /// The keys of rows of this input.
    pub fn keys(&mut self, rows: &RecordBatch, keys: &mut KeyBatch) -> Result<()> {
        self.codec.encode(rows, keys)
    }

    /// Looks the keys of a batch up.
    pub fn probe(&mut self, keys: &KeyBatch) -> Result<()> {
        self.moved.clear();
        each!(&mut self.table, table => table.probe(keys, &mut self.slots))
    }

    /// Prepares the rows of a batch of this input to be added and removed.
    pub fn take_in(&mut self, rows: &RecordBatch) -> Result<()> {
        let mut columns: Vec<ArrayRef> =
            self.value.iter().map(|column| ArrayRef::clone(rows.column(*column))).collect();
        let filled = |value| -> ArrayRef { Arc::new(Int64Array::from(vec![value; rows.num_rows()])) };
        columns.extend(self.times.map(|_| filled(1)));
        columns.extend(self.matches.map(|_| filled(0)));
        let parts = &mut self.parts;
        each!(&self.table, table => table.encode(&columns, rows.num_rows(), parts))
    }

    /// Whether a key has no rows.
    pub fn is_empty(&self, key: usize) -> bool {
        self.slots[key].is_empty()
    }

    /// The rows of a key.
    pub fn rows(&self, key: usize, into: &mut Vec<Kept>) {
        let slot = &self.slots[key];
        match &self.table {
            Table::One(table) => into.extend(table.get(slot).map(|row| Kept { row, times: 1 })),
            Table::Ordered(table) => into.extend(table.scan(slot).map(|row| {
                let times = self.times.map_or(1, |column| table.row(row).i64(column).unwrap_or(1));
                Kept { row, times }
            })),
            Table::Counted(table) => {
                into.extend(table.scan(slot).map(|row| Kept { row, times: table.count(row) }));
            }
        }
    }

    /// Adds a row of the batch that was taken in, with the number of its matches.
    pub fn add(&mut self, keys: &KeyBatch, key: usize, row: usize, matches: i64) -> Result<()> {
        let slot = &mut self.slots[key];
        match &mut self.table {
            Table::Counted(table) => {
                table.add(keys, key, slot, &self.parts, row, 1)?;
            }
            Table::One(table) => {
                table.put(keys, key, slot, &self.parts, row)?;
                if let Some(column) = self.matches {
                    table.edit(keys, key, slot)?.set_i64(column, matches)?;
                }
            }
            Table::Ordered(table) => {
                let added = match (self.times, table.equal(slot, &self.parts, row)) {
                    (Some(times), Some(found)) => {
                        let count = table.row(found).i64(times).unwrap_or_default();
                        let new = table.edit(slot, found)?;
                        self.moved.insert(found, new);
                        table.row_mut(new)?.set_i64(times, count + 1)?;
                        new
                    }
                    (None, Some(_)) => {
                        table.put(keys, key, slot, &self.parts, row)?;
                        table.equal(slot, &self.parts, row).unwrap_or(RowRef::NULLS)
                    }
                    (_, None) => table.insert(keys, key, slot, &self.parts, row)?,
                };
                if let Some(column) = self.matches {
                    table.row_mut(added)?.set_i64(column, matches)?;
                }
            }
        }
        Ok(())
    }

    /// Takes a row of the batch back; a row that is not there is ignored.
    pub fn remove(&mut self, keys: &KeyBatch, key: usize, row: usize) -> Result<()> {
        let slot = &mut self.slots[key];
        match &mut self.table {
            Table::One(table) => {
                table.remove(slot);
            }
            Table::Counted(table) => {
                let value = table.find_value(slot, &self.parts, row);
                if value.stored().is_some() {
                    table.add_to(keys, key, slot, &self.parts, value, -1)?;
                }
            }
            Table::Ordered(table) => {
                let Some(found) = table.equal(slot, &self.parts, row) else { return Ok(()) };
                let times = self.times.map_or(1, |column| table.row(found).i64(column).unwrap_or(1));
                match (times, self.times) {
                    (2.., Some(column)) => {
                        let new = table.edit(slot, found)?;
                        self.moved.insert(found, new);
                        table.row_mut(new)?.set_i64(column, times - 1)?;
                    }
                    _ => {
                        table.remove(slot, found);
                    }
                }
            }
        }
        Ok(())
    }

    /// Lets a kept row go, however often it is there; it stays readable.
    pub fn forget(&mut self, key: usize, row: RowRef) {
        let slot = &mut self.slots[key];
        match &mut self.table {
            Table::Counted(table) => {
                table.remove(slot, row);
            }
            Table::Ordered(table) => {
                table.remove(slot, row);
            }
            Table::One(table) => {
                table.remove(slot);
            }
        }
    }

    /// Adds to the number of matches of a row and returns what it was.
    pub fn count_match(&mut self, keys: &KeyBatch, key: usize, row: RowRef, by: i64) -> Result<i64> {
        let Some(column) = self.matches else { return Ok(0) };
        let slot = &mut self.slots[key];
        match &mut self.table {
            Table::One(table) => {
                let before = table.get(slot).and_then(|row| table.row(row).i64(column)).unwrap_or_default();
                table.edit(keys, key, slot)?.set_i64(column, before + by)?;
                Ok(before)
            }
            Table::Ordered(table) => {
                let mut at = row;
                while let Some(new) = self.moved.get(&at) {
                    at = *new;
                }
                let before = table.row(at).i64(column).unwrap_or_default();
                let new = table.edit(slot, at)?;
                if new != at {
                    self.moved.insert(at, new);
                }
                table.row_mut(new)?.set_i64(column, before + by)?;
                Ok(before)
            }
            Table::Counted(_) => Ok(0),
        }
    }

    /// Number of columns of the input.
    pub fn width(&self) -> usize {
        self.width
    }

    /// One column of kept rows.
    pub fn gather_column(&self, rows: &[RowRef], column: usize) -> Result<ArrayRef> {
        let mut columns = each!(&self.table, table => table.gather(rows, &[column]))?;
        columns.pop().ok_or_else(|| Error::internal("a column that the input does not have"))
    }

    /// Columns of kept rows; `RowRef::NULLS` gives NULLs.
    pub fn gather(&self, rows: &[RowRef]) -> Result<Vec<ArrayRef>> {
        let columns: Vec<usize> = (0..self.width).collect();
        each!(&self.table, table => table.gather(rows, &columns))
    }

    pub fn table(&mut self) -> &mut dyn StateTable {
        match &mut self.table {
            Table::One(table) => table,
            Table::Ordered(table) => table,
            Table::Counted(table) => table,
        }
    }
}

/// Columns of rows of a batch; `None` gives NULLs.
pub fn take_rows(batch: &RecordBatch, rows: &[Option<u32>]) -> Result<Vec<ArrayRef>> {
    let rows = UInt32Array::from(rows.to_vec());
    batch.columns().iter().map(|column| Ok(take(column, &rows, None)?)).collect()
}
