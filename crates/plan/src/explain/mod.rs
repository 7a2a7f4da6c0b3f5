//! EXPLAIN: the dataflow in the forms that people and tools read. Nothing outside is contacted.
//!
//! Operators, attributes and tree lines are written as Flink writes its optimized execution plan, so that a user knows
//! them; what Flink does not show (state, until when it is kept, where in the files a node comes from) follows each.

mod advice;
mod describe;
mod graph_forms;
mod tree;

use std::str::FromStr;

use crate::Dataflow;

pub use describe::{describe, unique_names};

/// `streamsql explain --format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Flink's sections: the tree with changelog modes, then state, sources and settings.
    Text,
    /// The tree alone, names only.
    Tree,
    Json,
    Dot,
    Mermaid,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "text" => Self::Text,
            "tree" => Self::Tree,
            "json" => Self::Json,
            "dot" => Self::Dot,
            "mermaid" => Self::Mermaid,
            _ => return Err(format!("'{text}' is not one of text, tree, json, dot, mermaid")),
        })
    }
}

/// What the statement EXPLAIN shows beside the plan (Flink `ExplainDetail`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// `CHANGELOG_MODE`: the kinds of changes that each node makes, and the key of its rows.
    pub changelog_mode: bool,
    /// `PLAN_ADVICE`: what may go wrong with it, and what helps.
    pub plan_advice: bool,
    /// `JSON_EXECUTION_PLAN`: the nodes once more, as JSON.
    pub json_execution_plan: bool,
}

/// What the statement EXPLAIN prints, ended by a newline.
pub fn statement(dataflow: &Dataflow, details: Details) -> String {
    let mut out = tree::text(dataflow, details);
    if details.json_execution_plan {
        out.push_str("\n== Physical Execution Plan ==\n");
        out.push_str(&graph_forms::json(dataflow));
    }
    out
}

/// The plan in one form, ended by a newline.
pub fn explain(dataflow: &Dataflow, format: Format) -> String {
    match format {
        Format::Text => tree::text(dataflow, Details { changelog_mode: true, ..Details::default() }),
        Format::Tree => tree::names(dataflow),
        Format::Json => graph_forms::json(dataflow),
        Format::Dot => graph_forms::dot(dataflow),
        Format::Mermaid => graph_forms::mermaid(dataflow),
    }
}
