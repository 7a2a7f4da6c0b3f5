//! What a newcomer touches holds together: README, Makefile, examples, containers name files and commands that exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use streamsql_tests::binary;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Runs the binary in the project's root.
fn streamsql(arguments: &[&str]) -> binary::Finished {
    binary::run(&root(), arguments)
}

/// The command parses: with `--help` at its end it prints help, but only when everything before it is right.
fn assert_command_exists(arguments: &[&str], place: &str) {
    let mut with_help = arguments.to_vec();
    with_help.push("--help");
    let finished = streamsql(&with_help);
    assert_eq!(finished.code, Some(0), "{place}: streamsql {arguments:?}\n{}", finished.stderr);
    assert!(finished.stdout.contains("Usage:"), "{place}: {arguments:?}");
}

fn folders(path: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(path)).unwrap().flatten();
    entries.filter(|e| e.path().is_dir()).map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_wrong_command_is_noticed_by_this_test() {
    for wrong in [&["runn"][..], &["gen", "--no-such-flag"], &["gen", "--users", "many"]] {
        let finished = streamsql(&[wrong, &["--help"]].concat());
        assert_eq!(finished.code, Some(2), "{wrong:?}: {}", finished.stdout);
    }
}

#[test]
fn the_job_of_the_project_and_every_example_are_valid() {
    let mut jobs = vec!["sql".to_owned()];
    for example in folders("examples") {
        if root().join("examples").join(&example).join("streamsql.yaml").exists() {
            jobs.push(format!("examples/{example}"));
        }
    }
    assert!(jobs.len() >= 4, "{jobs:?}");
    for job in jobs {
        let finished = streamsql(&["validate", &job]);
        assert_eq!(finished.code, Some(0), "{job}\n{}", finished.stderr);
        let finished = streamsql(&["explain", &job]);
        assert!(finished.stdout.contains("Sink("), "{job}\n{}", finished.stderr);
    }
}

#[test]
fn every_example_is_described() {
    let list = read("examples/README.md");
    for example in folders("examples") {
        assert!(list.contains(&format!("({example}/)")), "examples/README.md does not list {example}");
        assert!(
            root().join("examples").join(&example).join("README.md").exists(),
            "{example} has no README.md"
        );
    }
}

/// Recorded from Apache Flink 1.18.1 on the same files, changes applied and sorted.
#[test]
fn examples_over_files_give_what_flink_gives() {
    let result = |file: &str| {
        let finished = streamsql(&["query", file, "--output", "json"]);
        assert_eq!(finished.code, Some(0), "{file}\n{}", finished.stderr);
        let mut rows: Vec<String> = Vec::new();
        for line in finished.stdout.lines() {
            let change: Value = serde_json::from_str(line).unwrap();
            let row = change["row"].to_string();
            match change["op"].as_str().unwrap() {
                "+I" | "+U" => rows.push(row),
                _ => {
                    let at = rows.iter().position(|r| *r == row).expect("a row that was there is removed");
                    rows.remove(at);
                }
            }
        }
        rows.sort();
        rows
    };
    assert_eq!(
        result("examples/files/first_click.sql"),
        [
            r#"{"user_id":"ann","source":"Google","click_timestamp":"2026-01-01 10:00:00"}"#,
            r#"{"user_id":"bob","source":"Youtube","click_timestamp":"2026-01-01 10:00:01"}"#,
            r#"{"user_id":"cho","source":"Gmail","click_timestamp":"2026-01-01 10:00:09"}"#,
        ]
    );
    assert_eq!(
        result("examples/files/decimals.sql"),
        [
            r#"{"payment_id":"p1","amount":"12.50","part":"12.5000000000000","with_tax":"14.88","known":"12.50"}"#,
            r#"{"payment_id":"p2","amount":"3.10","part":"1.0333333333333","with_tax":"3.69","known":"3.10"}"#,
            r#"{"payment_id":"p3","amount":null,"part":null,"with_tax":null,"known":"0.00"}"#,
            r#"{"payment_id":"p4","amount":"100.00","part":"100.0000000000000","with_tax":"119.00","known":"100.00"}"#,
        ]
    );
}

/// Lines of ```sh blocks, comments cut off.
fn shell_lines(markdown: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            inside = line.trim() == "```sh";
        } else if inside {
            let line = line.split(" #").next().unwrap_or(line).trim();
            if !line.is_empty() {
                lines.push(line.to_owned());
            }
        }
    }
    lines
}

/// Splits as a shell would, for quotes and nothing else.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => (quote, any) = (Some(c), true),
            (None, ' ') => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (_, c) => word.push(c),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}

fn make_targets() -> BTreeSet<String> {
    read("Makefile")
        .lines()
        .filter_map(|line| line.split_once(": ").or_else(|| line.split_once(":")))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        .collect()
}

#[test]
fn commands_of_the_documentation_exist() {
    let mut files = vec!["README.md".to_owned(), "examples/README.md".to_owned()];
    files.extend(folders("examples").iter().map(|e| format!("examples/{e}/README.md")));
    let mut checked = 0;
    for file in files {
        let text = read(&file);
        let in_tables =
            text.lines().filter(|l| l.starts_with('|')).flat_map(|l| l.split('`').skip(1).step_by(2));
        let in_tables = in_tables.filter(|code| file != "README.md" && code.starts_with("streamsql "));
        for line in shell_lines(&text).iter().map(String::as_str).chain(in_tables) {
            let words = words(line);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["streamsql" | "target/release/streamsql", arguments @ ..] => {
                    assert_command_exists(arguments, &file);
                    let is_path =
                        |a: &&&str| a.starts_with("examples/") || **a == "sql" || a.starts_with("docker/");
                    for path in arguments.iter().filter(is_path) {
                        assert!(root().join(path).exists(), "{file}: {line}: no {path}");
                    }
                    checked += 1;
                }
                ["make", target] => assert!(make_targets().contains(*target), "{file}: {line}"),
                _ => {}
            }
        }
    }
    assert!(checked >= 10, "only {checked} commands found");
}

