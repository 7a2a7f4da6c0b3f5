//! Rank, SortLimit and Limit: the rows of each partition whose number in its order is within a range (Flink
//! `StreamExecRank`, `StreamExecSortLimit`, `StreamExecLimit`).

use std::collections::BTreeSet;

use streamsql_core::{LogicalType, OrderColumn};
use streamsql_plan::{NodeKind, RankForm, RankRange, RankStrategy, StateTable, TimeAttribute};
use streamsql_sql::settings::Settings;

use super::deduplicate::with_constant_number;
use super::sink_materializer::retention;
use super::{Node, NodeOp, Rules, WhyNot, calc, key_names, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Columns, Limit, Over, Scalar, SortKey, computed_below, plain, projected};
use crate::properties::monotonicity::{self, Monotonicity};
use crate::properties::upsert_keys;
use crate::prune::{Pruned, exactly, prune, prune_query};

#[derive(Clone, Debug)]
pub struct Rank {
    pub form: RankForm,
    /// Columns of the input.
    pub partition: Vec<usize>,
    pub order: Vec<OrderColumn>,
    pub range: RankRange,
    /// Columns of the input: the number stands behind them.
    pub width: usize,
    /// Whether somebody reads the number, which is a column then or until that is settled.
    pub number: bool,
    /// Settled by the changelog pass, as the next one.
    pub strategy: RankStrategy,
    pub emit_update_before: bool,
}

/// # Errors
/// The order is by a type that has none.
pub fn choose(input: Node, rank: &crate::logical::Rank) -> Result<Node, WhyNot> {
    let width = input.columns.len();
    // A range of one number need not be told which it is.
    let known = match rank.range {
        RankRange::Constant { from, to } if from == to => Some(from),
        RankRange::Constant { to, .. } if to < 1 => return Err(WhyNot(end_below_one())),
        _ => None,
    };
    let (partition, order, range) = (&rank.partition, &rank.order, rank.range);
    let node = ranked(input, RankForm::Rank, partition, order, range, known.is_none())?;
    if let Some(number) = known {
        return Ok(with_constant_number(node, width, number));
    }
    let (mut project, mut names) = (node.references(), node.names());
    let number = project.len() - 1;
    if number > width {
        // Computed keys are not shown.
        project.drain(width..number);
        names.drain(width..number);
        return Ok(calc::named(node, project, names));
    }
    Ok(node)
}

/// ORDER BY with LIMIT.
///
/// # Errors
/// There is no end, or the order is by a type that has none.
pub fn sort_limit(input: Node, order: &[SortKey], limit: &Limit) -> Result<Node, WhyNot> {
    let width = input.columns.len();
    let node = ranked(input, RankForm::SortLimit, &[], order, range_of(limit)?, false)?;
    Ok(if node.columns.len() > width { super::only(node, 0..width) } else { node })
}

/// LIMIT without an order.
///
/// # Errors
/// There is no end.
pub fn limit(input: Node, limit: &Limit) -> Result<Node, WhyNot> {
    ranked(input, RankForm::Limit, &[], &[], range_of(limit)?, false)
}

fn range_of(limit: &Limit) -> Result<RankRange, WhyNot> {
    let Some(fetch) = limit.fetch else {
        let error =
            PlanError::new("OFFSET without LIMIT or FETCH is not supported on a stream, which has no end");
        return Err(WhyNot(error.hint("say how many rows are wanted: LIMIT n OFFSET m").about("OFFSET")));
    };
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let from = number(limit.offset).saturating_add(1);
    Ok(RankRange::Constant { from, to: number(limit.offset.saturating_add(fetch)) })
}

/// The node with the keys that must be computed; with the number behind them where it is a column.
fn ranked(
    input: Node,
    form: RankForm,
    partition: &[Scalar],
    order: &[SortKey],
    range: RankRange,
    number: bool,
) -> Result<Node, WhyNot> {
    if let Some(key) = order.iter().find(|key| !has_order(&key.value.logical_type)) {
        let what = format!("ORDER BY a value of type {} is not supported", key.value.logical_type);
        return Err(WhyNot(PlanError::new(what).about("ORDER")));
    }
    // Processing time is the same for all rows to Flink, in either direction: order of arrival decides.
    let of_arrival = |key: &&SortKey| {
        projected(&key.value, String::new(), &input.columns).time == Some(TimeAttribute::Proctime)
    };
    let order: Vec<&SortKey> = order.iter().filter(|key| !of_arrival(key)).collect();
    let values = partition.iter().chain(order.iter().map(|key| &key.value)).cloned().collect();
    let (input, mut columns) = with_key_columns(input, values);
    let sorted = columns.split_off(partition.len());
    let order = sorted.into_iter().zip(order).map(|(column, key)| OrderColumn {
        column,
        descending: !key.ascending,
        nulls_last: !key.nulls_first,
    });
    let op = Rank {
        form,
        partition: columns,
        order: order.collect(),
        range,
        width: input.columns.len(),
        number,
        strategy: RankStrategy::Retract,
        emit_update_before: true,
    };
    let mut columns = computed_below(&input.columns);
    if number {
        columns.push(plain("rn", LogicalType::BigInt, false));
    }
    Ok(Node::new(NodeOp::Rank(op), vec![input], columns))
}

