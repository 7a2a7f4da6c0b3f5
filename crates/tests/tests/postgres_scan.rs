//! Tables of a real server read as streams: their rows once, over restarts, too.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow::array::AsArray;
use arrow::datatypes::Int32Type;
use streamsql_connectors::{SourceSpec, source};
use streamsql_core::{
    Column, ErrorKind, LogicalType, Result, Schema, Source, SourceEvent, Split, StopHandle,
};
use streamsql_tests::binary::finish;
use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::patience::wait_until;
use streamsql_tests::services::postgres::{Postgres, USER};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

type Options = BTreeMap<String, String>;

fn options(server: &Postgres, database: &str, table: &str, more: &[(&str, &str)]) -> Options {
    let url = server.jdbc_url(database);
    let common = [
        ("connector", "jdbc"),
        ("url", url.as_str()),
        ("table-name", table),
        ("username", USER),
        ("password", server.password()),
    ];
    common.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

/// The source of column `id` of a table.
fn ids(options: &Options) -> Result<Box<dyn Source>> {
    made(options, &[0])
}

fn made(options: &Options, read: &[usize]) -> Result<Box<dyn Source>> {
    let physical = Schema::new(vec![
        Column::new("id", LogicalType::Int, true),
        Column::new("name", LogicalType::STRING, true),
    ]);
    source(&SourceSpec { table: "t", options, physical: &physical, read, metadata: &[], partition_keys: &[] })
}

/// Reads to the end; the positions behind each batch as well.
fn read(source: &mut dyn Source, restored: &BTreeMap<Split, i64>) -> (Vec<i32>, Vec<(Split, i64)>) {
    source.open(restored).unwrap();
    let (mut values, mut positions) = (Vec::new(), Vec::new());
    loop {
        match source.poll(Duration::from_millis(10)).unwrap() {
            SourceEvent::Batch(batch) => {
                values.extend(batch.batch.rows().column(0).as_primitive::<Int32Type>().iter().flatten());
                positions.push((batch.split, batch.next_position));
            }
            SourceEvent::End => return (values, positions),
            _ => {}
        }
    }
}

#[test]
fn a_restart_goes_on_behind_the_rows_that_were_read() {
    let server = Postgres::shared();
    let database = server.create_database("scan");
    server.execute(
        &database,
        "CREATE TABLE keyed (id int PRIMARY KEY, name text);
         INSERT INTO keyed SELECT n, 'x' FROM generate_series(20000, 1, -1) AS n;
         CREATE TABLE bare (id int, name text); INSERT INTO bare SELECT n % 7, 'x' FROM generate_series(1, 20000) AS n",
    );
    for table in ["keyed", "bare"] {
        let options = options(&server, &database, table, &[]);
        let (all, positions) = read(ids(&options).unwrap().as_mut(), &BTreeMap::new());
        assert_eq!(all.len(), 20_000);
        assert!(positions.len() > 2, "{table} comes in several batches");
        for (split, position) in positions {
            let restored = BTreeMap::from([(split, position)]);
            let (rest, _) = read(ids(&options).unwrap().as_mut(), &restored);
            let wanted = all.get(usize::try_from(position).unwrap()..).unwrap_or_default();
            assert_eq!(rest, wanted, "{table} from {position}");
        }
    }
}

#[test]
fn partitions_bound_what_is_read_and_wrong_options_are_told() {
    let server = Postgres::shared();
    let database = server.create_database("scan");
    server.execute(
        &database,
        "CREATE TABLE t (id int, name text); INSERT INTO t VALUES (1, 'a'), (5, 'b'), (NULL, 'c'), (9, 'd')",
    );
    let bounds = |column: &'static str, low: &'static str, high: &'static str| {
        options(
            &server,
            &database,
            "t",
            &[
                ("scan.partition.column", column),
                ("scan.partition.num", "2"),
                ("scan.partition.lower-bound", low),
                ("scan.partition.upper-bound", high),
            ],
        )
    };
    let (read_ids, _) = read(ids(&bounds("id", "2", "9")).unwrap().as_mut(), &BTreeMap::new());
    assert_eq!(read_ids, [5, 9]);
    assert_eq!(ids(&bounds("id", "3", "2")).err().unwrap().kind, ErrorKind::Invalid);
    let unknown = ids(&bounds("nosuch", "1", "2")).unwrap().open(&BTreeMap::new()).unwrap_err();
    assert!(unknown.message.contains("has no such column"), "{unknown}");
    let missing = options(&server, &database, "nosuch", &[]);
    let missing = ids(&missing).unwrap().open(&BTreeMap::new()).unwrap_err();
    assert!(missing.message.contains("does not exist"), "{missing}");
}

/// The source of both columns of a table.
fn rows(options: &Options) -> Box<dyn Source> {
    made(options, &[0, 1]).unwrap()
}

/// What is stored once `count` rows were read, or all.
fn stored(source: &mut dyn Source, count: i64) -> BTreeMap<Split, i64> {
    let (_, positions) = read(source, &BTreeMap::new());
    let split = positions.first().expect("a batch").0.clone();
    BTreeMap::from([(split, count)])
}

