//! `CREATE TABLE`: physical, computed and metadata columns, watermark, primary key, options, LIKE.

use datafusion_sql::sqlparser::tokenizer::Token;

use super::{ParseResult, StatementParser, is_word, types::parse_type};
use crate::diagnostic::Diagnostic;
use crate::statement::{ColumnDefinition, ColumnKind, CreateTable, Like, Statement, WatermarkDefinition};

impl StatementParser<'_> {
    /// After `CREATE [TEMPORARY] TABLE`.
    pub(super) fn create_table(&mut self) -> ParseResult<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let mut table = CreateTable {
            name: self.name()?,
            if_not_exists,
            columns: Vec::new(),
            watermark: None,
            primary_key: Vec::new(),
            options: Vec::new(),
            like: None,
        };
        if self.parser.consume_token(&Token::LParen) {
            self.elements(&mut table)?;
        }
        loop {
            let token = self.parser.peek_token();
            if self.try_word("COMMENT") {
                self.string()?;
            } else if self.try_word("PARTITIONED") {
                self.word("BY")?;
                self.name_list()?;
            } else if self.try_word("WITH") {
                table.options = self.options()?;
            } else if self.try_word("LIKE") {
                table.like = Some(self.like()?);
            } else if self.try_word("AS") {
                return Err(Diagnostic::error("CREATE TABLE … AS SELECT is not supported yet")
                    .at(self.file.place(token.span.start.line, token.span.start.column))
                    .hint("write CREATE TABLE with columns and an INSERT INTO"));
            } else {
                break;
            }
        }
        Ok(Statement::CreateTable(Box::new(table)))
    }

    fn elements(&mut self, table: &mut CreateTable) -> ParseResult<()> {
        loop {
            let token = self.parser.peek_token();
            let place = self.file.place(token.span.start.line, token.span.start.column);
            let next = self.parser.peek_nth_token(1).token;
            if is_word(&token.token, "WATERMARK") && is_word(&next, "FOR") {
                self.word("WATERMARK")?;
                self.word("FOR")?;
                let column = self.identifier()?;
                self.word("AS")?;
                let expr = self.parser.parse_expr().map_err(|e| self.reword(e))?;
                if table.watermark.is_some() {
                    return Err(Diagnostic::error("a table has at most one watermark").at(place));
                }
                table.watermark = Some(WatermarkDefinition { column, expr, place });
            } else if is_word(&token.token, "PRIMARY") && is_word(&next, "KEY") {
                self.primary_key(table)?;
            } else if is_word(&token.token, "CONSTRAINT") && !matches!(next, Token::Comma | Token::RParen) {
                self.word("CONSTRAINT")?;
                self.identifier()?;
                self.primary_key(table)?;
            } else {
                let column = self.column(table)?;
                table.columns.push(ColumnDefinition { place, ..column });
            }
            let token = self.parser.peek_token();
            if self.parser.consume_token(&Token::RParen) {
                return Ok(());
            }
            if !self.parser.consume_token(&Token::Comma) {
                return Err(self.unexpected(&token, "',' or ')' after a column"));
            }
        }
    }

    fn primary_key(&mut self, table: &mut CreateTable) -> ParseResult<()> {
        let token = self.parser.peek_token();
        self.word("PRIMARY")?;
        self.word("KEY")?;
        let columns = self.name_list()?;
        self.not_enforced()?;
        if !table.primary_key.is_empty() {
            return Err(Diagnostic::error("a table has at most one primary key")
                .at(self.file.place(token.span.start.line, token.span.start.column)));
        }
        table.primary_key = columns;
        Ok(())
    }

    fn not_enforced(&mut self) -> ParseResult<()> {
        let token = self.parser.peek_token();
        if self.try_word("NOT") && self.try_word("ENFORCED") {
            return Ok(());
        }
        Err(self.unexpected(&token, "NOT ENFORCED").hint("Flink supports only PRIMARY KEY … NOT ENFORCED"))
    }

    fn column(&mut self, table: &mut CreateTable) -> ParseResult<ColumnDefinition> {
        let token = self.parser.peek_token();
        let place = self.file.place(token.span.start.line, token.span.start.column);
        let name = self.identifier()?;
        if self.try_word("AS") {
            let expr = self.parser.parse_expr().map_err(|e| self.reword(e))?;
            self.comment()?;
            return Ok(ColumnDefinition { name, kind: ColumnKind::Computed(Box::new(expr)), place });
        }
        let at = self.parser.peek_token().span.start;
        let (logical_type, nullable) = parse_type(&mut self.parser)
            .map_err(|message| Diagnostic::error(message).at(self.file.place(at.line, at.column)))?;
        if self.try_word("METADATA") {
            let key = if self.try_word("FROM") { self.string()? } else { name.clone() };
            let is_virtual = self.try_word("VIRTUAL");
            self.comment()?;
            let kind = ColumnKind::Metadata { logical_type, nullable, key, is_virtual };
            return Ok(ColumnDefinition { name, kind, place });
        }
        if self.try_word("CONSTRAINT") {
            self.identifier()?;
        }
        if is_word(&self.parser.peek_token().token, "PRIMARY") {
            self.word("PRIMARY")?;
            self.word("KEY")?;
            self.not_enforced()?;
            table.primary_key = vec![name.clone()];
        }
        self.comment()?;
        Ok(ColumnDefinition { name, kind: ColumnKind::Physical { logical_type, nullable }, place })
    }

    fn comment(&mut self) -> ParseResult<()> {
        if self.try_word("COMMENT") {
            self.string()?;
        }
        Ok(())
    }

    fn options(&mut self) -> ParseResult<Vec<(String, String)>> {
        self.token(&Token::LParen)?;
        let mut options: Vec<(String, String)> = Vec::new();
        loop {
            let token = self.parser.peek_token();
            let key = self.string()?;
            self.token(&Token::Eq)?;
            let value = self.string()?;
            if options.iter().any(|(seen, _)| *seen == key) {
                return Err(Diagnostic::error(format!("option '{key}' is given twice"))
                    .at(self.file.place(token.span.start.line, token.span.start.column)));
            }
            options.push((key, value));
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.token(&Token::RParen)?;
        Ok(options)
    }

    fn like(&mut self) -> ParseResult<Like> {
        let source = self.name()?;
        let mut options = Vec::new();
        if self.parser.consume_token(&Token::LParen) {
            while !self.parser.consume_token(&Token::RParen) {
                let strategy = self.any_word()?.to_ascii_uppercase();
                let feature = self.any_word()?.to_ascii_uppercase();
                options.push((strategy, feature));
                let _ = self.parser.consume_token(&Token::Comma);
            }
        }
        Ok(Like { source, options })
    }
}
