//! What happens to a source's batches before the shards: computed columns, watermarks, positions.
//!
//! Watermark   per split the running maximum of the watermark expression; the scan's is the minimum over its splits
//!             that are neither idle nor ended (Flink `WatermarkOutputMultiplexer`). Without per-split generation one
//!             running maximum from 0 (`WatermarkAssignerOperator`).
//! Idleness    a split without a record for `idle_timeout_ms` of monotonic time; all idle: the scan says so.
//! State       per split position, watermark, idle flag; part of the manifest, so a restart never goes back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, DeadLetter, Error, ErrorKind, EvalContext, Message, Origins, Result, SourceBatch, Split,
    SplitStart, Watermark, all_failing, first_failing, timestamps_ms,
};
use streamsql_plan::{Expr, TableSourceScan, WatermarkSpec};

use crate::row_checks::RowChecks;
use crate::source_metrics::SourceMetrics;

/// What is known of one split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitState {
    pub position: i64,
    pub watermark: Watermark,
    pub idle: bool,
    pub ended: bool,
}

/// The state of one scan between its source and the shards.
pub struct Ingest {
    project: Vec<Expr>,
    output: SchemaRef,
    identity: bool,
    watermark: Option<WatermarkSpec>,
    every_row: bool,
    table: String,
    splits: BTreeMap<Split, SplitState>,
    last_record: BTreeMap<Split, Duration>,
    emitted: Watermark,
    said_idle: bool,
    /// What is tried of each row where failing records are put aside.
    checks: Option<RowChecks>,
    dead_letters: Vec<DeadLetter>,
    /// Where it is shown how far records are out of order.
    counters: Option<Arc<SourceMetrics>>,
}

/// Rows ready for the shards, with the watermark that each proposes where the table has one.
type Projected = (ChangeBatch, Option<Vec<Option<i64>>>);

impl Ingest {
    /// `every_row`: see `RunOptions::watermark_every_row`.
    pub fn new(scan: &TableSourceScan, output: SchemaRef, every_row: bool) -> Self {
        let read = scan.read_schema().len();
        let identity = scan.project.len() == read
            && scan.project.iter().enumerate().all(|(i, expr)| expr.column == Some(i));
        Self {
            project: scan.project.clone(),
            output,
            identity,
            watermark: scan.watermark.clone(),
            every_row: every_row || scan.table.option("scan.watermark.emit.strategy") == Some("on-event"),
            table: scan.table.name.clone(),
            splits: BTreeMap::new(),
            last_record: BTreeMap::new(),
            emitted: Watermark::MIN,
            said_idle: false,
            checks: None,
            dead_letters: Vec::new(),
            counters: None,
        }
    }

    /// For sources that have neither computed columns nor a watermark.
    pub fn plain(table: &str, output: SchemaRef) -> Self {
        Self {
            project: Vec::new(),
            output,
            identity: true,
            watermark: None,
            every_row: false,
            table: table.to_owned(),
            splits: BTreeMap::new(),
            last_record: BTreeMap::new(),
            emitted: Watermark::MIN,
            said_idle: false,
            checks: None,
            dead_letters: Vec::new(),
            counters: None,
        }
    }

    /// Puts aside the records for which an expression fails: the table's own, or one of these.
    pub fn put_aside(mut self, checks: RowChecks) -> Self {
        self.checks = Some(checks);
        self
    }

    /// Shows there how far records are out of order.
    pub(crate) fn show(&mut self, counters: &Arc<SourceMetrics>) {
        self.counters = Some(Arc::clone(counters));
    }

    /// Records that were put aside since the last call.
    pub fn take_dead_letters(&mut self) -> Vec<DeadLetter> {
        std::mem::take(&mut self.dead_letters)
    }

    /// Takes over what a manifest knows of a split. Splits that the source no longer reports stay, without data.
    pub fn restore_split(&mut self, split: Split, state: SplitState) {
        self.splits.insert(split, state);
    }

    /// Registers a split that the source reads from `start`; a restored one keeps its watermark.
    pub fn add_split(&mut self, start: SplitStart, now: Duration) {
        let state = self.splits.entry(start.split.clone()).or_insert(SplitState {
            position: start.position,
            watermark: Watermark::MIN,
            idle: false,
            ended: false,
        });
        state.position = start.position;
        self.last_record.insert(start.split, now);
    }

    pub fn splits(&self) -> &BTreeMap<Split, SplitState> {
        &self.splits
    }

    /// Positions to seek to when the source is opened.
    pub fn positions(&self) -> BTreeMap<Split, i64> {
        self.splits.iter().map(|(split, state)| (split.clone(), state.position)).collect()
    }

    pub fn watermark(&self) -> Watermark {
        self.emitted
    }

    /// Whether the table has a watermark, and whether one follows each row that moves it.
    pub fn has_watermark(&self) -> bool {
        self.watermark.is_some()
    }

