//! `streamsql lint`: what it finds in the jobs that come with the repository, and each rule on a job of its own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use streamsql_tests::binary::{self, Finished};
use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::json_schema;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn codes(finished: &Finished) -> BTreeSet<String> {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let code = |line: &str| {
        let finding: Value = serde_json::from_str(line).unwrap();
        assert!(finding["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{finding}");
        assert!(finding["line"].as_u64().is_some_and(|line| line > 0), "{finding}");
        finding["code"].as_str().unwrap().to_owned()
    };
    finished.stdout.lines().map(code).collect()
}

fn lint(folder: &Path, path: &str) -> BTreeSet<String> {
    codes(&binary::run(folder, &["lint", path, "--format", "json"]))
}

#[test]
fn the_traps_of_the_reference_job_are_found() {
    let found = lint(&root(), "sql");
    let wanted = ["L001", "L002", "L003", "L007", "L008", "L012"];
    assert_eq!(found, wanted.map(str::to_owned).into());
    let denied = binary::run(&root(), &["validate", "sql", "-D"]);
    assert_eq!(denied.code, Some(3), "{denied:?}");
    assert!(denied.stderr.contains("[L002 nullable-rank-key]"), "{}", denied.stderr);
}

#[test]
fn nothing_is_found_in_the_examples() {
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.join("streamsql.yaml").exists() {
            let path = path.display().to_string();
            assert_eq!(lint(&root(), &path), BTreeSet::new(), "{path}");
            seen += 1;
        }
    }
    assert!(seen >= 3);
}

const A: &str = "CREATE TABLE a (k INT, v INT, f DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka',
    'topic' = 'a', 'properties.bootstrap.servers' = 'x:1', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');";
const B: &str = "CREATE TABLE b (k INT, v INT, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka',
    'topic' = 'b', 'properties.bootstrap.servers' = 'x:1', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');";
const IDLE: &str = "SET 'table.exec.source.idle-timeout' = '1 min';";

/// What is found in a job of these statements.
fn found(statements: &[&str]) -> BTreeSet<String> {
    let folder = JobFolder::new();
    folder.write("job.sql", &statements.join("\n"));
    lint(folder.path(), "job.sql")
}

fn one(code: &str) -> BTreeSet<String> {
    BTreeSet::from([code.to_owned()])
}

