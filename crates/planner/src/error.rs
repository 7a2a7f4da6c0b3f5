//! Why a query cannot be planned.

use streamsql_sql::expression_place::message_and_place;

/// What is wrong, and where in the statement's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    pub message: String,
    pub hint: Option<String>,
    /// Line and column of the rendered text, 1-based, when a part of the statement is known.
    pub at: Option<(u64, u64)>,
}

impl PlanError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, at: None }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// Errors of typing bring their place along.
impl From<String> for PlanError {
    fn from(message: String) -> Self {
        let (message, at) = message_and_place(&message);
        Self { message, hint: None, at }
    }
}

impl From<&str> for PlanError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}
