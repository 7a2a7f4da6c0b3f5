//! Checks of the tables' options and columns that need no contact: what a connector would refuse at its start.

use streamsql_connectors::on_error::OnError;
use streamsql_connectors::options::required;
use streamsql_connectors::postgres::{self, Database, LookupOptions};
use streamsql_core::{Error, Result, Schema};
use streamsql_plan::{Dataflow, NodeKind, TableRef};
use streamsql_runtime::Constructors;

use crate::constructors::{Wiring, direct_sink};

/// Refuses what is wrong with the tables of a dataflow, all in one error.
pub fn check(dataflow: &Dataflow) -> Result<()> {
    let wiring = Wiring::default();
    let mut problems: Vec<Error> = Vec::new();
    let mut needs_dead_letters = None;
    let mut has_postgres_sink = false;
    for id in dataflow.ids() {
        let node = dataflow.node(id);
        let checked = match &node.kind {
            NodeKind::TableSourceScan(scan) => {
                if OnError::parse(&scan.table.options).is_ok_and(|on_error| on_error == OnError::DeadLetter) {
                    needs_dead_letters = Some(scan.table.name.clone());
                }
                wiring.source(scan).map(drop)
            }
            NodeKind::LookupJoin(join) if join.table.connector() == "jdbc" => {
                check_jdbc(&join.table, &join.table.physical).and_then(|()| {
                    let options = LookupOptions::from_options(&join.options).map(drop);
                    options.map_err(|error| error.context(format!("table {}", join.table.name)))
                })
            }
            NodeKind::Sink(sink) if sink.table.connector() == "jdbc" => {
                has_postgres_sink = true;
                check_jdbc(&sink.table, &sink.table.physical)
            }
            NodeKind::Sink(sink) => direct_sink(sink, &node.schema).map(drop),
            _ => Ok(()),
        };
        problems.extend(checked.err());
    }
    if let Some(table) = needs_dead_letters.filter(|_| !has_postgres_sink) {
        problems.push(
            Error::invalid(format!("table {table}: 'on-error' = 'dead-letter' needs a sink in PostgreSQL"))
                .hint("dead letters are stored beside its rows, in streamsql.dead_letter"),
        );
    }
    // A table that is read twice is wrong twice.
    problems.dedup_by(|a, b| a.message == b.message);
    let Some(first) = problems.first() else { return Ok(()) };
    let text = problems.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("\n");
    let mut all = Error::new(first.kind, text);
    all.hint.clone_from(&first.hint);
    all.place.clone_from(&first.place);
    Err(all)
}

fn check_jdbc(table: &TableRef, columns: &Schema) -> Result<()> {
    Database::from_options(&table.options)
        .and_then(|_| required(&table.options, "table-name").map(drop))
        .and_then(|()| postgres::check_columns(columns))
        .map_err(|error| error.context(format!("table {}", table.name)))
}
