//! WindowTableFunction with sessions: every row with its session, when nothing came for as long as the gap.
//!
//! Input       port 0, any changes; a change that takes a row back stands in a session like any other
//! Output      the changes that came, of each session in the order of their arrival: the row's columns with start, end
//!             and time of the session
//! State       `rows`: partition -> rows by time, until their session is complete
//! Watermark   in `w`: the sessions that are complete at `w`, in the order of their ends; out: `w`
//! End         all sessions are told and stay, marked so: the next run tells those that get another row
//! Ticks       processing time only: at the end of the next session
//! Late rows   dropped and counted when they touch no open session and would be a complete one alone; a row without a
//!             time is in no session
//! Cost        O(log rows of the partition) a row; at most 8,192 rows a batch
//! Errors      none
//! Source      Flink `UnalignedWindowTableFunctionOperator`, `MergingWindowProcessFunction`: rows exactly the gap apart are
//!             in one session
//! Tests       crates/tests/goldens/operators/WindowTableFunction.session.script, crates/tests/corpus/session-tvf

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampMillisecondArray, new_null_array};
use arrow::datatypes::{DataType, SchemaRef};
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, RowKind, Schema, StateTable,
    Watermark, timestamps_ms,
};
use streamsql_plan::{WindowProperty, WindowTableFunction as WindowTableFunctionNode};
use streamsql_state::tables::{Key, KeyBatch, KeyCodec, OrderedTable, Parts, RowRef, Slot};

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

/// By the numbers that they have in the table.
const KINDS: [RowKind; 4] = [RowKind::Insert, RowKind::UpdateBefore, RowKind::UpdateAfter, RowKind::Delete];

pub struct SessionTableFunction {
    spec: OperatorSpec,
    node: WindowTableFunctionNode,
    output: SchemaRef,
    /// Columns of the input.
    width: usize,
    gap: i64,
    codec: KeyCodec,
    keys: KeyBatch,
    rows: OrderedTable,
    /// Columns of the table outside of the key.
    value: Vec<usize>,
    values: Parts,
    slots: Vec<Slot>,
    /// Partitions by a time at which one of their sessions may be complete: of each session there is one that is not
    /// above its end.
    due: BTreeMap<(i64, u64, u128), Key>,
    /// The watermark, or processing time.
    time: i64,
}

/// Rows of a session, in their order.
struct Session {
    rows: Vec<RowRef>,
    start: i64,
    end: i64,
}

/// Rows on their way out, each with its session.
#[derive(Default)]
struct Output {
    rows: Vec<RowRef>,
    sessions: Vec<(i64, i64)>,
}

