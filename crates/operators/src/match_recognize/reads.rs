//! What expressions over matches read: columns of rows by their place in the match, aggregates over rows of a variable.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int64Array, PrimitiveArray, RecordBatch, RecordBatchOptions, UInt32Array, new_null_array,
};
use arrow::compute::{take, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef, TimestampMillisecondType};
use streamsql_core::{Column, Error, EvalContext, KeyGroupRange, LogicalType, Result, Schema};
use streamsql_plan::state_layout::below_key;
use streamsql_plan::{AggregateCall, AggregateTable, AggregateTableUse, Expr, MatchExpr, MatchRead, RowOf};
use streamsql_state::tables::{KeyBatch, KeyCodec};

use super::nfa::Run;
use super::partition::Places;
use crate::aggregates::{self, Changes};

/// A match, or a run with the row that is asked about.
pub struct Subject<'a> {
    pub run: &'a Run,
    pub places: Places,
    /// The variable that the next row would belong to.
    pub asked: Option<usize>,
    /// When the match was found, ms.
    pub time_ms: i64,
}

impl Subject<'_> {
    /// Number of the first row of a variable, or of all, and how many there are.
    fn rows(&self, variable: Option<usize>) -> (u64, u64) {
        match variable {
            Some(variable) => {
                let (first, rows) = self.run.rows_of(variable);
                (first, rows + u64::from(self.asked == Some(variable)))
            }
            None => (self.run.first, self.run.length() + u64::from(self.asked.is_some())),
        }
    }

    fn row(&self, variable: Option<usize>, row: RowOf) -> Option<u32> {
        let (first, rows) = self.rows(variable);
        let number = match row {
            RowOf::First(offset) if u64::from(offset) < rows => first + u64::from(offset),
            RowOf::Last(offset) if u64::from(offset) < rows => first + rows - 1 - u64::from(offset),
            _ => return None,
        };
        Some(self.places.index(number) as u32)
    }
}

/// An expression with what it reads.
pub struct Reading {
    pub value: Expr,
    reads: Vec<Read>,
    schema: SchemaRef,
}

enum Read {
    Row { variable: Option<usize>, row: RowOf, column: usize },
    Aggregate(Box<Aggregation>),
    Rowtime(DataType),
}

impl Reading {
    pub fn new(expr: &MatchExpr, input: &Schema) -> Result<Self> {
        let mut reads = Vec::with_capacity(expr.reads.len());
        let mut fields = Vec::with_capacity(expr.reads.len());
        for (i, read) in expr.reads.iter().enumerate() {
            let (read, data_type) = match read {
                MatchRead::Row { variable, row, column } => (
                    Read::Row { variable: *variable, row: *row, column: *column },
                    input.columns[*column].logical_type.to_arrow(),
                ),
                MatchRead::Aggregate { variable, arguments, call } => {
                    let aggregation = Aggregation::new(*variable, arguments, call)?;
                    (Read::Aggregate(Box::new(aggregation)), call.result.to_arrow())
                }
                MatchRead::Rowtime(rowtime) => (Read::Rowtime(rowtime.to_arrow()), rowtime.to_arrow()),
            };
            reads.push(read);
            fields.push(Field::new(i.to_string(), data_type, true));
        }
        Ok(Self { value: expr.value.clone(), reads, schema: Arc::new(ArrowSchema::new(fields)) })
    }

    /// Of a condition of a variable that reads nothing but the row that is asked about: the columns that it reads.
    pub fn columns_of_row(&self, variable: usize) -> Option<Vec<usize>> {
        let column = |read: &Read| match read {
            Read::Row { variable: of, row: RowOf::Last(0), column } if of.is_none_or(|of| of == variable) => {
                Some(*column)
            }
            _ => None,
        };
        self.reads.iter().map(column).collect()
    }

    /// The values that the expression reads, where they are columns of these rows.
    pub fn of_rows(&self, columns: &[usize], rows: &RecordBatch) -> Result<RecordBatch> {
        self.batch(columns.iter().map(|column| Arc::clone(rows.column(*column))).collect(), rows.num_rows())
    }