#[test]
fn a_restart_goes_on_in_the_order_that_it_finds_in_the_state_or_not_at_all() {
    let server = Postgres::shared();
    let database = server.create_database("scan");
    server.execute(
        &database,
        "CREATE TABLE bare (id int NOT NULL, name text); INSERT INTO bare VALUES (10, 'a'), (9, 'b'), (2, 'c');
         CREATE TABLE keyed (id int PRIMARY KEY, name text NOT NULL);
         INSERT INTO keyed VALUES (1, 'c'), (2, 'b'), (3, 'a')",
    );
    let bare = options(&server, &database, "bare", &[]);
    let keyed = options(&server, &database, "keyed", &[]);
    // As texts: 10, 2, 9.
    let one_of_bare = stored(ids(&bare).unwrap().as_mut(), 1);
    let one_of_keyed = stored(ids(&keyed).unwrap().as_mut(), 1);
    let none_of_bare = stored(ids(&bare).unwrap().as_mut(), 0);
    let all_of_bare = stored(ids(&bare).unwrap().as_mut(), i64::MAX);
    // A key that comes later changes nothing for rows that were read without it.
    server.execute(&database, "ALTER TABLE bare ADD PRIMARY KEY (id); CREATE UNIQUE INDEX a ON keyed (name)");
    assert_eq!(read(ids(&bare).unwrap().as_mut(), &one_of_bare).0, [2, 9]);
    assert_eq!(read(ids(&keyed).unwrap().as_mut(), &one_of_keyed).0, [2, 3]);
    assert_eq!(read(ids(&bare).unwrap().as_mut(), &none_of_bare).0, [2, 9, 10]);
    // A key says the same whatever is read beside it; without one other columns are another order.
    assert_eq!(read(rows(&keyed).as_mut(), &one_of_keyed).0, [2, 3]);
    let refused = |source: &mut dyn Source, restored: &BTreeMap<Split, i64>| {
        let error = source.open(restored).unwrap_err();
        assert_eq!(error.kind, ErrorKind::State, "{error}");
        assert!(error.message.contains("read in another order or range now"), "{error}");
    };
    refused(rows(&bare).as_mut(), &one_of_bare);
    server.execute(&database, "ALTER TABLE keyed DROP CONSTRAINT keyed_pkey");
    refused(ids(&keyed).unwrap().as_mut(), &one_of_keyed);
    // What was read to its end has no order; another range of it has.
    assert_eq!(read(rows(&bare).as_mut(), &all_of_bare).0, [0; 0]);
    let range = [
        ("scan.partition.column", "id"),
        ("scan.partition.num", "1"),
        ("scan.partition.lower-bound", "1"),
        ("scan.partition.upper-bound", "9"),
    ];
    let range = options(&server, &database, "bare", &range);
    for restored in [&all_of_bare, &one_of_bare] {
        refused(ids(&range).unwrap().as_mut(), restored);
    }
    let of_range = stored(ids(&range).unwrap().as_mut(), 1);
    assert_eq!(read(ids(&range).unwrap().as_mut(), &of_range).0, [9]);
    refused(ids(&bare).unwrap().as_mut(), &of_range);
}

#[test]
fn another_range_is_refused_until_it_is_asked_for() {
    let server = Postgres::shared();
    let database = server.create_database("scan");
    server.execute(
        &database,
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 9);
         CREATE TABLE s (id int PRIMARY KEY)",
    );
    let folder = JobFolder::new();
    folder.write("sql/streamsql.yaml", "job: { name: scan, state: ./state }\n");
    let run = |high: u32, more: &[&str]| {
        let jdbc = format!(
            "'connector' = 'jdbc', 'url' = '{}', 'username' = '{USER}', 'password' = '{}'",
            server.jdbc_url(&database),
            server.password()
        );
        folder.write(
            "sql/job.sql",
            &format!(
                "CREATE TABLE t (id INT) WITH ({jdbc}, 'table-name' = 't', 'scan.partition.column' = 'id',
                   'scan.partition.num' = '1', 'scan.partition.lower-bound' = '1',
                   'scan.partition.upper-bound' = '{high}');
                 CREATE TABLE s (id INT, PRIMARY KEY (id) NOT ENFORCED) WITH ({jdbc}, 'table-name' = 's');
                 INSERT INTO s SELECT id FROM t;"
            ),
        );
        let finished = finish(&mut folder.run(BINARY, more));
        (finished.code, server.value(&database, "SELECT count(*)::text FROM s"), finished.stderr)
    };
    for (high, more, code, count) in [
        (3, [].as_slice(), 0, "3"),
        (9, &[], 6, "3"),
        (3, &[], 0, "3"),
        (9, &["--allow-drop"], 0, "9"),
        (9, &[], 0, "9"),
    ] {
        let (found, rows, stderr) = run(high, more);
        assert_eq!((found, rows.as_deref()), (Some(code), Some(count)), "{high} {more:?}: {stderr}");
    }
}

