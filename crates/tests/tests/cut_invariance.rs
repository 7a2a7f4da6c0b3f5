//! Every case of the corpus gives the same rows, or the same error, however its input is cut into batches.
//!
//! Each is planned once and run with batches of 1 row, of 3 and of as many as there are, in one shard and in two; what it
//! gives as its source reads it is what `corpus.rs` compares with Flink. A case that stands in the corpus is taken
//! without further ado. Where the order in which two sources are read decides (`one-shard.md`), or rows come too late, one
//! shard has to do: in several a row is late or not by how far each of them has come.
//! `CORPUS=text` filters as in the corpus test.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use streamsql_tests::cut::{Cut, Outcome, Queries};

/// Runs wait for their own threads most of the time.
const THREADS: usize = 4;

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
fn no_case_depends_on_the_cut_of_its_input() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let filter = std::env::var("CORPUS").unwrap_or_default();
    let cases: Vec<PathBuf> = folders(&root)
        .iter()
        .flat_map(|area| folders(area))
        .filter(|case| case.display().to_string().contains(&filter) && case.join("case.sql").exists())
        .collect();
    let (next, ran, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let differences = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Some((outcome, difference)) = check(case) else { continue };
                    ran.fetch_add(1, Ordering::Relaxed);
                    failed.fetch_add(usize::from(matches!(outcome, Outcome::Error(_))), Ordering::Relaxed);
                    if let Some(difference) = difference {
                        let name = case.strip_prefix(&root).unwrap().display().to_string();
                        differences.lock().unwrap().push(format!("--- {name}\n{difference}"));
                    }
                }
            });
        }
    });
    let mut differences = differences.into_inner().unwrap();
    differences.sort();
    let (ran, failed) = (ran.into_inner(), failed.into_inner());
    println!("{ran} of {} cases run, of which {failed} end with an error", cases.len());
    assert!(
        differences.is_empty(),
        "{} cases depend on the cut:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert!(ran > 0, "no case that runs matches '{filter}'");
    assert!(!filter.is_empty() || ran > 800, "only {ran} cases run");
}

/// What a case gives and, if there is one, the first difference; none for a case that is refused or runs nothing.
fn check(case: &Path) -> Option<(Outcome, Option<String>)> {
    let sql = std::fs::read_to_string(case.join("case.sql")).unwrap();
    let queries = Queries::plan(&sql, case).ok().filter(|queries| !queries.is_empty())?;
    // A generator with a seed goes on from one run of a plan to the next.
    let generates = sql.contains("RAND");
    let run = |cut: Cut| match generates.then(|| Queries::plan(&sql, case)) {
        Some(Ok(anew)) => anew.run(cut),
        _ => queries.run(cut),
    };
    let wanted = run(Cut::AS_READ);
    let one_shard = case.join("one-shard.md").exists();
    for cut in Cut::ALL.iter().filter(|cut| cut.parallelism == 1 || !one_shard) {
        let got = run(*cut);
        if got != wanted && !(cut.parallelism > 1 && queries.depend_on_late_rows(&wanted)) {
            let difference = format!("  {cut:?}:\n{}", told(&wanted, &got));
            return Some((wanted, Some(difference)));
        }
    }
    Some((wanted, None))
}

fn told(wanted: &Outcome, got: &Outcome) -> String {
    match (wanted, got) {
        (Outcome::Rows(wanted), Outcome::Rows(got)) => {
            let missing = wanted.iter().filter(|(row, count)| got.get(row) != Some(count));
            let extra = got.iter().filter(|(row, count)| wanted.get(row) != Some(count));
            let missing = missing.map(|((_, _, row), count)| format!("  - {count} x {row}\n"));
            let extra = extra.map(|((_, _, row), count)| format!("  + {count} x {row}\n"));
            missing.take(10).chain(extra.take(10)).collect()
        }
        (wanted, got) => {
            let short = |outcome: &Outcome| match outcome {
                Outcome::Rows(rows) => format!("{} rows", rows.len()),
                Outcome::Error(error) => format!("error: {error}"),
            };
            format!("  - {}\n  + {}\n", short(wanted), short(got))
        }
    }
}
