//! `upsert-kafka`: records replace each other by key, tombstones delete, and what is sent on is the whole changelog.

use streamsql_tests::kafka_job::{PrintJob, PrintSpec};
use streamsql_tests::services::kafka::{Kafka, Record};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

const COLUMNS: &str = "id INT, name STRING, n INT NOT NULL, PRIMARY KEY (id) NOT ENFORCED";

fn job(
    kafka: &Kafka,
    topic: &str,
    columns: &str,
    more: &[(&str, &str)],
    select: &str,
    out: &str,
) -> PrintJob {
    let mut options = vec![
        ("connector", "upsert-kafka"),
        ("topic", topic),
        ("key.format", "json"),
        ("value.format", "json"),
        ("scan.bounded.mode", "latest-offset"),
    ];
    options.extend_from_slice(more);
    PrintJob::new(BINARY, kafka, &PrintSpec { columns, options: &options, select, out })
}

fn record(key: &'static str, value: Option<&'static str>) -> Record<'static> {
    Record { key: Some(key.as_bytes()), value: value.map(str::as_bytes), ..Record::default() }
}

/// What is left when all printed changes are applied, sorted.
fn table(changes: &[String]) -> Vec<String> {
    let is_new = |change: &&String| change.starts_with("+");
    let mut rows: Vec<String> = changes.iter().filter(is_new).map(|change| change[2..].to_owned()).collect();
    for change in changes.iter().filter(|change| !is_new(change)) {
        let place = rows.iter().position(|row| *row == change[2..]);
        rows.swap_remove(
            place.unwrap_or_else(|| panic!("{change} takes back what is not there: {changes:?}")),
        );
    }
    rows.sort();
    rows
}

fn produce(kafka: &Kafka, topic: &str) {
    kafka.produce(
        topic,
        [
            record(r#"{"id":1}"#, Some(r#"{"id":1,"name":"a","n":1}"#)),
            record(r#"{"id":2}"#, Some(r#"{"id":2,"name":"b","n":2}"#)).partition(1),
            record(r#"{"id":1}"#, Some(r#"{"id":1,"name":"aa","n":3}"#)),
            // Deleted, and there again.
            record(r#"{"id":2}"#, None).partition(1),
            record(r#"{"id":3}"#, Some(r#"{"id":3,"name":null,"n":4}"#)).partition(1),
            // Never was there.
            record(r#"{"id":9}"#, None),
            record(r#"{"id":3}"#, None).partition(1),
            record(r#"{"id":3}"#, Some(r#"{"id":3,"name":"c","n":5}"#)).partition(1),
        ],
    );
}

#[test]
fn the_last_record_of_a_key_counts_and_a_tombstone_deletes() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("upserts", 2);
    produce(&kafka, &topic);
    let all = job(&kafka, &topic, COLUMNS, &[], "SELECT id, name, n FROM t", "id INT, name STRING, n INT");
    let changes = all.rows();
    assert_eq!(table(&changes), ["[1, aa, 3]", "[3, c, 5]"], "{changes:?}");
    for change in ["+I[1, a, 1]", "-U[1, a, 1]", "+U[1, aa, 3]", "-D[2, b, 2]", "-D[3, null, 4]"] {
        assert!(changes.iter().any(|line| line == change), "{change} is missing: {changes:?}");
    }
    // Aggregates over it see the rows that are left; the value need not be read for that.
    let counted = job(&kafka, &topic, COLUMNS, &[], "SELECT COUNT(*), SUM(n) FROM t", "c BIGINT, s INT");
    assert_eq!(table(&counted.rows()), ["[2, 8]"]);
    let counted = job(&kafka, &topic, COLUMNS, &[], "SELECT COUNT(*) FROM t", "c BIGINT");
    assert_eq!(table(&counted.rows()), ["[2]"]);
}

#[test]
fn a_key_may_stand_in_the_key_only() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("upsert-keys", 1);
    kafka.produce(
        &topic,
        [
            record(r#"{"id":1}"#, Some(r#"{"name":"a"}"#)),
            record(r#"{"id":2}"#, Some(r#"{"name":"b"}"#)),
            record(r#"{"id":1}"#, None),
        ],
    );
    let options = [("key.fields-prefix", "k_"), ("value.fields-include", "EXCEPT_KEY")];
    let columns = "k_id INT, name STRING, PRIMARY KEY (k_id) NOT ENFORCED";
    let job = job(&kafka, &topic, columns, &options, "SELECT k_id, name FROM t", "id INT, name STRING");
    assert_eq!(table(&job.rows()), ["[2, b]"]);
}

#[test]
fn a_second_run_goes_on_from_what_is_kept() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("upsert-runs", 2);
    produce(&kafka, &topic);
    let job = job(&kafka, &topic, COLUMNS, &[], "SELECT id, name, n FROM t", "id INT, name STRING, n INT");
    let mut changes = job.rows();
    kafka.produce(
        &topic,
        [
            record(r#"{"id":1}"#, None),
            record(r#"{"id":3}"#, Some(r#"{"id":3,"name":"d","n":6}"#)).partition(1),
        ],
    );
    let second = job.rows();
    assert_eq!(second, ["+U[3, d, 6]", "-D[1, aa, 3]", "-U[3, c, 5]"]);
    changes.extend(second);
    assert_eq!(table(&changes), ["[3, d, 6]"]);
}

#[test]
fn what_a_table_lacks_is_said() {
    let kafka = Kafka::shared();
    for (columns, options, what) in [
        ("id INT, n INT", &[][..], "needs a primary key"),
        (COLUMNS, &[("scan.startup.mode", "latest-offset")], "unknown option 'scan.startup.mode'"),
    ] {
        let job = job(&kafka, "none", columns, options, "SELECT id FROM t", "id INT");
        let (code, error) = job.failure();
        assert!(code == 3 && error.contains(what), "{error}");
    }
}
