//! Aggregate functions over the groups of a batch, column by column.
//!
//! A function takes over what the batch's groups have accumulated, adds the rows that count, and gives the results and
//! what is to be kept. Values that need rows of their own (retractable extremes, lists, sets) are in a table that the
//! function owns.

mod average;
mod calls;
mod collect;
mod count;
mod distinct;
mod extremes;
mod json;
mod lag;
mod list;
mod pick;
mod sum;
mod value_list;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use streamsql_core::{Error, KeyGroupRange, Result, Schema, StateTable};
use streamsql_plan::{AggregateCall, AggregateFunction as Function, AggregateTable, AggregateTableUse};
use streamsql_state::tables::{CountedTable, KeyBatch, OrderedTable};

pub use calls::Calls;
pub use count::{count_array, load_counts};
use distinct::DistinctCalls;

/// Rows of a batch that count, in order.
#[derive(Clone, Copy)]
pub struct Changes<'a> {
    pub batch: &'a RecordBatch,
    /// Their numbers in the batch.
    pub rows: &'a [u32],
    /// For each row of the batch the number of its group.
    pub groups: &'a [u32],
    /// For each row of the batch whether it is taken back; none when none is.
    pub retracts: Option<&'a [bool]>,
}

impl<'a> Changes<'a> {
    /// Rows with their groups and signs: +1, or −1 for a row that is taken back.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize, i64)> + 'a {
        let Self { rows, groups, retracts, .. } = *self;
        rows.iter().map(move |row| {
            let row = *row as usize;
            (row, groups[row] as usize, if retracts.is_some_and(|r| r[row]) { -1 } else { 1 })
        })
    }

    pub fn column(&self, column: usize) -> &'a ArrayRef {
        self.batch.column(column)
    }

    /// Those whose columns are all not NULL.
    pub fn with_values(&self, columns: &[usize], kept: &mut Vec<u32>) {
        let nullable: Vec<&ArrayRef> =
            columns.iter().map(|c| self.column(*c)).filter(|array| array.null_count() > 0).collect();
        let is_kept = |row: &u32| nullable.iter().all(|array| array.is_valid(*row as usize));
        kept.clear();
        kept.extend(self.rows.iter().copied().filter(is_kept));
    }

    /// Those for which a BOOLEAN column is true.
    pub fn where_true(&self, column: usize, kept: &mut Vec<u32>) -> Result<()> {
        let condition = downcast::<BooleanArray>(self.column(column))?;
        let is_true = |row: &u32| condition.is_valid(*row as usize) && condition.value(*row as usize);
        kept.clear();
        kept.extend(self.rows.iter().copied().filter(is_true));
        Ok(())
    }

    /// The rows in a batch of their own; of columns other than these the values are any.
    fn apart(&self, columns: &[usize]) -> Result<Apart> {
        let rows = UInt32Array::from(self.rows.to_vec());
        let column = |(number, column): (usize, &ArrayRef)| match columns.binary_search(&number) {
            Ok(_) => Ok(take(column, &rows, None)?),
            Err(_) => Ok(column.slice(0, self.rows.len())),
        };
        let all = self.batch.columns().iter().enumerate().map(column).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows.len()));
        Ok(Apart {
            batch: RecordBatch::try_new_with_options(self.batch.schema(), all, &options)?,
            groups: self.rows.iter().map(|row| self.groups[*row as usize]).collect(),
            retracts: self
                .retracts
                .map(|retracts| self.rows.iter().map(|row| retracts[*row as usize]).collect()),
        })
    }

    /// The same batch with other rows.
    pub fn of<'b>(&self, rows: &'b [u32]) -> Changes<'b>
    where
        'a: 'b,
    {
        Changes { rows, ..*self }
    }
}

/// Changes in a batch of their own.
struct Apart {
    batch: RecordBatch,
    groups: Vec<u32>,
    retracts: Option<Vec<bool>>,
}

impl Apart {
    fn changes<'a>(&'a self, rows: &'a [u32]) -> Changes<'a> {
        Changes { batch: &self.batch, rows, groups: &self.groups, retracts: self.retracts.as_deref() }
    }
}

/// One call, or several that keep the same values.
///
/// # Contract
/// 1. `begin` comes first for a batch; then any number of `update`, `reset` and `results`; then `accumulators`.
/// 2. Results depend on the changes and their order alone, not on how they are cut into batches.
pub trait Aggregate: Send {
    /// Takes over the accumulators of the batch's groups: one element a group, NULL where there is nothing.
    fn begin(&mut self, keys: &KeyBatch, accumulators: &[ArrayRef]) -> Result<()>;

    /// Adds rows and takes rows back. Rows that the call's FILTER and DISTINCT leave out are not among them.
    fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()>;

