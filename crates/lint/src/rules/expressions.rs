//! What expressions and lookups answer the second time.

use streamsql_plan::{Expr, Node, NodeKind};

use crate::{Found, Subject};

/// Functions whose value is another one the next time, as EXPLAIN writes them.
const CHANGING: &[&str] = &[
    "CURRENT_DATE",
    "CURRENT_ROW_TIMESTAMP(",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "LOCALTIME",
    "NOW(",
    "PROCTIME(",
    "RAND(",
    "RAND_INTEGER(",
    "UNIX_TIMESTAMP()",
    "UUID(",
];

pub fn changing_answers(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for node in &subject.dataflow.nodes {
        let Some(input) = node.inputs.first().map(|input| subject.dataflow.node(input.node)) else {
            continue;
        };
        if input.changelog.is_insert_only() {
            continue;
        }
        let what = match &node.kind {
            NodeKind::LookupJoin(join) => Some(format!("the row of {} that is looked up", join.table.name)),
            _ => expressions(node).iter().find_map(|expr| {
                let text = CHANGING.iter().find(|name| holds_word(&expr.text, name))?;
                Some(text.trim_end_matches(['(', ')']).to_owned())
            }),
        };
        let Some(what) = what else { continue };
        found.push(
            Found::new(
                format!(
                    "rows that reach this are taken back later, and {what} may then be another: the retraction would not \
                     fit the row"
                ),
                "compute it before the rows are aggregated, joined or ranked",
            )
            .of(node.location.as_ref()),
        );
    }
}

fn expressions(node: &Node) -> Vec<&Expr> {
    match &node.kind {
        NodeKind::Calc(calc) => calc.project.iter().chain(&calc.condition).collect(),
        _ => Vec::new(),
    }
}

fn holds_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}
