//! LookupJoin: each row with the dimension rows of its key as they are now; the pure half, which asks in batches.
//!
//! Input       port 0, any kinds
//! Output      left columns ++ fetched columns, kind of the left row; LEFT pads rows without a match
//! State       none; with `kept` the rows that it sent for each left row, so that the same rows are taken back although the
//!             table may have changed: until the left row goes
//! Watermark   passes
//! Late rows   not looked at
//! Cost        one question a batch for its distinct keys (with `kept` none for rows that are taken back), which a job asks
//!             beside the shard's other work; O(rows) to merge; about 8,192 rows an output batch
//! Errors      what the lookup fails with
//! Source      Flink `StreamExecLookupJoin`, `KeyedLookupJoinWrapper`, `LookupJoinCodeGenerator` (a NULL key asks nothing and matches nothing)
//! Tests       crates/tests/goldens/operators/LookupJoin.*.script, crates/tests/corpus

mod kept;

use std::sync::Arc;

use ahash::RandomState;
use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::compute::{filter_record_batch, take, take_record_batch};
use arrow::datatypes::{Field, Schema as ArrowSchema, SchemaRef};
use arrow::row::{Row, RowConverter, SortField};
use hashbrown::HashMap;
use streamsql_core::{
    ChangeBatch, Context, EvalContext, KeyGroupRange, LookupKeys, Operator, OperatorSpec, Port, Result,
    RowKind, Schema, StateTable,
};
use streamsql_plan::{Expr, JoinKind, LookupJoin as LookupJoinNode};

use self::kept::Kept;

/// Rows after which an output batch is sent.
const OUTPUT_ROWS: usize = 8_192;

pub struct LookupJoin {
    spec: OperatorSpec,
    schema: SchemaRef,
    kind: JoinKind,
    keys: Vec<Expr>,
    key_schema: SchemaRef,
    key_codec: RowConverter,
    fetched_condition: Option<Expr>,
    residual: Option<Expr>,
    kept: Option<Kept>,
}

impl LookupJoin {
    pub fn new(
        spec: OperatorSpec,
        node: &LookupJoinNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let key_fields: Vec<Field> = node
            .keys
            .iter()
            .map(|key| {
                Field::new(
                    &node.table.physical.columns[key.column].name,
                    key.value.logical_type.to_arrow(),
                    true,
                )
            })
            .collect();
        let sort_fields = key_fields.iter().map(|f| SortField::new(f.data_type().clone())).collect();
        let kept = node.kept.as_ref().map(|kept| Kept::new(kept, input, &spec.output, range)).transpose()?;
        Ok(Self {
            kept,
            schema: spec.output.to_arrow(),
            spec,
            kind: node.kind,
            keys: node.keys.iter().map(|key| key.value.clone()).collect(),
            key_schema: Arc::new(ArrowSchema::new(key_fields)),
            key_codec: RowConverter::new(sort_fields)?,
            fetched_condition: node.fetched_condition.clone(),
            residual: node.residual.clone(),
        })
    }

