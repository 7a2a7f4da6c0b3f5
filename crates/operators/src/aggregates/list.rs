//! FIRST_VALUE, LAST_VALUE and LISTAGG where rows are taken back; LISTAGG where none is.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray};
use streamsql_core::{Result, StateTable};
use streamsql_state::tables::{KeyBatch, RowRef};

use super::value_list::ValueList;
use super::{Aggregate, Changes, ValueTable, downcast};

/// Between texts when no separator is given.
const SEPARATOR: &str = ",";

/// The first or last value (Flink `FirstValueWithRetractAggFunction`, `LastValueWithRetractAggFunction`): of equal values
/// the one that came first is taken back.
pub struct End {
    last: bool,
    values: ValueList,
}

impl End {
    pub fn new(argument: usize, last: bool, table: &ValueTable<'_>) -> Result<Self> {
        Ok(Self { last, values: ValueList::new(vec![argument], table)? })
    }
}

impl Aggregate for End {
    fn begin(&mut self, keys: &KeyBatch, _accumulators: &[ArrayRef]) -> Result<()> {
        self.values.begin(keys)
    }

    fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        self.values.update(keys, changes, true)
    }

    fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        self.values.merge(keys, pairs)
    }

    fn reset(&mut self, group: usize) {
        self.values.reset(group);
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        let end = |group| {
            let mut rows = self.values.rows(group);
            if self.last { rows.next_back() } else { rows.next() }.unwrap_or(RowRef::NULLS)
        };
        let rows: Vec<RowRef> = (0..self.values.groups()).map(end).collect();
        Ok(vec![self.values.gather(&rows)?])
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

/// The texts of each group, put together (Flink `ListAggWithRetractAggFunction`, `ListAggWsWithRetractAggFunction`).
pub struct ListAgg {
    values: ValueList,
    has_separator: bool,
}

impl ListAgg {
    pub fn new(arguments: Vec<usize>, table: &ValueTable<'_>) -> Result<Self> {
        let has_separator = arguments.len() > 1;
        Ok(Self { values: ValueList::new(arguments, table)?, has_separator })
    }

    fn list(&self, group: usize) -> Option<String> {
        let mut list: Option<String> = None;
        for row in self.values.rows(group) {
            let text = self.values.text(row, 0).unwrap_or_default();
            match &mut list {
                None => list = Some(text.to_owned()),
                Some(list) => {
                    let separator =
                        if self.has_separator { self.values.text(row, 1) } else { Some(SEPARATOR) };
                    list.push_str(separator.unwrap_or_default());
                    list.push_str(text);
                }
            }
        }
        list
    }
}

impl Aggregate for ListAgg {
    fn begin(&mut self, keys: &KeyBatch, _accumulators: &[ArrayRef]) -> Result<()> {
        self.values.begin(keys)
    }

    fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        self.values.update(keys, changes, true)
    }

    fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        self.values.merge(keys, pairs)
    }

    fn reset(&mut self, group: usize) {
        self.values.reset(group);
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        let lists = (0..self.values.groups()).map(|group| self.list(group));
        Ok(vec![Arc::new(StringArray::from_iter(lists))])
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

/// The texts of each group where none is taken back (Flink `ListAggFunction`).
pub struct AppendedList {
    arguments: Vec<usize>,
    lists: Vec<Option<String>>,
}

impl AppendedList {
    pub fn new(arguments: Vec<usize>) -> Self {
        Self { arguments, lists: Vec::new() }
    }

    fn array(&self) -> ArrayRef {
        Arc::new(StringArray::from_iter(self.lists.iter().map(Option::as_deref)))
    }
}

impl Aggregate for AppendedList {
    fn begin(&mut self, _keys: &KeyBatch, accumulators: &[ArrayRef]) -> Result<()> {
        let loaded = downcast::<StringArray>(&accumulators[0])?;
        self.lists.clear();
        self.lists.extend(loaded.iter().map(|list| list.map(str::to_owned)));
        Ok(())
    }

    fn update(&mut self, _keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let texts = downcast::<StringArray>(changes.column(self.arguments[0]))?;
        let separators = match self.arguments.get(1) {
            Some(column) => Some(downcast::<StringArray>(changes.column(*column))?),
            None => None,
        };
        for (row, group, _) in changes.iter().filter(|(row, ..)| texts.is_valid(*row)) {
            match &mut self.lists[group] {
                Some(list) => {
                    let own = |array: &StringArray| array.is_valid(row).then(|| array.value(row).to_owned());
                    let separator = separators.map_or(Some(SEPARATOR.to_owned()), own);
                    list.push_str(&separator.unwrap_or_default());
                    list.push_str(texts.value(row));
                }
                empty => *empty = Some(texts.value(row).to_owned()),
            }
        }
        Ok(())
    }

    /// For lists with the default separator only: another one is not kept.
    fn merge(&mut self, _keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        for (from, into) in pairs {
            let Some(from) = self.lists[*from as usize].clone() else { continue };
            match &mut self.lists[*into as usize] {
                Some(list) => {
                    list.push_str(SEPARATOR);
                    list.push_str(&from);
                }
                empty => *empty = Some(from),
            }
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.lists[group] = None;
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.array()])
    }

    fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.array()])
    }
}
