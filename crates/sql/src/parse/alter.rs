//! `ALTER TABLE`, `ALTER VIEW`, `ALTER DATABASE`.

use datafusion_sql::sqlparser::tokenizer::Token;

use super::{ParseResult, StatementParser, is_word};
use crate::diagnostic::Diagnostic;
use crate::statement::{AlterTable, Statement, TableChange, TableElements, ViewChange};

impl StatementParser<'_> {
    /// `ALTER TABLE | VIEW | DATABASE`.
    pub(super) fn alter(&mut self) -> ParseResult<Statement> {
        self.word("ALTER")?;
        let token = self.parser.peek_token();
        if self.try_word("TABLE") {
            return self.alter_table();
        }
        if self.try_word("VIEW") {
            let name = self.name()?;
            let change = if self.try_word("RENAME") {
                self.word("TO")?;
                ViewChange::Rename(self.name()?)
            } else {
                self.word("AS")?;
                let (query, text) = self.written_query()?;
                ViewChange::Query { query, text }
            };
            return Ok(Statement::AlterView { name, change });
        }
        if self.try_word("DATABASE") {
            let name = self.name()?;
            self.word("SET")?;
            self.options()?;
            return Ok(Statement::AlterDatabase { name });
        }
        if self.try_word("FUNCTION") || self.try_word("TEMPORARY") {
            return Err(
                Diagnostic::error("ALTER FUNCTION is not supported").hint("use DROP and CREATE FUNCTION")
            );
        }
        Err(self.unexpected(&token, "TABLE, VIEW or DATABASE"))
    }

    /// After `ALTER TABLE`.
    pub(super) fn alter_table(&mut self) -> ParseResult<Statement> {
        let if_exists = self.if_exists()?;
        let name = self.name()?;
        let token = self.parser.peek_token();
        let change = if self.try_word("SET") {
            TableChange::Set(self.options()?)
        } else if self.try_word("RESET") {
            TableChange::Reset(self.keys()?)
        } else if self.try_word("RENAME") {
            if self.try_word("TO") {
                TableChange::Rename(self.name()?)
            } else {
                let from = self.identifier()?;
                self.word("TO")?;
                TableChange::RenameColumn { from, to: self.identifier()? }
            }
        } else if self.try_word("ADD") {
            if is_word(&self.parser.peek_token().token, "PARTITION") {
                return Err(Diagnostic::error("ALTER TABLE … ADD PARTITION is not supported")
                    .at(self.at().place(self.file)));
            }
            TableChange::Add(self.one_or_more_elements()?)
        } else if self.try_word("MODIFY") {
            TableChange::Modify(self.one_or_more_elements()?)
        } else if self.try_word("DROP") {
            self.dropped()?
        } else {
            return Err(self.unexpected(&token, "SET, RESET, RENAME, ADD, MODIFY or DROP"));
        };
        Ok(Statement::AlterTable(Box::new(AlterTable { name, if_exists, change })))
    }

    fn one_or_more_elements(&mut self) -> ParseResult<TableElements> {
        if self.parser.consume_token(&Token::LParen) {
            return self.elements(true);
        }
        let mut elements = TableElements::default();
        self.element(&mut elements, true)?;
        Ok(elements)
    }

    fn dropped(&mut self) -> ParseResult<TableChange> {
        if self.try_word("PRIMARY") {
            self.word("KEY")?;
            return Ok(TableChange::DropPrimaryKey);
        }
        if self.try_word("CONSTRAINT") {
            return Ok(TableChange::DropConstraint(self.identifier()?));
        }
        if self.try_word("WATERMARK") {
            return Ok(TableChange::DropWatermark);
        }
        if self.parser.peek_token().token == Token::LParen {
            return Ok(TableChange::DropColumns(self.name_list()?));
        }
        Ok(TableChange::DropColumns(vec![self.identifier()?]))
    }

    /// `('key', …)`.
    fn keys(&mut self) -> ParseResult<Vec<String>> {
        self.token(&Token::LParen)?;
        let mut keys = vec![self.string()?];
        while self.parser.consume_token(&Token::Comma) {
            keys.push(self.string()?);
        }
        self.token(&Token::RParen)?;
        Ok(keys)
    }
}
