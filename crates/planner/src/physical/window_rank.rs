//! WindowRank, WindowDeduplicate: the first rows of each partition of a window, given when the window is complete (Flink
//! `StreamExecWindowRank`, `StreamExecWindowDeduplicate`).

use std::collections::BTreeSet;

use streamsql_core::{LogicalType, OrderColumn};
use streamsql_plan::{Keep, NodeKind, RankRange, StateRetention, StateTable, TimeAttribute};
use streamsql_sql::settings::Settings;

use super::deduplicate::with_constant_number;
use super::rank::has_order;
use super::{Node, NodeOp, Rules, calc, key_names, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Columns, Rank, Rel, Scalar, computed_below, plain, projected};
use crate::properties::window::{self, Windows};
use crate::prune::{Pruned, exactly, narrowed, prune};

#[derive(Clone, Debug)]
pub struct WindowRank {
    pub windows: Windows,
    /// Columns of the input.
    pub start: usize,
    pub end: usize,
    pub partition: Vec<usize>,
    pub order: Vec<OrderColumn>,
    pub from: i64,
    pub to: i64,
    /// Columns of the input: the number stands behind them.
    pub width: usize,
    /// Whether the number is a column.
    pub number: bool,
    pub keep: Option<Keep>,
}

/// The rank, where its partitions are those of a window.
///
/// # Errors
/// Windows of processing time, and what is wrong below.
pub fn choose(rel: &Rel, rank: &Rank) -> Result<Option<Node>, PlanError> {
    let input = &rel.inputs[0];
    let Some(windows) = window::ranked_by(input, rank) else { return Ok(None) };
    let RankRange::Constant { from, to } = rank.range else { return Ok(None) };
    let bare: BTreeSet<usize> = rank.partition.iter().filter_map(Scalar::as_column).collect();
    let input = super::choose(input)?;
    if windows.attribute == TimeAttribute::Proctime {
        let error = PlanError::new(
            "a Top-N or deduplication of windows of processing time is not supported, as in Flink",
        );
        return Err(error.about("ROW_NUMBER"));
    }
    if let Some(key) = rank.order.iter().find(|key| !has_order(&key.value.logical_type)) {
        let what = format!("ORDER BY a value of type {} is not supported", key.value.logical_type);
        return Err(PlanError::new(what).about("ORDER"));
    }
    let known = (from == to).then_some(from);
    let keep = match rank.order.as_slice() {
        [key] if (from, to) == (1, 1) => projected(&key.value, String::new(), &input.columns)
            .time
            .map(|_| if key.ascending { Keep::First } else { Keep::Last }),
        _ => None,
    };
    let width = input.columns.len();
    let values = rank.partition.iter().chain(rank.order.iter().map(|key| &key.value)).cloned().collect();
    let (input, mut columns) = with_key_columns(input, values);
    let sorted = columns.split_off(rank.partition.len());
    let order = sorted.into_iter().zip(&rank.order).map(|(column, key)| OrderColumn {
        column,
        // Of a deduplication the time decides, and whether a later row of the same time replaces.
        descending: !key.ascending && keep.is_none(),
        nulls_last: !key.nulls_first && keep.is_none(),
    });
    let named = |bounds: &BTreeSet<usize>| bare.intersection(bounds).next().copied().unwrap_or_default();
    let op = WindowRank {
        start: named(&windows.start),
        end: named(&windows.end),
        windows,
        partition: columns,
        order: order.collect(),
        from,
        to,
        width: input.columns.len(),
        number: known.is_none(),
        keep,
    };
    let mut columns = computed_below(&input.columns);
    let is_numbered = op.number;
    if is_numbered {
        columns.push(plain("rn", LogicalType::BigInt, false));
    }
    let node = Node::new(NodeOp::WindowRank(op), vec![input], columns);
    if let Some(number) = known {
        return Ok(Some(with_constant_number(node, width, number)));
    }
    let (mut project, mut names) = (node.references(), node.names());
    let number = project.len() - 1;
    if number > width {
        // Computed keys are not shown.
        project.drain(width..number);
        names.drain(width..number);
        return Ok(Some(calc::named(node, project, names)));
    }
    Ok(Some(node))
}

impl Rules for WindowRank {
    fn name(&self) -> &'static str {
        if self.keep.is_some() { "WindowDeduplicate" } else { "WindowRank" }
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        let Self { partition, order, from, to, .. } = self;
        format!(
            "partitionBy=[{partition:?}], orderBy=[{order:?}], range=[{from}..{to}], keep=[{:?}]",
            self.keep
        )
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        if inputs[0] != Kinds::INSERT {
            let error = format!("{} does not take updates, which its input makes", self.name());
            return Err(PlanError::new(error).about("ROW_NUMBER"));
        }
        Ok(Kinds::INSERT)
    }

    /// Equal rows stand in the order of their arrival.
    fn settle_order(&mut self, _matters: bool) -> bool {
        true
    }

    fn upsert_keys(&self, _inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        match (self.from == self.to, self.number) {
            (true, _) => vec![self.partition.clone()],
            (false, true) => vec![self.partition.iter().copied().chain([self.width]).collect()],
            (false, false) => Vec::new(),
        }
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let number = self.number && required.contains(&self.width);
        let mut needed: BTreeSet<usize> = required.iter().copied().filter(|c| *c < self.width).collect();
        needed.extend(&self.partition);
        needed.extend(self.order.iter().map(|order| order.column));
        let (input, map) = prune(&node.inputs[0], &needed)?;
        let input = exactly(input, &map, &needed, &node.inputs[0]);
        let mut keep: Vec<usize> = needed.iter().copied().collect();
        let at = |old: usize| keep.iter().position(|k| *k == old).unwrap_or(old);
        let op = Self {
            start: at(self.start),
            end: at(self.end),
            partition: self.partition.iter().map(|column| at(*column)).collect(),
            order: self.order.iter().map(|o| OrderColumn { column: at(o.column), ..*o }).collect(),
            width: keep.len(),
            number,
            ..self.clone()
        };
        if number {
            keep.push(self.width);
        }
        Ok(narrowed(node, NodeOp::WindowRank(op), vec![input], &keep))
    }

    fn distribution(&self, _port: usize) -> Distribution {
        Distribution::keyed(&self.partition)
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let Self { start, end, partition, order, from, to, number, keep, .. } = self.clone();
        let windows = self.windows.windowing();
        Ok(NodeKind::WindowRank(streamsql_plan::WindowRank {
            windows,
            start,
            end,
            partition,
            order,
            from,
            to,
            number,
            keep,
        }))
    }

    fn state(&self, node: &Node, _settings: &Settings) -> Vec<StateTable> {
        let keys = key_names(&node.inputs[0].columns, &self.partition);
        let rows =
            if self.to == 1 { "one row".to_owned() } else { format!("the first {} rows in order", self.to) };
        let (name, holds) = ("rows".to_owned(), format!("({keys}) -> {rows}"));
        vec![StateTable { name, holds, retention: StateRetention::Watermark { delay_ms: 0 } }]
    }

    fn identity(&self) -> Option<String> {
        Some(format!("{self:?}"))
    }
}
