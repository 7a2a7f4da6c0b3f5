//! The queries of `benches/nexmark` give what Apache Flink 1.18.1 gave for the same events.
//!
//! The events are made anew by `streamsql gen nexmark` from a seed: 20,000, and 100,000. Of each query,
//! `goldens/nexmark/digests.txt` and `digests-100000.txt` hold the number of rows that stand at the end and a digest of them;
//! small results of the 20,000 stand in `goldens/nexmark/QUERY.jsonl`. They were recorded over a file of these events, read
//! by Flink's filesystem connector. To record them anew, `NEXMARK_CASES=FOLDER` writes the events to `FOLDER/EVENTS` and the
//! queries to `FOLDER/EVENTS/QUERY/case.sql`; the changelog that Flink gives for each goes to `flink.jsonl` beside it, and
//! `NEXMARK_RECORDED=FOLDER` takes what stands at its end. Flink and the 20,000 events have a watermark after every row;
//! the 100,000 have one a batch, as a job does, which costs an unoptimised build a thirtieth: no event is late, so that the
//! rows at the end are the same. Not recorded: q6, which Flink refuses; q12, whose windows are
//! those of the wall clock; q13, which asks a database.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use streamsql_tests::binary::{self, Finished};
use streamsql_tests::changelog::{Table, diff, materialise};
use tempfile::TempDir;

/// Events, and where what Flink made of them stands.
struct Load {
    events: &'static str,
    digests: &'static str,
    /// Small results are kept as a whole.
    whole: bool,
    /// Statements before the others.
    settings: &'static str,
}

const FEW: Load = Load { events: "20000", digests: "digests.txt", whole: true, settings: "" };
const MANY: Load = Load {
    events: "100000",
    digests: "digests-100000.txt",
    whole: false,
    settings: "SET 'pipeline.auto-watermark-interval' = '200 ms';\n",
};
/// All that have a recorded result.
const RECORDED: [&str; 21] = [
    "q0", "q1", "q2", "q3", "q4", "q5", "q7", "q8", "q9", "q10", "q11", "q14", "q15", "q16", "q17", "q18",
    "q19", "q20", "q21", "q22", "q23",
];
/// Results of at most so many rows are kept as a whole.
const SMALL: usize = 120;
const THREADS: usize = 2;

#[test]
fn every_query_gives_what_flink_gave() {
    gives_what_flink_gave(&FEW);
}

#[test]
fn every_query_gives_what_flink_gave_for_a_hundred_thousand_events() {
    gives_what_flink_gave(&MANY);
}

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/nexmark")
}

