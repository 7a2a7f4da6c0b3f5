//! What an operator is to the driver.

use arrow::array::RecordBatch;

use crate::{
    ChangeBatch, ChangelogMode, EvalContext, Lookup, LookupKeys, LookupRows, Result, Schema, StateTable,
    Watermark,
};

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
}

/// What an operator may use while it is called: where output goes, and the time of the batch.
///
/// The driver makes one a call and takes the fields out afterwards.
pub struct Context<'a> {
    /// Processing time of this batch, ms since 1970; the only clock an operator sees.
    pub processing_time_ms: i64,
    /// What `CURRENT_WATERMARK` is: the watermark that the operator was last told, `Watermark::MIN` before the first.
    pub watermark: Watermark,
    /// Takes each output batch on its way downstream while the call goes on, so that a large output is never held as a
    /// whole; none where `output` gathers it.
    pub downstream: Option<&'a mut dyn FnMut(ChangeBatch) -> Result<()>>,
    /// Output batches, in order, where nothing takes them at once.
    pub output: Vec<ChangeBatch>,
    /// What failed downstream; the call that sent the rows fails with it.
    pub failed: Option<crate::Error>,
    /// Rows dropped because they came after the watermark (metric `late_rows_total`).
    pub late_rows: u64,
    /// The dimension table of a LookupJoin.
    pub lookup: Option<&'a mut dyn Lookup>,
    /// What `lookup_keys` said of the batch, where the table was asked before it came.
    pub asked: Option<LookupKeys>,
}

impl Context<'_> {
    /// A context without rows and without a lookup.
    pub fn new(processing_time_ms: i64, watermark: Watermark) -> Self {
        Self {
            processing_time_ms,
            watermark,
            downstream: None,
            output: Vec::new(),
            failed: None,
            late_rows: 0,
            lookup: None,
            asked: None,
        }
    }

    /// What expressions are evaluated with.
    pub fn evaluation(&self) -> EvalContext {
        EvalContext { processing_time_ms: self.processing_time_ms, watermark: self.watermark }
    }

    /// Sends a batch downstream; empty ones are not sent. After a failure there nothing more is.
    pub fn emit(&mut self, batch: ChangeBatch) {
        if batch.is_empty() || self.failed.is_some() {
            return;
        }
        match &mut self.downstream {
            Some(send) => self.failed = send(batch).err(),
            None => self.output.push(batch),
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
/// 1. The driver aligns inputs: `on_watermark` gets the minimum over all ports, strictly rising; barriers go to the state
///    tables, between two calls, when every port has delivered them.
/// 2. Same calls in, same output out: no clock, IO, thread, randomness, and no output in hash order.
/// 3. Output batches have the schema of `spec().output` and only kinds of `spec().changelog`.
/// 4. `on_watermark` returns what downstream may be promised: never above its input, never falling.
/// 5. All that a later call depends on stands in `tables`, for keys of the operator's key groups, or is derived from it.
///    Nothing that a table gave (slots, places of rows) is kept from one call to the next.
/// 6. `restored` is called before anything else, when the tables hold what another operator has written; after it the
///    operator behaves as that one.
/// 7. The end of all inputs is `on_end`, once: it sends what is still owed, as if event time had passed everything. It is
///    no passing of event time for the state: what is kept is still there for the rows of a later run, and what was
///    sent is remembered, so that the end of that run does not send it again. Downstream is promised `Watermark::MAX`.
/// 8. `on_tick` comes when processing time has reached what `next_tick` said, between any two other calls. Time never
///    falls, and it is at least that of every earlier call.
pub trait Operator: Send {
    fn spec(&self) -> &OperatorSpec;

    fn on_batch(&mut self, port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()>;

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        let _ = cx;
        Ok(watermark)
    }

    /// What `on_batch` will ask the dimension table for, once, so that it can be asked before; none of an operator that does
    /// not ask.
    ///
    /// # Errors
    /// What computing them fails with.
    fn lookup_keys(&self, batch: &ChangeBatch, cx: &EvalContext) -> Result<Option<LookupKeys>> {
        let _ = (batch, cx);
        Ok(None)
    }

    /// Every input has ended. An operator that waits for nothing has nothing to do.
    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let _ = cx;
        Ok(())
    }

    /// Processing time is `cx.processing_time_ms` now, though no row came.
    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let _ = cx;
        Ok(())
    }

    /// The processing time, ms since 1970, at which the operator wants a tick; none while it waits for none.
    fn next_tick(&self) -> Option<i64> {
        None
    }

    /// The state tables that the operator keeps, in the order of the plan; the runtime persists and restores them.
    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        Vec::new()
    }

    /// The tables hold stored rows now: derives what the operator keeps beside them, such as timers.
    fn restored(&mut self) -> Result<()> {
        Ok(())
    }
}
