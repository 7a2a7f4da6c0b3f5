//! MATCH_RECOGNIZE: its clauses are handled or refused.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, MatchRecognizePattern,
    MatchRecognizeSymbol, RowsPerMatch, Spanned, TableFactor, Visit, Visitor,
};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_sql::diagnostic::Diagnostic;

use super::{Checked, Shape};

impl Shape<'_> {
    pub(super) fn match_recognize(&mut self, factor: &mut TableFactor) -> Checked {
        let TableFactor::MatchRecognize {
            table,
            partition_by,
            order_by,
            measures,
            rows_per_match,
            after_match_skip: _,
            pattern,
            symbols,
            alias,
        } = factor
        else {
            return Ok(());
        };
        if let TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } =
            table.as_ref()
            && alias.name.span.start.line > 0
        {
            let error = Diagnostic::error("an alias before MATCH_RECOGNIZE does not exist in Flink SQL");
            return Err(self.at(error, alias.name.span).hint("write it behind: MATCH_RECOGNIZE (…) AS m"));
        }
        self.factor(table)?;
        let span = symbols.first().map_or_else(Span::empty, |definition| definition.symbol.span);
        if let Some(RowsPerMatch::AllRows(_)) = rows_per_match {
            let error = Diagnostic::error("ALL ROWS PER MATCH is not supported, as in Flink 1.18");
            return Err(self
                .at(error, span)
                .hint("write ONE ROW PER MATCH and take what you need into MEASURES"));
        }
        if measures.is_empty() {
            let error = Diagnostic::error("MATCH_RECOGNIZE needs MEASURES, as in Flink 1.18");
            return Err(self.at(error, span));
        }
        if let Some(alias) = alias {
            self.alias(alias)?;
        }
        for expr in partition_by.iter_mut() {
            self.expr(expr)?;
        }
        for key in order_by.iter_mut() {
            self.expr(&mut key.expr)?;
        }
        for measure in measures.iter_mut() {
            self.match_expr(&mut measure.expr, "MEASURES")?;
            self.name(&measure.alias)?;
        }
        for definition in symbols.iter_mut() {
            self.match_expr(&mut definition.definition, "DEFINE")?;
            self.name(&definition.symbol)?;
        }
        self.pattern(pattern)
    }

    fn match_expr(&mut self, expr: &mut Expr, clause: &str) -> Checked {
        if let ControlFlow::Break((what, span)) = expr.visit(&mut Refused) {
            let error = Diagnostic::error(format!("{what} does not stand in {clause} of MATCH_RECOGNIZE"));
            return Err(self.at(error, span));
        }
        self.expr(expr)
    }

    fn pattern(&self, pattern: &MatchRecognizePattern) -> Checked {
        let symbol = |symbol: &MatchRecognizeSymbol| match symbol {
            MatchRecognizeSymbol::Named(name) => self.name(name),
            MatchRecognizeSymbol::Start | MatchRecognizeSymbol::End => Ok(()),
        };
        match pattern {
            MatchRecognizePattern::Symbol(of) | MatchRecognizePattern::Exclude(of) => symbol(of),
            MatchRecognizePattern::Permute(of) => of.iter().try_for_each(symbol),
            MatchRecognizePattern::Concat(parts) | MatchRecognizePattern::Alternation(parts) => {
                parts.iter().try_for_each(|part| self.pattern(part))
            }
            MatchRecognizePattern::Group(inner) | MatchRecognizePattern::Repetition(inner, _) => {
                self.pattern(inner)
            }
        }
    }
}

/// Finds what no expression over a match has.
struct Refused;

impl Visitor for Refused {
    type Break = (&'static str, Span);

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        let what = match expr {
            Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => "a subquery",
            Expr::AnyOp { .. } | Expr::AllOp { .. } => "a subquery",
            Expr::Function(Function { over: Some(_), .. }) => "a call with OVER",
            Expr::Function(Function { filter: Some(_), .. }) => "an aggregate with FILTER",
            Expr::Function(Function { args: FunctionArguments::List(list), .. })
                if list.args.iter().any(|arg| {
                    matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(_)))
                }) =>
            {
                "v.* as an argument"
            }
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break((what, expr.span()))
    }
}
