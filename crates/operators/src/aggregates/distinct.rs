//! Which rows are the first of their value, and which take the last one back.

use arrow::array::ArrayRef;
use streamsql_core::{KeyGroupRange, Result, StateTable};
use streamsql_plan::AggregateTable;
use streamsql_state::tables::{CountedTable, KeyBatch, Parts, Slot};

use super::Changes;

/// The values of DISTINCT calls with equal arguments and filters (Flink `DistinctAggCodeGen`).
pub struct Distinct {
    arguments: Vec<usize>,
    filter: Option<usize>,
    /// Whether rows are taken back, now or later.
    retracts: bool,
    table: CountedTable,
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
