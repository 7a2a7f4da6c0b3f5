//! A hundred hostile statements: each is run or refused within a second, without a panic, hang or exhausted stack.

use std::fmt::Write;
use std::process::Command;
use std::time::Duration;

use streamsql_tests::binary;

/// Processor seconds that the debug binary may take for one statement, its own start included.
const LIMIT_S: &str = "1";
/// When a statement counts as hanging, on a machine that does other work too.
const DEADLINE: Duration = Duration::from_secs(120);

const TABLE: &str = "CREATE TABLE t (a INT, s STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\n";

/// Names and texts.
fn statements() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, sql: String| all.push((name.to_owned(), sql));
    for depth in [50, 200, 1_000, 10_000] {
        let of = |name: &str| format!("{name} {depth} deep");
        add(&of("parentheses"), format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth)));
        add(&of("open parentheses"), format!("SELECT {}", "(".repeat(depth)));
        add(&of("NOT"), format!("SELECT {} TRUE", "NOT ".repeat(depth)));
        add(&of("minus"), format!("SELECT {}1", "- ".repeat(depth)));
        add(&of("plus chain"), format!("SELECT 1{}", " + 1".repeat(depth)));
        add(&of("text chain"), format!("SELECT 'a'{}", " || 'a'".repeat(depth)));
        add(&of("AND chain"), format!("{TABLE}SELECT a FROM t WHERE a = 1{}", " AND a = 1".repeat(depth)));
        add(&of("OR chain"), format!("{TABLE}SELECT a FROM t WHERE a = 1{}", " OR a = 2".repeat(depth)));
        add(
            &of("CASE"),
            format!("SELECT {}1{}", "CASE WHEN TRUE THEN ".repeat(depth), " ELSE 2 END".repeat(depth)),
        );
        add(&of("CAST"), format!("SELECT {}1{}", "CAST(".repeat(depth), " AS INT)".repeat(depth)));
        add(&of("function"), format!("SELECT {}'a'{}", "UPPER(".repeat(depth), ")".repeat(depth)));
        add(
            &of("subquery"),
            format!("{}SELECT 1 AS a{}", "SELECT a FROM (".repeat(depth), ")".repeat(depth)),
        );
        add(&of("query in parentheses"), format!("{}SELECT 1{}", "(".repeat(depth), ")".repeat(depth)));
        add(&of("UNION ALL"), format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(depth)));
        add(
            &of("type"),
            format!(
                "CREATE TABLE x (a {}INT{}) WITH ('connector' = 'blackhole')",
                "ARRAY<".repeat(depth),
                ">".repeat(depth)
            ),
        );
        add(
            &of("row type"),
            format!(
                "CREATE TABLE x (a {}INT{}) WITH ('connector' = 'blackhole')",
                "ROW<f ".repeat(depth),
                ">".repeat(depth)
            ),
        );
        add(&of("cast to array"), format!("SELECT CAST(NULL AS INT{})", " ARRAY".repeat(depth)));
        add(&of("field access"), format!("{TABLE}SELECT a{} FROM t", ".b".repeat(depth)));
        add(&of("subscript"), format!("{TABLE}SELECT a{} FROM t", "[1]".repeat(depth)));
        add(&of("join"), format!("{TABLE}SELECT 1 FROM t{}", " CROSS JOIN t".repeat(depth)));
        add(&of("comment"), format!("SELECT {} 1", "/*".repeat(depth)));
    }
    let mut doubling = String::from("WITH c0 AS (SELECT 1 AS a)");
    let mut views = format!("{TABLE}CREATE VIEW v0 AS SELECT a FROM t;\n");
    let mut functions = String::from("CREATE FUNCTION f0(x STRING) RETURNS STRING RETURN x || x;\n");
    for i in 1..60 {
        let p = i - 1;
        let _ = write!(doubling, ", c{i} AS (SELECT a FROM c{p} UNION ALL SELECT a FROM c{p})");
        let _ = writeln!(views, "CREATE VIEW v{i} AS SELECT a FROM v{p} UNION ALL SELECT a FROM v{p};");
        let _ = writeln!(functions, "CREATE FUNCTION f{i}(x STRING) RETURNS STRING RETURN f{p}(f{p}(x));");
    }
    add("WITH that doubles", format!("{doubling} SELECT a FROM c59"));
    add("views that double", format!("{views}SELECT a FROM v59"));
    add("functions that double", format!("{functions}SELECT f59('a')"));
    add("a view that reads itself", "CREATE VIEW v AS SELECT * FROM v; SELECT * FROM v".to_owned());
    add(
        "an altered view that reads itself",
        "CREATE VIEW v AS SELECT 1 AS a; ALTER VIEW v AS SELECT a FROM v; SELECT a FROM v".to_owned(),
    );
    add("WITH that reads itself", "WITH c AS (SELECT * FROM c) SELECT * FROM c".to_owned());
    let columns = |n: usize| (0..n).map(|i| format!("c{i} INT")).collect::<Vec<_>>().join(", ");
    for n in [1_000, 10_000, 20_000] {
        add(
            &format!("a table of {n} columns"),
            format!(
                "CREATE TABLE w ({}) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json')",
                columns(n)
            ),
        );
        let list = (0..n).map(|i| format!("{i} AS c{i}")).collect::<Vec<_>>().join(", ");
        add(&format!("a SELECT of {n} columns"), format!("SELECT {list}"));
    }
    add(
        "SELECT * of 1000 columns",
        format!(
            "CREATE TABLE w ({}) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\nSELECT * FROM w",
            columns(1_000)
        ),
    );
    add("a text of a megabyte", format!("SELECT CHAR_LENGTH('{}')", "x".repeat(1 << 20)));
    add("a text of a megabyte of quotes", format!("SELECT CHAR_LENGTH('{}')", "''".repeat(1 << 19)));
    add("a text of 16 megabytes", format!("SELECT '{}'", "x".repeat(16 << 20)));
    add("a name of a megabyte", format!("SELECT 1 AS `{}`", "x".repeat(1 << 20)));
    add("an unknown name of a megabyte", format!("SELECT {}", "x".repeat(1 << 20)));
    add("an unknown function of a megabyte", format!("SELECT {}(1)", "x".repeat(1 << 20)));
    add("an option of a megabyte", format!("CREATE TABLE x (a INT) WITH ('{}' = 'y')", "x".repeat(1 << 20)));
    add("a number of a megabyte", format!("SELECT {}", "9".repeat(1 << 20)));
    add("a fraction of a megabyte", format!("SELECT 0.{}", "9".repeat(1 << 20)));
    add("an exponent of a megabyte", format!("SELECT 1e{}", "9".repeat(1 << 20)));
    add("a comment of a megabyte", format!("SELECT /* {} */ 1", "x ".repeat(1 << 19)));
    add("a million spaces", format!("SELECT{}1", " ".repeat(1 << 20)));
    add("a million semicolons", ";".repeat(1 << 20));
    add("a hundred thousand line ends", format!("SELECT 1 +{}x", "\n".repeat(100_000)));
    add("IN of 2000", format!("{TABLE}SELECT a FROM t WHERE a IN (1{})", ", 2".repeat(2_000)));
    add("IN of 100000", format!("{TABLE}SELECT a FROM t WHERE a IN (1{})", ", 2".repeat(100_000)));
    add("VALUES of 5000 rows", format!("VALUES (1, 'a'){}", ", (1, 'a')".repeat(5_000)));
    add("CASE of 1000 branches", format!("SELECT CASE 1{} END", " WHEN 2 THEN 3".repeat(1_000)));
    add("2000 arguments", format!("SELECT CONCAT('a'{})", ", 'a'".repeat(2_000)));
    add(
        "2000 statements",
        "SELECT 1;\n".repeat(300) + &"SET 'table.exec.state.ttl' = '1 d';\n".repeat(1_700),
    );
    let chain = |n: usize, link: &dyn Fn(usize) -> String| (1..n).map(link).collect::<String>();
    for n in [50, 400, 2_000] {
        let of = |name: &str| format!("{name} of {n}");
        add(
            &of("views on views"),
            format!(
                "{TABLE}CREATE VIEW v0 AS SELECT a FROM t;\n{}SELECT a FROM v{}",
                chain(n, &|i| format!("CREATE VIEW v{i} AS SELECT a FROM v{};\n", i - 1)),
                n - 1
            ),
        );
        add(
            &of("WITH chain"),
            format!(
                "WITH c0 AS (SELECT 1 AS a){} SELECT a FROM c{}",
                chain(n, &|i| format!(", c{i} AS (SELECT a FROM c{})", i - 1)),
                n - 1
            ),
        );
        add(
            &of("nested WITH"),
            format!("{}SELECT 1{}", "WITH c AS (".repeat(n), ") SELECT * FROM c".repeat(n)),
        );
        // Every further statement copies a wider table.
        let m = n.min(800);
        add(
            &of("LIKE chain"),
            format!(
                "CREATE TABLE l0 (a INT) WITH ('connector' = 'datagen');\n{}DESCRIBE l{}",
                chain(m, &|i| format!("CREATE TABLE l{i} (c{i} INT) LIKE l{};\n", i - 1)),
                m - 1
            ),
        );
        add(
            &of("altered tables"),
            format!("{TABLE}{}DESCRIBE t", chain(m, &|i| format!("ALTER TABLE t ADD c{i} AS a + {i};\n"))),
        );
        add(
            &of("collections behind a type"),
            format!("CREATE TABLE x (a INT{})", " ARRAY MULTISET".repeat(n)),
        );
        add(
            &of("a field of a deep ROW"),
            format!(
                "CREATE TABLE x ({}) WITH ('connector' = 'datagen', 'number-of-rows' = '1');\nSELECT g, h, c1 FROM x",
                (0..n).map(|i| format!("c{i} ROW<f ROW<g{i} INT, h{i} INT>>")).collect::<Vec<_>>().join(", ")
            ),
        );
        add(
            &of("a statement set"),
            format!(
                "{TABLE}CREATE TABLE k (a INT) WITH ('connector' = 'blackhole');\nEXPLAIN STATEMENT SET BEGIN\n{}END",
                "INSERT INTO k SELECT a FROM t;\n".repeat(n)
            ),
        );
        add(&of("hints"), format!("{TABLE}SELECT a FROM t{}", " /*+ OPTIONS('format'='json') */".repeat(n)));
        add(
            &of("EXISTS"),
            format!(
                "{TABLE}SELECT a FROM t WHERE {}TRUE{}",
                "EXISTS (SELECT 1 FROM t WHERE ".repeat(n),
                ")".repeat(n)
            ),
        );
        add(&of("INTERSECT"), format!("SELECT 1{}", " INTERSECT SELECT 1".repeat(n)));
        add(
            &of("LEFT JOIN"),
            format!("{TABLE}SELECT 1 FROM t{}", chain(n, &|i| format!(" LEFT JOIN t AS t{i} ON TRUE"))),
        );
        add(
            &of("PARTITION"),
            format!("{TABLE}INSERT INTO t PARTITION (a = 1{}) SELECT 's'", ", a = 1".repeat(n)),
        );
    }
    let wide = columns(300);
    let star = |i: usize| format!("CREATE VIEW w{i} AS SELECT * FROM w{};\n", i - 1);
    add(
        "five views of 300 columns",
        format!(
            "CREATE TABLE w0 ({wide}) WITH ('connector' = 'datagen');\n{}EXPLAIN SELECT c1 FROM w4",
            chain(5, &star)
        ),
    );
    add(
        "a view of several stars of 300 columns",
        format!(
            "CREATE TABLE w ({wide}) WITH ('connector' = 'datagen');\nCREATE VIEW v AS SELECT *, w.*, * FROM w"
        ),
    );
    add("a million slashes", format!("SELECT 1 {}\n", "/ /".repeat(1 << 19)));
    add("half a million slash comments", "//'\n".repeat(1 << 19));
    add(
        "statements that do not parse",
        format!("{TABLE}{}", "CREATE TABLE q (a;\nSELECT FROM;\n".repeat(2_000)),
    );
    add("an open text", "SELECT 'abc".to_owned());
    add("an open name", "SELECT `abc".to_owned());
    add("an open comment", "SELECT 1 /* abc".to_owned());
    add("an open hint", "SELECT /*+ LOOKUP('a'= 1".to_owned());
    add("a hint of open texts", "SELECT /*+ LOOKUP('a */ 1".to_owned());
    add("a hint of hints", format!("SELECT /*+ {} */ 1", "A, ".repeat(50_000)));
    add("NUL", "SELECT 'a\0b', \0 FROM t".to_owned());
    add("control characters", (1u8..32).map(char::from).collect());
    add("private characters", "SELECT '\u{F0000}\u{F0010}\u{F0001}'".to_owned());
    add("a hint's mark", "SELECT 1 FROM `\u{F0002}o1:a1:b`".to_owned());
    add("emoji and combining marks", "SELECT 😀, 'e\u{301}', `👩‍👩‍👧`".to_owned());
    add("right-to-left override", "SELECT '\u{202E}abc' AS `\u{202E}`".to_owned());
    add("template loops", "{% for i in range(1000000000) %}SELECT 1;{% endfor %}".to_owned());
    add("template recursion", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".to_owned());
    add("template doubling", format!("{}{{{{ x }}}}", "{% set x = (x or 'aa') ~ (x or 'aa') %}".repeat(60)));
    add("template braces", "{".repeat(100_000));
    add("template parentheses", format!("{{{{ {}1{} }}}}", "(".repeat(50_000), ")".repeat(50_000)));
    add("huge numbers", "SELECT 9223372036854775808, -9223372036854775809, 1e308 * 10, 1e-400".to_owned());
    add("huge precision", "SELECT CAST(1 AS DECIMAL(99999999999, 99999999999))".to_owned());
    add("huge length", "SELECT CAST('a' AS VARCHAR(99999999999999999999))".to_owned());
    add("huge interval", "SELECT INTERVAL '99999999999999999999' DAY".to_owned());
    add("huge date", "SELECT DATE '999999999-99-99', TIMESTAMP '0000-00-00 99:99:99'".to_owned());
    add("a bad pattern", "SELECT REGEXP('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '(a+)+$')".to_owned());
    add("nothing", String::new());
    add(
        "a table where a collection stands",
        "CREATE TABLE t (a INT) WITH ('connector' = 'datagen'); SELECT 1 FROM t, UNNEST(t) AS u (k)"
            .to_owned(),
    );
    add("only END", "END END END BEGIN STATEMENT SET; END".to_owned());
    add("an open statement set", "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1;".to_owned());
    add("EXPLAIN of EXPLAIN", format!("{}SELECT 1", "EXPLAIN ".repeat(50_000)));
    add("EXECUTE of EXECUTE", format!("{}SELECT 1", "EXECUTE ".repeat(50_000)));
    add("a path of 10000 parts", format!("SELECT * FROM a{}", ".b".repeat(10_000)));
    add(
        "2000 BETWEEN",
        format!("{TABLE}SELECT a FROM t WHERE {}", vec!["a BETWEEN 1 AND 2"; 2_000].join(" AND ")),
    );
    add(
        "2000 NOT IN",
        format!(
            "{TABLE}SELECT a FROM t WHERE a > 0{}",
            (0..2_000).fold(String::new(), |mut all, i| {
                let _ = write!(all, " AND a NOT IN ({i}, {})", i + 3);
                all
            })
        ),
    );
    add("a key of a setting of 400 kB", format!("SET '{}' = 'x'; SELECT 1", "a.b.".repeat(100_000)));
    add(
        "a setting of many quotes",
        format!("SET 'pipeline.jars' = '{}'; SELECT 1", "''x'';".repeat(100_000)),
    );
    add(
        "unknown settings",
        format!("{}SELECT 1", chain(1_500, &|i| format!("SET 'table.exec.x{i}' = '1';\n"))),
    );
    add("10000 options", {
        let options: Vec<String> = (0..10_000).map(|i| format!("'k{i}' = 'v'")).collect();
        format!("CREATE TABLE x (a INT) WITH ({})", options.join(", "))
    });
    add("10000 key columns", {
        let names: Vec<String> = (0..10_000).map(|i| format!("c{i}")).collect();
        format!(
            "CREATE TABLE x (a INT, PRIMARY KEY ({}) NOT ENFORCED) WITH ('connector' = 'print')",
            names.join(", ")
        )
    });
    all
}

