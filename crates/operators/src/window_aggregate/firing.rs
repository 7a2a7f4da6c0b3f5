//! Windows that are complete: their slices put together, their results, and what is forgotten afterwards.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, TimestampMillisecondArray, UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use streamsql_core::{ChangeBatch, Context, Result};
use streamsql_plan::{WindowAggregate as Node, WindowProperty, WindowShape};
use streamsql_state::tables::{KeyBatch, RowRef};

use super::WindowAggregate;

/// Most rows of one output batch, and most rows of slices that are put together at once.
const OUTPUT_ROWS: usize = 8_192;

/// Stands for the slice of groups that are there only while a window is put together.
const SCRATCH: i64 = i64::MIN;

/// What is told of groups: by group their key's row, results and whether they were told before.
struct Results<'a> {
    keys: &'a [ArrayRef],
    key_rows: Vec<u32>,
    results: Vec<ArrayRef>,
    skipped: Vec<bool>,
}

impl WindowAggregate {
    /// Time goes forward: tells the windows that are complete.
    pub(super) fn advance(&mut self, to: i64, cx: &mut Context<'_>) -> Result<()> {
        if to <= self.time {
            return Ok(());
        }
        if self.due.is_none_or(|due| due > to) {
            self.time = to;
            return Ok(());
        }
        let mut after = None;
        while let Some(end) = self.next_end(after).filter(|end| self.node.windowing.fires_at(*end) <= to) {
            self.fire(end, cx)?;
            after = Some(end);
        }
        self.time = to;
        self.due = self.next_end(None).map(|end| self.node.windowing.fires_at(end));
        if self.node.shares_slices() {
            self.progress.set(to);
            self.progress.store()?;
        }
        Ok(())
    }

    /// The first window that was not told, of those that end behind `after`.
    pub(super) fn next_end(&self, after: Option<i64>) -> Option<i64> {
        if !self.node.shares_slices() {
            return match after {
                Some(after) => self.windows.windows().find(|end| *end > after),
                None => self.windows.first_window(),
            };
        }
        let spec = &self.node.windowing.spec;
        let interval = spec.interval();
        let mut next: Option<i64> = None;
        for slice in self.windows.windows() {
            if next.is_some_and(|next| slice >= next) {
                break;
            }
            let Some((first, last)) = spec.ends_over(slice) else { continue };
            // Ends rise, and so do the times at which they are told.
            let is_told = |end: i64| {
                after.is_some_and(|after| end <= after) || self.node.windowing.fires_at(end) <= self.time
            };
            let (mut low, mut high) = (0, (last - first) / interval + 1);
            let all = high;
            while low < high {
                let middle = low + (high - low) / 2;
                if is_told(first + middle * interval) { low = middle + 1 } else { high = middle }
            }
            if low < all {
                let end = first + low * interval;
                next = Some(next.map_or(end, |next| next.min(end)));
            }
        }
        next
    }

    /// Tells a window and forgets the slices that no other window needs.
    fn fire(&mut self, end: i64, cx: &mut Context<'_>) -> Result<()> {
        let spec = self.node.windowing.spec;
        if !self.node.shares_slices() {
            self.tell_slice(end, end, cx)?;
            return self.forget(end);
        }
        if let WindowShape::Cumulate { step, size } = spec.shape {
            let start = spec.start_of(end);
            let total = start + step;
            if end != total {
                self.add_to_total(end, total)?;
            }
            self.tell_slice(total, end, cx)?;
            return if end == start + size { self.forget(total) } else { Ok(()) };
        }
        self.tell_merged(end, cx)?;
        while let Some(slice) = self.windows.first_window()
            && spec.ends_over(slice).is_none_or(|(_, last)| last <= end)
        {
            self.forget(slice)?;
        }
        Ok(())
    }

