//! INSERT, statement sets, EXPLAIN and SET.

use std::sync::Arc;

use datafusion_sql::sqlparser::ast::Expr;
use datafusion_sql::sqlparser::tokenizer::Token;

use super::{ParseResult, StatementParser, is_word};
use crate::diagnostic::Diagnostic;
use crate::hints::TableHints;
use crate::statement::{Insert, Located, Statement};

impl StatementParser<'_> {
    pub(super) fn insert(&mut self) -> ParseResult<Insert> {
        let place = self.at().place(self.file);
        self.word("INSERT")?;
        let token = self.parser.peek_token();
        if self.try_word("OVERWRITE") {
            return Err(Diagnostic::error("INSERT OVERWRITE is for batch mode only, as in Flink")
                .at(place)
                .hint("use INSERT INTO"));
        }
        if !self.try_word("INTO") {
            return Err(self.unexpected(&token, "INTO"));
        }
        let (target, hints) = TableHints::split(self.name()?);
        let partition = if self.try_word("PARTITION") { self.partition()? } else { Vec::new() };
        let columns = if self.starts_column_list() { self.name_list()? } else { Vec::new() };
        let query = self.query()?;
        Ok(Insert { target, hints, partition, columns, query, place })
    }

    /// `(column = literal, …)`.
    fn partition(&mut self) -> ParseResult<Vec<(String, Expr)>> {
        self.token(&Token::LParen)?;
        let mut partition = Vec::new();
        loop {
            let column = self.identifier()?;
            self.token(&Token::Eq)?;
            partition.push((column, self.expr()?));
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.token(&Token::RParen)?;
        Ok(partition)
    }

    /// `(` opens a column list unless a query stands behind it.
    fn starts_column_list(&self) -> bool {
        let query = ["SELECT", "WITH", "VALUES"];
        self.parser.peek_nth_token(0).token == Token::LParen
            && self.parser.peek_nth_token(1).token != Token::LParen
            && !query.iter().any(|word| is_word(&self.parser.peek_nth_token(1).token, word))
    }

    pub(super) fn statement_set(&mut self) -> ParseResult<Statement> {
        let old_form = self.try_word("BEGIN");
        if !old_form {
            self.word("EXECUTE")?;
            if is_word(&self.parser.peek_token().token, "PLAN") {
                return Err(Diagnostic::error("EXECUTE PLAN is not supported").hint("give the SQL itself"));
            }
            if !is_word(&self.parser.peek_token().token, "STATEMENT") {
                let token = self.parser.peek_token();
                if !["INSERT", "SELECT", "WITH", "VALUES"].iter().any(|word| is_word(&token.token, word)) {
                    return Err(self.unexpected(&token, "STATEMENT SET, INSERT or SELECT behind EXECUTE"));
                }
                // `EXECUTE INSERT …` and `EXECUTE SELECT …` are the same as without EXECUTE.
                return self.statement_body();
            }
        }
        self.statement_set_body(!old_form).map(Statement::StatementSet)
    }

    fn statement_set_body(&mut self, begin: bool) -> ParseResult<Vec<Insert>> {
        self.word("STATEMENT")?;
        self.word("SET")?;
        if begin {
            self.word("BEGIN")?;
        }
        let _ = self.parser.consume_token(&Token::SemiColon);
        let mut inserts = Vec::new();
        while !is_word(&self.parser.peek_token().token, "END") {
            let token = self.parser.peek_token();
            if !is_word(&token.token, "INSERT") {
                return Err(self.unexpected(&token, "INSERT INTO or END in a statement set"));
            }
            inserts.push(self.insert()?);
            let token = self.parser.peek_token();
            if !self.parser.consume_token(&Token::SemiColon) {
                return Err(self.unexpected(&token, "';' after an INSERT of a statement set"));
            }
        }
        self.word("END")?;
        if inserts.is_empty() {
            return Err(Diagnostic::error("the statement set has no INSERT"));
        }
        Ok(inserts)
    }

    pub(super) fn set(&mut self) -> ParseResult<Statement> {
        self.word("SET")?;
        if self.at_end() {
            return Ok(Statement::ShowSettings);
        }
        let key = self.setting_part()?;
        let token = self.parser.peek_token();
        if !self.parser.consume_token(&Token::Eq) {
            return Err(self.unexpected(&token, "'='").hint("SET 'key' = 'value';"));
        }
        let value = self.setting_part()?;
        Ok(Statement::Set { key, value })
    }

    /// A quoted text, or the unquoted words, dots and dashes of the old client's form.
    pub(super) fn setting_part(&mut self) -> ParseResult<String> {
        if let Token::SingleQuotedString(_) = self.parser.peek_token().token {
            return self.string();
        }
        let mut text = String::new();
        while !matches!(self.parser.peek_token().token, Token::EOF | Token::Eq) {
            text.push_str(&self.parser.next_token().token.to_string());
        }
        Ok(text)
    }

    pub(super) fn explain(&mut self) -> ParseResult<Statement> {
        self.word("EXPLAIN")?;
        let mut details: Vec<String> = Vec::new();
        const DETAILS: [&str; 4] = ["ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE"];
        while let Some(detail) = DETAILS.iter().find(|detail| self.try_word(detail)) {
            if details.iter().any(|seen| seen == detail) {
                return Err(Diagnostic::error(format!("EXPLAIN has the detail {detail} twice")));
            }
            details.push((*detail).to_owned());
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        if details.is_empty() && self.try_word("PLAN") {
            self.word("FOR")?;
        }
        let token = self.parser.peek_token();
        if is_word(&token.token, "EXPLAIN") || is_word(&token.token, "EXECUTE") {
            return Err(self.unexpected(&token, "a SELECT, INSERT or STATEMENT SET to explain"));
        }
        let inner = if is_word(&self.parser.peek_token().token, "STATEMENT") {
            let place = self.at().place(self.file);
            let statement = Statement::StatementSet(self.statement_set_body(true)?);
            Located { statement, place, file: Arc::clone(self.file), warnings: Vec::new() }
        } else {
            self.located()?
        };
        Ok(Statement::Explain { details, inner: Box::new(inner) })
    }
}
