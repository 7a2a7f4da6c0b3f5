//! The values of each group in the order of their arrival, of which the first equal one is taken back.

use arrow::array::{Array, ArrayRef};
use streamsql_core::{Result, StateTable};
use streamsql_state::tables::{KeyBatch, OrderedTable, Parts, RowRef, Slot};

use super::{Changes, ValueTable};

pub struct ValueList {
    /// Columns of the input that are kept.
    arguments: Vec<usize>,
    table: OrderedTable,
    /// Column of the table where the values begin.
    first: usize,
    slots: Vec<Slot>,
    parts: Parts,
}

impl ValueList {
    pub fn new(arguments: Vec<usize>, table: &ValueTable<'_>) -> Result<Self> {
        let first = table.table.layout.key.len();
        Ok(Self { arguments, table: table.ordered()?, first, slots: Vec::new(), parts: Parts::default() })
    }

    pub fn begin(&mut self, keys: &KeyBatch) -> Result<()> {
        self.table.probe(keys, &mut self.slots)
    }

    /// Adds rows and takes rows back; with `skip_null` those whose first value is not NULL.
    pub fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>, skip_null: bool) -> Result<()> {
        let columns: Vec<ArrayRef> =
            self.arguments.iter().map(|column| ArrayRef::clone(changes.column(*column))).collect();
        self.table.encode(&columns, changes.batch.num_rows(), &mut self.parts)?;
        for (row, group, sign) in changes.iter() {
            if skip_null && columns[0].is_null(row) {
                continue;
            }
            let slot = &mut self.slots[group];
            if sign == 1 {
                self.table.insert(keys, group, slot, &self.parts, row)?;
                continue;
            }
            let equal = |kept: &RowRef| self.table.has_values(*kept, &self.parts, row);
            let found = self.table.scan(slot).find(equal);
            if let Some(found) = found {
                self.table.remove(slot, found);
            }
        }
        Ok(())
    }

    /// Adds the values of the first group of each pair behind those of the second.
    pub fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        for (from, into) in pairs {
            let (from, into) = (*from as usize, *into as usize);
            let rows: Vec<RowRef> = self.table.scan(&self.slots[from]).collect();
            self.table.copy_values(&rows, &mut self.parts);
            for row in 0..rows.len() {
                self.table.insert(keys, into, &mut self.slots[into], &self.parts, row)?;
            }
        }
        Ok(())
    }

    pub fn reset(&mut self, group: usize) {
        self.table.clear(&mut self.slots[group]);
    }

    pub fn groups(&self) -> usize {
        self.slots.len()
    }

    /// The rows of a group in the order of their arrival.
    pub fn rows(&self, group: usize) -> impl DoubleEndedIterator<Item = RowRef> + '_ {
        self.table.scan(&self.slots[group])
    }

    /// A text of a row.
    pub fn text(&self, row: RowRef, value: usize) -> Option<&str> {
        let bytes = self.table.row(row).bytes(self.first + value)?;
        std::str::from_utf8(bytes).ok()
    }

    /// The first value of rows; NULL for `RowRef::NULLS`.
    pub fn gather(&self, rows: &[RowRef]) -> Result<ArrayRef> {
        Ok(self.table.gather(rows, &[self.first])?.swap_remove(0))
    }

    pub fn table(&mut self) -> &mut dyn StateTable {
        &mut self.table
    }

    pub fn set_now(&mut self, now_ms: i64) {
        self.table.set_now(now_ms);
    }
}
