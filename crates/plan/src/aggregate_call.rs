//! Aggregate calls, and what their accumulators hold: the same for group aggregates and window aggregates.

use std::fmt;

use streamsql_core::{Column, LogicalType, Schema, StateForm};

/// A function over the rows of a group (Flink `AggFunctionFactory`). STDDEV and VAR families are rewritten to sums and
/// counts while planning, as in Flink (`AggregateReduceFunctionsRule`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    /// Rows whose arguments are all not NULL.
    Count,
    Sum,
    /// A sum that is 0 over nothing.
    Sum0,
    /// The sum of OVER, which is never begun anew: a sum of more than 38 digits stays NULL, and what rounding has left
    /// stays in it (Flink plans it as $SUM0 where COUNT is above 0).
    SumOver,
    Avg,
    Min,
    Max,
    /// In the order of arrival, NULLs skipped.
    FirstValue,
    LastValue,
    /// Texts in the order of arrival; the second argument, if any, separates them.
    ListAgg,
    /// A MULTISET of the values that are not NULL.
    Collect,
    /// Arguments: key and value, the value as JSON text.
    JsonObjectAgg {
        absent_on_null: bool,
    },
    /// Argument: the value as JSON text.
    JsonArrayAgg {
        absent_on_null: bool,
    },
    /// The value of the only row; more rows are an error.
    SingleValue,
    /// How many rows there are, of OVER only.
    RowNumber,
    /// The value of an earlier row, of OVER only. Arguments: value, number of rows back, value where there is no such row.
    Lag,
}

impl AggregateFunction {
    /// The function's name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "COUNT",
            Self::Sum | Self::SumOver => "SUM",
            Self::Sum0 => "$SUM0",
            Self::Avg => "AVG",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::FirstValue => "FIRST_VALUE",
            Self::LastValue => "LAST_VALUE",
            Self::ListAgg => "LISTAGG",
            Self::Collect => "COLLECT",
            Self::JsonObjectAgg { absent_on_null: false } => "JSON_OBJECTAGG_NULL_ON_NULL",
            Self::JsonObjectAgg { absent_on_null: true } => "JSON_OBJECTAGG_ABSENT_ON_NULL",
            Self::JsonArrayAgg { absent_on_null: false } => "JSON_ARRAYAGG_NULL_ON_NULL",
            Self::JsonArrayAgg { absent_on_null: true } => "JSON_ARRAYAGG_ABSENT_ON_NULL",
            Self::SingleValue => "SINGLE_VALUE",
            Self::RowNumber => "ROW_NUMBER",
            Self::Lag => "LAG",
        }
    }
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregateCall {
    pub function: AggregateFunction,
    /// Columns of the input; empty for `COUNT(*)`.
    pub arguments: Vec<usize>,
    pub distinct: bool,
    /// A BOOLEAN column of the input: only rows where it is true count.
    pub filter: Option<usize>,
    pub result: LogicalType,
    pub nullable: bool,
}

/// What a call keeps for each group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accumulator {
    /// Columns in the row of accumulators.
    pub columns: Vec<Column>,
    /// Rows of their own, below the group's key: form, columns behind the key, and which of them are ordered.
    pub values: Option<(StateForm, Vec<Column>, Vec<usize>)>,
}

impl AggregateCall {
    /// As Flink prints it: `COUNT(DISTINCT k) FILTER f AS x`, without the name.
    pub fn display<'a>(&'a self, input: &'a [String]) -> impl fmt::Display + 'a {
        let name = |column: usize| input.get(column).map_or("?", String::as_str);
        fmt::from_fn(move |f| {
            write!(f, "{}({}", self.function.name(), if self.distinct { "DISTINCT " } else { "" })?;
            if self.arguments.is_empty() && self.function != AggregateFunction::RowNumber {
                f.write_str("*")?;
            }
            for (i, argument) in self.arguments.iter().enumerate() {
                write!(f, "{}{}", if i > 0 { ", " } else { "" }, name(*argument))?;
            }
            f.write_str(")")?;
            self.filter.map_or(Ok(()), |filter| write!(f, " FILTER {}", name(filter)))
        })
    }