    /// The values that the expression reads of matches, whose rows stand in `pool`.
    pub fn gather(
        &mut self,
        pool: &RecordBatch,
        subjects: &[Subject<'_>],
        cx: &EvalContext,
    ) -> Result<RecordBatch> {
        let mut columns = Vec::with_capacity(self.reads.len());
        for read in &mut self.reads {
            columns.push(match read {
                Read::Row { variable, row, column } => {
                    let rows: UInt32Array =
                        subjects.iter().map(|subject| subject.row(*variable, *row)).collect();
                    take(pool.column(*column), &rows, None)?
                }
                Read::Aggregate(aggregation) => aggregation.results(pool, subjects, cx)?,
                Read::Rowtime(data_type) => {
                    let times = subjects.iter().map(|subject| subject.time_ms);
                    let times = PrimitiveArray::<TimestampMillisecondType>::from_iter_values(times);
                    Arc::new(times.with_data_type(data_type.clone()))
                }
            });
        }
        self.batch(columns, subjects.len())
    }

    fn batch(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

/// An aggregate over rows of matches. It keeps nothing from one call to the next.
struct Aggregation {
    variable: Option<usize>,
    arguments: Vec<Expr>,
    call: AggregateCall,
    input: Schema,
    schema: SchemaRef,
    /// Rows of a group, for functions that need them all.
    tables: Vec<AggregateTable>,
    /// Types of its accumulator.
    accumulator: Vec<DataType>,
    /// Matches are its groups, known by their number.
    codec: KeyCodec,
    keys: KeyBatch,
}

impl Aggregation {
    fn new(variable: Option<usize>, arguments: &[Expr], call: &AggregateCall) -> Result<Self> {
        let column = |(i, argument): (usize, &Expr)| {
            Column::new(i.to_string(), argument.logical_type.clone(), argument.nullable)
        };
        let schema = Schema::new(arguments.iter().enumerate().map(column).collect());
        let accumulator = call.accumulator(&schema, false);
        let group = vec![Column::new("match", LogicalType::BigInt, false)];
        let tables: Vec<AggregateTable> = accumulator
            .values
            .into_iter()
            .map(|(form, columns, order)| AggregateTable {
                name: "values".to_owned(),
                serves: AggregateTableUse::Values(vec![0]),
                layout: below_key(&group, form, columns, &order, 0),
            })
            .collect();
        Ok(Self {
            variable,
            arguments: arguments.to_vec(),
            call: call.clone(),
            tables,
            accumulator: accumulator.columns.iter().map(|column| column.logical_type.to_arrow()).collect(),
            codec: KeyCodec::new(&Schema::new(group).to_arrow(), &[0])?,
            keys: KeyBatch::default(),
            schema: schema.to_arrow(),
            input: schema,
        })
    }

    fn results(
        &mut self,
        pool: &RecordBatch,
        subjects: &[Subject<'_>],
        cx: &EvalContext,
    ) -> Result<ArrayRef> {
        let (mut rows, mut groups) = (Vec::new(), Vec::new());
        for (group, subject) in subjects.iter().enumerate() {
            let (first, count) = subject.rows(self.variable);
            rows.extend((first..first + count).map(|number| subject.places.index(number) as u32));
            groups.resize(rows.len(), group as u32);
        }
        let count = rows.len();
        let rows = UInt32Array::from(rows);
        let mut expanded = None;
        let mut columns = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            columns.push(match argument.column {
                Some(column) => take(pool.column(column), &rows, None)?,
                None => {
                    let expanded = match &mut expanded {
                        Some(expanded) => expanded,
                        none => none.insert(take_record_batch(pool, &rows)?),
                    };
                    argument.evaluate(expanded, cx)?
                }
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        let matches: ArrayRef = Arc::new(Int64Array::from_iter_values(0..subjects.len() as i64));
        self.codec.encode_columns(&[matches], subjects.len(), &mut self.keys)?;
        let nothing: Vec<ArrayRef> =
            self.accumulator.iter().map(|data_type| new_null_array(data_type, subjects.len())).collect();
        let call = std::slice::from_ref(&self.call);
        let made = aggregates::make(call, 0, &self.input, false, &self.tables, KeyGroupRange::ALL)?;
        let mut aggregate = made.ok_or_else(|| Error::internal("a function that nobody makes"))?.aggregate;
        aggregate.begin(&self.keys, &nothing)?;
        let all: Vec<u32> = (0..count as u32).collect();
        let changes = Changes { batch: &batch, rows: &all, groups: &groups, retracts: None };
        aggregate.update(&self.keys, &changes)?;
        Ok(aggregate.results()?.swap_remove(0))
    }
}
