//! Kafka while a job runs or starts: new partitions and topics, a broker that dies and returns, none at all.

use rdkafka::producer::Producer;
use streamsql_tests::kafka_job::{PrintJob, PrintSpec};
use streamsql_tests::patience::HANG;
use streamsql_tests::services::kafka::{Kafka, Record};
use streamsql_tests::services::postgres::free_port;

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

/// A job that prints the column `v` of JSON records from the earliest on.
fn job(kafka: &Kafka, options: &[(&str, &str)]) -> PrintJob {
    let mut all = vec![("scan.startup.mode", "earliest-offset")];
    all.retain(|(key, _)| options.iter().all(|(given, _)| given != key));
    all.extend_from_slice(options);
    let spec = PrintSpec { columns: "v INT", options: &all, select: "SELECT v FROM t", out: "v INT" };
    PrintJob::new(BINARY, kafka, &spec)
}

fn printed(values: impl IntoIterator<Item = usize>) -> Vec<String> {
    let mut rows: Vec<String> = values.into_iter().map(|v| format!("+I[{v}]")).collect();
    rows.sort();
    rows
}

fn produce(kafka: &Kafka, topic: &str, partition: i32, values: impl IntoIterator<Item = usize>) {
    let texts: Vec<String> = values.into_iter().map(|v| format!("{{\"v\":{v}}}")).collect();
    kafka.produce(topic, texts.iter().map(|text| Record::value(text).partition(partition)));
}

#[test]
fn partitions_that_appear_are_read_from_their_beginning() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("grow", 1);
    produce(&kafka, &topic, 0, [1]);
    let job = job(
        &kafka,
        &[
            ("topic", &topic),
            // Not the mode of the start: what is new is read whole.
            ("scan.startup.mode", "latest-offset"),
            ("scan.topic-partition-discovery.interval", "100 ms"),
        ],
    );
    let mut running = job.start();
    running.wait_for_log("epoch");
    kafka.grow_topic(&topic, 3);
    produce(&kafka, &topic, 2, [2, 3]);
    produce(&kafka, &topic, 0, [4]);
    running.wait_for_rows(3);
    assert_eq!(running.stop(), printed([2, 3, 4]));
    // One that appeared while the job was down, too.
    kafka.grow_topic(&topic, 4);
    produce(&kafka, &topic, 3, [5]);
    produce(&kafka, &topic, 1, [6]);
    let mut running = job.start();
    running.wait_for_rows(2);
    assert_eq!(running.stop(), printed([5, 6]));
}

#[test]
fn topics_by_list_and_by_pattern() {
    let kafka = Kafka::shared();
    let tag = kafka.create_topic("several", 1);
    for name in ["a", "b", "other"] {
        kafka.create_named_topic(&format!("{tag}-{name}"), 1, &[]);
    }
    produce(&kafka, &format!("{tag}-a"), 0, [1]);
    produce(&kafka, &format!("{tag}-b"), 0, [2]);
    produce(&kafka, &format!("{tag}-other"), 0, [3]);
    let bounded = ("scan.bounded.mode", "latest-offset");
    let list = format!("{tag}-a;{tag}-other");
    assert_eq!(job(&kafka, &[bounded, ("topic", &list)]).rows(), printed([1, 3]));
    // The whole name must match, as in Java.
    let pattern = format!("{tag}-[a-c]");
    assert_eq!(job(&kafka, &[bounded, ("topic-pattern", &pattern)]).rows(), printed([1, 2]));
    let endless =
        job(&kafka, &[("topic-pattern", &pattern), ("scan.topic-partition-discovery.interval", "100 ms")]);
    let mut running = endless.start();
    running.wait_for_rows(2);
    kafka.create_named_topic(&format!("{tag}-c"), 1, &[]);
    produce(&kafka, &format!("{tag}-c"), 0, [4]);
    running.wait_for_rows(3);
    assert_eq!(running.stop(), printed([1, 2, 4]));
}

