//! `streamsql test`: the tests of the job that comes with the repository, and what a user sees of tests that fail.

use std::path::Path;

use streamsql_tests::binary::{self, Finished};
use streamsql_tests::job_folder::JobFolder;

const CLICKS: &str = "CREATE TABLE clicks (id INT, name STRING, ts TIMESTAMP(3), part INT METADATA FROM 'partition' VIRTUAL,
    WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'clicks',
    'properties.bootstrap.servers' = 'nowhere:9092', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');";
const ORDERS: &str = "CREATE TABLE orders (id INT, n DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH
    ('connector' = 'kafka', 'topic' = 'orders', 'properties.bootstrap.servers' = 'nowhere:9092', 'format' = 'json',
    'scan.startup.mode' = 'earliest-offset');";

/// A folder with a job of these statements and one file of tests.
fn job(process: &str, tests: &str) -> JobFolder {
    let folder = JobFolder::new();
    folder.write("sql/source/clicks.sql", CLICKS);
    folder.write("sql/source/orders.sql", ORDERS);
    folder.write("sql/process/job.sql", process);
    folder.write("tests/t.yaml", tests);
    folder
}

fn test(folder: &JobFolder, arguments: &[&str]) -> Finished {
    let finished = binary::run(folder.path(), &[&["test"], arguments].concat());
    assert!(!finished.panicked(), "{finished:?}");
    finished
}

const COUNTS: &str = "CREATE TABLE counts (name STRING, n BIGINT) WITH ('connector' = 'print');
    INSERT INTO counts SELECT name, COUNT(*) FROM clicks GROUP BY name;";

#[test]
fn the_reference_job_passes_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let finished = binary::run(&root, &["test"]);
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
    assert!(finished.stdout.ends_with("13 passed, 0 failed\n"), "{}", finished.stdout);
    let finished = binary::run(&root, &["test", "sql", "--filter", "trap"]);
    assert!(finished.stdout.ends_with("5 passed, 0 failed\n"), "{}", finished.stdout);
}

#[test]
fn changes_come_in_their_order_and_tables_in_any() {
    let folder = job(
        COUNTS,
        "tests:
  - name: changes
    given:
      - clicks: [{name: a}, {name: b}, {name: a}]
    expect:
      counts:
        - {+I: {name: a, n: 1}}
        - {+I: {name: b, n: 1}}
        - {-U: {name: a, n: 1}}
        - {+U: {name: a, n: 2}}
  - name: the table
    given:
      - clicks: [{name: a}, {name: b}, {name: a}]
    expect:
      counts: [{name: b, n: 1}, {name: a, n: 2}]
  - name: only named columns are compared
    given:
      - clicks: [{name: a}]
    expect:
      counts: [{n: 1}]
",
    );
    let finished = test(&folder, &[]);
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
}

#[test]
fn a_difference_shows_rows_and_columns_and_ends_with_4() {
    let tests = "# why
tests:
  - name: wrong   # kept
    given:
      - clicks: [{name: a}, {name: b}]
    expect:
      counts:
        - {name: a, n: 7}
        - {name: b, n: 1}
";
    let folder = job(COUNTS, tests);
    let finished = test(&folder, &["--junit", "out.xml"]);
    assert_eq!(finished.code, Some(4), "{}{}", finished.stdout, finished.stderr);
    let shown = [
        "  FAILED  wrong  (tests/t.yaml:3)",
        "          counts differs (- expected, + came):",
        "              name  n",
        "            - a     7",
        "            + a     1",
        "                    ^",
    ];
    assert!(finished.stdout.contains(&shown.join("\n")), "{}", finished.stdout);
    let xml = std::fs::read_to_string(folder.path().join("out.xml")).unwrap();
    assert!(xml.contains("failures=\"1\"") && xml.contains("counts differs"), "{xml}");

    let finished = test(&folder, &["--update"]);
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
    assert!(
        finished.stdout.contains("  updated ") && finished.stdout.ends_with("0 failed, 1 updated\n"),
        "{}",
        finished.stdout
    );
    assert!(!finished.stdout.contains("FAILED"), "{}", finished.stdout);
    let written = std::fs::read_to_string(folder.path().join("tests/t.yaml")).unwrap();
    assert_eq!(
        written,
        tests.replace("{name: a, n: 7}", "{name: \"a\", n: 1}").replace("{name: b,", "{name: \"b\",")
    );
    assert_eq!(test(&folder, &[]).code, Some(0));
    // An error that does not come is no row that could be written.
    folder.write(
        "tests/u.yaml",
        "tests:\n  - name: fails\n    given:\n      - clicks: []\n    error: nothing fails\n",
    );
    let finished = test(&folder, &["--update"]);
    assert_eq!(finished.code, Some(4), "{}{}", finished.stdout, finished.stderr);
    assert!(finished.stdout.contains("  FAILED  fails"), "{}", finished.stdout);
}

