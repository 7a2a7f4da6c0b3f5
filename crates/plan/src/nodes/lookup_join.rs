//! A join with a table outside, as it is when a row comes.

use std::collections::BTreeMap;

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, JoinKind, Names};
use crate::lineage::Origins;
use crate::node::TableRef;
use crate::{Expr, fingerprint};

/// `JOIN t FOR SYSTEM_TIME AS OF left.proctime`. Output: left columns, then `columns` of the table.
#[derive(Clone, Debug)]
pub struct LookupJoin {
    pub table: TableRef,
    /// Inner or Left.
    pub kind: JoinKind,
    /// Equalities that form the query's key.
    pub keys: Vec<LookupKey>,
    /// Positions in `table.physical` of the columns fetched; the keys' columns are among them where used.
    pub columns: Vec<usize>,
    /// Conditions on fetched rows alone, over `columns`; evaluated after the fetch.
    pub fetched_condition: Option<Expr>,
    /// What remains of the ON clause, over left columns ++ `columns`.
    pub residual: Option<Expr>,
    /// `lookup.*` options after hints.
    pub options: BTreeMap<String, String>,
    /// Whether it takes back what it has sent instead of looking again.
    pub kept: Option<KeptLookups>,
}

/// What a lookup join keeps of what it sent for each left row, because the table may have changed when that row is taken
/// back (Flink `KeyedLookupJoinWrapper`, `upsertMaterialize`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLookups {
    /// Left columns by which a row is found.
    pub found_by: Vec<usize>,
    /// Whether they are a key; else equal rows may be there several times.
    pub is_key: bool,
    /// Time-to-live, ms; 0 = keep.
    pub ttl_ms: i64,
}

/// One equality of a lookup: table column = value.
#[derive(Clone, Debug)]
pub struct LookupKey {
    /// Position in `table.physical`.
    pub column: usize,
    /// Over the left columns: a reference or a constant; of the column's type.
    pub value: Expr,
}

impl LookupJoin {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        // Which of the table's columns are fetched changes no rows.
        let key = |key: &LookupKey| LookupKey { value: origins.expr(&key.value), ..key.clone() };
        Self {
            keys: self.keys.iter().map(key).collect(),
            columns: Vec::new(),
            fetched_condition: self.fetched_condition.as_ref().map(|c| origins.of_input(1, c)),
            residual: origins.condition(&self.residual),
            kept: self
                .kept
                .as_ref()
                .map(|kept| KeptLookups { found_by: origins.columns(0, &kept.found_by), ..kept.clone() }),
            ..self.clone()
        }
    }
}

impl KeptLookups {
    /// The table `sent`: the columns by which a left row is found; which of several equal left rows it is; the place of a
    /// row among those sent for it; the columns that follow the left ones in the output.
    pub fn table(&self, left: &Schema, output: &Schema) -> StateLayout {
        let width = self.found_by.len();
        let mut columns: Vec<Column> =
            self.found_by.iter().map(|column| left.columns[*column].clone()).collect();
        columns.push(Column::new("row", LogicalType::BigInt, false));
        columns.push(Column::new("place", LogicalType::BigInt, false));
        columns.extend(output.columns[left.len()..].iter().cloned());
        StateLayout {
            form: StateForm::Ordered,
            columns,
            key: (0..width).collect(),
            order: vec![OrderColumn::ascending(width), OrderColumn::ascending(width + 1)],
            ttl_ms: self.ttl_ms,
        }
    }
}

impl Describe for LookupJoin {
    fn name(&self) -> &'static str {
        "LookupJoin"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let key = |key: &LookupKey| format!("{}={}", self.table.physical.columns[key.column].name, key.value);
        let keys: Vec<String> = self.keys.iter().map(key).collect();
        let mut list = vec![
            ("table", self.table.path.clone()),
            ("joinType", self.kind.flink_name().to_owned()),
            ("lookup", keys.join(", ")),
        ];
        list.extend(self.fetched_condition.iter().map(|c| ("filter", c.text.clone())));
        list.extend(self.residual.iter().map(|c| ("joinCondition", c.text.clone())));
        list.push(("select", names.output.join(", ")));
        list.extend(self.kept.iter().map(|_| ("upsertMaterialize", "true".to_owned())));
        list
    }

    fn fingerprint(&self) -> String {
        let keys: Vec<String> =
            self.keys.iter().map(|key| format!("{}={}", key.column, key.value.canonical)).collect();
        let kept = self.kept.as_ref().map_or(String::new(), |kept| {
            format!(" kept={:?}{}", kept.found_by, if kept.is_key { "" } else { " rows" })
        });
        format!(
            " {} {} keys=({}) columns={:?} fetched=({}) residual=({}){kept}",
            self.table.option("table-name").unwrap_or(&self.table.path),
            self.kind.flink_name(),
            keys.join(";"),
            self.columns,
            fingerprint::option(&self.fetched_condition),
            fingerprint::option(&self.residual)
        )
    }
}
