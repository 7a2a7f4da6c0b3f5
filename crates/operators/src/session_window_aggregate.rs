//! WindowAggregate, GroupWindowAggregate with sessions: aggregates of each group and session, given when nothing came for
//! as long as the gap.
//!
//! Input       port 0; a window aggregate takes append-only input, a group window any
//! Output      append-only, one `+I` a group and session: keys, calls, start, end and time of the session
//! State       `windows`: key -> sessions with accumulators, by start, until the session is complete; `distinct-N`,
//!             `values-N`: (key, session) -> values of calls that need them, as long
//! Watermark   in `w`: the sessions that are complete at `w`, in the order of their ends; out: `w`
//! End         all sessions are told and stay, marked so: the next run tells those that get another row
//! Ticks       processing time only: at the end of the next session
//! Late rows   dropped and counted when the session that they are in, after what they join, is complete; so are rows
//!             without a rowtime that come to a group window
//! Cost        O(sessions of the key) a row; sessions that a row joins are put together
//! Errors      a rowtime that is NULL, where the session is of a table function
//! Source      Flink `WindowOperator`, `MergingWindowProcessFunction`, `SessionWindowAssigner`: rows exactly the gap apart
//!             are in one session
//! Tests       crates/tests/goldens/operators/GroupWindowAggregate.session*.script, crates/tests/corpus/group-window

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, Error, KeyGroupRange, Operator, OperatorSpec, Port, Result, Schema, StateTable,
    Watermark, timestamps_ms,
};
use streamsql_plan::{WindowAggregate as WindowAggregateNode, WindowsOver};
use streamsql_state::tables::{Key, KeyBatch, KeyCodec, OrderedTable, Parts, RowRef, Slot};

use crate::aggregates::{self, Calls, Changes};
use crate::progress::Progress;
use crate::window_aggregate::firing::Told;

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

pub struct SessionWindowAggregate {
    spec: OperatorSpec,
    node: WindowAggregateNode,
    output: SchemaRef,
    codec: KeyCodec,
    keys: KeyBatch,
    windowed: KeyBatch,
    sessions: OrderedTable,
    progress: Progress,
    calls: Calls,
    columns: Columns,
    /// The watermark, or processing time.
    time: i64,
    /// Keys by the end of a session that they have, or had: what the table says counts.
    due: BTreeMap<i64, BTreeSet<Due>>,
    slots: Vec<Slot>,
    parts: Parts,
}

/// Columns of the table.
struct Columns {
    told: usize,
    start: usize,
    end: usize,
    window: usize,
    rows: usize,
    accumulators: Vec<usize>,
}

/// A key, in an order that depends on keys only.
struct Due(Key);

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.hash(), self.0.identity()).cmp(&(other.0.hash(), other.0.identity()))
    }
}

/// A session of a key of the batch.
#[derive(Clone, Copy, Debug)]
struct Session {
    start: i64,
    end: i64,
    /// Under which its values stand.
    window: i64,
    group: usize,
}

/// What happens to groups, in order.
enum Step {
    /// Rows of the batch, from one to another of those that count.
    Rows(std::ops::Range<usize>),
    /// The first group goes into the second.
    Join(u32, u32),
}

/// What a batch does to sessions.
#[derive(Default)]
struct Course {
    /// By key of the batch: its sessions.
    sessions: Vec<Vec<Session>>,
    /// By group: the window of its values, the number of its key, its row.
    groups: Vec<(i64, u32)>,
    rows_of_groups: Vec<RowRef>,
    /// Groups that rows were added to, or other groups.
    changed: Vec<bool>,
    counting: Vec<u32>,
    group_of_row: Vec<u32>,
    steps: Vec<Step>,
    late: u64,
}

