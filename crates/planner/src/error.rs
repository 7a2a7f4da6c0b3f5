//! Why a query cannot be planned.

use std::fmt;

use datafusion_expr::Expr;
use streamsql_core::EvalError;
use streamsql_sql::diagnostic::Place;

use crate::bind::typing::place::{Spot, message_and_place, with_place};

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    pub message: String,
    pub hint: Option<String>,
    /// Line and column of the rendered text of the statement, 1-based, when a part of it is known.
    pub at: Option<(u64, u64)>,
    /// The place, where it is in another statement: that of a view.
    pub place: Option<Box<Place>>,
    /// The word that begins what it is about (`JOIN`), to find its place by.
    pub about: Option<&'static str>,
}

impl PlanError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, at: None, place: None, about: None }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The error as one of an expression, unless it says another place.
    pub(crate) fn of(self, expr: &Expr) -> Self {
        if self.at.is_some() || self.place.is_some() {
            return self;
        }
        let Self { at, place, .. } = Self::from(with_place(String::new(), expr));
        Self { at, place, ..self }
    }

    pub fn about(self, word: &'static str) -> Self {
        Self { about: Some(word), ..self }
    }

    /// The error at a line and column of the statement's text, unless it has a place.
    pub fn or_at(mut self, line: u64, column: u64) -> Self {
        if self.at.is_none() && self.place.is_none() {
            self.at = Some((line, column));
        }
        self
    }

    /// The error as one of what is written there, unless it says another place.
    pub fn written_at(mut self, place: &Place) -> Self {
        self.at = None;
        self.place.get_or_insert_with(|| Box::new(place.clone()));
        self
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PlanError {}

/// Errors of typing bring their place along.
impl From<String> for PlanError {
    fn from(message: String) -> Self {
        let (message, spot) = message_and_place(&message);
        let about = message.starts_with("EXISTS is").then_some("EXISTS");
        let error = Self { about, ..Self::new(message) };
        match spot {
            Some(Spot::Rendered(line, column)) => Self { at: Some((line, column)), ..error },
            Some(Spot::File(place)) => Self { place: Some(Box::new(place)), ..error },
            None => error,
        }
    }
}

/// A constant that has no value.
impl From<EvalError> for PlanError {
    fn from(error: EvalError) -> Self {
        let place = error.place.as_deref().and_then(Place::read).map(Box::new);
        Self { place, ..Self::new(error.message) }
    }
}

impl From<&str> for PlanError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}
