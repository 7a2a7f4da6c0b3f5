//! The shape of the workspace: which crate may know which, licences, single versions, and what every file starts with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Our crates with those of ours that each may depend on (ARCHITECTURE.md, "Crates").
const ALLOWED: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("plan", &["core"]),
    ("functions", &["core"]),
    ("state", &["core"]),
    ("formats", &["core"]),
    ("connectors", &["core", "formats"]),
    ("generator", &["core"]),
    ("demo", &["core"]),
    ("sql", &["core", "functions"]),
    ("planner", &["core", "functions", "plan", "sql"]),
    ("operators", &["core", "plan", "state"]),
    ("runtime", &["core", "plan", "state"]),
    ("harness", &["core", "formats", "plan", "runtime"]),
    ("http", &["core", "plan", "runtime"]),
    ("lint", &["core", "plan", "sql", "functions"]),
    ("cli", ANY),
    ("tests", ANY),
    ("bench", &["generator", "tests"]),
];
const ANY: &[&str] = &[
    "core",
    "plan",
    "functions",
    "state",
    "formats",
    "connectors",
    "generator",
    "demo",
    "sql",
    "planner",
    "operators",
    "runtime",
    "harness",
    "http",
    "lint",
    "cli",
];

/// Foreign crates that a crate of ours must never use, by prefix of their name.
const NEVER: &[(&str, &[&str])] = &[
    ("core", &["tokio", "datafusion", "rdkafka", "sqlx", "object_store"]),
    ("plan", &["tokio", "rdkafka", "sqlx", "object_store"]),
    ("functions", &["tokio", "rdkafka", "sqlx", "object_store"]),
    ("sql", &["tokio", "rdkafka", "sqlx", "object_store"]),
    ("planner", &["tokio", "rdkafka", "sqlx", "object_store"]),
    ("operators", &["tokio", "rdkafka", "sqlx", "object_store", "rand"]),
    ("state", &["datafusion", "rdkafka", "sqlx"]),
    ("formats", &["tokio", "datafusion", "rdkafka", "sqlx"]),
    ("connectors", &["datafusion"]),
    ("generator", &["datafusion", "arrow", "sqlx"]),
    ("demo", &["datafusion", "arrow"]),
    ("harness", &["tokio", "datafusion", "rdkafka", "sqlx", "object_store"]),
    ("runtime", &["datafusion", "rdkafka", "sqlx"]),
    ("runtime", &["datafusion", "rdkafka", "sqlx", "hyper", "axum"]),
    ("http", &["datafusion", "rdkafka", "sqlx", "object_store"]),
];

/// Terms that we may ship under; of an OR one side is enough, of an AND both must be here.
const LICENCES: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates of which the tree holds one version at most: their types cross our borders.
const ONE_VERSION: &[&str] = &[
    "arrow",
    "arrow-array",
    "arrow-schema",
    "datafusion-common",
    "datafusion-expr",
    "http",
    "hyper",
    "rdkafka",
    "sqlparser",
    "sqlx",
    "tokio",
];

