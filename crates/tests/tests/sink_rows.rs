//! What a sink gets, row by row with its kinds, where constraints, keys and updates meet: each case of `goldens/sinks`
//! writes into a `print` table, and `printed.txt` is what Apache Flink 1.18.1 printed.

use std::path::{Path, PathBuf};

use streamsql_tests::binary;

#[test]
fn sinks_get_the_rows_that_flink_sends() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/sinks");
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 5, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let wanted = std::fs::read_to_string(case.join("printed.txt")).unwrap();
        let finished = binary::run(case, &["query", "case.sql"]);
        if finished.code != Some(0) || finished.stdout != wanted {
            let got = format!("{}{}", finished.stdout, finished.stderr);
            wrong.push(format!("{}: wanted\n{wanted}but got\n{got}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}
