//! What Kafka records become: values, keys, metadata columns, tombstones, and records that cannot be read.

use std::process::Command;

use streamsql_tests::kafka_job::{PrintJob, PrintSpec};
use streamsql_tests::services::kafka::{Kafka, Record};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

fn bounded(kafka: &Kafka, topic: &str, spec: &PrintSpec<'_>) -> PrintJob {
    let mut options = vec![
        ("topic", topic),
        ("scan.startup.mode", "earliest-offset"),
        ("scan.bounded.mode", "latest-offset"),
    ];
    options.extend_from_slice(spec.options);
    PrintJob::new(BINARY, kafka, &PrintSpec { options: &options, ..*spec })
}

/// The rows of the column `v` of a topic with these values in partition 0.
fn values_job(kafka: &Kafka, topic: &str, options: &[(&str, &str)]) -> PrintJob {
    bounded(
        kafka,
        topic,
        &PrintSpec {
            columns: "v INT, s STRING",
            options,
            select: "SELECT v, s FROM t",
            out: "v INT, s STRING",
        },
    )
}

#[test]
fn a_topic_is_printed_from_all_its_partitions() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("simple", 2);
    kafka.produce(
        &topic,
        [
            Record::value(r#"{"id":1,"at":"2026-01-01 00:00:01.000"}"#),
            Record::value(r#"{"id":2,"at":"2026-01-01 00:00:02.000"}"#).partition(1),
            Record::value(r#"{"at":"2026-01-01 00:00:03.000","x":[1,{"y":null}],"id":3}"#).partition(1),
        ],
    );
    let job = bounded(
        &kafka,
        &topic,
        &PrintSpec {
            columns: "id INT, `at` TIMESTAMP(3), x STRING, WATERMARK FOR `at` AS `at` - INTERVAL '15' SECOND",
            options: &[],
            select: "SELECT id, `at` FROM t",
            out: "id INT, `at` TIMESTAMP(3)",
        },
    );
    assert_eq!(
        job.rows(),
        ["+I[1, 2026-01-01T00:00:01]", "+I[2, 2026-01-01T00:00:02]", "+I[3, 2026-01-01T00:00:03]"]
    );
}

#[test]
fn metadata_columns_come_typed_and_cast() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("metadata", 2);
    kafka.produce(
        &topic,
        [
            Record { timestamp_ms: Some(1_767_225_600_123), ..Record::value(r#"{"v":1}"#) },
            Record { timestamp_ms: Some(1_767_225_601_000), ..Record::value(r#"{"v":2}"#).partition(1) },
        ],
    );
    let job = bounded(
        &kafka,
        &topic,
        &PrintSpec {
            columns: "`offset` BIGINT METADATA VIRTUAL, v INT, part STRING METADATA FROM 'partition', \
                      topic STRING METADATA, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', \
                      local_ts TIMESTAMP(3) METADATA FROM 'timestamp', kind STRING METADATA FROM 'timestamp-type', \
                      epoch INT METADATA FROM 'leader-epoch', following AS `offset` + 1, \
                      WATERMARK FOR ts AS ts - INTERVAL '1' SECOND",
            options: &[],
            select: "SELECT v, part, topic, `offset`, following, local_ts, kind, epoch FROM t",
            out: "v INT, part STRING, topic STRING, o BIGINT, n BIGINT, l TIMESTAMP(3), kind STRING, epoch INT",
        },
    );
    assert_eq!(
        job.rows(),
        [
            format!("+I[1, 0, {topic}, 0, 1, 2026-01-01T00:00:00.123, CreateTime, 0]"),
            format!("+I[2, 1, {topic}, 0, 1, 2026-01-01T00:00:01, CreateTime, 0]"),
        ]
    );
    let unknown = PrintSpec {
        columns: "v INT, o BIGINT METADATA FROM 'ofset'",
        options: &[],
        select: "SELECT v FROM t",
        out: "v INT",
    };
    let (code, error) = bounded(&kafka, &topic, &unknown).failure();
    assert_eq!(code, 3);
    assert!(error.contains("metadata key 'ofset'") && error.contains("offset"), "{error}");
}

#[test]
fn headers_are_a_map() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("headers", 1);
    let headers: Vec<(&str, Option<&[u8]>)> =
        vec![("trace", Some(b"first")), ("source", Some(b"shop")), ("trace", Some(b"last"))];
    kafka.produce(&topic, [Record { headers, ..Record::value(r#"{"v":1}"#) }]);
    let sql = format!(
        "CREATE TABLE t (v INT, h MAP<STRING, BYTES> METADATA FROM 'headers') WITH ('connector' = 'kafka',
           'topic' = '{topic}', 'properties.bootstrap.servers' = '{}', 'format' = 'json',
           'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
         SELECT v, h FROM t",
        kafka.bootstrap()
    );
    let output =
        Command::new(BINARY).args(["query", "-e", &sql, "--output", "json"]).output().expect("the binary");
    // Of two headers of one name the last counts.
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "{\"op\":\"+I\",\"row\":{\"v\":1,\"h\":{\"source\":\"73686f70\",\"trace\":\"6c617374\"}}}\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn keys_fill_columns() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("keys", 1);
    let record =
        |key: Option<&'static str>, value| Record { key: key.map(str::as_bytes), ..Record::value(value) };
    kafka.produce(
        &topic,
        [
            record(Some(r#"{"id":1,"zone":"eu"}"#), r#"{"id":10,"v":"a"}"#),
            // A key without a row takes its record with it; so does an empty value.
            record(None, r#"{"id":20,"v":"b"}"#),
            Record { key: Some(br#"{"id":3}"#), value: None, ..Record::default() },
            record(Some(r#"{"id":4,"zone":"us"}"#), r#"{"v":"d"}"#),
        ],
    );
    let prefixed = bounded(
        &kafka,
        &topic,
        &PrintSpec {
            columns: "k_id INT, v STRING, id INT, k_zone STRING",
            options: &[
                ("key.format", "json"),
                ("key.fields", "k_id;k_zone"),
                ("key.fields-prefix", "k_"),
                ("value.fields-include", "EXCEPT_KEY"),
                ("key.json.ignore-parse-errors", "false"),
            ],
            select: "SELECT k_zone, id, k_id, v FROM t",
            out: "z STRING, id INT, k INT, v STRING",
        },
    );
    assert_eq!(prefixed.rows(), ["+I[eu, 10, 1, a]", "+I[us, null, 4, d]"]);
    // ALL: what both hold comes from the value.
    let both = bounded(
        &kafka,
        &topic,
        &PrintSpec {
            columns: "id INT, v STRING",
            options: &[("key.format", "json"), ("key.fields", "id")],
            select: "SELECT id, v FROM t",
            out: "id INT, v STRING",
        },
    );
    assert_eq!(both.rows(), ["+I[10, a]", "+I[null, d]"]);
    let raw = bounded(
        &kafka,
        &topic,
        &PrintSpec {
            columns: "k STRING, v STRING",
            options: &[("key.format", "raw"), ("key.fields", "k"), ("value.fields-include", "EXCEPT_KEY")],
            select: "SELECT k, v FROM t",
            out: "k STRING, v STRING",
        },
    );
    assert_eq!(
        raw.rows(),
        [r#"+I[null, b]"#, r#"+I[{"id":1,"zone":"eu"}, a]"#, r#"+I[{"id":4,"zone":"us"}, d]"#]
    );
}

#[test]
fn bad_records_stop_the_job_at_their_place() {
    let kafka = Kafka::shared();
    for (value, message) in [
        (r#"{"v":"x"}"#, "field 'v'"),
        (r#"{"v":3000000000}"#, "field 'v'"),
        (r#"{"v":1"#, "a record cannot be read"),
        ("nonsense", "a record cannot be read"),
    ] {
        let topic = kafka.create_topic("bad", 1);
        kafka.produce_values(&topic, &[r#"{"v":1}"#, value, r#"{"v":3}"#]);
        let (code, error) = values_job(&kafka, &topic, &[]).failure();
        assert_eq!(code, 1);
        assert!(error.contains(message), "{value}: {error}");
        assert!(error.contains(&format!("{topic}/0/1")), "{value}: {error}");
    }
}

#[test]
fn nesting_bombs_are_no_crash() {
    let kafka = Kafka::shared();
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for field in ["v", "s", "unread"] {
        let topic = kafka.create_topic("bomb", 1);
        kafka.produce_values(&topic, &[&format!("{{\"{field}\":{nested}}}"), r#"{"v":2}"#]);
        let output = values_job(&kafka, &topic, &[("on-error", "skip")]).output();
        assert_eq!(output.status.code(), Some(0), "{field}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).ends_with("+I[2, null]\n"), "{field}");
    }
}

#[test]
fn bad_records_are_ignored_or_skipped_when_the_table_says_so() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("lenient", 1);
    kafka.produce(
        &topic,
        [
            Record::value(r#"{"v":1}"#),
            Record::value("nonsense"),
            Record { value: None, ..Record::default() },
            Record::value(""),
            Record::value(r#"{"v":"x","s":"kept"}"#),
            Record { value: Some(b"{\"s\":\"\xff\"}"), ..Record::default() },
            Record::value(r#"{"v":8,"s":"last"}"#),
        ],
    );
    let ignoring = values_job(&kafka, &topic, &[("json.ignore-parse-errors", "true")]);
    assert_eq!(ignoring.rows(), ["+I[1, null]", "+I[8, last]", "+I[null, kept]"]);
    let skipping = values_job(&kafka, &topic, &[("on-error", "skip")]);
    let output = skipping.output();
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "+I[1, null]\n+I[8, last]\n", "{log}");
    // Two empty ones, three that cannot be read.
    assert!(log.contains("7 records in (5 skipped, 0 dead letters)"), "{log}");
    // Dead letters need a place to go to.
    let (code, error) = values_job(&kafka, &topic, &[("on-error", "dead-letter")]).failure();
    assert_eq!(code, 3);
    assert!(error.contains("dead-letter") && error.contains("Postgre"), "{error}");
}

#[test]
fn missing_fields_are_errors_when_the_table_says_so() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("missing", 1);
    kafka.produce_values(&topic, &[r#"{"v":1}"#]);
    assert_eq!(values_job(&kafka, &topic, &[]).rows(), ["+I[1, null]"]);
    let strict =
        values_job(&kafka, &topic, &[("value.json.fail-on-missing-field", "true"), ("value.format", "json")]);
    let (code, error) = strict.failure();
    assert_eq!(code, 1);
    assert!(error.contains("field 's'") && error.contains(&format!("{topic}/0/0")), "{error}");
}

#[test]
fn a_text_of_100_mib_is_read() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic_with("huge", 1, &[("max.message.bytes", "200000000")]);
    let text = "x".repeat(100 << 20);
    let huge = format!("{{\"v\":1,\"s\":\"{text}\"}}");
    kafka.produce_values(&topic, &[r#"{"v":0}"#, &huge, r#"{"v":2}"#]);
    let job = bounded(
        &kafka,
        &topic,
        &PrintSpec {
            columns: "v INT, s STRING",
            options: &[],
            select: "SELECT v, CHAR_LENGTH(s) FROM t",
            out: "v INT, n INT",
        },
    );
    assert_eq!(job.rows(), ["+I[0, null]", "+I[1, 104857600]", "+I[2, null]"]);
}
