//! JSON_ARRAYAGG and JSON_OBJECTAGG. Keys and values are JSON texts already; NULL stands for SQL's NULL.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray};
use streamsql_core::{Error, Result, StateTable};
use streamsql_state::tables::{KeyBatch, OrderedTable, Parts, RowRef, Slot};

use super::value_list::ValueList;
use super::{Aggregate, Changes, ValueTable};

const NULL: &str = "null";

/// The values of each group in the order of their arrival (Flink `JsonArrayAggFunction`).
pub struct JsonArray {
    values: ValueList,
    absent_on_null: bool,
}

impl JsonArray {
    pub fn new(argument: usize, absent_on_null: bool, table: &ValueTable<'_>) -> Result<Self> {
        Ok(Self { values: ValueList::new(vec![argument], table)?, absent_on_null })
    }
}

impl Aggregate for JsonArray {
    fn begin(&mut self, keys: &KeyBatch, _accumulators: &[ArrayRef]) -> Result<()> {
        self.values.begin(keys)
    }

    fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        self.values.update(keys, changes, self.absent_on_null)
    }

    fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        self.values.merge(keys, pairs)
    }

    fn reset(&mut self, group: usize) {
        self.values.reset(group);
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        let array = |group| {
            let values = self.values.rows(group).map(|row| self.values.text(row, 0).unwrap_or(NULL));
            format!("[{}]", values.collect::<Vec<_>>().join(","))
        };
        Ok(vec![Arc::new(StringArray::from_iter_values((0..self.values.groups()).map(array)))])
    }

    fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(Vec::new())
    }

    fn table(&mut self) -> Option<&mut dyn StateTable> {
        Some(self.values.table())
    }

    fn set_now(&mut self, now_ms: i64) {
        self.values.set_now(now_ms);
    }
}

/// The value of each key (Flink `JsonObjectAggFunction`); a key that comes twice is an error.
pub struct JsonObject {
    key: usize,
    value: usize,
    absent_on_null: bool,
    table: OrderedTable,
    /// Column of the table that has the key; the value follows.
    first: usize,
    slots: Vec<Slot>,
    parts: Parts,
}

impl JsonObject {
    pub fn new(arguments: &[usize], absent_on_null: bool, table: &ValueTable<'_>) -> Result<Self> {
        Ok(Self {
            key: arguments[0],
            value: arguments[1],
            absent_on_null,
            table: table.ordered()?,
            first: table.table.layout.key.len(),
            slots: Vec::new(),
            parts: Parts::default(),
        })
    }

    /// Adds a member to a group, that of row `row` of the encoded ones.
    fn insert(&mut self, keys: &KeyBatch, group: usize, row: usize) -> Result<()> {
        let slot = &mut self.slots[group];
        if let Some(found) = self.table.equal(slot, &self.parts, row) {
            let key = self.table.row(found).bytes(self.first).map(String::from_utf8_lossy);
            return Err(Error::failed(format!(
                "JSON_OBJECTAGG: the key {} is there twice",
                key.unwrap_or_default()
            )));
        }
        self.table.insert(keys, group, slot, &self.parts, row)?;
        Ok(())
    }

    fn object(&self, slot: &Slot) -> String {
        let text = |row, column| {
            let bytes = self.table.row(row).bytes(column);
            bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or(NULL)
        };
        let member = |row| format!("{}:{}", text(row, self.first), text(row, self.first + 1));
        let members: Vec<String> = self.table.scan(slot).map(member).collect();
        format!("{{{}}}", members.join(","))
    }
}

impl Aggregate for JsonObject {
    fn begin(&mut self, keys: &KeyBatch, _accumulators: &[ArrayRef]) -> Result<()> {
        self.table.probe(keys, &mut self.slots)
    }

    fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let (names, values) = (changes.column(self.key), changes.column(self.value));
        let columns = [ArrayRef::clone(names), ArrayRef::clone(values)];
        self.table.encode(&columns, names.len(), &mut self.parts)?;
        for (row, group, sign) in changes.iter() {
            if sign == 1 {
                if self.absent_on_null && values.is_null(row) {
                    continue;
                }
                self.insert(keys, group, row)?;
                continue;
            }
            let slot = &mut self.slots[group];
            if let Some(found) = self.table.equal(slot, &self.parts, row) {
                self.table.remove(slot, found);
            }
        }
        Ok(())
    }

    fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        for (from, into) in pairs {
            let (from, into) = (*from as usize, *into as usize);
            let rows: Vec<RowRef> = self.table.scan(&self.slots[from]).collect();
            self.table.copy_values(&rows, &mut self.parts);
            for row in 0..rows.len() {
                self.insert(keys, into, row)?;
            }
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.table.clear(&mut self.slots[group]);
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        let objects = self.slots.iter().map(|slot| self.object(slot));
        Ok(vec![Arc::new(StringArray::from_iter_values(objects))])
    }

    fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(Vec::new())
    }

    fn table(&mut self) -> Option<&mut dyn StateTable> {
        Some(&mut self.table)
    }

    fn set_now(&mut self, now_ms: i64) {
        self.table.set_now(now_ms);
    }
}