pub fn has_order(logical_type: &LogicalType) -> bool {
    !matches!(
        logical_type,
        LogicalType::Array(..) | LogicalType::Map(..) | LogicalType::Multiset(..) | LogicalType::Row(..)
    )
}

fn end_below_one() -> PlanError {
    PlanError::new("the row number of a Top-N is at least 1, so this condition lets no row through")
        .about("ROW_NUMBER")
}

/// Why a number under a lower bound alone is none (Flink `FlinkLogicalRankRuleForRangeEnd`).
pub fn no_end(over: &Over) -> PlanError {
    let (line, column) = over.at;
    let error = PlanError::new(
        "ROW_NUMBER() over a stream needs an upper bound for its number, which a condition with AND gives",
    );
    error.hint("write WHERE rn <= 10 around the SELECT that numbers the rows").or_at(line, column)
}

/// Tells the ranks under a root whether somebody reads their numbers.
///
/// # Errors
/// As those of pruning.
pub fn settle_numbers(mut root: Node) -> Result<Node, PlanError> {
    if !has_rank(&root) {
        return Ok(root);
    }
    let mut numbers = Vec::new();
    collect_numbers(&prune_query(&root)?, &mut numbers);
    numbers.reverse();
    settle(&mut root, &mut numbers);
    Ok(root)
}

fn has_rank(node: &Node) -> bool {
    matches!(node.op, NodeOp::Rank(_)) || node.inputs.iter().any(has_rank)
}

fn collect_numbers(node: &Node, numbers: &mut Vec<bool>) {
    if let NodeOp::Rank(rank) = &node.op {
        numbers.push(rank.number);
    }
    node.inputs.iter().for_each(|input| collect_numbers(input, numbers));
}

/// `numbers` are those of the ranks from the root down, the next one last.
fn settle(node: &mut Node, numbers: &mut Vec<bool>) {
    if let NodeOp::Rank(rank) = &mut node.op {
        rank.number = numbers.pop().unwrap_or(rank.number);
    }
    node.inputs.iter_mut().for_each(|input| settle(input, numbers));
}

/// Whether a node can make its updates without the row before.
fn can_omit_update_before(node: &Node) -> bool {
    match &node.op {
        NodeOp::GroupAggregate(_) | NodeOp::Deduplicate(_) | NodeOp::Rank(_) => true,
        NodeOp::Calc(calc) => calc.condition.is_none() && can_omit_update_before(&node.inputs[0]),
        NodeOp::Correlate(_) | NodeOp::LookupJoin(_) | NodeOp::Expand(_) | NodeOp::Union(_) => {
            node.inputs.iter().all(can_omit_update_before)
        }
        _ => node.mode.is_insert_only(),
    }
}

impl Rank {
    /// Chooses the strategy (Flink `RankProcessStrategy.analyzeRankProcessStrategies`); `input` has its changes settled.
    pub fn settle_strategy(&mut self, input: &Node) {
        self.strategy = if input.mode.is_insert_only() {
            RankStrategy::AppendFast
        } else {
            self.moving_key(input).map_or(RankStrategy::Retract, RankStrategy::UpdateFast)
        };
    }

    /// The key of rows that only move up, where there is one.
    fn moving_key(&self, input: &Node) -> Option<Vec<usize>> {
        if self.form == RankForm::Limit || self.order.is_empty() || !can_omit_update_before(input) {
            return None;
        }
        let columns = monotonicity::of(input)?;
        let moves_up = |order: &OrderColumn| match columns[order.column] {
            Monotonicity::Constant => true,
            Monotonicity::Increasing => order.descending,
            Monotonicity::Decreasing => !order.descending,
            Monotonicity::Any => false,
        };
        if !self.order.iter().all(moves_up) {
            return None;
        }
        upsert_keys(input).into_iter().find(|key| self.partition.iter().all(|column| key.contains(column)))
    }

    /// Whether append-only rows are taken in the order of their arrival.
    fn counts(&self) -> bool {
        self.strategy == RankStrategy::AppendFast && self.order.is_empty()
    }

    fn is_first(&self) -> bool {
        self.range == RankRange::Constant { from: 1, to: 1 }
    }
}

