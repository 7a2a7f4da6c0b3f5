//! LookupJoin: a table asked for the rows of each left row, at processing time (Flink `CommonPhysicalLookupJoin`).

use std::collections::BTreeSet;
use std::sync::Arc;

use streamsql_core::Schema;
use streamsql_plan::{JoinKind, KeptLookups, LookupKey, NodeKind, StateRetention, StateTable};
use streamsql_sql::catalog::{Table, TableColumnKind};
use streamsql_sql::settings::Settings;

use super::{Node, NodeOp, Rules, WhyNot, join_type, key_names};
use crate::distribute::Distribution;
use crate::emit::{Emitter, table_ref};
use crate::error::PlanError;
use crate::logical::scalar::conjunction;
use crate::logical::{AsOf, Join, Op, Rel, Scalar, joined_columns};
use crate::properties::identity;
use crate::prune::{Pruned, moved, prune, split};

#[derive(Clone)]
pub struct LookupJoin {
    pub table: Arc<Table>,
    pub kind: JoinKind,
    /// Column of the table, value over the left columns.
    pub keys: Vec<(usize, Scalar)>,
    /// Columns of the table that follow the left ones in the output.
    pub columns: Vec<usize>,
    /// Over `columns`.
    pub fetched: Option<Scalar>,
    /// Over left ++ `columns`.
    pub residual: Option<Scalar>,
    /// How rows are found where it takes back what it has sent instead of looking again; settled when all columns are.
    pub kept: Option<FoundBy>,
}

/// Columns of the left side by which its rows are found, and whether they are a key.
#[derive(Clone, Debug)]
pub struct FoundBy {
    pub columns: Vec<usize>,
    pub is_key: bool,
}

/// # Errors
/// The time is no processing time, the kind is none that can be looked up, there is no key.
pub fn choose(left: Node, right: &Rel, join: &Join, as_of: &AsOf) -> Result<Node, WhyNot> {
    let Op::Scan(table) = &right.op else {
        let error = PlanError::new(format!(
            "FOR SYSTEM_TIME AS OF {}: Flink has no processing-time temporal join with a view",
            as_of.text
        ));
        return Err(WhyNot(
            error
                .hint("name a table that is looked up (connector 'jdbc'), or the rowtime of the left side as the time")
                .about("FOR"),
        ));
    };
    if !matches!(join.kind, JoinKind::Inner | JoinKind::Left) {
        return Err(WhyNot(PlanError::new("a lookup join is INNER or LEFT").about("FOR")));
    }
    let width = left.columns.len();
    let (mut keys, mut fetched, mut residual) = (Vec::new(), Vec::new(), Vec::new());
    for condition in &join.on {
        if let Some(key) = lookup_key(condition, width) {
            keys.push(key);
        } else if condition.columns().iter().all(|c| *c >= width)
            && !condition.columns().is_empty()
            // One before it may be its guard.
            && (residual.is_empty() || !condition.can_fail())
        {
            fetched.push(condition.shift(&|c| c - width));
        } else {
            residual.push(condition.clone());
        }
    }
    if keys.is_empty() {
        return Err(WhyNot(
            PlanError::new(format!(
                "a lookup join needs at least one equality on a column of {}",
                table.name
            ))
            .about("FOR"),
        ));
    }
    for (column, _) in &keys {
        if !matches!(table.columns[*column].kind, TableColumnKind::Physical) {
            return Err(WhyNot(PlanError::new(format!(
                "column {} of {} is computed and cannot be looked up",
                table.columns[*column].name, table.name
            ))));
        }
    }
    let columns = joined_columns(&left.columns, &right.columns, join.kind);
    let op = NodeOp::LookupJoin(LookupJoin {
        columns: (0..right.columns.len()).collect(),
        kind: join.kind,
        keys,
        fetched: conjunction(fetched),
        residual: conjunction(residual),
        kept: None,
        table: Arc::clone(table),
    });
    Ok(Node::new(op, vec![left], columns))
}

/// Table column and value of `table.column = value over the left side`.
fn lookup_key(condition: &Scalar, width: usize) -> Option<(usize, Scalar)> {
    let ("=", [l, r]) = condition.as_call()? else { return None };
    let key = |column: &Scalar, value: &Scalar| {
        let column = column.as_column().filter(|c| *c >= width)?;
        value.columns().iter().all(|c| *c < width).then(|| (column - width, value.clone()))
    };
    key(l, r).or_else(|| key(r, l))
}

