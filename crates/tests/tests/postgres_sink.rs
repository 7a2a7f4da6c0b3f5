//! The PostgreSQL sink through the binary: types, keys, checks at start, errors while running.

use streamsql_tests::binary::Finished;
use streamsql_tests::job_folder::{JDBC, JobFolder};
use streamsql_tests::services::postgres::{Postgres, TextRow};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

fn row(values: &[&str]) -> TextRow {
    values.iter().map(|v| if *v == "NULL" { None } else { Some((*v).to_owned()) }).collect()
}

/// Runs one job of these statements over a new database with this DDL; returns the database's name.
fn run(server: &Postgres, ddl: &str, sql: &str) -> (String, JobFolder, Finished) {
    let database = server.create_database("sink");
    server.execute(&database, ddl);
    let folder = JobFolder::over(server, &database);
    folder.write("sql/job.sql", &sql.replace("JDBC", JDBC));
    let finished = folder.run_to_end(BINARY, server, &[]);
    (database, folder, finished)
}

fn ends_with(finished: &Finished, code: i32, texts: &[&str]) {
    assert_eq!(finished.code, Some(code), "{}", finished.stderr);
    for text in texts {
        assert!(finished.stderr.contains(text), "'{text}' is missing in:\n{}", finished.stderr);
    }
}

#[test]
fn types_are_assigned_as_the_jdbc_driver_would() {
    let server = Postgres::shared();
    let (database, _folder, finished) = run(
        &server,
        "CREATE TABLE t (
           b1 boolean, b2 text, i1 smallint, i2 integer, i3 bigint, i4 numeric, i5 double precision, i6 varchar(5), i7 smallint,
           d1 numeric(10,1), d2 double precision, d3 real, d4 integer, d5 text, f1 real, f2 double precision, f3 numeric,
           c1 varchar(255), c2 text, c3 char(5), c4 jsonb, c5 uuid, y1 bytea, a1 date, a2 timestamp, a3 time,
           s1 timestamp, s2 timestamptz, s3 date, s4 timestamp(0))",
        "CREATE TABLE t (
           b1 BOOLEAN, b2 BOOLEAN, i1 TINYINT, i2 SMALLINT, i3 INT, i4 BIGINT, i5 BIGINT, i6 INT, i7 BIGINT,
           d1 DECIMAL(10,2), d2 DECIMAL(6,2), d3 DECIMAL(6,2), d4 DECIMAL(6,2), d5 DECIMAL(6,2), f1 FLOAT, f2 DOUBLE, f3 DOUBLE,
           c1 STRING, c2 VARCHAR(10), c3 CHAR(3), c4 STRING, c5 STRING, y1 BYTES, a1 DATE, a2 DATE, a3 TIME,
           s1 TIMESTAMP(3), s2 TIMESTAMP(3), s3 TIMESTAMP(6), s4 TIMESTAMP(3))
           WITH (JDBC, 'table-name' = 't');
         INSERT INTO t SELECT TRUE, FALSE, CAST(1 AS TINYINT), CAST(-2 AS SMALLINT), 3, CAST(4 AS BIGINT), CAST(5 AS BIGINT), 6,
           CAST(7 AS BIGINT), CAST(-1234567.25 AS DECIMAL(10,2)), CAST(10.10 AS DECIMAL(6,2)), CAST(0.25 AS DECIMAL(6,2)),
           CAST(2.50 AS DECIMAL(6,2)), CAST(-3.50 AS DECIMAL(6,2)), CAST(1.5 AS FLOAT), CAST(2.5 AS DOUBLE), CAST(0.1 AS DOUBLE),
           'é', CAST('ab' AS VARCHAR(10)), CAST('ab' AS CHAR(3)), '{\"a\": 1}', '6f5f1f9c-7b9e-4e0c-8d4e-0d5a4bb3f0aa', CAST('ab' AS BYTES),
           DATE '1969-12-31', DATE '2026-02-28', TIME '23:59:59', TIMESTAMP '1969-12-31 23:59:59.999',
           TIMESTAMP '2026-01-01 10:00:00.5', CAST(TIMESTAMP '2026-01-01 10:00:00' AS TIMESTAMP(6)), TIMESTAMP '2026-01-01 10:00:00.500'",
    );
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let rows = server.query(&database, "SET timezone = 'UTC'; SELECT * FROM t");
    assert_eq!(
        rows,
        [row(&[
            "t",
            "false",
            "1",
            "-2",
            "3",
            "4",
            "5",
            "6",
            "7",
            "-1234567.3",
            "10.1",
            "0.25",
            "3",
            "-3.50",
            "1.5",
            "2.5",
            "0.1",
            "é",
            "ab",
            "ab   ",
            "{\"a\": 1}",
            "6f5f1f9c-7b9e-4e0c-8d4e-0d5a4bb3f0aa",
            "\\x6162",
            "1969-12-31",
            "2026-02-28 00:00:00",
            "23:59:59",
            "1969-12-31 23:59:59.999",
            "2026-01-01 10:00:00.5+00",
            "2026-01-01",
            "2026-01-01 10:00:01"
        ])]
    );
}

