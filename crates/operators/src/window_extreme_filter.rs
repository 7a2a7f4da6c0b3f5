//! WindowExtremeFilter: rows that may still be the greatest or the least of a window that they can be joined with.
//!
//! Input       port 0, append-only
//! Output      append-only: the input without rows whose value is behind that of another row in every window that they can
//!             be joined with; how many are left out depends on how rows come together, what is joined does not
//! State       `extremes`: end of a window -> the extreme of the rows of it that have been seen, as long as a row that is
//!             not late can be joined with it; `progress`: the watermark
//! Watermark   passes
//! Late rows   pass like others; only rows that are not late count for the extreme of a window: the aggregate whose result
//!             they are joined with, of the same rows under the same watermarks, counts them, too
//! Cost        O(windows of a row) a row
//! Errors      none
//! Source      no operator of Flink; MAX and MIN over rows that are never taken back only grow, or fall
//! Tests       crates/tests/tests/window_extremes.rs

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use streamsql_core::{
    ChangeBatch, Column, Context, Error, KeyGroupRange, LogicalType, Operator, OperatorSpec, Port, Result,
    Schema, StateTable, Watermark, timestamps_ms,
};
use streamsql_plan::WindowExtremeFilter as WindowExtremeFilterNode;
use streamsql_state::tables::{Key, KeyBatch, KeyCodec, OneTable};

use crate::progress::Progress;

/// How many places are tried to find one whose key is the shard's: of so many there are some in each of 128 key groups.
const PLACES: i64 = 4_096;

pub struct WindowExtremeFilter {
    spec: OperatorSpec,
    node: WindowExtremeFilterNode,
    range: KeyGroupRange,
    progress: Progress,
    extremes: OneTable,
    codec: KeyCodec,
    /// What the table holds, by the ends of windows; of MIN the complement, so that the greater one always wins.
    known: BTreeMap<i64, i64>,
    /// The keys under which they stand.
    keys: BTreeMap<i64, Key>,
}

impl WindowExtremeFilter {
    pub fn new(spec: OperatorSpec, node: &WindowExtremeFilterNode, range: KeyGroupRange) -> Result<Self> {
        let key = ["place", "end"].map(|name| Column::new(name, LogicalType::BigInt, false));
        Ok(Self {
            spec,
            range,
            progress: Progress::new("progress", 0, &node.progress_layout(), range)?,
            extremes: OneTable::new("extremes", 1, &node.extremes_layout(), range)?,
            codec: KeyCodec::new(&Schema::new(key.to_vec()).to_arrow(), &[0, 1])?,
            known: BTreeMap::new(),
            keys: BTreeMap::new(),
            node: node.clone(),
        })
    }

    /// The values, so that the greater one wins.
    fn values(&self, column: &ArrayRef) -> Result<Vec<Option<i64>>> {
        let numbers = match column.data_type() {
            DataType::Date32 => cast(&cast(column, &DataType::Int32)?, &DataType::Int64)?,
            _ => cast(column, &DataType::Int64)?,
        };
        let turned = |value: i64| if self.node.greatest { value } else { !value };
        Ok(numbers.as_primitive::<Int64Type>().iter().map(|value| value.map(turned)).collect())
    }

    /// The key under which the extreme of a window stands: the first one that is the shard's.
    fn key_of(&mut self, end: i64) -> Result<Key> {
        const TOGETHER: i64 = 64;
        if let Some(key) = self.keys.get(&end) {
            return Ok(key.clone());
        }
        let mut keys = KeyBatch::default();
        for first in (0..PLACES).step_by(TOGETHER as usize) {
            let places: ArrayRef = Arc::new(Int64Array::from_iter_values(first..first + TOGETHER));
            let ends: ArrayRef = Arc::new(Int64Array::from_value(end, TOGETHER as usize));
            self.codec.encode_columns(&[places, ends], TOGETHER as usize, &mut keys)?;
            let range = self.range.start..self.range.end;
            if let Some(id) = (0..keys.len()).find(|id| range.contains(&keys.key_group(*id).0)) {
                return Ok(self.keys.entry(end).or_insert(keys.to_key(id)).clone());
            }
        }
        Err(Error::internal("no number is in the key groups of a shard"))
    }

