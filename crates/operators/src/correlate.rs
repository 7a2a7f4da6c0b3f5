//! Correlate: one row for each element of a collection (`CROSS JOIN UNNEST(…)`).
//!
//! Input       port 0, any kinds
//! Output      each row, followed by an element's columns, with the row's kind; elements of ROW type that are NULL are none;
//!             a LEFT join keeps rows without elements
//! State       none: an update of the row updates its elements
//! Watermark   passes
//! Late rows   not looked at
//! Cost        O(elements); at most 8,192 rows a batch
//! Errors      none at run time
//! Source      Flink `StreamExecCorrelate`, `UnnestRowsFunction`
//! Tests       crates/tests/goldens/operators/Correlate.*.script, crates/tests/corpus/unnest-*

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Int32Type, SchemaRef};
use streamsql_core::{
    ChangeBatch, Context, Error, LogicalType, Operator, OperatorSpec, Port, Result, Schema, map,
};

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

pub struct Correlate {
    spec: OperatorSpec,
    schema: SchemaRef,
    collection: usize,
    keeps_left: bool,
    /// Elements are counted (MULTISET), not listed.
    counted: bool,
}

impl Correlate {
    pub fn new(spec: OperatorSpec, node: &streamsql_plan::Correlate, input: &Schema) -> Result<Self> {
        let schema = spec.output.to_arrow();
        let column =
            input.columns.get(node.collection).ok_or_else(|| Error::internal("no such collection"))?;
        let counted = matches!(column.logical_type, LogicalType::Multiset(_));
        let keeps_left = node.kind.keeps_left();
        Ok(Self { spec, schema, collection: node.collection, keeps_left, counted })
    }

    /// Hands over, at most `OUTPUT_ROWS` at a time, for each output row its input row and its element (none where a LEFT
    /// join pads).
    fn pairs(
        &self,
        collections: &ArrayRef,
        mut hand_over: impl FnMut(UInt32Array, UInt32Array) -> Result<()>,
    ) -> Result<()> {
        let (offsets, counts) = match collections.data_type() {
            DataType::List(_) => (collections.as_list::<i32>().offsets(), None),
            DataType::Map(..) => {
                let map = collections.as_map();
                (map.offsets(), self.counted.then(|| map.values().as_primitive::<Int32Type>()))
            }
            other => return Err(Error::internal(format!("{other} is no collection"))),
        };
        // Flink's collector passes no row that is NULL as a whole; an element that is no row may be NULL.
        let lists = collections.as_list_opt::<i32>();
        let absent =
            lists.map(|lists| lists.values()).filter(|e| matches!(e.data_type(), DataType::Struct(_)));
        let is_absent = |element: i32| absent.is_some_and(|rows| rows.is_null(element as usize));
        let (mut rows, mut elements): (Vec<u32>, Vec<Option<u32>>) = (Vec::new(), Vec::new());
        let mut push = |row: usize, element: Option<u32>| {
            rows.push(row as u32);
            elements.push(element);
            if rows.len() < OUTPUT_ROWS {
                return Ok(());
            }
            let (rows, elements) = (std::mem::take(&mut rows), std::mem::take(&mut elements));
            hand_over(UInt32Array::from(rows), UInt32Array::from(elements))
        };
        for row in 0..collections.len() {
            let mut alone = true;
            if collections.is_valid(row) {
                for element in (offsets[row]..offsets[row + 1]).filter(|element| !is_absent(*element)) {
                    for _ in 0..counts.map_or(1, |counts| counts.value(element as usize)) {
                        alone = false;
                        push(row, Some(element as u32))?;
                    }
                }
            }
            if alone && self.keeps_left {
                push(row, None)?;
            }
        }
        if rows.is_empty() { Ok(()) } else { hand_over(UInt32Array::from(rows), UInt32Array::from(elements)) }
    }

    /// The rows of the batch with the elements beside them.
    fn unnested(
        &self,
        batch: &ChangeBatch,
        rows: &UInt32Array,
        elements: &UInt32Array,
    ) -> Result<ChangeBatch> {
        let collections = batch.rows().column(self.collection);
        let repeated = batch.take(rows)?;
        let mut columns = repeated.rows().columns().to_vec();
        match collections.data_type() {
            DataType::Map(..) => {
                let entries = collections.as_map();
                columns.push(take(map::keys(entries).as_ref(), elements, None)?);
                if !self.counted {
                    columns.push(take(entries.values().as_ref(), elements, None)?);
                }
            }
            _ => {
                let values = take(collections.as_list::<i32>().values().as_ref(), elements, None)?;
                match values.data_type() {
                    DataType::Struct(_) => columns.extend(fields(&values)?),
                    _ => columns.push(values),
                }
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let unnested = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        repeated.with_rows(unnested)
    }
}

impl Operator for Correlate {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        self.pairs(batch.rows().column(self.collection), |rows, elements| {
            cx.emit(self.unnested(&batch, &rows, &elements)?);
            Ok(())
        })
    }
}

/// The columns of rows; those of a row that is NULL are NULL.
fn fields(rows: &ArrayRef) -> Result<Vec<ArrayRef>> {
    let rows = rows.as_struct();
    let Some(nulls) = rows.nulls() else { return Ok(rows.columns().to_vec()) };
    let null = BooleanArray::new(!nulls.inner(), None);
    rows.columns().iter().map(|column| Ok(arrow::compute::nullif(column.as_ref(), &null)?)).collect()
}
