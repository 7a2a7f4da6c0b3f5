//! Fields of ROW columns that a query names without the column: `SELECT f` and `SELECT t.f` for `t.r.f`.
//!
//! Flink's ROW types are of Calcite's `StructKind.PEEK_FIELDS_NO_EXPAND`: a name that is no column is looked for in the
//! columns of type ROW, at any depth; the shortest path wins (Calcite `DelegatingScope.resolveInNamespace`). Such names
//! are written out here, after planning stumbled over one: a query without them is planned once.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    Expr, Ident, JoinConstraint, JoinOperator, Query, Select, SelectItem, SetExpr, TableFactor,
    TableWithJoins, VisitMut, VisitorMut, WildcardAdditionalOptions,
};
use streamsql_core::LogicalType;
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::template::Rendered;

use super::names::natural_name;
use super::stars::{QueryColumns, Relations, factor, factors, select_of, tables_before};

/// Writes out the fields; true where there was one. `query` is one whose shape was checked.
///
/// # Errors
/// A name fits several fields.
pub fn write_out_fields(
    query: &mut Query,
    file: &Rendered,
    relations: &dyn Relations,
) -> Result<bool, Diagnostic> {
    body(&mut query.body, &Names { file, relations })
}

/// Where names are looked up.
struct Names<'a> {
    file: &'a Rendered,
    relations: &'a dyn Relations,
}

fn body(of: &mut SetExpr, names: &Names<'_>) -> Result<bool, Diagnostic> {
    match of {
        SetExpr::Select(of) => select(of, names),
        SetExpr::Query(query) => body(&mut query.body, names),
        SetExpr::SetOperation { left, right, .. } => Ok(body(left, names)? | body(right, names)?),
        _ => Ok(false),
    }
}

fn select(select: &mut Select, names: &Names<'_>) -> Result<bool, Diagnostic> {
    let mut changed = false;
    for from in &mut select.from {
        changed |= table(from, names)?;
    }
    changed |= unnested(&mut select.from, names)?;
    let Some(columns) = columns_of(select.from.clone(), names) else { return Ok(changed) };
    let mut fields = Fields { file: names.file, scope: scope(&columns), changed: false };
    for item in &mut select.projection {
        let SelectItem::UnnamedExpr(expr) = item else {
            fields.write_out(item)?;
            continue;
        };
        let name = natural_name(expr);
        let before = std::mem::take(&mut fields.changed);
        fields.write_out(expr)?;
        if let (true, Some(name)) = (fields.changed, name) {
            let expr = expr.clone();
            *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('`', name) };
        }
        fields.changed |= before;
    }
    if let Some(selection) = &mut select.selection {
        fields.write_out(selection)?;
    }
    for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
        if let Some(JoinConstraint::On(condition)) = constraint(&mut join.join_operator) {
            fields.write_out(condition)?;
        }
    }
    Ok(changed | fields.changed)
}

/// Collections of UNNEST are looked for in the tables before it.
fn unnested(from: &mut [TableWithJoins], names: &Names<'_>) -> Result<bool, Diagnostic> {
    let mut changed = false;
    for (table, join) in factors(from) {
        if !matches!(factor(from, table, join), TableFactor::UNNEST { .. }) {
            continue;
        }
        let Some(columns) = columns_of(tables_before(from, table, join), names) else { continue };
        let mut fields = Fields { file: names.file, scope: scope(&columns), changed: false };
        if let TableFactor::UNNEST { array_exprs, .. } = factor(from, table, join) {
            array_exprs.iter_mut().try_for_each(|collection| fields.write_out(collection))?;
        }
        changed |= fields.changed;
    }
    Ok(changed)
}

/// The columns of tables; `None` where they cannot be told: planning has said why.
fn columns_of(mut from: Vec<TableWithJoins>, names: &Names<'_>) -> Option<QueryColumns> {
    if from.is_empty() {
        return None;
    }
    from.iter_mut().for_each(without_conditions);
    let star = SelectItem::Wildcard(WildcardAdditionalOptions::default());
    names.relations.columns(&select_of(vec![star], from)).ok()
}

fn table(from: &mut TableWithJoins, names: &Names<'_>) -> Result<bool, Diagnostic> {
    let mut changed = false;
    let factors = std::iter::once(&mut from.relation).chain(from.joins.iter_mut().map(|j| &mut j.relation));
    for factor in factors {
        changed |= in_factor(factor, names)?;
    }
    Ok(changed)
}

fn in_factor(factor: &mut TableFactor, names: &Names<'_>) -> Result<bool, Diagnostic> {
    match factor {
        TableFactor::Derived { subquery, .. } => body(&mut subquery.body, names),
        TableFactor::NestedJoin { table_with_joins, .. } => table(table_with_joins, names),
        TableFactor::MatchRecognize { table, .. } => in_factor(table, names),
        _ => Ok(false),
    }
}

fn constraint(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    use JoinOperator as Op;
    match operator {
        Op::Join(on) | Op::Inner(on) | Op::Left(on) | Op::LeftOuter(on) => Some(on),
        Op::Right(on) | Op::RightOuter(on) | Op::FullOuter(on) => Some(on),
        _ => None,
    }
}