impl SessionTableFunction {
    pub fn new(
        spec: OperatorSpec,
        node: &WindowTableFunctionNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let layout = node.rows_layout(input);
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            width: input.len(),
            gap: node.windowing.spec.size(),
            codec: KeyCodec::new(&input.to_arrow(), &node.partition)?,
            keys: KeyBatch::default(),
            rows: OrderedTable::new("rows", 0, &layout, range)?,
            value: layout.value(),
            values: Parts::default(),
            slots: Vec::new(),
            due: BTreeMap::new(),
            time: i64::MIN,
            node: node.clone(),
        })
    }

    /// Wall times of the rows.
    fn times(&self, batch: &ChangeBatch, cx: &Context<'_>) -> Result<Vec<Option<i64>>> {
        let windowing = &self.node.windowing;
        if !windowing.by_event_time() {
            return Ok(vec![Some(windowing.wall_ms(cx.processing_time_ms)); batch.num_rows()]);
        }
        let times = timestamps_ms(batch.rows().column(self.node.time))?;
        Ok(times.map(|time| time.map(|time| windowing.wall_ms(time))).collect())
    }

    fn time_of(&self, row: RowRef) -> i64 {
        self.rows.row(row).i64(self.width).unwrap_or_default()
    }

    /// Takes a row in; false where it is late.
    fn take(&mut self, id: usize, row: usize, time: i64) -> Result<bool> {
        let slot = &self.slots[id];
        let before = self.rows.backwards(slot, time)?.next().map(|row| self.time_of(row));
        let behind = self.rows.range(slot, time, i64::MAX)?.next().map(|row| self.time_of(row));
        let end = time.saturating_add(self.gap);
        let joins = before.is_some_and(|before| before.saturating_add(self.gap) >= time)
            || behind.is_some_and(|behind| behind <= end);
        if !joins {
            let windowing = &self.node.windowing;
            if windowing.by_event_time() && windowing.fires_at(end) <= self.time {
                return Ok(false);
            }
            let key = self.keys.to_key(id);
            self.due.insert((end, key.hash(), key.identity()), key);
        }
        self.rows.insert(&self.keys, id, &mut self.slots[id], &self.values, row)?;
        Ok(true)
    }

    /// The sessions of a partition, of those rows that are at `from` or behind it.
    fn sessions(&self, slot: &Slot, from: i64) -> Result<Vec<Session>> {
        let mut sessions: Vec<Session> = Vec::new();
        for row in self.rows.range(slot, from, i64::MAX)? {
            let time = self.time_of(row);
            let end = time.saturating_add(self.gap);
            match sessions.last_mut().filter(|session| time <= session.end) {
                Some(session) => {
                    session.rows.push(row);
                    session.end = end;
                }
                None => sessions.push(Session { rows: vec![row], start: time, end }),
            }
        }
        Ok(sessions)
    }

    /// End of the session of the rows at a time; none where there are none.
    fn end_of(&self, slot: &Slot, time: i64) -> Result<Option<i64>> {
        let mut end = None;
        for row in self.rows.range(slot, time, i64::MAX)? {
            let time_of_row = self.time_of(row);
            if time_of_row > end.unwrap_or(time) {
                break;
            }
            end = Some(time_of_row.saturating_add(self.gap));
        }
        Ok(end)
    }

    /// The session that ends at a time.
    fn ending_at(&self, slot: &Slot, end: i64) -> Result<Session> {
        let (mut rows, mut start) = (Vec::new(), end.saturating_sub(self.gap));
        for row in self.rows.backwards(slot, start)? {
            let time = self.time_of(row);
            if time.saturating_add(self.gap) < start {
                break;
            }
            start = time;
            rows.push(row);
        }
        Ok(Session { rows, start, end })
    }

    /// Time goes forward: tells the sessions that are complete, and forgets them.
    fn advance(&mut self, to: i64, cx: &mut Context<'_>) -> Result<()> {
        if to <= self.time {
            return Ok(());
        }
        self.rows.begin()?;
        let mut out = Output::default();
        while let Some((at, key)) = self.due.pop_first() {
            if self.node.windowing.fires_at(at.0) > to {
                self.due.insert(at, key);
                break;
            }
            let mut slot = self.rows.find(&key);
            let Some(end) = self.end_of(&slot, at.0.saturating_sub(self.gap))? else { continue };
            if end > at.0 {
                // Rows that came since have lengthened it.
                self.due.insert((end, at.1, at.2), key);
                continue;
            }
            let session = self.ending_at(&slot, end)?;
            for row in &session.rows {
                self.rows.remove(&mut slot, *row);
            }
            if self.is_untold(&session) {
                self.push(session, &mut out, cx)?;
            }
        }
        self.time = to;
        self.send(&mut out, cx)
    }

    fn is_untold(&self, session: &Session) -> bool {
        session.rows.iter().any(|row| self.rows.row(*row).is_null(self.width + 2))
    }

    fn push(&self, mut session: Session, out: &mut Output, cx: &mut Context<'_>) -> Result<()> {
        session.rows.sort_by_key(|row| self.rows.arrival(*row));
        for row in session.rows {
            out.rows.push(row);
            out.sessions.push((session.start, session.end));
            if out.rows.len() >= OUTPUT_ROWS {
                self.send(out, cx)?;
            }
        }
        Ok(())
    }

    fn send(&self, out: &mut Output, cx: &mut Context<'_>) -> Result<()> {
        if out.rows.is_empty() {
            return Ok(());
        }
        let columns: Vec<usize> = (0..self.width).collect();
        let mut columns = self.rows.gather(&out.rows, &columns)?;
        for property in &self.node.properties {
            let value = |(start, end): &(i64, i64)| match property {
                WindowProperty::Start => *start,
                WindowProperty::End => *end,
                WindowProperty::Rowtime => self.node.windowing.time_of(*end),
                WindowProperty::Proctime => cx.processing_time_ms,
            };
            let times = TimestampMillisecondArray::from_iter_values(out.sessions.iter().map(value));
            let data_type = self.output.field(columns.len()).data_type().clone();
            columns.push(Arc::new(times.with_data_type(data_type)));
        }
        let kind = |row: &RowRef| {
            let number = self.rows.row(*row).i64(self.width + 1).unwrap_or_default();
            KINDS[usize::try_from(number).unwrap_or_default().min(KINDS.len() - 1)]
        };
        let kinds: Vec<RowKind> = out.rows.iter().map(kind).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.output), columns)?;
        *out = Output::default();
        cx.emit(if kinds.iter().all(|kind| *kind == RowKind::Insert) {
            ChangeBatch::inserts(batch)
        } else {
            ChangeBatch::new(batch, kinds)?
        });
        Ok(())
    }
}

