//! Rows of a stream that follow each other as a pattern says.

use std::fmt::{self, Write};

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, Names, TimeDomain};
use crate::aggregate_call::AggregateCall;
use crate::state_layout::{below_key, key_columns};
use crate::{Expr, fingerprint};

/// MATCH_RECOGNIZE. Output: the partition's columns, then the measures; one row a match.
///
/// Source: Flink `StreamExecMatch`, `CepOperator`, `NFA`.
#[derive(Clone, Debug)]
pub struct MatchRecognize {
    /// Columns of the input; empty for one partition of all rows.
    pub partition: Vec<usize>,
    pub domain: TimeDomain,
    /// Column of the time that the rows are ordered by.
    pub time: usize,
    /// Columns that order rows of equal times; then they stand in the order of their arrival.
    pub ties: Vec<OrderColumn>,
    pub pattern: Vec<PatternVariable>,
    /// For each variable what its rows fulfil; none for a variable that takes every row.
    pub definitions: Vec<Option<MatchExpr>>,
    pub measures: Vec<MatchExpr>,
    pub skip: AfterMatch,
    /// All rows of a match lie within less than this.
    pub within_ms: Option<i64>,
}

/// A variable of the pattern and how many rows it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternVariable {
    pub name: String,
    pub least: u32,
    /// None for any number.
    pub most: Option<u32>,
    /// Whether it takes a row that fits it before the next variable may: always for a fixed number of rows.
    pub greedy: bool,
}

/// Where the search for matches goes on behind one. Variables by their positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterMatch {
    PastLastRow,
    ToNextRow,
    ToFirst(usize),
    ToLast(usize),
}

/// An expression over rows of a match: over the columns that `reads` give.
#[derive(Clone, Debug)]
pub struct MatchExpr {
    pub value: Expr,
    pub reads: Vec<MatchRead>,
}

/// A value that an expression over a match reads. Of a condition of DEFINE the match ends with the row that is asked
/// about, as one of the variable that is defined.
#[derive(Clone, Debug)]
pub enum MatchRead {
    /// A column of one row of a variable; of any variable without one. NULL where there is no such row.
    Row { variable: Option<usize>, row: RowOf, column: usize },
    /// An aggregate over the rows of a variable. `arguments` are over the input, the call's own are their positions.
    Aggregate { variable: Option<usize>, arguments: Vec<Expr>, call: AggregateCall },
    /// The time at which the match was found, that of the row that was then looked at, in this type.
    Rowtime(LogicalType),
}

/// Which row of a variable: so many behind its first or before its last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOf {
    First(u32),
    Last(u32),
}

impl fmt::Display for PatternVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match (self.least, self.most) {
            (1, Some(1)) => return Ok(()),
            (0, None) => f.write_str("*")?,
            (1, None) => f.write_str("+")?,
            (0, Some(1)) => f.write_str("?")?,
            (least, None) => write!(f, "{{{least},}}")?,
            (least, Some(most)) if least == most => return write!(f, "{{{least}}}"),
            (least, Some(most)) => write!(f, "{{{least},{most}}}")?,
        }
        f.write_str(if self.greedy { "" } else { "?" })
    }
}

