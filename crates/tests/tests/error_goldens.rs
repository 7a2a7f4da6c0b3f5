//! Error goldens: the full text that a user sees for a wrong file.
//!
//! A golden is `goldens/errors/NAME/` with the wrong files and `expected.txt`: the exit code, then stderr. A folder
//! with `case.sql` is run by `query case.sql`, any other as a job by `validate .`; `arguments` adds arguments, one a line.
//! `REWRITE_GOLDENS=1` writes what comes out in place of comparing.

use std::path::{Path, PathBuf};

use streamsql_tests::{binary, words};

#[test]
fn errors_read_as_recorded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/errors");
    let rewrite = std::env::var_os("REWRITE_GOLDENS").is_some();
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() > 20, "only {} goldens below {}", cases.len(), root.display());
    let mut differ = Vec::new();
    for case in &cases {
        let shown = show(case);
        if let Some(word) = words::of_libraries(&shown) {
            differ.push(format!("--- {} says '{word}':\n{shown}", case.display()));
        }
        let file = case.join("expected.txt");
        if rewrite {
            std::fs::write(&file, &shown).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        if expected != shown {
            differ.push(format!("--- {}\nexpected:\n{expected}\nfound:\n{shown}", case.display()));
        }
    }
    assert!(
        differ.is_empty(),
        "{} of {} error texts differ; REWRITE_GOLDENS=1 takes the new ones\n{}",
        differ.len(),
        cases.len(),
        differ.join("\n")
    );
}

/// Exit code and stderr of a case.
fn show(case: &Path) -> String {
    let extra = std::fs::read_to_string(case.join("arguments")).unwrap_or_default();
    let mut arguments =
        if case.join("case.sql").exists() { vec!["query", "case.sql"] } else { vec!["validate", "."] };
    arguments.extend(extra.lines().filter(|line| !line.is_empty()));
    arguments.extend(["--color", "never"]);
    let finished = binary::run(case, &arguments);
    assert!(!finished.panicked(), "{}: {}", case.display(), finished.stderr);
    let code = finished.code.map_or("none".to_owned(), |code| code.to_string());
    format!("exit code {code}\n{}", finished.stderr)
}
