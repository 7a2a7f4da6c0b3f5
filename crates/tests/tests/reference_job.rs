//! The project's own `sql/`, over a real Kafka and a real Postgres, against the table that Apache Flink 1.18.1 made of
//! the same files and records (`goldens/reference_job/table.jsonl`; heap state backend, one partition, parallelism 1).
//!
//! The load is out of order and has duplicates, but nothing late: what is late depends on how far two topics are read
//! apart, in Flink too. For the same reason a checkout that several clicks match may show any of them: Flink takes the
//! one that it meets first.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::services::kafka::Kafka;
use streamsql_tests::services::postgres::{Postgres, USER};
use streamsql_tests::{binary, shop};

/// Checkouts come up to two hours after their click: about half have none within the hour.
const LOAD: [&str; 12] = [
    "gen",
    "--seed=3",
    "--clicks=2000",
    "--event-rate=1",
    "--checkout-within=2h",
    "--out-of-order=0.2",
    "--duplicates=0.05",
    "--start=2026-01-01 00:00:00",
    "--users=1000",
    "--products=300",
    "--late=0",
    "-q",
];

fn succeed(command: &mut Command) -> String {
    let finished = binary::finish(command);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stdout
}

fn streamsql(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary::path());
    command.args(arguments);
    command
}

type Table = BTreeMap<String, Value>;

fn table(lines: impl IntoIterator<Item = String>) -> Table {
    let rows = lines.into_iter().map(|line| serde_json::from_str::<Value>(&line).unwrap());
    rows.map(|row| (row["checkout_id"].as_str().unwrap().to_owned(), row)).collect()
}

fn sink_table(server: &Postgres, database: &str) -> Table {
    let rows = server.query(database, "SELECT to_json(t)::text FROM shop.checkout_attribution t");
    table(rows.into_iter().map(|row| row[0].clone().unwrap()))
}

fn flinks_table() -> Table {
    table(include_str!("../goldens/reference_job/table.jsonl").lines().map(str::to_owned))
}

/// Clicks by user: source and time, in the form of the table.
fn clicks() -> BTreeMap<String, Vec<(String, String)>> {
    let mut clicks: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut command = streamsql(&LOAD);
    for line in succeed(command.arg("clicks")).lines() {
        let click: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| click[name].as_str().unwrap().to_owned();
        clicks.entry(text("user_id")).or_default().push((text("source"), text("click_timestamp")));
    }
    clicks
}

/// As Postgres writes a timestamp in JSON: `T`, no trailing zeros of the fraction.
fn as_json_time(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').replace(' ', "T")
}

/// The job's files as they are, but that its sources end with what the topics hold now.
fn job(kafka: &Kafka, server: &Postgres, database: &str, topics: [&str; 2]) -> JobFolder {
    let folder = JobFolder::new();
    let sql = shop::root().join("sql");
    for part in ["source", "sink", "process"] {
        for entry in std::fs::read_dir(sql.join(part)).unwrap().flatten() {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let start = "'scan.startup.mode' = '{{ scan_startup_mode }}'";
            let text = text.replace(start, &format!("{start},\n    'scan.bounded.mode' = 'latest-offset'"));
            folder.write(&format!("sql/{part}/{}", entry.file_name().to_string_lossy()), &text);
        }
    }
    let config = std::fs::read_to_string(sql.join("streamsql.yaml")).unwrap();
    let config = config
        .replace("127.0.0.1:9092", &kafka.bootstrap())
        .replace("jdbc:postgresql://127.0.0.1:5432/postgres", &server.jdbc_url(database))
        .replace("username: postgres", &format!("username: {USER}"))
        .replace("password: postgres", "password: \"${env:PGPASSWORD}\"")
        .replace("topic: clicks", &format!("topic: {}", topics[0]))
        .replace("topic: checkouts", &format!("topic: {}", topics[1]));
    folder.write("sql/streamsql.yaml", &config);
    folder
}

fn run(folder: &Path, server: &Postgres, parallelism: usize) {
    let mut command = streamsql(&["run", "sql", "--parallelism", &parallelism.to_string()]);
    succeed(command.current_dir(folder).env("PGPASSWORD", server.password()));
}

fn assert_is_flinks(ours: &Table, clicks: &BTreeMap<String, Vec<(String, String)>>) {
    let flinks = flinks_table();
    let keys = |table: &Table| table.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(ours), keys(&flinks));
    for (ours, flinks) in ours.values().zip(flinks.values()) {
        let mut expected = flinks.clone();
        for column in ["source", "click_timestamp"] {
            expected[column] = ours[column].clone();
        }
        assert_eq!(*ours, expected);
        assert_eq!(ours["source"].is_null(), flinks["source"].is_null());
        let Some(source) = ours["source"].as_str() else { continue };
        // Of the clicks that match; times of one length compare as text.
        let checkout = ours["checkout_timestamp"].as_str().unwrap();
        let click = ours["click_timestamp"].as_str().unwrap();
        let known = clicks[ours["user_id"].as_str().unwrap()].iter();
        assert!(known.clone().any(|(s, time)| s == source && as_json_time(time) == click), "{ours}");
        assert!(click <= checkout, "{ours}");
    }
}

/// `partitions` of both topics, then the job at each parallelism, each from the beginning.
fn check(prefix: &str, partitions: &str, parallelisms: &[usize]) {
    let (kafka, server) = (Kafka::shared(), Postgres::shared());
    let topics = [format!("{prefix}-clicks"), format!("{prefix}-checkouts")];
    let topics = [topics[0].as_str(), topics[1].as_str()];
    let to = format!("kafka://{}", kafka.bootstrap());
    let mut load = streamsql(&LOAD);
    load.args(["--to", &to, "--create-topics", partitions]);
    load.args(["--clicks-topic", topics[0], "--checkouts-topic", topics[1]]);
    succeed(&mut load);
    let clicks = clicks();
    for parallelism in parallelisms {
        let database = shop::create_database(&server);
        let folder = job(&kafka, &server, &database, topics);
        run(folder.path(), &server, *parallelism);
        let first = sink_table(&server, &database);
        assert_is_flinks(&first, &clicks);
        // Started again it has nothing to do, and does nothing.
        run(folder.path(), &server, *parallelism);
        assert_eq!(sink_table(&server, &database), first);
    }
}

#[test]
fn one_partition_gives_flinks_table() {
    check("one", "1", &[1]);
}

#[test]
fn three_partitions_and_several_shards_give_flinks_table() {
    check("three", "3", &[1, 2, 3]);
}

#[test]
fn the_golden_holds_what_the_query_means() {
    let table = flinks_table();
    assert!(table.len() > 400);
    // One row a user, one of all checkouts without a click.
    let users: std::collections::BTreeSet<&str> =
        table.values().filter(|r| !r["source"].is_null()).map(|r| r["user_id"].as_str().unwrap()).collect();
    assert_eq!(users.len() + 1, table.len());
    assert_eq!(table.values().filter(|row| row["source"].is_null()).count(), 1);
}
