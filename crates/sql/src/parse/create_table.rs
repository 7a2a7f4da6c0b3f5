//! `CREATE TABLE`: physical, computed and metadata columns, watermark, primary key, options, LIKE, AS SELECT.

use std::collections::BTreeSet;

use datafusion_sql::sqlparser::tokenizer::Token;
use streamsql_core::LogicalType;

use super::{
    ParseResult, StatementParser, is_word,
    types::{of_column, only_in_expressions, parse_type},
};
use crate::diagnostic::Diagnostic;
use crate::statement::{
    ColumnDefinition, ColumnKind, ColumnPosition, CreateTable, Like, PrimaryKey, Statement, TableElements,
    TableOption, WatermarkDefinition,
};

/// Most columns of a table.
pub const MAX_COLUMNS: usize = 1_600;

impl StatementParser<'_> {
    /// After `CREATE [TEMPORARY] TABLE`.
    pub(super) fn create_table(&mut self, temporary: bool) -> ParseResult<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.name()?;
        let elements = if self.parser.consume_token(&Token::LParen) {
            self.elements(false)?
        } else {
            TableElements::default()
        };
        let mut table = CreateTable {
            name,
            temporary,
            if_not_exists,
            elements,
            comment: self.comment()?,
            partition_keys: Vec::new(),
            options: Vec::new(),
            like: None,
            query: None,
        };
        if is_word(&self.parser.peek_token().token, "DISTRIBUTED") {
            return Err(Diagnostic::error("DISTRIBUTED BY does not exist in Flink 1.18")
                .at(self.at().place(self.file)));
        }
        if self.try_word("PARTITIONED") {
            self.word("BY")?;
            table.partition_keys = self.name_list()?;
        }
        if self.try_word("WITH") {
            table.options = self.options()?;
        }
        let at = self.at();
        if self.try_word("LIKE") {
            table.like = Some(self.like()?);
        } else if self.try_word("AS") {
            let error = |message: &str| Diagnostic::error(message).at(at.place(self.file));
            if table.temporary {
                return Err(error("CREATE TEMPORARY TABLE … AS SELECT does not exist in Flink 1.18"));
            }
            if !table.partition_keys.is_empty() {
                return Err(error(
                    "CREATE TABLE … AS SELECT with PARTITIONED BY does not exist in Flink 1.18",
                ));
            }
            if !table.elements.columns.is_empty()
                || table.elements.watermark.is_some()
                || table.elements.primary_key.is_some()
            {
                return Err(error("CREATE TABLE … AS SELECT takes no column list in Flink 1.18")
                    .hint("the columns are the query's; name them there with AS"));
            }
            table.query = Some(self.query()?);
        }
        Ok(Statement::CreateTable(Box::new(table)))
    }

    /// After `(`, up to the `)`.
    pub(super) fn elements(&mut self, positions: bool) -> ParseResult<TableElements> {
        let mut elements = TableElements::default();
        loop {
            self.element(&mut elements, positions)?;
            let token = self.parser.peek_token();
            if self.parser.consume_token(&Token::RParen) {
                break;
            }
            if !self.parser.consume_token(&Token::Comma) {
                return Err(self.unexpected(&token, "',' or ')' after a column"));
            }
            if elements.columns.len() > MAX_COLUMNS {
                return Err(Diagnostic::error(format!("a table has at most {MAX_COLUMNS} columns"))
                    .at(self.at().place(self.file)));
            }
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = elements.columns.iter().find(|c| !seen.insert(&c.name)) {
            return Err(Diagnostic::error(format!("column '{}' is defined twice", twice.name))
                .at(twice.at.place(self.file)));
        }
        Ok(elements)
    }

    /// A column, watermark or constraint.
    pub(super) fn element(&mut self, elements: &mut TableElements, positions: bool) -> ParseResult<()> {
        let token = self.parser.peek_token();
        let at = self.at();
        let next = self.parser.peek_nth_token(1).token;
        if is_word(&token.token, "WATERMARK") && is_word(&next, "FOR") {
            self.word("WATERMARK")?;
            self.word("FOR")?;
            let column = self.identifier()?;
            if self.parser.peek_token().token == Token::Period {
                return Err(Diagnostic::error(
                    "the watermark's column must be a column of the table, not a field of one",
                )
                .at(at.place(self.file))
                .hint("make a computed column of the field"));
            }
            self.word("AS")?;
            let expr = self.expr()?;
            let place = at.place(self.file);
            if elements.watermark.is_some() {
                return Err(Diagnostic::error("a table has at most one watermark").at(place));
            }
            elements.watermark = Some(WatermarkDefinition { column, expr, place });
        } else if is_word(&token.token, "PRIMARY") || is_word(&token.token, "CONSTRAINT") {
            let constraint = if self.try_word("CONSTRAINT") { Some(self.identifier()?) } else { None };
            self.no_unique()?;
            self.word("PRIMARY")?;
            self.word("KEY")?;
            let columns = self.name_list()?;
            self.not_enforced()?;
            self.set_key(elements, PrimaryKey { constraint, columns }, at)?;
        } else {
            self.no_unique()?;
            let column = self.column(elements, positions)?;
            elements.columns.push(column);
        }
        Ok(())
    }

    fn set_key(
        &self,
        elements: &mut TableElements,
        key: PrimaryKey,
        at: crate::statement::At,
    ) -> ParseResult<()> {
        let error = |message: String| Err(Diagnostic::error(message).at(at.place(self.file)));
        if elements.primary_key.is_some() {
            return error("a table has at most one primary key".to_owned());
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = key.columns.iter().find(|c| !seen.insert(*c)) {
            return error(format!("the primary key names column '{twice}' twice"));
        }
        elements.primary_key = Some(key);
        Ok(())
    }

    fn no_unique(&self) -> ParseResult<()> {
        let token = self.parser.peek_token();
        for word in ["UNIQUE", "CHECK", "FOREIGN"] {
            if is_word(&token.token, word) {
                return Err(Diagnostic::error(format!("{word} constraints do not exist in Flink"))
                    .at(self.at().place(self.file))
                    .hint("only PRIMARY KEY (…) NOT ENFORCED does"));
            }
        }
        Ok(())
    }

    fn not_enforced(&mut self) -> ParseResult<()> {
        let at = self.at();
        if self.try_word("NOT") && self.try_word("ENFORCED") {
            return Ok(());
        }
        Err(Diagnostic::error("a primary key must be NOT ENFORCED")
            .at(at.place(self.file))
            .hint("Flink does not check keys: write PRIMARY KEY (…) NOT ENFORCED"))
    }

    fn column(&mut self, elements: &mut TableElements, positions: bool) -> ParseResult<ColumnDefinition> {
        let at = self.at();
        let name = self.identifier()?;
        let kind = if self.try_word("AS") {
            ColumnKind::Computed(Box::new(self.expr()?))
        } else {
            let type_at = self.at();
            let (logical_type, nullable) = parse_type(&mut self.parser)
                .map_err(|message| Diagnostic::error(message).at(type_at.place(self.file)))?;
            // A declared TIME has whole seconds, whatever its precision says.
            let logical_type = match logical_type {
                LogicalType::Time(_) => LogicalType::Time(0),
                other if only_in_expressions(&other) => {
                    return Err(Diagnostic::error(format!("a column cannot be of type {other}"))
                        .at(type_at.place(self.file)));
                }
                other => of_column(other, nullable),
            };
            if self.try_word("METADATA") {
                let key = if self.try_word("FROM") { Some(self.string()?) } else { None };
                let is_virtual = self.try_word("VIRTUAL");
                ColumnKind::Metadata { logical_type, nullable, key, is_virtual }
            } else {
                let key_at = self.at();
                let constraint = if self.try_word("CONSTRAINT") { Some(self.identifier()?) } else { None };
                self.no_unique()?;
                if constraint.is_some() || is_word(&self.parser.peek_token().token, "PRIMARY") {
                    self.word("PRIMARY")?;
                    self.word("KEY")?;
                    self.not_enforced()?;
                    self.set_key(elements, PrimaryKey { constraint, columns: vec![name.clone()] }, key_at)?;
                }
                ColumnKind::Physical { logical_type, nullable }
            }
        };
        let comment = self.comment()?;
        let mut position = None;
        if positions {
            if self.try_word("FIRST") {
                position = Some(ColumnPosition::First);
            } else if self.try_word("AFTER") {
                position = Some(ColumnPosition::After(self.identifier()?));
            }
        }
        Ok(ColumnDefinition { name, kind, comment, position, at })
    }

    /// `('key' = 'value', …)`.
    pub(super) fn options(&mut self) -> ParseResult<Vec<TableOption>> {
        self.token(&Token::LParen)?;
        if self.parser.consume_token(&Token::RParen) {
            return Ok(Vec::new());
        }
        let mut options: Vec<TableOption> = Vec::new();
        let mut seen = BTreeSet::new();
        loop {
            let at = self.at();
            let key = self.string()?;
            self.token(&Token::Eq)?;
            let value = self.string()?;
            if !seen.insert(key.clone()) {
                // Flink takes the last one.
                self.warnings.push(
                    Diagnostic::warning(format!("option '{key}' is given twice; the last value counts"))
                        .at(at.place(self.file)),
                );
            }
            options.push(TableOption { key, value, at });
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.token(&Token::RParen)?;
        Ok(options)
    }

    fn like(&mut self) -> ParseResult<Like> {
        let source = self.name()?;
        let mut options: Vec<(String, String)> = Vec::new();
        if self.parser.consume_token(&Token::LParen) {
            while options.is_empty() || !self.parser.consume_token(&Token::RParen) {
                let at = self.at();
                let error = |message: String| Diagnostic::error(message).at(at.place(self.file));
                let strategies = ["INCLUDING", "EXCLUDING", "OVERWRITING"];
                let features =
                    ["ALL", "CONSTRAINTS", "GENERATED", "METADATA", "OPTIONS", "PARTITIONS", "WATERMARKS"];
                let Some(strategy) = strategies.iter().find(|word| self.try_word(word)) else {
                    let token = self.parser.peek_token();
                    return Err(self.unexpected(&token, "INCLUDING, EXCLUDING or OVERWRITING"));
                };
                let Some(feature) = features.iter().find(|word| self.try_word(word)) else {
                    let token = self.parser.peek_token();
                    return Err(self.unexpected(&token, &features.join(", ")));
                };
                if *strategy == "OVERWRITING" && ["ALL", "CONSTRAINTS", "PARTITIONS"].contains(feature) {
                    return Err(error(format!("LIKE has no OVERWRITING {feature}"))
                        .hint("OVERWRITING is for GENERATED, METADATA, OPTIONS and WATERMARKS"));
                }
                if options.iter().any(|(_, seen)| seen == feature) {
                    return Err(error(format!("LIKE names {feature} twice")));
                }
                options.push(((*strategy).to_owned(), (*feature).to_owned()));
            }
        }
        Ok(Like { source, options })
    }
}