#[test]
fn every_mismatch_is_listed_before_the_first_row() {
    let server = Postgres::shared();
    let ddl = "CREATE TABLE t (id int, a varchar(10), b date, g int GENERATED ALWAYS AS (id + 1) STORED, must int NOT NULL);
               CREATE UNIQUE INDEX ON t (id) WHERE id > 0; CREATE UNIQUE INDEX ON t (id, a); CREATE VIEW v AS SELECT 1 AS id";
    let sql = "CREATE TABLE t (id INT, a STRING, b STRING, g INT, missing INT, PRIMARY KEY (id) NOT ENFORCED)
                 WITH (JDBC, 'table-name' = 't');
               CREATE TABLE v (id INT) WITH (JDBC, 'table-name' = 'v');
               CREATE TABLE nowhere (id INT) WITH (JDBC, 'table-name' = 'shop.nowhere');
               INSERT INTO t VALUES (1, 'a', 'b', 2, 3); INSERT INTO v VALUES (1); INSERT INTO nowhere VALUES (1)";
    let (_, _folder, finished) = run(&server, ddl, sql);
    let wanted = [
        "table public.t cannot be written",
        "column b is date there and STRING in the SQL",
        "column g is generated",
        "column missing does not exist",
        "column must is NOT NULL there and missing in the SQL",
        "no primary key or unique index on exactly (id)",
        "table public.v cannot be written",
        "it is not a table",
        "table shop.nowhere does not exist",
    ];
    ends_with(&finished, 3, &wanted);
}

#[test]
fn a_server_that_cannot_be_used_is_said_at_start() {
    let server = Postgres::shared();
    let database = server.create_database("sink");
    server.execute(
        &database,
        &format!(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE ROLE reader_{database} LOGIN PASSWORD 'x'; GRANT SELECT ON t TO reader_{database};
             CREATE SCHEMA streamsql; CREATE ROLE frozen_{database} LOGIN PASSWORD 'x' SUPERUSER;
             ALTER ROLE frozen_{database} SET default_transaction_read_only = on"
        ),
    );
    let try_as = |url: &str, user: &str, password: &str| {
        let folder = JobFolder::new();
        folder.write("sql/streamsql.yaml", "job: { name: j, state: ./state }\n");
        folder.write(
            "sql/job.sql",
            &format!(
                "CREATE TABLE t (id INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = '{url}',
                   'username' = '{user}', 'password' = '{password}', 'table-name' = 't',
                   'connection.max-retry-timeout' = '10s'); INSERT INTO t VALUES (1)"
            ),
        );
        folder.run_to_end(BINARY, &server, &[])
    };
    let url = server.jdbc_url(&database);
    ends_with(&try_as(&url, "postgres", "wrong"), 5, &["refuses us", "password authentication failed"]);
    ends_with(&try_as(&server.jdbc_url("nowhere"), "postgres", "wrong"), 5, &["refuses us"]);
    ends_with(
        &try_as("jdbc:postgresql://127.0.0.1:1/x", "u", "p"),
        5,
        &["cannot connect to postgresql 127.0.0.1:1/x as u"],
    );
    ends_with(&try_as(&url, &format!("frozen_{database}"), "x"), 5, &["read-only"]);
    ends_with(&try_as(&url, &format!("reader_{database}"), "x"), 5, &["refuses us", "permission denied"]);
    ends_with(
        &try_as(&format!("{url}?sslmode=verify-full"), "postgres", server.password()),
        5,
        &["cannot connect"],
    );
}