#[test]
fn hostile_statements_are_answered_quickly() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.json"), "{\"a\":1,\"s\":\"x\"}\n").unwrap();
    let all = statements();
    assert!(all.len() >= 100, "{} statements", all.len());
    let filter = std::env::var("HOSTILE").unwrap_or_default();
    let mut wrong = Vec::new();
    for (index, (name, sql)) in all.iter().enumerate().filter(|(_, (name, _))| name.contains(&filter)) {
        let file = folder.path().join(format!("{index}.sql"));
        std::fs::write(&file, sql).unwrap();
        // The kernel counts processor time, whatever else the machine does, and ends a process that takes more.
        let mut command = Command::new("sh");
        command.current_dir(folder.path()).args([
            "-c",
            "ulimit -c 0 && ulimit -t \"$0\" && exec \"$@\"",
            LIMIT_S,
        ]);
        command.arg(binary::path()).arg("query").arg(&file).args(["--output", "json"]);
        let finished = binary::finish(&mut command, DEADLINE);
        let answered = matches!(finished.code, Some(0 | 1 | 3)) && !finished.panicked();
        let in_words = finished.code == Some(0) || !finished.stderr.trim().is_empty();
        if !answered || !in_words || finished.stderr.len() > 200_000 {
            let said: String = finished.stderr.chars().take(300).collect();
            wrong.push(format!(
                "{name}: code {:?}, {} bytes of stderr: {said}",
                finished.code,
                finished.stderr.len()
            ));
        }
    }
    for line in &wrong {
        println!("{line}");
    }
    assert!(wrong.is_empty(), "{} statements of {} are not answered in time", wrong.len(), all.len());
}
