//! Tables of a real server read as streams: their rows once, over restarts, too.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow::array::AsArray;
use arrow::datatypes::Int32Type;
use streamsql_connectors::{SourceSpec, source};
use streamsql_core::{Column, ErrorKind, LogicalType, Result, Schema, Source, SourceEvent, Split};
use streamsql_tests::binary::finish;
use streamsql_tests::job_folder::JobFolder;
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
    let physical = Schema::new(vec![
        Column::new("id", LogicalType::Int, true),
        Column::new("name", LogicalType::STRING, true),
    ]);
    source(&SourceSpec {
        table: "t",
        options,
        physical: &physical,
        read: &[0],
        metadata: &[],
        partition_keys: &[],
    })
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
