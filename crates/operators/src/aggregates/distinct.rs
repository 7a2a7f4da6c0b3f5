//! Which rows are the first of their value, and which take the last one back.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, Field, Schema};
use streamsql_core::{KeyGroupRange, Result, StateTable};
use streamsql_plan::{AggregateCall, AggregateTable, AggregateTableUse, distinct_filters};
use streamsql_state::tables::{CountedTable, KeyBatch, Parts, RowRef, Slot};

use super::{Changes, downcast};

/// The DISTINCT calls of an operator.
pub struct DistinctCalls {
    values: Vec<Values>,
    /// For each call of the operator, where it is a DISTINCT one, its values and its filter among theirs.
    of: Vec<Option<(usize, usize)>>,
}

/// The values of DISTINCT calls with equal arguments (Flink `DistinctAggCodeGen`).
struct Values {
    arguments: Vec<usize>,
    /// Several only where nothing is taken back: then a bit of a value's count says for each filter whether it has let
    /// the value through.
    filters: Vec<Option<usize>>,
    /// Whether rows are taken back, now or later.
    retracts: bool,
    table: CountedTable,
    /// Column of the table where the values begin.
    first: usize,
    slots: Vec<Slot>,
    parts: Parts,
    counted: Vec<u32>,
    /// For each filter the rows that its calls see.
    seen: Vec<Vec<u32>>,
}

/// Values that are read ahead together.
const READ_AHEAD: usize = 64;

/// What groups got from others: values as rows of a batch.
pub struct Merged {
    batch: RecordBatch,
    groups: Vec<u32>,
    /// For each filter the rows that its calls see.
    seen: Vec<Vec<u32>>,
}

impl DistinctCalls {
    pub fn new(
        calls: &[AggregateCall],
        retracts: bool,
        tables: &[AggregateTable],
        range: KeyGroupRange,
    ) -> Result<Self> {
        let (mut values, mut of) = (Vec::new(), vec![None; calls.len()]);
        for (number, table) in tables.iter().enumerate() {
            let AggregateTableUse::Distinct(served) = &table.serves else { continue };
            let filters = distinct_filters(served.iter().map(|call| &calls[*call]));
            for call in served {
                let filter = filters.iter().position(|filter| *filter == calls[*call].filter);
                of[*call] = filter.map(|filter| (values.len(), filter));
            }
            values.push(Values {
                arguments: calls[served[0]].arguments.clone(),
                seen: vec![Vec::new(); filters.len()],
                filters,
                retracts,
                table: CountedTable::new(&table.name, number, &table.layout, range)?,
                first: table.layout.key.len(),
                slots: Vec::new(),
                parts: Parts::default(),
                counted: Vec::new(),
            });
        }
        Ok(Self { values, of })
    }

    pub fn begin(&mut self, keys: &KeyBatch) -> Result<()> {
        self.values.iter_mut().try_for_each(|values| values.begin(keys))
    }

    /// Takes the rows of a batch in; `seen` then tells which of them a call sees.
    pub fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        self.values.iter_mut().try_for_each(|values| values.update(keys, changes))
    }

    /// The rows that a DISTINCT call sees, filtered already.
    pub fn seen(&self, call: usize) -> Option<&[u32]> {
        self.of[call].map(|(values, filter)| self.values[values].seen[filter].as_slice())
    }

    /// Adds to groups the values that others have; what that brought is given as rows of batches of `width` columns.
    pub fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)], width: usize) -> Result<Vec<Merged>> {
        self.values.iter_mut().map(|values| values.merge(keys, pairs, width)).collect()
    }

    /// What a call sees of what `merge` brought.
    pub fn seen_of<'m>(&self, call: usize, merged: &'m [Merged]) -> Option<Changes<'m>> {
        let (values, filter) = self.of[call]?;
        let Merged { batch, groups, seen } = &merged[values];
        Some(Changes { batch, rows: &seen[filter], groups, retracts: None })
    }

    pub fn reset(&mut self, group: usize) {
        self.values.iter_mut().for_each(|values| values.table.clear(&mut values.slots[group]));
    }

    pub fn tables(&mut self) -> impl Iterator<Item = &mut dyn StateTable> {
        self.values.iter_mut().map(|values| -> &mut dyn StateTable { &mut values.table })
    }

    pub fn set_now(&mut self, now_ms: i64) {
        self.values.iter_mut().for_each(|values| values.table.set_now(now_ms));
    }
}

