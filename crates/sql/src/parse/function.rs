//! `CREATE FUNCTION`: a body in SQL (ours), or a class of Flink's.

use datafusion_sql::sqlparser::tokenizer::Token;
use streamsql_core::LogicalType;

use super::{ParseResult, StatementParser, types::parse_type};
use crate::diagnostic::Diagnostic;
use crate::statement::{CreateFunction, FunctionBody, Statement};

impl StatementParser<'_> {
    /// After `CREATE [TEMPORARY [SYSTEM]] FUNCTION`.
    pub(super) fn create_function(&mut self, temporary: bool) -> ParseResult<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.name()?;
        let body = if self.parser.consume_token(&Token::LParen) { self.sql_body()? } else { self.class()? };
        Ok(Statement::CreateFunction(Box::new(CreateFunction { name, temporary, if_not_exists, body })))
    }

    /// `(name TYPE, …) RETURNS TYPE [LANGUAGE SQL] AS 'expression' | RETURN expression`.
    fn sql_body(&mut self) -> ParseResult<FunctionBody> {
        let mut parameters: Vec<(String, LogicalType)> = Vec::new();
        while !self.parser.consume_token(&Token::RParen) {
            let at = self.at();
            let name = self.identifier()?;
            if parameters.iter().any(|(seen, _)| *seen == name) {
                return Err(
                    Diagnostic::error(format!("parameter '{name}' is given twice")).at(at.place(self.file))
                );
            }
            parameters.push((name, self.parameter_type()?));
            let token = self.parser.peek_token();
            if token.token != Token::RParen && !self.parser.consume_token(&Token::Comma) {
                return Err(self.unexpected(&token, "',' or ')' after a parameter"));
            }
        }
        self.word("RETURNS")?;
        let returns = self.parameter_type()?;
        if self.try_word("LANGUAGE") {
            let token = self.parser.peek_token();
            if !self.try_word("SQL") {
                return Err(self.unexpected(&token, "SQL").hint(
                    "a function with parameters is written in SQL: RETURNS type LANGUAGE SQL AS 'expression'",
                ));
            }
        }
        let expr = if self.try_word("AS") {
            let at = self.at();
            let text = self.string()?;
            super::expression(&text).map_err(|message| {
                Diagnostic::error(format!("the function's body: {message}")).at(at.place(self.file))
            })?
        } else {
            self.word("RETURN")?;
            self.expr()?
        };
        Ok(FunctionBody::Sql { parameters, returns, expr: Box::new(expr) })
    }

    fn parameter_type(&mut self) -> ParseResult<LogicalType> {
        let at = self.at();
        let (logical_type, _) = parse_type(&mut self.parser)
            .map_err(|message| Diagnostic::error(message).at(at.place(self.file)))?;
        Ok(logical_type)
    }

    /// `AS 'class' [LANGUAGE JAVA|SCALA|PYTHON] [USING JAR 'path', …]`.
    fn class(&mut self) -> ParseResult<FunctionBody> {
        self.word("AS")?;
        let class = self.string()?;
        let mut language = "JAVA".to_owned();
        if self.try_word("LANGUAGE") {
            let token = self.parser.peek_token();
            let known = ["JAVA", "SCALA", "PYTHON"].into_iter().find(|word| self.try_word(word));
            language = known.ok_or_else(|| self.unexpected(&token, "JAVA, SCALA or PYTHON"))?.to_owned();
        }
        if self.try_word("USING") {
            loop {
                self.word("JAR")?;
                self.string()?;
                if !self.parser.consume_token(&Token::Comma) {
                    break;
                }
            }
        }
        Ok(FunctionBody::Class { class, language })
    }
}