    /// Adds to groups what others have accumulated: of each pair the first group goes into the second, whose own values
    /// came before. The first one keeps what it has. Functions that only stand before OVER never need it.
    fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        let _ = (keys, pairs);
        Err(Error::internal("an aggregate function that does not put groups together"))
    }

    /// Forgets what a group has accumulated.
    fn reset(&mut self, group: usize);

    /// For each call the result of every group of the batch.
    fn results(&mut self) -> Result<Vec<ArrayRef>>;

    /// What `begin` gets next time.
    fn accumulators(&mut self) -> Result<Vec<ArrayRef>>;

    /// Its table of values.
    fn table(&mut self) -> Option<&mut dyn StateTable> {
        None
    }

    fn set_now(&mut self, now_ms: i64) {
        let _ = now_ms;
    }
}

/// The function of a call, and of the calls behind it whose values stand in the same table; `tables` are those of its
/// operator. Nothing for one of these others.
pub fn make(
    calls: &[AggregateCall],
    position: usize,
    input: &Schema,
    retracts: bool,
    tables: &[AggregateTable],
    range: KeyGroupRange,
) -> Result<Option<Made>> {
    let call = &calls[position];
    let mut positions = vec![position];
    let mut table = None;
    for (number, of) in tables.iter().enumerate() {
        if let AggregateTableUse::Values(served) = &of.serves
            && served.contains(&position)
        {
            positions.clone_from(served);
            table = Some(ValueTable { number, table: of, range });
        }
    }
    if positions[0] != position {
        return Ok(None);
    }
    let arguments = call.arguments.clone();
    let types: Vec<_> = arguments.iter().map(|column| &input.columns[*column].logical_type).collect();
    let aggregate: Box<dyn Aggregate> = match call.function {
        Function::Count => Box::new(count::Count::new(arguments)),
        Function::RowNumber => Box::new(count::Count::new(Vec::new())),
        Function::Lag => Box::new(lag::Lag::new(arguments, &required(table)?)?),
        Function::Sum | Function::Sum0 => {
            let zero = call.function == Function::Sum0;
            sum::make(arguments[0], &call.result, zero, retracts)?
        }
        Function::SumOver => sum::over(arguments[0], &call.result)?,
        Function::Avg => average::make(arguments[0], types[0], &call.result)?,
        Function::Min | Function::Max => match table {
            Some(table) => {
                let largest = positions.iter().map(|call| calls[*call].function == Function::Max);
                Box::new(extremes::Extremes::new(arguments[0], largest.collect(), &table)?)
            }
            None => Box::new(pick::Pick::extreme(arguments[0], call.function == Function::Max)),
        },
        Function::FirstValue | Function::LastValue => {
            let last = call.function == Function::LastValue;
            match table {
                Some(table) => Box::new(list::End::new(arguments[0], last, &table)?),
                None => Box::new(pick::Pick::end(arguments[0], last)),
            }
        }
        Function::SingleValue => Box::new(pick::Pick::single(arguments[0])),
        Function::ListAgg => match table {
            Some(table) => Box::new(list::ListAgg::new(arguments, &table)?),
            None => Box::new(list::AppendedList::new(arguments)),
        },
        Function::Collect => Box::new(collect::Collect::new(arguments[0], &call.result, &required(table)?)?),
        Function::JsonArrayAgg { absent_on_null } => {
            Box::new(json::JsonArray::new(arguments[0], absent_on_null, &required(table)?)?)
        }
        Function::JsonObjectAgg { absent_on_null } => {
            Box::new(json::JsonObject::new(&arguments, absent_on_null, &required(table)?)?)
        }
    };
    Ok(Some(Made { aggregate, positions }))
}

/// What `make` made.
pub struct Made {
    pub aggregate: Box<dyn Aggregate>,
    /// Positions of the calls whose results it gives, in their order.
    pub positions: Vec<usize>,
}

/// Where a function keeps its values.
pub struct ValueTable<'a> {
    /// Number among the operator's tables.
    number: usize,
    table: &'a AggregateTable,
    range: KeyGroupRange,
}

impl ValueTable<'_> {
    fn ordered(&self) -> Result<OrderedTable> {
        OrderedTable::new(&self.table.name, self.number, &self.table.layout, self.range)
    }

    fn counted(&self) -> Result<CountedTable> {
        CountedTable::new(&self.table.name, self.number, &self.table.layout, self.range)
    }
}

fn required(table: Option<ValueTable<'_>>) -> Result<ValueTable<'_>> {
    table.ok_or_else(|| Error::internal("an aggregate function without its table"))
}

fn downcast<T: 'static>(array: &ArrayRef) -> Result<&T> {
    array
        .as_any()
        .downcast_ref::<T>()
        .ok_or_else(|| Error::internal(format!("an aggregate over a column of {}", array.data_type())))
}