#[test]
fn each_rule_finds_what_it_is_for_and_nothing_else() {
    let keyed =
        "CREATE TABLE s (k INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');";
    let open = "CREATE TABLE o (k INT, v INT) WITH ('connector' = 'blackhole');";
    let count = "INSERT INTO s SELECT k, COUNT(*) FROM a GROUP BY k;";
    let ttl = "SET 'table.exec.state.ttl' = '1 h';";
    assert_eq!(found(&[A, keyed, count]), one("L001"));
    assert_eq!(found(&[A, keyed, ttl, count]), one("L006"));
    assert_eq!(
        found(&[A, open, "INSERT INTO o SELECT a.k, c.v FROM a JOIN a AS c ON a.v < c.v;", ttl]),
        one("L004")
    );
    let interval = "INSERT INTO o SELECT x.k, y.v FROM a x JOIN a y ON x.k = y.k
        AND x.ts BETWEEN y.ts - INTERVAL '2' HOUR AND y.ts;";
    assert_eq!(found(&[A, open, IDLE, interval]), BTreeSet::new());
    assert_eq!(found(&[A, open, interval]), one("L012"));
    assert_eq!(found(&[A, open, IDLE, ttl, interval]), one("L005"));
    assert_eq!(
        found(&[
            A,
            B,
            open,
            IDLE,
            "INSERT INTO o SELECT a.k, b.v FROM a JOIN b ON a.k = b.k
            AND a.ts BETWEEN CAST(b.ts AS TIMESTAMP(3)) - INTERVAL '1' HOUR AND CAST(b.ts AS TIMESTAMP(3));",
            ttl
        ]),
        BTreeSet::new(),
        "a cast is no event time"
    );
    let narrow = "CREATE TABLE n (v DECIMAL(5, 2), t VARCHAR(3)) WITH ('connector' = 'blackhole');";
    assert_eq!(
        found(&[A, narrow, "INSERT INTO n SELECT CAST(v AS DECIMAL(10, 2)), 'abcd' FROM a;"]),
        one("L008")
    );
    assert_eq!(
        found(&[A, narrow, "INSERT INTO n SELECT CAST(v AS DECIMAL(5, 2)), 'abc' FROM a;"]),
        BTreeSet::new()
    );
    let jdbc = "CREATE TABLE j (k INT, v INT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://x/d',
        'table-name' = 't', 'username' = 'u',
        'password' = 'p');";
    assert_eq!(
        found(&[A, jdbc, "INSERT INTO j SELECT k, v FROM a;"]),
        BTreeSet::from(["L009".to_owned(), "L016".to_owned()])
    );
    let latest = &A.replace("earliest-offset", "latest-offset");
    assert_eq!(found(&[latest, open, "INSERT INTO o SELECT k, v FROM a;"]), one("L011"));
    let ignores = &A.replace("'format' = 'json'", "'format' = 'json', 'json.ignore-parse-errors' = 'true'");
    assert_eq!(found(&[ignores, open, "INSERT INTO o SELECT k, v FROM a;"]), one("L014"));
    let texts = "CREATE TABLE t (k INT, n BIGINT, u STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');";
    let changing = "INSERT INTO t SELECT k, n, UUID() FROM (SELECT k, COUNT(*) AS n FROM a GROUP BY k);";
    let allowed = "-- streamsql: allow(L001)\n";
    assert_eq!(found(&[allowed, A, texts, changing]), one("L013"));
    let sums =
        "CREATE TABLE d (n BIGINT, f DOUBLE, PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'blackhole');";
    let drifting = "INSERT INTO d SELECT n, SUM(f) FROM (SELECT k, COUNT(*) AS n, MAX(f) AS f FROM a GROUP BY k) GROUP BY n;";
    assert_eq!(found(&[allowed, A, sums, drifting]), one("L015"));
}

