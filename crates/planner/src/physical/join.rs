//! Join: a join without bounds in time (Flink `StreamExecJoin`).

use std::collections::BTreeSet;

use crate::logical::scalar::conjunction;
use streamsql_plan::{Broadcast, JoinKind, JoinSide, NodeKind, StateRetention, StateTable};
use streamsql_sql::settings::Settings;

use super::{Node, NodeOp, Rules, equality, join_type, key_names, only, state_ttl_ms, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Join as LogicalJoin, Scalar, computed_below, joined_columns};
use crate::properties::{enforced_keys, identity, upsert_keys};
use crate::prune::{Pruned, exactly, prune, split};

#[derive(Clone)]
pub struct Join {
    pub kind: JoinKind,
    /// Number of the left columns.
    width: usize,
    pub left_keys: Vec<usize>,
    pub right_keys: Vec<usize>,
    /// For each pair of keys whether NULL equals NULL.
    pub null_safe: Vec<bool>,
    pub residual: Option<Scalar>,
    /// Of the hint STATE_TTL, by side.
    ttl_ms: [Option<i64>; 2],
    /// Updates come and go without the row before, settled by the changelog pass.
    only_after: bool,
    /// The side whose only row goes to every shard, settled before exchanges are.
    pub broadcast: Option<Broadcast>,
}

/// Takes every join. Time attributes end here: rows leave in no order of time.
pub fn of(left: Node, right: Node, join: &LogicalJoin) -> Node {
    let width = left.columns.len();
    let (mut equalities, mut null_safe, mut residual) = (Vec::new(), Vec::new(), Vec::new());
    for condition in &join.on {
        match equality(condition, width, &["=", "IS NOT DISTINCT FROM"]) {
            Some(pair) => {
                null_safe.push(condition.as_call().is_some_and(|(symbol, _)| symbol != "="));
                equalities.push(pair);
            }
            None => residual.push(condition.clone()),
        }
    }
    let (left_values, right_values): (Vec<Scalar>, Vec<Scalar>) = equalities.into_iter().unzip();
    let right_values: Vec<Scalar> = right_values.iter().map(|value| value.shift(&|c| c - width)).collect();
    let (left_width, right_width) = (width, right.columns.len());
    let (left, left_keys) = with_key_columns(left, left_values);
    let (right, right_keys) = with_key_columns(right, right_values);
    let new_width = left.columns.len();
    let residual =
        conjunction(residual).map(|r| r.shift(&|c| if c < width { c } else { c - width + new_width }));
    let columns = output(&left, &right, join.kind);
    let (kind, ttl_ms) = (join.kind, join.ttl_ms);
    let op = NodeOp::Join(Join {
        kind,
        width: new_width,
        left_keys,
        right_keys,
        null_safe,
        residual,
        ttl_ms,
        only_after: false,
        broadcast: None,
    });
    let joined = Node::new(op, vec![left, right], columns);
    let is_left_only = join.kind.is_left_only();
    if new_width == left_width && (is_left_only || joined.columns.len() == left_width + right_width) {
        return joined;
    }
    // Helper columns of computed keys do not leave the join.
    let right = if is_left_only { 0 } else { right_width };
    only(joined, (0..left_width).chain(new_width..new_width + right))
}

fn output(left: &Node, right: &Node, kind: JoinKind) -> Vec<crate::logical::RelColumn> {
    let mut columns = match kind.is_left_only() {
        true => computed_below(&left.columns),
        false => joined_columns(&left.columns, &right.columns, kind),
    };
    columns.iter_mut().for_each(|column| column.time = None);
    columns
}

impl Join {
    fn keys(&self, port: usize) -> &[usize] {
        if port == 0 { &self.left_keys } else { &self.right_keys }
    }

    /// What tells rows of an input apart (Flink `StreamPhysicalJoin.getUpsertKeys`, `JoinInputSideSpec`): the shortest key.
    pub fn side(&self, node: &Node, port: usize) -> JoinSide {
        let keys = self.keys(port);
        let unique = upsert_keys(&node.inputs[port]);
        if unique.iter().any(|key| key.iter().all(|column| keys.contains(column))) {
            return JoinSide::JoinKeyIsUnique;
        }
        match unique.into_iter().min_by_key(Vec::len) {
            Some(key) => JoinSide::UniqueKey(key),
            None => JoinSide::NoUniqueKey,
        }
    }

