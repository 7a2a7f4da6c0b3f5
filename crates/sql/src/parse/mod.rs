//! From a rendered file to statements. Queries and expressions are the SQL parser's; Flink's own statements are ours.

mod create_table;
mod types;

use std::sync::Arc;

use datafusion_sql::sqlparser::ast::Query;
use datafusion_sql::sqlparser::parser::{Parser, ParserError};
use datafusion_sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::dialect::FlinkDialect;
use crate::statement::{CreateView, Insert, Located, Statement};
use crate::template::Rendered;

pub use types::logical_type_of_cast;

/// Deepest nesting of parentheses and subqueries.
const RECURSION_LIMIT: usize = 120;

/// Parses a file. After an error it goes on behind the next `;`, so that all errors of a file come at once.
pub fn parse(file: &Arc<Rendered>) -> Result<Vec<Located>, Diagnostics> {
    let dialect = FlinkDialect;
    let tokens = tokens(file)?;
    let mut statements = Vec::new();
    let mut diagnostics = Diagnostics::default();
    let mut statement_tokens = Vec::new();
    let mut in_set = false;
    for token in tokens.into_iter().chain(std::iter::once(end_of_file())) {
        let at_end = token.token == Token::EOF;
        if is_word(&token.token, "SET") && ends_with_words(&statement_tokens, &["STATEMENT"]) {
            in_set = true;
        }
        if is_word(&token.token, "END") && in_set && ends_with_semicolon_or_begin(&statement_tokens) {
            in_set = false;
        }
        let ends = at_end || (token.token == Token::SemiColon && !in_set);
        if !ends {
            statement_tokens.push(token);
            continue;
        }
        let taken = std::mem::take(&mut statement_tokens);
        if taken.iter().all(|t| matches!(t.token, Token::Whitespace(_))) {
            continue;
        }
        let mut parser = StatementParser {
            parser: Parser::new(&dialect)
                .with_recursion_limit(RECURSION_LIMIT)
                .with_tokens_with_locations(taken),
            file,
        };
        match parser.statement() {
            Ok(statement) => statements.push(statement),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(statements) }
}

fn end_of_file() -> TokenWithSpan {
    TokenWithSpan::wrap(Token::EOF)
}

/// Tokens with the template's variables filled into literals.
fn tokens(file: &Rendered) -> Result<Vec<TokenWithSpan>, Diagnostic> {
    let dialect = FlinkDialect;
    let mut tokens = Tokenizer::new(&dialect, &file.text).tokenize_with_location().map_err(|error| {
        let Location { line, column } = error.location;
        Diagnostic::error(error.message).at(file.place(line, column))
    })?;
    for token in &mut tokens {
        match &mut token.token {
            Token::SingleQuotedString(text) | Token::UnicodeStringLiteral(text) => *text = file.fill(text),
            Token::Whitespace(Whitespace::MultiLineComment(text)) if text.starts_with('+') => {
                return Err(Diagnostic::error(format!(
                    "the hint /*{} */ is not supported yet",
                    shorten(text.trim())
                ))
                .at(file.place(token.span.start.line, token.span.start.column))
                .hint("put the options into the table's WITH clause"));
            }
            Token::Whitespace(_) => {}
            Token::DoubleQuotedString(_) => {
                return Err(Diagnostic::error("a double quote does not quote anything in Flink SQL")
                    .at(file.place(token.span.start.line, token.span.start.column))
                    .hint("write texts in single quotes and names in backticks"));
            }
            other => {
                if Rendered::has_mark(&other.to_string()) {
                    return Err(Diagnostic::error("a template variable outside a string literal")
                        .at(file.place(token.span.start.line, token.span.start.column))
                        .hint("a variable can only be part of a literal: '{{ name }}'"));
                }
            }
        }
    }
    quote_units(&mut tokens);
    Ok(tokens)
}

/// `TIMESTAMPDIFF(HOUR, …)`: the unit is a word of the grammar, which the SQL parser takes for a column.
fn quote_units(tokens: &mut [TokenWithSpan]) {
    let mut expected = 0;
    for token in tokens {
        expected = match &token.token {
            Token::Whitespace(_) => continue,
            found if is_word(found, "TIMESTAMPDIFF") || is_word(found, "TIMESTAMPADD") => 1,
            Token::LParen if expected == 1 => 2,
            Token::Word(unit) if expected == 2 => {
                token.token = Token::SingleQuotedString(unit.value.to_ascii_uppercase());
                0
            }
            _ => 0,
        };
    }
}

fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(word))
}

