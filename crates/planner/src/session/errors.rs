//! Errors of planning in our words, at the place of what they are about.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion_common::DataFusionError;
use datafusion_sql::sqlparser::ast::{Expr, Query, visit_expressions};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_sql::diagnostic::{Diagnostic, Place, suggestion};
use streamsql_sql::statement::Located;

use crate::bind::names::places::without_places;
use crate::bind::typing::place::{Spot, message_and_place};
use crate::error::PlanError;
use crate::session::{Session, flink_words, foreign_functions};

impl Session {
    /// An error of an expression: at the column that it reads where that is known, else at `place`.
    pub(crate) fn expression_error(&self, message: String, place: Place, located: &Located) -> Diagnostic {
        let (message, at) = message_and_place(&message);
        let diagnostic = Diagnostic::error(without_places(&message));
        match at {
            Some(Spot::Rendered(line, column)) => diagnostic.at(located.file.place(line, column)),
            Some(Spot::File(place)) => diagnostic.at(located.file.with_source(place)),
            None => diagnostic.at(place),
        }
    }

    /// An error of a query, where it says that it is, else at `place`.
    pub(crate) fn reword(
        &self,
        error: &DataFusionError,
        query: Option<&Query>,
        located: &Located,
    ) -> Diagnostic {
        if let DataFusionError::External(cause) = error.find_root()
            && let Some(error) = cause.downcast_ref::<PlanError>()
        {
            return placed(error.clone(), &located.place, located);
        }
        self.reworded(error, query, located)
    }

    /// DataFusion's planning errors in our words, with the place of the name that it stumbled over.
    fn reworded(&self, error: &DataFusionError, query: Option<&Query>, located: &Located) -> Diagnostic {
        let text = error.strip_backtrace();
        let text = without_places(&text).into_owned();
        let text =
            ["Error during planning: ", "Schema error: ", "This feature is not implemented: ", "SQL error: "]
                .iter()
                .fold(text, |text, prefix| text.replace(prefix, ""));
        let first = text.split("\n\n").next().unwrap_or(&text).trim().to_owned();
        let mut diagnostic = match first.strip_prefix("No field named ") {
            Some(rest) => unknown_column(rest),
            None => match first.strip_prefix("Invalid function '").and_then(|rest| rest.split('\'').next()) {
                Some(name) => self.unknown_function(name),
                None => match first.strip_prefix("table '").and_then(|rest| rest.split('\'').next()) {
                    Some(name) if first.contains("not exist") || first.contains("not found") => {
                        let diagnostic = Diagnostic::error(format!("table '{name}' does not exist"));
                        with_suggestion(diagnostic, name, self.catalog.names())
                    }
                    _ => Diagnostic::error(flink_words::reworded(&clear_names(&first))),
                },
            },
        };
        if let Some(span) = error.diagnostic().and_then(|d| d.span) {
            diagnostic = diagnostic.at(located.file.place(span.start.line, span.start.column));
        } else if let Some(name) = first.strip_prefix("No field named ")
            && let Some(span) = query.and_then(|query| first_named(query, &unknown_name(name)))
        {
            diagnostic = diagnostic.at(located.file.place(span.start.line, span.start.column));
        }
        diagnostic.at(located.place.clone())
    }

    pub(crate) fn unknown_function(&self, name: &str) -> Diagnostic {
        let upper = name.to_ascii_uppercase();
        if is_aggregate(&upper) {
            return Diagnostic::error(format!("the aggregate function {upper} is not supported yet"))
                .hint("streaming aggregation comes later");
        }
        if let Some((message, instead)) = foreign_functions::explained(&upper) {
            let diagnostic = Diagnostic::error(message);
            return match instead {
                Some(instead) => diagnostic.hint(instead),
                None => diagnostic,
            };
        }
        let diagnostic = Diagnostic::error(format!("function {upper} does not exist in Flink 1.18"));
        let (catalog, database) = self.catalog.current();
        let names = streamsql_functions::function_names()
            .iter()
            .copied()
            .chain(self.catalog.function_names(catalog, database));
        with_suggestion(diagnostic, &upper, names)
    }
}