    /// Tells all windows at the end of the input. They stay as they are, but for the mark that they were told.
    pub(super) fn tell_all(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let mut after = None;
        while let Some(end) = self.next_end(after) {
            if self.node.shares_slices() {
                self.tell_merged(end, cx)?;
            } else {
                self.tell_slice(end, end, cx)?;
            }
            after = Some(end);
        }
        let slices: Vec<i64> = self.windows.windows().collect();
        for slice in slices {
            for rows in self.windows.rows_of(slice).chunks(OUTPUT_ROWS) {
                let told = self.windows.gather(rows, &[self.told])?;
                let told = told[0].as_boolean();
                let keys = self.keys_of(rows)?.1;
                let pairs: Vec<(i64, usize)> = (0..rows.len()).map(|id| (slice, id)).collect();
                let mut slots = std::mem::take(&mut self.slots);
                self.windows.probe(&keys, &pairs, &mut slots)?;
                for (id, slot) in slots.iter_mut().enumerate() {
                    if !(told.is_valid(id) && told.value(id)) {
                        self.windows.edit(&keys, id, slot)?.set_i64(self.told, 1)?;
                    }
                }
                self.slots = slots;
            }
        }
        Ok(())
    }

    /// Key columns of rows, and their keys; of several rows of a key there is one.
    fn keys_of(&mut self, rows: &[RowRef]) -> Result<(Vec<ArrayRef>, KeyBatch)> {
        let columns: Vec<usize> = (0..self.node.keys.len()).collect();
        let columns = self.windows.gather(rows, &columns)?;
        let mut keys = KeyBatch::default();
        self.codec.encode_columns(&columns, rows.len(), &mut keys)?;
        Ok((columns, keys))
    }

    /// For each row whether it was told before.
    fn told_of(&self, rows: &[RowRef]) -> Result<Vec<bool>> {
        let column = self.windows.gather(rows, &[self.told])?.swap_remove(0);
        let told = column.as_boolean();
        Ok((0..rows.len()).map(|row| told.is_valid(row) && told.value(row)).collect())
    }

    /// Tells the rows of a slice as those of the window with this end.
    fn tell_slice(&mut self, slice: i64, end: i64, cx: &mut Context<'_>) -> Result<()> {
        for rows in self.windows.rows_of(slice).chunks(OUTPUT_ROWS) {
            let (columns, keys) = self.keys_of(rows)?;
            if self.calls.keeps_values {
                let groups: Vec<(i64, u32)> = (0..rows.len() as u32).map(|id| (slice, id)).collect();
                keys.in_windows(&groups, &mut self.windowed);
            }
            let loaded = self.windows.gather(rows, &self.accumulators)?;
            self.calls.begin(&self.windowed, &loaded)?;
            let counts = self.load_rows(rows)?;
            let mut skipped = self.told_of(rows)?;
            for (skipped, count) in skipped.iter_mut().zip(counts.iter().flatten()) {
                *skipped |= *count <= 0;
            }
            let key_rows = (0..rows.len() as u32).collect();
            let results = self.calls.results()?;
            self.emit(Results { keys: &columns, key_rows, results, skipped }, end, cx)?;
        }
        Ok(())
    }

    /// Tells the window with this end, put together from its slices, which stay as they are.
    fn tell_merged(&mut self, end: i64, cx: &mut Context<'_>) -> Result<()> {
        let start = self.node.windowing.spec.start_of(end);
        let within = |slice: &i64| *slice > start && *slice <= end;
        let slices: Vec<i64> = self.windows.windows().filter(within).collect();
        let rows: Vec<(i64, Vec<(u64, RowRef)>)> =
            slices.into_iter().map(|slice| (slice, self.windows.hashed_rows_of(slice))).collect();
        let total: usize = rows.iter().map(|(_, rows)| rows.len()).sum();
        // All slices of a key are in one part: parts are ranges of the keys' hashes.
        let parts = total.div_ceil(OUTPUT_ROWS * 4).next_power_of_two();
        let shift = 64 - parts.trailing_zeros();
        let part_of = |hash: u64| if parts == 1 { 0 } else { (hash >> shift) as usize };
        for part in 0..parts {
            let mut chosen: Vec<(i64, RowRef)> = Vec::new();
            for (slice, rows) in &rows {
                let from = rows.partition_point(|(hash, _)| part_of(*hash) < part);
                let to = rows.partition_point(|(hash, _)| part_of(*hash) <= part);
                chosen.extend(rows[from..to].iter().map(|(_, row)| (*slice, *row)));
            }
            if !chosen.is_empty() {
                self.tell_part(&chosen, end, cx)?;
            }
        }
        Ok(())
    }

