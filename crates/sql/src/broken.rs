//! What statements that cannot be read would have defined: errors that only follow from them are not reported.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{Expr, Visit, Visitor};
use datafusion_sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::parse::is_word;

/// Names that are missing because their definition cannot be read, and what builds on them.
#[derive(Clone, Debug, Default)]
pub struct Broken {
    /// Last parts of the names of tables and views.
    objects: BTreeSet<String>,
    /// Names of functions, in lower case.
    functions: BTreeSet<String>,
    /// A file could not be cut into statements: any name may be missing.
    anything: bool,
}

impl Broken {
    pub fn anything() -> Self {
        Self { anything: true, ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        !self.anything && self.objects.is_empty() && self.functions.is_empty()
    }

    pub fn merge(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.functions.extend(other.functions);
        self.anything |= other.anything;
    }

    pub fn object(&mut self, name: String) {
        self.objects.insert(name);
    }

    /// Whether this table or view is missing only because of what cannot be read.
    pub fn explains(&self, missing: &[String]) -> bool {
        self.anything || missing.last().is_some_and(|name| self.objects.contains(name))
    }

    /// Whether a tree calls a function whose definition cannot be read.
    pub fn is_called_in(&self, tree: &impl Visit) -> bool {
        struct Calls<'b>(&'b BTreeSet<String>);
        impl Visitor for Calls<'_> {
            type Break = ();

            fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
                match expr {
                    Expr::Function(function) if self.0.contains(&last_part(&function.name.to_string())) => {
                        ControlFlow::Break(())
                    }
                    _ => ControlFlow::Continue(()),
                }
            }
        }
        !self.functions.is_empty() && tree.visit(&mut Calls(&self.functions)).is_break()
    }

    /// Notes what the statement of these tokens is about: `CREATE … TABLE | VIEW | FUNCTION [IF NOT EXISTS] name`, and
    /// the same of ALTER and DROP.
    pub fn note(&mut self, tokens: &[TokenWithSpan]) {
        let mut tokens =
            tokens.iter().map(|t| &t.token).filter(|t| !matches!(t, Token::Whitespace(_))).peekable();
        let mut skip = |words: &[&str]| {
            tokens
                .next_if(|token| words.iter().any(|word| is_word(token, word)))
                .map(|token| token.to_string())
        };
        if skip(&["CREATE", "ALTER", "DROP"]).is_none() {
            return;
        }
        while skip(&["OR", "REPLACE", "TEMPORARY", "SYSTEM"]).is_some() {}
        let Some(kind) = skip(&["TABLE", "VIEW", "FUNCTION"]) else { return };
        while skip(&["IF", "NOT", "EXISTS"]).is_some() {}
        let mut name = None;
        while let Some(Token::Word(word)) = tokens.next() {
            name = Some(word.value.clone());
            if tokens.next_if_eq(&&Token::Period).is_none() {
                break;
            }
        }
        match name {
            Some(name) if kind.eq_ignore_ascii_case("FUNCTION") => {
                self.functions.insert(name.to_lowercase());
            }
            Some(name) => {
                self.objects.insert(name);
            }
            None => {}
        }
    }
}

fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).trim_matches('`').to_lowercase()
}