    fn write(&mut self, ends: &BTreeSet<i64>) -> Result<()> {
        for end in ends {
            let Some(value) = self.known.get(end).copied() else { continue };
            let key = self.key_of(*end)?;
            let mut slot = self.extremes.find(&key);
            self.extremes.edit_key(&key, &mut slot)?.set_i64(2, value)?;
        }
        Ok(())
    }

    /// Forgets windows that no row of this time, or of a later one, can be joined with.
    fn forget_until(&mut self, time: i64) {
        let first = time.saturating_add(self.node.from_ms);
        let kept = self.known.split_off(&first);
        self.keys = self.keys.split_off(&first);
        if std::mem::replace(&mut self.known, kept).is_empty() {
            return;
        }
        let is_old = |row: &streamsql_state::tables::RowRef| {
            self.extremes.row(*row).i64(1).is_none_or(|end| end < first)
        };
        let old: Vec<Key> = self.extremes.all().filter(is_old).map(|row| self.extremes.key(row)).collect();
        for key in old {
            let mut slot = self.extremes.find(&key);
            self.extremes.remove(&mut slot);
        }
    }
}

impl Operator for WindowExtremeFilter {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let rows = batch.rows();
        let values = self.values(rows.column(self.node.value))?;
        let times: Vec<Option<i64>> = timestamps_ms(rows.column(self.node.time))?.collect();
        let (watermark, windows) = (self.progress.time(), self.node.windows);
        let (mut own, mut changed) = (Vec::new(), BTreeSet::new());
        for (time, value) in times.iter().zip(&values) {
            let (Some(time), Some(value)) = (*time, *value) else { continue };
            windows.windows_of(time, &mut own);
            for (_, end) in own.iter().filter(|(_, end)| end.saturating_sub(1) > watermark) {
                let known = self.known.entry(*end).or_insert_with(|| {
                    changed.insert(*end);
                    value
                });
                if *known < value {
                    *known = value;
                    changed.insert(*end);
                }
            }
        }
        self.write(&changed)?;
        let may_win = |(time, value): (&Option<i64>, &Option<i64>)| {
            let (Some(time), Some(value)) = (*time, *value) else { return true };
            let (from, to) = (time.saturating_add(self.node.from_ms), time.saturating_add(self.node.to_ms));
            windows.ends_between(from, to).any(|end| self.known.get(&end).is_none_or(|known| value >= *known))
        };
        let keep: BooleanArray = times.iter().zip(&values).map(|row| Some(may_win(row))).collect();
        let kept = batch.filter(&keep)?;
        if !kept.is_empty() {
            cx.emit(kept);
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: Watermark, _cx: &mut Context<'_>) -> Result<Watermark> {
        self.progress.set(watermark.0);
        self.progress.store()?;
        self.forget_until(watermark.0);
        Ok(watermark)
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        vec![self.progress.table(), &mut self.extremes]
    }