    /// Rows of slices, in the order of the slices, as one row a key.
    fn tell_part(&mut self, chosen: &[(i64, RowRef)], end: i64, cx: &mut Context<'_>) -> Result<()> {
        let rows: Vec<RowRef> = chosen.iter().map(|(_, row)| *row).collect();
        let (columns, keys) = self.keys_of(&rows)?;
        let (sources, targets) = (rows.len(), keys.len());
        let target = |row: usize| (sources + keys.id(row)) as u32;
        if self.calls.keeps_values {
            let mut groups: Vec<(i64, u32)> =
                chosen.iter().enumerate().map(|(row, (slice, _))| (*slice, keys.ids()[row])).collect();
            groups.extend((0..targets as u32).map(|id| (SCRATCH, id)));
            keys.in_windows(&groups, &mut self.windowed);
        }
        let all: Vec<RowRef> =
            rows.iter().copied().chain(std::iter::repeat_n(RowRef::NULLS, targets)).collect();
        let loaded = self.windows.gather(&all, &self.accumulators)?;
        self.calls.begin(&self.windowed, &loaded)?;
        let pairs: Vec<(u32, u32)> = (0..sources).map(|row| (row as u32, target(row))).collect();
        self.calls.merge(&self.windowed, &pairs)?;
        let results = self.calls.results()?;
        let results = results.into_iter().map(|array| array.slice(sources, targets)).collect();
        let (told, counts) = (self.told_of(&rows)?, self.load_rows(&rows)?);
        let (mut skipped, mut number) = (vec![true; targets], vec![0; targets]);
        for row in 0..sources {
            skipped[keys.id(row)] &= told[row];
            number[keys.id(row)] += counts.as_ref().map_or(1, |counts| counts[row]);
        }
        for (skipped, number) in skipped.iter_mut().zip(number) {
            *skipped |= number <= 0;
        }
        let key_rows = (0..targets).map(|id| keys.first_row(id) as u32).collect();
        self.emit(Results { keys: &columns, key_rows, results, skipped }, end, cx)?;
        if self.calls.keeps_values {
            (sources..sources + targets).for_each(|group| self.calls.reset(group));
        }
        Ok(())
    }

    /// Moves a slice into the one that has all before it.
    fn add_to_total(&mut self, slice: i64, total: i64) -> Result<()> {
        for rows in self.windows.rows_of(slice).chunks(OUTPUT_ROWS) {
            let keys = self.keys_of(rows)?.1;
            let number = rows.len();
            let groups: Vec<(i64, u32)> = [slice, total]
                .into_iter()
                .flat_map(|window| (0..number as u32).map(move |id| (window, id)))
                .collect();
            if self.calls.keeps_values {
                keys.in_windows(&groups, &mut self.windowed);
            }
            let pairs: Vec<(i64, usize)> =
                groups.iter().map(|(window, id)| (*window, *id as usize)).collect();
            let mut slots = std::mem::take(&mut self.slots);
            self.windows.probe(&keys, &pairs, &mut slots)?;
            let found: Vec<RowRef> =
                slots.iter().map(|slot| self.windows.get(slot).unwrap_or(RowRef::NULLS)).collect();
            let loaded = self.windows.gather(&found, &self.accumulators)?;
            self.calls.begin(&self.windowed, &loaded)?;
            let merged: Vec<(u32, u32)> = (0..number as u32).map(|id| (id, id + number as u32)).collect();
            self.calls.merge(&self.windowed, &merged)?;
            let was_told = self.told_of(&found)?;
            let (mut told, mut counts) = (vec![true; number * 2], self.load_rows(&found)?);
            for id in 0..number {
                let is_there = found[number + id] != RowRef::NULLS;
                told[number + id] = was_told[id] && (was_told[number + id] || !is_there);
                if let Some(counts) = &mut counts {
                    counts[number + id] += counts[id];
                }
            }
            let accumulators = self.calls.accumulators()?;
            self.store(&told, counts.as_deref(), accumulators)?;
            for id in 0..number {
                self.windows.put(&keys, id, &mut slots[number + id], &self.parts, number + id)?;
                if self.calls.keeps_values {
                    self.calls.reset(id);
                }
            }
            self.slots = slots;
        }
        self.windows.drop_window(slice);
        Ok(())
    }