impl SessionWindowAggregate {
    pub fn new(
        spec: OperatorSpec,
        node: &WindowAggregateNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let tables = node.tables(input);
        let width = node.keys.len();
        let first = width + node.window_columns().len();
        let columns = Columns {
            told: width,
            start: width + 1,
            end: width + 2,
            window: width + 3,
            rows: width + 4,
            accumulators: (first..tables[0].layout.columns.len()).collect(),
        };
        let calls = Calls::of_windows(node, input, &tables, range)?;
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            codec: KeyCodec::new(&input.to_arrow(), &node.keys)?,
            keys: KeyBatch::default(),
            windowed: KeyBatch::default(),
            sessions: OrderedTable::new(&tables[0].name, 0, &tables[0].layout, range)?,
            progress: Progress::new(&tables[1].name, 1, &tables[1].layout, range)?,
            calls,
            columns,
            time: i64::MIN,
            due: BTreeMap::new(),
            slots: Vec::new(),
            parts: Parts::default(),
            node: node.clone(),
        })
    }

    fn number(&self, row: RowRef, column: usize) -> i64 {
        self.sessions.row(row).i64(column).unwrap_or_default()
    }

    fn session_of(&self, row: RowRef, group: usize) -> Session {
        Session {
            start: self.number(row, self.columns.start),
            end: self.number(row, self.columns.end),
            window: self.number(row, self.columns.window),
            group,
        }
    }

    /// Wall times of the rows; of a group window some may have none.
    fn times(&self, batch: &ChangeBatch, cx: &Context<'_>) -> Result<Vec<Option<i64>>> {
        let windowing = &self.node.windowing;
        let WindowsOver::Time(Some(column)) = self.node.over else {
            return Ok(vec![Some(windowing.wall_ms(cx.processing_time_ms)); batch.num_rows()]);
        };
        let missing =
            || Error::failed("a row without a rowtime came to a window").hint("filter such rows out before");
        let times = timestamps_ms(batch.rows().column(column))?;
        times
            .map(|time| match time {
                None if !self.node.is_group_window => Err(missing()),
                time => Ok(time.map(|time| windowing.wall_ms(time))),
            })
            .collect()
    }

    /// The sessions that the rows of a batch begin, lengthen and join.
    fn course(&self, times: &[Option<i64>]) -> Course {
        let gap = self.node.windowing.spec.size();
        let mut course = Course { group_of_row: vec![0; times.len()], ..Course::default() };
        for (id, slot) in self.slots.iter().enumerate() {
            let mut own = Vec::new();
            for row in self.sessions.scan(slot) {
                let session = self.session_of(row, course.groups.len());
                course.groups.push((session.window, id as u32));
                course.rows_of_groups.push(row);
                own.push(session);
            }
            course.sessions.push(own);
        }
        let mut begun = 0;
        for (row, time) in times.iter().enumerate() {
            let Some(time) = time else {
                course.late += 1;
                continue;
            };
            let id = self.keys.id(row);
            let own = &mut course.sessions[id];
            let (start, end) = (*time, time.saturating_add(gap));
            let mut joined: Vec<Session> = Vec::new();
            own.retain(|session| {
                let apart = session.start > end || session.end < start;
                if !apart {
                    joined.push(*session);
                }
                apart
            });
            joined.sort_by_key(|session| session.start);
            let session = match joined.first() {
                None if self.node.windowing.by_event_time()
                    && self.node.windowing.fires_at(end) <= self.time =>
                {
                    course.late += 1;
                    continue;
                }
                None => {
                    let group = course.groups.len();
                    course.groups.push((start, id as u32));
                    course.rows_of_groups.push(RowRef::NULLS);
                    Session { start, end, window: start, group }
                }
                Some(first) => Session {
                    start: first.start.min(start),
                    end: joined.iter().map(|session| session.end).max().unwrap_or(end).max(end),
                    ..*first
                },
            };
            own.push(session);
            if joined.len() > 1 {
                course.steps.push(Step::Rows(begun..course.counting.len()));
                begun = course.counting.len();
                for other in &joined[1..] {
                    course.steps.push(Step::Join(other.group as u32, session.group as u32));
                }
            }
            course.group_of_row[row] = session.group as u32;
            course.counting.push(row as u32);
        }
        course.steps.push(Step::Rows(begun..course.counting.len()));
        course.changed = vec![false; course.groups.len()];
        for row in &course.counting {
            course.changed[course.group_of_row[*row as usize] as usize] = true;
        }
        for step in &course.steps {
            if let Step::Join(from, into) = step {
                course.changed[*from as usize] = true;
                course.changed[*into as usize] = true;
            }
        }
        course
    }

    fn load_rows(&self, rows: &[RowRef]) -> Result<Vec<i64>> {
        let mut counts = vec![0; rows.len()];
        if self.node.input_updates {
            aggregates::load_counts(&self.sessions.gather(rows, &[self.columns.rows])?[0], &mut counts)?;
        }
        Ok(counts)
    }

    /// Adds the rows of a batch to their sessions.
    fn add(&mut self, batch: &ChangeBatch, course: &Course) -> Result<()> {
        let loaded = self.sessions.gather(&course.rows_of_groups, &self.columns.accumulators)?;
        if self.calls.keeps_values {
            self.keys.in_windows(&course.groups, &mut self.windowed);
        }
        self.calls.begin(&self.windowed, &loaded)?;
        let retracts: Option<Vec<bool>> =
            batch.kinds().map(|kinds| kinds.iter().map(|kind| kind.is_retraction()).collect());
        let mut counts = self.load_rows(&course.rows_of_groups)?;
        let changes = Changes {
            batch: batch.rows(),
            rows: &course.counting,
            groups: &course.group_of_row,
            retracts: retracts.as_deref(),
        };
        for step in &course.steps {
            match step {
                Step::Rows(rows) => {
                    let changes = changes.of(&course.counting[rows.clone()]);
                    self.calls.update(&self.windowed, &changes)?;
                    changes.iter().for_each(|(_, group, sign)| counts[group] += sign);
                }
                Step::Join(from, into) => {
                    self.calls.merge(&self.windowed, &[(*from, *into)])?;
                    self.calls.reset(*from as usize);
                    counts[*into as usize] += std::mem::take(&mut counts[*from as usize]);
                }
            }
        }
        self.store(course, &counts)
    }

    /// Keeps what the sessions have now.
    fn store(&mut self, course: &Course, counts: &[i64]) -> Result<()> {
        let groups = course.groups.len();
        let mut living: Vec<Option<Session>> = vec![None; groups];
        for session in course.sessions.iter().flatten() {
            living[session.group] = Some(*session);
        }
        let numbers = |value: &dyn Fn(&Session) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter(living.iter().map(|session| session.as_ref().map(value))))
        };
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(BooleanArray::from(vec![false; groups])),
            numbers(&|session| session.start),
            numbers(&|session| session.end),
            numbers(&|session| session.window),
        ];
        if self.node.input_updates {
            columns.push(aggregates::count_array(counts));
        }
        columns.extend(self.calls.accumulators()?);
        self.sessions.encode(&columns, groups, &mut self.parts)?;
        for (group, session) in living.iter().enumerate().filter(|(group, _)| course.changed[*group]) {
            let id = course.groups[group].1 as usize;
            let slot = &mut self.slots[id];
            if course.rows_of_groups[group] != RowRef::NULLS {
                self.sessions.remove(slot, course.rows_of_groups[group]);
            }
            if let Some(session) = session {
                self.sessions.insert(&self.keys, id, slot, &self.parts, group)?;
                self.due.entry(session.end).or_default().insert(Due(self.keys.to_key(id)));
            }
        }
        Ok(())
    }

    /// Time goes forward: tells the sessions that are complete.
    fn advance(&mut self, to: i64, cx: &mut Context<'_>) -> Result<()> {
        if to <= self.time {
            return Ok(());
        }
        let mut complete = Vec::new();
        while let Some((end, _)) = self.due.first_key_value()
            && self.node.windowing.fires_at(*end) <= to
        {
            let Some((end, keys)) = self.due.pop_first() else { break };
            for Due(key) in keys {
                let mut slot = self.sessions.find(&key);
                let row = self.sessions.scan(&slot).find(|row| self.number(*row, self.columns.end) == end);
                if let Some(row) = row {
                    self.sessions.remove(&mut slot, row);
                    complete.push(row);
                }
            }
            if complete.len() >= OUTPUT_ROWS {
                self.tell(&std::mem::take(&mut complete), true, cx)?;
            }
        }
        self.tell(&complete, true, cx)?;
        self.time = to;
        Ok(())
    }

    /// Tells sessions; those that are over are forgotten.
    fn tell(&mut self, rows: &[RowRef], over: bool, cx: &mut Context<'_>) -> Result<()> {
        for rows in rows.chunks(OUTPUT_ROWS) {
            let columns: Vec<usize> = (0..self.node.keys.len()).collect();
            let key_columns = self.sessions.gather(rows, &columns)?;
            let mut keys = KeyBatch::default();
            self.codec.encode_columns(&key_columns, rows.len(), &mut keys)?;
            let sessions: Vec<Session> =
                rows.iter().enumerate().map(|(group, row)| self.session_of(*row, group)).collect();
            if self.calls.keeps_values {
                let groups: Vec<(i64, u32)> =
                    sessions.iter().map(|session| (session.window, keys.ids()[session.group])).collect();
                keys.in_windows(&groups, &mut self.windowed);
            }
            let loaded = self.sessions.gather(rows, &self.columns.accumulators)?;
            self.calls.begin(&self.windowed, &loaded)?;
            let results = self.calls.results()?;
            let counts = self.load_rows(rows)?;
            let is_told = |group: &u32| {
                let row = rows[*group as usize];
                let empty = self.node.input_updates && counts[*group as usize] <= 0;
                !empty && self.sessions.row(row).i64(self.columns.told).unwrap_or_default() == 0
            };
            let groups: Vec<u32> = (0..rows.len() as u32).filter(is_told).collect();
            if !groups.is_empty() {
                let window = |group: &u32| {
                    let session = &sessions[*group as usize];
                    (session.start, session.end)
                };
                let told = Told {
                    keys: &key_columns,
                    key_rows: groups.clone(),
                    windows: groups.iter().map(window).collect(),
                    groups,
                    results: &results,
                };
                cx.emit(told.rows(&self.node, &self.output, cx.processing_time_ms)?);
            }
            if over && self.calls.keeps_values {
                (0..rows.len()).for_each(|group| self.calls.reset(group));
            }
        }
        Ok(())
    }
}