fn gives_what_flink_gave(load: &Load) {
    if let Some(folder) = std::env::var_os("NEXMARK_CASES") {
        write_cases(load, &Path::new(&folder).join(load.events));
        return;
    }
    if let Some(folder) = std::env::var_os("NEXMARK_RECORDED") {
        take_recorded(load, &Path::new(&folder).join(load.events));
    }
    let folder = TempDir::new().unwrap();
    make_events(load, folder.path());
    let digests = std::fs::read_to_string(goldens().join(load.digests)).unwrap();
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(query) = RECORDED.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(what) = check(query, folder.path(), load, &digests) {
                        failures.lock().unwrap().push(format!("--- {query}\n{what}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn make_events(load: &Load, folder: &Path) {
    let path = folder.to_str().unwrap();
    let events = ["--seed", "7", "--events", load.events, "--event-rate", "200"];
    let made = binary::run(folder, &[&["gen", "nexmark", "-q", "--to", path], &events[..]].concat());
    assert_eq!(made.code, Some(0), "{}", made.stderr);
}

fn write_cases(load: &Load, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    make_events(load, folder);
    for query in RECORDED {
        std::fs::create_dir_all(folder.join(query)).unwrap();
        std::fs::write(folder.join(query).join("case.sql"), script(query, "../nexmark.json")).unwrap();
    }
}

fn check(query: &str, folder: &Path, load: &Load, digests: &str) -> Result<(), String> {
    let file = format!("{query}.sql");
    std::fs::write(folder.join(&file), format!("{}{}", load.settings, script(query, "nexmark.json")))
        .unwrap();
    let finished = binary::run(folder, &["query", &file, "--output", "json"]);
    if finished.code != Some(0) {
        return Err(finished.stderr);
    }
    let got = materialise(&finished.stdout)?;
    if load.whole
        && let Ok(whole) = std::fs::read_to_string(goldens().join(format!("{query}.jsonl")))
    {
        let differs = diff(&materialise(&whole)?, &got);
        return if differs.is_empty() { Ok(()) } else { Err(differs) };
    }
    let of_query = |line: &&str| line.split(' ').next() == Some(query);
    let wanted = digests.lines().find(of_query).ok_or("no digest")?;
    let got = digest(query, &got);
    if got == wanted { Ok(()) } else { Err(format!("wanted {wanted}, got {got}")) }
}

/// Flink has no OVER over rows that are taken back.
#[test]
fn q6_is_refused_as_in_flink() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("q6.sql"), script("q6", "nexmark.json")).unwrap();
    let finished = binary::run(folder.path(), &["query", "q6.sql"]);
    assert!(is_refused(&finished), "{}", finished.stderr);
}

fn is_refused(finished: &Finished) -> bool {
    finished.code == Some(3) && !finished.stderr.is_empty()
}

/// The files are jobs as they stand.
#[test]
fn every_query_is_a_job() {
    for query in RECORDED.iter().chain(&["q12", "q13"]) {
        let finished = binary::run(&queries(), &["explain", "events.sql", &format!("{query}.sql")]);
        assert_eq!(finished.code, Some(0), "{query}: {}", finished.stderr);
    }
}

fn queries() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/nexmark")
}

/// The query's SELECT over a file of events.
fn script(query: &str, path: &str) -> String {
    let read = |file: &str| std::fs::read_to_string(queries().join(file)).unwrap();
    let (events, sql) = (read("events.sql"), read(&format!("{query}.sql")));
    let (head, tail) = events.split_once(") WITH (").unwrap();
    let (_, views) = tail.split_once(");").unwrap();
    let file = format!("'connector' = 'filesystem', 'path' = '{path}', 'format' = 'json'");
    let sink = format!("CREATE TABLE {query} (");
    let (before, sink) = sql.split_once(&sink).unwrap();
    let (_, insert) = sink.split_once("WITH ('connector' = 'blackhole');").unwrap();
    let select = insert.replacen(&format!("INSERT INTO {query}\n"), "", 1);
    format!("{head}) WITH ({file});{views}{before}{select}")
}

/// `QUERY ROWS DIGEST`: FNV-1a of the rows, sorted, each with how often it is there.
fn digest(query: &str, table: &Table) -> String {
    let rows: String = table.rows.iter().map(|(row, count)| format!("{count} {row}\n")).collect();
    format!("{query} {} {:016x}", table.rows.values().sum::<i64>(), streamsql_core::digest(&rows))
}

fn take_recorded(load: &Load, folder: &Path) {
    let mut digests = String::from("# query, rows at the end, FNV-1a of them\n");
    for query in RECORDED {
        let recorded = std::fs::read_to_string(folder.join(query).join("flink.jsonl")).unwrap();
        writeln!(digests, "{}", digest(query, &materialise(&recorded).unwrap())).unwrap();
        let rows = last_rows(&recorded);
        if load.whole && rows.lines().count() <= SMALL {
            std::fs::write(goldens().join(format!("{query}.jsonl")), rows).unwrap();
        }
    }
    std::fs::write(goldens().join(load.digests), digests).unwrap();
}

/// The rows that stand at the end of a changelog, as one that only adds.
fn last_rows(changelog: &str) -> String {
    let mut rows: BTreeMap<String, i64> = BTreeMap::new();
    for line in changelog.lines() {
        let (op, row) = line.split_at("{\"op\":\"+I\"".len());
        *rows.entry(row.to_owned()).or_default() += if op.contains('+') { 1 } else { -1 };
    }
    let standing = rows.iter().filter(|(_, count)| **count > 0);
    let lines = standing.flat_map(|(row, count)| (0..*count).map(move |_| format!("{{\"op\":\"+I\"{row}\n")));
    lines.collect()
}