fn significant(tokens: &[TokenWithSpan]) -> impl DoubleEndedIterator<Item = &Token> {
    tokens.iter().map(|t| &t.token).filter(|t| !matches!(t, Token::Whitespace(_)))
}

fn ends_with_words(tokens: &[TokenWithSpan], words: &[&str]) -> bool {
    significant(tokens).rev().zip(words.iter().rev()).filter(|(token, word)| is_word(token, word)).count()
        == words.len()
}

fn ends_with_semicolon_or_begin(tokens: &[TokenWithSpan]) -> bool {
    significant(tokens).next_back().is_some_and(|t| *t == Token::SemiColon || is_word(t, "BEGIN"))
}

/// Parses one statement's tokens.
struct StatementParser<'a> {
    parser: Parser<'a>,
    file: &'a Arc<Rendered>,
}

type ParseResult<T> = Result<T, Diagnostic>;

impl StatementParser<'_> {
    fn statement(&mut self) -> ParseResult<Located> {
        let start = self.parser.peek_token().span.start;
        let place = self.file.place(start.line, start.column);
        let statement = self.statement_body().map_err(|d| d.at(place.clone()))?;
        let next = self.parser.peek_token();
        if next.token != Token::EOF {
            return Err(self.unexpected(&next, "the end of the statement"));
        }
        Ok(Located { statement, place, file: Arc::clone(self.file) })
    }

    fn statement_body(&mut self) -> ParseResult<Statement> {
        let first = self.parser.peek_token();
        let word = match &first.token {
            Token::Word(word) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
            Token::LParen => "SELECT".to_owned(),
            _ => return Err(self.unexpected(&first, "a statement")),
        };
        match word.as_str() {
            "CREATE" => self.create(),
            "INSERT" => self.insert().map(|insert| Statement::Insert(Box::new(insert))),
            "EXECUTE" | "BEGIN" => self.statement_set(),
            "SET" => self.set(),
            "RESET" => {
                self.word("RESET")?;
                let key = if self.parser.peek_token().token == Token::EOF { None } else { Some(self.string()?) };
                Ok(Statement::Reset(key))
            }
            "EXPLAIN" => self.explain(),
            "SELECT" | "WITH" | "VALUES" => Ok(Statement::Query(self.query()?)),
            "USE" => {
                self.word("USE")?;
                let _ = self.try_word("CATALOG") || self.try_word("MODULES");
                Ok(Statement::Use(self.name()?))
            }
            "DROP" => {
                self.word("DROP")?;
                let _ = self.try_word("TEMPORARY");
                let kind = self.any_word()?.to_ascii_uppercase();
                let if_exists = self.try_word("IF") && self.try_word("EXISTS");
                Ok(Statement::Drop { kind, name: self.name()?, if_exists })
            }
            _ => Err(self
                .unexpected(&first, "a statement")
                .hint("known are CREATE TABLE, CREATE VIEW, INSERT INTO, EXECUTE STATEMENT SET, SET, EXPLAIN, SELECT")),
        }
    }

    fn create(&mut self) -> ParseResult<Statement> {
        self.word("CREATE")?;
        if self.try_word("OR") {
            let token = self.parser.peek_token();
            return Err(self.unexpected(&token, "TABLE or VIEW (CREATE OR REPLACE is not Flink 1.18)"));
        }
        let _temporary = self.try_word("TEMPORARY");
        let token = self.parser.peek_token();
        if self.try_word("TABLE") {
            return self.create_table();
        }
        if self.try_word("VIEW") {
            return self.create_view();
        }
        let what = self.any_word().unwrap_or_default().to_ascii_uppercase();
        Err(Diagnostic::error(format!("CREATE {what} is not supported yet"))
            .at(self.file.place(token.span.start.line, token.span.start.column)))
    }

    fn create_view(&mut self) -> ParseResult<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.name()?;
        let columns =
            if self.parser.peek_token().token == Token::LParen { self.name_list()? } else { Vec::new() };
        if self.try_word("COMMENT") {
            self.string()?;
        }
        self.word("AS")?;
        let query = self.query()?;
        Ok(Statement::CreateView(Box::new(CreateView { name, if_not_exists, columns, query })))
    }

    fn insert(&mut self) -> ParseResult<Insert> {
        let start = self.parser.peek_token().span.start;
        let place = self.file.place(start.line, start.column);
        self.word("INSERT")?;
        if self.parser.peek_token().token != Token::EOF && !self.try_word("INTO") {
            let token = self.parser.peek_token();
            let message = if self.try_word("OVERWRITE") {
                Diagnostic::error("INSERT OVERWRITE is for bounded tables only, as in Flink's streaming mode")
                    .at(place)
                    .hint("use INSERT INTO")
            } else {
                self.unexpected(&token, "INTO")
            };
            return Err(message);
        }
        let target = self.name()?;
        if self.try_word("PARTITION") {
            return Err(Diagnostic::error("INSERT with PARTITION is not supported yet").at(place));
        }
        let columns = if self.starts_column_list() { self.name_list()? } else { Vec::new() };
        let query = self.query()?;
        Ok(Insert { target, columns, query, place })
    }

    /// `(` opens a column list unless a query stands behind it.
    fn starts_column_list(&self) -> bool {
        let query = ["SELECT", "WITH", "VALUES"];
        self.parser.peek_nth_token(0).token == Token::LParen
            && self.parser.peek_nth_token(1).token != Token::LParen
            && !query.iter().any(|word| is_word(&self.parser.peek_nth_token(1).token, word))
    }

    fn statement_set(&mut self) -> ParseResult<Statement> {
        let old_form = self.try_word("BEGIN");
        if !old_form {
            self.word("EXECUTE")?;
            if !is_word(&self.parser.peek_token().token, "STATEMENT") {
                // `EXECUTE INSERT …` and `EXECUTE SELECT …` are the same as without EXECUTE.
                return self.statement_body();
            }
        }
        self.word("STATEMENT")?;
        self.word("SET")?;
        if !old_form {
            self.word("BEGIN")?;
        }
        let _ = self.parser.consume_token(&Token::SemiColon);
        let mut inserts = Vec::new();
        while !is_word(&self.parser.peek_token().token, "END") {
            inserts.push(self.insert()?);
            let token = self.parser.peek_token();
            if !self.parser.consume_token(&Token::SemiColon) {
                return Err(self.unexpected(&token, "';' after an INSERT of a statement set"));
            }
        }
        self.word("END")?;
        Ok(Statement::StatementSet(inserts))
    }

    fn set(&mut self) -> ParseResult<Statement> {
        self.word("SET")?;
        if self.parser.peek_token().token == Token::EOF {
            return Ok(Statement::Reset(Some(String::new())));
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
    fn setting_part(&mut self) -> ParseResult<String> {
        if let Token::SingleQuotedString(_) = self.parser.peek_token().token {
            return self.string();
        }
        let mut text = String::new();
        while !matches!(self.parser.peek_token().token, Token::EOF | Token::Eq) {
            text.push_str(&self.parser.next_token().token.to_string());
        }
        Ok(text)
    }

    fn explain(&mut self) -> ParseResult<Statement> {
        self.word("EXPLAIN")?;
        let details = ["ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE"];
        loop {
            let token = self.parser.peek_token().token;
            let detail = details.iter().any(|word| is_word(&token, word));
            if !detail && token != Token::Comma {
                break;
            }
            self.parser.next_token();
        }
        if self.try_word("PLAN") {
            self.word("FOR")?;
        }
        let start = self.parser.peek_token().span.start;
        let place = self.file.place(start.line, start.column);
        let statement = if is_word(&self.parser.peek_token().token, "STATEMENT") {
            self.word("STATEMENT")?;
            self.word("SET")?;
            self.word("BEGIN")?;
            let mut inserts = Vec::new();
            while !is_word(&self.parser.peek_token().token, "END") {
                inserts.push(self.insert()?);
                let _ = self.parser.consume_token(&Token::SemiColon);
            }
            self.word("END")?;
            Statement::StatementSet(inserts)
        } else {
            self.statement_body()?
        };
        Ok(Statement::Explain(Box::new(Located { statement, place, file: Arc::clone(self.file) })))
    }

    fn query(&mut self) -> ParseResult<Box<Query>> {
        self.parser.parse_query().map_err(|error| self.reword(error))
    }

    fn if_not_exists(&mut self) -> ParseResult<bool> {
        if !self.try_word("IF") {
            return Ok(false);
        }
        self.word("NOT")?;
        self.word("EXISTS")?;
        Ok(true)
    }

    /// `[[catalog.]database.]name`.
    fn name(&mut self) -> ParseResult<Vec<String>> {
        let mut parts = vec![self.identifier()?];
        while self.parser.consume_token(&Token::Period) {
            parts.push(self.identifier()?);
        }
        Ok(parts)
    }

    fn name_list(&mut self) -> ParseResult<Vec<String>> {
        self.token(&Token::LParen)?;
        let mut names = vec![self.identifier()?];
        while self.parser.consume_token(&Token::Comma) {
            names.push(self.identifier()?);
        }
        self.token(&Token::RParen)?;
        Ok(names)
    }

    fn identifier(&mut self) -> ParseResult<String> {
        let token = self.parser.peek_token();
        match &token.token {
            Token::Word(word) => {
                let value = word.value.clone();
                self.parser.next_token();
                Ok(value)
            }
            _ => Err(self.unexpected(&token, "a name")),
        }
    }

    fn any_word(&mut self) -> ParseResult<String> {
        self.identifier()
    }

    fn string(&mut self) -> ParseResult<String> {
        let token = self.parser.peek_token();
        match &token.token {
            Token::SingleQuotedString(text) => {
                let text = text.clone();
                self.parser.next_token();
                Ok(text)
            }
            _ => Err(self.unexpected(&token, "a text in single quotes")),
        }
    }

    fn try_word(&mut self, word: &str) -> bool {
        let found = is_word(&self.parser.peek_token().token, word);
        if found {
            self.parser.next_token();
        }
        found
    }

    fn word(&mut self, word: &str) -> ParseResult<()> {
        let token = self.parser.peek_token();
        if self.try_word(word) { Ok(()) } else { Err(self.unexpected(&token, word)) }
    }

    fn token(&mut self, expected: &Token) -> ParseResult<()> {
        let token = self.parser.peek_token();
        if self.parser.consume_token(expected) {
            Ok(())
        } else {
            Err(self.unexpected(&token, &format!("'{expected}'")))
        }
    }

    fn unexpected(&self, found: &TokenWithSpan, expected: &str) -> Diagnostic {
        let (what, at) = if found.token == Token::EOF {
            ("the end".to_owned(), self.last_location())
        } else {
            (format!("'{}'", shorten(&found.token.to_string())), found.span.start)
        };
        Diagnostic::error(format!("expected {expected}, found {what}"))
            .at(self.file.place(at.line, at.column))
    }

    /// Where the statement's last token ends; a missing token is reported there.
    fn last_location(&self) -> Location {
        self.parser.get_current_token().span.end
    }

    /// The SQL parser's message with its place taken out of the text.
    fn reword(&self, error: ParserError) -> Diagnostic {
        let text = match error {
            ParserError::ParserError(text) | ParserError::TokenizerError(text) => text,
            ParserError::RecursionLimitExceeded => {
                return Diagnostic::error(format!(
                    "the statement nests deeper than {RECURSION_LIMIT} levels"
                ));
            }
        };
        let Some((message, position)) = text.rsplit_once(" at Line: ") else {
            return Diagnostic::error(shorten(&text)).at(self.here());
        };
        let mut numbers = position.split(", Column: ").filter_map(|n| n.trim().parse::<u64>().ok());
        let (line, column) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1));
        let message = message.replace("Expected: ", "expected ").replace(", found: ", ", found ");
        Diagnostic::error(shorten(&message)).at(self.file.place(line, column))
    }

    fn here(&self) -> crate::diagnostic::Place {
        let at = self.last_location();
        self.file.place(at.line, at.column)
    }
}

/// Keeps messages readable when a token is a megabyte long.
fn shorten(text: &str) -> String {
    const LONGEST: usize = 200;
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).chain("…".chars()).collect()
    }
}
