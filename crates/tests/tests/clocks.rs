//! No test depends on how fast the machine is: tests have no clock. What they wait for they wait for in
//! `streamsql_tests::patience`, whose only bound ends hangs; what must be quick is shown by growth.

use std::path::{Path, PathBuf};

/// Words that read a clock, sleep, or hand a limit of time to somebody else.
const CLOCKS: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "Utc::now",
    "Local::now",
    "elapsed()",
    "sleep(",
    "recv_timeout(",
    "wait_timeout(",
    "ulimit -t",
    "RLIMIT_CPU",
];

/// The place that waits for all others.
const PATIENCE: &str = "crates/tests/src/patience.rs";

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The part of a file that only tests run: all of a test crate, else what stands behind `#[cfg(test)]`.
fn tested<'a>(path: &str, text: &'a str) -> &'a str {
    if path.starts_with("crates/tests/src/") || path.contains("/tests/") {
        return text;
    }
    text.find("#[cfg(test)]").map_or("", |at| &text[at..])
}

fn clocks(text: &str) -> Vec<&'static str> {
    CLOCKS.iter().filter(|word| text.contains(**word)).copied().collect()
}

#[test]
fn tests_have_no_clock() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut files = Vec::new();
    rust_files(&root.join("crates"), &mut files);
    let (mut looked_at, mut wrong) = (0, Vec::new());
    for file in &files {
        let path = file.strip_prefix(&root).unwrap().display().to_string();
        let text = std::fs::read_to_string(file).unwrap();
        let tested = tested(&path, &text);
        looked_at += usize::from(!tested.is_empty());
        if path != PATIENCE && path != "crates/tests/tests/clocks.rs" {
            wrong.extend(clocks(tested).iter().map(|word| format!("{path}: {word}")));
        }
    }
    assert!(looked_at > 50, "only {looked_at} files with tests were found");
    assert!(wrong.is_empty(), "wait in {PATIENCE} instead:\n{}", wrong.join("\n"));
}

#[test]
fn a_clock_is_noticed() {
    let inner =
        "fn work() { sleep(1) }\n#[cfg(test)]\nmod tests { fn t() { assert!(start.elapsed() < LIMIT) } }";
    assert_eq!(clocks(tested("crates/core/src/time.rs", inner)), ["elapsed()"]);
    assert_eq!(clocks(tested("crates/core/tests/time.rs", inner)), ["elapsed()", "sleep("]);
    assert!(!clocks(include_str!("../src/patience.rs")).is_empty());
}
