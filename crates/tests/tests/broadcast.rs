//! A join whose one side has at most one row gives the same whether that row goes to every shard or everything to one, on
//! random data under any cut and in any number of shards.

use std::fmt::Write as _;
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use streamsql_tests::cut::{Cut, Outcome, Queries};

const PLAIN: &str = "SET 'streamsql.broadcast-single-rows' = 'false';\n";
/// `u` and `u2` are updating: the last row of each id.
const TABLES: &str = "CREATE TABLE t (id INT, k STRING, v INT, made INT) \
    WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\n\
    CREATE TABLE t2 (id INT, k STRING, v INT, made INT) \
    WITH ('connector' = 'filesystem', 'path' = 't2.json', 'format' = 'json');\n\
    CREATE VIEW u AS SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY made DESC) AS n FROM t) WHERE n = 1;\n\
    CREATE VIEW u2 AS SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY made DESC) AS n FROM t2) WHERE n = 1;\n";

/// Queries with the number of their joins that send a single row everywhere.
const QUERIES: [(usize, &str); 21] = [
    (1, "SELECT id, v FROM t WHERE v > (SELECT AVG(v) FROM t)"),
    (1, "SELECT id, v FROM u WHERE v > (SELECT AVG(v) FROM u)"),
    (1, "SELECT id, v FROM u WHERE v > (SELECT AVG(v) FROM t2)"),
    (2, "SELECT id, v - (SELECT MAX(v) FROM u2) AS d, (SELECT COUNT(*) FROM t2) AS c FROM u"),
    (1, "SELECT a.id, b.m FROM u AS a LEFT JOIN (SELECT AVG(v) AS m FROM u2) AS b ON a.v < b.m"),
    (1, "SELECT a.id, b.m FROM (SELECT AVG(v) AS m FROM u2) AS b RIGHT JOIN t AS a ON a.v < b.m"),
    (1, "SELECT a.id, b.m FROM (SELECT SUM(v) AS m FROM t2) AS b CROSS JOIN u AS a"),
    (1, "SELECT k, COUNT(*) AS n, SUM(v) AS s FROM u WHERE v >= (SELECT AVG(v) FROM u2) GROUP BY k"),
    (1, "SELECT COUNT(*) AS n, MAX(v) AS m FROM t WHERE v >= (SELECT AVG(v) FROM u2)"),
    // The other side is spread by the key of its groups, where it is already.
    (1, "SELECT k, SUM(v) AS s FROM u GROUP BY k HAVING SUM(v) > (SELECT AVG(v) FROM u2)"),
    // Rows that are there several times.
    (1, "SELECT a.k, b.m FROM (SELECT k FROM u) AS a CROSS JOIN (SELECT COUNT(v) AS m FROM u2) AS b"),
    (
        1,
        "SELECT a.k, b.m FROM (SELECT k FROM t) AS a LEFT JOIN (SELECT COUNT(v) AS m FROM u2) AS b ON a.k <> 'x' AND b.m > 3",
    ),
    (
        1,
        "SELECT a.id, a.m, c.id AS id2 FROM (SELECT u.id, u.k, b.m FROM u CROSS JOIN (SELECT MAX(v) AS m FROM u2) AS b) AS a JOIN t2 AS c ON a.k = c.k",
    ),
    (
        2,
        "SELECT id, v FROM u WHERE v > (SELECT AVG(v) FROM u2) UNION ALL SELECT id, v FROM u2 WHERE v < (SELECT AVG(v) FROM u)",
    ),
    (1, "SELECT id FROM u WHERE EXISTS (SELECT 1 FROM (SELECT AVG(v) AS m FROM u2) AS b WHERE u.v > b.m)"),
    (
        1,
        "SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM (SELECT AVG(v) AS m FROM u2) AS b WHERE t.v > b.m)",
    ),
    // Nobody reads the single row: it has no columns.
    (1, "SELECT a.id FROM u AS a CROSS JOIN (SELECT COUNT(*) AS m FROM u2) AS b"),
    (1, "SELECT a.id FROM t AS a LEFT JOIN (SELECT MAX(v) AS m FROM u2 HAVING COUNT(*) < 5) AS b ON TRUE"),
    // The single row is an aggregate that comes and goes.
    (1, "SELECT id, m FROM u CROSS JOIN (SELECT MAX(v) AS m FROM u2 HAVING COUNT(*) < 5) AS b"),
    (1, "SELECT id FROM u WHERE (SELECT COUNT(*) FROM u2 WHERE k = 'x') > v"),
    (1, "SELECT id, (SELECT SUM(v) FROM u2) AS s FROM (SELECT id, v FROM u UNION ALL SELECT id, v FROM u2)"),
];

