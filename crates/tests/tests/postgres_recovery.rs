//! What a second start does: goes on, or refuses with a reason; never from the beginning while a commit is known.

use std::path::{Path, PathBuf};

use streamsql_tests::binary::Finished;
use streamsql_tests::job_folder::{JDBC, JobFolder};
use streamsql_tests::services::postgres::Postgres;

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

const SQL: &str = "CREATE TABLE i (k STRING, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
    WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
  CREATE TABLE o (k STRING, n INT, PRIMARY KEY (k) NOT ENFORCED) WITH (JDBC, 'table-name' = 'o');
  CREATE TABLE log (k STRING, n INT) WITH (JDBC, 'table-name' = 'log');
  CREATE VIEW f AS SELECT k, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM i) WHERE rn = 1;
  INSERT INTO o SELECT k, n FROM f;
  INSERT INTO log SELECT k, n FROM i";

/// A job over a folder of files, with its own database.
struct Job {
    server: std::sync::Arc<Postgres>,
    database: String,
    folder: JobFolder,
}

impl Job {
    fn new() -> Self {
        let server = Postgres::shared();
        let database = server.create_database("recovery");
        server.execute(
            &database,
            "CREATE TABLE o (k text PRIMARY KEY, n int); CREATE TABLE log (k text, n int)",
        );
        let folder = JobFolder::over(&server, &database);
        folder.write("sql/job.sql", &SQL.replace("JDBC", JDBC));
        let job = Self { server, database, folder };
        job.file("a", 0..30);
        job
    }

    /// Keys repeat in every file, with times that fall from file to file.
    fn file(&self, name: &str, numbers: std::ops::Range<u32>) {
        let line =
            |n: u32| format!(r#"{{"k":"k{}","n":{n},"ts":"2026-01-01 00:{:02}:00"}}"#, n % 10, 59 - n % 60);
        self.folder.write(&format!("in/{name}.json"), &numbers.map(line).collect::<Vec<_>>().join("\n"));
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        self.folder.run_to_end(BINARY, &self.server, arguments)
    }

    fn succeeds(&self) {
        let finished = self.run(&[]);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    }

    fn refuses(&self, code: i32, text: &str) {
        let before = self.tables();
        let finished = self.run(&[]);
        assert_eq!(finished.code, Some(code), "{}", finished.stderr);
        assert!(finished.stderr.contains(text), "'{text}' is missing in:\n{}", finished.stderr);
        assert_eq!(self.tables(), before);
    }

    /// Rows, sum and checks of both tables.
    fn tables(&self) -> Vec<Option<String>> {
        let sql = "SELECT (SELECT count(*) FROM o), (SELECT sum(n) FROM o), (SELECT count(*) FROM log), (SELECT sum(n) FROM log)";
        self.server.query(&self.database, sql).remove(0)
    }

    /// The file of the committed epoch's state, and where its manifest begins.
    fn newest_manifest(&self) -> (PathBuf, usize) {
        let name =
            self.server.value(&self.database, "SELECT manifest FROM streamsql.job").expect("a manifest");
        let (file, place) = name.split_once('#').expect("a place in a file");
        let (offset, _) = place.split_once('+').expect("offset and length");
        (self.folder.path().join("sql/state").join(file), offset.parse().expect("an offset"))
    }
}

fn numbers(values: [u64; 4]) -> Vec<Option<String>> {
    values.iter().map(|n| Some(n.to_string())).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("folder");
    for entry in std::fs::read_dir(from).expect("folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copy");
        }
    }
}

#[test]
fn a_job_goes_on_with_its_state_at_any_parallelism() {
    let job = Job::new();
    job.succeeds();
    // The latest number of a key has the earliest time: 20 to 29.
    assert_eq!(job.tables(), numbers([10, (20..30).sum(), 30, (0..30).sum()]));
    for (number, parallelism) in ["3", "2", "1"].into_iter().enumerate() {
        let start = 30 + 10 * number as u32;
        job.file(&format!("b{number}"), start..start + 10);
        let finished = job.run(&["--parallelism", parallelism]);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let end = u64::from(start) + 10;
        // Without the state of the runs before, a key would be inserted or kept wrongly.
        assert_eq!(job.tables(), numbers([10, (end - 10..end).sum(), end, (0..end).sum()]));
    }
    assert_eq!(job.server.value(&job.database, "SELECT generation FROM streamsql.job").as_deref(), Some("4"));
}

