//! The queries of `benches/nexmark`: JSON from Kafka, or from a file, to `blackhole`.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use streamsql_generator::nexmark::{Nexmark, NexmarkSpec};
use streamsql_generator::{
    Destination, KafkaDestination, KafkaOptions, LinesDestination, Pace, parse_ms, send,
};
use streamsql_tests::services::postgres::USER;

use crate::job::Job;
use crate::measure::{self, micros_per};
use crate::report::Figure;
use crate::scenarios::{DEADLINE, Setup, insert, whole_topic};

/// Queries with what an event may cost, µs, where there is a target. Flink does not run q6.
const QUERIES: [(&str, Option<f64>); 23] = [
    ("q0", Some(1.1)),
    ("q1", None),
    ("q2", None),
    ("q3", Some(1.6)),
    ("q4", Some(2.5)),
    ("q5", Some(1.6)),
    ("q7", Some(1.8)),
    ("q8", Some(1.5)),
    ("q9", Some(2.8)),
    ("q10", None),
    ("q11", Some(1.8)),
    ("q12", Some(1.8)),
    ("q13", None),
    ("q14", None),
    ("q15", Some(2.8)),
    ("q16", Some(2.8)),
    ("q17", Some(2.8)),
    ("q18", Some(2.8)),
    ("q19", Some(2.8)),
    ("q20", Some(2.2)),
    ("q21", None),
    ("q22", None),
    ("q23", None),
];

/// Rows of q13's side input.
const SIDE_INPUT: u32 = 10_000;

pub fn queries(setup: &Setup) -> Vec<Figure> {
    let mut load = Nexmark::new(NexmarkSpec {
        seed: setup.seed,
        events: Some(setup.events),
        start_ms: parse_ms("2026-01-01 00:00:00").expect("a time"),
        events_per_second: 10_000.0,
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    // The broker lives as long as it is read from.
    let kafka = (!setup.files).then(|| setup.kafka());
    let (source, mut destination): (String, Box<dyn Destination>) = match &kafka {
        None => {
            let destination = LinesDestination::folder(folder.path(), &[Some("nexmark")]).expect("a file");
            let file = folder.path().join("nexmark.json");
            let source =
                format!("'connector' = 'filesystem', 'path' = '{}', 'format' = 'json'", file.display());
            (source, Box::new(destination))
        }
        Some(kafka) => {
            let topic = kafka.create_topic("nexmark", 1);
            let destination = KafkaDestination::open(KafkaOptions {
                bootstrap_servers: kafka.bootstrap(),
                topics: vec![Some(topic.clone())],
                create_partitions: None,
                replication: 1,
                properties: Vec::new(),
            });
            (whole_topic(kafka, &topic), Box::new(destination.expect("the topic is there")))
        }
    };
    send(&mut load, destination.as_mut(), Pace::Unlimited, None, &AtomicBool::new(false))
        .expect("the load is taken");
    drop(destination);
    let events = with_source(&source);
    QUERIES.iter().filter_map(|(query, target)| measured(setup, &events, query, *target)).collect()
}

/// One query; none where it cannot be planned.
fn measured(setup: &Setup, events: &str, query: &str, target: Option<f64>) -> Option<Figure> {
    let sql = std::fs::read_to_string(folder().join(format!("{query}.sql"))).expect("the query's file");
    let side_input = (query == "q13").then(|| {
        let postgres = setup.postgres();
        let database = postgres.create_database("nexmark");
        postgres.execute(&database, "CREATE TABLE side_input (key BIGINT PRIMARY KEY, value TEXT)");
        let rows = (0..SIDE_INPUT).map(|key| format!("({key}, 'value {key}')"));
        insert(&postgres, &database, "side_input", rows, "key, value");
        (postgres, database)
    });
    let sql = match &side_input {
        None => sql,
        Some((postgres, database)) => sql
            .replace("jdbc:postgresql://127.0.0.1:5432/postgres", &postgres.jdbc_url(database))
            .replace("'username' = 'postgres'", &format!("'username' = '{USER}'"))
            .replace("'password' = 'postgres'", &format!("'password' = '{}'", postgres.password())),
    };
    let job = Job::statements(&setup.binary, &format!("{events}\n{sql}"));
    if let Err(error) = job.explain() {
        eprintln!("{query} is left out: {}", error.lines().next().unwrap_or_default());
        return None;
    }
    let usage = measure::run(&mut job.command(), DEADLINE);
    let rate = setup.events as f64 / usage.wall.as_secs_f64();
    let figure =
        Figure::new(format!("Nexmark {query}, CPU per event"), micros_per(usage, setup.events), "µs")
            .note(format!("{rate:.0} events/s, peak {} MiB", usage.peak_rss >> 20));
    Some(match target {
        Some(limit) => figure.at_most(limit),
        None => figure,
    })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/nexmark")
}

/// `events.sql` with other options of its table.
fn with_source(options: &str) -> String {
    let events = std::fs::read_to_string(folder().join("events.sql")).expect("events.sql");
    let (head, tail) = events.split_once(") WITH (").expect("the table's options");
    let (_, views) = tail.split_once(");").expect("the end of the options");
    format!("{head}) WITH ({options});{views}")
}
