//! The changes on every edge and the materializer before the sink, compared with what Apache Flink 1.18.1 explains.
//!
//! `goldens/changelogs/cases.sql` are INSERTs over `tables.sql`, `flink.txt` what `EXPLAIN CHANGELOG_MODE` said of each.
//! `goldens/changelogs/non-deterministic` holds the same of INSERTs under `TRY_RESOLVE`, with the values that may be others at a
//! second look. Compared are the operators from the sink down with their modes; scans, projections and exchanges may be elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use streamsql_tests::binary;

/// Plans that differ on purpose, and why.
const DIFFERENT: &[(&str, &str)] = &[(
    "join_noequi",
    "Flink leaves a row that no longer satisfies the condition; the row before an update is needed",
)];

/// The same of plans with values that change.
const DIFFERENT_NON_DETERMINISTIC: &[(&str, &str)] = &[(
    "deduplicated_lookup",
    "Flink says that the last row of rows that only come may be deleted; it never is",
)];

/// Operators with their modes, `MATERIALIZE` for a materializer; an error as its first word.
fn shape(plan: &str) -> Vec<String> {
    let mut shape: Vec<String> = Vec::new();
    for line in plan.lines() {
        let text = line.trim_start_matches([' ', ':', '+', '|', '-']);
        let Some((name, rest)) = text.split_once('(') else { continue };
        if !name.chars().all(char::is_alphabetic) {
            continue;
        }
        let mode = rest.split_once("changelogMode=[").and_then(|(_, mode)| mode.split_once(']'));
        match name {
            // Ours is a node of its own, and the sink says that it is there, too.
            "SinkMaterializer" => {}
            "Sink" if text.contains("upsertMaterialize") => shape.push("MATERIALIZE".to_owned()),
            "LookupJoin" if text.contains("upsertMaterialize") => {
                shape.push("LookupJoin that keeps".to_owned())
            }
            "Sink" | "Exchange" | "ConstraintEnforcer" | "TableSourceScan" | "Calc" | "Reused" => {}
            _ => shape.push(format!("{name}[{}]", mode.map_or("", |(mode, _)| mode))),
        }
    }
    shape
}

fn sections<'a>(text: &'a str, mark: &str) -> BTreeMap<&'a str, &'a str> {
    let parts = text.split(mark).filter_map(|part| part.split_once('\n'));
    parts.map(|(name, text)| (name.trim(), text.trim())).collect()
}

#[test]
fn changes_are_as_flink_infers_them() {
    compare("goldens/changelogs", DIFFERENT);
}

#[test]
fn values_that_change_are_kept_or_refused_as_flink_does() {
    compare("goldens/changelogs/non-deterministic", DIFFERENT_NON_DETERMINISTIC);
}

/// Compares all cases of a folder; those that are known to differ must do so.
fn compare(folder: &str, known_to_differ: &[(&str, &str)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a golden");
    let (tables, cases, recorded) = (read("tables.sql"), read("cases.sql"), read("flink.txt"));
    let recorded = sections(&recorded, "### ");
    let work = tempfile::tempdir().expect("a folder");
    let mut different = Vec::new();
    for (name, sql) in sections(&cases, "-- case ") {
        let (settings, insert) = sql.rsplit_once(";\n").map_or(("", sql), |(before, last)| (before, last));
        let settings = if settings.is_empty() { String::new() } else { format!("{settings};\n") };
        // Flink prints equal parts of a plan as often as they are read.
        let apart = "SET 'table.optimizer.reuse-sub-plan-enabled' = 'false';";
        let script = format!("{apart}\n{tables}{settings}EXPLAIN CHANGELOG_MODE {insert};\n");
        std::fs::write(work.path().join("case.sql"), script).expect("a file");
        let found = binary::run(work.path(), &["query", "case.sql"]);
        let flink = recorded[name];
        let agrees = match flink.starts_with("ERROR") {
            true => found.code == Some(3),
            false => found.code == Some(0) && shape(flink) == shape(&found.stdout),
        };
        let known = known_to_differ.iter().any(|(different, _)| *different == name);
        if agrees == known {
            different.push(format!(
                "{name}\n  Flink {:?}\n  here  {:?}\n{}",
                shape(flink),
                shape(&found.stdout),
                found.stderr
            ));
        }
    }
    assert!(recorded.len() > 45, "{} plans", recorded.len());
    assert!(different.is_empty(), "{} plans differ:\n{}", different.len(), different.join("\n"));
}
