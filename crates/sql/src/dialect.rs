//! Flink's lexical and grammatical choices for the SQL parser.

use std::any::TypeId;

use datafusion_sql::sqlparser::ast::Expr;
use datafusion_sql::sqlparser::dialect::{Dialect, GenericDialect, Precedence};
use datafusion_sql::sqlparser::keywords::Keyword;
use datafusion_sql::sqlparser::parser::{Parser, ParserError};

use crate::parse::{expression, forms, grouping, quantified};

/// Flink SQL 1.18 on top of the parser's generic dialect.
#[derive(Debug, Default)]
pub struct FlinkDialect;

impl Dialect for FlinkDialect {
    /// The parser asks for its own dialects by type in places; the generic one allows the most.
    fn dialect(&self) -> TypeId {
        TypeId::of::<GenericDialect>()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_' || ch == '$'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_' || ch == '$'
    }

    /// `FOR SYSTEM_TIME AS OF`.
    fn supports_table_versioning(&self) -> bool {
        true
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_match_recognize(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_named_fn_args_with_rarrow_operator(&self) -> bool {
        true
    }

    fn supports_values_as_table_factor(&self) -> bool {
        true
    }

    fn supports_left_associative_joins_without_parens(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    /// `SELECT /*+ LOOKUP(…) */`.
    fn supports_comment_optimizer_hint(&self) -> bool {
        true
    }

    /// A literal goes on in the next line, as in the standard.
    fn supports_string_literal_concatenation_with_newline(&self) -> bool {
        true
    }

    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        expression::prefix(parser).or_else(|| forms::prefix(parser)).or_else(|| grouping::prefix(parser))
    }

    fn parse_infix(
        &self,
        parser: &mut Parser<'_>,
        expr: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        expression::infix(parser, expr)
            .or_else(|| forms::infix(parser, expr))
            .or_else(|| quantified::infix(parser, expr))
            .or_else(|| distinct_from(parser, expr, precedence))
    }
}

/// `a IS [NOT] DISTINCT FROM b AND c`: the parser of the generic dialect would take `b AND c` for the right side.
fn distinct_from(parser: &mut Parser<'_>, left: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
    let form = if parser.parse_keywords(&[Keyword::IS, Keyword::DISTINCT, Keyword::FROM]) {
        Expr::IsDistinctFrom
    } else if parser.parse_keywords(&[Keyword::IS, Keyword::NOT, Keyword::DISTINCT, Keyword::FROM]) {
        Expr::IsNotDistinctFrom
    } else {
        return None;
    };
    // It binds as strongly as a comparison, and both from the left.
    let right = parser.parse_subexpr(precedence.max(FlinkDialect.prec_value(Precedence::Eq)));
    Some(right.map(|right| form(Box::new(left.clone()), Box::new(right))))
}
