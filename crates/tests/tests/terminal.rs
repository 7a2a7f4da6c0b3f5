//! What every command shares: flags, exit codes, what goes to which stream, log forms, interrupts.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::patience::wait_until;
use streamsql_tests::services::postgres::{Postgres, USER};
use streamsql_tests::{binary, process};

const COMMANDS: [&[&str]; 7] = [
    &["run", "sql"],
    &["query", "-e", "SELECT 1"],
    &["explain", "sql"],
    &["validate", "sql"],
    &["test", "sql"],
    &["lint", "sql"],
    &["demo"],
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn streamsql(arguments: &[&str]) -> binary::Finished {
    binary::run(&root(), arguments)
}

#[test]
fn common_flags_are_known_everywhere() {
    let everywhere = ["-v", "-vv", "-q", "--color=always", "--color=never", "--log-format=json"];
    let of_jobs = ["--config=sql/streamsql.yaml", "--var=clicks.topic=c", "--parallelism=2"];
    let all = COMMANDS.iter().copied().chain([
        &["gen"][..],
        &["completions", "bash"],
        &["status"],
        &["stop"],
        &["top"],
        &["tap", "x"],
    ]);
    for command in all {
        let is_job = COMMANDS.contains(&command);
        for flag in everywhere.iter().chain(of_jobs.iter().filter(|_| is_job)) {
            let finished = streamsql(&[command, &[flag, "--help"]].concat());
            assert_eq!(finished.code, Some(0), "{command:?} {flag}: {}", finished.stderr);
        }
    }
}

#[test]
fn wrong_usage_is_exit_2_on_stderr() {
    for wrong in
        [&["no-such-command"][..], &["run", "--parallelism", "0"], &["query"], &["demo", "--rows", "0"], &[]]
    {
        let finished = streamsql(wrong);
        assert_eq!(finished.code, Some(2), "{wrong:?}: {}", finished.stderr);
        assert_eq!(finished.stdout, "", "{wrong:?}");
    }
}

#[test]
fn a_query_takes_variables_too() {
    let folder = JobFolder::new();
    folder.write("q.sql", "SELECT '{{ word }}' AS w");
    folder.write("c.yaml", "tables: { q: { word: hello } }\n");
    let run = |arguments: &[&str]| binary::run(folder.path(), arguments);
    let finished = run(&["query", "q.sql", "--output", "json", "--config", "c.yaml"]);
    assert_eq!(finished.stdout.trim(), r#"{"op":"+I","row":{"w":"hello"}}"#, "{}", finished.stderr);
    let finished = run(&["query", "q.sql", "--output", "json", "--var", "q.word=it's; --"]);
    assert_eq!(finished.stdout.trim(), r#"{"op":"+I","row":{"w":"it's; --"}}"#, "{}", finished.stderr);
    assert_eq!(run(&["query", "q.sql"]).code, Some(3));
}

#[test]
fn json_logs_are_json_also_for_errors() {
    for (arguments, message) in [
        (&["query", "-e", "SELECT nothing"][..], "nothing"),
        (&["validate", "no-such-folder"], "no-such-folder"),
        (&["gen", "users", "--to", "kafka://127.0.0.1:1"], "users.csv"),
        (&["gen", "--clicks", "3"], "made 3 clicks"),
    ] {
        let finished = streamsql(&[arguments, &["--log-format", "json"]].concat());
        let mut found = false;
        for line in finished.stderr.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert!(line["level"].is_string() && line["timestamp"].is_string());
            found |= line["fields"]["message"].as_str().unwrap().contains(message);
        }
        assert!(found, "{arguments:?}: {}", finished.stderr);
    }
}

#[test]
fn colours_only_when_asked_for_or_on_a_terminal() {
    let wrong = ["query", "-e", "SELECT nothing"];
    assert!(!streamsql(&wrong).stderr.contains('\x1b'));
    assert!(streamsql(&[&wrong[..], &["--color", "always"]].concat()).stderr.contains('\x1b'));
    assert!(!streamsql(&["gen", "--clicks", "1"]).stderr.contains('\x1b'));
}

#[test]
fn quiet_says_nothing_when_all_is_well() {
    for command in [&["gen", "--clicks", "5", "-q"][..], &["validate", "sql", "-q"]] {
        let finished = streamsql(command);
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{command:?}");
    }
    let finished = streamsql(&["query", "-e", "SELECT nothing", "-q"]);
    assert!(finished.stderr.contains("nothing"), "an error is said even so");
}

/// A job whose last commit cannot end, because a session of ours holds its table.
#[test]
fn the_second_interrupt_ends_at_once_with_130() {
    let server = Postgres::start();
    let database = server.create_database("interrupt");
    server.execute(&database, "CREATE TABLE target (click_id text PRIMARY KEY)");
    let folder = JobFolder::new();
    folder.write(
        "sql/job.sql",
        &format!(
            "CREATE TABLE clicks (click_id STRING) WITH ('connector' = 'filesystem', 'path' = '{}', 'format' = 'json');
             CREATE TABLE target (click_id STRING, PRIMARY KEY (click_id) NOT ENFORCED) WITH ('connector' = 'jdbc',
               'url' = '{}', 'table-name' = 'target', 'username' = '{USER}', 'password' = '{{{{ password }}}}');
             INSERT INTO target SELECT click_id FROM clicks;",
            folder.write("clicks.json", "{\"click_id\": \"k1\"}\n").display(),
            server.jdbc_url(&database),
        ),
    );
    folder.write(
        "sql/streamsql.yaml",
        "job: { name: interrupt }\ntables: { job: { password: \"${env:PW}\" } }\n",
    );
    let mut holder = server.session(&database);
    holder.query("BEGIN");
    holder.query("LOCK TABLE target IN ACCESS EXCLUSIVE MODE");
    let mut command: Command = folder.run(binary::path().to_str().unwrap(), &[]);
    command.env("PW", server.password()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    // The commit waits for the lock: the server says so.
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    let mut ended = false;
    let waits = wait_until(|| {
        ended = child.try_wait().unwrap().is_some();
        ended || server.value(&database, waiting).as_deref() != Some("0")
    });
    assert!(!ended, "ended: {}", rest(&mut stderr));
    assert!(waits, "nothing waits for the lock");
    process::signal(child.id(), libc::SIGINT);
    // The first one is heard, and says what it does.
    let mut line = String::new();
    while !line.contains("stopping") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "ended at the first interrupt");
    }
    assert!(child.try_wait().unwrap().is_none());
    process::signal(child.id(), libc::SIGINT);
    let status = binary::wait(&mut child).expect("ends");
    assert_eq!(status.code(), Some(130));
    drop(holder);
    assert_eq!(server.value(&database, "SELECT count(*) FROM target").as_deref(), Some("0"));
}

fn rest(stream: &mut impl Read) -> String {
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text
}