    fn restored(&mut self) -> Result<()> {
        self.progress.restored();
        for row in self.extremes.all() {
            let row = self.extremes.row(row);
            if let (Some(end), Some(value)) = (row.i64(1), row.i64(2)) {
                let known = self.known.entry(end).or_insert(value);
                *known = (*known).max(value);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{RecordBatch, TimestampMillisecondArray};
    use streamsql_core::ChangelogMode;
    use streamsql_plan::{WindowShape, WindowSpec};

    use super::*;

    fn filter(greatest: bool, from_ms: i64, to_ms: i64) -> WindowExtremeFilter {
        let columns = vec![
            Column::new("v", LogicalType::BigInt, true),
            Column::new("ts", LogicalType::Timestamp(3), true),
        ];
        let spec = OperatorSpec {
            name: "filter",
            ports: 1,
            output: Schema::new(columns),
            changelog: ChangelogMode::INSERT_ONLY,
        };
        let windows = WindowSpec { shape: WindowShape::Tumble { size: 10 }, offset: 0 };
        let node = WindowExtremeFilterNode { windows, time: 1, value: 0, greatest, from_ms, to_ms };
        WindowExtremeFilter::new(spec, &node, KeyGroupRange::ALL).unwrap()
    }

    /// The values that are kept of a batch of values and times.
    fn kept(filter: &mut WindowExtremeFilter, rows: &[(Option<i64>, Option<i64>)]) -> Vec<Option<i64>> {
        let values: ArrayRef = Arc::new(Int64Array::from_iter(rows.iter().map(|(value, _)| *value)));
        let times: ArrayRef =
            Arc::new(TimestampMillisecondArray::from_iter(rows.iter().map(|(_, time)| *time)));
        let batch = RecordBatch::try_new(filter.spec.output.to_arrow(), vec![values, times]).unwrap();
        let mut cx = Context::new(0, Watermark::MIN);
        filter.on_batch(0, ChangeBatch::inserts(batch), &mut cx).unwrap();
        let values = cx.output.iter().flat_map(|batch| {
            batch.rows().column(0).as_primitive::<Int64Type>().iter().collect::<Vec<Option<i64>>>()
        });
        values.collect()
    }

    fn watermark(filter: &mut WindowExtremeFilter, time: i64) {
        filter.on_watermark(Watermark(time), &mut Context::new(0, Watermark(time))).unwrap();
    }

    fn at(time: i64, values: &[i64]) -> Vec<(Option<i64>, Option<i64>)> {
        values.iter().map(|value| (Some(*value), Some(time))).collect()
    }

    #[test]
    fn rows_behind_the_extreme_of_all_their_windows_go() {
        let mut filter = filter(true, 1, 10);
        assert_eq!(kept(&mut filter, &at(3, &[5, 7, 7, 6])), [Some(7), Some(7)]);
        assert_eq!(kept(&mut filter, &at(9, &[6, 7, 8, 8])), [Some(8), Some(8)]);
        assert_eq!(kept(&mut filter, &at(10, &[1])), [Some(1)]);
        assert_eq!(kept(&mut filter, &[(None, Some(3)), (Some(0), None)]), [None, Some(0)]);
    }

    #[test]
    fn a_row_between_two_windows_may_be_that_of_either() {
        // As BETWEEN end - 10 AND end: at 10 a row is joined with the windows that end at 10 and at 20.
        let mut filter = filter(true, 0, 10);
        assert_eq!(kept(&mut filter, &at(5, &[4])), [Some(4)]);
        assert_eq!(kept(&mut filter, &at(15, &[9])), [Some(9)]);
        assert_eq!(kept(&mut filter, &at(10, &[3, 4, 8])), [Some(4), Some(8)]);
    }

    #[test]
    fn late_rows_pass_and_do_not_count() {
        let mut filter = filter(true, 1, 10);
        watermark(&mut filter, 9);
        assert_eq!(kept(&mut filter, &at(3, &[7, 5])), [Some(7), Some(5)]);
        assert_eq!(kept(&mut filter, &at(12, &[3])), [Some(3)]);
    }

    #[test]
    fn the_least_by_the_complement() {
        let mut filter = filter(false, 1, 10);
        assert_eq!(kept(&mut filter, &at(3, &[i64::MAX, 7, i64::MIN, -1])), [Some(i64::MIN)]);
    }

    #[test]
    fn windows_are_forgotten_with_their_time_and_restored_before() {
        let mut filter = filter(true, 1, 10);
        kept(&mut filter, &at(3, &[7]));
        kept(&mut filter, &at(13, &[8]));
        watermark(&mut filter, 5);
        assert_eq!(filter.known, BTreeMap::from([(10, 7), (20, 8)]));
        filter.known.clear();
        filter.restored().unwrap();
        assert_eq!(filter.known, BTreeMap::from([(10, 7), (20, 8)]));
        watermark(&mut filter, 10);
        assert_eq!(filter.known, BTreeMap::from([(20, 8)]));
        assert_eq!(filter.extremes.all().count(), 1);
    }
}
