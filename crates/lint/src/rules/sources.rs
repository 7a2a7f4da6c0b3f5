//! Where rows come from: sources and lookup tables.

use streamsql_plan::{NodeId, NodeKind, TableRef};
use streamsql_sql::catalog::Table;

use super::state::below;
use crate::{Found, Subject};

fn registered<'a>(subject: &'a Subject<'_>, table: &TableRef) -> Option<&'a Table> {
    subject.catalog.tables().find(|known| known.path.to_string() == table.path).map(AsRef::as_ref)
}

pub fn lookup_without_cache(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for node in &subject.dataflow.nodes {
        let NodeKind::LookupJoin(join) = &node.kind else { continue };
        let cached = ["lookup.cache", "lookup.cache.max-rows", "lookup.partial-cache.max-rows"]
            .iter()
            .any(|key| join.options.get(*key).is_some_and(|value| !value.eq_ignore_ascii_case("NONE")));
        if cached {
            continue;
        }
        let about = Found::new(
            format!(
                "{} is looked up without a cache: its database is asked for every batch",
                join.table.name
            ),
            "set 'lookup.cache' = 'PARTIAL' with 'lookup.partial-cache.max-rows' and an expiry, where rows may be that old",
        );
        found.push(match registered(subject, &join.table) {
            Some(table) => about.at(&table.place),
            None => about.of(node.location.as_ref()),
        });
    }
}

/// Options whose values are secrets; keys of Kafka that carry one.
const SECRETS: &[&str] =
    &["password", "properties.sasl.jaas.config", "properties.sasl.password", "properties.ssl.key.password"];

pub fn password_in_sql(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for table in subject.catalog.tables() {
        for (option, place) in &table.option_places {
            if !SECRETS.contains(&option.as_str()) {
                continue;
            }
            // The text as written: a value that comes through a variable stands elsewhere.
            let written = std::fs::read_to_string(&place.file).unwrap_or_default();
            let line = written.lines().nth(place.line.saturating_sub(1)).unwrap_or_default();
            if !line.is_empty() && !line.contains("{{") {
                found.push(
                    Found::new(
                        format!("the value of '{option}' stands in the file"),
                        "write '{{ password }}' and give it in streamsql.yaml as \"${env:NAME}\" or \"${file:PATH}\"",
                    )
                    .at(place),
                );
            }
        }
    }
}

pub fn mixed_timestamps(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for node in &subject.dataflow.nodes {
        let NodeKind::IntervalJoin(join) = &node.kind else { continue };
        let [left, right] = node.inputs.as_slice() else { continue };
        let of = |input: &streamsql_plan::Input, column: usize| {
            subject.dataflow.node(input.node).schema.columns.get(column).map(|c| c.logical_type.clone())
        };
        let (Some(left), Some(right)) = (of(left, join.left_time), of(right, join.right_time)) else {
            continue;
        };
        let zoned =
            |of: &streamsql_core::LogicalType| matches!(of, streamsql_core::LogicalType::TimestampLtz(_));
        if zoned(&left) != zoned(&right) {
            found.push(
                Found::new(
                    format!("{left} is compared with {right}: the result depends on 'table.local-time-zone'"),
                    "declare both event times with one type; TIMESTAMP_LTZ for instants",
                )
                .of(node.location.as_ref()),
            );
        }
    }
}

pub fn skips_the_past(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for (scan, table) in scans(subject) {
        if scan.option("scan.startup.mode") == Some("latest-offset") {
            found.push(
                Found::new(
                    format!(
                        "{} is read from its end at the first start, and again whenever the state is reset: what came \
                         before is never seen",
                        scan.name
                    ),
                    "use 'scan.startup.mode' = 'earliest-offset', or a timestamp",
                )
                .at(table.place_of(Some("scan.startup.mode"))),
            );
        }
    }
}

pub fn silent_partition(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for id in subject.dataflow.ids() {
        let node = subject.dataflow.node(id);
        let NodeKind::TableSourceScan(scan) = &node.kind else { continue };
        let waits = scan.watermark.as_ref().is_some_and(|watermark| {
            // A source as one generator has no partitions that wait for each other.
            watermark.per_split && watermark.idle_timeout_ms == 0
        });
        if !waits || !is_waited_for(subject, id) {
            continue;
        }
        let about = Found::new(
            format!("a partition of {} without records stops event time for all", scan.table.name),
            "SET 'table.exec.source.idle-timeout' = '1 min'",
        );
        found.push(match registered(subject, &scan.table) {
            Some(table) => {
                about.at(table.watermark.as_ref().map_or(&table.place, |watermark| &watermark.place))
            }
            None => about.of(node.location.as_ref()),
        });
    }
}

/// Whether an operator behind a source waits for event time.
fn is_waited_for(subject: &Subject<'_>, source: NodeId) -> bool {
    const WAITS: &[&str] = &["IntervalJoin", "Match", "OverAggregate", "TemporalJoin", "TemporalSort"];
    subject.dataflow.ids().any(|id| {
        let name = subject.dataflow.node(id).kind.name();
        (WAITS.contains(&name) || name.contains("Window")) && below(subject, id).contains(&source)
    })
}

pub fn dropped_parse_errors(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for (scan, table) in scans(subject) {
        for (option, value) in &scan.options {
            if option.ends_with("ignore-parse-errors") && value.eq_ignore_ascii_case("true") {
                found.push(
                    Found::new(
                        format!("records of {} that cannot be read vanish", scan.name),
                        "leave the option out and set 'on-error' = 'dead-letter': they are then kept beside the result",
                    )
                    .at(table.place_of(Some(option))),
                );
            }
        }
    }
}

fn scans<'a>(subject: &'a Subject<'_>) -> impl Iterator<Item = (&'a TableRef, &'a Table)> {
    subject.dataflow.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::TableSourceScan(scan) => Some((&scan.table, registered(subject, &scan.table)?)),
        _ => None,
    })
}
