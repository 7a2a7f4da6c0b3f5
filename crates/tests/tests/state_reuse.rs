//! A job that goes on under a changed plan: what has the same address keeps its state, what has not is told and refused.

use std::path::Path;

use serde_json::Value;
use streamsql_tests::binary::{self, Finished};
use streamsql_tests::job_folder::JobFolder;

const CONFIG: &str = "job: { name: counts, state: ../state }\n";
const TABLES: &str = "
CREATE TABLE t (k STRING, v INT, w INT) WITH ('connector' = 'filesystem', 'path' = 'data', 'format' = 'json');
CREATE TABLE res (k STRING, n BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'out');
CREATE TABLE other (k STRING, n BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'other');
";
const COUNTS: &str = "INSERT INTO res SELECT k, COUNT(*) FROM t GROUP BY k;";

/// A job over files; every run reads the rows that were added since.
struct Job {
    folder: JobFolder,
    files: usize,
}

impl Job {
    fn new(inserts: &str) -> Self {
        let folder = JobFolder::new();
        folder.write("sql/streamsql.yaml", CONFIG);
        let job = Self { folder, files: 0 };
        job.change(inserts);
        job
    }

    fn change(&self, inserts: &str) {
        self.folder.write("sql/job.sql", &format!("{TABLES}{inserts}"));
    }

    /// Adds one row for each key.
    fn rows(&mut self, keys: &[&str]) {
        self.files += 1;
        let rows = keys.iter().map(|k| format!("{{\"k\": \"{k}\", \"v\": 1, \"w\": 2}}\n"));
        self.folder.write(&format!("data/{}.json", self.files), &rows.collect::<String>());
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        let mut all = vec!["--no-http"];
        all.extend(arguments);
        binary::finish(&mut self.folder.run(binary::path().to_str().unwrap(), &all))
    }

    /// Lines of a run that must succeed, in any order but sorted.
    fn lines(&self, arguments: &[&str]) -> Vec<String> {
        let finished = self.run(arguments);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let mut lines: Vec<String> = finished.stdout.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    fn diff(&self, arguments: &[&str]) -> Finished {
        let mut all = vec!["diff"];
        all.extend(arguments);
        binary::run(self.folder.path(), &all)
    }

    /// Action and kind of what the state plan says of nodes, and of sources by their table.
    fn fates(&self, code: i32) -> Vec<String> {
        let finished = self.diff(&["sql", "--format", "json"]);
        assert_eq!(finished.code, Some(code), "{}{}", finished.stdout, finished.stderr);
        let document: Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(document["schema_version"], 1);
        assert_eq!(document["loses_state"], code == 6);
        let of = |list: &str, name: &str| -> Vec<String> {
            let entries = document[list].as_array().unwrap().iter();
            entries
                .map(|e| format!("{} {}", e["action"].as_str().unwrap(), e[name].as_str().unwrap()))
                .collect()
        };
        let mut fates = of("nodes", "kind");
        fates.extend(of("sources", "shown"));
        fates
    }
}

/// A job that has counted three rows of a and two of b.
fn counted() -> Job {
    let mut job = Job::new(COUNTS);
    job.rows(&["a", "b", "a", "b", "a"]);
    let lines = job.lines(&[]);
    assert!(lines.contains(&"out> +I[a, 3]".to_owned()), "{lines:?}");
    job
}

#[test]
fn counts_go_on_below_a_changed_projection_and_filter() {
    let mut job = counted();
    job.change("INSERT INTO res SELECT UPPER(k), n * 100 FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) WHERE n > 3;");
    assert_eq!(job.fates(0), ["kept GroupAggregate", "kept t"]);
    job.rows(&["a", "b"]);
    assert_eq!(job.lines(&[]), ["out> +U[A, 400]"]);
    // The new plan is the one that counts from now on.
    job.rows(&["a", "b"]);
    assert_eq!(job.lines(&[]), ["out> +U[A, 500]", "out> +U[B, 400]", "out> -U[A, 400]"]);
}

#[test]
fn an_insert_more_and_the_order_of_inserts_change_nothing() {
    let mut job = counted();
    // It reads a column that nobody has read, of the same source.
    job.change(&format!("INSERT INTO other SELECT k, w FROM t WHERE v = 1; {COUNTS}"));
    assert_eq!(job.fates(0), ["kept GroupAggregate", "kept t"]);
    job.rows(&["a"]);
    assert_eq!(job.lines(&[]), ["other> +I[a, 2]", "out> +U[a, 4]", "out> -U[a, 3]"]);
    job.change(COUNTS);
    assert_eq!(job.fates(0), ["kept GroupAggregate", "kept t"]);
    job.rows(&["a"]);
    assert_eq!(job.lines(&["--parallelism", "3"]), ["out> +U[a, 5]", "out> -U[a, 4]"]);
}

#[test]
fn a_changed_filter_below_is_refused_until_it_is_allowed() {
    let mut job = counted();
    job.change("INSERT INTO res SELECT k, COUNT(*) FROM t WHERE v > 0 GROUP BY k;");
    assert_eq!(job.fates(6), ["rebuilt GroupAggregate", "kept t"]);
    let text = job.diff(&["sql"]).stdout;
    assert!(text.contains("below it TableSourceScan") && text.contains("sql/job.sql:5:1"), "{text}");
    job.rows(&["a"]);
    let refused = job.run(&[]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(6), ""));
    assert!(
        refused.stderr.contains("rebuilt") && refused.stderr.contains("--allow-drop"),
        "{}",
        refused.stderr
    );
    // It starts empty, from where the job has read.
    assert_eq!(job.lines(&["--allow-drop"]), ["out> +I[a, 1]"]);
    job.rows(&["a"]);
    assert_eq!(job.lines(&[]), ["out> +U[a, 2]", "out> -U[a, 1]"], "what is allowed once is done once");
}

