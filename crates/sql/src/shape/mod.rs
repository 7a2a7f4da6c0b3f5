//! What a query is made of, before names are bound: every clause of the syntax tree is either handled or refused here.
//!
//! Also: WITH is inlined, output columns get Flink's names, LOOKUP hints go to their tables, users' functions are
//! inlined, reserved words are refused as names, depth and size are limited.

mod expressions;
mod limits;
mod names;
mod peek;
mod stars;

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    Cte, Distinct, Expr, FunctionArguments, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator,
    ObjectName, ObjectNamePart, Query, Select, SelectFlavor, SelectItem, SetExpr, SetOperator, SetQuantifier,
    Spanned, TableAlias, TableFactor, TableWithJoins, Values, VisitMut, WildcardAdditionalOptions,
};
use datafusion_sql::sqlparser::tokenizer::Span;

use crate::catalog::Catalog;
use crate::context::name_parts;
use crate::diagnostic::{Diagnostic, suggestion};
use crate::function;
use crate::hints::{self, TableHints};
use crate::parse::expression::{ROW_VALUE, call, text};
use crate::template::Rendered;
use crate::words;
use expressions::Expressions;
use names::{name_columns, relation_names};

pub use limits::{MAX_SELECTS, limit_depth, too_large};
pub use names::{AMBIGUOUS, unique_names};
pub use peek::write_out_fields;
pub use stars::{QueryColumns, Relations};

type Checked = Result<(), Diagnostic>;

/// `x` is reserved.
pub fn reserved(word: &str) -> Diagnostic {
    Diagnostic::error(format!("'{word}' is a reserved word")).hint(format!("write it in backticks: `{word}`"))
}

fn not_yet(what: &str) -> Diagnostic {
    Diagnostic::error(format!("{what} is not supported yet"))
}

fn foreign(what: &str) -> Diagnostic {
    Diagnostic::error(format!("{what} does not exist in Flink SQL"))
}

/// Walks one statement's query.
pub struct Shape<'a> {
    file: &'a Rendered,
    catalog: &'a Catalog,
    /// For queries; an expression of its own reads none.
    relations: Option<&'a dyn Relations>,
    /// Write tables as full paths, so that a view keeps its meaning when another database is used.
    qualify: bool,
    /// WITH in scope, innermost last.
    ctes: Vec<(String, Query, Vec<Ident>)>,
    selects: usize,
    pub warnings: Vec<Diagnostic>,
}

impl<'a> Shape<'a> {
    pub fn new(file: &'a Rendered, catalog: &'a Catalog) -> Self {
        Self {
            file,
            catalog,
            relations: None,
            qualify: false,
            ctes: Vec::new(),
            selects: 0,
            warnings: Vec::new(),
        }
    }

    /// For a query; `qualify` for that of a view.
    pub fn of_query(
        file: &'a Rendered,
        catalog: &'a Catalog,
        relations: &'a dyn Relations,
        qualify: bool,
    ) -> Self {
        Self { qualify, relations: Some(relations), ..Self::new(file, catalog) }
    }

    fn at(&self, diagnostic: Diagnostic, span: Span) -> Diagnostic {
        if span.start.line == 0 {
            return diagnostic;
        }
        diagnostic.at(self.file.place(span.start.line, span.start.column))
    }

    pub fn query(&mut self, query: &mut Query) -> Checked {
        let span = query.body.span();
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if let Some(order_by) = order_by {
            return Err(self.at(not_yet("ORDER BY"), order_by.span()));
        }
        if let Some(limit) = limit_clause {
            return Err(self.at(not_yet("LIMIT"), limit.span()));
        }
        if fetch.is_some() {
            return Err(self.at(not_yet("FETCH"), span));
        }
        for (given, what) in [
            (!locks.is_empty(), "FOR UPDATE"),
            (for_clause.is_some(), "FOR XML, JSON or BROWSE"),
            (settings.is_some(), "SETTINGS"),
            (format_clause.is_some(), "FORMAT"),
            (!pipe_operators.is_empty(), "a pipe operator"),
        ] {
            if given {
                return Err(self.at(foreign(what), span));
            }
        }
        let outer = self.ctes.len();
        if let Some(with) = with.take() {
            if with.recursive {
                return Err(self.at(foreign("WITH RECURSIVE"), with.with_token.0.span));
            }
            for cte in with.cte_tables {
                let Cte { alias, mut query, from, materialized, closing_paren_token: _ } = cte;
                self.alias(&alias)?;
                if from.is_some() || materialized.is_some() {
                    return Err(self.at(foreign("MATERIALIZED"), alias.name.span));
                }
                self.query(&mut query)?;
                let columns = alias.columns.into_iter().map(|c| c.name).collect();
                self.ctes.push((alias.name.value, *query, columns));
            }
        }
        let result = self.body(body);
        self.ctes.truncate(outer);
        result
    }

