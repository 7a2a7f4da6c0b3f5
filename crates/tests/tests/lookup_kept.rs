//! A looked-up row that has changed since: what was sent is taken back, after restarts and in other numbers of shards, too.

use streamsql_tests::binary;
use streamsql_tests::job_folder::{JDBC, JobFolder};
use streamsql_tests::services::postgres::Postgres;

/// How many rows came for the keys of each name, by the name that the dimension had when the key last came.
fn job(strategy: &str) -> String {
    format!(
        "SET 'table.optimizer.non-deterministic-update.strategy' = '{strategy}';
CREATE TABLE t (k STRING) WITH ('connector' = 'filesystem', 'path' = 'data', 'format' = 'json');
CREATE TABLE people (k STRING, name STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ({JDBC}, 'table-name' = 'people');
CREATE TABLE names (name STRING, n BIGINT, PRIMARY KEY (name) NOT ENFORCED) WITH ({JDBC}, 'table-name' = 'names');
INSERT INTO names SELECT p.name, SUM(g.n)
FROM (SELECT k, COUNT(*) AS n, PROCTIME() AS pt FROM t GROUP BY k) AS g
JOIN people FOR SYSTEM_TIME AS OF g.pt AS p ON g.k = p.k GROUP BY p.name;
"
    )
}

/// The names with their numbers after three runs, between which the dimension changes.
fn names(server: &Postgres, strategy: &str) -> Vec<(String, String)> {
    let database = server.create_database("kept");
    server.execute(
        &database,
        "CREATE TABLE people (k varchar(9) PRIMARY KEY, name text); CREATE TABLE names (name text PRIMARY KEY, n bigint);
         INSERT INTO people VALUES ('a', 'Ann'), ('b', 'Bob'), ('c', 'Cid')",
    );
    let folder = JobFolder::over(server, &database);
    folder.write("sql/job.sql", &job(strategy));
    let runs = [
        ("2", "a b c a", "UPDATE people SET name = 'Amy' WHERE k = 'a'; DELETE FROM people WHERE k = 'c'"),
        ("3", "a c", "UPDATE people SET name = 'Ada' WHERE k IN ('a', 'b')"),
        ("1", "a b", "SELECT 1"),
    ];
    for (run, (parallelism, keys, change)) in runs.into_iter().enumerate() {
        let rows = keys.split(' ').map(|k| format!("{{\"k\": \"{k}\"}}\n"));
        folder.write(&format!("data/{run}.json"), &rows.collect::<String>());
        let arguments = ["--no-http", "--parallelism", parallelism];
        let finished = folder.run_to_end(binary::path().to_str().unwrap(), server, &arguments);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        server.execute(&database, change);
    }
    let rows = server.query(&database, "SELECT name, n FROM names ORDER BY name");
    rows.into_iter().map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect()
}

#[test]
fn what_was_sent_is_taken_back_though_the_table_has_changed() {
    let server = Postgres::shared();
    let named = |name: &str, n: &str| (name.to_owned(), n.to_owned());
    assert_eq!(names(&server, "TRY_RESOLVE"), [named("Ada", "6")]);
    // Looking again takes back what was never sent.
    assert_ne!(names(&server, "IGNORE"), [named("Ada", "6")]);
}
