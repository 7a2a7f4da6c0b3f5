//! Deduplicate: the first or last row of each key, by rowtime or by arrival.
//!
//! Input       port 0, append-only
//! Output      processing time, first: `+I` once a key; else `+I`, then `-U`/`+U` pairs
//! State       `rows`: key -> row, for ever or for `table.exec.state.ttl` of processing time since the last write
//! Watermark   passes
//! Late rows   processed like any other (Flink does not look at the watermark here)
//! Cost        one hash lookup a key and batch; columns are copied only for rows that are kept and that go out
//! Errors      none
//! Source      Flink `RowTimeDeduplicateFunction`, `ProcTimeDeduplicateKeepFirstRowFunction`,
//!             `ProcTimeDeduplicateKeepLastRowFunction`, `DeduplicateFunctionHelper`; NULL rowtime counts as 0
//! Tests       crates/tests/goldens/operators/Deduplicate.*.script, crates/tests/corpus

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, RowKind, Schema, StateTable,
    timestamps_ms,
};
use streamsql_plan::{Deduplicate as DeduplicateNode, Keep, TimeDomain};
use streamsql_state::tables::{KeyBatch, KeyCodec, OneTable, Parts, RowRef, Slot};

pub struct Deduplicate {
    spec: OperatorSpec,
    node: DeduplicateNode,
    /// The columns may have other names behind the operator than before it.
    output: SchemaRef,
    codec: KeyCodec,
    keys: KeyBatch,
    rows: OneTable,
    /// Columns of the input outside of the key.
    value: Vec<usize>,
    values: Parts,
    slots: Vec<Slot>,
}

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

/// Rows on their way out.
#[derive(Default)]
struct Output {
    rows: Vec<RowRef>,
    kinds: Vec<RowKind>,
}

impl Deduplicate {
    pub fn new(
        spec: OperatorSpec,
        node: &DeduplicateNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let layout = node.layout(input);
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            codec: KeyCodec::new(&input.to_arrow(), &node.keys)?,
            keys: KeyBatch::default(),
            rows: OneTable::new("rows", 0, &layout, range)?,
            value: layout.value(),
            values: Parts::default(),
            slots: Vec::new(),
            node: node.clone(),
        })
    }

    /// Whether a row with `time` takes the place of one with `stored`.
    fn replaces(&self, time: i64, stored: i64) -> bool {
        match self.node.keep {
            Keep::First => time < stored,
            Keep::Last => time >= stored,
        }
    }

    /// Rowtime of a kept row, ms.
    fn time_of(&self, row: RowRef) -> Result<i64> {
        let column = self.rows.gather(&[row], &[self.node.rowtime])?;
        Ok(timestamps_ms(&column[0])?.next().flatten().unwrap_or(0))
    }

    fn flush(&self, output: &mut Output, cx: &mut Context<'_>) -> Result<()> {
        if output.rows.is_empty() {
            return Ok(());
        }
        let columns: Vec<usize> = (0..self.output.fields().len()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(output.rows.len()));
        let columns = self.rows.gather(&output.rows, &columns)?;
        let batch = RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?;
        output.rows.clear();
        cx.emit(ChangeBatch::new(batch, std::mem::take(&mut output.kinds))?);
        Ok(())
    }
}

impl Operator for Deduplicate {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let batch = batch.rows();
        let by_rowtime = self.node.domain == TimeDomain::EventTime;
        let times: Vec<i64> = if by_rowtime {
            timestamps_ms(batch.column(self.node.rowtime))?.map(|time| time.unwrap_or(0)).collect()
        } else {
            Vec::new()
        };
        self.rows.set_now(cx.processing_time_ms);
        self.codec.encode(batch, &mut self.keys)?;
        let columns: Vec<ArrayRef> = self.value.iter().map(|column| batch.column(*column).clone()).collect();
        self.rows.encode(&columns, batch.num_rows(), &mut self.values)?;
        self.rows.probe(&self.keys, &mut self.slots)?;
        // Rowtimes of the kept rows, read once a key.
        let mut kept: Vec<Option<i64>> = vec![None; self.keys.len()];
        let mut output = Output::default();
        for row in 0..batch.num_rows() {
            let id = self.keys.id(row);
            let old = self.rows.get(&self.slots[id]);
            let wins = match old {
                None => true,
                Some(old) if by_rowtime => {
                    let stored = match kept[id] {
                        Some(time) => time,
                        None => self.time_of(old)?,
                    };
                    kept[id] = Some(stored);
                    self.replaces(times[row], stored)
                }
                Some(_) if self.node.keep == Keep::First => false,
                // An identical row changes nothing, unless it must renew the time-to-live.
                Some(old) => self.node.ttl_ms > 0 || !self.rows.has_values(old, &self.values, row),
            };
            if !wins {
                continue;
            }
            self.rows.put(&self.keys, id, &mut self.slots[id], &self.values, row)?;
            kept[id] = times.get(row).copied();
            let new = self.rows.get(&self.slots[id]).unwrap_or(RowRef::NULLS);
            match old {
                None => {
                    output.rows.push(new);
                    output.kinds.push(RowKind::Insert);
                }
                Some(old) => {
                    if self.node.emit_update_before {
                        output.rows.push(old);
                        output.kinds.push(RowKind::UpdateBefore);
                    }
                    output.rows.push(new);
                    output.kinds.push(RowKind::UpdateAfter);
                }
            }
            if output.rows.len() >= OUTPUT_ROWS {
                self.flush(&mut output, cx)?;
            }
        }
        self.flush(&mut output, cx)
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        vec![&mut self.rows]
    }
}
