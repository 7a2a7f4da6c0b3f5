//! `SHOW …`: what a script asks to see of the catalog.

use super::{ParseResult, StatementParser};
use crate::diagnostic::Diagnostic;
use crate::statement::{LikeFilter, Show, Statement};

impl StatementParser<'_> {
    pub(super) fn show(&mut self) -> ParseResult<Statement> {
        self.word("SHOW")?;
        let token = self.parser.peek_token();
        let show = if self.try_word("TABLES") {
            let database =
                if self.try_word("FROM") || self.try_word("IN") { Some(self.name()?) } else { None };
            Show::Tables { database, like: self.like_filter()? }
        } else if self.try_word("VIEWS") {
            Show::Views
        } else if self.try_word("COLUMNS") {
            if !self.try_word("IN") {
                self.word("FROM")?;
            }
            Show::Columns { table: self.name()?, like: self.like_filter()? }
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
            Show::Functions { user_only: true }
        } else if self.try_word("FUNCTIONS") {
            Show::Functions { user_only: false }
        } else if self.try_word("FULL") {
            self.word("MODULES")?;
            Show::Modules { full: true }
        } else if self.try_word("MODULES") {
            Show::Modules { full: false }
        } else if self.try_word("JARS") {
            Show::Jars
        } else if self.try_word("PARTITIONS") {
            Show::Partitions(self.name()?)
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

    fn like_filter(&mut self) -> ParseResult<Option<LikeFilter>> {
        let negated = self.try_word("NOT");
        if !negated && !super::is_word(&self.parser.peek_token().token, "LIKE") {
            return Ok(None);
        }
        self.word("LIKE")?;
        Ok(Some(LikeFilter { negated, pattern: self.string()? }))
    }
}
