//! The names of a query's columns, as Flink derives them.

use std::collections::BTreeSet;

use datafusion_sql::sqlparser::ast::{Expr, Ident, SelectItem, TableFactor, TableWithJoins, Value};

/// Behind this stands the position of a column whose name may occur twice; taken off when names are made unique.
pub const AMBIGUOUS: char = '\u{F0003}';

/// Names in order, each made unique by a number behind it (Calcite `SqlValidatorUtil.uniquify`).
pub fn unique_names<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut out = Vec::new();
    for name in names {
        let name = name.split(AMBIGUOUS).next().unwrap_or(name);
        let mut unique = name.to_owned();
        let mut attempt = 0;
        while used.contains(&unique) {
            unique = format!("{name}{attempt}");
            attempt += 1;
        }
        used.insert(unique.clone());
        out.push(unique);
    }
    out
}

/// Gives the columns of a SELECT Flink's names: `EXPR$i` for expressions, `a0` for a second `a`.
pub(super) fn name_columns(projection: &mut [SelectItem], relations: &[String]) {
    let wildcard = projection
        .iter()
        .any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
    let mut names = Vec::with_capacity(projection.len());
    for (i, item) in projection.iter().enumerate() {
        names.push(match item {
            SelectItem::UnnamedExpr(expr) => natural_name(expr).unwrap_or_else(|| format!("EXPR${i}")),
            SelectItem::ExprWithAlias { alias, .. } => alias.value.clone(),
            _ => String::new(),
        });
    }
    if wildcard {
        // What `*` stands for is not known yet: these names are made unique when it is.
        for (i, (item, name)) in projection.iter_mut().zip(names).enumerate() {
            set_name(item, format!("{name}{AMBIGUOUS}{i}"));
        }
        return;
    }
    let unique = unique_names(names.iter().map(String::as_str));
    for ((item, name), unique) in projection.iter_mut().zip(names).zip(unique) {
        let plain = matches!(item, SelectItem::UnnamedExpr(Expr::Identifier(_)))
            || matches!(item, SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) if parts.len() == 2 && relations.contains(&parts[0].value));
        let aliased = matches!(item, SelectItem::ExprWithAlias { .. });
        if !(plain || aliased) || unique != name {
            set_name(item, unique);
        }
    }
}

/// The names by which a FROM clause's tables are known; a qualifier that is none of them is a column of type ROW.
pub(super) fn relation_names(from: &[TableWithJoins]) -> Vec<String> {
    let factors = from
        .iter()
        .flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|j| &j.relation)));
    factors
        .flat_map(|factor| match factor {
            TableFactor::Table { alias: Some(alias), .. }
            | TableFactor::Derived { alias: Some(alias), .. }
            | TableFactor::UNNEST { alias: Some(alias), .. }
            | TableFactor::MatchRecognize { alias: Some(alias), .. }
            | TableFactor::TableFunction { alias: Some(alias), .. }
            | TableFactor::Function { alias: Some(alias), .. } => vec![alias.name.value.clone()],
            TableFactor::Table { name, .. } => {
                crate::bind::names::context::name_parts(name).pop().into_iter().collect()
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                relation_names(std::slice::from_ref(table_with_joins))
            }
            _ => Vec::new(),
        })
        .collect()
}

/// The name that Flink derives: of a column or field its last part.
pub(super) fn natural_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|p| p.value.clone()),
        Expr::Nested(inner) => natural_name(inner),
        _ => None,
    }
}

fn set_name(item: &mut SelectItem, name: String) {
    let alias = Ident::with_quote('`', name);
    match item {
        SelectItem::UnnamedExpr(expr) => {
            let expr = std::mem::replace(expr, Expr::value(Value::Null));
            *item = SelectItem::ExprWithAlias { expr, alias };
        }
        SelectItem::ExprWithAlias { alias: old, .. } => *old = alias,
        _ => {}
    }
}
