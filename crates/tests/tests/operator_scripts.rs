//! Plays every script of `goldens/operators` in all modes; see `streamsql_tests::script` for the language.
//!
//! `SCRIPTS=text` plays only those whose name contains the text; with `WRITE_SCRIPTS=1` the output lines of the files
//! are replaced by what comes out, to be checked against Flink's rules by hand.

use std::path::{Path, PathBuf};

use streamsql_tests::script::{Script, play, written};

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/operators");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "script"))
        .collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn every_script_holds_in_every_mode() {
    let filter = std::env::var("SCRIPTS").unwrap_or_default();
    let write = std::env::var_os("WRITE_SCRIPTS").is_some();
    let mut failures = Vec::new();
    let files: Vec<PathBuf> = scripts().into_iter().filter(|path| name(path).contains(&filter)).collect();
    for path in &files {
        let text = std::fs::read_to_string(path).unwrap();
        let result = Script::parse(&text).and_then(|script| {
            if write {
                let text = written(&text, &script)?;
                std::fs::write(path, &text).map_err(|e| e.to_string())?;
                return play(&Script::parse(&text)?);
            }
            play(&script)
        });
        if let Err(what) = result {
            failures.push(format!("--- {}\n  {what}", name(path)));
        }
    }
    println!("{} scripts", files.len());
    assert!(!files.is_empty(), "no script matches '{filter}'");
    assert!(failures.is_empty(), "{} scripts fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_operator_has_scripts() {
    let names: Vec<String> = scripts().iter().map(|path| name(path)).collect();
    let operators = [
        "Calc",
        "ConstraintEnforcer",
        "Correlate",
        "Deduplicate",
        "IntervalJoin",
        "Limit",
        "LookupJoin",
        "Rank",
        "Sink",
        "SinkMaterializer",
        "SortLimit",
        "TemporalJoin",
        "TemporalSort",
        "Union",
        "WindowDeduplicate",
        "WindowRank",
    ];
    for operator in operators {
        assert!(
            names.iter().any(|name| name.split('.').next() == Some(operator)),
            "no script goldens/operators/{operator}.*.script"
        );
    }
}