#[test]
fn a_broker_that_is_killed_and_returns_loses_and_repeats_nothing() {
    let kafka = Kafka::start();
    let topic = kafka.create_topic("broker", 2);
    let job = job(&kafka, &[("topic", &topic)]);
    let mut running = job.start();
    produce(&kafka, &topic, 0, 0..100);
    produce(&kafka, &topic, 1, 100..200);
    running.wait_for_rows(200);
    kafka.crash();
    running.wait_for_log("cannot be reached");
    kafka.restart();
    produce(&kafka, &topic, 1, 200..300);
    running.wait_for_rows(300);
    running.wait_for_log("answers again");
    assert_eq!(running.stop(), printed(0..300));
    // A job that stops while the broker is away stops all the same, and goes on later.
    let mut running = job.start();
    produce(&kafka, &topic, 0, [300]);
    running.wait_for_rows(1);
    kafka.crash();
    running.wait_for_log("cannot be reached");
    assert_eq!(running.stop(), printed([300]));
    kafka.restart();
    produce(&kafka, &topic, 0, [301]);
    let mut running = job.start();
    running.wait_for_rows(1);
    assert_eq!(running.stop(), printed([301]));
}

#[test]
fn a_missing_topic_ends_the_start_with_5() {
    let kafka = Kafka::shared();
    let name = format!("missing-{:08x}", rand::random::<u32>());
    let (code, error) = job(&kafka, &[("topic", &name)]).failure();
    assert_eq!(code, 5);
    assert!(error.contains(&format!("topic '{name}' does not exist")), "{error}");
    assert!(error.contains(&kafka.bootstrap()), "{error}");
    // And it was not made by asking for it, though the broker would.
    let producer = kafka.producer(&[("allow.auto.create.topics", "false")]);
    let metadata = producer.client().fetch_metadata(None, HANG).expect("metadata");
    assert!(metadata.topics().iter().all(|topic| topic.name() != name));
}

#[test]
fn a_broker_that_does_not_answer_ends_the_start_with_5() {
    let kafka = Kafka::shared();
    let nobody = format!("127.0.0.1:{}", free_port());
    let options = [("topic", "t"), ("properties.bootstrap.servers", nobody.as_str())];
    let (code, error) = job(&kafka, &options).failure();
    assert_eq!(code, 5);
    assert!(error.contains(&nobody) && error.contains("Connection refused"), "{error}");
    assert!(error.contains("bootstrap.servers"), "{error}");
}

#[test]
fn a_topic_that_is_deleted_while_read_stops_the_job() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("deleted", 1);
    produce(&kafka, &topic, 0, [1]);
    let job = job(&kafka, &[("topic", &topic), ("scan.topic-partition-discovery.interval", "100 ms")]);
    let mut running = job.start();
    running.wait_for_rows(1);
    kafka.delete_topic(&topic);
    let (code, log) = running.end();
    assert_eq!(code, Some(1));
    assert!(log.contains(&format!("{topic}/0 does not exist any more")), "{log}");
}

#[test]
fn records_that_expire_while_the_job_runs_stop_it() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("gone", 1);
    let job = job(&kafka, &[("topic", &topic)]);
    let mut running = job.start();
    produce(&kafka, &topic, 0, [1]);
    running.wait_for_rows(1);
    // The job stands at the end: what is deleted now was read.
    kafka.delete_records(&topic, 0, 1);
    produce(&kafka, &topic, 0, [2]);
    running.wait_for_rows(2);
    assert_eq!(running.stop(), printed([1, 2]));
}

#[test]
fn options_that_do_not_exist_are_refused_before_anything_is_contacted() {
    let kafka = Kafka::shared();
    for (option, value, message) in [
        ("scan.startup.mod", "earliest-offset", "scan.startup.mod"),
        ("properties.interceptor.classes", "com.example.Decrypt", "interceptor.classes"),
        ("scan.watermark.emit.strategy", "sometimes", "scan.watermark.emit.strategy"),
        ("connector", "upsert-kafka", "upsert-kafka"),
    ] {
        let (code, error) = job(&kafka, &[("topic", "t"), (option, value)]).failure();
        assert_eq!(code, 3, "{error}");
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn what_stops_the_client_has_its_place_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let sql = "CREATE TABLE t (v INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json',
  'properties.bootstrap.servers' = '127.0.0.1:9', 'properties.security.protocol' = 'SSL',
  'properties.ssl.truststore.type' = 'PEM',
  'properties.ssl.truststore.location' = '/nowhere/ca.pem');
SELECT v FROM t;";
    std::fs::write(folder.path().join("case.sql"), sql).unwrap();
    let finished = streamsql_tests::binary::run(folder.path(), &["query", "case.sql"]);
    assert_eq!(finished.code, Some(3), "{}", finished.stderr);
    for part in ["table t", "'properties.ssl.truststore.location'", "case.sql:4:3"] {
        assert!(finished.stderr.contains(part), "{part}: {}", finished.stderr);
    }
}
