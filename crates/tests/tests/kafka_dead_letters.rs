//! Records that cannot be read, put aside: rows of `streamsql.dead_letter` in the transaction of their epoch.

use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::services::kafka::{Kafka, Record};
use streamsql_tests::services::postgres::{Postgres, USER};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

#[test]
fn a_dead_letter_keeps_the_record_and_where_it_stood() {
    let (kafka, server) = (Kafka::shared(), Postgres::shared());
    let database = server.create_database("dead");
    server.execute(&database, "CREATE TABLE good (v int, s text)");
    let topic = kafka.create_topic("dead", 2);
    kafka.produce(
        &topic,
        [
            Record::value(r#"{"v":1,"s":"a"}"#),
            Record {
                key: Some(b"\x00k"),
                value: Some(b"\xff\x00"),
                timestamp_ms: Some(1_767_225_600_123),
                ..Record::default()
            },
            Record::value(r#"{"v":"three","s":"c"}"#),
            Record::value(r#"{"v":4,"s":"d"}"#),
            Record::value("{").partition(1),
            Record { value: None, ..Record::default() }.partition(1),
        ],
    );
    let folder = JobFolder::new();
    folder.write("sql/streamsql.yaml", "job: { name: dead, state: ./state }\n");
    folder.write(
        "sql/job.sql",
        &format!(
            "CREATE TABLE t (v INT, s STRING) WITH ('connector' = 'kafka', 'topic' = '{topic}', 'format' = 'json',
               'properties.bootstrap.servers' = '{}', 'scan.startup.mode' = 'earliest-offset',
               'scan.bounded.mode' = 'latest-offset', 'on-error' = 'dead-letter');
             CREATE TABLE good (v INT, s STRING) WITH ('connector' = 'jdbc', 'url' = '{}', 'table-name' = 'good',
               'username' = '{USER}', 'password' = '{}');
             INSERT INTO good SELECT v, s FROM t;",
            kafka.bootstrap(),
            server.jdbc_url(&database),
            server.password()
        ),
    );
    let run = || {
        let output = folder.run(BINARY, &["-v"]).output().expect("the binary");
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "exit {:?}\n{log}", output.status.code());
        log
    };
    let text = |sql: &str| -> Vec<Vec<String>> {
        let rows = server.query(&database, sql);
        rows.into_iter().map(|row| row.into_iter().map(|v| v.unwrap_or("NULL".into())).collect()).collect()
    };
    let log = run();
    assert!(log.contains("6 records in (1 skipped, 3 dead letters)"), "{log}");
    assert_eq!(text("SELECT v, s FROM good ORDER BY v"), [["1", "a"], ["4", "d"]]);
    let letters =
        "SELECT topic, partition, \"offset\", encode(key, 'hex'), encode(value, 'escape'), field, error
                   FROM streamsql.dead_letter ORDER BY 1, 2, 3";
    let found = text(letters);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0][..6], [&topic, "0", "1", "006b", "\\377\\000", "NULL"]);
    assert!(found[0][6].contains("UTF-8"), "{found:?}");
    assert_eq!(found[1][..6], [&topic, "0", "2", "NULL", r#"{"v":"three","s":"c"}"#, "v"]);
    assert_eq!(found[2][..6], [&topic, "1", "0", "NULL", "{", "NULL"]);
    // Nothing comes twice, whatever is read afterwards.
    kafka.produce_values(&topic, &[r#"{"v":5,"s":"e"}"#, "x"]);
    run();
    assert_eq!(text("SELECT v FROM good ORDER BY v"), [["1"], ["4"], ["5"]]);
    assert_eq!(text("SELECT count(*) FROM streamsql.dead_letter"), [["4"]]);
}
