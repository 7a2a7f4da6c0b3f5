//! From a rendered file to statements. Queries and expressions are the SQL parser's; Flink's own statements are ours.

mod alter;
mod create_table;
mod explicit;
pub mod expression;
pub mod forms;
mod function;
pub mod grouping;
mod interval;
pub mod match_recognize;
pub mod quantified;
mod run;
mod show;
mod tokens;
mod types;

use std::sync::Arc;

use datafusion_sql::sqlparser::ast::{Expr, Query};
use datafusion_sql::sqlparser::parser::{Parser, ParserError};
use datafusion_sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use crate::broken::Broken;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, shorten};
use crate::dialect::FlinkDialect;
use crate::hints::{self, MARK};
use crate::stack::on_large_stack;
use crate::statement::{At, CreateView, Drop, Located, ObjectKind, Statement};
use crate::template::Rendered;
use crate::words;
pub use create_table::MAX_COLUMNS;
use tokens::StatementTokens;
pub(crate) use tokens::is_word;

pub use types::logical_type_of_cast;

/// Deepest nesting of parentheses and subqueries.
const RECURSION_LIMIT: usize = 120;

/// What a file holds, as far as it can be read.
#[derive(Debug, Default)]
pub struct Parsed {
    pub statements: Vec<Located>,
    /// All errors of the file.
    pub diagnostics: Diagnostics,
    /// What the statements that cannot be read would have defined.
    pub broken: Broken,
}

/// Parses a file.
///
/// # Errors
/// All of the file's.
pub fn parse(file: &Arc<Rendered>) -> Result<Vec<Located>, Diagnostics> {
    let Parsed { statements, diagnostics, .. } = parse_partly(file);
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(statements) }
}

/// Parses a file. After an error it goes on behind the next `;`, so that all errors of a file come at once.
pub fn parse_partly(file: &Arc<Rendered>) -> Parsed {
    on_large_stack(|| parse_all(file)).unwrap_or_else(|diagnostics| Parsed {
        diagnostics,
        broken: Broken::anything(),
        ..Parsed::default()
    })
}

fn parse_all(file: &Arc<Rendered>) -> Parsed {
    let dialect = FlinkDialect;
    let mut parsed = Parsed::default();
    let Parsed { statements, diagnostics, broken } = &mut parsed;
    let mut has_quit = false;
    for StatementTokens { tokens, warnings, defines } in tokens::statements(file, diagnostics, broken) {
        let first = tokens.iter().find(|token| !matches!(token.token, Token::Whitespace(_)));
        let quits = first.is_some_and(|t| is_word(&t.token, "QUIT") || is_word(&t.token, "EXIT"));
        if std::mem::replace(&mut has_quit, quits) {
            let error = Diagnostic::error("statements behind QUIT are never run");
            diagnostics.push(match first {
                Some(first) => {
                    let start = first.span.start;
                    error.at(At { line: start.line, column: start.column }.place(file))
                }
                None => error,
            });
            break;
        }
        let mut parser = StatementParser {
            parser: Parser::new(&dialect)
                .with_recursion_limit(RECURSION_LIMIT)
                .with_tokens_with_locations(tokens),
            file,
            warnings,
        };
        match parser.statement() {
            Ok(statement) => {
                let warnings = std::mem::take(&mut parser.warnings);
                statements.push(Located { warnings, ..statement });
            }
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                broken.merge(defines);
            }
        }
    }
    diagnostics.sort();
    parsed
}

/// Parses an expression that stands in a text of its own.
///
/// # Errors
/// What is wrong with it, without a place.
pub fn expression(text: &str) -> Result<Expr, String> {
    let file = Arc::new(Rendered::plain("", text));
    let dialect = FlinkDialect;
    let mut diagnostics = Diagnostics::default();
    let mut statements = tokens::statements(&file, &mut diagnostics, &mut Broken::default());
    let parsed = match (diagnostics.0.pop(), statements.pop(), statements.is_empty()) {
        (Some(diagnostic), ..) => Err(diagnostic),
        (None, Some(StatementTokens { tokens, .. }), true) => {
            let parser = Parser::new(&dialect)
                .with_recursion_limit(RECURSION_LIMIT)
                .with_tokens_with_locations(tokens);
            let mut parser = StatementParser { parser, file: &file, warnings: Vec::new() };
            parser.expr().and_then(|expr| {
                let next = parser.parser.peek_token();
                if next.token == Token::EOF { Ok(expr) } else { Err(parser.unexpected(&next, "the end")) }
            })
        }
        _ => return Err("it is not one expression".to_owned()),
    };
    parsed.map_err(|diagnostic| diagnostic.message)
}