    fn plan_node(&self, node: &Node, settings: &Settings) -> Result<streamsql_plan::Join, PlanError> {
        let columns = node.inputs.iter().flat_map(|input| input.schema().columns).collect();
        let both = streamsql_core::Schema::new(columns);
        Ok(streamsql_plan::Join {
            kind: self.kind,
            left_keys: self.left_keys.clone(),
            right_keys: self.right_keys.clone(),
            null_safe: self.null_safe.clone(),
            residual: self.residual.as_ref().map(|c| c.to_expr(&both)).transpose()?,
            residual_columns: self.residual_columns(),
            sides: [self.side(node, 0), self.side(node, 1)],
            ttl_ms: self.ttl_ms.map(|hint| state_ttl_ms(hint, settings)),
            only_after: self.only_after,
            frontier: None,
            broadcast: self.broadcast.clone(),
        })
    }

    /// Whether the row after an update tells which row it replaces, and is kept under the same join key (Flink
    /// `StreamPhysicalJoin.inputUniqueKeyContainsJoinKey`).
    fn replaces(&self, input: &Node, port: usize) -> bool {
        let shortest = upsert_keys(input).into_iter().min_by_key(Vec::len);
        shortest.is_some_and(|key| self.keys(port).iter().all(|column| key.contains(column)))
    }

    fn residual_columns(&self) -> Vec<usize> {
        let mut columns = BTreeSet::new();
        if let Some(residual) = &self.residual {
            residual.collect_columns(&mut columns);
        }
        columns.into_iter().collect()
    }
}

/// Unions of keys of both sides that are looked at: every join of a chain can double them.
const MOST_UNIONS: usize = 4_096;