#[test]
fn time_passes_only_where_the_test_says_so() {
    let folder = job(
        "CREATE TABLE padded (id INT, name STRING) WITH ('connector' = 'print');
         CREATE VIEW o AS SELECT *, PROCTIME() AS p FROM orders;
         CREATE VIEW c AS SELECT *, PROCTIME() AS p FROM clicks;
         INSERT INTO padded SELECT o.id, c.name FROM o LEFT JOIN c
             ON o.id = c.id AND c.p BETWEEN o.p - INTERVAL '1' MINUTE AND o.p + INTERVAL '1' MINUTE;",
        "tests:
  - name: nothing within the minute
    given:
      - orders: [{id: 1}]
      - wait: 30s
    end: false
    expect: {padded: []}
  - name: padded when the minute is over
    given:
      - orders: [{id: 1}]
      - wait: 5min
    end: false
    expect: {padded: [{id: 1, name: null}]}
  - name: joined within the minute
    given:
      - orders: [{id: 1}]
      - wait: 30s
      - clicks: [{id: 1, name: a}]
      - wait: 5min
    end: false
    expect: {padded: [{id: 1, name: a}]}
",
    );
    let finished = test(&folder, &[]);
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
}

#[test]
fn partitions_hold_event_time_until_they_are_idle() {
    let folder = job(
        "SET 'table.exec.source.idle-timeout' = '10 s';
         CREATE TABLE joined (id INT, name STRING, part INT) WITH ('connector' = 'print');
         INSERT INTO joined SELECT o.id, c.name, c.part FROM orders o LEFT JOIN clicks c
             ON o.id = c.id AND c.ts BETWEEN o.ts - INTERVAL '1' MINUTE AND o.ts + INTERVAL '1' MINUTE;",
        "given:
  - orders: [{id: 1, n: 1.5, ts: '2026-01-01 00:00:00'}]
  - watermark: {orders: '2026-01-02 00:00:00'}
tests:
  - name: the slowest partition counts
    given:
      - clicks: [{$partition: 1, id: 9, ts: '2026-01-01 00:00:00'}, {id: 9, ts: '2026-01-01 12:00:00'}]
    end: false
    expect: {joined: []}
  - name: but not when it is silent
    given:
      - clicks: [{$partition: 1, id: 9, ts: '2026-01-01 00:00:00'}, {id: 9, ts: '2026-01-01 12:00:00'}]
      - wait: 6s
      - clicks: [{id: 9, ts: '2026-01-01 12:00:00'}]
      - wait: 6s
    end: false
    expect: {joined: [{id: 1, name: null}]}
  - name: metadata is what Kafka would say
    given:
      - clicks: [{$partition: 3, id: 1, name: a, ts: '2026-01-01 00:00:01'}]
    expect: {joined: [{id: 1, name: a, part: 3}]}
",
    );
    let finished = test(&folder, &[]);
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
}

#[test]
fn a_failing_job_can_be_expected() {
    let folder = job(
        "CREATE TABLE halves (n INT) WITH ('connector' = 'print');
         INSERT INTO halves SELECT 10 / id FROM clicks;",
        "tests:
  - name: expected
    given: [{clicks: [{id: 0}]}]
    error: division by zero
  - name: not expected
    given: [{clicks: [{id: 0}]}]
    expect: {halves: []}
  - name: it runs
    given: [{clicks: [{id: 1}]}]
    error: division by zero
",
    );
    let finished = test(&folder, &[]);
    assert_eq!(finished.code, Some(4), "{}{}", finished.stdout, finished.stderr);
    assert!(finished.stdout.contains("  ok      expected"), "{}", finished.stdout);
    assert!(finished.stdout.contains("the job failed: "), "{}", finished.stdout);
    assert!(finished.stdout.contains("the job did not fail; expected an error with 'division by zero'"));
    assert!(finished.stdout.ends_with("1 passed, 2 failed\n"), "{}", finished.stdout);
}

#[test]
fn tests_that_do_not_fit_the_job_are_exit_3_with_their_place() {
    let with = |given: &str, expect: &str| {
        format!("tests:\n  - name: a\n    given: [{given}]\n    expect: {expect}\n")
    };
    for (tests, message, place) in [
        (with("{klicks: [{id: 1}]}", "{counts: []}"), "reads no table 'klicks'", "t.yaml:2"),
        (with("{clicks: [{nam: a}]}", "{counts: []}"), "there is no column 'nam'", "t.yaml:2"),
        (with("{clicks: [{id: soon}]}", "{counts: []}"), "clicks, row 1", "t.yaml:2"),
        (with("", "{count: []}"), "writes to no table 'count'", "t.yaml:2"),
        (with("", "{counts: [{m: 1}]}"), "there is no column 'm'", "t.yaml:2"),
        (with("{wait: a while}", "{counts: []}"), "wait", "t.yaml:3"),
    ] {
        let finished = test(&job(COUNTS, &tests), &[]);
        assert_eq!(finished.code, Some(3), "{tests}: {}{}", finished.stdout, finished.stderr);
        assert!(finished.stderr.contains(message), "{tests}: {}", finished.stderr);
        assert!(finished.stderr.contains(place), "{tests}: {}", finished.stderr);
    }
    let empty = JobFolder::new();
    empty.write("sql/source/clicks.sql", CLICKS);
    empty.write("sql/process/job.sql", COUNTS);
    let finished = test(&empty, &[]);
    assert_eq!(finished.code, Some(3), "{}", finished.stderr);
    assert!(finished.stderr.contains("there is no folder of tests"), "{}", finished.stderr);
}
