//! Look-ups against a real server: keys, types, caches, and a server that restarts.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int32Array, RecordBatch, StringArray};
use streamsql_connectors::lookup_retry::{LookupRetry, RetryingLookup};
use streamsql_connectors::postgres::PostgresLookup;
use streamsql_core::{Column, ErrorKind, LogicalType, Lookup, LookupRows, Schema};
use streamsql_tests::services::postgres::{Postgres, USER};

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

fn schema(columns: &[(&str, LogicalType)]) -> Schema {
    Schema::new(columns.iter().map(|(name, t)| Column::new(*name, t.clone(), true)).collect())
}

const STRING: LogicalType = LogicalType::Varchar(i32::MAX as u32);

fn users() -> Schema {
    schema(&[("user_id", STRING), ("name", STRING)])
}

/// A lookup of `name` by `user_id`.
fn by_user(options: &Options) -> PostgresLookup {
    let cache = PostgresLookup::shared_cache(options).unwrap();
    let mut lookup = PostgresLookup::new(options, &users(), &[0], &[0, 1], cache).unwrap();
    lookup.open().unwrap();
    lookup
}

fn keys(texts: &[&str]) -> RecordBatch {
    RecordBatch::try_from_iter([("user_id", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)])
        .unwrap()
}

/// (index of the key, value of the last column) of each row.
fn names(found: &LookupRows) -> Vec<(u32, String)> {
    let last = found.rows.column(found.rows.num_columns() - 1).as_string::<i32>();
    found.key_index.iter().zip(last.iter()).map(|(i, n)| (*i, n.unwrap_or("NULL").to_owned())).collect()
}

fn found(pairs: &[(u32, &str)]) -> Vec<(u32, String)> {
    pairs.iter().map(|(i, n)| (*i, (*n).to_owned())).collect()
}

fn database(server: &Postgres) -> String {
    let database = server.create_database("lookup");
    server.execute(
        &database,
        "CREATE TABLE users (user_id varchar(20), name text); CREATE INDEX ON users (user_id);
         INSERT INTO users VALUES ('a', 'Ada'), ('b', 'Bob'), ('b', 'Bea'), ('d', NULL)",
    );
    database
}

#[test]
fn rows_come_by_key_and_every_change_is_seen_without_a_cache() {
    let server = Postgres::shared();
    let database = database(&server);
    let mut lookup = by_user(&options(&server, &database, "users", &[]));
    let mut answer = names(&lookup.lookup(&keys(&["b", "x", "a", "nul\0", "d"]), 0).unwrap());
    answer[..2].sort();
    assert_eq!(answer, found(&[(0, "Bea"), (0, "Bob"), (2, "Ada"), (4, "NULL")]));
    assert!(lookup.lookup(&keys(&[]), 0).unwrap().key_index.is_empty());
    server.execute(&database, "UPDATE users SET name = 'Eve' WHERE user_id = 'a'");
    assert_eq!(names(&lookup.lookup(&keys(&["a"]), 0).unwrap()), found(&[(0, "Eve")]));
}

#[test]
fn a_cache_answers_until_it_expires_and_is_shared() {
    let server = Postgres::shared();
    let database = database(&server);
    let cached = options(
        &server,
        &database,
        "users",
        &[("lookup.cache", "PARTIAL"), ("lookup.partial-cache.expire-after-write", "10 s")],
    );
    let cache = PostgresLookup::shared_cache(&cached).unwrap();
    let mut shards =
        [(); 2].map(|()| PostgresLookup::new(&cached, &users(), &[0], &[0, 1], cache.clone()).unwrap());
    assert_eq!(names(&shards[0].lookup(&keys(&["a", "x"]), 0).unwrap()), found(&[(0, "Ada")]));
    server.execute(
        &database,
        "UPDATE users SET name = 'Eve' WHERE user_id = 'a'; INSERT INTO users VALUES ('x', 'Xi')",
    );
    // Both the row and its absence are remembered, by the other shard, too; what is new is asked for.
    for shard in &mut shards {
        let answer = names(&shard.lookup(&keys(&["x", "d", "a"]), 9_999).unwrap());
        assert_eq!(answer, found(&[(1, "NULL"), (2, "Ada")]));
    }
    assert_eq!(
        names(&shards[1].lookup(&keys(&["a", "x"]), 10_000).unwrap()),
        found(&[(0, "Eve"), (1, "Xi")])
    );
}

