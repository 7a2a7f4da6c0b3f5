//! `streamsql init`: the project that it writes is valid, passes its test, and runs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use streamsql_tests::binary::{self, Finished};

fn run(folder: &Path, arguments: &[&str]) -> Finished {
    let mut command = Command::new(binary::path());
    command.current_dir(folder).args(arguments).env("PGPASSWORD", "x");
    binary::finish(&mut command)
}

#[test]
fn a_new_project_is_valid_and_passes_its_test() {
    for template in ["local", "kafka"] {
        let home = tempfile::tempdir().unwrap();
        let made = run(home.path(), &["init", "my shop", "--template", template]);
        assert_eq!((made.code, made.stdout.as_str()), (Some(0), ""), "{made:?}");
        let project = home.path().join("my shop");
        let valid = run(&project, &["validate", "-D"]);
        assert_eq!(valid.code, Some(0), "{template}: {}", valid.stderr);
        assert!(valid.stderr.starts_with("my-shop: valid, "), "nothing is warned of: {}", valid.stderr);
        let tested = run(&project, &["test"]);
        assert_eq!(tested.code, Some(0), "{template}: {}{}", tested.stdout, tested.stderr);
        assert!(tested.stdout.ends_with("\n1 passed, 0 failed\n"), "{}", tested.stdout);
        assert!(!tested.stdout.contains("not covered"), "{}", tested.stdout);
        let readme = std::fs::read_to_string(project.join("README.md")).unwrap();
        assert!(readme.starts_with("# my-shop\n") && readme.contains("streamsql test"), "{readme}");
        for file in
            ["sql/streamsql.yaml", "sql/source/orders.sql", "sql/process/revenue.sql", "tests/revenue.yaml"]
        {
            let text = std::fs::read_to_string(project.join(file)).unwrap();
            assert!(!text.contains("@NAME@"), "{file}");
        }
    }
}

#[test]
fn a_new_project_runs_without_services() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run(home.path(), &["init", "."]).code, Some(0));
    // Windows of a second, so that nobody waits for a minute.
    let file = home.path().join("sql/process/revenue.sql");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("INTERVAL '1' MINUTE"), "{text}");
    std::fs::write(&file, text.replace("INTERVAL '1' MINUTE", "INTERVAL '1' SECOND")).unwrap();
    let mut command = Command::new(binary::path());
    command.current_dir(home.path()).args(["-q", "run", "--no-http"]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _ = child.kill();
    let _ = child.wait();
    assert!(line.starts_with("+I["), "{line}");
}

#[test]
fn what_is_there_stays() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run(home.path(), &["init", "shop"]).code, Some(0));
    let file = home.path().join("shop/tests/revenue.yaml");
    std::fs::write(&file, "mine").unwrap();
    let again = run(home.path(), &["init", "shop", "--template", "kafka"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.stderr.contains("shop/README.md exists already"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    let source = std::fs::read_to_string(home.path().join("shop/sql/source/orders.sql")).unwrap();
    assert!(source.contains("datagen"), "{source}");
    std::fs::write(home.path().join("file"), "x").unwrap();
    let inside = run(home.path(), &["init", "file"]);
    assert!(inside.code == Some(1) && !inside.panicked(), "{inside:?}");
}