#[test]
fn what_comes_anew_misses_what_was_read_and_what_goes_is_dropped() {
    let mut job = counted();
    let both = format!("{COUNTS} INSERT INTO other SELECT k, SUM(w) FROM t GROUP BY k;");
    job.change(&both);
    assert_eq!(job.fates(6), ["kept GroupAggregate", "rebuilt GroupAggregate", "kept t"]);
    job.rows(&["a"]);
    assert_eq!(job.run(&[]).code, Some(6));
    assert_eq!(job.lines(&["--allow-drop"]), ["other> +I[a, 2]", "out> +U[a, 4]", "out> -U[a, 3]"]);
    job.change(COUNTS);
    assert_eq!(job.fates(6), ["kept GroupAggregate", "dropped GroupAggregate", "kept t"]);
    assert_eq!(job.run(&[]).code, Some(6));
    job.rows(&["b"]);
    assert_eq!(job.lines(&["--allow-drop"]), ["out> +U[b, 3]", "out> -U[b, 2]"]);
    job.change(&both);
    assert_eq!(job.fates(6)[1], "rebuilt GroupAggregate", "what was dropped does not come back");
}

#[test]
fn a_source_more_starts_where_it_says_and_a_source_less_is_told() {
    let mut job = counted();
    job.folder.write("more/1.json", "{\"k\": \"m\"}\n{\"k\": \"m\"}\n");
    let more =
        "CREATE TABLE m (k STRING) WITH ('connector' = 'filesystem', 'path' = 'more', 'format' = 'json');";
    job.change(&format!("{more} INSERT INTO other SELECT k, COUNT(*) FROM m GROUP BY k; {COUNTS}"));
    // Nothing was read that the new one should have counted.
    assert_eq!(job.fates(0), ["new GroupAggregate", "kept GroupAggregate", "new m", "kept t"]);
    job.rows(&["b"]);
    let lines = job.lines(&[]);
    assert!(
        lines.contains(&"other> +I[m, 2]".to_owned()) && lines.contains(&"out> +U[b, 3]".to_owned()),
        "{lines:?}"
    );
    job.change(COUNTS);
    assert_eq!(job.fates(6), ["kept GroupAggregate", "dropped GroupAggregate", "kept t", "dropped m"]);
}

