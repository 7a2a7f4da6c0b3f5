//! Every SQL case of `corpus/AREA/CASE` gives what Apache Flink 1.18.1 gave.
//!
//! A case is `case.sql` with its input files and `flink.jsonl`, the changelog recorded from Apache Flink 1.18.1 (or
//! `{"error": …}` when Flink refused it, at planning or while running; then we must fail too, with exit code 1 or 3 and
//! a message). Where we differ on purpose, `deviation.md` says why and `expected.jsonl` holds our answer.
//!
//! `CORPUS=text` runs only the cases whose `AREA/CASE` contains the text.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use streamsql_tests::binary::{self, Finished};
use streamsql_tests::changelog::{diff, materialise};
use streamsql_tests::words;

const THREADS: usize = 2;

#[test]
fn every_case_gives_what_flink_gave() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let filter = std::env::var("CORPUS").unwrap_or_default();
    let cases: Vec<PathBuf> =
        cases(&root).into_iter().filter(|case| name(&root, case).contains(&filter)).collect();
    assert!(!cases.is_empty(), "no case below {} matches '{filter}'", root.display());
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(what) = check(case) {
                        failures.lock().unwrap().push((name(&root, case), what));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    println!("corpus: {} cases, {} failed", cases.len(), failures.len());
    for (case, what) in &failures {
        println!("--- {case}\n{}", what.trim_end());
    }
    let names: Vec<&str> = failures.iter().map(|(case, _)| case.as_str()).collect();
    assert!(failures.is_empty(), "{} of {} cases failed: {}", failures.len(), cases.len(), names.join(" "));
}

/// `AREA/CASE` folders that hold a `case.sql`, sorted.
fn cases(root: &Path) -> Vec<PathBuf> {
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        found.sort();
        found
    };
    folders(root)
        .iter()
        .flat_map(|area| folders(area))
        .filter(|case| case.join("case.sql").exists())
        .collect()
}

fn name(root: &Path, case: &Path) -> String {
    case.strip_prefix(root).unwrap_or(case).display().to_string()
}

/// Runs a case as written; `cut_invariance.rs` and `pipeline_modes.rs` run it in other ways.
fn check(case: &Path) -> Result<(), String> {
    let read = |file: &str| std::fs::read_to_string(case.join(file)).map_err(|e| format!("  {file}: {e}\n"));
    let flink = read("flink.jsonl")?;
    let deviates = case.join("deviation.md").exists();
    let wanted = if deviates { read("expected.jsonl")? } else { flink.clone() };
    if deviates && is_error(&flink) == is_error(&wanted) && same(&flink, &wanted)? {
        return Err("  deviation.md, but expected.jsonl equals flink.jsonl\n".to_owned());
    }
    compare(&wanted, &binary::run(case, &["query", "case.sql", "--output", "json"]))
}

fn is_error(recorded: &str) -> bool {
    recorded.starts_with("{\"error\"")
}

fn same(one: &str, other: &str) -> Result<bool, String> {
    Ok(is_error(one) || diff(&materialise(one)?, &materialise(other)?).is_empty())
}

fn compare(wanted: &str, finished: &Finished) -> Result<(), String> {
    let said = || {
        let lines: Vec<&str> = finished.stderr.lines().take(6).collect();
        format!("  exit code {:?}: {}\n", finished.code, lines.join("\n    "))
    };
    if finished.panicked() {
        return Err(format!("  it panicked or hung: {}", said()));
    }
    if is_error(wanted) {
        let refused = matches!(finished.code, Some(1 | 3)) && !finished.stderr.trim().is_empty();
        return match words::of_libraries(&finished.stderr) {
            _ if !refused => Err(format!("  Flink refused it: {wanted}\n  we did not: {}", said())),
            Some(word) => Err(format!("  the message says '{word}': {}", said())),
            None => Ok(()),
        };
    }
    if finished.code != Some(0) {
        return Err(said());
    }
    let differences = diff(&materialise(wanted)?, &materialise(&finished.stdout)?);
    if differences.is_empty() { Ok(()) } else { Err(differences) }
}