#[test]
fn a_changed_plan_is_refused_and_does_not_fence() {
    let job = Job::new();
    job.succeeds();
    let generation = || job.server.value(&job.database, "SELECT generation FROM streamsql.job");
    let before = generation();
    let changed = SQL.replace("JDBC", JDBC).replace("PARTITION BY k", "PARTITION BY n");
    job.folder.write("sql/job.sql", &changed);
    job.refuses(6, "the stored state does not fit this plan");
    assert_eq!(generation(), before);
    // Layout and comments are not part of a plan.
    let respaced = SQL.replace("JDBC", JDBC).replace("CREATE TABLE o", "-- as before\nCREATE   TABLE o");
    job.folder.write("sql/job.sql", &respaced);
    job.succeeds();
}

#[test]
fn lost_and_damaged_state_is_never_a_fresh_start() {
    let job = Job::new();
    job.succeeds();
    let (state, kept) = (job.folder.path().join("sql/state"), job.folder.path().join("kept"));
    copy(&state, &kept);
    let restore = || {
        let _ = std::fs::remove_dir_all(&state);
        copy(&kept, &state);
    };
    std::fs::remove_dir_all(&state).expect("remove");
    job.refuses(6, "is missing");
    restore();
    let (file, offset) = job.newest_manifest();
    let bytes = std::fs::read(&file).expect("manifest");
    let flipped = |place: usize| {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1;
        flipped
    };
    for damage in [&bytes[..offset + 20], &flipped(offset + 100)] {
        std::fs::write(&file, damage).expect("damage");
        job.refuses(6, "its hash differs");
    }
    // An epoch's segments are before its manifest.
    std::fs::write(&file, flipped(offset - 1)).expect("damage");
    job.refuses(6, "is damaged");
    restore();
    job.file("c", 30..40);
    job.succeeds();
    assert_eq!(job.tables(), numbers([10, (30..40).sum(), 40, (0..40).sum()]));
}

#[test]
fn a_vanished_job_row_is_never_a_fresh_start() {
    let job = Job::new();
    job.succeeds();
    job.server.execute(&job.database, "DELETE FROM streamsql.job");
    job.refuses(6, "no commit of it is found");
    job.server.execute(&job.database, "DROP SCHEMA streamsql CASCADE");
    job.refuses(6, "no commit of it is found");
}

#[test]
fn a_database_restored_to_an_older_epoch_is_gone_on_from() {
    let job = Job::new();
    job.succeeds();
    job.server.execute(
        &job.database,
        "CREATE SCHEMA backup; CREATE TABLE backup.o AS TABLE o; CREATE TABLE backup.log AS TABLE log;
         CREATE TABLE backup.job AS TABLE streamsql.job",
    );
    job.file("b", 30..40);
    job.succeeds();
    let wanted = job.tables();
    job.server.execute(
        &job.database,
        "TRUNCATE o; INSERT INTO o TABLE backup.o; TRUNCATE log; INSERT INTO log TABLE backup.log;
         TRUNCATE streamsql.job; INSERT INTO streamsql.job TABLE backup.job",
    );
    job.succeeds();
    assert_eq!(job.tables(), wanted);
}

#[test]
fn one_job_a_table_and_one_job_a_folder() {
    let job = Job::new();
    job.succeeds();
    let config = job.folder.path().join("sql/streamsql.yaml");
    let text = std::fs::read_to_string(&config).expect("configuration");
    let other = text.replacen(&job.database, "other", 1);
    std::fs::write(&config, other.replace("./state", "./state2")).expect("configuration");
    job.refuses(3, "is written by job");
    std::fs::write(&config, other).expect("configuration");
    job.refuses(6, "not job other");
}

#[test]
fn a_job_without_postgres_commits_in_its_state_folder() {
    let folder = JobFolder::new();
    folder.write("sql/streamsql.yaml", "job: { name: plain, state: ./state }\n");
    folder.write("in/a.json", "{\"n\":1}\n{\"n\":2}\n");
    folder.write(
        "sql/job.sql",
        "CREATE TABLE i (n INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
         CREATE TABLE p (n INT) WITH ('connector' = 'print');
         INSERT INTO p SELECT n FROM i",
    );
    let server = Postgres::shared();
    let run = || folder.run_to_end(BINARY, &server, &[]);
    let finished = run();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "+I[1]\n+I[2]\n"), "{}", finished.stderr);
    folder.write("in/b.json", "{\"n\":3}\n");
    let finished = run();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "+I[3]\n"), "{}", finished.stderr);
    std::fs::remove_dir_all(folder.path().join("sql/state/commits")).expect("remove");
    let finished = run();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(6), ""), "{}", finished.stderr);
}
