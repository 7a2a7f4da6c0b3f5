//! Match: rows that follow each other as a pattern says (Flink `StreamExecMatch`).

use std::collections::BTreeSet;

use streamsql_core::{Column, OrderColumn, Schema};
use streamsql_plan::{
    AfterMatch, AggregateCall as PlanCall, MatchRecognize, NodeKind, PatternVariable, StateRetention,
    StateTable, TimeAttribute, TimeDomain,
};
use streamsql_sql::settings::Settings;

use super::{Node, NodeOp, Rules, WhyNot, group_aggregate, key_names, only, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::{Emitter, exprs};
use crate::error::PlanError;
use crate::logical::{self, AggregateCall, MatchExpr, MatchRead, RelColumn, Scalar};
use crate::properties::identity;
use crate::prune::{Pruned, moved, narrowed, prune};

#[derive(Clone)]
pub struct Match {
    /// Columns of the input.
    pub partition: Vec<usize>,
    pub domain: TimeDomain,
    pub time: usize,
    pub ties: Vec<OrderColumn>,
    pub pattern: Vec<PatternVariable>,
    pub definitions: Vec<Option<MatchExpr>>,
    pub measures: Vec<MatchExpr>,
    pub skip: AfterMatch,
    pub within_ms: Option<i64>,
}

/// # Errors
/// The order begins with something else than a time.
pub fn choose(input: Node, matched: &logical::Match, columns: &[RelColumn]) -> Result<Node, WhyNot> {
    let values = matched.order.iter().map(|key| key.value.clone()).collect();
    let (input, order) = with_key_columns(input, values);
    let domain = match order.first().and_then(|column| input.columns[*column].time) {
        Some(TimeAttribute::Rowtime) => TimeDomain::EventTime,
        Some(TimeAttribute::Proctime) => TimeDomain::ProcessingTime,
        None => return Err("MATCH_RECOGNIZE is ordered by a time attribute first".into()),
    };
    let ties = order.iter().zip(&matched.order).skip(1).map(|(column, key)| OrderColumn {
        column: *column,
        descending: !key.ascending,
        nulls_last: !key.nulls_first,
    });
    let op = NodeOp::Match(Match {
        partition: matched.partition.clone(),
        domain,
        time: order[0],
        ties: ties.collect(),
        pattern: matched.pattern.clone(),
        definitions: matched.definitions.clone(),
        measures: matched.measures.clone(),
        skip: matched.skip,
        within_ms: matched.within_ms,
    });
    Ok(Node::new(op, vec![input], columns.to_vec()))
}

impl Match {
    fn expressions(&self) -> impl Iterator<Item = &MatchExpr> {
        self.definitions.iter().flatten().chain(&self.measures)
    }
}

/// What an expression reads of the input's rows.
fn inputs_of(expr: &MatchExpr) -> impl Iterator<Item = &Scalar> {
    expr.reads.iter().flat_map(|read| match read {
        MatchRead::Row { value, .. } => std::slice::from_ref(value),
        MatchRead::Aggregate { call, .. } => call.arguments.as_slice(),
        MatchRead::Rowtime(_) => &[],
    })
}

/// The expression over a pruned input.
fn over_pruned(expr: &MatchExpr, map: &[Option<usize>]) -> MatchExpr {
    let read = |read: &MatchRead| match read {
        MatchRead::Row { variable, row, value } => {
            MatchRead::Row { variable: *variable, row: *row, value: moved(value, map) }
        }
        MatchRead::Aggregate { variable, call } => {
            let arguments = call.arguments.iter().map(|argument| moved(argument, map)).collect();
            MatchRead::Aggregate { variable: *variable, call: AggregateCall { arguments, ..call.clone() } }
        }
        MatchRead::Rowtime(logical_type) => MatchRead::Rowtime(logical_type.clone()),
    };
    MatchExpr { value: expr.value.clone(), reads: expr.reads.iter().map(read).collect() }
}

/// As the dataflow has it: the columns that the expression is over are named after what they are.
fn emitted(
    expr: &MatchExpr,
    pattern: &[PatternVariable],
    input: &Schema,
) -> Result<streamsql_plan::MatchExpr, PlanError> {
    let mut columns = Vec::with_capacity(expr.reads.len());
    let mut reads = Vec::with_capacity(expr.reads.len());
    let name = |column: usize| input.columns.get(column).map_or_else(String::new, |c| c.name.clone());
    let of = |variable: &Option<usize>| variable.map_or("", |variable| pattern[variable].name.as_str());
    for read in &expr.reads {
        let (text, logical_type, read) = match read {
            MatchRead::Row { variable, row, value } => {
                let (word, offset) = match row {
                    streamsql_plan::RowOf::First(offset) => ("FIRST", offset),
                    streamsql_plan::RowOf::Last(offset) => ("LAST", offset),
                };
                let of = if variable.is_some() { format!("{}.", of(variable)) } else { String::new() };
                let column = value.as_column().ok_or("an expression over a match reads no column")?;
                let text = format!("{word}({of}{}, {offset})", name(column));
                let read = streamsql_plan::MatchRead::Row { variable: *variable, row: *row, column };
                (text, value.logical_type.clone(), read)
            }
            MatchRead::Aggregate { variable, call } => {
                let variable_name = of(variable);
                let qualified = |column: usize| match variable {
                    Some(_) => format!("{variable_name}.{}", name(column)),
                    None => name(column),
                };
                let arguments: Vec<String> =
                    call.arguments.iter().map(|argument| argument.text(&qualified)).collect();
                let shown =
                    if arguments.is_empty() { format!("{variable_name}.*") } else { arguments.join(", ") };
                let text = format!("{}({shown})", call.function);
                let read = streamsql_plan::MatchRead::Aggregate {
                    variable: *variable,
                    arguments: exprs(&call.arguments, input)?,
                    call: plan_call(call)?,
                };
                (text, call.result.clone(), read)
            }
            MatchRead::Rowtime(logical_type) => {
                let read = streamsql_plan::MatchRead::Rowtime(logical_type.clone());
                ("MATCH_ROWTIME()".to_owned(), logical_type.clone(), read)
            }
        };
        columns.push(Column::new(text, logical_type, true));
        reads.push(read);
    }
    Ok(streamsql_plan::MatchExpr { value: expr.value.to_expr(&Schema::new(columns))?, reads })
}

fn plan_call(call: &AggregateCall) -> Result<PlanCall, PlanError> {
    group_aggregate::plan_call(call, (0..call.arguments.len()).collect(), None).map_err(|why| why.0)
}

impl Rules for Match {
    fn name(&self) -> &'static str {
        "Match"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        let pattern: Vec<String> = self.pattern.iter().map(ToString::to_string).collect();
        format!(
            "partitionBy=[{:?}], orderBy=[{:?} ${}], pattern=[{}], after=[{:?}]",
            self.partition,
            self.domain,
            self.time,
            pattern.join(" "),
            self.skip
        )
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        if inputs[0] != Kinds::INSERT {
            return Err(PlanError::new(
                "MATCH_RECOGNIZE does not take updates, which its input makes, as in Flink",
            )
            .about("MATCH_RECOGNIZE"));
        }
        Ok(Kinds::INSERT)
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let width = self.partition.len();
        let keep: Vec<usize> =
            (0..node.columns.len()).filter(|column| *column < width || required.contains(column)).collect();
        let measures: Vec<&MatchExpr> = keep
            .iter()
            .filter(|column| **column >= width)
            .map(|column| &self.measures[column - width])
            .collect();
        let mut needed: BTreeSet<usize> = self.partition.iter().copied().collect();
        needed.insert(self.time);
        needed.extend(self.ties.iter().map(|tie| tie.column));
        for expr in self.definitions.iter().flatten().chain(measures.iter().copied()) {
            inputs_of(expr).for_each(|scalar| scalar.collect_columns(&mut needed));
        }
        let (input, map) = prune(&node.inputs[0], &needed)?;
        let at = |column: &usize| map[*column].unwrap_or(*column);
        let op = NodeOp::Match(Self {
            partition: self.partition.iter().map(at).collect(),
            time: at(&self.time),
            ties: self.ties.iter().map(|tie| OrderColumn { column: at(&tie.column), ..*tie }).collect(),
            definitions: self
                .definitions
                .iter()
                .map(|definition| definition.as_ref().map(|definition| over_pruned(definition, &map)))
                .collect(),
            measures: measures.into_iter().map(|measure| over_pruned(measure, &map)).collect(),
            ..self.clone()
        });
        // Rows are kept with all columns of the input: those that nobody reads go before.
        let width = input.columns.len();
        let wanted: Vec<usize> = needed.iter().map(at).collect();
        if wanted.len() < width && wanted.iter().copied().eq(0..wanted.len()) {
            let narrow = only(input, 0..wanted.len());
            return Ok(narrowed(node, op, vec![narrow], &keep));
        }
        Ok(narrowed(node, op, vec![input], &keep))
    }

    fn distribution(&self, _port: usize) -> Distribution {
        Distribution::keyed(&self.partition)
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        self.partition.iter().position(|key| *key == column)
    }

    fn emit(&self, node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let input = node.inputs[0].schema();
        let expr = |expr: &MatchExpr| emitted(expr, &self.pattern, &input);
        Ok(NodeKind::Match(MatchRecognize {
            partition: self.partition.clone(),
            domain: self.domain,
            time: self.time,
            ties: self.ties.clone(),
            pattern: self.pattern.clone(),
            definitions: self
                .definitions
                .iter()
                .map(|definition| definition.as_ref().map(expr).transpose())
                .collect::<Result<_, _>>()?,
            measures: self.measures.iter().map(expr).collect::<Result<_, _>>()?,
            skip: self.skip,
            within_ms: self.within_ms,
        }))
    }

    fn state(&self, node: &Node, _settings: &Settings) -> Vec<StateTable> {
        let columns = &node.inputs[0].columns;
        let keys = key_names(columns, &self.partition);
        let until = |delay_ms| match self.domain {
            TimeDomain::EventTime => StateRetention::Watermark { delay_ms },
            TimeDomain::ProcessingTime => StateRetention::Forever,
        };
        let partial = match self.within_ms {
            Some(within_ms) if within_ms > 0 => until(within_ms),
            _ => StateRetention::Forever,
        };
        let table =
            |name: &str, holds: String, retention| StateTable { name: name.to_owned(), holds, retention };
        let by = format!("({keys}) -> rows by {}", columns[self.time].name);
        vec![
            table("waiting", by, until(0)),
            table("rows", format!("({keys}) -> rows of partial matches"), partial.clone()),
            table("partial", format!("({keys}) -> partial matches"), partial),
        ]
    }

    fn identity(&self) -> Option<String> {
        let scalars =
            || self.expressions().flat_map(|expr| std::iter::once(&expr.value).chain(inputs_of(expr)));
        let mut text = identity::of(scalars(), false)?;
        for expr in self.expressions() {
            for read in &expr.reads {
                text.push_str(&match read {
                    MatchRead::Row { variable, row, .. } => format!("{variable:?} {row:?};"),
                    MatchRead::Aggregate { variable, call } => format!("{variable:?} {};", call.function),
                    MatchRead::Rowtime(_) => "rowtime;".to_owned(),
                });
            }
        }
        let defined: Vec<bool> = self.definitions.iter().map(Option::is_some).collect();
        let Self { partition, domain, time, ties, pattern, skip, within_ms, .. } = self;
        Some(format!(
            "{partition:?} {domain:?} {time} {ties:?} {pattern:?} {defined:?} {skip:?} {within_ms:?} {text}"
        ))
    }
}