#[test]
fn absence_is_not_remembered_where_the_option_says_so() {
    let server = Postgres::shared();
    let database = database(&server);
    let mut lookup = by_user(&options(
        &server,
        &database,
        "users",
        &[
            ("lookup.cache", "PARTIAL"),
            ("lookup.partial-cache.max-rows", "10"),
            ("lookup.partial-cache.cache-missing-key", "false"),
        ],
    ));
    assert_eq!(names(&lookup.lookup(&keys(&["x", "a"]), 0).unwrap()), found(&[(1, "Ada")]));
    server.execute(
        &database,
        "UPDATE users SET name = 'Eve' WHERE user_id = 'a'; INSERT INTO users VALUES ('x', 'Xi')",
    );
    assert_eq!(names(&lookup.lookup(&keys(&["x", "a"]), 0).unwrap()), found(&[(0, "Xi"), (1, "Ada")]));
}

#[test]
fn a_key_that_finds_nothing_is_asked_again() {
    let server = Postgres::shared();
    let database = database(&server);
    // Its row is there from the third question on.
    server.execute(
        &database,
        "CREATE SEQUENCE asked; CREATE VIEW late AS SELECT 'x'::varchar AS user_id, 'Xi'::text AS name
           WHERE (SELECT nextval('asked')) >= 3",
    );
    let options = options(&server, &database, "late", &[]);
    let retry = |max_attempts| LookupRetry { fixed_delay_ms: 0, max_attempts };
    let mut once_more = RetryingLookup::new(by_user(&options), retry(1));
    assert_eq!(names(&once_more.lookup(&keys(&["x"]), 0).unwrap()), found(&[]));
    server.execute(&database, "ALTER SEQUENCE asked RESTART");
    let mut twice_more = RetryingLookup::new(by_user(&options), retry(2));
    assert_eq!(names(&twice_more.lookup(&keys(&["x"]), 0).unwrap()), found(&[(0, "Xi")]));
}

#[test]
fn keys_of_several_columns_and_types() {
    let server = Postgres::shared();
    let database = server.create_database("lookup");
    server.execute(
        &database,
        "CREATE TABLE rates (Country char(2), year int, since date, rate numeric, at timestamp, ok bool, big int8, half float8,
           raw bytea, clock time, PRIMARY KEY (country, year, since));
         INSERT INTO rates VALUES ('de', 2026, '2026-01-01', 19.005, '2026-01-01 10:00:00.123456', true, 9007199254740993, 0.1,
           '\\x00ff', '10:11:12'), ('de', 2025, '2026-01-01', 1, NULL, NULL, NULL, NULL, NULL, NULL)",
    );
    let table = schema(&[
        ("country", STRING),
        ("YEAR", LogicalType::Int),
        ("since", LogicalType::Date),
        ("rate", LogicalType::Decimal { precision: 6, scale: 2 }),
        ("at", LogicalType::Timestamp(3)),
        ("ok", LogicalType::Boolean),
        ("big", LogicalType::BigInt),
        ("half", LogicalType::Double),
        ("raw", LogicalType::Varbinary(i32::MAX as u32)),
        ("clock", LogicalType::Time(0)),
    ]);
    let options = options(&server, &database, "public.rates", &[]);
    let mut lookup = PostgresLookup::new(&options, &table, &[0, 1, 2], &[3, 4, 5, 6, 7, 8, 9], None).unwrap();
    lookup.open().unwrap();
    // 2026-01-01 is day 20454.
    let keys = RecordBatch::try_from_iter([
        ("country", Arc::new(StringArray::from(vec!["de", "de", "fr"])) as ArrayRef),
        ("year", Arc::new(Int32Array::from(vec![2025, 2026, 2026]))),
        ("since", Arc::new(Date32Array::from(vec![20_454, 20_454, 20_454]))),
    ])
    .unwrap();
    let answer = lookup.lookup(&keys, 0).unwrap();
    assert_eq!(answer.key_index, [0, 1]);
    let text = |column: usize, row: usize| {
        let array = answer.rows.column(column);
        let formatter = arrow::util::display::ArrayFormatter::try_new(array, &Default::default()).unwrap();
        if array.is_null(row) { "NULL".to_owned() } else { formatter.value(row).to_string() }
    };
    let row: Vec<String> = (0..7).map(|column| text(column, 1)).collect();
    // HALF_UP to the declared scale; micros as Flink cuts them.
    assert_eq!(
        row,
        ["19.01", "2026-01-01T10:00:00.123", "true", "9007199254740993", "0.1", "00ff", "10:11:12"]
    );
    assert!((1..7).all(|column| text(column, 0) == "NULL"));
}