#[test]
fn missing_privileges_are_named() {
    let server = Postgres::shared();
    let database = server.create_database("sink");
    server.execute(
        &database,
        &format!(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE ROLE w_{database} LOGIN PASSWORD 'x'; GRANT INSERT, SELECT ON t TO w_{database};
             GRANT CREATE ON DATABASE {database} TO w_{database}"
        ),
    );
    let folder = JobFolder::new();
    folder.write("sql/streamsql.yaml", "job: { name: j, state: ./state }\n");
    folder.write(
        "sql/job.sql",
        &format!(
            "CREATE TABLE t (id INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = '{}',
               'username' = 'w_{database}', 'password' = 'x', 'table-name' = 't'); INSERT INTO t VALUES (1)",
            server.jdbc_url(&database)
        ),
    );
    ends_with(&folder.run_to_end(BINARY, &server, &[]), 5, &["may not UPDATE, DELETE table public.t"]);
    server.execute(&database, &format!("GRANT UPDATE, DELETE ON t TO w_{database}"));
    ends_with(&folder.run_to_end(BINARY, &server, &[]), 0, &[]);
    assert_eq!(server.value(&database, "SELECT count(*) FROM t").as_deref(), Some("1"));
}

#[test]
fn refused_rows_stop_the_job_and_leave_nothing() {
    let server = Postgres::shared();
    let columns = "id INT, a STRING, n INT, f DOUBLE";
    let ddl = "CREATE TABLE t (id int PRIMARY KEY, a varchar(3), n int CONSTRAINT positive CHECK (n > 0), f numeric);
               CREATE TABLE u (id int PRIMARY KEY, a text CONSTRAINT unique_a UNIQUE NOT NULL)";
    let into_t = |values: &str| {
        format!(
            "CREATE TABLE t ({columns}, PRIMARY KEY (id) NOT ENFORCED) WITH (JDBC, 'table-name' = 't'); INSERT INTO t {values}"
        )
    };
    let cases = [
        (into_t("VALUES (1, 'ok', 1, 1), (2, 'abcd', 1, 1)"), ["value too long", "column a"]),
        (into_t("VALUES (1, 'ok', 1, 1), (2, 'a', -1, 1)"), ["23514", "constraint positive"]),
        (into_t("SELECT 1, 'a', 1, CAST('NaN' AS DOUBLE)"), ["NaN cannot be stored as numeric", "column f"]),
        (into_t("SELECT 1, 'a' || CHR(0), 1, 1"), ["U+0000", "column a"]),
        (
            "CREATE TABLE u (id INT, a STRING, PRIMARY KEY (id) NOT ENFORCED) WITH (JDBC, 'table-name' = 'u');
             INSERT INTO u VALUES (1, 'same'), (2, 'same')"
                .to_owned(),
            ["23505", "constraint unique_a"],
        ),
        (
            "CREATE TABLE u (id INT, a STRING, PRIMARY KEY (id) NOT ENFORCED) WITH (JDBC, 'table-name' = 'u');
             INSERT INTO u SELECT 1, CAST(NULL AS STRING)"
                .to_owned(),
            ["23502", "column a"],
        ),
    ];
    for (sql, texts) in cases {
        let (database, _folder, finished) = run(&server, ddl, &sql);
        ends_with(&finished, 1, &texts);
        assert_eq!(server.value(&database, "SELECT count(*) FROM t, u").as_deref(), Some("0"), "{sql}");
    }
}