/// A FETCH that takes for ever ends with the request that ends reading, in the server, too.
#[test]
fn a_fetch_takes_as_long_as_it_needs_and_ends_with_a_stop() {
    let server = Postgres::shared();
    let database = server.create_database("scan");
    server.execute(
        &database,
        "CREATE VIEW limits AS SELECT 1 AS id, current_setting('statement_timeout') AS name;
         CREATE VIEW slow AS SELECT 1 AS id, 'x'::text AS name FROM pg_sleep_for('1 day')",
    );
    let mut limits = rows(&options(&server, &database, "limits", &[]));
    limits.open(&BTreeMap::new()).unwrap();
    let SourceEvent::Batch(batch) = limits.poll(Duration::ZERO).unwrap() else { panic!("no row") };
    assert_eq!(batch.batch.rows().column(1).as_string::<i32>().value(0), "0");
    let halt = StopHandle::default();
    let mut slow = ids(&options(&server, &database, "slow", &[])).unwrap();
    slow.halt_with(&halt);
    slow.open(&BTreeMap::new()).unwrap();
    let poll = std::thread::spawn(move || slow.poll(Duration::ZERO));
    let works = || {
        let query = format!(
            "SELECT pid::text FROM pg_stat_activity WHERE datname = '{database}' AND state = 'active'
               AND query LIKE 'FETCH%'"
        );
        !server.query(&database, &query).is_empty()
    };
    assert!(wait_until(works));
    halt.stop();
    assert!(matches!(poll.join().unwrap().unwrap(), SourceEvent::Nothing));
    assert!(wait_until(|| !works()));
}

#[test]
fn a_table_is_read_once_joined_and_written() {
    let server = Postgres::shared();
    let database = server.create_database("scan");
    server.execute(
        &database,
        "CREATE TABLE users (id int PRIMARY KEY, name text, born date, score numeric, at timestamp, tags text[]);
         INSERT INTO users VALUES (1, 'Ada', '1990-01-02', 12.345, '2026-01-01 10:00:00.5', '{a,b}'), (2, NULL, NULL, NULL, NULL, NULL);
         CREATE TABLE names (id int PRIMARY KEY, name text, note text);
         CREATE TABLE counted (kind text PRIMARY KEY, n bigint)",
    );
    let folder = JobFolder::new();
    let jdbc = format!(
        "'connector' = 'jdbc', 'url' = '{}', 'username' = '{USER}', 'password' = '{}'",
        server.jdbc_url(&database),
        server.password()
    );
    let tables = format!(
        "CREATE TABLE users (id INT, name STRING, born DATE, score DECIMAL(6, 2), `at` TIMESTAMP(3), tags ARRAY<STRING>,
           PRIMARY KEY (id) NOT ENFORCED) WITH ({jdbc}, 'table-name' = 'users');
         CREATE TABLE names (id INT, name STRING, note STRING, PRIMARY KEY (id) NOT ENFORCED)
           WITH ({jdbc}, 'table-name' = 'names');
         CREATE TABLE counted (kind STRING, n BIGINT, PRIMARY KEY (kind) NOT ENFORCED)
           WITH ({jdbc}, 'table-name' = 'counted');
         CREATE TABLE notes (id INT, note STRING)
           WITH ('connector' = 'filesystem', 'path' = 'notes.csv', 'format' = 'csv');"
    );
    folder.write("notes.csv", "1,first\n2,second\n");
    folder.write("sql/streamsql.yaml", "job: { name: scan, state: ./state }\n");
    folder.write("query.sql", &format!("{tables}\nSELECT * FROM users;"));
    folder.write(
        "sql/job.sql",
        &format!(
            "{tables}
             INSERT INTO names SELECT u.id, u.name, n.note FROM users AS u JOIN notes AS n ON u.id = n.id;
             INSERT INTO counted SELECT 'users', COUNT(*) FROM users;"
        ),
    );
    let finished = finish(
        std::process::Command::new(streamsql_tests::binary::path()).current_dir(folder.path()).args([
            "query",
            "query.sql",
            "--output",
            "json",
        ]),
    );
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            r#"{"op":"+I","row":{"id":1,"name":"Ada","born":"1990-01-02","score":"12.35","at":"2026-01-01 10:00:00.5","tags":["a","b"]}}"#,
            r#"{"op":"+I","row":{"id":2,"name":null,"born":null,"score":null,"at":null,"tags":null}}"#,
        ]
    );
    let finished = finish(&mut folder.run(BINARY, &[]));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let text = |value: &str| Some(value.to_owned());
    let names = || server.query(&database, "SELECT * FROM names ORDER BY id");
    let wanted = vec![vec![text("1"), text("Ada"), text("first")], vec![text("2"), None, text("second")]];
    assert_eq!(names(), wanted);
    let counted = || server.query(&database, "SELECT n FROM counted");
    assert_eq!(counted(), vec![vec![text("2")]]);
    // Started again the table is not read anew.
    server.execute(&database, "INSERT INTO users VALUES (0, 'Zoe')");
    folder.write("notes.csv", "1,first\n2,second\n0,zero\n");
    let finished = finish(&mut folder.run(BINARY, &[]));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!((names(), counted()), (wanted, vec![vec![text("2")]]));
}
