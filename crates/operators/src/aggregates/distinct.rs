//! Which rows are the first of their value, and which take the last one back.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, Field, Schema};
use streamsql_core::{KeyGroupRange, Result, StateTable};
use streamsql_plan::AggregateTable;
use streamsql_state::tables::{CountedTable, KeyBatch, Parts, RowRef, Slot};

use super::Changes;

/// The values of DISTINCT calls with equal arguments and filters (Flink `DistinctAggCodeGen`).
pub struct Distinct {
    arguments: Vec<usize>,
    filter: Option<usize>,
    /// Whether rows are taken back, now or later.
    retracts: bool,
    table: CountedTable,
    /// Column of the table where the values begin.
    first: usize,
    slots: Vec<Slot>,
    parts: Parts,
    counted: Vec<u32>,
    /// Rows that the calls see.
    pub seen: Vec<u32>,
}

impl Distinct {
    pub fn new(
        arguments: Vec<usize>,
        filter: Option<usize>,
        retracts: bool,
        number: usize,
        table: &AggregateTable,
        range: KeyGroupRange,
    ) -> Result<Self> {
        Ok(Self {
            arguments,
            filter,
            retracts,
            table: CountedTable::new(&table.name, number, &table.layout, range)?,
            first: table.layout.key.len(),
            slots: Vec::new(),
            parts: Parts::default(),
            counted: Vec::new(),
            seen: Vec::new(),
        })
    }

    pub fn begin(&mut self, keys: &KeyBatch) -> Result<()> {
        self.table.probe(keys, &mut self.slots)
    }

    /// Counts the rows and finds those that the calls see. Values that are NULL are no values.
    pub fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let mut filtered = Vec::new();
        let changes = match self.filter {
            Some(filter) => {
                changes.where_true(filter, &mut filtered)?;
                changes.of(&filtered)
            }
            None => *changes,
        };
        changes.with_values(&self.arguments, &mut self.counted);
        let columns: Vec<ArrayRef> =
            self.arguments.iter().map(|column| ArrayRef::clone(changes.column(*column))).collect();
        self.table.encode(&columns, changes.batch.num_rows(), &mut self.parts)?;
        self.seen.clear();
        for (row, group, sign) in changes.of(&self.counted).iter() {
            let slot = &mut self.slots[group];
            let is_known = self.table.equal(slot, &self.parts, row).is_some();
            let is_new = sign == 1 && !is_known;
            // Where nothing is taken back the count does not matter; a retraction of nothing is ignored.
            if !is_new && (!self.retracts || !is_known) {
                continue;
            }
            let (count, _) = self.table.add(keys, group, slot, &self.parts, row, sign)?;
            if is_new || count == 0 {
                self.seen.push(row as u32);
            }
        }
        Ok(())
    }

    /// Adds to groups the values that others have; what that brought is given as rows of a batch of `width` columns, for
    /// the calls, with the number of its group for each.
    pub fn merge(
        &mut self,
        keys: &KeyBatch,
        pairs: &[(u32, u32)],
        width: usize,
    ) -> Result<(RecordBatch, Vec<u32>)> {
        let first = self.first;
        let values: Vec<usize> = (first..first + self.arguments.len()).collect();
        let (mut new, mut groups) = (Vec::new(), Vec::new());
        for (from, into) in pairs {
            let (from, target) = (*from as usize, *into as usize);
            let rows: Vec<RowRef> = self.table.scan(&self.slots[from]).collect();
            let counts: Vec<i64> = rows.iter().map(|row| self.table.count(*row)).collect();
            let columns = self.table.gather(&rows, &values)?;
            self.table.encode(&columns, rows.len(), &mut self.parts)?;
            for (row, count) in counts.into_iter().enumerate() {
                let slot = &mut self.slots[target];
                let is_known = self.table.equal(slot, &self.parts, row).is_some();
                if is_known && !self.retracts {
                    continue;
                }
                let (_, at) = self.table.add(keys, target, slot, &self.parts, row, count)?;
                if !is_known {
                    new.push(at);
                    groups.push(*into);
                }
            }
        }
        let columns = self.table.gather(&new, &values)?;
        let mut all: Vec<ArrayRef> = vec![new_null_array(&DataType::Null, new.len()); width];
        for (argument, column) in self.arguments.iter().zip(columns) {
            all[*argument] = column;
        }
        let fields: Vec<Field> =
            all.iter().map(|column| Field::new("", column.data_type().clone(), true)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(new.len()));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), all, &options)?;
        Ok((batch, groups))
    }

    pub fn reset(&mut self, group: usize) {
        self.table.clear(&mut self.slots[group]);
    }

    pub fn table(&mut self) -> &mut dyn StateTable {
        &mut self.table
    }

    pub fn set_now(&mut self, now_ms: i64) {
        self.table.set_now(now_ms);
    }
}
