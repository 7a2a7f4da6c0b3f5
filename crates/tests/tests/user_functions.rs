//! Functions in SQL (ours, so nothing to compare with): every type in and out, NULLs, names.

use streamsql_tests::binary;

const TABLE: &str = "CREATE TABLE t (i INT, s STRING, d DECIMAL(10, 2), ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, \
     m MAP<STRING, INT>, r ROW<x INT, y STRING>, f DOUBLE, dt DATE, tm TIME, byt BYTES, z TIMESTAMP_LTZ(3)) \
     WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\n";

/// Exit code, what was printed and what was said.
fn query(sql: &str) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let row = r#"{"i":1,"s":"ab","d":12.50,"ts":"2024-01-02 03:04:05.678","b":true,"a":[1,2],"m":{"k":1},"r":{"x":1,"y":"z"},"f":1.5,"dt":"2024-01-02","tm":"03:04:05","byt":"QUI=","z":"2024-01-02 03:04:05.678Z"}"#;
    std::fs::write(folder.path().join("t.json"), format!("{row}\n{{\"i\":null}}\n")).unwrap();
    std::fs::write(folder.path().join("case.sql"), format!("{TABLE}{sql}")).unwrap();
    let arguments = ["query", "case.sql", "--output", "json"];
    let finished = binary::run(folder.path(), &arguments);
    (finished.code, finished.stdout, finished.stderr)
}

#[track_caller]
fn gives(sql: &str, rows: &[&str]) {
    let (code, printed, said) = query(sql);
    let expected: Vec<String> = rows.iter().map(|row| format!("{{\"op\":\"+I\",\"row\":{row}}}")).collect();
    assert_eq!(
        (code, printed.lines().collect::<Vec<_>>()),
        (Some(0), expected.iter().map(String::as_str).collect()),
        "{said}"
    );
}

#[track_caller]
fn refuses(sql: &str, message: &str) {
    let (code, _, said) = query(sql);
    assert!(code == Some(3) && said.contains(message), "{code:?}: {said}");
}

#[test]
fn every_type_goes_in_and_out() {
    let types = "d DECIMAL(10, 2), ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, \
                 f DOUBLE, dt DATE, tm TIME, byt BYTES, z TIMESTAMP_LTZ(3)";
    let names = "d, ts, b, a, m, r, f, dt, tm, byt, z";
    gives(
        &format!(
            "CREATE FUNCTION g({types}) RETURNS ROW<{types}> RETURN ROW({names});\nSELECT g({names}) AS o FROM t;"
        ),
        &[
            r#"{"o":{"d":"12.50","ts":"2024-01-02 03:04:05.678","b":true,"a":[1,2],"m":{"k":1},"r":{"x":1,"y":"z"},"f":1.5,"dt":"2024-01-02","tm":"03:04:05","byt":"4142","z":"2024-01-02 03:04:05.678Z"}}"#,
            r#"{"o":{"d":null,"ts":null,"b":null,"a":null,"m":null,"r":null,"f":null,"dt":null,"tm":null,"byt":null,"z":null}}"#,
        ],
    );
}

#[test]
fn bodies_take_collections_apart() {
    gives(
        "CREATE FUNCTION g(a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>) RETURNS INT \
         RETURN a[1] + CARDINALITY(a) + m['k'] + r.x;\nSELECT g(a, m, r) AS o FROM t;",
        &[r#"{"o":5}"#, r#"{"o":null}"#],
    );
}

#[test]
fn arguments_and_results_are_cast() {
    gives(
        "CREATE FUNCTION g(x CHAR(3)) RETURNS CHAR(2) RETURN x;\nCREATE FUNCTION h(x INT) RETURNS STRING RETURN x * 2;\n\
         SELECT g('abcdef') AS p, g('a') || '|' AS q, h(5) AS r;",
        &[r#"{"p":"ab","q":"a |","r":"10"}"#],
    );
}

#[test]
fn functions_call_functions_and_views_keep_them() {
    gives(
        "CREATE FUNCTION g(x INT) RETURNS INT RETURN x + 1;\nCREATE FUNCTION h(x INT) RETURNS INT RETURN g(x) * g(x + 1);\n\
         CREATE VIEW v AS SELECT h(i) AS o FROM t;\nDROP FUNCTION g;\nDROP FUNCTION h;\nSELECT * FROM v;",
        &[r#"{"o":6}"#, r#"{"o":null}"#],
    );
}

#[test]
fn names_are_those_of_a_database() {
    gives(
        "CREATE FUNCTION g() RETURNS INT RETURN 42;\nCREATE FUNCTION IF NOT EXISTS g() RETURNS INT RETURN 1;\n\
         CREATE DATABASE d;\nUSE d;\nSELECT default_database.g() AS p, default_catalog.default_database.G() AS q;",
        &[r#"{"p":42,"q":42}"#],
    );
    refuses(
        "CREATE FUNCTION g() RETURNS INT RETURN 42;\nCREATE DATABASE d;\nUSE d;\nSELECT g();",
        "does not exist",
    );
}

#[test]
fn wrong_definitions_and_calls_are_errors() {
    let create = "CREATE FUNCTION g(x INT, y STRING) RETURNS STRING RETURN y || CAST(x AS STRING);\n";
    refuses(&format!("{create}SELECT g(i) FROM t;"), "g takes 2 arguments, found 1");
    refuses(&format!("{create}{create}SELECT 1;"), "function 'g' exists already");
    refuses(
        "CREATE FUNCTION concat(x INT) RETURNS INT RETURN x;\nSELECT 1;",
        "CONCAT is a built-in function",
    );
    refuses(
        "CREATE FUNCTION g(x INT) RETURNS INT RETURN s;\nSELECT g(i) FROM t;",
        "column 's' does not exist",
    );
    refuses(
        "CREATE FUNCTION g(x DOUBLE) RETURNS DOUBLE RETURN x + x;\nSELECT g(RAND());",
        "differs from call to call",
    );
    refuses(
        "CREATE FUNCTION g(x INT) RETURNS INT LANGUAGE WASM AS 'g.wasm';\nSELECT 1;",
        "expected SQL, found 'WASM'",
    );
    refuses("DROP FUNCTION g;\nSELECT 1;", "function 'g' does not exist");
}