#[test]
fn comments_allow_and_formats_agree() {
    let folder = JobFolder::new();
    let sink =
        "CREATE TABLE s (k INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');";
    let insert = "INSERT INTO s SELECT k, COUNT(*) FROM a GROUP BY k;";
    folder.write("job.sql", &format!("{A}\n{sink}\n{insert}\n"));
    let text = binary::run(folder.path(), &["lint", "job.sql", "-D"]);
    assert_eq!(text.code, Some(3), "{text:?}");
    assert!(text.stdout.contains("[L001 unbounded-state]\n  --> job.sql:4:1\n"), "{}", text.stdout);
    let sarif = binary::run(folder.path(), &["lint", "job.sql", "--format", "sarif"]);
    let report: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let result = &report["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "L001", "{report}");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 4, "{report}");
    for allowed in [
        format!("{A}\n{sink}\n-- streamsql: allow(L001): few keys\n{insert}\n"),
        format!("{A}\n{sink}\n{insert} -- streamsql: allow(L001)\n"),
    ] {
        folder.write("job.sql", &allowed);
        let finished = binary::run(folder.path(), &["lint", "job.sql", "-D"]);
        assert_eq!(finished.code, Some(0), "{allowed}: {}", finished.stdout);
    }
}

/// The results of a report that is shaped as SARIF's schema says, each with its rule, level and line.
fn sarif(finished: &Finished) -> Vec<(String, String, u64)> {
    let shape: Value = serde_json::from_str(include_str!("../goldens/sarif-shape.json")).unwrap();
    let report: Value =
        serde_json::from_str(&finished.stdout).unwrap_or_else(|e| panic!("{e}: {finished:?}"));
    json_schema::check(&shape, &shape["log"], &report, "log");
    let run = &report["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let result = |result: &Value| {
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"], "{result}");
        let place = &result["locations"][0]["physicalLocation"];
        assert!(!place["artifactLocation"]["uri"].as_str().unwrap().contains(' '), "{place}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&result["ruleId"]), text(&result["level"]), place["region"]["startLine"].as_u64().unwrap())
    };
    run["results"].as_array().unwrap().iter().map(result).collect()
}

#[test]
fn reports_for_programs_say_what_the_text_says() {
    let folder = JobFolder::new();
    let sink =
        "CREATE TABLE s (k INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');";
    folder.write(
        "my job/job.sql",
        &format!("{A}\n{sink}\nINSERT INTO s SELECT k, COUNT(*) FROM a GROUP BY k;\n"),
    );
    let run = |arguments: &[&str]| binary::run(folder.path(), &[arguments, &["my job"][..]].concat());
    for command in ["validate", "lint"] {
        for (arguments, level, code) in [(&[][..], "warning", 0), (&["-D"][..], "error", 3)] {
            let report = run(&[&[command, "--format", "sarif"], arguments].concat());
            assert_eq!(report.code, Some(code), "{report:?}");
            assert_eq!(sarif(&report), [("L001".to_owned(), level.to_owned(), 4)], "{command}");
            assert_eq!(report.stderr, "");
            let lines = run(&[&[command, "--format", "json"], arguments].concat());
            let finding: Value = serde_json::from_str(&lines.stdout).unwrap();
            assert_eq!((&finding["code"], &finding["level"]), (&"L001".into(), &level.into()), "{finding}");
            let text = run(&[&[command], arguments].concat());
            let shown = if command == "validate" { &text.stderr } else { &text.stdout };
            assert_eq!(text.code, Some(code), "{text:?}");
            assert!(
                shown.starts_with(&format!("{level}: ")) && shown.contains("my job/job.sql:4:1"),
                "{shown}"
            );
        }
    }
    // All errors of all files, and none of the rules, which need a plan.
    folder.write(
        "my job/job.sql",
        &format!("{A}\n{sink}\nINSERT INTO s SELECT nothing, 1 FROM a;\nINSERT INTO s SELECT k, n FROM a;\n"),
    );
    for command in ["validate", "lint"] {
        let report = run(&[command, "--format", "sarif"]);
        assert_eq!(report.code, Some(3), "{report:?}");
        let wrong = |line| ("E000".to_owned(), "error".to_owned(), line);
        assert_eq!(sarif(&report), [wrong(4), wrong(5)], "{command}");
        let lines = run(&[command, "--format", "json"]);
        assert!(lines.code == Some(3) && lines.stdout.lines().count() == 2, "{lines:?}");
    }
    // Nothing wrong, nothing said.
    folder.write(
        "my job/job.sql",
        "CREATE TABLE o (k INT) WITH ('connector' = 'blackhole'); INSERT INTO o VALUES (1);",
    );
    let report = run(&["validate", "-D", "--format", "sarif"]);
    assert_eq!((report.code, sarif(&report).len()), (Some(0), 0), "{report:?}");
    let text = run(&["validate", "-D"]);
    assert!(text.code == Some(0) && text.stderr.contains("valid, "), "{text:?}");
}

#[test]
fn every_rule_is_described() {
    let finished = binary::run(&root(), &["lint", "--rules"]);
    let page = std::fs::read_to_string(root().join("docs/lint.md")).unwrap();
    let mut rules = 0;
    for line in finished.stdout.lines() {
        let mut words = line.split_whitespace();
        let (code, name) = (words.next().unwrap(), words.next().unwrap());
        assert!(page.contains(&format!("| {code} {name} |")), "docs/lint.md does not describe {code} {name}");
        rules += 1;
    }
    assert!(rules >= 15, "{rules}");
}
