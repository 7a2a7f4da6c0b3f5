//! What stands in FROM: tables, joins, subqueries; names of WITH are put in, tables get their full paths.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query, Select,
    SelectItem, SetExpr, Spanned, TableAlias, TableFactor, TableVersion, TableWithJoins,
};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_sql::diagnostic::{Diagnostic, suggestion};
use streamsql_sql::hints::TableHints;
use streamsql_sql::limits::{MAX_SELECTS, too_large};

use super::{Checked, Shape, foreign, not_yet, places, plain_alias};
use crate::bind::names::context::name_parts;
use crate::bind::names::versioned;

impl Shape<'_> {
    pub(super) fn table(&mut self, table: &mut TableWithJoins) -> Checked {
        let TableWithJoins { relation, joins } = table;
        self.factor(relation)?;
        for join in joins {
            let Join { relation, global, join_operator } = join;
            if *global {
                return Err(self.at(foreign("GLOBAL JOIN"), relation.span()));
            }
            self.factor(relation)?;
            let span = relation.span();
            use JoinOperator as Op;
            match join_operator {
                Op::Join(constraint)
                | Op::Inner(constraint)
                | Op::Left(constraint)
                | Op::LeftOuter(constraint)
                | Op::Right(constraint)
                | Op::RightOuter(constraint)
                | Op::FullOuter(constraint) => self.constraint(constraint, span)?,
                Op::CrossJoin(JoinConstraint::None) => {}
                Op::CrossJoin(_) => {
                    return Err(self.at(Diagnostic::error("CROSS JOIN takes no condition"), span));
                }
                Op::Semi(_)
                | Op::LeftSemi(_)
                | Op::RightSemi(_)
                | Op::Anti(_)
                | Op::LeftAnti(_)
                | Op::RightAnti(_) => {
                    return Err(self.at(foreign("SEMI or ANTI JOIN"), span).hint("use EXISTS or IN"));
                }
                Op::CrossApply | Op::OuterApply => {
                    return Err(self.at(foreign("APPLY"), span).hint("use LATERAL TABLE(…)"));
                }
                Op::AsOf { .. } => {
                    return Err(self.at(foreign("ASOF JOIN"), span).hint("use FOR SYSTEM_TIME AS OF"));
                }
                Op::StraightJoin(_) => return Err(self.at(foreign("STRAIGHT_JOIN"), span)),
                Op::ArrayJoin | Op::LeftArrayJoin | Op::InnerArrayJoin => {
                    return Err(self.at(foreign("ARRAY JOIN"), span).hint("use CROSS JOIN UNNEST(…)"));
                }
            }
        }
        Ok(())
    }

    pub(super) fn constraint(&mut self, constraint: &mut JoinConstraint, span: Span) -> Checked {
        match constraint {
            JoinConstraint::On(condition) => {
                self.expr(condition)?;
                places::mark_condition(condition, self.file);
                Ok(())
            }
            JoinConstraint::Using(names) => {
                for name in names.iter().flat_map(|n| &n.0).filter_map(|part| part.as_ident()) {
                    self.name(name)?;
                }
                Ok(())
            }
            JoinConstraint::Natural => Ok(()),
            JoinConstraint::None => Err(self
                .at(Diagnostic::error("the join has no condition"), span)
                .hint("write ON … or USING (…)")),
        }
    }

    pub(super) fn factor(&mut self, factor: &mut TableFactor) -> Checked {
        let span = factor.span();
        if let Some(unnest) = lateral_unnest(factor) {
            *factor = unnest;
        }
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                for (given, what) in [
                    (!with_hints.is_empty(), "WITH (hints)"),
                    (*with_ordinality && args.is_none(), "WITH ORDINALITY"),
                    (!partitions.is_empty(), "PARTITION in FROM"),
                    (json_path.is_some(), "a JSON path in FROM"),
                    (sample.is_some(), "TABLESAMPLE"),
                    (!index_hints.is_empty(), "an index hint"),
                ] {
                    if given {
                        return Err(self.at(foreign(what), span));
                    }
                }
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                if args.is_some() {
                    return Ok(());
                }
                for part in name.0.iter().filter_map(|part| part.as_ident()) {
                    self.name(part)?;
                }
                let (parts, hints) = TableHints::split(name_parts(name));
                if let [one] = parts.as_slice()
                    && let Some((_, query, columns)) = self.ctes.iter().rev().find(|(n, ..)| n == one)
                {
                    if !hints.options.is_empty() {
                        return Err(
                            self.at(Diagnostic::error("the hint OPTIONS stands behind a table's name"), span)
                        );
                    }
                    let (query, columns) = (query.clone(), columns.clone());
                    let inlined = inline_cte(one, query, columns, alias.take());
                    self.count_inlined(&inlined, span)?;
                    *factor = match version.take() {
                        None => inlined,
                        Some(TableVersion::ForSystemTimeAsOf(as_of)) => versioned::at_a_time(inlined, as_of),
                        Some(_) => return Err(self.at(foreign("this version of a table"), span)),
                    };
                    return Ok(());
                }
                self.qualify(name, alias, span)
            }
            TableFactor::Derived { lateral: _, subquery, alias, sample } => {
                if sample.is_some() {
                    return Err(self.at(foreign("TABLESAMPLE"), span));
                }
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                self.nested_query(subquery)
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                self.table(table_with_joins)
            }
            TableFactor::MatchRecognize { .. } => self.match_recognize(factor),
            TableFactor::UNNEST { alias, array_exprs, .. } => {
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                array_exprs.iter_mut().try_for_each(|expr| self.expr(expr))
            }
            TableFactor::TableFunction { alias, expr } => {
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                self.table_function(expr)
            }
            TableFactor::Function { name, alias, .. } if versioned::is_name(name) => match alias {
                Some(alias) => self.alias(alias),
                None => Ok(()),
            },
            TableFactor::Function { name, args, .. } => Err(self.no_table_function(name, args, span)),
            TableFactor::JsonTable { .. } => Err(self.at(foreign("JSON_TABLE"), span)),
            TableFactor::OpenJsonTable { .. } => Err(self.at(foreign("OPENJSON"), span)),
            TableFactor::Pivot { .. } => Err(self.at(not_yet("PIVOT"), span)),
            TableFactor::Unpivot { .. } => Err(self.at(not_yet("UNPIVOT"), span)),
            TableFactor::XmlTable { .. } => Err(self.at(foreign("XMLTABLE"), span)),
            TableFactor::SemanticView { .. } => Err(self.at(foreign("SEMANTIC_VIEW"), span)),
        }
    }

    fn count_inlined(&mut self, factor: &TableFactor, span: Span) -> Checked {
        struct Selects(usize);
        impl datafusion_sql::sqlparser::ast::Visitor for Selects {
            type Break = ();

            fn pre_visit_select(&mut self, _select: &Select) -> ControlFlow<()> {
                self.0 += 1;
                ControlFlow::Continue(())
            }
        }
        let mut selects = Selects(0);
        let _ = datafusion_sql::sqlparser::ast::Visit::visit(factor, &mut selects);
        self.selects += selects.0;
        if self.selects > MAX_SELECTS { Err(self.at(too_large(), span)) } else { Ok(()) }
    }

    /// The full path of a table, under its old name.
    fn qualify(&self, name: &mut ObjectName, alias: &mut Option<TableAlias>, span: Span) -> Checked {
        let (parts, hints) = TableHints::split(name_parts(name));
        let Some(path) = self.catalog.resolve(&parts) else {
            return Err(
                self.at(Diagnostic::error(format!("'{}' is no name of a table", parts.join("."))), span)
            );
        };
        if self.catalog.object(&parts).is_none() {
            let shown = parts.join(".");
            let error = Diagnostic::error(format!("table '{shown}' does not exist"));
            let near = suggestion(&shown, self.catalog.names());
            let error = self.at(error, span);
            return Err(match near {
                Some(hint) => error.hint(hint),
                None => error,
            });
        }
        if !self.qualify {
            return Ok(());
        }
        let quoted = |part: &str| ObjectNamePart::Identifier(Ident { span, ..Ident::with_quote('`', part) });
        let mut full = vec![quoted(&path.catalog), quoted(&path.database), quoted(&path.name)];
        if hints != TableHints::default() {
            full.push(quoted(&hints.encode()));
        }
        *name = ObjectName(full);
        if alias.is_none() {
            *alias = Some(plain_alias(&path.name, Vec::new()));
        }
        Ok(())
    }
}