impl Operator for SessionWindowAggregate {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        if !self.node.windowing.by_event_time() {
            self.advance(cx.processing_time_ms, cx)?;
        }
        self.codec.encode(batch.rows(), &mut self.keys)?;
        self.sessions.probe(&self.keys, &mut self.slots)?;
        let course = self.course(&self.times(&batch, cx)?);
        cx.late_rows += course.late;
        if course.counting.is_empty() { Ok(()) } else { self.add(&batch, &course) }
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        if self.node.windowing.by_event_time() {
            self.advance(watermark.0, cx)?;
        }
        Ok(watermark)
    }

    /// By processing time nothing is due at the end (Flink drops such timers).
    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if !self.node.windowing.by_event_time() {
            return Ok(());
        }
        let mut all: Vec<(i64, Key, RowRef)> = Vec::new();
        for (end, keys) in &self.due {
            for Due(key) in keys {
                let slot = self.sessions.find(key);
                let row = self.sessions.scan(&slot).find(|row| self.number(*row, self.columns.end) == *end);
                all.extend(row.map(|row| (*end, key.clone(), row)));
            }
        }
        let rows: Vec<RowRef> = all.iter().map(|(_, _, row)| *row).collect();
        self.tell(&rows, false, cx)?;
        for (_, key, row) in all {
            if self.sessions.row(row).i64(self.columns.told).unwrap_or_default() == 0 {
                let mut slot = self.sessions.find(&key);
                let row = self.sessions.edit(&mut slot, row)?;
                self.sessions.row_mut(row)?.set_i64(self.columns.told, 1)?;
            }
        }
        Ok(())
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.node.windowing.by_event_time() { Ok(()) } else { self.advance(cx.processing_time_ms, cx) }
    }

    fn next_tick(&self) -> Option<i64> {
        if self.node.windowing.by_event_time() {
            return None;
        }
        self.due.first_key_value().map(|(end, _)| self.node.windowing.fires_at(*end))
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let mut tables: Vec<&mut dyn StateTable> = vec![&mut self.sessions, self.progress.table()];
        tables.extend(self.calls.tables());
        tables
    }

    fn restored(&mut self) -> Result<()> {
        let firsts: Vec<RowRef> = self.sessions.keys().collect();
        for first in firsts {
            let key = self.sessions.key(first);
            let slot = self.sessions.find(&key);
            let ends: Vec<i64> =
                self.sessions.scan(&slot).map(|row| self.number(row, self.columns.end)).collect();
            for end in ends {
                self.due.entry(end).or_default().insert(Due(key.clone()));
            }
        }
        Ok(())
    }
}
