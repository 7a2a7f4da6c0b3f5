//! `ALTER TABLE`, `ALTER VIEW`, `ALTER DATABASE`.

use datafusion_sql::sqlparser::tokenizer::Token;

use super::{ParseResult, StatementParser, is_word};
use crate::diagnostic::Diagnostic;
use crate::statement::{AlterTable, PartitionSpec, Statement, TableChange, TableElements, ViewChange};

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
            let if_not_exists = self.if_not_exists()?;
            if if_not_exists || is_word(&self.parser.peek_token().token, "PARTITION") {
                self.added_partitions(if_not_exists)?
            } else {
                TableChange::Add(self.one_or_more_elements()?)
            }
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

    /// `PARTITION (…) [WITH (…)] [PARTITION (…) …]`; nothing shows the options.
    fn added_partitions(&mut self, if_not_exists: bool) -> ParseResult<TableChange> {
        self.word("PARTITION")?;
        let mut partitions = Vec::new();
        loop {
            partitions.push(self.partition_spec()?);
            if self.try_word("WITH") {
                self.options()?;
            }
            if !self.try_word("PARTITION") {
                return Ok(TableChange::AddPartitions { if_not_exists, partitions });
            }
        }
    }

    fn dropped_partitions(&mut self, if_exists: bool) -> ParseResult<TableChange> {
        let mut partitions = Vec::new();
        loop {
            self.word("PARTITION")?;
            partitions.push(self.partition_spec()?);
            if !self.parser.consume_token(&Token::Comma) {
                return Ok(TableChange::DropPartitions { if_exists, partitions });
            }
        }
    }

    /// `(column = literal, …)`.
    pub(super) fn partition_spec(&mut self) -> ParseResult<PartitionSpec> {
        self.token(&Token::LParen)?;
        let mut spec = Vec::new();
        loop {
            let column = self.identifier()?;
            self.token(&Token::Eq)?;
            let value = match &self.parser.peek_token().token {
                Token::Number(digits, _) => {
                    let digits = digits.clone();
                    self.parser.next_token();
                    digits
                }
                _ => self.string()?,
            };
            spec.push((column, value));
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.token(&Token::RParen)?;
        Ok(spec)
    }

    fn dropped(&mut self) -> ParseResult<TableChange> {
        let if_exists = self.if_exists()?;
        if if_exists || is_word(&self.parser.peek_token().token, "PARTITION") {
            return self.dropped_partitions(if_exists);
        }
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