#[test]
fn tables_that_cannot_be_read_as_declared_are_refused() {
    let server = Postgres::shared();
    let database = server.create_database("lookup");
    server.execute(&database, "CREATE TABLE t (user_id inet, name int)");
    let try_open = |table: &str| {
        let options = options(&server, &database, table, &[]);
        PostgresLookup::new(&options, &users(), &[0], &[1], None).unwrap().open().unwrap_err()
    };
    let error = try_open("t");
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(
        error.message.contains("user_id is inet") && error.message.contains("name is integer"),
        "{error}"
    );
    assert_eq!(try_open("nowhere").kind, ErrorKind::Invalid);
}

#[test]
fn a_restart_of_the_server_is_survived() {
    let server = Postgres::start();
    let database = database(&server);
    let mut lookup = by_user(&options(&server, &database, "users", &[]));
    assert_eq!(names(&lookup.lookup(&keys(&["a"]), 0).unwrap()), found(&[(0, "Ada")]));
    server.crash();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| names(&lookup.lookup(&keys(&["a"]), 0).unwrap()));
        server.restart();
        assert_eq!(waiting.join().unwrap(), found(&[(0, "Ada")]));
    });
}

/// A dimension with values that no TIMESTAMP(6) or DECIMAL holds.
fn odd(server: &Postgres) -> String {
    let database = server.create_database("lookup");
    server.execute(
        &database,
        "CREATE TABLE odd (user_id text, until timestamp, rate numeric);
         INSERT INTO odd VALUES ('a', 'infinity', 1.5), ('b', '2026-01-01', 'NaN'), ('c', '2026-01-02', 2.5);
         CREATE VIEW ratio AS SELECT user_id, (1 / (rate - 1.5))::text AS name FROM odd",
    );
    database
}

fn odd_schema() -> Schema {
    schema(&[
        ("user_id", STRING),
        ("until", LogicalType::Timestamp(6)),
        ("rate", LogicalType::Decimal { precision: 6, scale: 2 }),
    ])
}

#[test]
fn a_value_that_cannot_be_read_is_null_and_its_row_is_there() {
    let server = Postgres::shared();
    let database = odd(&server);
    let options = options(&server, &database, "odd", &[]);
    let mut lookup = PostgresLookup::new(&options, &odd_schema(), &[0], &[1, 2], None).unwrap();
    let answer = lookup.lookup(&keys(&["a", "b", "c"]), 0).unwrap();
    assert_eq!(answer.key_index, [0, 1, 2]);
    let nulls = |column: usize| (0..3).map(|row| answer.rows.column(column).is_null(row)).collect::<Vec<_>>();
    assert_eq!((nulls(0), nulls(1)), (vec![true, false, false], vec![false, true, false]));
}