#[test]
fn make_has_its_targets() {
    let targets = make_targets();
    for target in ["up", "down", "run", "demo", "test", "bench", "help"] {
        assert!(targets.contains(target), "{targets:?}");
    }
}

#[test]
fn links_of_the_readme_lead_somewhere() {
    for file in ["README.md", "examples/README.md", "ARCHITECTURE.md"] {
        let text = read(file);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let path = root().join(file).parent().unwrap().join(link.split('#').next().unwrap());
            assert!(path.exists(), "{file}: {link}");
        }
    }
}

#[test]
fn containers_mount_files_and_run_commands_that_exist() {
    let compose = yaml("docker-compose.yaml");
    let services = compose["services"].as_object().unwrap();
    let names: BTreeSet<&str> = services.keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["generator", "grafana", "kafka", "postgres", "streamsql"]));
    for (name, service) in services {
        assert!(service["image"].is_string(), "{name}");
        for mount in service["volumes"].as_array().into_iter().flatten() {
            let (from, to) = mount.as_str().unwrap().split_once(':').unwrap();
            assert!(to.starts_with('/'), "{name}: {mount}");
            if from.starts_with("./") {
                assert!(root().join(from).exists(), "{name}: {mount}");
            } else {
                assert!(compose["volumes"].as_object().unwrap().contains_key(from), "{name}: {mount}");
            }
        }
        for needed in service["depends_on"].as_object().into_iter().flatten() {
            assert!(names.contains(needed.0.as_str()), "{name}: {}", needed.0);
            if needed.1["condition"] == "service_healthy" {
                assert!(services[needed.0]["healthcheck"].is_object(), "{name}: {}", needed.0);
            }
        }
        for port in service["ports"].as_array().into_iter().flatten() {
            assert!(
                port.as_str().unwrap().starts_with("127.0.0.1:"),
                "{name} is open to the network: {port}"
            );
        }
        if service["image"] == "streamsql" {
            let command = service["command"].as_array().unwrap();
            let arguments: Vec<&str> = command.iter().map(|a| a.as_str().unwrap()).collect();
            assert_command_exists(&arguments, name);
        }
    }
    // What the job's containers are told exists where it is mounted.
    let command = services["streamsql"]["command"].to_string();
    assert!(command.contains("/job/sql") && command.contains("/job/docker/streamsql.yaml"));
    assert!(root().join("docker/streamsql.yaml").exists());
    // The dashboard's source asks the server by its name here.
    let source = yaml("grafana/provisioning/datasources/postgres.yaml");
    assert_eq!(source["datasources"][0]["url"], "postgres:5432");
    let home =
        services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].as_str().unwrap();
    assert_eq!(home, "/var/lib/grafana/dashboards/shop.json");
    assert!(root().join("grafana/dashboards/shop.json").exists());
}

#[test]
fn the_containers_configuration_differs_in_addresses_only() {
    let (mut ours, mut theirs) = (yaml("sql/streamsql.yaml"), yaml("docker/streamsql.yaml"));
    for config in [&mut ours, &mut theirs] {
        for (section, key) in [
            ("defaults", "bootstrap_servers"),
            ("defaults", "url"),
            ("defaults", "password"),
            ("job", "state"),
        ] {
            config[section].as_object_mut().unwrap().shift_remove(key);
        }
    }
    assert_eq!(ours, theirs);
    // It is valid, with the environment that the container has.
    let compose = yaml("docker-compose.yaml");
    let password = compose["services"]["streamsql"]["environment"]["PGPASSWORD"].as_str().unwrap().to_owned();
    assert_eq!(compose["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"], password);
    let mut command = std::process::Command::new(binary::path());
    command.args(["validate", "sql", "--config", "docker/streamsql.yaml"]);
    command.current_dir(root()).env("PGPASSWORD", password);
    let finished = binary::finish(&mut command);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[test]
fn the_image_builds_from_what_is_not_ignored() {
    let dockerfile = read("Dockerfile");
    let ignore = read(".dockerignore");
    // The binary carries sql/, data/ and postgres/ along.
    for needed in ["Cargo.toml", "Cargo.lock", "crates", "scripts", "sql", "data", "postgres"] {
        assert!(ignore.lines().any(|line| line == format!("!{needed}")), "{needed} is ignored");
        assert!(root().join(needed).exists());
    }
    let minimum = read("Cargo.toml");
    let minimum = minimum.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    let version = |text: &str| -> Vec<u32> { text.split('.').map(|part| part.parse().unwrap()).collect() };
    let image = dockerfile.split("FROM rust:").nth(1).unwrap().split('-').next().unwrap();
    assert!(version(image) >= version(minimum), "rust {image} is older than {minimum}");
    assert!(dockerfile.contains("ENTRYPOINT [\"streamsql\"]"));
    assert!(dockerfile.contains("USER streamsql"), "does not run as root");
}

#[test]
fn completions_for_every_shell_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let finished = streamsql(&["completions", shell]);
        assert_eq!(finished.code, Some(0), "{shell}");
        for command in ["run", "query", "explain", "validate", "demo", "gen", "completions"] {
            assert!(finished.stdout.contains(command), "{shell} does not know {command}");
        }
    }
}
