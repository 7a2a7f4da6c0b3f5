//! A join with a table outside, as it is when a row comes.

use std::collections::BTreeMap;

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
            ..self.clone()
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
        list
    }

    fn fingerprint(&self) -> String {
        let keys: Vec<String> =
            self.keys.iter().map(|key| format!("{}={}", key.column, key.value.canonical)).collect();
        format!(
            " {} {} keys=({}) columns={:?} fetched=({}) residual=({})",
            self.table.option("table-name").unwrap_or(&self.table.path),
            self.kind.flink_name(),
            keys.join(";"),
            self.columns,
            fingerprint::option(&self.fetched_condition),
            fingerprint::option(&self.residual)
        )
    }
}
