//! Checks of the tables' options and columns that need no contact: what a connector would refuse at its start.

use streamsql_connectors::MadeSink;
use streamsql_connectors::kafka::{self, PropertyNote};
use streamsql_connectors::on_error::OnError;
use streamsql_core::{Error, ErrorKind};
use streamsql_plan::{Dataflow, NodeKind, TableRef};
use streamsql_runtime::Constructors;
use streamsql_sql::catalog::{Catalog, Table};
use streamsql_sql::connectors;
use streamsql_sql::diagnostic::{Diagnostic, Diagnostics, suggestion};

use crate::constructors::{Wiring, looked_up, made_sink};

/// Refuses what is wrong with the tables of a dataflow, all at once, each at the option that is wrong; gives warnings of
/// what is left out.
pub fn check(dataflow: &Dataflow, catalog: &Catalog) -> std::result::Result<Diagnostics, Diagnostics> {
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
            NodeKind::LookupJoin(join) => (&join.table, looked_up(join).map(drop)),
            NodeKind::Sink(sink) => {
                let made = made_sink("job", 0, sink, &node.schema);
                has_postgres_sink |= !matches!(made, Ok(MadeSink::Direct(_) | MadeSink::TwoPhase(_)));
                (&sink.table, made.map(drop))
            }
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
        return Ok(kafka_warnings(dataflow, catalog));
    }
    let diagnostics = problems.into_iter().map(|(table, error)| {
        let table = table.and_then(|table| registered(table, catalog));
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

/// An error of a table's option that shows only when the table is opened, with the place of the option.
pub fn located(error: Error, catalog: &Catalog) -> Error {
    if error.kind != ErrorKind::Invalid || error.place.is_some() {
        return error;
    }
    let place = catalog.tables().find_map(|table| {
        let named = error.message.contains(&format!("table {}: ", table.name));
        let option = table.option_named_in(&error.message).filter(|_| named)?;
        let place = table.place_of(Some(option));
        Some(format!("{}:{}:{}", place.file, place.line, place.column))
    });
    match place {
        Some(place) => error.at(place),
        None => error,
    }
}

fn registered<'a>(table: &TableRef, catalog: &'a Catalog) -> Option<&'a Table> {
    catalog.tables().find(|known| known.path() == table.path).map(AsRef::as_ref)
}

/// Client properties of Kafka tables that nobody knows, each where it is written; those that are known and mean nothing
/// here go to the log.
fn kafka_warnings(dataflow: &Dataflow, catalog: &Catalog) -> Diagnostics {
    let mut warnings = Diagnostics::default();
    for node in &dataflow.nodes {
        let table = match &node.kind {
            NodeKind::TableSourceScan(scan) => &scan.table,
            NodeKind::Sink(sink) => &sink.table,
            _ => continue,
        };
        if !connectors::find(table.connector()).is_some_and(|connector| connector.client_properties) {
            continue;
        }
        for note in kafka::property_notes(&table.options) {
            match note {
                // Some are of the producer, which a table that is written to has.
                PropertyNote::Ignored(_) if matches!(node.kind, NodeKind::Sink(_)) => {}
                PropertyNote::Ignored(key) => {
                    tracing::info!("table {}: 'properties.{key}' has no meaning here", table.name);
                }
                PropertyNote::Moved { name, value } => tracing::info!(
                    "table {}: 'properties.{name}' is taken as {value}, the nearest that this client can do",
                    table.name
                ),
                PropertyNote::Unknown(key) => {
                    let option = format!("properties.{key}");
                    let message = format!("'{option}' is no setting of a Kafka client and is left out");
                    let hint = kafka::leftover(&key)
                        .map(str::to_owned)
                        .or_else(|| suggestion(&key, kafka::known_properties()));
                    let mut warning = Diagnostic::warning(message);
                    if let Some(place) = registered(table, catalog).map(|t| t.place_of(Some(&option))) {
                        warning = warning.at(place.clone());
                    }
                    if let Some(hint) = hint {
                        warning = warning.hint(hint);
                    }
                    // Tables made by LIKE share options and their places.
                    if !warnings.0.contains(&warning) {
                        warnings.0.push(warning);
                    }
                }
            }
        }
    }
    warnings.sort();
    warnings
}
