//! Records that cannot be read, and those for which an expression has no value, put aside: rows of `streamsql.dead_letter` in the transaction of their epoch.

use std::process::{Child, Stdio};

use streamsql_tests::job_folder::{JDBC, JobFolder};
use streamsql_tests::patience::wait_for;
use streamsql_tests::process::signal;
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

/// A job in the background; killed when dropped.
struct Running(Child);

impl Running {
    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
fn records_for_which_an_expression_fails_are_put_aside_exactly_once_whenever_the_job_dies() {
    const ROUNDS: usize = 8;
    const RECORDS: usize = 150;
    let (kafka, server) = (Kafka::shared(), Postgres::shared());
    let database = server.create_database("failing");
    // Without a key: what comes twice is seen.
    server.execute(&database, "CREATE TABLE good (id int, q int, n int)");
    let topic = kafka.create_topic("failing", 2);
    let folder = JobFolder::over(&server, &database);
    folder.write(
        "sql/job.sql",
        &format!(
            "CREATE TABLE t (id INT, b INT, s STRING,
  q AS 100 / b)
WITH ('connector' = 'kafka', 'topic' = '{topic}', 'format' = 'json', 'on-error' = 'dead-letter',
  'properties.bootstrap.servers' = '{}', 'scan.startup.mode' = 'earliest-offset');
CREATE TABLE good (id INT, q INT, n INT) WITH ({JDBC}, 'table-name' = 'good');
CREATE VIEW v AS
  SELECT id, q, CAST(s AS INT) AS n FROM t WHERE id >= 0;
INSERT INTO good SELECT id, q, n FROM v WHERE n >= 0;",
            kafka.bootstrap(),
        ),
    );
    let start = || {
        let log = std::fs::File::options().create(true).append(true).open(folder.path().join("log"));
        let mut command = folder.run(BINARY, &["-v", "--parallelism", "2"]);
        let command = command.env("PW", server.password()).stdin(Stdio::null()).stdout(Stdio::null());
        Running(command.stderr(log.expect("a log")).spawn().expect("the binary"))
    };
    let number = |sql: &str| server.value(&database, sql).and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
    let done = || {
        let letters = match server.value(&database, "SELECT to_regclass('streamsql.dead_letter')::text") {
            Some(_) => number("SELECT count(*) FROM streamsql.dead_letter"),
            None => 0,
        };
        number("SELECT count(*) FROM good") + letters
    };
    let fails = |id: &usize| id.is_multiple_of(5) || id.is_multiple_of(7);
    let text = |id: usize| {
        let s = if id.is_multiple_of(7) { "x".to_owned() } else { id.to_string() };
        format!(r#"{{"id":{id},"b":{},"s":"{s}"}}"#, id % 5)
    };
    let mut job = start();
    for round in 0..ROUNDS {
        let ids = round * RECORDS..(round + 1) * RECORDS;
        let texts: Vec<(usize, String)> = ids.map(|id| (id, text(id))).collect();
        let before = done();
        kafka.produce(&topic, texts.iter().map(|(id, t)| Record::value(t).partition((id % 2) as i32)));
        // Dies behind a commit of this round, most often in the midst of the next.
        wait_for("a commit", || (done() > before).then_some(()));
        job.kill();
        job = start();
    }
    let all = ROUNDS * RECORDS;
    wait_for("all records", || (done() >= all).then_some(()));
    signal(job.0.id(), 15);
    assert!(job.0.wait().is_ok_and(|status| status.success()));
    let ids = |sql: &str| -> Vec<usize> {
        let rows = server.query(&database, sql);
        rows.into_iter().filter_map(|row| row[0].as_ref()?.parse().ok()).collect()
    };
    let good: Vec<usize> = (0..all).filter(|id| !fails(id)).collect();
    assert_eq!(ids("SELECT id FROM good ORDER BY id"), good);
    let bad: Vec<usize> = (0..all).filter(fails).collect();
    let letters =
        "SELECT (convert_from(value, 'UTF8')::json->>'id')::int FROM streamsql.dead_letter ORDER BY 1";
    assert_eq!(ids(letters), bad);
    // Each says what failed, with its value and where that is written.
    let error = |id: usize| {
        let sql = format!(
            "SELECT error FROM streamsql.dead_letter WHERE (convert_from(value, 'UTF8')::json->>'id')::int = {id}"
        );
        server.value(&database, &sql).unwrap_or_default()
    };
    assert_eq!(error(5), "100 / b: division by zero; b = 0 (at sql/job.sql:2:8)");
    assert!(error(7).contains("s = 'x'") && error(7).ends_with(" (at sql/job.sql:7:17)"), "{}", error(7));
}
