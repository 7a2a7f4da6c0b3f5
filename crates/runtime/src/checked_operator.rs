//! Checks an operator against the contract of [`Operator`]; debug builds wrap every operator in it.
//!
//! A broken clause is an internal error that names the operator and the clause, at the call that broke it.

use std::collections::HashMap;

use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};
use streamsql_core::{
    ChangeBatch, ChangelogMode, Context, Error, EvalContext, LookupKeys, Operator, OperatorSpec, Port,
    Result, RowKind, StateTable, Watermark,
};
use xxhash_rust::xxh3::xxh3_64;

/// An operator whose every call is checked. Costs time and memory: for debug builds and tests.
pub struct Checked {
    inner: Box<dyn Operator>,
    sent: Sent,
    started: bool,
    watermark_in: Watermark,
    watermark_out: Watermark,
    ended: bool,
    /// Processing time of the last tick, ms.
    tick_ms: i64,
}

/// What an operator may send, and what it has sent.
struct Sent {
    operator: &'static str,
    mode: ChangelogMode,
    schema: SchemaRef,
    /// Rows sent downstream and not yet taken back; none where nothing is taken back, or where rows were sent before a
    /// restart.
    shown: Option<Shown>,
}

/// Rows by hash, with how often each was sent.
struct Shown {
    codec: RowConverter,
    counts: HashMap<u64, i64>,
}

fn broken(operator: &str, clause: u8, what: impl std::fmt::Display) -> Error {
    Error::internal(format!("operator {operator} broke clause {clause} of its contract: {what}"))
}

impl Sent {
    /// Clause 3, and invariant 7: a retraction equals a row shown before.
    fn check(&mut self, batch: &ChangeBatch) -> Result<()> {
        let schema = batch.schema();
        if schema.fields() != self.schema.fields() {
            let what = format!("it sent {schema:?} instead of {:?}", self.schema);
            return Err(broken(self.operator, 3, what));
        }
        for row in 0..batch.num_rows() {
            let kind = batch.kind(row);
            let allowed = match kind {
                RowKind::Insert => self.mode.insert,
                RowKind::UpdateBefore => self.mode.update_before,
                RowKind::UpdateAfter => self.mode.update_after,
                RowKind::Delete => self.mode.delete,
            };
            if !allowed {
                let what = format!("it sent {kind} although its changelog mode is {}", self.mode);
                return Err(broken(self.operator, 3, what));
            }
        }
        let Some(shown) = &mut self.shown else { return Ok(()) };
        let rows = shown.codec.convert_columns(batch.rows().columns())?;
        for row in 0..batch.num_rows() {
            let count = shown.counts.entry(xxh3_64(rows.row(row).as_ref())).or_default();
            if !batch.kind(row).is_retraction() {
                *count += 1;
            } else if *count > 0 {
                *count -= 1;
            } else {
                let what = format!("row {row} of {:?} takes back a row that it never sent", batch.rows());
                return Err(broken(self.operator, 3, what));
            }
        }
        Ok(())
    }
}

impl Checked {
    /// # Errors
    /// When rows of the output cannot be encoded.
    pub fn new(mut inner: Box<dyn Operator>) -> Result<Self> {
        let keeps_state = !inner.tables().is_empty();
        let spec = inner.spec();
        let schema = spec.output.to_arrow();
        // Operators without state pass on what came in; their kinds are those of their input.
        // Rows without columns are all the same.
        let retracts = !spec.changelog.is_insert_only() && keeps_state && !schema.fields().is_empty();
        let shown = if retracts {
            let fields = schema.fields().iter().map(|f| SortField::new(f.data_type().clone())).collect();
            Some(Shown { codec: RowConverter::new(fields)?, counts: HashMap::new() })
        } else {
            None
        };
        let sent = Sent { operator: spec.name, mode: spec.changelog, schema, shown };
        Ok(Self {
            sent,
            inner,
            started: false,
            watermark_in: Watermark::MIN,
            watermark_out: Watermark::MIN,
            ended: false,
            tick_ms: i64::MIN,
        })
    }

    fn broken(&self, clause: u8, what: impl std::fmt::Display) -> Error {
        broken(self.spec().name, clause, what)
    }

    /// Calls the operator; each batch is checked before it goes on.
    fn call<R>(
        &mut self,
        cx: &mut Context<'_>,
        run: impl FnOnce(&mut dyn Operator, &mut Context<'_>) -> Result<R>,
    ) -> Result<R> {
        self.started = true;
        let (now_ms, watermark) = (cx.processing_time_ms, cx.watermark);
        let Context { downstream, output, lookup, asked, .. } = cx;
        let sent = &mut self.sent;
        let mut check = |batch: ChangeBatch| {
            sent.check(&batch)?;
            match downstream {
                Some(send) => send(batch),
                None => {
                    output.push(batch);
                    Ok(())
                }
            }
        };
        let mut inner = Context {
            downstream: Some(&mut check),
            lookup: match lookup {
                Some(lookup) => Some(&mut **lookup),
                None => None,
            },
            asked: asked.take(),
            ..Context::new(now_ms, watermark)
        };
        let result = run(self.inner.as_mut(), &mut inner);
        let Context { failed, late_rows, .. } = inner;
        cx.late_rows += late_rows;
        match failed {
            Some(error) => Err(error),
            None => result,
        }
    }
}

impl Operator for Checked {
    fn spec(&self) -> &OperatorSpec {
        self.inner.spec()
    }

    fn on_batch(&mut self, port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        if port >= self.spec().ports {
            return Err(self.broken(1, format!("a batch on port {port}")));
        }
        self.call(cx, |operator, cx| operator.on_batch(port, batch, cx))
    }