/// `name` stands for the query; with its own column names and the reference's alias over them.
fn inline_cte(name: &str, query: Query, columns: Vec<Ident>, alias: Option<TableAlias>) -> TableFactor {
    let derived = |query: Query, alias: TableAlias| TableFactor::Derived {
        lateral: false,
        subquery: Box::new(query),
        alias: Some(alias),
        sample: None,
    };
    match alias {
        None => derived(query, plain_alias(name, columns)),
        Some(alias) if alias.columns.is_empty() => derived(query, plain_alias(&alias.name.value, columns)),
        Some(alias) => derived(query, alias),
    }
}

/// `LATERAL (SELECT * FROM UNNEST(a)) AS u(x)` is UNNEST(a) AS u(x).
fn lateral_unnest(factor: &TableFactor) -> Option<TableFactor> {
    let TableFactor::Derived { lateral: true, subquery, alias: Some(alias), sample: None } = factor else {
        return None;
    };
    let SetExpr::Select(select) = &*subquery.body else { return None };
    let ([SelectItem::Wildcard(_)], [TableWithJoins { relation, joins }]) =
        (select.projection.as_slice(), select.from.as_slice())
    else {
        return None;
    };
    let is_plain = joins.is_empty()
        && select.distinct.is_none()
        && select.selection.is_none()
        && select.having.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty())
        && subquery.with.is_none()
        && subquery.order_by.is_none()
        && subquery.limit_clause.is_none()
        && subquery.fetch.is_none();
    let mut unnest = relation.clone();
    let TableFactor::UNNEST { alias: inner, .. } = &mut unnest else { return None };
    let mut alias = alias.clone();
    if let (true, Some(inner)) = (alias.columns.is_empty(), &*inner) {
        alias.columns.clone_from(&inner.columns);
    }
    *inner = Some(alias);
    is_plain.then_some(unnest)
}
