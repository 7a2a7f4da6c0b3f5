//! Where reading of Kafka topics starts, ends and resumes: every start and bounded mode, restarts, lost data.

use streamsql_tests::kafka_job::{PrintJob, PrintSpec};
use streamsql_tests::services::kafka::{Kafka, Record};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

/// A job that prints the column `v` of JSON records.
fn job(kafka: &Kafka, topic: &str, group: &str, options: &[(&str, &str)]) -> PrintJob {
    let mut all = vec![("topic", topic), ("properties.group.id", group)];
    all.extend_from_slice(options);
    all.retain(|(_, value)| !value.is_empty());
    let spec = PrintSpec { columns: "v STRING", options: &all, select: "SELECT v FROM t", out: "v STRING" };
    PrintJob::new(BINARY, kafka, &spec)
}

/// `a0 a1 …` in partition 0, `b0 b1 …` in partition 1; the n-th of each has timestamp 1000 + 10 n.
fn fill(kafka: &Kafka, topic: &str, counts: [usize; 2], from: usize) {
    let texts: Vec<(i32, i64, String)> = (0..2)
        .flat_map(|p| (from..from + counts[p]).map(move |n| (p, n)))
        .map(|(p, n)| (p as i32, 1000 + 10 * n as i64, format!("{{\"v\":\"{}{n}\"}}", ["a", "b"][p])))
        .collect();
    kafka.produce(
        topic,
        texts.iter().map(|(partition, at, text)| Record {
            timestamp_ms: Some(*at),
            ..Record::value(text).partition(*partition)
        }),
    );
}

fn printed(values: &[&str]) -> Vec<String> {
    values.iter().map(|v| format!("+I[{v}]")).collect()
}

const EARLIEST: (&str, &str) = ("scan.startup.mode", "earliest-offset");
const BOUNDED: (&str, &str) = ("scan.bounded.mode", "latest-offset");

#[test]
fn every_start_mode() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("start", 2);
    fill(&kafka, &topic, [3, 2], 0);
    let group = format!("{topic}-group");
    kafka.commit_group(&group, &topic, &[(0, 2)]);
    let rows_of = |group: &str, options: &[(&str, &str)]| {
        let mut all = vec![BOUNDED];
        all.extend_from_slice(options);
        job(&kafka, &topic, group, &all).rows()
    };
    // Every run tells its positions to its group.
    let rows = |options: &[(&str, &str)]| rows_of(&format!("{topic}-other"), options);
    assert_eq!(rows(&[EARLIEST]), printed(&["a0", "a1", "a2", "b0", "b1"]));
    assert_eq!(rows(&[("scan.startup.mode", "latest-offset")]), printed(&[]));
    assert_eq!(
        rows(&[("scan.startup.mode", "timestamp"), ("scan.startup.timestamp-millis", "1006")]),
        printed(&["a1", "a2", "b1"])
    );
    // Nothing is that young: the end.
    assert_eq!(
        rows(&[("scan.startup.mode", "timestamp"), ("scan.startup.timestamp-millis", "5000")]),
        printed(&[])
    );
    let offsets = ("scan.startup.mode", "specific-offsets");
    assert_eq!(
        rows(&[offsets, ("scan.startup.specific-offsets", "partition:0,offset:1;partition:1,offset:1")]),
        printed(&["a1", "a2", "b1"])
    );
    // A partition that is not named: where the group stands, else its beginning.
    assert_eq!(
        rows_of(&group, &[offsets, ("scan.startup.specific-offsets", "partition:1,offset:2")]),
        printed(&["a2"])
    );
    kafka.delete_group(&group);
    kafka.commit_group(&group, &topic, &[(0, 2)]);
    // The default is group-offsets; what happens to partition 1 is for auto.offset.reset to say.
    assert_eq!(
        rows_of(&group, &[("properties.auto.offset.reset", "earliest")]),
        printed(&["a2", "b0", "b1"])
    );
    // The job before has moved the group on.
    assert_eq!(rows_of(&group, &[("scan.startup.mode", "group-offsets")]), printed(&[]));
    let fresh = format!("{topic}-fresh");
    let (code, error) = job(&kafka, &topic, &fresh, &[BOUNDED]).failure();
    assert_eq!(code, 1);
    assert!(error.contains(&format!("group '{fresh}' has no committed offset of {topic}/0")), "{error}");
    let outside = job(
        &kafka,
        &topic,
        &group,
        &[BOUNDED, offsets, ("scan.startup.specific-offsets", "partition:0,offset:9;partition:1,offset:0")],
    );
    let (code, error) = outside.failure();
    assert_eq!(code, 1);
    assert!(error.contains(&format!("{topic}/0: offset 9 is wanted, 0 to 3 are available")), "{error}");
}