    fn body(&mut self, body: &mut SetExpr) -> Checked {
        let span = body.span();
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                match (op, set_quantifier) {
                    (SetOperator::Union, SetQuantifier::All) => {}
                    (SetOperator::Union, SetQuantifier::None | SetQuantifier::Distinct) => {
                        return Err(self
                            .at(not_yet("UNION without ALL"), span)
                            .hint("UNION ALL keeps duplicates and needs no state"));
                    }
                    (SetOperator::Union, _) => return Err(self.at(foreign("UNION BY NAME"), span)),
                    (op, _) => return Err(self.at(not_yet(&op.to_string()), span)),
                }
                self.body(left)?;
                self.body(right)
            }
            SetExpr::Values(values) => self.values(values, span),
            SetExpr::Table(_) => {
                Err(self.at(not_yet("TABLE t as a query"), span).hint("write SELECT * FROM t"))
            }
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(self.at(foreign("a data change inside a query"), span))
            }
        }
    }

    fn values(&mut self, values: &mut Values, span: Span) -> Checked {
        self.count_select(span)?;
        if values.value_keyword {
            return Err(self.at(foreign("VALUE in place of VALUES"), span));
        }
        for row in &mut values.rows {
            // `ROW(1, 'a')` is the row itself.
            if let [Expr::Function(function)] = row.content.as_mut_slice()
                && function.name.to_string().eq_ignore_ascii_case("ROW")
                && let FunctionArguments::List(list) = &mut function.args
            {
                use datafusion_sql::sqlparser::ast::{FunctionArg, FunctionArgExpr};
                let fields = std::mem::take(&mut list.args);
                row.content = fields
                    .into_iter()
                    .map(|argument| match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
                        _ => Err(self.at(Diagnostic::error("a row of VALUES holds expressions"), span)),
                    })
                    .collect::<Result<_, _>>()?;
            }
            for value in &mut row.content {
                self.expr(value)?;
                let inner = std::mem::replace(value, text(String::new()));
                *value = call(ROW_VALUE, vec![inner]);
            }
        }
        if values.rows.windows(2).any(|rows| rows[0].content.len() != rows[1].content.len()) {
            return Err(
                self.at(Diagnostic::error("the rows of VALUES differ in their number of columns"), span)
            );
        }
        Ok(())
    }

    fn count_select(&mut self, span: Span) -> Checked {
        self.selects += 1;
        if self.selects > MAX_SELECTS { Err(self.at(too_large(), span)) } else { Ok(()) }
    }

    fn select(&mut self, select: &mut Select) -> Checked {
        let span = select.select_token.0.span;
        self.count_select(span)?;
        self.lookup_hints(&std::mem::take(&mut select.optimizer_hints), &mut select.from, span)?;
        for table in &mut select.from {
            self.table(table)?;
        }
        self.name_unnested(&mut select.from)?;
        self.expand_stars(select)?;
        let Select {
            select_token: _,
            optimizer_hints: _,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        for (given, what) in [
            (select_modifiers.is_some(), "a modifier behind SELECT"),
            (top.is_some(), "TOP"),
            (exclude.is_some(), "EXCLUDE"),
            (into.is_some(), "SELECT INTO"),
            (!lateral_views.is_empty(), "LATERAL VIEW"),
            (prewhere.is_some(), "PREWHERE"),
            (!connect_by.is_empty(), "CONNECT BY"),
            (!cluster_by.is_empty(), "CLUSTER BY"),
            (!distribute_by.is_empty(), "DISTRIBUTE BY"),
            (!sort_by.is_empty(), "SORT BY"),
            (qualify.is_some(), "QUALIFY"),
            (value_table_mode.is_some(), "SELECT AS VALUE or STRUCT"),
            (*flavor != SelectFlavor::Standard, "FROM before SELECT"),
        ] {
            if given {
                return Err(self.at(foreign(what), span));
            }
        }
        match distinct {
            None | Some(Distinct::All) => *distinct = None,
            Some(Distinct::Distinct) => return Err(self.at(not_yet("SELECT DISTINCT"), span)),
            Some(Distinct::On(_)) => return Err(self.at(foreign("DISTINCT ON"), span)),
        }
        match group_by {
            GroupByExpr::Expressions(keys, modifiers) if keys.is_empty() && modifiers.is_empty() => {}
            other => return Err(self.at(not_yet("GROUP BY"), other.span())),
        }
        if let Some(having) = having {
            return Err(self.at(not_yet("HAVING"), having.span()));
        }
        if projection.is_empty() {
            return Err(self.at(Diagnostic::error("SELECT has no columns"), span));
        }
        if projection.len() > 1_600 {
            return Err(self.at(Diagnostic::error("a SELECT has at most 1600 columns"), span));
        }
        for item in projection.iter_mut() {
            match item {
                SelectItem::UnnamedExpr(expr) => self.expr(expr)?,
                SelectItem::ExprWithAlias { expr, alias } => {
                    self.expr(expr)?;
                    self.name(alias)?;
                }
                SelectItem::ExprWithAliases { .. } => {
                    return Err(self.at(foreign("several aliases of a column"), span));
                }
                SelectItem::QualifiedWildcard(_, options) | SelectItem::Wildcard(options) => {
                    self.wildcard(options, span)?;
                }
            }
        }
        if let (Some(selection), true) = (&*selection, from.is_empty()) {
            return Err(self.at(Diagnostic::error("WHERE without FROM"), selection.span()));
        }
        if let Some(selection) = selection {
            self.expr(selection)?;
        }
        for window in named_window.iter() {
            self.name(&window.0)?;
        }
        name_columns(projection, &relation_names(from));
        Ok(())
    }

    fn wildcard(&self, options: &WildcardAdditionalOptions, span: Span) -> Checked {
        let WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        let given = opt_ilike.is_some()
            || opt_exclude.is_some()
            || opt_except.is_some()
            || opt_replace.is_some()
            || opt_rename.is_some()
            || opt_alias.is_some();
        if given { Err(self.at(foreign("a clause behind *"), span)) } else { Ok(()) }
    }

    fn table(&mut self, table: &mut TableWithJoins) -> Checked {
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

    fn constraint(&mut self, constraint: &mut JoinConstraint, span: Span) -> Checked {
        match constraint {
            JoinConstraint::On(condition) => self.expr(condition),
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

    fn factor(&mut self, factor: &mut TableFactor) -> Checked {
        let span = factor.span();
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
                    if version.is_some() {
                        let error = Diagnostic::error(format!("FOR SYSTEM_TIME AS OF over WITH '{one}'"));
                        return Err(self.at(error, span).hint("a lookup join reads a table"));
                    }
                    if !hints.options.is_empty() {
                        return Err(
                            self.at(Diagnostic::error("the hint OPTIONS stands behind a table's name"), span)
                        );
                    }
                    let (query, columns) = (query.clone(), columns.clone());
                    let inlined = inline_cte(one, query, columns, alias.take());
                    self.count_inlined(&inlined, span)?;
                    *factor = inlined;
                    return Ok(());
                }
                self.qualify(name, alias, span)
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                if sample.is_some() {
                    return Err(self.at(foreign("TABLESAMPLE"), span));
                }
                if *lateral {
                    return Err(self.at(not_yet("LATERAL (SELECT …)"), span));
                }
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                self.query(subquery)
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                self.table(table_with_joins)
            }
            TableFactor::MatchRecognize { .. } => Err(self.at(not_yet("MATCH_RECOGNIZE"), span)),
            TableFactor::UNNEST { alias, array_exprs, .. } => {
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                array_exprs.iter_mut().try_for_each(|expr| self.expr(expr))
            }
            TableFactor::TableFunction { alias, .. } | TableFactor::Function { alias, .. } => match alias {
                Some(alias) => self.alias(alias),
                None => Ok(()),
            },
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

    /// Hands each LOOKUP hint to its table.
    fn lookup_hints(
        &mut self,
        written: &[datafusion_sql::sqlparser::ast::OptimizerHint],
        from: &mut [TableWithJoins],
        span: Span,
    ) -> Checked {
        for hint in written {
            let fill = |text: &str| self.file.fill(text);
            let parsed = hints::parse(&hint.text, &fill).map_err(|m| self.at(Diagnostic::error(m), span))?;
            for hint in parsed {
                match hint.name.as_str() {
                    "LOOKUP" => {
                        let table =
                            hints::check_lookup(&hint).map_err(|m| self.at(Diagnostic::error(m), span))?;
                        if !from.iter_mut().any(|t| give_hint(t, &table, &hint.options)) {
                            let error = Diagnostic::error(format!(
                                "the hint LOOKUP names '{table}', which is no lookup table of this SELECT"
                            ));
                            return Err(self.at(error, span).hint("give the table's alias where it has one"));
                        }
                    }
                    "BROADCAST" | "SHUFFLE_HASH" | "SHUFFLE_MERGE" | "NEST_LOOP" => {
                        let warning = format!("the hint {} is for batch joins and has no effect", hint.name);
                        self.warnings.push(self.at(Diagnostic::warning(warning), span));
                    }
                    "STATE_TTL" => {
                        let warning = "the hint STATE_TTL came with Flink 1.19 and has no effect";
                        self.warnings.push(self.at(Diagnostic::warning(warning), span));
                    }
                    other => {
                        let warning = format!("the hint {other} is unknown and has no effect");
                        self.warnings.push(self.at(Diagnostic::warning(warning), span));
                    }
                }
            }
        }
        Ok(())
    }

    fn alias(&self, alias: &TableAlias) -> Checked {
        self.name(&alias.name)?;
        alias.columns.iter().try_for_each(|column| self.name(&column.name))
    }

    fn name(&self, name: &Ident) -> Checked {
        match name.quote_style {
            None if words::is_reserved(&name.value) => Err(self.at(reserved(&name.value), name.span)),
            Some('\'') => Err(self
                .at(
                    Diagnostic::error(format!("the text '{}' stands where a name is expected", name.value)),
                    name.span,
                )
                .hint("write names in backticks; texts of one literal stand on lines of their own")),
            _ => Ok(()),
        }
    }

    /// Checks an expression and inlines users' functions in it.
    pub fn expr(&mut self, expr: &mut Expr) -> Checked {
        match expr.visit(&mut Expressions { shape: self, budget: function::MAX_INLINED }) {
            ControlFlow::Break(diagnostic) => Err(diagnostic),
            ControlFlow::Continue(()) => Ok(()),
        }
    }
}

/// Gives a LOOKUP hint to the table of that alias or name.
fn give_hint(table: &mut TableWithJoins, to: &str, options: &[(String, String)]) -> bool {
    let mut factors =
        std::iter::once(&mut table.relation).chain(table.joins.iter_mut().map(|j| &mut j.relation));
    factors.any(|factor| match factor {
        TableFactor::Table { name, alias, version: Some(_), .. } => {
            let (parts, mut hints) = TableHints::split(name_parts(name));
            let called = alias.as_ref().map_or_else(|| parts.last().cloned(), |a| Some(a.name.value.clone()));
            if called.as_deref() != Some(to) {
                return false;
            }
            hints.lookup = options.to_vec();
            let span = name.span();
            name.0.truncate(parts.len());
            let part = Ident { span, ..Ident::with_quote('`', hints.encode()) };
            name.0.push(ObjectNamePart::Identifier(part));
            true
        }
        TableFactor::NestedJoin { table_with_joins, .. } => give_hint(table_with_joins, to, options),
        _ => false,
    })
}

pub fn plain_alias(name: &str, columns: Vec<Ident>) -> TableAlias {
    use datafusion_sql::sqlparser::ast::TableAliasColumnDef;
    let columns = columns.into_iter().map(|name| TableAliasColumnDef { name, data_type: None }).collect();
    TableAlias { explicit: true, name: Ident::with_quote('`', name), columns, at: None }
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