    fn lookup_keys(&self, batch: &ChangeBatch, cx: &EvalContext) -> Result<Option<LookupKeys>> {
        self.inner.lookup_keys(batch, cx)
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        if watermark <= self.watermark_in {
            return Err(self.broken(1, format!("watermark {watermark} after {}", self.watermark_in)));
        }
        self.watermark_in = watermark;
        let promised = self.call(cx, |operator, cx| operator.on_watermark(watermark, cx))?;
        if promised > watermark || promised < self.watermark_out {
            let before = self.watermark_out;
            return Err(self.broken(4, format!("it promised {promised} at {watermark}, before {before}")));
        }
        self.watermark_out = promised;
        Ok(promised)
    }

    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if std::mem::replace(&mut self.ended, true) {
            return Err(self.broken(7, "its input ended twice"));
        }
        self.call(cx, |operator, cx| operator.on_end(cx))
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let now_ms = cx.processing_time_ms;
        if now_ms < self.tick_ms {
            return Err(self.broken(8, format!("a tick at {now_ms} after one at {}", self.tick_ms)));
        }
        self.tick_ms = now_ms;
        self.call(cx, |operator, cx| operator.on_tick(cx))?;
        match self.inner.next_tick().filter(|next| *next <= now_ms) {
            Some(next) => {
                Err(self.broken(8, format!("after the tick at {now_ms} it waits for one at {next}")))
            }
            None => Ok(()),
        }
    }

    fn next_tick(&self) -> Option<i64> {
        self.inner.next_tick()
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        self.inner.tables()
    }

    fn restored(&mut self) -> Result<()> {
        if self.started {
            return Err(self.broken(6, "its state was restored after other calls"));
        }
        self.sent.shown = None;
        self.inner.restored()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int32Array, RecordBatch};
    use streamsql_core::{Column, KeyGroupRange, LogicalType, Schema, StateForm, StateLayout};
    use streamsql_state::tables::OneTable;

    use super::*;

    /// Sends what the test says, right or wrong.
    struct Scripted {
        spec: OperatorSpec,
        kinds: Vec<RowKind>,
        promise: Watermark,
        table: OneTable,
    }

    impl Operator for Scripted {
        fn spec(&self) -> &OperatorSpec {
            &self.spec
        }

        fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
            cx.emit(ChangeBatch::new(batch.rows().clone(), self.kinds.clone())?);
            Ok(())
        }

        fn on_watermark(&mut self, _watermark: Watermark, _cx: &mut Context<'_>) -> Result<Watermark> {
            Ok(self.promise)
        }

        fn tables(&mut self) -> Vec<&mut dyn StateTable> {
            vec![&mut self.table]
        }
    }

    fn checked(changelog: ChangelogMode, kinds: &[RowKind], promise: i64) -> Checked {
        let output = Schema::new(vec![Column::new("v", LogicalType::Int, true)]);
        let layout = StateLayout {
            form: StateForm::One,
            columns: output.columns.clone(),
            key: vec![0],
            order: vec![],
            ttl_ms: 0,
        };
        let table = OneTable::new("rows", 0, &layout, KeyGroupRange::ALL).unwrap();
        let spec = OperatorSpec { name: "Scripted", ports: 1, output, changelog };
        let inner = Scripted { spec, kinds: kinds.to_vec(), promise: Watermark(promise), table };
        Checked::new(Box::new(inner)).unwrap()
    }

    fn send(operator: &mut Checked, port: Port, values: &[i32]) -> Result<()> {
        let schema = operator.spec().output.to_arrow();
        let column: ArrayRef = Arc::new(Int32Array::from(values.to_vec()));
        let rows = RecordBatch::try_new(schema, vec![column]).unwrap();
        operator.on_batch(port, ChangeBatch::inserts(rows), &mut Context::new(0, Watermark::MIN))
    }

    #[test]
    fn kinds_outside_of_the_changelog_mode_are_caught() {
        let mut operator = checked(ChangelogMode::INSERT_ONLY, &[RowKind::Delete], 0);
        assert!(send(&mut operator, 0, &[1]).unwrap_err().message.contains("clause 3"));
    }

    #[test]
    fn a_retraction_of_a_row_never_sent_is_caught() {
        let both = [RowKind::Insert, RowKind::Delete];
        assert!(send(&mut checked(ChangelogMode::ALL, &both, 0), 0, &[1, 1]).is_ok());
        assert!(send(&mut checked(ChangelogMode::ALL, &both, 0), 0, &[1, 2]).is_err());
    }

    #[test]
    fn ports_and_watermarks_are_checked() {
        assert!(send(&mut checked(ChangelogMode::ALL, &[], 0), 1, &[]).is_err());
        let watermark = |operator: &mut Checked, w| {
            operator.on_watermark(Watermark(w), &mut Context::new(0, Watermark::MIN))
        };
        let mut operator = checked(ChangelogMode::ALL, &[], 5);
        assert!(watermark(&mut operator, 4).unwrap_err().message.contains("clause 4"));
        assert!(watermark(&mut operator, 6).is_ok());
        assert!(watermark(&mut operator, 6).unwrap_err().message.contains("clause 1"));
    }

    #[test]
    fn state_is_restored_before_anything_else() {
        assert!(checked(ChangelogMode::ALL, &[], 0).restored().is_ok());
        let mut operator = checked(ChangelogMode::ALL, &[RowKind::Insert], 0);
        send(&mut operator, 0, &[1]).unwrap();
        assert!(operator.restored().unwrap_err().message.contains("clause 6"));
    }
}