    pub fn is_every_row(&self) -> bool {
        self.every_row
    }

    /// Whether it was said that no split speaks.
    pub fn is_idle(&self) -> bool {
        self.said_idle
    }

    /// Takes over the watermark that was told before a restart.
    pub fn restore_watermark(&mut self, told: Watermark) {
        self.emitted = told;
    }

    /// The first messages after a restart: where event time stood. It never goes back, also where an idle split is
    /// behind what was told.
    pub fn resume(&mut self) -> Vec<Message> {
        self.emitted = self.emitted.max(self.combined());
        if self.emitted == Watermark::MIN { Vec::new() } else { vec![Message::Watermark(self.emitted)] }
    }

    /// Turns a source's batch into messages; `now` is monotonic, `now_ms` since 1970. The watermark that a row causes
    /// follows it.
    pub fn on_batch(&mut self, source: SourceBatch, now: Duration, now_ms: i64) -> Result<Vec<Message>> {
        let SourceBatch { split, batch, next_position, origins, .. } = source;
        let mut out = Vec::with_capacity(2);
        let cx = EvalContext { processing_time_ms: now_ms, watermark: self.emitted };
        let (rows, marks) = match self.projected(&batch, &cx) {
            Ok(projected) => projected,
            Err(error) => {
                let known = origins.filter(|origins| origins.positions.len() == batch.num_rows());
                let Some(origins) = known.filter(|_| error.kind == ErrorKind::Failed) else {
                    return Err(error);
                };
                self.without_failing(&split, &batch, &origins, &cx, error)?
            }
        };
        let state = self.splits.get_mut(&split).ok_or_else(|| {
            Error::internal(format!("a batch of {split}, which was never announced, in table {}", self.table))
        })?;
        state.position = next_position;
        if rows.is_empty() {
            // Records that give no row do not wake an idle split.
            return Ok(out);
        }
        state.idle = false;
        self.last_record.insert(split.clone(), now);
        // Also where the split was never idle itself: one that appeared while all others were.
        if std::mem::take(&mut self.said_idle) {
            out.push(Message::Idle(false));
        }
        let Some(marks) = marks else {
            out.push(Message::Batch(rows));
            return Ok(out);
        };
        self.show_disorder(&split, &rows, &marks);
        if self.every_row {
            self.emit_row_by_row(&split, &rows, &marks, &mut out);
        } else {
            let highest = marks.iter().flatten().max().copied();
            out.push(Message::Batch(rows));
            if let Some(highest) = highest {
                self.raise(&split, highest);
            }
            self.advance(&mut out);
        }
        Ok(out)
    }

    /// A bounded split was read to its end; it no longer holds back the watermark.
    pub fn on_split_end(&mut self, split: &Split) -> Vec<Message> {
        if let Some(state) = self.splits.get_mut(split) {
            state.ended = true;
        }
        let mut out = Vec::new();
        // The last split's end is the scan's end, which the driver announces with Watermark::MAX.
        if self.splits.values().any(|state| !state.ended) {
            self.advance(&mut out);
        }
        out
    }

    /// Marks splits idle that were silent for the table's timeout.
    pub fn on_tick(&mut self, now: Duration) -> Vec<Message> {
        let mut out = Vec::new();
        let Some(timeout_ms) = self.watermark.as_ref().map(|w| w.idle_timeout_ms).filter(|ms| *ms > 0) else {
            return out;
        };
        let timeout = Duration::from_millis(timeout_ms);
        let mut silent: Vec<(Duration, Split)> = self
            .splits
            .iter()
            .filter(|(_, state)| !state.ended && !state.idle)
            .map(|(split, _)| (self.last_record.get(split).copied().unwrap_or_default(), split.clone()))
            .filter(|(last, _)| now.saturating_sub(*last) >= timeout)
            .collect();
        // One by one, as each would have been found idle on its own.
        silent.sort();
        for (_, split) in silent {
            if let Some(state) = self.splits.get_mut(&split) {
                state.idle = true;
            }
            self.advance(&mut out);
        }
        let all_idle = !self.splits.is_empty() && self.splits.values().all(|s| s.idle || s.ended);
        if all_idle && !self.said_idle {
            self.said_idle = true;
            out.push(Message::Idle(true));
        }
        out
    }

    fn projected(&self, batch: &ChangeBatch, cx: &EvalContext) -> Result<Projected> {
        let rows = self.project(batch, cx)?;
        let marks = match &self.watermark {
            Some(spec) if !rows.is_empty() => Some(self.row_watermarks(spec, rows.rows(), cx)?),
            Some(_) => Some(Vec::new()),
            None => None,
        };
        if let Some(checks) = &self.checks {
            checks.run(&rows, cx)?;
        }
        Ok((rows, marks))
    }

