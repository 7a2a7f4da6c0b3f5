//! Files as a sink: what they hold, when they are seen, and that every committed row is in them once.

use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use streamsql_tests::binary::finish;
use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::patience::{let_pass, wait_until};
use streamsql_tests::process::signal;
use streamsql_tests::services::kafka::{Kafka, Record};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

fn job(sql: &str) -> JobFolder {
    let folder = JobFolder::new();
    folder.write("sql/streamsql.yaml", "job: { name: files, state: ./state }\n");
    folder.write("sql/job.sql", sql);
    folder
}

/// Folder and text of every file that can be seen below a path, sorted.
fn seen(path: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![path.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if !name.starts_with('.') {
                let below = folder.strip_prefix(path).expect("below").display().to_string();
                found.push((below, std::fs::read_to_string(entry.path()).expect("a text")));
            }
        }
    }
    found.sort();
    found
}

fn pair(folder: &str, text: &str) -> (String, String) {
    (folder.to_owned(), text.to_owned())
}

#[test]
fn rows_go_to_files_of_their_partition_and_are_read_again() {
    let folder = job("CREATE TABLE s (n INT, dt DATE, name STRING, ok BOOLEAN) PARTITIONED BY (dt, ok)
           WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');
         INSERT INTO s VALUES
           (1, DATE '2024-02-29', 'a b', TRUE), (2, DATE '2024-02-29', 'c;\"', TRUE),
           (3, CAST(NULL AS DATE), CAST(NULL AS STRING), FALSE);");
    let finished = finish(&mut folder.run(BINARY, &[]));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(
        seen(&folder.path().join("out")),
        [
            pair("dt=2024-02-29/ok=true", "1,\"a b\"\n2,\"c;\"\"\"\n"),
            pair("dt=__DEFAULT_PARTITION__/ok=false", "3,\n"),
        ]
    );
    let read = job(&format!(
        "CREATE TABLE s (n INT, dt DATE, name STRING, ok BOOLEAN) PARTITIONED BY (dt, ok)
           WITH ('connector' = 'filesystem', 'path' = '{}', 'format' = 'csv');
         CREATE TABLE p (n INT, dt DATE, name STRING, ok BOOLEAN) WITH ('connector' = 'print');
         INSERT INTO p SELECT * FROM s;",
        folder.path().join("out").display()
    ));
    let finished = finish(&mut read.run(BINARY, &[]));
    let mut lines: Vec<&str> = finished.stdout.lines().collect();
    lines.sort_unstable();
    let wanted = ["+I[1, 2024-02-29, a b, true]", "+I[2, 2024-02-29, c;\", true]", "+I[3, null, , false]"];
    assert_eq!(lines, wanted, "{}", finished.stderr);
}

#[test]
fn updates_and_what_is_not_there_are_refused() {
    let kind = ", 'sink.partition-commit.policy.kind' = ";
    for (options, query, wanted) in [
        (String::new(), "SELECT 1, COUNT(*) FROM (VALUES 1) AS t (v)", "takes no update changes"),
        (format!("{kind}'metastore,success-file'"), "SELECT 1, 2", "has no metastore"),
        (format!("{kind}'custom'"), "SELECT 1, 2", "a Java class"),
        (
            format!("{kind}'success-file', 'sink.partition-commit.trigger' = 'partition-time'"),
            "SELECT 1, 2",
            "'partition-time' is not supported yet",
        ),
    ] {
        let folder = job(&format!(
            "CREATE TABLE s (k INT, n BIGINT) PARTITIONED BY (k)
               WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json'{options});
             INSERT INTO s {query};"
        ));
        let finished = finish(&mut folder.run(BINARY, &[]));
        assert_eq!(finished.code, Some(3), "{}", finished.stderr);
        assert!(finished.stderr.contains(wanted), "{wanted} is not in {}", finished.stderr);
    }
}

#[test]
fn complete_partitions_are_marked_and_new_files_are_read_as_they_come() {
    let folder =
        job("CREATE TABLE t (n INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv',
           'source.monitor-interval' = '10 ms', 'source.path.regex-pattern' = '.*\\.csv');
         CREATE TABLE s (n INT, k INT) PARTITIONED BY (k) WITH ('connector' = 'filesystem', 'path' = 'out',
           'format' = 'csv', 'sink.partition-commit.policy.kind' = 'success-file', 'auto-compaction' = 'true',
           'sink.partition-commit.success-file.name' = '_DONE');
         INSERT INTO s SELECT n, MOD(n, 2) FROM t;");
    folder.write("in/1.csv", "1\n2\n");
    folder.write("in/1.txt", "x\n");
    let out = folder.path().join("out");
    // A file comes whole: it is read up to where it ends when it is found.
    let arrives = |name: &str, text: &str| {
        let hidden = folder.write(&format!("in/.{name}"), text);
        std::fs::rename(hidden, folder.path().join("in").join(name)).expect("renamed");
    };
    let mut child = folder.run(BINARY, &[]).spawn().expect("the binary starts");
    let rows = || {
        let files = seen(&out).into_iter().filter(|(_, text)| !text.is_empty());
        let mut rows: Vec<String> =
            files.flat_map(|(_, text)| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        rows.sort();
        rows
    };
    assert!(wait_until(|| rows() == ["1", "2"]));
    assert!(wait_until(|| ["k=0", "k=1"].iter().all(|k| out.join(k).join("_DONE").exists())));
    std::fs::remove_file(out.join("k=1/_DONE")).expect("it is there");
    arrives("2.csv", "3\n");
    assert!(wait_until(|| rows() == ["1", "2", "3"]));
    assert!(wait_until(|| out.join("k=1/_DONE").exists()));
    signal(child.id(), 15);
    assert!(child.wait().expect("it ends").success());
    // What was read before is not read again.
    arrives("3.csv", "4\n");
    let mut child = folder.run(BINARY, &[]).spawn().expect("the binary starts");
    assert!(wait_until(|| rows() == ["1", "2", "3", "4"]));
    signal(child.id(), 15);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_stop_marks_no_partition_and_the_end_of_the_input_marks_all() {
    let sql = |monitor: &str| {
        format!(
            "CREATE TABLE t (n INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv'{monitor});
             CREATE TABLE s (n INT, k INT) PARTITIONED BY (k) WITH ('connector' = 'filesystem', 'path' = 'out',
               'format' = 'csv', 'sink.partition-commit.policy.kind' = 'success-file',
               'sink.partition-commit.delay' = '1 d');
             INSERT INTO s SELECT n, MOD(n, 2) FROM t;"
        )
    };
    let folder = job(&sql(", 'source.monitor-interval' = '10 ms'"));
    folder.write("in/1.csv", "1\n2\n");
    let out = folder.path().join("out");
    let marks = || ["k=0", "k=1"].map(|k| out.join(k).join("_SUCCESS").exists());
    let mut child = folder.run(BINARY, &[]).spawn().expect("the binary starts");
    // Both rows stand in hidden files.
    assert!(wait_until(|| walk(&out).concat().lines().count() == 2));
    signal(child.id(), 15);
    assert!(child.wait().expect("it ends").success());
    assert_eq!(seen(&out), [pair("k=0", "2\n"), pair("k=1", "1\n")]);
    assert_eq!(marks(), [false, false]);
    // The same files, which end now.
    folder.write("sql/job.sql", &sql(""));
    let finished = finish(&mut folder.run(BINARY, &[]));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(marks(), [true, true]);
}

/// After every kill what can be seen is a part of the input without repetition; in the end it is all of it.
#[test]
fn kills_and_double_starts_lose_and_repeat_nothing() {
    const ROUNDS: usize = 25;
    let seed = std::env::var("STREAMSQL_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5);
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let kafka = Kafka::shared();
    let input = kafka.create_topic("files-in", 1);
    let folder = job(&format!(
        "CREATE TABLE t (n INT) WITH ('connector' = 'kafka', 'topic' = '{input}', 'format' = 'json',
           'properties.bootstrap.servers' = '{}', 'scan.startup.mode' = 'earliest-offset');
         CREATE TABLE s (n INT, k INT) PARTITIONED BY (k) WITH ('connector' = 'filesystem', 'path' = 'out',
           'format' = 'json', 'sink.rolling-policy.file-size' = '100b');
         INSERT INTO s SELECT n, MOD(n, 3) FROM t;",
        kafka.bootstrap()
    ));
    let out = folder.path().join("out");
    let numbers = || {
        let mut numbers: Vec<i32> = seen(&out)
            .iter()
            .flat_map(|(_, text)| text.lines().map(str::to_owned).collect::<Vec<_>>())
            .map(|line| line.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number"))
            .collect();
        numbers.sort_unstable();
        numbers
    };
    let start = |name: &str| {
        let log = std::fs::File::create(folder.path().join(name)).expect("log");
        folder
            .run(BINARY, &["-v"])
            .stderr(log)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the binary")
    };
    let mut written: i32 = 0;
    let mut feed = |count: i32| {
        let texts: Vec<String> = (written..written + count).map(|n| format!("{{\"n\":{n}}}")).collect();
        kafka.produce(&input, texts.iter().map(|text| Record::value(text)));
        written += count;
        written
    };
    for round in 0..ROUNDS {
        let mut process = start(&format!("log-{round}"));
        feed(60);
        if round % 8 == 7 {
            let second = start(&format!("log-{round}-second"));
            let ended = wait_until(|| {
                feed(1);
                process.try_wait().expect("status").is_some()
            });
            assert!(ended, "the first instance goes on");
            process = second;
        } else {
            let_pass(random.random_range(0..1_000), || false);
        }
        signal(process.id(), libc::SIGKILL);
        process.wait().expect("it ends");
        let found = numbers();
        let mut once = found.clone();
        once.dedup();
        assert_eq!(found, once, "round {round}: a row is there twice");
    }
    let all = feed(1);
    let mut process = start("log-last");
    let log = folder.path().join("log-last");
    // The last row is written to a file that only the end of the job fills.
    let committed = wait_until(|| {
        let hidden = walk(&out).into_iter().any(|text| text.contains(&format!("{{\"n\":{}}}", all - 1)));
        hidden || process.try_wait().expect("status").is_some()
    });
    assert!(committed, "{}", std::fs::read_to_string(&log).unwrap_or_default());
    signal(process.id(), libc::SIGTERM);
    let ended = process.wait().expect("it ends");
    assert!(ended.success(), "{}", std::fs::read_to_string(&log).unwrap_or_default());
    assert_eq!(numbers(), (0..all).collect::<Vec<_>>());
}

/// The texts of all files below a path, hidden ones too.
fn walk(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .flat_map(|entry| match entry.is_dir() {
            true => walk(&entry),
            false => std::fs::read_to_string(&entry).into_iter().collect(),
        })
        .collect()
}
