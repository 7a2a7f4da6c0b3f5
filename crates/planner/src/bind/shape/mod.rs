//! What a query is made of, before names are bound: every clause of the syntax tree is either handled or refused here.
//!
//! Also: WITH is inlined, output columns get Flink's names, the hints LOOKUP and STATE_TTL go to their tables, users' functions are
//! inlined, reserved words are refused as names, depth and size are limited.

mod calls;
mod expressions;
mod from;
mod grouping;
mod match_recognize;
mod names;
mod order;
mod peek;
mod places;
mod row_in;
mod select_hints;
mod stars;
mod using;
mod window_functions;
mod windows;

use std::cell::RefCell;
use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    Cte, Distinct, Expr, FunctionArguments, GroupByExpr, Ident, OrderBy, Query, Select, SelectFlavor,
    SelectItem, SetExpr, SetOperator, SetQuantifier, Spanned, TableAlias, Values, VisitMut,
    WildcardAdditionalOptions,
};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_sql::catalog::Catalog;
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::function;
use streamsql_sql::limits::{MAX_SELECTS, MAX_SET_OPERATIONS, reserved, too_large};
use streamsql_sql::parse::expression::{ROW_VALUE, call, text};
use streamsql_sql::template::Rendered;
use streamsql_sql::words;

use expressions::Expressions;
use names::{name_columns, relation_names};

pub use names::{AMBIGUOUS, unique_names};
pub use order::of_view;
pub use peek::write_out_fields;
pub use stars::{QueryColumns, Relations};

/// Most tables of one FROM.
const MAX_TABLES: usize = 400;

type Checked = Result<(), Diagnostic>;

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
    set_operations: usize,
    /// Warnings about what is read but has no effect.
    ignored: RefCell<Vec<Diagnostic>>,
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
            set_operations: 0,
            ignored: RefCell::default(),
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
        self.order_by(order_by, span)?;
        self.limit(limit_clause, fetch, span)?;
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
                self.nested_query(&mut query)?;
                let columns = alias.columns.into_iter().map(|c| c.name).collect();
                self.ctes.push((alias.name.value, *query, columns));
            }
        }
        let result = self.body(body, order_by.as_mut());
        self.ctes.truncate(outer);
        result
    }

    /// `order` is the ORDER BY of a query that is this.
    fn body(&mut self, body: &mut SetExpr, order: Option<&mut OrderBy>) -> Checked {
        let span = body.span();
        match body {
            SetExpr::Select(select) => self.select(select, order),
            SetExpr::Query(query) => self.nested_query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                match (&*op, &*set_quantifier) {
                    (SetOperator::Minus, _) => {
                        return Err(self.at(foreign("MINUS"), span).hint("write EXCEPT"));
                    }
                    (_, SetQuantifier::None | SetQuantifier::Distinct | SetQuantifier::All) => {}
                    (op, _) => return Err(self.at(foreign(&format!("{op} BY NAME")), span)),
                }
                if (&*op, &*set_quantifier) != (&SetOperator::Union, &SetQuantifier::All) {
                    self.set_operations += 1;
                    if self.set_operations > MAX_SET_OPERATIONS {
                        let error = format!(
                            "a statement has at most {MAX_SET_OPERATIONS} INTERSECT, EXCEPT and UNION without ALL"
                        );
                        return Err(self.at(Diagnostic::error(error), span));
                    }
                }
                let word = op.to_string();
                self.body(left, None)?;
                self.body(right, None)?;
                if let (Some(l), Some(r)) = (width(left), width(right))
                    && l != r
                {
                    let error = format!("the sides of {word} have different numbers of columns, {l} and {r}");
                    return Err(self.at(Diagnostic::error(error), right.span()));
                }
                Ok(())
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
                let name = places::name_around(ROW_VALUE, value, self.file);
                let inner = std::mem::replace(value, text(String::new()));
                *value = places::quoted(call(ROW_VALUE, vec![inner]), name);
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

    fn select(&mut self, select: &mut Select, order: Option<&mut OrderBy>) -> Checked {
        let span = select.select_token.0.span;
        self.count_select(span)?;
        self.select_hints(&std::mem::take(&mut select.optimizer_hints), &mut select.from, span)?;
        if select.from.iter().map(|table| 1 + table.joins.len()).sum::<usize>() > MAX_TABLES {
            let error = Diagnostic::error(format!("a SELECT reads at most {MAX_TABLES} tables"));
            return Err(self.at(error, span));
        }
        for table in &mut select.from {
            self.table(table)?;
        }
        self.name_unnested(&mut select.from)?;
        self.group_window(select, order)?;
        self.expand_using(select)?;
        self.expand_stars(select)?;
        self.windows(select)?;
        self.warnings.append(&mut self.ignored.take());
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
            named_window: _,
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
            Some(Distinct::Distinct) => {}
            Some(Distinct::On(_)) => return Err(self.at(foreign("DISTINCT ON"), span)),
        }
        match group_by {
            GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => self.group_keys(keys)?,
            other => return Err(self.at(foreign("this form of GROUP BY"), other.span())),
        }
        if let (Some(having), GroupByExpr::Expressions(keys, _)) = (&*having, &mut *group_by)
            && keys.is_empty()
            && calls::first_aggregate(having).is_none()
            && !projection.iter().any(|item| calls::first_aggregate(item).is_some())
        {
            // HAVING makes one group of all rows, also where nothing is aggregated.
            keys.push(Expr::GroupingSets(vec![Vec::new()]));
        }
        if let Some(having) = having {
            self.expr(having)?;
            places::mark_condition(having, self.file);
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
        if let (Some(having), true) = (&*having, from.is_empty()) {
            return Err(self.at(Diagnostic::error("HAVING without FROM"), having.span()));
        }
        if let (Some(selection), true) = (&*selection, from.is_empty()) {
            return Err(self.at(Diagnostic::error("WHERE without FROM"), selection.span()));
        }
        if let Some(selection) = selection {
            if let Some(aggregate) = calls::first_aggregate(selection) {
                let error = Diagnostic::error("an aggregate function stands in WHERE; use HAVING");
                return Err(self.at(error, aggregate));
            }
            self.expr(selection)?;
            places::mark_condition(selection, self.file);
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
        match expr.visit(&mut Expressions { shape: self, budget: function::MAX_INLINED, walked: Vec::new() })
        {
            ControlFlow::Break(diagnostic) => Err(diagnostic),
            ControlFlow::Continue(()) => Ok(()),
        }
    }
}

/// The number of columns of a query whose shape was checked; none where a `*` stands in it.
fn width(body: &SetExpr) -> Option<usize> {
    match body {
        SetExpr::Select(select) => {
            let star = |item: &SelectItem| {
                matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
            };
            (!select.projection.iter().any(star)).then_some(select.projection.len())
        }
        SetExpr::Query(query) => width(&query.body),
        SetExpr::SetOperation { left, .. } => width(left),
        SetExpr::Values(values) => values.rows.first().map(|row| row.content.len()),
        _ => None,
    }
}

pub fn plain_alias(name: &str, columns: Vec<Ident>) -> TableAlias {
    use datafusion_sql::sqlparser::ast::TableAliasColumnDef;
    let columns = columns.into_iter().map(|name| TableAliasColumnDef { name, data_type: None }).collect();
    TableAlias { explicit: true, name: Ident::with_quote('`', name), columns, at: None }
}
