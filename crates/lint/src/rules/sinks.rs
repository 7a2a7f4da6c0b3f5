//! Where rows go.

use streamsql_plan::NodeKind;
use streamsql_sql::connectors::{self, Takes};

use crate::{Found, Subject};

pub fn narrowing(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for node in &subject.dataflow.nodes {
        let NodeKind::Sink(sink) = &node.kind else { continue };
        for (column, from) in &sink.narrowed {
            found.push(
                Found::new(
                    format!(
                        "column {} of {} is {}, the query gives {from}: what does not fit becomes NULL or another value",
                        sink.columns[*column], sink.table.name, node.schema.columns[*column].logical_type
                    ),
                    "widen the column, or CAST in the query to say that it is meant",
                )
                .of(node.location.as_ref()),
            );
        }
    }
}

pub fn without_key(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for node in &subject.dataflow.nodes {
        let NodeKind::Sink(sink) = &node.kind else { continue };
        let takes = connectors::find(sink.table.connector()).and_then(|connector| connector.writes);
        if takes == Some(Takes::ByKey) && sink.primary_key.is_empty() {
            found.push(
                Found::new(
                    format!(
                        "{} has no primary key: rows are only added, and those of a job that starts afresh are there twice",
                        sink.table.name
                    ),
                    "declare PRIMARY KEY (…) NOT ENFORCED",
                )
                .of(node.location.as_ref()),
            );
        }
    }
}
