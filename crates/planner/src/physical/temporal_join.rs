//! TemporalJoin: a versioned table as it was at each left row's time (Flink `StreamPhysicalTemporalJoinRule`,
//! `TemporalJoinRewriteWithUniqueKeyRule`).

use std::collections::BTreeSet;

use streamsql_core::{ChangelogMode, LogicalType};
use streamsql_plan::{JoinKind, NodeKind, StateRetention, StateTable, TimeAttribute};
use streamsql_sql::connectors;
use streamsql_sql::settings::Settings;

use super::{Node, NodeOp, Rules, WhyNot, equality, join_type, key_names, only, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::scalar::conjunction;
use crate::logical::{AsOf, Join, RelColumn, Scalar, equal_columns, joined_columns};
use crate::properties::{identity, upsert_keys};
use crate::prune::{Pruned, exactly, prune, split};

#[derive(Clone)]
pub struct TemporalJoin {
    pub kind: JoinKind,
    left_time: usize,
    right_time: usize,
    left_keys: Vec<usize>,
    right_keys: Vec<usize>,
    /// Of the right columns.
    primary_key: Vec<usize>,
    pub residual: Option<Scalar>,
    /// Settled by the changelog pass.
    left_updates: bool,
}

/// # Errors
/// The right side is no versioned table, or the condition does not name its key.
pub fn choose(left: Node, right: Node, join: &Join, as_of: &AsOf) -> Result<Node, WhyNot> {
    let refused =
        |what: String| PlanError::new(format!("FOR SYSTEM_TIME AS OF {}: {what}", as_of.text)).about("FOR");
    if !matches!(join.kind, JoinKind::Inner | JoinKind::Left) {
        return Err(WhyNot(refused("a temporal join is INNER or LEFT".to_owned())));
    }
    let rowtimes = |node: &Node| -> Vec<usize> {
        let is_rowtime = |i: &usize| node.columns[*i].time == Some(TimeAttribute::Rowtime);
        (0..node.columns.len()).filter(is_rowtime).collect()
    };
    let right_time = match rowtimes(&right).as_slice() {
        [one] => *one,
        found => {
            let found = if found.is_empty() { "none" } else { "several" };
            let hint = match looked_up(&right) {
                true => {
                    "a table that is looked up wants a processing time of the left side: a column AS PROCTIME()"
                }
                false => "give the table a WATERMARK, and let the view pass that column as it is",
            };
            return Err(WhyNot(
                refused(format!("the right side must have one rowtime attribute and has {found}")).hint(hint),
            ));
        }
    };
    let (left_type, right_type) =
        (&left.columns[as_of.column].logical_type, &right.columns[right_time].logical_type);
    if is_local(left_type) != is_local(right_type) {
        return Err(WhyNot(
            refused(format!("the time of the left side is {left_type}, that of the right one {right_type}"))
                .hint("both must be TIMESTAMP or both TIMESTAMP_LTZ"),
        ));
    }
    if is_filtered_table(&right) {
        let what = "the right side is a filtered table: rows that the filter drops would not end the versions before them";
        return Err(WhyNot(
            refused(what.to_owned())
                .hint("join the whole table and put the condition into ON, or into WHERE"),
        ));
    }
    if !as_of.keyed {
        let what = "the join has no key: Flink takes ON with a column of the left side that equals one of the right side";
        return Err(WhyNot(refused(what.to_owned()).hint(
            "compare columns of the same type; what must be computed or cast for it, compute in a view",
        )));
    }
    let width = left.columns.len();
    let named: Vec<usize> = join
        .on
        .iter()
        .filter_map(|condition| equal_columns(condition, width))
        .map(|(_, right)| right)
        .collect();
    let Some(primary_key) = upsert_keys(&right).into_iter().min_by_key(Vec::len) else {
        return Err(WhyNot(
            refused("the right side must have a primary key and none can be found".to_owned()).hint(
                "declare PRIMARY KEY (…) NOT ENFORCED on the table, or read a view of its last row a key: \
                 ROW_NUMBER() OVER (PARTITION BY key ORDER BY time DESC) = 1",
            ),
        ));
    };
    if let Some(missing) = primary_key.iter().find(|column| !named.contains(column)) {
        return Err(WhyNot(
            refused(format!(
                "the primary key of the right side, ({}), must be in the equalities of the condition; {} is not",
                key_names(&right.columns, &primary_key),
                right.columns[*missing].name
            ))
            .hint("compare each column of the key with a column of the left side, of the same type"),
        ));
    }
    let (mut equalities, mut residual) = (Vec::new(), Vec::new());
    for condition in &join.on {
        match equality(condition, width, &["=", "IS NOT DISTINCT FROM"]) {
            Some(pair) => equalities.push(pair),
            None => residual.push(condition.clone()),
        }
    }
    let (left_values, right_values): (Vec<Scalar>, Vec<Scalar>) = equalities.into_iter().unzip();
    let right_values = right_values.iter().map(|value| value.shift(&|c| c - width)).collect();
    let right_width = right.columns.len();
    let (left, left_keys) = with_key_columns(left, left_values);
    let (right, right_keys) = with_key_columns(right, right_values);
    let new_width = left.columns.len();
    let residual =
        conjunction(residual).map(|r| r.shift(&|c| if c < width { c } else { c - width + new_width }));
    let columns = join.columns(&left.columns, &right.columns);
    let op = NodeOp::TemporalJoin(TemporalJoin {
        kind: join.kind,
        left_time: as_of.column,
        right_time,
        left_keys,
        right_keys,
        primary_key,
        residual,
        left_updates: false,
    });
    let joined = Node::new(op, vec![left, right], columns);
    if joined.columns.len() == width + right_width {
        return Ok(joined);
    }
    // Helper columns of computed keys do not leave the join.
    Ok(only(joined, (0..width).chain(new_width..new_width + right_width)))
}

/// Whether it is a table that can be asked for rows.
fn looked_up(node: &Node) -> bool {
    let NodeOp::Source(source) = &node.op else { return false };
    let connector = source.table.options.get("connector").and_then(|name| connectors::find(name));
    connector.is_some_and(|connector| connector.is_looked_up)
}

/// Whether it is a table without some of its rows (Flink `EventTimeTemporalJoinRewriteRule` refuses that).
fn is_filtered_table(node: &Node) -> bool {
    match &node.op {
        NodeOp::Calc(calc) => {
            let of_table = |node: &Node| matches!(node.op, NodeOp::Source(_));
            is_filtered_table(&node.inputs[0])
                || calc.condition.is_some() && below_projections(&node.inputs[0]).is_some_and(of_table)
        }
        _ => false,
    }
}

fn below_projections(node: &Node) -> Option<&Node> {
    match node.op {
        NodeOp::Calc(_) => below_projections(node.inputs.first()?),
        _ => Some(node),
    }
}

fn is_local(time: &LogicalType) -> bool {
    matches!(time, LogicalType::TimestampLtz(_))
}

impl TemporalJoin {
    fn keys(&self, port: usize) -> &[usize] {
        if port == 0 { &self.left_keys } else { &self.right_keys }
    }

    fn columns(&self, left: &Node, right: &Node) -> Vec<RelColumn> {
        let mut columns = joined_columns(&left.columns, &right.columns, self.kind);
        columns.iter_mut().skip(left.columns.len()).for_each(|column| column.time = None);
        columns
    }
}

impl Rules for TemporalJoin {
    fn name(&self) -> &'static str {
        "TemporalJoin"
    }

    fn describe(&self, text: &dyn Fn(&Scalar) -> String) -> String {
        let residual = self.residual.as_ref().map_or(String::new(), |r| format!(", where=[{}]", text(r)));
        format!(
            "{}, time=[{} >= {}], keys=[{:?} = {:?}]{residual}",
            join_type(self.kind),
            self.left_time,
            self.right_time,
            self.left_keys,
            self.right_keys
        )
    }

    /// Whatever becomes of the versions, a left row is joined once (Flink `FlinkChangelogModeInferenceProgram`).
    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        Ok(inputs[0])
    }

    /// A left row that is replaced leaves with the version that it had; a version begins with the row that comes.
    fn input_needs_update_before(&self, port: usize, _makes: bool) -> bool {
        port == 0
    }

    fn settle_inputs(&mut self, inputs: &[ChangelogMode]) {
        self.left_updates = inputs.first().is_some_and(|left| !left.is_insert_only());
    }

    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        inputs[0].clone()
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let width = node.inputs[0].columns.len();
        let mut needed = required.clone();
        if let Some(residual) = &self.residual {
            residual.collect_columns(&mut needed);
        }
        needed.extend(self.left_keys.iter().chain([&self.left_time]));
        needed.extend(self.right_keys.iter().chain([&self.right_time]).map(|column| column + width));
        let (left_needed, right_needed) = split(&needed, width);
        // What is kept is kept for long: exactly what is needed.
        let side = |port: usize, needed: &BTreeSet<usize>| {
            let (input, map) = prune(&node.inputs[port], needed)?;
            let place = |old| needed.contains(&old).then(|| needed.iter().take_while(|c| **c < old).count());
            let exact = exactly(input, &map, needed, &node.inputs[port]);
            Ok::<_, PlanError>((exact, (0..map.len()).map(place).collect::<Vec<_>>()))
        };
        let (left, left_map) = side(0, &left_needed)?;
        let (right, right_map) = side(1, &right_needed)?;
        let new_width = left.columns.len();
        let at = |map: &[Option<usize>], old: usize| map[old].unwrap_or(old);
        let all = |map: &[Option<usize>], old: &[usize]| old.iter().map(|c| at(map, *c)).collect();
        let position = |old: usize| {
            if old < width { at(&left_map, old) } else { new_width + at(&right_map, old - width) }
        };
        let op = Self {
            left_time: at(&left_map, self.left_time),
            right_time: at(&right_map, self.right_time),
            left_keys: all(&left_map, &self.left_keys),
            right_keys: all(&right_map, &self.right_keys),
            primary_key: all(&right_map, &self.primary_key),
            residual: self.residual.as_ref().map(|residual| residual.shift(&position)),
            ..self.clone()
        };
        let columns = op.columns(&left, &right);
        let mut map = left_map;
        map.extend(right_map.iter().map(|new| new.map(|new| new + new_width)));
        let op = NodeOp::TemporalJoin(op);
        Ok((Node { op, inputs: vec![left, right], columns, mode: node.mode }, map))
    }

    fn distribution(&self, port: usize) -> Distribution {
        Distribution::keyed(self.keys(port))
    }

    fn passes(&self, node: &Node, port: usize, column: usize) -> Option<usize> {
        // Left rows that are padded have no key on the right.
        match port {
            0 => Some(column),
            _ => (!self.kind.keeps_left()).then_some(node.inputs[0].columns.len() + column),
        }
    }

    fn emit(&self, node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::TemporalJoin(streamsql_plan::TemporalJoin {
            kind: self.kind,
            left_time: self.left_time,
            right_time: self.right_time,
            left_keys: self.left_keys.clone(),
            right_keys: self.right_keys.clone(),
            primary_key: self.primary_key.clone(),
            residual: self.residual.as_ref().map(|c| c.to_expr(&node.schema())).transpose()?,
            left_updates: self.left_updates,
            ttl_ms: emitter.settings.duration_ms("table.exec.state.ttl"),
        }))
    }

    fn state(&self, node: &Node, settings: &Settings) -> Vec<StateTable> {
        let [left, right] = node.inputs.as_slice() else { return Vec::new() };
        let state = |name: &str, holds: String, retention: StateRetention| StateTable {
            name: name.to_owned(),
            holds,
            retention: match settings.duration_ms("table.exec.state.ttl") {
                0 => retention,
                ttl_ms => StateRetention::Ttl { ttl_ms },
            },
        };
        let left_keys = key_names(&left.columns, &self.left_keys);
        let rows = format!("({left_keys}) -> rows by {}", left.columns[self.left_time].name);
        let versions = format!(
            "({}) -> versions by {}",
            key_names(&right.columns, &self.right_keys),
            right.columns[self.right_time].name
        );
        let mut tables = vec![
            state("left", rows, StateRetention::Watermark { delay_ms: 0 }),
            state("right", versions, StateRetention::NextVersion),
        ];
        if self.left_updates {
            let holds = format!("({left_keys}) -> rows that were sent");
            tables.push(state("sent", holds, StateRetention::Forever));
        }
        tables
    }

    fn identity(&self) -> Option<String> {
        let residual = identity::of(&self.residual, false)?;
        let Self { kind, left_time, right_time, left_keys, right_keys, .. } = self;
        Some(format!("{kind:?} {left_time} {right_time} {left_keys:?} {right_keys:?} {residual}"))
    }
}