    /// Names of the functions of some calls.
    pub fn names(positions: &[usize], calls: &[Self]) -> String {
        let names: Vec<&str> = positions.iter().map(|call| calls[*call].function.name()).collect();
        names.join(", ")
    }

    pub(crate) fn is_extreme(&self) -> bool {
        matches!(self.function, AggregateFunction::Min | AggregateFunction::Max)
    }

    /// What is kept for a group; `retracts` says that rows may be taken back.
    pub fn accumulator(&self, input: &Schema, retracts: bool) -> Accumulator {
        let argument = |i: usize, name: &str| Column {
            name: name.to_owned(),
            nullable: true,
            ..input.columns[self.arguments[i]].clone()
        };
        let count = || Column::new("count", LogicalType::BigInt, true);
        let columns = |columns| Accumulator { columns, values: None };
        let values =
            |form, columns, order| Accumulator { columns: Vec::new(), values: Some((form, columns, order)) };
        match self.function {
            AggregateFunction::Count | AggregateFunction::RowNumber => columns(vec![count()]),
            AggregateFunction::Lag => {
                let default = self.arguments.get(2).map(|_| argument(2, "default"));
                let offset = Column::new("offset", LogicalType::BigInt, true);
                Accumulator {
                    columns: std::iter::once(offset).chain(default).collect(),
                    values: Some((StateForm::Ordered, vec![argument(0, "value")], Vec::new())),
                }
            }
            AggregateFunction::SumOver => {
                columns(vec![Column::new("sum", self.result.clone(), true), count()])
            }
            AggregateFunction::Sum if retracts => {
                columns(vec![Column::new("sum", self.result.clone(), true), count()])
            }
            AggregateFunction::Sum | AggregateFunction::Sum0 => {
                columns(vec![Column::new("sum", self.result.clone(), true)])
            }
            AggregateFunction::Avg => {
                let sum = average_sum(&input.columns[self.arguments[0]].logical_type);
                columns(vec![Column::new("sum", sum, true), count()])
            }
            AggregateFunction::Min | AggregateFunction::Max if retracts => {
                // NULLs are no values.
                let value = Column { nullable: false, ..argument(0, "value") };
                values(StateForm::Counted, vec![value], vec![0])
            }
            AggregateFunction::FirstValue | AggregateFunction::LastValue if retracts => {
                values(StateForm::Ordered, vec![argument(0, "value")], Vec::new())
            }
            AggregateFunction::Min
            | AggregateFunction::Max
            | AggregateFunction::FirstValue
            | AggregateFunction::LastValue => columns(vec![argument(0, "value")]),
            AggregateFunction::ListAgg if retracts => {
                let kept = self.arguments.iter().enumerate();
                let kept = kept.map(|(i, _)| argument(i, ["value", "separator"][i])).collect();
                values(StateForm::Ordered, kept, Vec::new())
            }
            AggregateFunction::ListAgg => columns(vec![Column::new("list", self.result.clone(), true)]),
            AggregateFunction::Collect => values(StateForm::Counted, vec![argument(0, "value")], Vec::new()),
            AggregateFunction::JsonArrayAgg { .. } => {
                values(StateForm::Ordered, vec![argument(0, "value")], Vec::new())
            }
            AggregateFunction::JsonObjectAgg { .. } => {
                values(StateForm::Ordered, vec![argument(0, "key"), argument(1, "value")], vec![0])
            }
            AggregateFunction::SingleValue => columns(vec![argument(0, "value"), count()]),
        }
    }

    /// The columns that tell rows of a DISTINCT call apart.
    pub fn distinct_columns(&self, input: &Schema) -> Vec<Column> {
        let column = |(i, argument): (usize, &usize)| Column {
            name: format!("value{i}"),
            nullable: true,
            ..input.columns[*argument].clone()
        };
        self.arguments.iter().enumerate().map(column).collect()
    }
}

/// The type in which AVG sums (Flink `AvgAggFunction`): integers as BIGINT, floats as DOUBLE, decimals with all digits.
pub fn average_sum(argument: &LogicalType) -> LogicalType {
    match argument {
        LogicalType::Decimal { scale, .. } => LogicalType::Decimal { precision: 38, scale: *scale },
        LogicalType::Float | LogicalType::Double => LogicalType::Double,
        _ => LogicalType::BigInt,
    }
}