impl Rules for LookupJoin {
    fn name(&self) -> &'static str {
        "LookupJoin"
    }

    fn describe(&self, text: &dyn Fn(&Scalar) -> String) -> String {
        let key = |(column, value): &(usize, Scalar)| {
            format!("{}={}", self.table.columns[*column].name, text(value))
        };
        let keys: Vec<String> = self.keys.iter().map(key).collect();
        format!("table=[{}], {}, lookup=[{}]", self.table.path(), join_type(self.kind), keys.join(", "))
    }

    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        // At most one match a row only where the lookup covers the table's key.
        let is_key = |(column, _): &(usize, Scalar), name: &String| self.table.columns[*column].name == *name;
        let covered = !self.table.primary_key.is_empty()
            && self.table.primary_key.iter().all(|name| self.keys.iter().any(|key| is_key(key, name)));
        if covered { inputs[0].clone() } else { Vec::new() }
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let width = node.inputs[0].columns.len();
        let mut needed = required.clone();
        for scalar in self.keys.iter().map(|(_, value)| value).chain(&self.residual) {
            scalar.collect_columns(&mut needed);
        }
        let (left_needed, mut right_needed) = split(&needed, width);
        right_needed.extend(self.fetched.iter().flat_map(Scalar::columns));
        let (input, map) = prune(&node.inputs[0], &left_needed)?;
        let new_width = input.columns.len();
        let kept: Vec<usize> = right_needed.iter().copied().collect();
        let right_position = |old: usize| kept.iter().position(|k| *k == old).unwrap_or(old);
        let position = |old: usize| {
            if old < width { map[old].unwrap_or(old) } else { new_width + right_position(old - width) }
        };
        let mut out_map: Vec<Option<usize>> = map.clone();
        out_map.extend(
            (0..self.columns.len()).map(|i| right_needed.contains(&i).then(|| new_width + right_position(i))),
        );
        let mut columns = input.columns.clone();
        columns.extend(kept.iter().map(|i| node.columns[width + i].clone()));
        let op = NodeOp::LookupJoin(Self {
            table: Arc::clone(&self.table),
            kind: self.kind,
            keys: self.keys.iter().map(|(column, value)| (*column, moved(value, &map))).collect(),
            columns: kept.iter().map(|i| self.columns[*i]).collect(),
            fetched: self.fetched.as_ref().map(|s| s.shift(&right_position)),
            residual: self.residual.as_ref().map(|s| s.shift(&position)),
            kept: self.kept.clone(),
        });
        Ok((Node { op, inputs: vec![input], columns, mode: node.mode }, out_map))
    }

    fn distribution(&self, _port: usize) -> Distribution {
        self.kept.as_ref().map_or(Distribution::Any, |kept| Distribution::keyed(&kept.columns))
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn state(&self, node: &Node, settings: &Settings) -> Vec<StateTable> {
        let table = |kept: &FoundBy| StateTable {
            name: "sent".to_owned(),
            holds: format!("({}) -> rows of {}", key_names(&node.columns, &kept.columns), self.table.name),
            retention: StateRetention::of_ttl(settings.duration_ms("table.exec.state.ttl")),
        };
        self.kept.iter().map(table).collect()
    }

    fn emit(&self, node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let left = node.inputs[0].schema();
        let physical = self.table.physical();
        let position = |table_column: usize| {
            let name = &self.table.columns[table_column].name;
            physical
                .index_of(name)
                .ok_or_else(|| format!("column {name} of {} cannot be looked up", self.table.name))
        };
        let columns = self.columns.iter().map(|c| position(*c)).collect::<Result<Vec<_>, _>>()?;
        let fetched = Schema::new(columns.iter().map(|c| physical.columns[*c].clone()).collect());
        let keys = self
            .keys
            .iter()
            .map(|(column, value)| Ok(LookupKey { column: position(*column)?, value: value.to_expr(&left)? }))
            .collect::<Result<Vec<_>, String>>()?;
        let table = table_ref(&self.table);
        let hint = self.table.lookup_hint.iter().map(|(key, value)| (format!("hint.{key}"), value.clone()));
        let options = table.options.iter().map(|(k, v)| (k.clone(), v.clone())).chain(hint).collect();
        Ok(NodeKind::LookupJoin(streamsql_plan::LookupJoin {
            kind: self.kind,
            keys,
            columns,
            fetched_condition: self.fetched.as_ref().map(|c| c.to_expr(&fetched)).transpose()?,
            residual: self.residual.as_ref().map(|c| c.to_expr(&node.schema())).transpose()?,
            options,
            table,
            kept: self.kept.as_ref().map(|kept| KeptLookups {
                found_by: kept.columns.clone(),
                is_key: kept.is_key,
                ttl_ms: emitter.settings.duration_ms("table.exec.state.ttl"),
            }),
        }))
    }

    fn identity(&self) -> Option<String> {
        let scalars = self.keys.iter().map(|(_, value)| value).chain(&self.fetched).chain(&self.residual);
        let scalars = identity::of(scalars, self.fetched.is_some())?;
        let keys: Vec<usize> = self.keys.iter().map(|(column, _)| *column).collect();
        let table = Arc::as_ptr(&self.table);
        Some(format!("{table:p} {:?} {keys:?} {:?} {scalars} {:?}", self.kind, self.columns, self.kept))
    }
}