/// Joins that bring everything to one shard, as they must.
const ON_ONE_SHARD: [&str; 8] = [
    // The single row is padded.
    "SELECT b.m, a.id FROM (SELECT SUM(v) AS m FROM u2) AS b LEFT JOIN u AS a ON a.v > b.m",
    "SELECT b.m, a.id FROM (SELECT SUM(v) AS m FROM u2) AS b FULL JOIN u AS a ON a.v > b.m",
    // Both sides have one row, or none has.
    "SELECT b.m, c.n FROM (SELECT MAX(v) AS m FROM u) AS b CROSS JOIN (SELECT COUNT(*) AS n FROM u2) AS c",
    "SELECT a.id, b.id AS id2 FROM u AS a JOIN u2 AS b ON a.v < b.v",
    // What reads the rows looks at their order.
    "SELECT LISTAGG(k) AS ks FROM (SELECT k FROM t) CROSS JOIN (SELECT COUNT(*) AS n FROM t2)",
    "SELECT * FROM (SELECT id, v, m, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v) AS n FROM u CROSS JOIN (SELECT MAX(v) AS m FROM u2)) WHERE n <= 2",
    "SELECT SUM(CAST(v AS DOUBLE)) AS s FROM t WHERE v > (SELECT AVG(v) FROM t2)",
    // There is a key.
    "SELECT a.id, b.m FROM u AS a JOIN (SELECT MAX(v) AS m FROM u2) AS b ON a.v = b.m",
];

fn write_tables(folder: &Path, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for name in ["t", "t2"] {
        let mut rows = String::new();
        for made in 0..rng.random_range(0..40) {
            let (id, v) = (rng.random_range(0..9), rng.random_range(-5..9));
            let k = ["x", "y", "z", "ä"][rng.random_range(0..4)];
            let v = if rng.random_ratio(1, 8) { "null".to_owned() } else { v.to_string() };
            writeln!(rows, "{{\"id\":{id},\"k\":\"{k}\",\"v\":{v},\"made\":{made}}}").unwrap();
        }
        std::fs::write(folder.join(format!("{name}.json")), rows).unwrap();
    }
}

fn planned(settings: &str, query: &str, folder: &Path) -> Queries {
    Queries::plan(&format!("{settings}{TABLES}{query};"), folder).unwrap()
}

#[test]
fn a_single_row_on_every_shard_gives_what_everything_on_one_gives() {
    let folder = tempfile::tempdir().unwrap();
    let many = Cut { rows: Some(2), parallelism: 5 };
    let mut rows_in_all = 0;
    for seed in 0..3 {
        write_tables(folder.path(), seed);
        for (joins, query) in QUERIES {
            let queries = planned("", query, folder.path());
            assert_eq!(queries.broadcasts(), joins, "{query}");
            let plain = planned(PLAIN, query, folder.path());
            assert_eq!(plain.broadcasts(), 0, "{query}");
            let wanted = plain.run(Cut::AS_READ);
            let Outcome::Rows(rows) = &wanted else { panic!("{query}: {wanted:?}") };
            rows_in_all += rows.len();
            for cut in [Cut::AS_READ].into_iter().chain(Cut::ALL).chain([many]) {
                assert_eq!(queries.run(cut), wanted, "seed {seed}, {cut:?}: {query}");
            }
        }
    }
    assert!(rows_in_all > 200, "only {rows_in_all} rows");
}

#[test]
fn what_must_be_together_stays_together() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path(), 0);
    for query in ON_ONE_SHARD {
        assert_eq!(planned("", query, folder.path()).broadcasts(), 0, "{query}");
    }
}
