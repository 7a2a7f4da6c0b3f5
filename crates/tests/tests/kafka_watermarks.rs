//! Event time over Kafka partitions, seen through padded rows of an outer interval join: who holds it back, and when not.

use streamsql_tests::kafka_job::{PrintJob, PrintSpec};
use streamsql_tests::patience::wait_for;
use streamsql_tests::services::kafka::{Kafka, Record};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

/// Prints `id` of every record once event time has passed it by a second: nothing ever matches.
fn job(kafka: &Kafka, topic: &str, options: &[(&str, &str)]) -> PrintJob {
    let mut all =
        vec![("topic", topic), ("properties.group.id", topic), ("scan.startup.mode", "earliest-offset")];
    all.extend_from_slice(options);
    PrintJob::new(
        BINARY,
        kafka,
        &PrintSpec {
            columns: "id INT, nobody INT, `at` TIMESTAMP(3), WATERMARK FOR `at` AS `at`",
            options: &all,
            select: "SELECT a.id, b.id FROM t AS a LEFT JOIN t AS b ON a.id = b.nobody \
                     AND b.`at` BETWEEN a.`at` - INTERVAL '1' SECOND AND a.`at`",
            out: "id INT, other INT",
        },
    )
}

fn produce(kafka: &Kafka, topic: &str, partition: i32, ids: &[u32]) {
    let texts: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"id":{id},"at":"2026-01-01 00:{:02}:{:02}"}}"#, id / 60, id % 60))
        .collect();
    kafka.produce(topic, texts.iter().map(|text| Record::value(text).partition(partition)));
}

/// Waits until the job has committed what it read, which it tells to its group.
fn wait_for_positions(kafka: &Kafka, topic: &str, positions: &[(i32, i64)]) {
    let wanted = positions.iter().copied().collect();
    wait_for("the committed positions", || {
        (kafka.committed(topic, topic, positions.len() as i32) == wanted).then_some(())
    });
}

fn padded(ids: &[u32]) -> Vec<String> {
    let mut rows: Vec<String> = ids.iter().map(|id| format!("+I[{id}, null]")).collect();
    rows.sort();
    rows
}

#[test]
fn every_partition_holds_event_time_back_also_after_a_restart() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("hold", 2);
    let job = job(&kafka, &topic, &[]);
    let running = job.start();
    produce(&kafka, &topic, 0, &[1, 60, 120]);
    wait_for_positions(&kafka, &topic, &[(0, 3), (1, 0)]);
    // Partition 1 has said nothing.
    assert_eq!(running.stop(), padded(&[]));
    produce(&kafka, &topic, 1, &[30]);
    let mut running = job.start();
    assert_eq!(running.wait_for_rows(1), padded(&[1]));
    wait_for_positions(&kafka, &topic, &[(0, 3), (1, 1)]);
    assert_eq!(running.stop(), padded(&[1]));
    // Partition 0 is not read anew: what it had said stands, and partition 1 now holds it back at 30.
    let mut running = job.start();
    produce(&kafka, &topic, 0, &[180]);
    wait_for_positions(&kafka, &topic, &[(0, 4), (1, 1)]);
    assert_eq!(running.rows(), padded(&[]));
    produce(&kafka, &topic, 1, &[90]);
    assert_eq!(running.wait_for_rows(2), padded(&[30, 60]));
    assert_eq!(running.stop(), padded(&[30, 60]));
}

#[test]
fn a_silent_partition_is_idle_after_its_time() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("idle", 2);
    let job = job(&kafka, &topic, &[("scan.watermark.idle-timeout", "300 ms")]);
    let mut running = job.start();
    produce(&kafka, &topic, 0, &[1, 60, 120]);
    assert_eq!(running.wait_for_rows(2), padded(&[1, 60]));
    // It speaks once and falls silent again.
    produce(&kafka, &topic, 1, &[130]);
    // Read before the other one speaks again: else both might fall silent together, and event time would stand still.
    wait_for_positions(&kafka, &topic, &[(0, 3), (1, 1)]);
    produce(&kafka, &topic, 0, &[180]);
    assert_eq!(running.wait_for_rows(4), padded(&[1, 60, 120, 130]));
    running.stop();
}

#[test]
fn a_new_partition_takes_part() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("joins", 1);
    let job = job(&kafka, &topic, &[("scan.topic-partition-discovery.interval", "100 ms")]);
    let mut running = job.start();
    produce(&kafka, &topic, 0, &[1, 60]);
    assert_eq!(running.wait_for_rows(1), padded(&[1]));
    kafka.grow_topic(&topic, 2);
    running.wait_for_log(&format!("new partition {topic}/1"));
    produce(&kafka, &topic, 0, &[120]);
    wait_for_positions(&kafka, &topic, &[(0, 3), (1, 0)]);
    assert_eq!(running.rows(), padded(&[1]));
    produce(&kafka, &topic, 1, &[90]);
    assert_eq!(running.wait_for_rows(2), padded(&[1, 60]));
    assert_eq!(running.stop(), padded(&[1, 60]));
}

#[test]
fn on_event_and_every_row_cut_where_the_watermark_moves() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("event", 1);
    // All in one batch; the last is far behind, which hides nothing: the watermark is the running maximum.
    produce(&kafka, &topic, 0, &[1, 60, 120, 2]);
    let bounded = ("scan.bounded.mode", "latest-offset");
    let job = job(&kafka, &topic, &[bounded, ("scan.watermark.emit.strategy", "on-event")]);
    assert_eq!(job.rows(), padded(&[1, 2, 60, 120]));
}