#[test]
fn windows_go_on_after_a_change_above_with_their_watermark() {
    let mut job = Job::new("");
    let sql = |select: &str| {
        format!(
            "CREATE TABLE e (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
             WITH ('connector' = 'filesystem', 'path' = 'events', 'format' = 'json');
             INSERT INTO res SELECT {select} FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
             GROUP BY k, window_start, window_end;"
        )
    };
    let event = |k: &str, minute: u32, second: u32| {
        format!("{{\"k\": \"{k}\", \"ts\": \"2026-01-01 10:{minute:02}:{second:02}\"}}\n")
    };
    job.change(&sql("k, COUNT(*)"));
    // Stopped between two rows of a window, as the end of its input would close it: here by a second job over it.
    job.folder.write("events/1.json", &[event("a", 0, 1), event("a", 1, 30)].concat());
    assert_eq!(job.lines(&[]), ["out> +I[a, 1]", "out> +I[a, 1]"]);
    job.change(&sql("CONCAT(k, '!'), COUNT(*)"));
    assert_eq!(job.fates(0), ["kept WindowAggregate", "kept e"]);
    job.files += 1;
    // The first comes after the watermark that was told: late, as if nothing had been changed.
    job.folder.write("events/2.json", &[event("a", 0, 2), event("b", 5, 0)].concat());
    let finished = job.run(&[]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.stdout, "out> +I[b!, 1]\n");
}

#[test]
fn two_folders_are_compared_without_a_job() {
    let folder = JobFolder::new();
    for (name, inserts) in
        [("old", COUNTS), ("new", "INSERT INTO res SELECT k, COUNT(*) FROM t GROUP BY k, v;")]
    {
        folder.write(&format!("{name}/streamsql.yaml"), CONFIG);
        folder.write(&format!("{name}/job.sql"), &format!("{TABLES}{inserts}"));
    }
    let diff = |arguments: &[&str]| binary::run(folder.path(), &[&["diff"], arguments].concat());
    assert_eq!(diff(&["old", "old"]).code, Some(0));
    let other = diff(&["old", "new"]);
    assert_eq!(other.code, Some(6));
    assert!(other.stdout.contains("it was GroupAggregate(groupBy=[k]"), "{}", other.stdout);
    assert_eq!(diff(&["old", "new", "newer"]).code, Some(2));
    let afresh = diff(&["old"]);
    assert_eq!(afresh.code, Some(0));
    assert!(afresh.stdout.contains("has committed nothing"), "{}", afresh.stdout);
    assert!(!folder.path().join("state").exists(), "nothing is written");
    folder.write("broken/job.sql", "CREATE TABLE");
    assert_eq!(diff(&["old", "broken"]).code, Some(3));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { std::fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}

/// State that a build with manifests of version 2 has written (`goldens/state-2`: three rows, two of a, one of b).
#[test]
fn state_of_the_format_before_goes_on_under_its_plan_and_is_converted() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/state-2");
    let folder = JobFolder::new();
    copy(&golden, &folder.path().join("golden"));
    copy(&golden.join("state"), &folder.path().join("state"));
    folder.write("data/1.json", &std::fs::read_to_string(golden.join("1.json")).unwrap());
    folder.write("sql/streamsql.yaml", CONFIG);
    let plan = |select: &str| {
        folder.write(
            "sql/job.sql",
            &format!(
                "CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = 'data', 'format' = 'json');
                 CREATE TABLE counts (k STRING, n BIGINT) WITH ('connector' = 'print');
                 INSERT INTO counts SELECT {select} FROM t GROUP BY k;"
            ),
        );
    };
    let run = || binary::finish(&mut folder.run(binary::path().to_str().unwrap(), &["--no-http"]));
    let (same, changed) = ("k, COUNT(*)", "UPPER(k), COUNT(*)");
    plan(changed);
    let refused = run();
    assert_eq!(refused.code, Some(6));
    assert!(
        refused.stderr.contains("run the job once with the SQL that wrote the state"),
        "{}",
        refused.stderr
    );
    assert_eq!(binary::run(folder.path(), &["diff", "sql"]).code, Some(6));
    plan(same);
    assert_eq!(binary::run(folder.path(), &["diff", "sql"]).code, Some(0));
    // Nothing new to read: it is converted all the same.
    let converted = run();
    assert_eq!((converted.code, converted.stdout.as_str()), (Some(0), ""), "{}", converted.stderr);
    plan(changed);
    folder.write("data/2.json", "{\"k\": \"a\", \"v\": 1}\n");
    let finished = run();
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(0), "-U[A, 2]\n+U[A, 3]\n"),
        "{}",
        finished.stderr
    );
}