/// Parses one statement's tokens.
struct StatementParser<'a> {
    parser: Parser<'a>,
    file: &'a Arc<Rendered>,
    warnings: Vec<Diagnostic>,
}

type ParseResult<T> = Result<T, Diagnostic>;

impl StatementParser<'_> {
    fn statement(&mut self) -> ParseResult<Located> {
        let located = self.located()?;
        let next = self.parser.peek_token();
        if next.token != Token::EOF {
            return Err(self.unexpected(&next, "the end of the statement"));
        }
        Ok(located)
    }

    fn located(&mut self) -> ParseResult<Located> {
        let place = self.at().place(self.file);
        let statement = self.statement_body().map_err(|d| d.at(place.clone()))?;
        Ok(Located { statement, place, file: Arc::clone(self.file), warnings: Vec::new() })
    }

    fn statement_body(&mut self) -> ParseResult<Statement> {
        let first = self.parser.peek_token();
        let word = match &first.token {
            Token::Word(word) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
            Token::LParen => "SELECT".to_owned(),
            _ => return Err(self.unexpected(&first, "a statement")),
        };
        let later = |what: &str, hint: &str| {
            Err(Diagnostic::error(format!("{what} is not supported")).hint(hint.to_owned()))
        };
        match word.as_str() {
            "CREATE" => self.create(),
            "ALTER" => self.alter(),
            "DROP" => self.drop_object(),
            "INSERT" => self.insert().map(|insert| Statement::Insert(Box::new(insert))),
            "EXECUTE" | "BEGIN" => self.statement_set(),
            "SET" => self.set(),
            "RESET" => {
                self.word("RESET")?;
                if self.at_end() { Ok(Statement::Reset(None)) } else { Ok(Statement::Reset(Some(self.setting_part()?))) }
            }
            "EXPLAIN" => self.explain(),
            "SELECT" | "WITH" | "VALUES" => Ok(Statement::Query(self.query()?)),
            "USE" => self.use_name(),
            "DESCRIBE" | "DESC" => {
                self.parser.next_token();
                let _ = self.try_word("EXTENDED");
                Ok(Statement::Describe(self.name()?))
            }
            "SHOW" => self.show(),
            "ADD" | "REMOVE" => later(
                &format!("{word} JAR"),
                "there is no JVM: connectors and functions are built in; own functions are written in SQL \
                 (CREATE FUNCTION … RETURNS … LANGUAGE SQL)",
            ),
            "LOAD" | "UNLOAD" => later(&format!("{word} MODULE"), "only Flink's core module exists"),
            "UPDATE" | "DELETE" | "TRUNCATE" => {
                later(&word, "a stream's tables change through INSERT INTO only, as in Flink's streaming mode")
            }
            "CALL" => later("CALL", "there are no procedures"),
            "ANALYZE" => later("ANALYZE TABLE", "it collects statistics for batch plans; leave it out"),
            "COMPILE" => later("COMPILE PLAN", "`streamsql explain --format json` prints the plan"),
            // Of Flink's client: there is nothing to help with or to clear, and a file ends with its last statement.
            "HELP" | "CLEAR" | "QUIT" | "EXIT" => {
                self.parser.next_token();
                Ok(Statement::NoOperation)
            }
            "STOP" => later("STOP JOB", "a running job ends with SIGTERM"),
            _ => Err(self.unexpected(&first, "a statement").hint(
                "statements are CREATE, ALTER, DROP, INSERT INTO, EXECUTE STATEMENT SET, SET, RESET, USE, EXPLAIN, \
                 DESCRIBE, SHOW, SELECT, WITH, VALUES",
            )),
        }
    }

    fn create(&mut self) -> ParseResult<Statement> {
        self.word("CREATE")?;
        // Flink 1.18 reads OR REPLACE and does not act on it: what is there already is an error.
        if self.try_word("OR") {
            self.word("REPLACE")?;
        }
        let temporary = self.try_word("TEMPORARY");
        if temporary && self.try_word("SYSTEM") {
            self.word("FUNCTION")?;
            return self.create_function(true);
        }
        let token = self.parser.peek_token();
        if self.try_word("TABLE") {
            return self.create_table(temporary);
        }
        if self.try_word("VIEW") {
            return self.create_view(temporary);
        }
        if self.try_word("FUNCTION") {
            return self.create_function(temporary);
        }
        if !temporary && self.try_word("CATALOG") {
            let name = self.identifier()?;
            let options = if self.try_word("WITH") { self.options()? } else { Vec::new() };
            return Ok(Statement::CreateCatalog { name, options });
        }
        if !temporary && self.try_word("DATABASE") {
            let if_not_exists = self.if_not_exists()?;
            let name = self.name()?;
            self.comment()?;
            if self.try_word("WITH") {
                self.options()?;
            }
            return Ok(Statement::CreateDatabase { name, if_not_exists });
        }
        let expected =
            if temporary { "TABLE, VIEW or FUNCTION" } else { "TABLE, VIEW, FUNCTION, CATALOG or DATABASE" };
        Err(self.unexpected(&token, expected))
    }

    fn create_view(&mut self, temporary: bool) -> ParseResult<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.name()?;
        let columns =
            if self.parser.peek_token().token == Token::LParen { self.name_list()? } else { Vec::new() };
        let comment = self.comment()?;
        self.word("AS")?;
        let (query, text) = self.written_query()?;
        Ok(Statement::CreateView(Box::new(CreateView {
            name,
            temporary,
            if_not_exists,
            columns,
            comment,
            query,
            text,
        })))
    }

    /// A query, and its text as it is written.
    fn written_query(&mut self) -> ParseResult<(Box<Query>, String)> {
        let start = self.at();
        let query = self.query()?;
        let end = self.last_location();
        Ok((query, self.file.between((start.line, start.column), (end.line, end.column))))
    }

    fn drop_object(&mut self) -> ParseResult<Statement> {
        self.word("DROP")?;
        let temporary = self.try_word("TEMPORARY");
        if temporary {
            let _ = self.try_word("SYSTEM");
        }
        let token = self.parser.peek_token();
        let kinds = [
            ("TABLE", ObjectKind::Table),
            ("VIEW", ObjectKind::View),
            ("FUNCTION", ObjectKind::Function),
            ("DATABASE", ObjectKind::Database),
            ("CATALOG", ObjectKind::Catalog),
        ];
        let kind = kinds.iter().find(|(word, _)| self.try_word(word)).map(|(_, kind)| *kind);
        let Some(kind) = kind else {
            return Err(self.unexpected(&token, "TABLE, VIEW, FUNCTION, DATABASE or CATALOG"));
        };
        let if_exists = self.if_exists()?;
        let name = self.name()?;
        let cascade = self.try_word("CASCADE");
        let _ = !cascade && self.try_word("RESTRICT");
        Ok(Statement::Drop(Drop { kind, temporary, if_exists, name, cascade }))
    }

    fn use_name(&mut self) -> ParseResult<Statement> {
        self.word("USE")?;
        if self.try_word("CATALOG") {
            return Ok(Statement::UseCatalog(self.identifier()?));
        }
        if self.try_word("MODULES") {
            return match self.identifier()?.as_str() {
                "core" => Ok(Statement::NoOperation),
                other => {
                    Err(Diagnostic::error(format!("module '{other}' does not exist; there is only core")))
                }
            };
        }
        Ok(Statement::UseDatabase(self.name()?))
    }

    fn query(&mut self) -> ParseResult<Box<Query>> {
        let mut query = self.parser.parse_query().map_err(|error| self.reword(error))?;
        match_recognize::restore(query.as_mut());
        crate::limits::limit_depth(query.as_mut()).map_err(|d| d.at(self.here()))?;
        Ok(query)
    }

    fn expr(&mut self) -> ParseResult<Expr> {
        let mut expr = self.parser.parse_expr().map_err(|e| self.reword(e))?;
        crate::limits::limit_depth(&mut expr).map_err(|d| d.at(self.here()))?;
        Ok(expr)
    }

    /// `IF NOT EXISTS`; an `IF` before anything else is a name.
    fn if_not_exists(&mut self) -> ParseResult<bool> {
        if !is_word(&self.parser.peek_nth_token(1).token, "NOT") || !self.try_word("IF") {
            return Ok(false);
        }
        self.word("NOT")?;
        self.word("EXISTS")?;
        Ok(true)
    }

    fn if_exists(&mut self) -> ParseResult<bool> {
        if !is_word(&self.parser.peek_nth_token(1).token, "EXISTS") || !self.try_word("IF") {
            return Ok(false);
        }
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
                if word.quote_style.is_none() && words::is_reserved(&word.value) {
                    let start = token.span.start;
                    return Err(
                        crate::limits::reserved(&word.value).at(self.file.place(start.line, start.column))
                    );
                }
                let value = word.value.clone();
                self.parser.next_token();
                Ok(value)
            }
            _ => Err(self.unexpected(&token, "a name")),
        }
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

    fn comment(&mut self) -> ParseResult<Option<String>> {
        if self.try_word("COMMENT") { self.string().map(Some) } else { Ok(None) }
    }

    fn try_word(&mut self, word: &str) -> bool {
        let found = is_word(&self.parser.peek_token_ref().token, word);
        if found {
            self.parser.next_token();
        }
        found
    }

    fn word(&mut self, word: &str) -> ParseResult<()> {
        if self.try_word(word) {
            return Ok(());
        }
        let token = self.parser.peek_token();
        Err(self.unexpected(&token, word))
    }

    fn token(&mut self, expected: &Token) -> ParseResult<()> {
        if self.parser.consume_token(expected) {
            return Ok(());
        }
        let token = self.parser.peek_token();
        Err(self.unexpected(&token, &format!("'{expected}'")))
    }

    fn at_end(&self) -> bool {
        self.parser.peek_token_ref().token == Token::EOF
    }

    /// Where the next token starts.
    fn at(&self) -> At {
        let start = self.parser.peek_token_ref().span.start;
        At { line: start.line, column: start.column }
    }

    fn unexpected(&self, found: &TokenWithSpan, expected: &str) -> Diagnostic {
        let (what, at) = if found.token == Token::EOF {
            ("the end".to_owned(), self.last_location())
        } else {
            let text = found.token.to_string();
            let behind = self.parser.peek_nth_token(1).token;
            let before_hint = found.token == Token::Period && behind.to_string().contains(MARK);
            if before_hint || text.contains(MARK) {
                return hints::misplaced()
                    .at(self.file.place(found.span.start.line, found.span.start.column));
            }
            // A text may be the value of an option, and a secret.
            let what = match found.token {
                Token::SingleQuotedString(_) => "a text in quotes".to_owned(),
                _ => format!("'{}'", shorten(&text)),
            };
            (what, found.span.start)
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
        let (message, place) = match text.rsplit_once(" at Line: ") {
            None => (text.as_str(), self.here()),
            Some((message, position)) => {
                let mut numbers = position.split(", Column: ").filter_map(|n| n.trim().parse::<u64>().ok());
                let (line, column) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1));
                (message, self.file.place(line, column))
            }
        };
        if message.contains(MARK) {
            return hints::misplaced().at(place);
        }
        let message = message.replace("Expected: ", "expected ").replace(", found: ", ", found ");
        let message = match message.strip_suffix(", found EOF") {
            Some(start) => format!("{start}, found the end"),
            None => message,
        };
        Diagnostic::error(shorten(&message)).at(place)
    }

    fn here(&self) -> Place {
        let at = self.last_location();
        self.file.place(at.line, at.column)
    }
}