#[test]
fn every_bounded_mode() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("bounded", 2);
    fill(&kafka, &topic, [3, 2], 0);
    let group = format!("{topic}-group");
    kafka.commit_group(&group, &topic, &[(0, 1), (1, 2)]);
    // A run commits its positions to its group, so each has a group of its own where none is asked for.
    let rows = |group: &str, options: &[(&str, &str)]| {
        let mut all = vec![EARLIEST];
        all.extend_from_slice(options);
        job(&kafka, &topic, group, &all).rows()
    };
    assert_eq!(rows(&group, &[("scan.bounded.mode", "group-offsets")]), printed(&["a0", "b0", "b1"]));
    let fresh = format!("{topic}-fresh");
    assert_eq!(
        rows(&fresh, &[("scan.bounded.mode", "timestamp"), ("scan.bounded.timestamp-millis", "1010")]),
        printed(&["a0", "b0"])
    );
    let offsets = ("scan.bounded.mode", "specific-offsets");
    assert_eq!(
        rows(
            &format!("{topic}-fresh-2"),
            &[offsets, ("scan.bounded.specific-offsets", "partition:0,offset:2;partition:1,offset:0")]
        ),
        printed(&["a0", "a1"])
    );
    // What is not named is not read.
    assert_eq!(
        rows(
            &format!("{topic}-fresh-3"),
            &[offsets, ("scan.bounded.specific-offsets", "partition:1,offset:1")]
        ),
        printed(&["b0"])
    );
    let (code, error) =
        job(&kafka, &topic, &format!("{topic}-fresh-4"), &[EARLIEST, ("scan.bounded.mode", "group-offsets")])
            .failure();
    assert_eq!(code, 1);
    assert!(error.contains("no committed offset"), "{error}");
}

#[test]
fn a_restart_resumes_where_the_last_commit_stood() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("resume", 2);
    fill(&kafka, &topic, [2, 1], 0);
    let group = format!("{topic}-group");
    let job = job(&kafka, &topic, &group, &[EARLIEST, BOUNDED]);
    assert_eq!(job.rows(), printed(&["a0", "a1", "b0"]));
    assert_eq!(job.rows(), printed(&[]));
    fill(&kafka, &topic, [1, 1], 2);
    // The start mode and what others commit to the group mean nothing any more.
    kafka.commit_group(&group, &topic, &[(0, 0), (1, 0)]);
    assert_eq!(job.rows(), printed(&["a2", "b2"]));
    assert_eq!(kafka.committed(&group, &topic, 2), [(0, 3), (1, 2)].into());
}

#[test]
fn an_idle_partition_read_from_latest_is_not_resolved_anew() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("latest", 2);
    fill(&kafka, &topic, [2, 2], 0);
    let job = job(&kafka, &topic, &topic, &[("scan.startup.mode", "latest-offset")]);
    let mut running = job.start();
    running.wait_for_log("epoch");
    fill(&kafka, &topic, [1, 0], 2);
    assert_eq!(running.wait_for_rows(1), printed(&["a2"]));
    assert_eq!(running.stop(), printed(&["a2"]));
    // Partition 1 gave nothing yet; what comes while the job is down is news all the same.
    fill(&kafka, &topic, [0, 1], 2);
    let mut running = job.start();
    assert_eq!(running.wait_for_rows(1), printed(&["b2"]));
    assert_eq!(running.stop(), printed(&["b2"]));
}

#[test]
fn expired_records_stop_the_job() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("expired", 1);
    fill(&kafka, &topic, [2, 0], 0);
    let job = job(&kafka, &topic, &topic, &[EARLIEST, BOUNDED]);
    assert_eq!(job.rows(), printed(&["a0", "a1"]));
    fill(&kafka, &topic, [5, 0], 2);
    kafka.delete_records(&topic, 0, 6);
    let (code, error) = job.failure();
    assert_eq!(code, 1);
    assert!(
        error.contains(&format!(
            "{topic}/0: offset 2 is wanted, 6 to 7 are available: 4 records were deleted before they were read"
        )),
        "{error}"
    );
}

#[test]
fn a_topic_made_anew_stops_the_job() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("anew", 2);
    fill(&kafka, &topic, [3, 1], 0);
    let job = job(&kafka, &topic, &topic, &[EARLIEST, BOUNDED]);
    assert_eq!(job.rows().len(), 4);
    kafka.delete_topic(&topic);
    kafka.create_named_topic(&topic, 1, &[]);
    let (code, error) = job.failure();
    assert_eq!(code, 1);
    assert!(error.contains(&format!("partition {topic}/1 was read before and does not exist")), "{error}");
    kafka.grow_topic(&topic, 2);
    let (code, error) = job.failure();
    assert_eq!(code, 1);
    assert!(error.contains(&format!("{topic}/0: offset 3 is wanted, 0 to 0 are available")), "{error}");
}

#[test]
fn aborted_transactions_are_unseen_and_passed_over() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("transactions", 1);
    let group = format!("{topic}-group");
    kafka.produce_transaction(&topic, [Record::value(r#"{"v":"kept"}"#)], true);
    kafka.produce_transaction(&topic, [Record::value(r#"{"v":"dropped"}"#)], false);
    // Offsets: kept, commit marker, dropped, abort marker.
    assert_eq!(kafka.watermarks(&topic, 0), (0, 4));
    let bounded = job(&kafka, &topic, &group, &[EARLIEST, BOUNDED]);
    assert_eq!(bounded.rows(), printed(&["kept"]));
    assert_eq!(kafka.committed(&group, &topic, 1), [(0, 4)].into());
    let endless = job(&kafka, &topic, &group, &[EARLIEST]);
    let mut running = endless.start();
    running.wait_for_rows(1);
    kafka.produce_transaction(&topic, [Record::value(r#"{"v":"also dropped"}"#)], false);
    kafka.produce_transaction(&topic, [Record::value(r#"{"v":"last"}"#)], true);
    running.wait_for_rows(2);
    assert_eq!(running.stop(), printed(&["kept", "last"]));
    let mut running = endless.start();
    running.wait_for_log("job print");
    assert_eq!(running.stop(), printed(&[]));
}