impl MatchRecognize {
    fn pattern_text(&self) -> String {
        self.pattern.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    fn skip_text(&self) -> String {
        let name = |variable: usize| self.pattern.get(variable).map_or("?", |v| v.name.as_str());
        match self.skip {
            AfterMatch::PastLastRow => "SKIP PAST LAST ROW".to_owned(),
            AfterMatch::ToNextRow => "SKIP TO NEXT ROW".to_owned(),
            AfterMatch::ToFirst(variable) => format!("SKIP TO FIRST {}", name(variable)),
            AfterMatch::ToLast(variable) => format!("SKIP TO LAST {}", name(variable)),
        }
    }

    fn key_columns(&self, input: &Schema) -> Vec<Column> {
        key_columns(input, &self.partition)
    }

    fn number(name: &str) -> Column {
        Column::new(name, LogicalType::BigInt, false)
    }

    /// Key -> rows that the watermark has not passed: the input's columns and the time, ms.
    pub fn waiting_layout(&self, input: &Schema) -> StateLayout {
        let mut columns = input.columns.clone();
        columns.push(Self::number("$time"));
        let mut order = vec![OrderColumn::ascending(input.len())];
        order.extend(self.ties.iter().filter(|tie| !self.partition.contains(&tie.column)));
        StateLayout { form: StateForm::Ordered, columns, key: self.partition.clone(), order, ttl_ms: 0 }
    }

    /// Key -> rows of matches that may still come: the input's columns and the row's number.
    pub fn rows_layout(&self, input: &Schema) -> StateLayout {
        let mut columns = input.columns.clone();
        columns.push(Self::number("$number"));
        let order = vec![OrderColumn::ascending(input.len())];
        StateLayout { form: StateForm::Ordered, columns, key: self.partition.clone(), order, ttl_ms: 0 }
    }

    /// Key -> the time, ms, at which the key is looked at next, and the order in which the times were set.
    pub fn timers_layout(&self, input: &Schema) -> StateLayout {
        self.one(input, [Self::number("$time"), Self::number("$order")])
    }

    /// Key -> the number of its next row, the time of its last one, and the partial matches.
    pub fn partial_layout(&self, input: &Schema) -> StateLayout {
        let partial = Column::new("$partial", LogicalType::BYTES, false);
        self.one(input, [Self::number("$next"), Self::number("$last"), partial])
    }

    fn one(&self, input: &Schema, values: impl IntoIterator<Item = Column>) -> StateLayout {
        below_key(&self.key_columns(input), StateForm::One, values.into_iter().collect(), &[], 0)
    }
}

impl Describe for MatchRecognize {
    fn name(&self) -> &'static str {
        "Match"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let mut list = Vec::new();
        if !self.partition.is_empty() {
            list.push(("partitionBy", names.of_input(0, &self.partition)));
        }
        let mut order = format!("{} ASC", names.of_input(0, &[self.time]));
        for tie in &self.ties {
            let direction = if tie.descending { "DESC" } else { "ASC" };
            let _ = write!(order, ", {} {direction}", names.of_input(0, &[tie.column]));
        }
        list.push(("orderBy", order));
        let measures = self.measures.iter().zip(&names.output[self.partition.len()..]);
        let measures = measures.map(|(measure, name)| format!("FINAL({}) AS {name}", measure.value.text));
        list.push(("measures", measures.collect::<Vec<_>>().join(", ")));
        list.push(("rowsPerMatch", "ONE ROW PER MATCH".to_owned()));
        list.push(("after", self.skip_text()));
        list.push(("pattern", self.pattern_text()));
        if let Some(within) = self.within_ms {
            list.push(("within", format!("{within} ms")));
        }
        let defined = self.pattern.iter().zip(&self.definitions);
        let define = defined.filter_map(|(variable, definition)| {
            let definition = definition.as_ref()?;
            Some(format!("{}={}", variable.name, definition.value.text))
        });
        list.push(("define", format!("{{{}}}", define.collect::<Vec<_>>().join(", "))));
        list
    }

    fn fingerprint(&self) -> String {
        let Self { partition, domain, time, ties, skip, within_ms, .. } = self;
        let mut text =
            format!(" keys={partition:?} {domain:?} time={time} ties={ties:?} {skip:?} within={within_ms:?}");
        for PatternVariable { least, most, greedy, .. } in &self.pattern {
            let _ = write!(text, " {least}..{most:?} {greedy}");
        }
        // Measures are computed anew from the rows; conditions have decided what is kept.
        for definition in &self.definitions {
            match definition {
                Some(definition) => definition.write_fingerprint(&mut text),
                None => text.push_str(" any"),
            }
        }
        text
    }
}

impl MatchExpr {
    fn write_fingerprint(&self, text: &mut String) {
        let _ = write!(text, " [{}", self.value.canonical);
        for read in &self.reads {
            let _ = match read {
                MatchRead::Row { variable, row, column } => {
                    write!(text, " {variable:?} {row:?} ${column}")
                }
                MatchRead::Aggregate { variable, arguments, call } => {
                    let arguments = fingerprint::exprs(arguments);
                    write!(text, " {variable:?} {}({arguments}) {:?}", call.function.name(), call.arguments)
                }
                MatchRead::Rowtime(logical_type) => write!(text, " rowtime {logical_type}"),
            };
        }
        text.push(']');
    }
}