#[test]
fn a_value_that_cannot_be_read_stops_the_job_where_the_option_says_so() {
    let server = Postgres::shared();
    let database = odd(&server);
    let options = options(&server, &database, "odd", &[("lookup.on-error", "fail")]);
    let mut lookup = PostgresLookup::new(&options, &odd_schema(), &[0], &[1, 2], None).unwrap();
    assert_eq!(lookup.lookup(&keys(&["c"]), 0).unwrap().key_index, [0]);
    let error = lookup.lookup(&keys(&["c", "b"]), 0).unwrap_err().to_string();
    for part in ["table odd", "user_id = 'b'", "column rate", "'NaN'", "DECIMAL(6, 2)"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_row_that_the_database_cannot_compute_costs_only_its_key() {
    let server = Postgres::shared();
    let database = odd(&server);
    let view = options(&server, &database, "ratio", &[]);
    let mut lookup = PostgresLookup::new(&view, &users(), &[0], &[1], None).unwrap();
    // 1 / (1.5 - 1.5) for 'a'.
    let answer = names(&lookup.lookup(&keys(&["c", "x", "a", "b", "a", "c"]), 0).unwrap());
    let ratio = "1.00000000000000000000";
    assert_eq!(answer, found(&[(0, ratio), (3, "NaN"), (5, ratio)]));
    let view = options(&server, &database, "ratio", &[("lookup.on-error", "fail")]);
    let mut lookup = PostgresLookup::new(&view, &users(), &[0], &[1], None).unwrap();
    let error = lookup.lookup(&keys(&["c", "a"]), 0).unwrap_err().to_string();
    assert!(error.contains("user_id = 'a'") && error.contains("division by zero"), "{error}");
}

#[test]
fn keys_that_the_column_cannot_hold_find_nothing() {
    let server = Postgres::shared();
    let database = server.create_database("lookup");
    server.execute(
        &database,
        "CREATE TABLE t (id uuid, small int, day date, name text);
         INSERT INTO t VALUES ('6f9619ff-8b86-d011-b42d-00cf4fc964ff', 7, '0044-03-15 BC', 'Ada')",
    );
    let table = schema(&[
        ("id", STRING),
        ("small", LogicalType::BigInt),
        ("day", LogicalType::Date),
        ("name", STRING),
    ]);
    let options = options(&server, &database, "t", &[("lookup.on-error", "fail")]);
    let ask = |key: usize, values: ArrayRef| {
        let mut lookup = PostgresLookup::new(&options, &table, &[key], &[3], None).unwrap();
        let keys = RecordBatch::try_from_iter([("k", values)]).unwrap();
        names(&lookup.lookup(&keys, 0).unwrap())
    };
    let uuids = ["none", "6F9619FF8B86D011B42D00CF4FC964FF", ""];
    assert_eq!(ask(0, Arc::new(StringArray::from(uuids.to_vec()))), found(&[(1, "Ada")]));
    let numbers = arrow::array::Int64Array::from(vec![5_000_000_000, 7]);
    assert_eq!(ask(1, Arc::new(numbers)), found(&[(1, "Ada")]));
    // -735160 is 15 March of the year -43; the other days are in no calendar of the database.
    let days = Date32Array::from(vec![i32::MAX, -735_160, i32::MIN]);
    assert_eq!(ask(2, Arc::new(days)), found(&[(1, "Ada")]));
}

#[test]
fn of_several_hosts_the_one_that_answers_and_is_primary_is_taken() {
    let (first, second) = (Postgres::start(), Postgres::start());
    for (server, name, read_only) in [(&first, "first", "on"), (&second, "second", "off")] {
        server.execute(
            "postgres",
            &format!(
                "CREATE TABLE users (user_id text, name text); INSERT INTO users VALUES ('a', '{name}');
                 ALTER DATABASE postgres SET default_transaction_read_only = {read_only};
                 ALTER USER {USER} PASSWORD 'same'"
            ),
        );
    }
    let lookup = |target: &str| {
        let url = format!(
            "jdbc:postgresql://127.0.0.1:{},127.0.0.1:{}/postgres{target}",
            first.port(),
            second.port()
        );
        let mut options = options(&first, "postgres", "users", &[("password", "same")]);
        options.insert("url".to_owned(), url);
        by_user(&options)
    };
    let ask = |lookup: &mut PostgresLookup| names(&lookup.lookup(&keys(&["a"]), 0).unwrap());
    let mut any = lookup("");
    assert_eq!(ask(&mut any), found(&[(0, "first")]));
    assert_eq!(ask(&mut lookup("?targetServerType=primary")), found(&[(0, "second")]));
    assert_eq!(ask(&mut lookup("?targetServerType=secondary")), found(&[(0, "first")]));
    assert_eq!(ask(&mut lookup("?targetServerType=preferPrimary")), found(&[(0, "second")]));
    // The next one is asked when the first goes away, and no secondary is better than none where one is preferred.
    first.crash();
    assert_eq!(ask(&mut any), found(&[(0, "second")]));
    assert_eq!(ask(&mut lookup("?targetServerType=preferSecondary")), found(&[(0, "second")]));
}