impl Operator for SessionTableFunction {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        if !self.node.windowing.by_event_time() {
            self.advance(cx.processing_time_ms, cx)?;
        }
        let count = batch.num_rows();
        let times = self.times(&batch, cx)?;
        let number = |row: usize| KINDS.iter().position(|kind| *kind == batch.kind(row)).unwrap_or_default();
        let behind: [ArrayRef; 3] = [
            Arc::new(Int64Array::from_iter_values(times.iter().map(|time| time.unwrap_or_default()))),
            Arc::new(Int64Array::from_iter_values((0..count).map(|row| number(row) as i64))),
            new_null_array(&DataType::Int64, count),
        ];
        let column = |column: &usize| match column.checked_sub(self.width) {
            None => Arc::clone(batch.rows().column(*column)),
            Some(behind_input) => Arc::clone(&behind[behind_input]),
        };
        let columns: Vec<ArrayRef> = self.value.iter().map(column).collect();
        self.codec.encode(batch.rows(), &mut self.keys)?;
        self.rows.encode(&columns, count, &mut self.values)?;
        self.rows.probe(&self.keys, &mut self.slots)?;
        for (row, time) in times.into_iter().enumerate() {
            let Some(time) = time else { continue };
            if !self.take(self.keys.id(row), row, time)? {
                cx.late_rows += 1;
            }
        }
        Ok(())
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
        self.rows.begin()?;
        let partitions: BTreeMap<(u64, u128), Key> =
            self.due.iter().map(|((_, hash, identity), key)| ((*hash, *identity), key.clone())).collect();
        let mut all = Vec::new();
        for (place, key) in partitions {
            let mut slot = self.rows.find(&key);
            for mut session in self.sessions(&slot, i64::MIN)? {
                if !self.is_untold(&session) {
                    continue;
                }
                for row in &mut session.rows {
                    *row = self.rows.edit(&mut slot, *row)?;
                    self.rows.row_mut(*row)?.set_i64(self.width + 2, 1)?;
                }
                all.push((session.end, place, session));
            }
        }
        all.sort_by_key(|(end, place, _)| (*end, *place));
        let mut out = Output::default();
        for (_, _, session) in all {
            self.push(session, &mut out, cx)?;
        }
        self.send(&mut out, cx)
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.node.windowing.by_event_time() { Ok(()) } else { self.advance(cx.processing_time_ms, cx) }
    }

    fn next_tick(&self) -> Option<i64> {
        if self.node.windowing.by_event_time() {
            return None;
        }
        self.due.first_key_value().map(|((end, _, _), _)| self.node.windowing.fires_at(*end))
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        vec![&mut self.rows]
    }

    fn restored(&mut self) -> Result<()> {
        let firsts: Vec<RowRef> = self.rows.keys().collect();
        for first in firsts {
            let key = self.rows.key(first);
            let slot = self.rows.find(&key);
            for session in self.sessions(&slot, i64::MIN)? {
                self.due.insert((session.end, key.hash(), key.identity()), key.clone());
            }
        }
        Ok(())
    }
}