/// An error at the place that it names, else at `place`.
pub fn placed(error: PlanError, place: &Place, located: &Located) -> Diagnostic {
    let diagnostic = Diagnostic::error(without_places(&error.message));
    let diagnostic = match error.hint {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    };
    let statement = (place.line, place.column);
    let word = error.about.filter(|_| place.file == located.file.file);
    match (error.at, error.place) {
        // What stands there is a part of what the word begins.
        (Some((line, column)), _) => {
            let begins = word.and_then(|word| located.file.last_word(statement, word, (line, column)));
            diagnostic.at(begins.unwrap_or_else(|| located.file.place(line, column)))
        }
        (None, Some(place)) => diagnostic.at(located.file.with_source(*place)),
        (None, None) => {
            let found = word.and_then(|word| located.file.only_word(statement, word));
            diagnostic.at(found.unwrap_or_else(|| place.clone()))
        }
    }
}

/// A diagnostic that points to the start of a statement, at the construct that it names there.
pub fn narrowed<'s>(diagnostic: Diagnostic, statements: impl IntoIterator<Item = &'s Located>) -> Diagnostic {
    let Some(place) = diagnostic.place.as_deref() else { return diagnostic };
    let start = |place: &Place| (place.line, place.column);
    let of = |located: &&Located| {
        start(&located.place) == start(place)
            && located.place.file == place.file
            && place.file == located.file.file
    };
    let Some(located) = statements.into_iter().find(of) else { return diagnostic };
    match located.file.named_in(start(place), &diagnostic.message) {
        Some(found) => Diagnostic { place: Some(Box::new(found)), ..diagnostic },
        None => diagnostic,
    }
}

/// Whether a name is one of Flink's aggregate functions.
pub(crate) fn is_aggregate(name: &str) -> bool {
    streamsql_functions::aggregate_names().contains(&name.to_ascii_uppercase().as_str())
}

pub fn with_suggestion<'n>(
    diagnostic: Diagnostic,
    name: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    match suggestion(name, names) {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// Takes the positions off names that stand for ambiguous columns.
fn clear_names(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != crate::bind::shape::AMBIGUOUS {
            out.push(c);
            continue;
        }
        while rest.next_if(char::is_ascii_digit).is_some() {}
    }
    out
}

fn clean(name: &str) -> String {
    clear_names(&name.trim().trim_end_matches('.').replace(['"', '`'], ""))
}

/// The name in DataFusion's text after "No field named ", without its table.
fn unknown_name(rest: &str) -> String {
    let name = clean(rest.split(". ").next().and_then(|name| name.lines().next()).unwrap_or(rest));
    name.rsplit('.').next().unwrap_or(&name).to_owned()
}

/// Where a column of this name is first read.
fn first_named(query: &Query, name: &str) -> Option<Span> {
    let found = visit_expressions(query, |expr| {
        let last = match expr {
            Expr::Identifier(last) => Some(last),
            Expr::CompoundIdentifier(parts) => parts.last(),
            _ => None,
        };
        match last.filter(|last| last.value == name && last.span.start.line > 0) {
            Some(last) => ControlFlow::Break(last.span),
            None => ControlFlow::Continue(()),
        }
    });
    match found {
        ControlFlow::Break(span) => Some(span),
        ControlFlow::Continue(()) => None,
    }
}

/// `rest` is DataFusion's text after "No field named ": the name and the valid ones.
pub(crate) fn unknown_column(rest: &str) -> Diagnostic {
    let (name, valid) = match rest.find(". ") {
        Some(end) => (clean(&rest[..end]), &rest[end + 2..]),
        None => (clean(rest.lines().next().unwrap_or(rest)), ""),
    };
    let bare = name.rsplit('.').next().unwrap_or(&name).to_owned();
    let candidates: BTreeSet<String> = match valid.split_once("Valid fields are ") {
        Some((_, list)) => {
            list.split(',').map(|n| clean(n).rsplit('.').next().unwrap_or_default().to_owned()).collect()
        }
        None => BTreeSet::new(),
    };
    let diagnostic = Diagnostic::error(format!("column '{name}' does not exist"));
    with_suggestion(diagnostic, &bare, candidates.iter().map(String::as_str))
}