impl Rules for Join {
    fn name(&self) -> &'static str {
        "Join"
    }

    fn describe(&self, text: &dyn Fn(&Scalar) -> String) -> String {
        let residual = self.residual.as_ref().map_or(String::new(), |r| format!(", where=[{}]", text(r)));
        format!("{}, keys=[{:?} = {:?}]{residual}", join_type(self.kind), self.left_keys, self.right_keys)
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        Ok(match self.kind {
            JoinKind::Inner | JoinKind::Semi => inputs[0].union(inputs[1]),
            _ => Kinds::ALL,
        })
    }

    fn makes_updates(&self) -> bool {
        true
    }

    /// With a condition beside the keys the row before must come: what it matched need not be what the row after matches.
    fn settle_update_before(&mut self, needed: bool, inputs: &[Node]) -> bool {
        let replaces = |(port, input): (usize, &Node)| !input.mode.update_after || self.replaces(input, port);
        self.only_after = !needed && self.residual.is_none() && inputs.iter().enumerate().all(replaces);
        !self.only_after
    }

    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        // Rows of a key that does not hold the join key come from several shards, in any order (Flink
        // `FlinkRelMdUpsertKeys.filterKeys`).
        let in_order = |port: usize| -> Vec<Vec<usize>> {
            let holds = |key: &&Vec<usize>| self.keys(port).iter().all(|column| key.contains(column));
            inputs[port].iter().filter(holds).cloned().collect()
        };
        if self.kind.is_left_only() {
            return in_order(0);
        }
        let [left, right] = inputs else { return Vec::new() };
        // A side whose join key is unique adds at most one row to each row of the other.
        let is_one = |side: &[Vec<usize>], keys: &[usize]| {
            side.iter().any(|key| key.iter().all(|column| keys.contains(column)))
        };
        let moved = |key: &Vec<usize>| key.iter().map(|column| column + self.width).collect::<Vec<_>>();
        let mut keys: Vec<Vec<usize>> = Vec::new();
        let (left_ordered, right_ordered) = (in_order(0), in_order(1));
        if is_one(right, &self.right_keys) && !self.kind.keeps_right() {
            keys.extend(left_ordered.iter().cloned());
        }
        if is_one(left, &self.left_keys) && !self.kind.keeps_left() {
            keys.extend(right_ordered.iter().map(moved));
        }
        let unions = left_ordered.iter().flat_map(|l| {
            right_ordered.iter().map(move |r| l.iter().copied().chain(moved(r)).collect::<Vec<_>>())
        });
        keys.extend(unions.take(MOST_UNIONS));
        keys
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let width = node.inputs[0].columns.len();
        let mut needed = required.clone();
        if let Some(residual) = &self.residual {
            residual.collect_columns(&mut needed);
        }
        needed.extend(&self.left_keys);
        needed.extend(self.right_keys.iter().map(|c| c + width));
        // The keys of the rows stay: with them the state of a side is smaller, and so are its updates. Declared keys stay
        // where somebody reads them, as in Flink, which leaves other columns out before it looks for keys.
        for (port, at) in [(0, 0), (1, width)] {
            let shortest = enforced_keys(&node.inputs[port]).into_iter().min_by_key(Vec::len);
            needed.extend(shortest.into_iter().flatten().map(|column| column + at));
        }
        let (left_needed, right_needed) = split(&needed, width);
        // What is kept is kept for ever: exactly what is needed.
        let side = |port: usize, needed: &BTreeSet<usize>| {
            let (input, map) = prune(&node.inputs[port], needed)?;
            let map_to = |old| needed.contains(&old).then(|| needed.iter().take_while(|c| **c < old).count());
            let exact = exactly(input, &map, needed, &node.inputs[port]);
            Ok::<_, PlanError>((exact, (0..map.len()).map(map_to).collect::<Vec<_>>()))
        };
        let (left, left_map) = side(0, &left_needed)?;
        let (right, right_map) = side(1, &right_needed)?;
        let new_width = left.columns.len();
        let at = |map: &[Option<usize>], old: usize| map[old].unwrap_or(old);
        let position = |old: usize| {
            if old < width { at(&left_map, old) } else { new_width + at(&right_map, old - width) }
        };
        let op = NodeOp::Join(Self {
            width: new_width,
            left_keys: self.left_keys.iter().map(|c| at(&left_map, *c)).collect(),
            right_keys: self.right_keys.iter().map(|c| at(&right_map, *c)).collect(),
            residual: self.residual.as_ref().map(|s| s.shift(&position)),
            ..self.clone()
        });
        let columns = output(&left, &right, self.kind);
        let mut map = left_map;
        if !self.kind.is_left_only() {
            map.extend(right_map.iter().map(|new| new.map(|n| n + new_width)));
        }
        Ok((Node { op, inputs: vec![left, right], columns, mode: node.mode }, map))
    }

    fn distribution(&self, port: usize) -> Distribution {
        match &self.broadcast {
            Some(broadcast) if broadcast.single == port => Distribution::Broadcast,
            Some(broadcast) => Distribution::Hash(broadcast.placed_by.clone()),
            None => Distribution::keyed(self.keys(port)),
        }
    }

    fn passes(&self, node: &Node, port: usize, column: usize) -> Option<usize> {
        // Rows that are padded on a side have no key there.
        match port {
            0 => (!self.kind.keeps_right()).then_some(column),
            _ if self.kind.is_left_only() => None,
            _ => (!self.kind.keeps_left()).then_some(node.inputs[0].columns.len() + column),
        }
    }

    fn emit(&self, node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::Join(self.plan_node(node, emitter.settings)?))
    }

    fn state(&self, node: &Node, settings: &Settings) -> Vec<StateTable> {
        let table = |port: usize, name: &str| {
            let columns = &node.inputs[port].columns;
            let keys = match &self.broadcast {
                Some(broadcast) if broadcast.single == port => "each key group".to_owned(),
                Some(broadcast) => format!("key group of {}", key_names(columns, &broadcast.placed_by)),
                None => key_names(columns, self.keys(port)),
            };
            let holds = match self.side(node, port) {
                JoinSide::JoinKeyIsUnique => format!("({keys}) -> one row"),
                JoinSide::UniqueKey(unique) => format!("({keys}) -> rows by {}", key_names(columns, &unique)),
                JoinSide::NoUniqueKey => format!("({keys}) -> rows with their number"),
            };
            let retention = StateRetention::of_ttl(state_ttl_ms(self.ttl_ms[port], settings));
            StateTable { name: name.to_owned(), holds, retention }
        };
        vec![table(0, "left"), table(1, "right")]
    }

    fn identity(&self) -> Option<String> {
        let residual = identity::of(&self.residual, false)?;
        let Self { kind, left_keys, right_keys, null_safe, ttl_ms, broadcast, .. } = self;
        Some(format!(
            "{kind:?} {left_keys:?} {right_keys:?} {null_safe:?} {residual} {ttl_ms:?} {broadcast:?}"
        ))
    }
}