    /// Forgets a slice.
    fn forget(&mut self, slice: i64) -> Result<()> {
        if self.calls.keeps_values {
            for rows in self.windows.rows_of(slice).chunks(OUTPUT_ROWS) {
                let keys = self.keys_of(rows)?.1;
                let groups: Vec<(i64, u32)> = (0..rows.len() as u32).map(|id| (slice, id)).collect();
                keys.in_windows(&groups, &mut self.windowed);
                let loaded = self.windows.gather(rows, &self.accumulators)?;
                self.calls.begin(&self.windowed, &loaded)?;
                (0..rows.len()).for_each(|group| self.calls.reset(group));
            }
        }
        self.windows.drop_window(slice);
        Ok(())
    }

    fn emit(&self, told: Results<'_>, end: i64, cx: &mut Context<'_>) -> Result<()> {
        let Results { keys, key_rows, results, skipped } = told;
        let window = (self.node.windowing.spec.start_of(end), end);
        let chosen: Vec<u32> = (0..skipped.len() as u32).filter(|group| !skipped[*group as usize]).collect();
        for groups in chosen.chunks(OUTPUT_ROWS) {
            let told = Told {
                keys,
                key_rows: groups.iter().map(|group| key_rows[*group as usize]).collect(),
                results: &results,
                groups: groups.to_vec(),
                windows: vec![window; groups.len()],
            };
            cx.emit(told.rows(&self.node, &self.output, cx.processing_time_ms)?);
        }
        Ok(())
    }
}

/// Groups and windows on their way out.
pub struct Told<'a> {
    pub keys: &'a [ArrayRef],
    /// For each row of the output the row that has its key, and its group.
    pub key_rows: Vec<u32>,
    pub groups: Vec<u32>,
    pub results: &'a [ArrayRef],
    /// Start and end for each row of the output.
    pub windows: Vec<(i64, i64)>,
}

impl Told<'_> {
    /// Keys, calls and properties, as rows of the output.
    pub fn rows(&self, node: &Node, output: &SchemaRef, now_ms: i64) -> Result<ChangeBatch> {
        let (rows, groups) =
            (UInt32Array::from(self.key_rows.clone()), UInt32Array::from(self.groups.clone()));
        let mut columns = Vec::with_capacity(output.fields().len());
        for key in self.keys {
            columns.push(take(key, &rows, None)?);
        }
        for result in self.results {
            columns.push(take(result, &groups, None)?);
        }
        for property in &node.properties {
            let value = |(start, end): &(i64, i64)| match property {
                WindowProperty::Start => *start,
                WindowProperty::End => *end,
                WindowProperty::Rowtime => node.windowing.time_of(*end),
                WindowProperty::Proctime => now_ms,
            };
            let times = TimestampMillisecondArray::from_iter_values(self.windows.iter().map(value));
            let times: ArrayRef =
                Arc::new(times.with_data_type(output.field(columns.len()).data_type().clone()));
            columns.push(times);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.groups.len()));
        let rows = RecordBatch::try_new_with_options(Arc::clone(output), columns, &options)?;
        Ok(ChangeBatch::inserts(rows))
    }
}
