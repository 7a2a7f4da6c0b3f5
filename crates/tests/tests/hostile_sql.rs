//! Two hundred hostile statements: each is run or refused in words, without a panic, hang or exhausted stack, and a
//! statement of several times the size costs no more than as many times the processor time, with room.
//!
//! Costs are measured against each other and against the start of the binary on the same machine, never against a clock.
//! `HOSTILE=text` runs only the kinds whose name contains the text.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use streamsql_tests::binary::{self, Finished};

/// How much more than in proportion a larger statement may cost: caches, allocation, a logarithm.
const ROOM: f64 = 3.0;
/// How often two costs are measured before the larger one counts as too large; the smallest of each counts.
const MEASUREMENTS: usize = 3;
/// The kernel counts processor time in ticks of this length (`times(2)`): a start may take less than one and count as none.
const TICK_S: f64 = 0.01;

/// A statement with the kind and the size of what is hostile in it; kinds that come in one size have the size 0.
struct Hostile {
    kind: String,
    size: usize,
    sql: String,
}

/// Kinds whose text of size n describes n²/2 things, with the reason.
const QUADRATIC: &[(&str, &str)] = &[
    ("LIKE chain", "every further table has one column more"),
    ("LEFT JOIN", "every further join has one table's columns more"),
];

const TABLE: &str = "CREATE TABLE t (a INT, s STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\n";