    /// The rows of the records for which nothing fails; the others become dead letters. Where the table does not say so
    /// the first of them ends the job.
    fn without_failing(
        &mut self,
        split: &Split,
        batch: &ChangeBatch,
        origins: &Origins,
        cx: &EvalContext,
        error: Error,
    ) -> Result<Projected> {
        let rows = batch.num_rows();
        let check = |from, length| self.projected(&batch.slice(from, length), cx).map(|_| ());
        if self.checks.is_none() || origins.records.len() != rows {
            let Some((row, error)) = first_failing(rows, check) else { return Err(error) };
            return Err(match origins.place(split, row) {
                Some(record) => error.of_record(&format!("record {record}")),
                None => error,
            });
        }
        let mut letters = Vec::new();
        let mut gone = BTreeSet::new();
        for (row, error) in all_failing(rows, check) {
            if gone.insert(origins.positions[row]) {
                let place = error.place.map_or(String::new(), |place| format!(" (at {place})"));
                letters.extend(origins.dead_letter(split, row, format!("{}{place}", error.message)));
            }
        }
        let keep = origins.positions.iter().map(|position| Some(!gone.contains(position)));
        let rest = batch.filter(&keep.collect())?;
        self.dead_letters.append(&mut letters);
        self.projected(&rest, cx)
    }

    fn project(&self, batch: &ChangeBatch, cx: &EvalContext) -> Result<ChangeBatch> {
        if self.identity {
            return batch.with_rows(rename(batch.rows(), &self.output)?);
        }
        let columns =
            self.project.iter().map(|e| e.evaluate(batch.rows(), cx)).collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        batch.with_rows(RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?)
    }

    /// The watermark that each row proposes, in ms; none where it is NULL.
    fn row_watermarks(
        &self,
        spec: &WatermarkSpec,
        rows: &RecordBatch,
        cx: &EvalContext,
    ) -> Result<Vec<Option<i64>>> {
        let rowtime = rows.column(spec.rowtime);
        if !spec.per_split && rowtime.null_count() > 0 {
            return Err(Error::failed(format!(
                "RowTime field should not be null, please convert it to a non-null long value (table {}, column {})",
                self.table,
                rows.schema().field(spec.rowtime).name()
            ))
            .hint("filter such rows out before, or give the column a default with a computed column"));
        }
        Ok(timestamps_ms(&spec.expr.evaluate(rows, cx)?)?.collect())
    }

    /// Lets those who look see how far these rows are out of order.
    fn show_disorder(&self, split: &Split, rows: &ChangeBatch, marks: &[Option<i64>]) {
        let (Some(counters), Some(spec)) = (&self.counters, &self.watermark) else { return };
        let before = self.splits.get(split).map_or(i64::MIN, |state| state.watermark.0);
        let first = rows.rows().column(spec.rowtime).slice(0, 1);
        let time = timestamps_ms(&first).ok().and_then(|mut times| times.next().flatten());
        let delay = time.zip(marks.first().copied().flatten()).map(|(time, mark)| time.saturating_sub(mark));
        counters.disorder.sample(marks, before, delay);
    }

    fn emit_row_by_row(
        &mut self,
        split: &Split,
        rows: &ChangeBatch,
        marks: &[Option<i64>],
        out: &mut Vec<Message>,
    ) {
        let mut start = 0;
        for (row, mark) in marks.iter().enumerate() {
            let Some(mark) = mark else { continue };
            self.raise(split, *mark);
            if self.combined() > self.emitted {
                out.push(Message::Batch(rows.slice(start, row + 1 - start)));
                start = row + 1;
                self.advance(out);
            }
        }
        if start < rows.num_rows() {
            out.push(Message::Batch(rows.slice(start, rows.num_rows() - start)));
        }
    }

    fn raise(&mut self, split: &Split, mark_ms: i64) {
        let per_split = self.watermark.as_ref().is_some_and(|w| w.per_split);
        if per_split {
            if let Some(state) = self.splits.get_mut(split) {
                state.watermark = state.watermark.max(Watermark(mark_ms));
            }
        } else if mark_ms > 0 {
            // One generator behind the whole source, whose maximum starts at 0.
            for state in self.splits.values_mut() {
                state.watermark = state.watermark.max(Watermark(mark_ms));
            }
        }
    }

    fn combined(&self) -> Watermark {
        // While nothing is active event time stands still (Flink `IndexedCombinedWatermarkStatus`).
        let active = self.splits.values().filter(|s| !s.ended && !s.idle).map(|s| s.watermark).min();
        active.unwrap_or(self.emitted)
    }

    fn advance(&mut self, out: &mut Vec<Message>) {
        let combined = self.combined();
        if combined > self.emitted {
            self.emitted = combined;
            out.push(Message::Watermark(combined));
        }
    }
}

/// The same columns under the names and metadata of `schema`.
fn rename(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), rows.columns().to_vec(), &options)?)
}
