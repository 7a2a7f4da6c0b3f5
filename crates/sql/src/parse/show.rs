//! `SHOW …`: what a script asks to see of the catalog.

use super::{ParseResult, StatementParser};
use crate::diagnostic::Diagnostic;
use crate::statement::{LikeFilter, Show, Statement};

impl StatementParser<'_> {
    pub(super) fn show(&mut self) -> ParseResult<Statement> {
        self.word("SHOW")?;
        let token = self.parser.peek_token();
        let show = if self.try_word("TABLES") {
            Show::Tables { database: self.of_database()?, like: self.like_filter(false)? }
        } else if self.try_word("VIEWS") {
            Show::Views
        } else if self.try_word("COLUMNS") {
            if !self.try_word("IN") {
                self.word("FROM")?;
            }
            Show::Columns { table: self.name()?, like: self.like_filter(false)? }
        } else if self.try_word("CREATE") {
            if self.try_word("VIEW") {
                Show::CreateView(self.name()?)
            } else {
                self.word("TABLE")?;
                Show::CreateTable(self.name()?)
            }
        } else if self.try_word("DATABASES") {
            Show::Databases
        } else if self.try_word("CATALOGS") {
            Show::Catalogs
        } else if self.try_word("CURRENT") {
            if self.try_word("CATALOG") {
                Show::CurrentCatalog
            } else {
                self.word("DATABASE")?;
                Show::CurrentDatabase
            }
        } else if self.try_word("USER") {
            self.word("FUNCTIONS")?;
            self.functions(true)?
        } else if self.try_word("FUNCTIONS") {
            self.functions(false)?
        } else if self.try_word("FULL") {
            self.word("MODULES")?;
            Show::Modules { full: true }
        } else if self.try_word("MODULES") {
            Show::Modules { full: false }
        } else if self.try_word("JARS") {
            Show::Jars
        } else if self.try_word("PARTITIONS") {
            let table = self.name()?;
            let of = if self.try_word("PARTITION") { self.partition_spec()? } else { Vec::new() };
            Show::Partitions { table, of }
        } else if self.try_word("JOBS") || self.try_word("PROCEDURES") {
            return Err(Diagnostic::error(format!("SHOW {} is not supported", token.token)));
        } else {
            return Err(self.unexpected(
                &token,
                "TABLES, VIEWS, COLUMNS, CREATE TABLE, CREATE VIEW, DATABASES, CATALOGS, CURRENT, FUNCTIONS, MODULES \
                 or PARTITIONS",
            ));
        };
        Ok(Statement::Show(show))
    }

    fn functions(&mut self, user_only: bool) -> ParseResult<Show> {
        Ok(Show::Functions { user_only, database: self.of_database()?, like: self.like_filter(true)? })
    }

    /// `[(FROM | IN) [catalog.]database]`.
    fn of_database(&mut self) -> ParseResult<Option<Vec<String>>> {
        if self.try_word("FROM") || self.try_word("IN") { self.name().map(Some) } else { Ok(None) }
    }

    /// Flink 1.18 has ILIKE for some of its lists.
    fn like_filter(&mut self, with_ilike: bool) -> ParseResult<Option<LikeFilter>> {
        let negated = self.try_word("NOT");
        let ignores_case = with_ilike && self.try_word("ILIKE");
        if !ignores_case {
            if !negated && !super::is_word(&self.parser.peek_token().token, "LIKE") {
                return Ok(None);
            }
            self.word("LIKE")?;
        }
        Ok(Some(LikeFilter { negated, ignores_case, pattern: self.string()? }))
    }
}
