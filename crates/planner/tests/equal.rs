//! The passes plan every script of the corpus and of the goldens as the planner before them did.

use std::path::{Path, PathBuf};

use streamsql_plan::Dataflow;
use streamsql_plan::explain::{Details, statement};
use streamsql_sql::diagnostic::Diagnostics;
use streamsql_sql::load::load_script;

/// Conditions move down further than before, as in Flink: a condition of ON on one side, a filter over UNION ALL; a second
/// condition on the number of a deduplication has nothing left to say, or reads the constant under its first name.
const FURTHER_DOWN: &[&str] = &[
    "deduplicate/number-filtered-to-two",
    "deduplicate/number-of-a-view-filtered-within",
    "deduplicate/number-two-filters-on-it",
    "interval-join/key-constant-inner",
    "interval-join/right-side-condition-left",
    "statements-joins/extra-conditions",
    "union/of-filtered-views",
];

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            found.push(path);
        }
    }
}

fn text<'d>(planned: Result<impl Iterator<Item = &'d Dataflow>, &Diagnostics>) -> String {
    match planned {
        Ok(dataflows) => {
            let shown = Details { changelog_mode: true, json_execution_plan: true };
            dataflows.map(|dataflow| statement(dataflow, shown)).collect()
        }
        Err(diagnostics) => diagnostics.render(false),
    }
}

#[test]
fn plans_are_those_of_before() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for folder in ["tests/corpus", "tests/goldens", "../examples"] {
        scripts(&root.join(folder), &mut files);
    }
    files.sort();
    assert!(files.len() > 500, "only {} scripts", files.len());
    let mut differ = Vec::new();
    for file in &files {
        let sql = std::fs::read_to_string(file).unwrap();
        let Ok(statements) = load_script(&sql, "case.sql", None, &[]) else { continue };
        let (old, new) =
            (streamsql_sql::plan_script(&statements), streamsql_planner::plan_script(&statements));
        let old = text(old.as_ref().map(|script| script.dataflows()));
        let new = text(new.as_ref().map(|script| script.dataflows()));
        let accepted = FURTHER_DOWN.iter().any(|name| file.display().to_string().contains(name));
        if old != new && !accepted {
            differ.push(format!("=== {}\n--- before\n{old}\n--- now\n{new}", file.display()));
        }
    }
    if let Some(folder) = std::env::var_os("DIFFERENCES") {
        std::fs::write(folder, differ.join("\n")).unwrap();
    }
    assert!(differ.is_empty(), "{} of {} differ", differ.len(), files.len());
}
