//! The stateful cases of the corpus as jobs: in one shard; in two with commits and a stop, restored in three; stopped
//! twice in one. The result is that of an undisturbed run each time.
//!
//! A case whose result in several shards depends on which of two sources is read first holds a file `one-shard.md` that
//! says why; it is only stopped and restored in one shard, as is a case whose result depends on late rows. `CORPUS=text` filters as in the corpus test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use streamsql_tests::cut::{Cut, Queries};
use streamsql_tests::pipeline::{Pipeline, Run};

/// Runs mostly wait for each other's commits.
const THREADS: usize = 6;
/// The last run is repeated this often at most.
const MOST_RUNS: usize = 8;

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

#[test]
fn stops_restores_and_shards_change_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let filter = std::env::var("CORPUS").unwrap_or_default();
    let cases: Vec<PathBuf> = folders(&root)
        .iter()
        .flat_map(|area| folders(area))
        .filter(|case| case.display().to_string().contains(&filter) && answered(case))
        .collect();
    let (next, played) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match check(case) {
                        Ok(done) => played.fetch_add(usize::from(done), Ordering::Relaxed),
                        Err(what) => {
                            let name = case.strip_prefix(&root).unwrap().display().to_string();
                            failures.lock().unwrap().push(format!("--- {name}\n{what}"));
                            0
                        }
                    };
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    let played = played.into_inner();
    println!("{played} pipelines in all modes");
    assert!(failures.is_empty(), "{} pipelines fail:\n{}", failures.len(), failures.join("\n"));
    assert!(played > 0, "no stateful case matches '{filter}'");
}

/// Whether Flink gave rows, and so do we.
fn answered(case: &Path) -> bool {
    let starts_with_error = |file: &str| {
        std::fs::read_to_string(case.join(file)).is_ok_and(|text| text.starts_with("{\"error\""))
    };
    let expected = if case.join("deviation.md").exists() { "expected.jsonl" } else { "flink.jsonl" };
    case.join(expected).exists() && !starts_with_error(expected)
}

type Table = BTreeMap<String, i64>;

/// False when the case keeps no state.
fn check(case: &Path) -> Result<bool, String> {
    let undisturbed = Pipeline::new(case)?;
    if !undisturbed.is_interesting() {
        return Ok(false);
    }
    let wanted = play(&undisturbed, &[Run { parallelism: 1, stop_after: None }])?;
    let one = |stop_after| Run { parallelism: 1, stop_after };
    compare("stopped twice", &wanted, case, &[one(Some(11)), one(Some(23)), one(None)])?;
    if !case.join("one-shard.md").exists() {
        let two = Run { parallelism: 2, stop_after: Some(25) };
        let three = Run { parallelism: 3, stop_after: None };
        let same = compare("two shards, restored in three", &wanted, case, &[two, three]);
        if same.is_err() && !depends_on_late_rows(case) {
            same?;
        }
    }
    Ok(true)
}

/// Whether it matters to the result of a case which rows come too late: in several shards a row is late or not by how far
/// each of them has come, as in Flink.
fn depends_on_late_rows(case: &Path) -> bool {
    let sql = std::fs::read_to_string(case.join("case.sql")).unwrap_or_default();
    Queries::plan(&sql, case).is_ok_and(|queries| queries.depend_on_late_rows(&queries.run(Cut::AS_READ)))
}

fn compare(mode: &str, wanted: &Table, case: &Path, runs: &[Run]) -> Result<(), String> {
    let got = play(&Pipeline::new(case)?, runs)?;
    if got == *wanted {
        return Ok(());
    }
    let lines = |sign: char, one: &Table, other: &Table| {
        let only = one.iter().filter(|(row, count)| other.get(*row) != Some(count));
        only.map(|(row, count)| format!("  {sign} {count} x {row}\n")).collect::<String>()
    };
    Err(format!("  {mode}:\n{}{}", lines('-', wanted, &got), lines('+', &got, wanted)))
}

/// Runs one after the other, the last one again and again, until the sources are read.
fn play(pipeline: &Pipeline, runs: &[Run]) -> Result<Table, String> {
    for number in 0..MOST_RUNS {
        let run = runs[number.min(runs.len() - 1)];
        if pipeline.run(run).map_err(|error| error.to_string())? {
            return pipeline.table();
        }
    }
    Err(format!("  not at the end after {MOST_RUNS} runs"))
}
