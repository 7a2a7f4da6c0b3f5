//! In which slice each row of a batch is, and which rows are late.

use ahash::RandomState;
use arrow::array::RecordBatch;
use hashbrown::HashMap;
use streamsql_core::{Context, Error, Result, timestamps_ms};
use streamsql_plan::{WindowShape, WindowsOver};

use super::WindowAggregate;

/// The rows of a batch by group: key and slice.
#[derive(Default)]
pub struct Placed {
    /// Rows that count, in order.
    pub rows: Vec<u32>,
    /// For each row of the batch the number of its group.
    pub group_of_row: Vec<u32>,
    /// End of the slice and number of the key of each group.
    pub groups: Vec<(i64, u32)>,
    pub late: u64,
    /// Whether some row is in a window that was told, and in another one.
    pub has_told_windows: bool,
}

/// Where rows of a time go.
#[derive(Clone, Copy)]
struct Place {
    /// The slice that takes them; none for late ones.
    slice: Option<i64>,
    has_told_windows: bool,
}

impl WindowAggregate {
    pub(super) fn place(&self, batch: &RecordBatch, cx: &Context<'_>) -> Result<Placed> {
        let windowing = &self.node.windowing;
        let rows = batch.num_rows();
        let mut placed = Placed { group_of_row: vec![0; rows], ..Placed::default() };
        let mut groups: HashMap<(i64, u32), u32, RandomState> = HashMap::default();
        let mut last: Option<(i64, Place)> = None;
        let mut put = |row: usize, end: i64| {
            let place = match last {
                Some((known, place)) if known == end => place,
                _ => self.place_of(end),
            };
            last = Some((end, place));
            placed.has_told_windows |= place.has_told_windows;
            let Some(slice) = place.slice else {
                placed.late += 1;
                return;
            };
            let group = (slice, self.keys.ids()[row]);
            let number = *groups.entry(group).or_insert_with(|| {
                placed.groups.push(group);
                placed.groups.len() as u32 - 1
            });
            placed.group_of_row[row] = number;
            placed.rows.push(row as u32);
        };
        let missing =
            || Error::failed("a row without a rowtime came to a window").hint("filter such rows out before");
        match self.node.over {
            WindowsOver::Time(None) => {
                let end = windowing.spec.slice_end(windowing.wall_ms(cx.processing_time_ms));
                (0..rows).for_each(|row| put(row, end));
            }
            WindowsOver::Time(Some(time)) => {
                let mut without_time = 0;
                for (row, time) in timestamps_ms(batch.column(time))?.enumerate() {
                    match time {
                        Some(time) => put(row, windowing.spec.slice_end(windowing.wall_ms(time))),
                        None if self.node.is_group_window => without_time += 1,
                        None => return Err(missing()),
                    }
                }
                placed.late += without_time;
            }
            WindowsOver::Window { end, .. } => {
                for (row, end) in timestamps_ms(batch.column(end))?.enumerate() {
                    put(row, end.ok_or_else(missing)?);
                }
            }
        }
        Ok(placed)
    }

    /// Where rows of a slice go, or of a window that comes with them.
    fn place_of(&self, end: i64) -> Place {
        let told =
            |end: i64| self.node.windowing.by_event_time() && self.node.windowing.fires_at(end) <= self.time;
        if matches!(self.node.over, WindowsOver::Window { .. }) {
            return Place { slice: (!told(end)).then_some(end), has_told_windows: false };
        }
        let spec = &self.node.windowing.spec;
        let Some((first, _)) = spec.ends_over(end).filter(|(_, last)| !told(*last)) else {
            return Place { slice: None, has_told_windows: false };
        };
        if !told(first) {
            return Place { slice: Some(end), has_told_windows: false };
        }
        // The first slice of a window that cumulates has all rows of the steps that were told.
        let slice = match spec.shape {
            WindowShape::Cumulate { step, .. } => spec.start_of(end).saturating_add(step),
            _ => end,
        };
        Place { slice: Some(slice), has_told_windows: true }
    }
}