impl Values {
    fn begin(&mut self, keys: &KeyBatch) -> Result<()> {
        self.table.probe(keys, &mut self.slots)
    }

    /// Counts the rows and finds those that the calls see. Values that are NULL are no values.
    fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        changes.with_values(&self.arguments, &mut self.counted);
        let columns: Vec<ArrayRef> =
            self.arguments.iter().map(|column| ArrayRef::clone(changes.column(*column))).collect();
        self.table.encode(&columns, changes.batch.num_rows(), &mut self.parts)?;
        let condition = |filter: &Option<usize>| {
            filter.map(|filter| downcast::<BooleanArray>(changes.column(filter))).transpose()
        };
        let conditions: Vec<Option<&BooleanArray>> =
            self.filters.iter().map(condition).collect::<Result<_>>()?;
        let passes = |row: usize| {
            let passes = |condition: &Option<&BooleanArray>| {
                condition.is_none_or(|condition| condition.is_valid(row) && condition.value(row))
            };
            conditions.iter().enumerate().fold(0, |bits, (i, c)| bits | i64::from(passes(c)) << i)
        };
        self.seen.iter_mut().for_each(Vec::clear);
        let counted = changes.of(&self.counted);
        let rows = counted.iter().map(|(row, group, sign)| (row, group, sign, passes(row)));
        let rows: Vec<(usize, usize, i64, i64)> = rows.filter(|(_, _, _, bits)| *bits != 0).collect();
        for rows in rows.chunks(READ_AHEAD) {
            let places = rows.iter().map(|(row, group, _, _)| (*row, *group));
            self.table.prefetch(&self.slots, places, &self.parts);
            for (row, group, sign, bits) in rows.iter().copied() {
                let slot = &mut self.slots[group];
                let value = self.table.find_value(slot, &self.parts, row);
                let known = value.stored();
                if self.retracts {
                    // A retraction of nothing is ignored.
                    let is_new = sign == 1 && known.is_none();
                    if is_new || known.is_some() {
                        let (count, _) = self.table.add_to(keys, group, slot, &self.parts, value, sign)?;
                        if is_new || count == 0 {
                            self.seen[0].push(row as u32);
                        }
                    }
                    continue;
                }
                let new = bits & !known.map_or(0, |known| self.table.count(known));
                if new != 0 {
                    self.table.add_to(keys, group, slot, &self.parts, value, new)?;
                    push(&mut self.seen, new, row as u32);
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)], width: usize) -> Result<Merged> {
        let first = self.first;
        let values: Vec<usize> = (first..first + self.arguments.len()).collect();
        let (mut brought, mut groups, mut seen) =
            (Vec::new(), Vec::new(), vec![Vec::new(); self.filters.len()]);
        for (from, into) in pairs {
            let (from, target) = (*from as usize, *into as usize);
            let rows: Vec<RowRef> = self.table.scan(&self.slots[from]).collect();
            let counts: Vec<i64> = rows.iter().map(|row| self.table.count(*row)).collect();
            self.table.copy_values(&rows, &mut self.parts);
            for (row, count) in counts.into_iter().enumerate() {
                let slot = &mut self.slots[target];
                let value = self.table.find_value(slot, &self.parts, row);
                let known = value.stored();
                let (by, new) = if self.retracts {
                    (count, i64::from(known.is_none()))
                } else {
                    let new = count & !known.map_or(0, |known| self.table.count(known));
                    (new, new)
                };
                if by == 0 {
                    continue;
                }
                let (_, at) = self.table.add_to(keys, target, slot, &self.parts, value, by)?;
                if new != 0 {
                    push(&mut seen, new, brought.len() as u32);
                    brought.push(at);
                    groups.push(*into);
                }
            }
        }
        let columns = self.table.gather(&brought, &values)?;
        let mut all: Vec<ArrayRef> = vec![new_null_array(&DataType::Null, brought.len()); width];
        for (argument, column) in self.arguments.iter().zip(columns) {
            all[*argument] = column;
        }
        let fields: Vec<Field> =
            all.iter().map(|column| Field::new("", column.data_type().clone(), true)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(brought.len()));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), all, &options)?;
        Ok(Merged { batch, groups, seen })
    }
}

/// Notes a row for each filter whose bit is set.
fn push(seen: &mut [Vec<u32>], bits: i64, row: u32) {
    for (i, seen) in seen.iter_mut().enumerate() {
        if bits >> i & 1 == 1 {
            seen.push(row);
        }
    }
}