fn statements() -> Vec<Hostile> {
    let mut all = Vec::new();
    let mut add_sized = |(kind, size): (&str, usize), sql: String| {
        all.push(Hostile { kind: kind.to_owned(), size, sql });
    };
    for depth in [50, 200, 1_000, 10_000] {
        let of = |kind: &'static str| (kind, depth);
        add_sized(of("parentheses"), format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth)));
        add_sized(of("open parentheses"), format!("SELECT {}", "(".repeat(depth)));
        add_sized(of("NOT"), format!("SELECT {} TRUE", "NOT ".repeat(depth)));
        add_sized(of("minus"), format!("SELECT {}1", "- ".repeat(depth)));
        add_sized(of("plus chain"), format!("SELECT 1{}", " + 1".repeat(depth)));
        add_sized(of("text chain"), format!("SELECT 'a'{}", " || 'a'".repeat(depth)));
        add_sized(
            of("AND chain"),
            format!("{TABLE}SELECT a FROM t WHERE a = 1{}", " AND a = 1".repeat(depth)),
        );
        add_sized(of("OR chain"), format!("{TABLE}SELECT a FROM t WHERE a = 1{}", " OR a = 2".repeat(depth)));
        add_sized(
            of("CASE"),
            format!("SELECT {}1{}", "CASE WHEN TRUE THEN ".repeat(depth), " ELSE 2 END".repeat(depth)),
        );
        add_sized(of("CAST"), format!("SELECT {}1{}", "CAST(".repeat(depth), " AS INT)".repeat(depth)));
        add_sized(of("function"), format!("SELECT {}'a'{}", "UPPER(".repeat(depth), ")".repeat(depth)));
        add_sized(
            of("subquery"),
            format!("{}SELECT 1 AS a{}", "SELECT a FROM (".repeat(depth), ")".repeat(depth)),
        );
        add_sized(of("query in parentheses"), format!("{}SELECT 1{}", "(".repeat(depth), ")".repeat(depth)));
        add_sized(of("UNION ALL"), format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(depth)));
        add_sized(
            of("type"),
            format!(
                "CREATE TABLE x (a {}INT{}) WITH ('connector' = 'blackhole')",
                "ARRAY<".repeat(depth),
                ">".repeat(depth)
            ),
        );
        add_sized(
            of("row type"),
            format!(
                "CREATE TABLE x (a {}INT{}) WITH ('connector' = 'blackhole')",
                "ROW<f ".repeat(depth),
                ">".repeat(depth)
            ),
        );
        add_sized(of("cast to array"), format!("SELECT CAST(NULL AS INT{})", " ARRAY".repeat(depth)));
        add_sized(of("field access"), format!("{TABLE}SELECT a{} FROM t", ".b".repeat(depth)));
        add_sized(of("subscript"), format!("{TABLE}SELECT a{} FROM t", "[1]".repeat(depth)));
        add_sized(of("join"), format!("{TABLE}SELECT 1 FROM t{}", " CROSS JOIN t".repeat(depth)));
        add_sized(of("comment"), format!("SELECT {} 1", "/*".repeat(depth)));
    }
    let columns = |n: usize| (0..n).map(|i| format!("c{i} INT")).collect::<Vec<_>>().join(", ");
    for n in [1_000, 10_000, 20_000] {
        let of = |kind: &'static str| (kind, n);
        add_sized(
            of("a table of many columns"),
            format!(
                "CREATE TABLE w ({}) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json')",
                columns(n)
            ),
        );
        let list = (0..n).map(|i| format!("{i} AS c{i}")).collect::<Vec<_>>().join(", ");
        add_sized(of("a SELECT of many columns"), format!("SELECT {list}"));
    }
    for n in [125, 1_000] {
        add_sized(
            ("SELECT * of many columns", n),
            format!(
                "CREATE TABLE w ({}) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\nSELECT * FROM w",
                columns(n)
            ),
        );
    }
    for n in [1 << 17, 1 << 20] {
        let of = |kind: &'static str| (kind, n);
        add_sized(of("a long text"), format!("SELECT CHAR_LENGTH('{}')", "x".repeat(n)));
        add_sized(of("a text of quotes"), format!("SELECT CHAR_LENGTH('{}')", "''".repeat(n / 2)));
        add_sized(of("a longer text"), format!("SELECT '{}'", "x".repeat(n * 16)));
        add_sized(of("a long name"), format!("SELECT 1 AS `{}`", "x".repeat(n)));
        add_sized(of("a long unknown name"), format!("SELECT {}", "x".repeat(n)));
        add_sized(of("a long unknown function"), format!("SELECT {}(1)", "x".repeat(n)));
        add_sized(of("a long option"), format!("CREATE TABLE x (a INT) WITH ('{}' = 'y')", "x".repeat(n)));
        add_sized(of("a long number"), format!("SELECT {}", "9".repeat(n)));
        add_sized(of("a long fraction"), format!("SELECT 0.{}", "9".repeat(n)));
        add_sized(of("a long exponent"), format!("SELECT 1e{}", "9".repeat(n)));
        add_sized(of("a long comment"), format!("SELECT /* {} */ 1", "x ".repeat(n / 2)));
        add_sized(of("spaces"), format!("SELECT{}1", " ".repeat(n)));
        add_sized(of("semicolons"), ";".repeat(n));
        add_sized(of("slashes"), format!("SELECT 1 {}\n", "/ /".repeat(n / 2)));
        add_sized(of("slash comments"), "//'\n".repeat(n / 2));
        add_sized(of("line ends"), format!("SELECT 1 +{}x", "\n".repeat(n / 10)));
        add_sized(of("IN"), format!("{TABLE}SELECT a FROM t WHERE a IN (1{})", ", 2".repeat(n / 10)));
        add_sized(of("a hint of hints"), format!("SELECT /*+ {} */ 1", "A, ".repeat(n / 20)));
        add_sized(of("template braces"), "{".repeat(n / 10));
        add_sized(
            of("template parentheses"),
            format!("{{{{ {}1{} }}}}", "(".repeat(n / 20), ")".repeat(n / 20)),
        );
        add_sized(of("EXPLAIN of EXPLAIN"), format!("{}SELECT 1", "EXPLAIN ".repeat(n / 20)));
        add_sized(of("EXECUTE of EXECUTE"), format!("{}SELECT 1", "EXECUTE ".repeat(n / 20)));
        add_sized(of("a path of many parts"), format!("SELECT * FROM a{}", ".b".repeat(n / 100)));
        add_sized(of("a key of a setting"), format!("SET '{}' = 'x'; SELECT 1", "a.b.".repeat(n / 10)));
        add_sized(
            of("a setting of many quotes"),
            format!("SET 'pipeline.jars' = '{}'; SELECT 1", "''x'';".repeat(n / 10)),
        );
    }
    for n in [250, 2_000] {
        let of = |kind: &'static str| (kind, n);
        let list = |item: &dyn Fn(usize) -> String, separator: &str| {
            (0..n).map(item).collect::<Vec<_>>().join(separator)
        };
        add_sized(of("a short IN"), format!("{TABLE}SELECT a FROM t WHERE a IN (1{})", ", 2".repeat(n)));
        add_sized(of("VALUES"), format!("VALUES (1, 'a'){}", ", (1, 'a')".repeat(n * 5 / 2)));
        add_sized(of("branches of CASE"), format!("SELECT CASE 1{} END", " WHEN 2 THEN 3".repeat(n / 2)));
        add_sized(of("arguments"), format!("SELECT CONCAT('a'{})", ", 'a'".repeat(n)));
        add_sized(
            of("statements"),
            "SELECT 1;\n".repeat(n * 3 / 20) + &"SET 'table.exec.state.ttl' = '1 d';\n".repeat(n * 17 / 20),
        );
        add_sized(
            of("statements that do not parse"),
            format!("{TABLE}{}", "CREATE TABLE q (a;\nSELECT FROM;\n".repeat(n)),
        );
        add_sized(
            of("BETWEEN"),
            format!("{TABLE}SELECT a FROM t WHERE {}", list(&|_| "a BETWEEN 1 AND 2".to_owned(), " AND ")),
        );
        add_sized(
            of("NOT IN"),
            format!(
                "{TABLE}SELECT a FROM t WHERE {}",
                list(&|i| format!("a NOT IN ({i}, {})", i + 3), " AND ")
            ),
        );
        add_sized(
            of("unknown settings"),
            format!("{};\nSELECT 1", list(&|i| format!("SET 'table.exec.x{i}' = '1'"), ";\n")),
        );
        add_sized(
            of("options"),
            format!(
                "CREATE TABLE x (a INT) WITH ({})",
                (0..5 * n).map(|i| format!("'k{i}' = 'v'")).collect::<Vec<_>>().join(", ")
            ),
        );
        add_sized(
            of("key columns"),
            format!(
                "CREATE TABLE x (a INT, PRIMARY KEY ({}) NOT ENFORCED) WITH ('connector' = 'print')",
                (0..5 * n).map(|i| format!("c{i}")).collect::<Vec<_>>().join(", ")
            ),
        );
    }
    let chain = |n: usize, link: &dyn Fn(usize) -> String| (1..n).map(link).collect::<String>();
    for n in [50, 400, 2_000] {
        let of = |kind: &'static str| (kind, n);
        add_sized(
            of("views on views"),
            format!(
                "{TABLE}CREATE VIEW v0 AS SELECT a FROM t;\n{}SELECT a FROM v{}",
                chain(n, &|i| format!("CREATE VIEW v{i} AS SELECT a FROM v{};\n", i - 1)),
                n - 1
            ),
        );
        add_sized(
            of("WITH chain"),
            format!(
                "WITH c0 AS (SELECT 1 AS a){} SELECT a FROM c{}",
                chain(n, &|i| format!(", c{i} AS (SELECT a FROM c{})", i - 1)),
                n - 1
            ),
        );
        add_sized(
            of("nested WITH"),
            format!("{}SELECT 1{}", "WITH c AS (".repeat(n), ") SELECT * FROM c".repeat(n)),
        );
        // Every further statement copies a wider table.
        let m = n.min(800);
        add_sized(
            ("LIKE chain", m),
            format!(
                "CREATE TABLE l0 (a INT) WITH ('connector' = 'datagen');\n{}DESCRIBE l{}",
                chain(m, &|i| format!("CREATE TABLE l{i} (c{i} INT) LIKE l{};\n", i - 1)),
                m - 1
            ),
        );
        add_sized(
            ("altered tables", n.min(1_500)),
            format!(
                "{TABLE}{}DESCRIBE t",
                chain(n.min(1_500), &|i| format!("ALTER TABLE t ADD c{i} AS a + {i};\n"))
            ),
        );
        add_sized(
            of("altered options"),
            format!("{TABLE}{}DESCRIBE t", chain(n, &|i| format!("ALTER TABLE t SET ('k{i}' = 'v');\n"))),
        );
        add_sized(
            ("computed columns", n.min(1_500)),
            format!(
                "CREATE TABLE x (a INT, {}) WITH ('connector' = 'datagen', 'number-of-rows' = '1');\nSELECT * FROM x",
                (0..n.min(1_500)).map(|i| format!("c{i} AS a + {i}")).collect::<Vec<_>>().join(", ")
            ),
        );
        add_sized(
            of("options in a line of another script"),
            format!(
                "CREATE TABLE x (a INT) WITH ({})",
                (0..4 * n).map(|i| format!("'ключ{i}' = 'é'")).collect::<Vec<_>>().join(", ")
            ),
        );
        add_sized(
            of("collections behind a type"),
            format!("CREATE TABLE x (a INT{})", " ARRAY MULTISET".repeat(n)),
        );
        add_sized(
            of("a field of a deep ROW"),
            format!(
                "CREATE TABLE x ({}) WITH ('connector' = 'datagen', 'number-of-rows' = '1');\nSELECT g, h, c1 FROM x",
                (0..n).map(|i| format!("c{i} ROW<f ROW<g{i} INT, h{i} INT>>")).collect::<Vec<_>>().join(", ")
            ),
        );
        add_sized(
            of("a statement set"),
            format!(
                "{TABLE}CREATE TABLE k (a INT) WITH ('connector' = 'blackhole');\nEXPLAIN STATEMENT SET BEGIN\n{}END",
                "INSERT INTO k SELECT a FROM t;\n".repeat(n)
            ),
        );
        add_sized(
            of("hints"),
            format!("{TABLE}SELECT a FROM t{}", " /*+ OPTIONS('format'='json') */".repeat(n)),
        );
        add_sized(
            of("EXISTS"),
            format!(
                "{TABLE}SELECT a FROM t WHERE {}TRUE{}",
                "EXISTS (SELECT 1 FROM t WHERE ".repeat(n),
                ")".repeat(n)
            ),
        );
        add_sized(of("INTERSECT"), format!("SELECT 1{}", " INTERSECT SELECT 1".repeat(n)));
        add_sized(
            of("LEFT JOIN"),
            format!("{TABLE}SELECT 1 FROM t{}", chain(n, &|i| format!(" LEFT JOIN t AS t{i} ON TRUE"))),
        );
        add_sized(
            of("PARTITION"),
            format!("{TABLE}INSERT INTO t PARTITION (a = 1{}) SELECT 's'", ", a = 1".repeat(n)),
        );
    }
    for (kind, around) in [
        ("nested IN", "a IN ({})"),
        ("nested NOT IN", "a NOT IN ({})"),
        ("nested = ANY", "a = ANY ({})"),
        ("nested > ALL", "a > ALL ({})"),
        ("nested scalar subqueries", "a = ({})"),
        ("nested IN beside OR", "s = 'x' OR a IN ({})"),
        ("nested NOT IN beside OR", "s = 'x' OR a NOT IN ({})"),
        ("nested IN in CASE", "CASE WHEN a IN ({}) THEN s = 'x' ELSE s = 'y' END"),
    ] {
        for depth in [8, 16, 32, 64] {
            let query = (0..depth).fold("SELECT a FROM t".to_owned(), |inner, _| {
                format!("SELECT a FROM t WHERE {}", around.replace("{}", &inner))
            });
            add_sized((kind, depth), format!("{TABLE}{query}"));
        }
    }
    let mut add = |kind: &str, sql: String| add_sized((kind, 0), sql);
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
    add("an open text", "SELECT 'abc".to_owned());
    add("an open name", "SELECT `abc".to_owned());
    add("an open comment", "SELECT 1 /* abc".to_owned());
    add("an open hint", "SELECT /*+ LOOKUP('a'= 1".to_owned());
    add("a hint of open texts", "SELECT /*+ LOOKUP('a */ 1".to_owned());
    add("NUL", "SELECT 'a\0b', \0 FROM t".to_owned());
    add("control characters", (1u8..32).map(char::from).collect());
    add("private characters", "SELECT '\u{F0000}\u{F0010}\u{F0001}'".to_owned());
    add("a hint's mark", "SELECT 1 FROM `\u{F0002}o1:a1:b`".to_owned());
    add("emoji and combining marks", "SELECT 😀, 'e\u{301}', `👩‍👩‍👧`".to_owned());
    add("right-to-left override", "SELECT '\u{202E}abc' AS `\u{202E}`".to_owned());
    add("template loops", "{% for i in range(1000000000) %}SELECT 1;{% endfor %}".to_owned());
    add("template recursion", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".to_owned());
    add("template doubling", format!("{}{{{{ x }}}}", "{% set x = (x or 'aa') ~ (x or 'aa') %}".repeat(60)));
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
    all
}

