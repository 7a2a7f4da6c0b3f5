//! Checks of the tables' options and columns that need no contact: what a connector would refuse at its start.

use streamsql_connectors::on_error::OnError;
use streamsql_connectors::options::required;
use streamsql_connectors::postgres::{self, Database, LookupOptions};
use streamsql_core::{Error, Result, Schema};
use streamsql_plan::{Dataflow, NodeKind, TableRef};
use streamsql_runtime::Constructors;
use streamsql_sql::catalog::Catalog;
use streamsql_sql::diagnostic::{Diagnostic, Diagnostics};

use crate::constructors::{Wiring, direct_sink};

/// Refuses what is wrong with the tables of a dataflow, all at once, each at the option that is wrong.
pub fn check(dataflow: &Dataflow, catalog: &Catalog) -> std::result::Result<(), Diagnostics> {
    let wiring = Wiring::default();
    let mut problems: Vec<(Option<&TableRef>, Error)> = Vec::new();
    let mut needs_dead_letters = None;
    let mut has_postgres_sink = false;
    for id in dataflow.ids() {
        let node = dataflow.node(id);
        let (table, checked) = match &node.kind {
            NodeKind::TableSourceScan(scan) => {
                if OnError::parse(&scan.table.options).is_ok_and(|on_error| on_error == OnError::DeadLetter) {
                    needs_dead_letters = Some(&scan.table);
                }
                (&scan.table, wiring.source(scan).map(drop))
            }
            NodeKind::LookupJoin(join) if join.table.connector() == "jdbc" => {
                let checked = check_jdbc(&join.table, &join.table.physical).and_then(|()| {
                    let options = LookupOptions::from_options(&join.options).map(drop);
                    options.map_err(|error| error.context(format!("table {}", join.table.name)))
                });
                (&join.table, checked)
            }
            NodeKind::Sink(sink) if sink.table.connector() == "jdbc" => {
                has_postgres_sink = true;
                (&sink.table, check_jdbc(&sink.table, &sink.table.physical))
            }
            NodeKind::Sink(sink) => (&sink.table, direct_sink(sink, &node.schema).map(drop)),
            _ => continue,
        };
        problems.extend(checked.err().map(|error| (Some(table), error)));
    }
    if let Some(table) = needs_dead_letters.filter(|_| !has_postgres_sink) {
        let message = format!("table {}: 'on-error' = 'dead-letter' needs a sink in PostgreSQL", table.name);
        let error =
            Error::invalid(message).hint("dead letters are stored beside its rows, in streamsql.dead_letter");
        problems.push((Some(table), error));
    }
    // A table that is read twice is wrong twice.
    problems.dedup_by(|a, b| a.1.message == b.1.message);
    if problems.is_empty() {
        return Ok(());
    }
    let diagnostics = problems.into_iter().map(|(table, error)| {
        let table = table.and_then(|table| catalog.tables().find(|known| known.path() == table.path));
        let place = table.map(|table| table.place_of(table.option_named_in(&error.message)).clone());
        let diagnostic = Diagnostic::from(error);
        match place {
            Some(place) => diagnostic.at(place),
            None => diagnostic,
        }
    });
    let mut diagnostics = Diagnostics(diagnostics.collect());
    diagnostics.sort();
    Err(diagnostics)
}

fn check_jdbc(table: &TableRef, columns: &Schema) -> Result<()> {
    Database::from_options(&table.options)
        .and_then(|_| required(&table.options, "table-name").map(drop))
        .and_then(|()| postgres::check_columns(columns))
        .map_err(|error| error.context(format!("table {}", table.name)))
}
