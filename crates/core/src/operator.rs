//! What an operator is to the driver.

use arrow::array::RecordBatch;

use crate::{ChangeBatch, ChangelogMode, Epoch, Lookup, LookupRows, Result, Schema, StateTable, Watermark};

/// An input of an operator, counted from 0 (left) in the order of the plan's inputs.
pub type Port = usize;

/// What the driver and EXPLAIN must know about an operator.
#[derive(Clone, Debug)]
pub struct OperatorSpec {
    /// Flink's operator name, as in EXPLAIN and in metrics.
    pub name: &'static str,
    pub ports: usize,
    pub output: Schema,
    pub changelog: ChangelogMode,
    /// Names of the state tables, in the order of `StateDelta::table`.
    pub state_tables: Vec<&'static str>,
}

/// What one state table wrote since the last barrier: the bytes of a `streamsql_state` delta segment.
#[derive(Clone, Debug)]
pub struct StateDelta {
    /// Index into `OperatorSpec::state_tables`.
    pub table: usize,
    pub segment: Vec<u8>,
}

/// What an operator may use while it is called: where output and state go, and the time of the batch.
///
/// The driver makes one a call and takes the fields out afterwards.
#[derive(Default)]
pub struct Context<'a> {
    /// Processing time of this batch, ms since 1970; the only clock an operator sees.
    pub processing_time_ms: i64,
    /// Output batches, in order.
    pub output: Vec<ChangeBatch>,
    /// Rows dropped because they came after the watermark (metric `late_rows_total`).
    pub late_rows: u64,
    /// Filled in `on_barrier`.
    pub state: Vec<StateDelta>,
    /// The dimension table of a LookupJoin.
    pub lookup: Option<&'a mut dyn Lookup>,
}

impl Context<'_> {
    /// Sends a batch downstream; empty ones are not sent.
    pub fn emit(&mut self, batch: ChangeBatch) {
        if !batch.is_empty() {
            self.output.push(batch);
        }
    }

    /// Asks the dimension table for the rows of `keys` (distinct, without NULLs).
    pub fn lookup(&mut self, keys: &RecordBatch) -> Result<LookupRows> {
        match &mut self.lookup {
            Some(lookup) => lookup.lookup(keys, self.processing_time_ms),
            None => Err(crate::Error::internal("operator asked for a lookup but its node has none")),
        }
    }
}

/// A streaming operator: pure and synchronous callbacks, driven by the runtime.
///
/// # Contract
/// 1. The driver aligns inputs: `on_watermark` gets the minimum over all ports, strictly rising; `on_barrier` comes
///    when every port has delivered it.
/// 2. Same calls in, same output out: no clock, IO, thread, randomness, and no output in hash order.
/// 3. Output batches have the schema of `spec().output` and only kinds of `spec().changelog`.
/// 4. `on_watermark` returns what downstream may be promised: never above its input, never falling.
/// 5. `on_barrier` writes to `cx.state` exactly what changed since the last barrier; it emits no rows.
/// 6. `restore` is called before anything else, base first and then deltas in epoch order; after it the operator
///    behaves as the one that wrote them. Key groups outside its range are skipped.
/// 7. The end of the input is `on_watermark(Watermark::MAX)`.
pub trait Operator: Send {
    fn spec(&self) -> &OperatorSpec;

    fn on_batch(&mut self, port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()>;

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        let _ = cx;
        Ok(watermark)
    }

    fn on_barrier(&mut self, epoch: Epoch, cx: &mut Context<'_>) -> Result<()> {
        let _ = (epoch, cx);
        Ok(())
    }

    /// Reads one segment of the state table with this index.
    fn restore(&mut self, table: usize, segment: &[u8]) -> Result<()> {
        let _ = segment;
        Err(crate::Error::internal(format!("operator {} has no state table {table}", self.spec().name)))
    }

    /// The state tables that the operator keeps, in the order of the plan; the runtime persists and restores them.
    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        Vec::new()
    }

    /// Bytes held in state.
    fn state_bytes(&self) -> usize {
        0
    }
}