impl Rules for Rank {
    fn name(&self) -> &'static str {
        match self.form {
            RankForm::Rank => "Rank",
            RankForm::SortLimit => "SortLimit",
            RankForm::Limit => "Limit",
        }
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        let key = |order: &OrderColumn| {
            let direction = if order.descending { "DESC" } else { "ASC" };
            let nulls = if order.nulls_last == order.descending { "" } else { ", NULLS the other way" };
            format!("${} {direction}{nulls}", order.column)
        };
        let order: Vec<String> = self.order.iter().map(key).collect();
        let range = match self.range {
            RankRange::Constant { from, to } => format!("{from}..{to}"),
            RankRange::Variable(column) => format!("1..${column}"),
        };
        format!(
            "strategy=[{:?}], partitionBy=[{:?}], orderBy=[{}], range=[{range}]",
            self.strategy,
            self.partition,
            order.join(", ")
        )
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        Ok(match self.form {
            RankForm::Limit if inputs[0] == Kinds::INSERT => Kinds::INSERT,
            _ => Kinds::ALL,
        })
    }

    fn settle_update_before(&mut self, needed: bool, _inputs: &[Node]) -> bool {
        self.emit_update_before = needed;
        needed
    }

    /// Equal rows stand in the order of their arrival.
    fn settle_order(&mut self, _matters: bool) -> bool {
        true
    }

    fn makes_updates(&self) -> bool {
        true
    }

    fn needs_update_before(&self, _makes: bool) -> bool {
        self.strategy == RankStrategy::Retract
    }

    /// A number shows one row after the other; a row that moves to another number is another one.
    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        let mut keys = Vec::new();
        if self.number {
            keys.push(self.partition.iter().copied().chain([self.width]).collect());
            return keys;
        }
        if self.is_first() {
            keys.push(self.partition.clone());
        }
        let of_partition = |key: &&Vec<usize>| self.partition.iter().all(|column| key.contains(column));
        keys.extend(inputs[0].iter().filter(of_partition).cloned());
        keys.sort();
        keys.dedup();
        keys
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let number = self.number && required.contains(&self.width);
        let mut needed: BTreeSet<usize> = required.iter().copied().filter(|c| *c < self.width).collect();
        needed.extend(&self.partition);
        needed.extend(self.order.iter().map(|order| order.column));
        if let RankRange::Variable(column) = self.range {
            needed.insert(column);
        }
        if let RankStrategy::UpdateFast(key) = &self.strategy {
            needed.extend(key);
        }
        let (input, map) = prune(&node.inputs[0], &needed)?;
        let input = exactly(input, &map, &needed, &node.inputs[0]);
        let mut keep: Vec<usize> = needed.iter().copied().collect();
        let at = |old: usize| keep.iter().position(|k| *k == old).unwrap_or(old);
        let all = |columns: &[usize]| columns.iter().map(|column| at(*column)).collect::<Vec<_>>();
        let op = Self {
            partition: all(&self.partition),
            order: self.order.iter().map(|o| OrderColumn { column: at(o.column), ..*o }).collect(),
            range: match self.range {
                RankRange::Variable(column) => RankRange::Variable(at(column)),
                constant => constant,
            },
            width: keep.len(),
            number,
            strategy: match &self.strategy {
                RankStrategy::UpdateFast(key) => RankStrategy::UpdateFast(all(key)),
                strategy => strategy.clone(),
            },
            ..self.clone()
        };
        if number {
            keep.push(self.width);
        }
        Ok(crate::prune::narrowed(node, NodeOp::Rank(op), vec![input], &keep))
    }

    fn distribution(&self, _port: usize) -> Distribution {
        Distribution::keyed(&self.partition)
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn emit(&self, _node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        emitter.settings.check_mini_batch_size()?;
        Ok(NodeKind::Rank(streamsql_plan::Rank {
            form: self.form,
            partition: self.partition.clone(),
            order: self.order.clone(),
            range: self.range,
            number: self.number,
            strategy: self.strategy.clone(),
            counts: self.counts(),
            emit_update_before: self.emit_update_before,
            ttl_ms: emitter.settings.duration_ms("table.exec.state.ttl"),
        }))
    }

    fn state(&self, node: &Node, settings: &Settings) -> Vec<StateTable> {
        let keys = key_names(&node.inputs[0].columns, &self.partition);
        let table = |name: &str, holds: String| StateTable {
            name: name.to_owned(),
            holds,
            retention: retention(settings),
        };
        let mut tables = vec![if self.counts() {
            table("counts", format!("({keys}) -> rows so far"))
        } else {
            let rows = match (&self.strategy, self.range) {
                (RankStrategy::Retract, _) => "all rows".to_owned(),
                (_, RankRange::Constant { to: 1, .. }) => "one row".to_owned(),
                (_, RankRange::Constant { to, .. }) => format!("the first {to} rows"),
                (_, RankRange::Variable(_)) => "the first rows".to_owned(),
            };
            table("rows", format!("({keys}) -> {rows} in order"))
        }];
        if let RankRange::Variable(_) = self.range {
            tables.push(table("bounds", format!("({keys}) -> last number")));
        }
        tables
    }

    fn identity(&self) -> Option<String> {
        Some(format!("{self:?}"))
    }
}