/// A condition may hold a field that is still to be written out; the columns are the same without it.
fn without_conditions(from: &mut TableWithJoins) {
    for join in &mut from.joins {
        if let Some(JoinConstraint::On(_)) = constraint(&mut join.join_operator) {
            join.join_operator = JoinOperator::CrossJoin(JoinConstraint::None);
        }
    }
}

/// Name and type of a column or field.
type Named<'c> = (&'c str, &'c LogicalType);

/// The columns of each table of a FROM clause, under its alias.
type Scope<'c> = Vec<(Option<String>, Vec<Named<'c>>)>;

fn scope(columns: &QueryColumns) -> Scope<'_> {
    let mut scope: Scope<'_> = Vec::new();
    for ((qualifier, field), logical_type) in columns.names.iter().zip(&columns.types) {
        let relation = qualifier.map(|q| q.table().to_owned());
        let named = (field.name().as_str(), logical_type);
        match scope.iter_mut().find(|(known, _)| *known == relation) {
            Some((_, columns)) => columns.push(named),
            None => scope.push((relation, vec![named])),
        }
    }
    scope
}

struct Fields<'c> {
    file: &'c Rendered,
    scope: Scope<'c>,
    changed: bool,
}

impl Fields<'_> {
    fn write_out(&mut self, tree: &mut impl VisitMut) -> Result<(), Diagnostic> {
        match tree.visit(self) {
            ControlFlow::Break(diagnostic) => Err(diagnostic),
            ControlFlow::Continue(()) => Ok(()),
        }
    }

    /// The whole path of a name; `None` where it is whole already or fits nothing.
    fn path(&self, names: &[Ident]) -> Result<Option<Vec<Ident>>, Diagnostic> {
        let (Some(first), values) =
            (names.first(), names.iter().map(|n| n.value.as_str()).collect::<Vec<_>>())
        else {
            return Ok(None);
        };
        let of_table = self.scope.iter().find(|(name, _)| name.as_deref() == Some(first.value.as_str()));
        let mut found: Vec<Vec<&str>> = Vec::new();
        match of_table {
            Some((_, columns)) if values.len() > 1 => {
                let paths = paths(columns, &values[1..]);
                found.extend(paths.into_iter().map(|path| std::iter::once(values[0]).chain(path).collect()));
            }
            _ => {
                for (relation, columns) in &self.scope {
                    let paths = paths(columns, &values);
                    found.extend(
                        paths.into_iter().map(|path| relation.as_deref().into_iter().chain(path).collect()),
                    );
                }
            }
        }
        let Some(shortest) = found.iter().map(Vec::len).min() else { return Ok(None) };
        found.retain(|path| path.len() == shortest);
        match found.as_slice() {
            [path] if path.ends_with(&values) && path.len() <= values.len() + 1 => Ok(None),
            [path] => {
                let part = |part: &&str| Ident { span: first.span, ..Ident::with_quote('`', *part) };
                Ok(Some(path.iter().map(part).collect()))
            }
            several => {
                let shown: Vec<String> = several.iter().map(|path| path.join(".")).collect();
                Err(Diagnostic::error(format!(
                    "'{}' is ambiguous: it may be {}",
                    values.join("."),
                    shown.join(" or ")
                ))
                .at(self.file.place(first.span.start.line, first.span.start.column)))
            }
        }
    }
}

/// Where names lead in columns: a column of that name, else fields of all columns of type ROW.
fn paths<'c>(columns: &[Named<'c>], names: &[&str]) -> Vec<Vec<&'c str>> {
    let [first, rest @ ..] = names else { return vec![Vec::new()] };
    let inside = |(name, logical_type): &Named<'c>, names: &[&str]| {
        let found = match logical_type {
            _ if names.is_empty() => vec![Vec::new()],
            LogicalType::Row(fields) => {
                let fields: Vec<Named<'c>> =
                    fields.iter().map(|f| (f.name.as_str(), &f.logical_type)).collect();
                paths(&fields, names)
            }
            _ => Vec::new(),
        };
        let name = *name;
        found.into_iter().map(move |path| std::iter::once(name).chain(path).collect())
    };
    match columns.iter().find(|(name, _)| name == first) {
        Some(column) => inside(column, rest).collect(),
        None => columns
            .iter()
            .filter(|(_, logical_type)| matches!(logical_type, LogicalType::Row(_)))
            .flat_map(|column| inside(column, names))
            .collect(),
    }
}

impl VisitorMut for Fields<'_> {
    type Break = Diagnostic;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Diagnostic> {
        let path = match expr {
            Expr::Identifier(name) => self.path(std::slice::from_ref(name)),
            Expr::CompoundIdentifier(names) => self.path(names),
            _ => return ControlFlow::Continue(()),
        };
        match path {
            Err(diagnostic) => return ControlFlow::Break(diagnostic),
            Ok(None) => {}
            Ok(Some(path)) => {
                self.changed = true;
                *expr = Expr::CompoundIdentifier(path);
            }
        }
        ControlFlow::Continue(())
    }
}
