//! Deduplicate: the first or last row of each key, by rowtime or by arrival.
//!
//! Input       port 0, append-only
//! Output      processing time, first: `+I` once a key; else `+I`, then `-U`/`+U` pairs
//! State       `rows`: key -> row, for ever or for `table.exec.state.ttl` of processing time since the last write
//! Watermark   passes
//! Late rows   processed like any other (Flink does not look at the watermark here)
//! Cost        one hash lookup a row; columns are copied only for rows that go out
//! Errors      none
//! Source      Flink `RowTimeDeduplicateFunction`, `ProcTimeDeduplicateKeepFirstRowFunction`,
//!             `ProcTimeDeduplicateKeepLastRowFunction`, `DeduplicateFunctionHelper`; NULL rowtime counts as 0
//! Tests       crates/tests/goldens/operators/Deduplicate.*.script, crates/tests/corpus

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};
use streamsql_core::{
    ChangeBatch, Context, Epoch, KeyGroupRange, Operator, OperatorSpec, Port, Result, RowKind, Schema,
    StateDelta, Watermark, timestamps_ms,
};
use streamsql_plan::{Deduplicate as DeduplicateNode, Keep, TimeDomain};
use streamsql_state::containers::{KeyedRows, RowRef, RowStore};

pub struct Deduplicate {
    spec: OperatorSpec,
    output: SchemaRef,
    node: DeduplicateNode,
    state: KeyedRows,
    /// Encodes whole rows, to tell an equal row (processing time, last).
    whole: RowConverter,
    now_ms: i64,
}

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

impl Deduplicate {
    pub fn new(
        spec: OperatorSpec,
        node: &DeduplicateNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let schema = input.to_arrow();
        let fields = schema.fields().iter().map(|f| SortField::new(f.data_type().clone())).collect();
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            node: node.clone(),
            whole: RowConverter::new(fields)?,
            state: KeyedRows::new(schema, &node.keys, range)?,
            now_ms: 0,
        })
    }

    /// Whether a row with `time` takes the place of one with `stored`.
    fn replaces(&self, time: i64, stored: i64) -> bool {
        match self.node.keep {
            Keep::First => time < stored,
            Keep::Last => time >= stored,
        }
    }

    fn flush(
        &mut self,
        rows: &mut Vec<RowRef>,
        kinds: &mut Vec<RowKind>,
        cx: &mut Context<'_>,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let batch = self.state.rows().gather(rows)?;
        rows.clear();
        // The columns may have other names behind the operator than before it.
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch =
            RecordBatch::try_new_with_options(self.output.clone(), batch.columns().to_vec(), &options)?;
        cx.emit(ChangeBatch::new(batch, std::mem::take(kinds))?);
        Ok(())
    }

    fn is_equal(&mut self, one: RowRef, other: RowRef) -> Result<bool> {
        let batch = self.state.rows().gather(&[one, other])?;
        let rows = self.whole.convert_columns(batch.columns())?;
        Ok(rows.row(0) == rows.row(1))
    }
}

impl Operator for Deduplicate {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        self.now_ms = self.now_ms.max(cx.processing_time_ms);
        let by_rowtime = self.node.domain == TimeDomain::EventTime;
        let times = if by_rowtime {
            timestamps_ms(batch.rows().column(self.node.rowtime))?.map(|time| time.unwrap_or(0)).collect()
        } else {
            vec![0; batch.num_rows()]
        };
        let (keys, stored_batch) = self.state.take_in(batch.rows())?;
        let (mut rows, mut kinds, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
        for (row, time) in times.into_iter().enumerate() {
            let new = RowStore::row(stored_batch, row);
            let old = self.state.get(&keys, row, self.now_ms, self.node.ttl_ms);
            let wins = match old {
                None => true,
                Some((_, stored)) if by_rowtime => self.replaces(time, stored),
                Some(_) if self.node.keep == Keep::First => false,
                // An identical row changes nothing, unless it must renew the time-to-live.
                Some((old, _)) => self.node.ttl_ms > 0 || !self.is_equal(old, new)?,
            };
            if !wins {
                replaced.push(new);
                continue;
            }
            replaced.extend(self.state.put(&keys, row, new, time, self.now_ms));
            match old {
                None => {
                    rows.push(new);
                    kinds.push(RowKind::Insert);
                }
                Some((old, _)) => {
                    if self.node.emit_update_before {
                        rows.push(old);
                        kinds.push(RowKind::UpdateBefore);
                    }
                    rows.push(new);
                    kinds.push(RowKind::UpdateAfter);
                }
            }
            if rows.len() >= OUTPUT_ROWS {
                self.flush(&mut rows, &mut kinds, cx)?;
            }
        }
        self.flush(&mut rows, &mut kinds, cx)?;
        // Released only now: rows on their way out may be among them.
        for row in replaced {
            self.state.rows().release(row);
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        self.now_ms = self.now_ms.max(cx.processing_time_ms);
        Ok(watermark)
    }

    fn on_barrier(&mut self, _epoch: Epoch, cx: &mut Context<'_>) -> Result<()> {
        if self.node.ttl_ms > 0 {
            self.state.expire(self.now_ms, self.node.ttl_ms);
        }
        let segment = self.state.delta()?;
        if !segment.is_empty() {
            cx.state.push(StateDelta { table: 0, segment });
        }
        Ok(())
    }

    fn restore(&mut self, _table: usize, segment: &[u8]) -> Result<()> {
        self.state.restore(segment)
    }

    fn state_bytes(&self) -> usize {
        self.state.bytes()
    }
}