/// What one run of the binary gave and how much processor time it took, in seconds.
fn run(folder: &Path, sql: &str) -> (Finished, f64) {
    let (file, times) = (folder.join("hostile.sql"), folder.join("times"));
    std::fs::write(&file, sql).unwrap();
    let mut command = Command::new("sh");
    // The shell is told by the kernel what its children took.
    command.current_dir(folder).args(["-c", "ulimit -c 0; \"$@\"; code=$?; times > \"$0\"; exit $code"]);
    command.arg(&times).arg(binary::path()).arg("query").arg(&file).args(["--output", "json"]);
    let finished = binary::finish(&mut command);
    (finished, processor_s(&std::fs::read_to_string(times).unwrap_or_default()))
}

/// The second line of `times`: user and system time of the children, each as `1m2.3s`.
fn processor_s(times: &str) -> f64 {
    let children = times.lines().nth(1).unwrap_or_default();
    let seconds = |text: &str| -> Option<f64> {
        let (minutes, seconds) = text.trim_end_matches('s').split_once('m')?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
    };
    children.split_whitespace().filter_map(seconds).sum()
}

/// What is wrong with an answer.
fn fault(finished: &Finished) -> Option<String> {
    let answered = matches!(finished.code, Some(0 | 1 | 3)) && !finished.panicked();
    let in_words = finished.code == Some(0) || !finished.stderr.trim().is_empty();
    if answered && in_words && finished.stderr.len() <= 200_000 {
        return None;
    }
    let said: String = finished.stderr.chars().take(300).collect();
    Some(format!("code {:?}, {} bytes of stderr: {said}", finished.code, finished.stderr.len()))
}