    fn distinct_keys(&self, batch: &ChangeBatch, evaluation: &EvalContext) -> Result<LookupKeys> {
        let columns = self
            .keys
            .iter()
            .map(|key| key.evaluate(batch.rows(), evaluation))
            .collect::<Result<Vec<_>, _>>()?;
        let encoded = self.key_codec.convert_columns(&columns)?;
        let mut numbers: HashMap<Row<'_>, u32, RandomState> = HashMap::default();
        let mut first_rows: Vec<u32> = Vec::new();
        let nulls = columns
            .iter()
            .fold(None, |nulls, column| NullBuffer::union(nulls.as_ref(), column.logical_nulls().as_ref()));
        let mut key_of = Vec::with_capacity(batch.num_rows());
        for (row, key) in encoded.iter().enumerate() {
            let is_known = self.kept.is_some() && batch.kind(row).is_retraction();
            if is_known || nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                key_of.push(None);
                continue;
            }
            let number = *numbers.entry(key).or_insert_with(|| {
                first_rows.push(row as u32);
                first_rows.len() as u32 - 1
            });
            key_of.push(Some(number));
        }
        let first_rows = UInt32Array::from(first_rows);
        let columns =
            columns.iter().map(|column| take(column, &first_rows, None)).collect::<Result<Vec<_>, _>>()?;
        Ok(LookupKeys { keys: RecordBatch::try_new(self.key_schema.clone(), columns)?, key_of })
    }

    /// The pairs for which the rest of ON holds.
    fn holding(
        &self,
        batch: &ChangeBatch,
        fetched: &RecordBatch,
        pairs: Pairs,
        cx: &EvalContext,
    ) -> Result<Pairs> {
        let Some(residual) = &self.residual else { return Ok(pairs) };
        let holds = residual.holds(&self.joined(batch.rows(), fetched, &pairs)?, cx)?;
        Ok(filtered(&pairs, &holds, self.kind == JoinKind::Left))
    }

    /// Sends the pairs for which the rest of ON holds.
    fn send(
        &self,
        batch: &ChangeBatch,
        fetched: &RecordBatch,
        pairs: Pairs,
        cx: &mut Context<'_>,
    ) -> Result<()> {
        let pairs = self.holding(batch, fetched, pairs, &cx.evaluation())?;
        let joined = self.joined(batch.rows(), fetched, &pairs)?;
        let kinds: Vec<RowKind> = pairs.left.iter().map(|row| batch.kind(*row as usize)).collect();
        cx.emit(ChangeBatch::new(joined, kinds)?);
        Ok(())
    }

    fn joined(&self, left: &RecordBatch, right: &RecordBatch, pairs: &Pairs) -> Result<RecordBatch> {
        let mut columns: Vec<ArrayRef> = match pairs.is_each_row_once(left.num_rows()) {
            true => left.columns().to_vec(),
            false => take_record_batch(left, &UInt32Array::from(pairs.left.clone()))?.columns().to_vec(),
        };
        let right_rows = UInt32Array::from(pairs.right.clone());
        for column in right.columns() {
            columns.push(take(column, &right_rows, None)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(pairs.left.len()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

/// Rows of the output: left row, fetched row or none.
#[derive(Default)]
struct Pairs {
    left: Vec<u32>,
    right: Vec<Option<u32>>,
}

impl Pairs {
    /// Whether they are the rows of a batch as they stand, each with one fetched row or none.
    fn is_each_row_once(&self, rows: usize) -> bool {
        self.left.len() == rows && self.left.iter().zip(0..).all(|(row, at)| *row == at)
    }

    fn push(&mut self, left: usize, right: Option<u32>) {
        self.left.push(left as u32);
        self.right.push(right);
    }
}

impl Operator for LookupJoin {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn lookup_keys(&self, batch: &ChangeBatch, cx: &EvalContext) -> Result<Option<LookupKeys>> {
        Ok(Some(self.distinct_keys(batch, cx)?))
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let evaluation = cx.evaluation();
        let asked = cx.asked.take().map_or_else(|| self.distinct_keys(&batch, &evaluation), Ok)?;
        let LookupKeys { keys, key_of } = asked;
        let answer = cx.lookup(&keys)?;
        let (mut fetched, mut key_index) = (answer.rows, answer.key_index);
        if let Some(condition) = &self.fetched_condition {
            let keep = condition.holds(&fetched, &evaluation)?;
            key_index = key_index
                .iter()
                .zip(keep.iter())
                .filter(|(_, k)| *k == Some(true))
                .map(|(i, _)| *i)
                .collect();
            fetched = filter_record_batch(&fetched, &keep)?;
        }
        // Answers come in the order of the keys, so the rows of a key stand together.
        let matches =
            |key: u32| key_index.partition_point(|k| *k < key)..key_index.partition_point(|k| *k <= key);
        let pads = self.kind == JoinKind::Left;
        let mut pairs = Pairs::default();
        if let Some(mut kept) = self.kept.take() {
            for (row, key) in key_of.iter().enumerate() {
                if batch.kind(row).is_retraction() {
                    continue;
                }
                let found = key.map(matches).unwrap_or(0..0);
                if found.is_empty() && pads {
                    pairs.push(row, None);
                }
                found.for_each(|right| pairs.push(row, Some(right as u32)));
            }
            let pairs = self.holding(&batch, &fetched, pairs, &evaluation)?;
            kept.send(&batch, &fetched, &pairs, &self.schema, cx)?;
            self.kept = Some(kept);
            return Ok(());
        }
        for (row, key) in key_of.iter().enumerate() {
            let found = key.map(matches).unwrap_or(0..0);
            if found.is_empty() && pads {
                pairs.push(row, None);
            }
            for right in found {
                pairs.push(row, Some(right as u32));
                // Whether a row is padded is known when the rest of ON has seen all its candidates.
                if self.residual.is_none() && pairs.left.len() >= OUTPUT_ROWS {
                    self.send(&batch, &fetched, std::mem::take(&mut pairs), cx)?;
                }
            }
            if pairs.left.len() >= OUTPUT_ROWS {
                self.send(&batch, &fetched, std::mem::take(&mut pairs), cx)?;
            }
        }
        if pairs.left.is_empty() { Ok(()) } else { self.send(&batch, &fetched, pairs, cx) }
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        self.kept.iter_mut().map(Kept::table).collect()
    }
}

/// The pairs for which the rest of ON holds; a left row none of whose candidates does is padded.
fn filtered(pairs: &Pairs, holds: &BooleanArray, pads: bool) -> Pairs {
    let mut out = Pairs::default();
    let mut i = 0;
    while i < pairs.left.len() {
        let row = pairs.left[i];
        let before = out.left.len();
        while i < pairs.left.len() && pairs.left[i] == row {
            if pairs.right[i].is_some() && holds.value(i) {
                out.push(row as usize, pairs.right[i]);
            }
            i += 1;
        }
        if pads && out.left.len() == before {
            out.push(row as usize, None);
        }
    }
    out
}
