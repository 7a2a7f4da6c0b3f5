//! Changelogs as records: what Kafka's messages tell beside their rows, what becomes of messages that cannot be read, and
//! that changes are written as Flink writes them.

use std::path::{Path, PathBuf};

use streamsql_tests::binary::{self, finish};
use streamsql_tests::changelog::{diff, materialise};
use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::kafka_job::{PrintJob, PrintSpec};
use streamsql_tests::kafka_topic::committed_values;
use streamsql_tests::services::kafka::{Kafka, Record};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

/// Every case of `goldens/changelog_sinks`: its INSERT runs as a job, its SELECT reads what that wrote, and gives what
/// Apache Flink 1.18.1 gave (`flink.jsonl`, recorded; an error where Flink refused the case).
#[test]
fn files_hold_what_flink_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/changelog_sinks");
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(&root).expect("cases").map(|entry| entry.expect("a case").path()).collect();
    cases.sort();
    assert!(cases.len() >= 13, "only {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let problem = sink_case(case)?;
            Some(format!("--- {}\n{problem}", case.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a case.
fn sink_case(case: &Path) -> Option<String> {
    let read = |name: &str| std::fs::read_to_string(case.join(name)).expect("a file of the case");
    let (sql, flink) = (read("case.sql"), read("flink.jsonl"));
    let (job, select) = sql.rsplit_once("SELECT").expect("a last SELECT");
    let tables: Vec<&str> =
        job.split_inclusive(";\n").filter(|statement| !statement.starts_with("INSERT")).collect();
    let folder = JobFolder::new();
    folder.write("sql/streamsql.yaml", "job: { name: writes, state: ./state }\n");
    folder.write("sql/job.sql", job);
    folder.write("read.sql", &format!("{}SELECT{select}", tables.concat()));
    if case.join("t.json").exists() {
        folder.write("t.json", &read("t.json"));
    }
    let written = finish(&mut folder.run(BINARY, &[]));
    if flink.starts_with("{\"error\"") {
        let refused = matches!(written.code, Some(1 | 3)) && !written.panicked();
        return (!refused).then(|| format!("Flink refused it: {flink}\n{}", written.stderr));
    }
    if written.code != Some(0) {
        return Some(written.stderr);
    }
    let found = binary::run(folder.path(), &["query", "read.sql", "--output", "json"]);
    if found.code != Some(0) {
        return Some(found.stderr);
    }
    let differences =
        diff(&materialise(&flink).expect("recorded"), &materialise(&found.stdout).expect("rows"));
    (!differences.is_empty()).then_some(differences)
}

/// A job that prints a bounded topic of a format.
fn print(
    kafka: &Kafka,
    topic: &str,
    format: &str,
    columns: &str,
    more: &[(&str, &str)],
    out: &str,
) -> PrintJob {
    let mut options = vec![
        ("topic", topic),
        ("format", format),
        ("scan.startup.mode", "earliest-offset"),
        ("scan.bounded.mode", "latest-offset"),
    ];
    options.extend_from_slice(more);
    let spec = PrintSpec { columns, options: &options, select: "SELECT * FROM t", out };
    PrintJob::new(BINARY, kafka, &spec)
}

/// Messages and what Apache Flink 1.18.1 reads of them through Kafka.
#[test]
fn messages_tell_more_than_rows() {
    let kafka = Kafka::shared();
    let rows = |format: &str, columns: &str, more: &[(&str, &str)], out: &str, messages: &[&str]| {
        let topic = kafka.create_topic("metadata", 1);
        kafka.produce_values(&topic, messages);
        print(&kafka, &topic, format, &format!("id INT, {columns}"), more, &format!("id INT, {out}")).rows()
    };
    let debezium = "s STRING METADATA FROM 'value.schema' VIRTUAL,
        i TIMESTAMP_LTZ(3) METADATA FROM 'value.ingestion-timestamp' VIRTUAL,
        st TIMESTAMP_LTZ(3) METADATA FROM 'value.source.timestamp' VIRTUAL,
        db STRING METADATA FROM 'value.source.database' VIRTUAL,
        sc STRING METADATA FROM 'value.source.schema' VIRTUAL,
        tb STRING METADATA FROM 'value.source.table' VIRTUAL,
        pr MAP<STRING, STRING> METADATA FROM 'value.source.properties' VIRTUAL,
        `offset` BIGINT METADATA VIRTUAL";
    let out = "s STRING, i TIMESTAMP_LTZ(3), st TIMESTAMP_LTZ(3), db STRING, sc STRING, tb STRING,
        pr MAP<STRING, STRING>, o BIGINT";
    let found = rows(
        "debezium-json",
        debezium,
        &[],
        out,
        &[
            r#"{"after":{"id":1},"source":{"db":"shop","schema":"public","table":"t","ts_ms":1589362330000},"op":"c","ts_ms":"1589362330904","schema":{"x":1.50}}"#,
            r#"{"before":{"id":1},"after":{"id":2},"source":"text","op":"u","ts_ms":null,"schema":"s"}"#,
            r#"{"before":{"id":9},"source":{"db":5,"ts_ms":null},"op":"d","ts_ms":7}"#,
        ],
    );
    assert_eq!(
        found,
        [
            "+I[1, {\"x\":1.5}, 2020-05-13T09:32:10.904Z, 2020-05-13T09:32:10Z, shop, public, t, {db=shop, ts_ms=1589362330000, table=t, schema=public}, 0]",
            "+U[2, s, null, null, null, null, null, {}, 1]",
            "-D[9, null, 1970-01-01T00:00:00.007Z, null, 5, null, null, {db=5, ts_ms=null}, 2]",
            "-U[1, s, null, null, null, null, null, {}, 1]",
        ]
    );
    let found = rows(
        "debezium-json",
        "s STRING METADATA FROM 'value.schema' VIRTUAL, db STRING METADATA FROM 'value.source.database' VIRTUAL",
        &[("debezium-json.schema-include", "true")],
        "s STRING, db STRING",
        &[
            r#"{"schema":{"type":"struct"},"payload":{"after":{"id":1},"op":"r","source":{"db":"d"},"schema":"other"}}"#,
        ],
    );
    assert_eq!(found, ["+I[1, {\"type\":\"struct\"}, d]"]);
    let found = rows(
        "canal-json",
        "db STRING METADATA FROM 'value.database' VIRTUAL, tb STRING METADATA FROM 'value.table' VIRTUAL,
         q MAP<STRING, INT> METADATA FROM 'value.sql-type' VIRTUAL,
         pk ARRAY<STRING> METADATA FROM 'value.pk-names' VIRTUAL,
         i TIMESTAMP_LTZ(3) METADATA FROM 'value.ingestion-timestamp' VIRTUAL,
         e TIMESTAMP_LTZ(3) METADATA FROM 'value.event-timestamp' VIRTUAL",
        &[],
        "db STRING, tb STRING, q MAP<STRING, INT>, pk ARRAY<STRING>, i TIMESTAMP_LTZ(3), e TIMESTAMP_LTZ(3)",
        &[
            r#"{"data":[{"id":"1"},{"id":"2"}],"database":"shop","es":1589373515000,"pkNames":["id",null,3],"sqlType":{"id":4},"table":"t","ts":1589373515477,"type":"INSERT"}"#,
            r#"{"data":[{"id":"1"}],"old":[{"id":"3"}],"type":"UPDATE","ts":null,"pkNames":null,"database":null,"table":5}"#,
        ],
    );
    assert_eq!(
        found,
        [
            "+I[1, shop, t, {id=4}, [id, null, 3], 2020-05-13T12:38:35.477Z, 2020-05-13T12:38:35Z]",
            "+I[2, shop, t, {id=4}, [id, null, 3], 2020-05-13T12:38:35.477Z, 2020-05-13T12:38:35Z]",
            "+U[1, null, 5, null, null, null, null]",
            "-U[3, null, 5, null, null, null, null]",
        ]
    );
    let found = rows(
        "maxwell-json",
        "db STRING METADATA FROM 'value.database' VIRTUAL, tb STRING METADATA FROM 'value.table' VIRTUAL,
         pk ARRAY<STRING> METADATA FROM 'value.primary-key-columns' VIRTUAL,
         i TIMESTAMP_LTZ(3) METADATA FROM 'value.ingestion-timestamp' VIRTUAL",
        &[],
        "db STRING, tb STRING, pk ARRAY<STRING>, i TIMESTAMP_LTZ(3)",
        &[
            r#"{"database":"shop","table":"t","type":"insert","ts":1596684883,"data":{"id":1},"primary_key_columns":["id"]}"#,
            r#"{"type":"delete","data":{"id":1}}"#,
        ],
    );
    assert_eq!(found, ["+I[1, shop, t, [id], 2020-08-06T03:34:43Z]", "-D[1, null, null, null, null]"]);
    let found = rows(
        "ogg-json",
        "tb STRING METADATA FROM 'value.table' VIRTUAL,
         pk ARRAY<STRING> METADATA FROM 'value.primary-keys' VIRTUAL,
         i TIMESTAMP_LTZ(6) METADATA FROM 'value.ingestion-timestamp' VIRTUAL,
         e TIMESTAMP_LTZ(6) METADATA FROM 'value.event-timestamp' VIRTUAL",
        &[],
        "tb STRING, pk ARRAY<STRING>, i TIMESTAMP_LTZ(6), e TIMESTAMP_LTZ(6)",
        &[
            r#"{"table":"S.T","op_type":"I","op_ts":"2020-05-13 15:40:06.123456","current_ts":"2020-05-13T15:40:07.654321","primary_keys":["id"],"after":{"id":1}}"#,
            r#"{"op_type":"D","before":{"id":1}}"#,
            r#"{"op_type":"I","after":{"id":7},"current_ts":"2020-05-13 15:40:07.654321","op_ts":"2020-05-13"}"#,
        ],
    );
    assert_eq!(
        found,
        [
            "+I[1, S.T, [id], 2020-05-13T15:40:07.654Z, 2020-05-13T15:40:06.123Z]",
            "+I[7, null, null, 2020-05-13T15:40:07.654321Z, 2020-05-13T00:00:00Z]",
            "-D[1, null, null, null, null]"
        ]
    );
}

#[test]
fn a_message_that_cannot_be_read_is_named_or_left_out() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("corrupt", 1);
    kafka.produce(
        &topic,
        [
            Record::value(r#"{"before":null,"after":{"id":1,"v":"a"},"op":"c"}"#),
            // A tombstone follows a delete where a log is compacted.
            Record { value: None, key: Some(b"1"), ..Record::default() },
            Record::value(r#"{"before":null,"after":{"id":1,"v":"b"},"op":"u"}"#),
            Record::value(r#"{"before":{"id":1,"v":"a"},"after":{"id":"x","v":"b"},"op":"u"}"#),
            Record::value(r#"{"before":{"id":1,"v":"a"},"op":"d"}"#),
        ],
    );
    let job = |more: &[(&str, &str)]| {
        print(&kafka, &topic, "debezium-json", "id INT, v STRING", more, "id INT, v STRING")
    };
    let (code, said) = job(&[]).failure();
    assert_eq!(code, 1, "{said}");
    for text in ["table t", "field 'before'", "REPLICA IDENTITY FULL", &format!("{topic}/0/2")] {
        assert!(said.contains(text), "{text} is not in {said}");
    }
    assert_eq!(job(&[("on-error", "skip")]).rows(), ["+I[1, a]", "-D[1, a]"]);
    let ignoring = job(&[("debezium-json.ignore-parse-errors", "true")]);
    assert_eq!(ignoring.rows(), ["+I[1, a]", "+U[null, b]", "-D[1, a]", "-U[1, a]"]);
}

#[test]
fn all_columns_of_a_message_are_looked_at() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("columns", 1);
    kafka.produce_values(&topic, &[r#"{"after":{"id":1,"v":"x"},"op":"c"}"#]);
    let options = [
        ("topic", topic.as_str()),
        ("format", "debezium-json"),
        ("scan.startup.mode", "earliest-offset"),
        ("scan.bounded.mode", "latest-offset"),
    ];
    let spec =
        PrintSpec { columns: "id INT, v INT", options: &options, select: "SELECT id FROM t", out: "id INT" };
    let (_, said) = PrintJob::new(BINARY, &kafka, &spec).failure();
    assert!(said.contains("field 'after.v'"), "{said}");
}

#[test]
fn updates_are_written_as_deletes_and_inserts_and_read_again() {
    let kafka = Kafka::shared();
    let input = kafka.create_topic("changes-in", 1);
    kafka.produce_values(
        &input,
        &[
            r#"{"after":{"k":"a","n":1},"op":"c"}"#,
            r#"{"before":{"k":"a","n":1},"after":{"k":"a","n":2},"op":"u"}"#,
            r#"{"after":{"k":"b","n":1},"op":"c"}"#,
        ],
    );
    let servers = format!("'properties.bootstrap.servers' = '{}'", kafka.bootstrap());
    for (format, inserted, deleted) in [
        (
            "debezium-json",
            r#"{"before":null,"after":{"k":"a","n":2},"op":"c"}"#,
            r#"{"before":{"k":"a","n":1},"after":null,"op":"d"}"#,
        ),
        (
            "canal-json",
            r#"{"data":[{"k":"a","n":2}],"type":"INSERT"}"#,
            r#"{"data":[{"k":"a","n":1}],"type":"DELETE"}"#,
        ),
        (
            "maxwell-json",
            r#"{"data":{"k":"a","n":2},"type":"insert"}"#,
            r#"{"data":{"k":"a","n":1},"type":"delete"}"#,
        ),
        (
            "ogg-json",
            r#"{"before":null,"after":{"k":"a","n":2},"op_type":"I"}"#,
            r#"{"before":{"k":"a","n":1},"after":null,"op_type":"D"}"#,
        ),
    ] {
        let output = kafka.create_topic("changes-out", 1);
        let folder = JobFolder::new();
        folder.write("sql/streamsql.yaml", "job: { name: changes, state: ./state }\n");
        folder.write(
            "sql/job.sql",
            &format!(
                "CREATE TABLE t (k STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = '{input}', {servers},
                   'format' = 'debezium-json', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
                 CREATE TABLE s (k STRING, n BIGINT) WITH ('connector' = 'kafka',
                   'topic' = '{output}', {servers}, 'key.format' = 'raw', 'key.fields' = 'k', 'value.format' = '{format}');
                 INSERT INTO s SELECT k, n FROM t;"
            ),
        );
        let finished = finish(&mut folder.run(BINARY, &[]));
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let values = committed_values(&kafka, &output, 1);
        assert_eq!(values.len(), 4, "{values:?}");
        let place = |value: &str| values.iter().position(|found| found == value);
        assert!(place(deleted).is_some() && place(deleted) < place(inserted), "{values:?}");
        let read = print(&kafka, &output, format, "k STRING, n BIGINT", &[], "k STRING, n BIGINT");
        assert_eq!(read.rows(), ["+I[a, 1]", "+I[a, 2]", "+I[b, 1]", "-D[a, 1]"]);
    }
}

#[test]
fn keys_and_upserts_are_rows() {
    let kafka = Kafka::shared();
    for (connector, options, wanted) in [
        (
            "kafka",
            "'key.format' = 'debezium-json', 'key.fields' = 'k', 'value.format' = 'json'",
            "'key.format' = 'debezium-json'",
        ),
        (
            "upsert-kafka",
            "'key.format' = 'json', 'value.format' = 'canal-json'",
            "'value.format' = 'canal-json'",
        ),
    ] {
        let folder = JobFolder::new();
        folder.write("sql/streamsql.yaml", "job: { name: keys, state: ./state }\n");
        folder.write(
            "sql/job.sql",
            &format!(
                "CREATE TABLE t (k STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = '{connector}', 'topic' = 't',
                   'properties.bootstrap.servers' = '{}', {options});
                 CREATE TABLE p (k STRING) WITH ('connector' = 'print');
                 INSERT INTO p SELECT k FROM t;",
                kafka.bootstrap()
            ),
        );
        let finished = finish(&mut folder.run(BINARY, &[]));
        assert_eq!(finished.code, Some(3), "{}", finished.stderr);
        assert!(finished.stderr.contains(wanted), "{}", finished.stderr);
    }
}