#[test]
fn hostile_statements_are_answered_and_cost_what_their_size_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.json"), "{\"a\":1,\"s\":\"x\"}\n").unwrap();
    let all = statements();
    assert!(all.len() >= 200, "{} statements", all.len());
    let cost_of = |sql: &str| run(folder.path(), sql).1;
    let start = (0..MEASUREMENTS).map(|_| cost_of("SELECT 1")).fold(f64::MAX, f64::min).max(TICK_S);
    let filter = std::env::var("HOSTILE").unwrap_or_default();
    let mut wrong = Vec::new();
    let mut total = 0.0;
    let mut kinds: BTreeMap<&str, Vec<(&Hostile, f64)>> = BTreeMap::new();
    for hostile in all.iter().filter(|hostile| hostile.kind.contains(&filter)) {
        let (finished, cost) = run(folder.path(), &hostile.sql);
        total += cost;
        if let Some(fault) = fault(&finished) {
            wrong.push(format!("{}, size {}: {fault}", hostile.kind, hostile.size));
        }
        kinds.entry(&hostile.kind).or_default().push((hostile, cost));
    }
    for (kind, sizes) in &kinds {
        let power = if QUADRATIC.iter().any(|(quadratic, _)| quadratic == kind) { 2 } else { 1 };
        for pair in sizes.windows(2) {
            let [(small, mut small_cost), (large, mut large_cost)] = [pair[0], pair[1]];
            let factor = (large.size as f64 / small.size as f64).powi(power);
            // Below the cost of a start nothing can be measured.
            let allowed = |small_cost: f64| start + ROOM * factor * (small_cost - start).max(start);
            for _ in 1..MEASUREMENTS {
                if large_cost > allowed(small_cost) {
                    small_cost = small_cost.min(cost_of(&small.sql));
                    large_cost = large_cost.min(cost_of(&large.sql));
                }
            }
            if large_cost > allowed(small_cost) {
                wrong.push(format!(
                    "{kind}: size {} took {small_cost:.2} s and size {} took {large_cost:.2} s of processor time, an empty \
                     statement {start:.2} s",
                    small.size, large.size
                ));
            }
            if std::env::var_os("HOSTILE").is_some() {
                println!("{kind}: {} {small_cost:.2}, {} {large_cost:.2}", small.size, large.size);
            }
        }
    }
    assert!(total > 0.0, "no processor time was measured");
    for line in &wrong {
        println!("{line}");
    }
    assert!(wrong.is_empty(), "{} faults in {} statements", wrong.len(), all.len());
}