/// Crates that must not come in, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("datafusion", "only parts of it are used: docs/decisions/0001-datafusion-parts.md"),
    ("openssl-src", "the system's OpenSSL is used"),
    ("serde_yaml", "unmaintained; serde-saphyr is used"),
    ("tokio-postgres", "Postgres is spoken to by our own client (crates/connectors/src/postgres/wire)"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// `cargo metadata` for this machine's target, without the network.
fn metadata() -> Value {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let about = run(&rustc, &["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host];
    serde_json::from_str(&run(&cargo, &arguments)).unwrap()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// Name without `streamsql-` → names of what it depends on outside of tests.
fn our_dependencies(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let members: BTreeSet<&str> =
        metadata["workspace_members"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let of = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        dependencies.filter(|d| d["kind"] != "dev").map(|d| text(d, "name").to_owned()).collect()
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .filter(|package| members.contains(text(package, "id")))
        .map(|package| (text(package, "name").replace("streamsql-", ""), of(package)))
        .collect()
}

#[test]
fn crates_depend_in_one_direction() {
    let crates = our_dependencies(&metadata());
    let mut wrong = Vec::new();
    for (name, dependencies) in &crates {
        let Some((_, allowed)) = ALLOWED.iter().find(|(krate, _)| krate == name) else {
            wrong.push(format!("crate {name} has no place in this test's table and in ARCHITECTURE.md"));
            continue;
        };
        let never = NEVER.iter().find(|(krate, _)| krate == name).map_or(&[][..], |(_, never)| never);
        for dependency in dependencies {
            match dependency.strip_prefix("streamsql-") {
                Some(ours) if !allowed.contains(&ours) => wrong.push(format!("{name} depends on {ours}")),
                None if never.iter().any(|prefix| dependency.starts_with(prefix)) => {
                    wrong.push(format!("{name} uses {dependency}"));
                }
                _ => {}
            }
        }
    }
    assert!(crates.len() >= ALLOWED.len(), "the workspace lost crates: {:?}", crates.keys());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether an SPDX expression is satisfied by `LICENCES`.
fn may_ship(expression: &str) -> bool {
    let bare = expression.trim();
    if LICENCES.contains(&bare) {
        return true;
    }
    let split = |separator: &str| split_outside_brackets(bare, separator);
    let any = split(" OR ");
    if any.len() > 1 {
        return any.iter().any(|part| may_ship(part));
    }
    let any = split("/");
    if any.len() > 1 {
        return any.iter().any(|part| may_ship(part));
    }
    let all = split(" AND ");
    if all.len() > 1 {
        return all.iter().all(|part| may_ship(part));
    }
    bare.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).is_some_and(may_ship)
}

fn split_outside_brackets<'a>(expression: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in expression.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 && at >= start && expression[at..].starts_with(separator) {
            parts.push(&expression[start..at]);
            start = at + separator.len();
        }
    }
    parts.push(&expression[start..]);
    parts
}

#[test]
fn licences_may_be_shipped() {
    assert!(may_ship("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(may_ship("MIT/GPL-3.0"));
    assert!(!may_ship("MIT AND GPL-3.0"));
    assert!(!may_ship(""));
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let wrong: Vec<String> = packages
        .iter()
        .filter(|package| !may_ship(text(package, "license")))
        .map(|package| {
            format!("{} {}: {}", text(package, "name"), text(package, "version"), package["license"])
        })
        .collect();
    assert!(wrong.is_empty(), "licences that are not on the list:\n{}", wrong.join("\n"));
}

#[test]
fn shared_vocabularies_have_one_version_and_banned_crates_stay_out() {
    let metadata = metadata();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        versions.entry(text(package, "name")).or_default().insert(text(package, "version"));
    }
    let mut wrong = Vec::new();
    for name in ONE_VERSION {
        match versions.get(name) {
            Some(found) if found.len() > 1 => wrong.push(format!("{name} in versions {found:?}")),
            Some(_) => {}
            None => wrong.push(format!("{name} is not used any more: remove it from this test")),
        }
    }
    for (name, reason) in BANNED.iter().filter(|(name, _)| versions.contains_key(name)) {
        wrong.push(format!("{name} came in, although {reason}"));
    }
    for package in metadata["packages"].as_array().unwrap() {
        let source = package["source"].as_str();
        if source.is_some_and(|source| !source.starts_with("registry+")) {
            wrong.push(format!("{} comes from {}", text(package, "name"), text(package, "source")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

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

#[test]
fn every_file_says_what_it_is_for() {
    let mut files = Vec::new();
    rust_files(&root().join("crates"), &mut files);
    assert!(files.len() > 50, "only {} files found", files.len());
    let silent: Vec<_> = files
        .iter()
        .filter(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            !text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 15)
        })
        .collect();
    assert!(silent.is_empty(), "files that do not start with a `//!` line: {silent:?}");
}

/// The words of the card that heads each operator file.
const CARD: &[&str] =
    &["Input", "Output", "State", "Watermark", "Late rows", "Cost", "Errors", "Source", "Tests"];

#[test]
fn every_operator_has_its_card() {
    let folder = root().join("crates/operators/src");
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        if !text.contains("impl Operator for") {
            continue;
        }
        for word in CARD {
            if !text.lines().any(|line| line.starts_with(&format!("//! {word} "))) {
                wrong.push(format!("{name}: no line '{word}' in its card"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