#[test]
fn names_fold_like_unquoted_names_and_hostile_ones_stay_names() {
    let server = Postgres::shared();
    let (database, _folder, finished) = run(
        &server,
        "CREATE SCHEMA shop; CREATE TABLE shop.orders (order_id int, \"select\" text, \"x\"\"; DROP TABLE shop.orders; --\" text, PRIMARY KEY (order_id, \"select\"));
         INSERT INTO shop.orders VALUES (1, 'old', 'x')",
        "CREATE TABLE o (ORDER_ID INT, `select` STRING, `x\"; DROP TABLE shop.orders; --` STRING, PRIMARY KEY (ORDER_ID, `select`) NOT ENFORCED)
           WITH (JDBC, 'table-name' = 'Shop.Orders');
         INSERT INTO o VALUES (1, 'old', 'new'), (2, 'b', 'c')",
    );
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let rows = server.query(&database, "SELECT * FROM shop.orders ORDER BY order_id");
    assert_eq!(rows, [row(&["1", "old", "new"]), row(&["2", "b", "c"])]);
    // A row that was there already costs a savepoint, not the connection.
    assert_eq!(server.value(&database, "SELECT generation FROM streamsql.job").as_deref(), Some("1"));
}

#[test]
fn rows_that_were_there_before_the_job_are_replaced() {
    let server = Postgres::shared();
    let database = server.create_database("sink");
    server.execute(
        &database,
        "CREATE TABLE kept (k varchar(5) PRIMARY KEY, n int); INSERT INTO kept VALUES ('b', -1), ('z', -1)",
    );
    let folder = JobFolder::over(&server, &database);
    folder.write("in.json", "{\"k\":\"a\",\"n\":1}\n{\"k\":\"b\",\"n\":2}\n{\"k\":\"a\",\"n\":3}\n");
    folder.write(
        "sql/job.sql",
        &"CREATE TABLE i (k STRING, n INT) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
          CREATE TABLE kept (k STRING, n INT, PRIMARY KEY (k) NOT ENFORCED) WITH (JDBC, 'table-name' = 'kept');
          INSERT INTO kept SELECT k, n FROM i"
            .replace("JDBC", JDBC),
    );
    let finished = folder.run_to_end(BINARY, &server, &[]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let kept = server.query(&database, "SELECT * FROM kept ORDER BY k");
    assert_eq!(kept, [row(&["a", "3"]), row(&["b", "2"]), row(&["z", "-1"])]);
}

#[test]
fn deletes_go_by_key_also_of_several_columns() {
    let server = Postgres::shared();
    let database = server.create_database("sink");
    // Rows of others stay.
    server.execute(
        &database,
        "CREATE TABLE single (k varchar(5) PRIMARY KEY, n int); INSERT INTO single VALUES ('other', 0);
         CREATE TABLE pair (k varchar(5), d date, n int, PRIMARY KEY (k, d)); INSERT INTO pair VALUES ('a', '2000-01-01', 0)",
    );
    let folder = JobFolder::over(&server, &database);
    let lines: Vec<String> = [("a", 3), ("b", 4), ("c", 2), ("d", 1)]
        .iter()
        .enumerate()
        .map(|(i, (k, t))| {
            format!(r#"{{"g":1,"k":"{k}","d":"2026-01-0{t}","n":{i},"ts":"2026-01-01 00:00:0{t}"}}"#)
        })
        .collect();
    folder.write("in.json", &lines.join("\n"));
    folder.write(
        "sql/job.sql",
        &"CREATE TABLE i (g INT, k STRING, d DATE, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
            WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
          CREATE TABLE single (k STRING, n INT, PRIMARY KEY (k) NOT ENFORCED) WITH (JDBC, 'table-name' = 'single');
          CREATE TABLE pair (k STRING, d DATE, n INT, PRIMARY KEY (k, d) NOT ENFORCED) WITH (JDBC, 'table-name' = 'pair');
          CREATE VIEW f AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY ts) AS rn FROM i) WHERE rn = 1;
          INSERT INTO single SELECT k, n FROM f;
          INSERT INTO pair SELECT k, d, n FROM f"
            .replace("JDBC", JDBC),
    );
    let finished = folder.run_to_end(BINARY, &server, &[]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(
        server.query(&database, "SELECT * FROM single ORDER BY k"),
        [row(&["d", "3"]), row(&["other", "0"])]
    );
    let pair = server.query(&database, "SELECT * FROM pair ORDER BY k");
    assert_eq!(pair, [row(&["a", "2000-01-01", "0"]), row(&["d", "2026-01-01", "3"])]);
}
