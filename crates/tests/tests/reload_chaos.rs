//! `kill -9` in the middle of reloads: what is committed is the old plan with its state or the new one with its own.
//!
//! Two plans take turns over numbers from 1 on. Each writes every number with its name into an append-only table without a
//! unique constraint, which shows rows that are lost or repeated; the second one writes them into a table more, which it
//! alone has. So after every kill the table more holds exactly the numbers of the second plan: an epoch of one plan with
//! state, positions or sinks of the other would show. Counts by key are kept over all changes.
//! A binary that goes on in a wrong way must be noticed by the same checks.
//! `STREAMSQL_CHAOS_SEED` runs another seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use streamsql_tests::job_folder::{JDBC, JobFolder};
use streamsql_tests::patience::{let_pass, wait_until};
use streamsql_tests::served::Served;
use streamsql_tests::services::postgres::{Postgres, Session};

const FAULTY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

const TABLES: &str = "CREATE TABLE audit (id bigint, plan text); CREATE TABLE extra (id bigint);
  CREATE TABLE counts (k bigint PRIMARY KEY, n bigint, plan text);";

fn sql(plan: &str) -> String {
    let both = format!(
        "CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '6000',
           'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000000');
         CREATE TABLE audit (id BIGINT, plan STRING) WITH ({JDBC}, 'table-name' = 'audit');
         CREATE TABLE counts (k BIGINT, n BIGINT, plan STRING, PRIMARY KEY (k) NOT ENFORCED)
           WITH ({JDBC}, 'table-name' = 'counts');
         INSERT INTO audit SELECT id, '{plan}' FROM t;
         INSERT INTO counts SELECT MOD(id, 7), COUNT(*), '{plan}' FROM t GROUP BY MOD(id, 7);"
    );
    // First, so that every node has another number than under the first plan.
    let more = format!(
        "CREATE TABLE extra (id BIGINT) WITH ({JDBC}, 'table-name' = 'extra');
         INSERT INTO extra SELECT id FROM t WHERE id > 0;"
    );
    if plan == "second" { more + &both } else { both }
}

/// The result tables and how far they have been checked.
struct Tables {
    session: Session,
    /// The highest number that was checked; the rows up to it are gone, so that no check is longer than the one before.
    checked: u64,
    /// Numbers of the first plan and of the second.
    of_plans: [u64; 2],
}

impl Tables {
    fn numbers(&mut self, sql: &str) -> Vec<u64> {
        let row = self.session.query(sql).into_iter().next().unwrap_or_default();
        row.into_iter().map(|value| value.and_then(|value| value.parse().ok()).unwrap_or(0)).collect()
    }

    /// The highest number.
    fn highest(&mut self) -> u64 {
        self.numbers("SELECT max(id) FROM audit")[0].max(self.checked)
    }

    /// The plan that wrote the highest number.
    fn last_plan(&mut self) -> Option<String> {
        self.session.query("SELECT plan FROM audit ORDER BY id DESC LIMIT 1").pop()?.pop()?
    }

    /// Checks what has come since the last time. A transaction of a killed process may still become visible afterwards:
    /// the next check sees it.
    ///
    /// # Errors
    /// What is wrong.
    fn check(&mut self) -> Result<(), String> {
        self.session.query("BEGIN");
        // The job's own table first, as in every transaction of the job: so neither waits for what the other holds.
        let own = "SELECT to_regclass('streamsql.job') IS NOT NULL";
        if self.session.query(own).concat() == [Some("t".to_owned())] {
            self.session.query("LOCK TABLE streamsql.job IN ACCESS EXCLUSIVE MODE");
        }
        self.session.query("LOCK TABLE audit, extra, counts IN ACCESS EXCLUSIVE MODE");
        let checked = self.check_locked();
        self.session.query(if checked.is_ok() { "COMMIT" } else { "ROLLBACK" });
        checked
    }

    fn check_locked(&mut self) -> Result<(), String> {
        let holds = |holds: bool, what: String| if holds { Ok(()) } else { Err(what) };
        let audit = self.numbers(
            "SELECT count(*), count(DISTINCT id), min(id), max(id), count(*) FILTER (WHERE plan = 'first'),
               count(*) FILTER (WHERE plan = 'second') FROM audit",
        );
        let highest = audit[3].max(self.checked);
        let wanted = highest - self.checked;
        let numbers = format!("numbers after {} are lost or repeated: {audit:?}", self.checked);
        holds(audit[..2] == [wanted, wanted], numbers)?;
        let first = format!("numbers after {} do not begin there: {audit:?}", self.checked);
        holds(wanted == 0 || audit[2] == self.checked + 1, first)?;
        let mixed = self.numbers(
            "SELECT (SELECT count(*) FROM
                 (SELECT id FROM extra EXCEPT ALL SELECT id FROM audit WHERE plan = 'second') AS a),
               (SELECT count(*) FROM
                 (SELECT id FROM audit WHERE plan = 'second' EXCEPT ALL SELECT id FROM extra) AS b)",
        );
        holds(mixed == [0, 0], format!("rows of one plan in an epoch of the other: {mixed:?}"))?;
        let counts = self.session.query("SELECT k, n FROM counts ORDER BY k");
        let of_key = |k: u64| (1..=highest).filter(|id| id % 7 == k).count().to_string();
        let wanted: Vec<_> = (0..7).map(|k| vec![Some(k.to_string()), Some(of_key(k))]).collect();
        holds(highest == 0 || counts == wanted, format!("counts of {highest} numbers: {counts:?}"))?;
        self.session.query("TRUNCATE audit, extra");
        self.checked = highest;
        self.of_plans[0] += audit[4];
        self.of_plans[1] += audit[5];
        Ok(())
    }
}

#[test]
fn a_hundred_kills_in_the_middle_of_reloads() {
    let seed = std::env::var("STREAMSQL_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    println!("chaos: seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let server = Postgres::shared();
    let database = server.create_database("reload");
    server.execute(&database, TABLES);
    let mut tables = Tables { session: server.session(&database), checked: 0, of_plans: [0, 0] };
    let mut folder = JobFolder::over(&server, &database);
    folder.write("sql/job.sql", &sql("first"));
    let environment = [("PW", server.password())];
    let mut plans = ["second", "first"].into_iter().cycle();
    let (mut taken, mut not_taken) = (0, 0);
    for cycle in 0..100 {
        let parallelism = random.random_range(1..=3).to_string();
        let served = Served::in_folder(folder, &["--parallelism", &parallelism, "--watch"], &environment);
        let begun = tables.highest();
        let goes_on = wait_until(|| tables.highest() > begun);
        assert!(goes_on, "nothing more is committed:\n{}", served.log());
        let plan = plans.next().unwrap();
        served.folder().write("sql/job.sql", &sql(plan));
        // By request, or noticed by itself; then killed at any moment until a little after the change.
        let request = (cycle % 2 == 0).then(|| {
            let client = served.client();
            std::thread::spawn(move || client.post("/api/v1/reload").is_ok())
        });
        let reloads = || served.log().contains("the plan has changed since the last commit");
        match random.random_range(0..4) {
            // Somewhere on the way.
            0 => let_pass(random.random_range(0..120), || false),
            // From the end of the old job on.
            1 => {
                wait_until(|| served.log().contains("done: "));
                let_pass(random.random_range(0..15), || false);
            }
            // While the new one starts, and shortly after.
            2 => {
                wait_until(reloads);
                let_pass(random.random_range(0..40), || false);
            }
            // After its first rows.
            _ => {
                let came = wait_until(|| tables.last_plan().as_deref() == Some(plan));
                assert!(came, "no rows of the new plan:\n{}", served.log());
                let_pass(random.random_range(0..30), || false);
            }
        }
        folder = served.kill();
        if let Some(request) = request {
            // Answered or cut off: both are right.
            let _ = request.join();
        }
        match tables.last_plan().as_deref() == Some(plan) {
            true => taken += 1,
            false => not_taken += 1,
        }
        tables.check().unwrap();
    }
    println!("chaos: {taken} kills after the new plan's first rows, {not_taken} before");
    assert!(taken > 0 && not_taken > 0, "the kills are all on one side: {taken}, {not_taken}");
    let served = Served::in_folder(folder, &[], &environment);
    let begun = tables.highest();
    assert!(wait_until(|| tables.highest() > begun), "{}", served.log());
    served.kill();
    tables.check().unwrap();
    assert!(tables.of_plans.iter().all(|numbers| *numbers > 1_000), "{:?}", tables.of_plans);
}

/// Reloads with a wrong way to go on until the checks notice; they must, within a few reloads.
fn is_noticed(mistake: &str, what: &str) {
    let server = Postgres::shared();
    let database = server.create_database("mistaken");
    server.execute(&database, TABLES);
    let mut tables = Tables { session: server.session(&database), checked: 0, of_plans: [0, 0] };
    let mut folder = JobFolder::over(&server, &database);
    folder.write("sql/job.sql", &sql("first"));
    let environment = [("PW", server.password()), ("STREAMSQL_TEST_MISTAKE", mistake)];
    for plan in ["second", "first"].into_iter().cycle().take(10) {
        let served = Served::by(FAULTY, folder, &[], &environment);
        let begun = tables.highest();
        assert!(wait_until(|| tables.highest() > begun), "{}", served.log());
        served.folder().write("sql/job.sql", &sql(plan));
        served.client().post("/api/v1/reload").expect("it takes the request");
        // Numbers that come again are lower than those that were there: the plan is asked for, not the highest.
        let rows = format!("SELECT count(*) FROM audit WHERE plan = '{plan}'");
        assert!(wait_until(|| tables.numbers(&rows)[0] > 0), "no rows of the new plan:\n{}", served.log());
        folder = served.kill();
        if let Err(difference) = tables.check() {
            assert!(difference.contains(what), "{difference}");
            return;
        }
    }
    panic!("ten reloads, and nobody noticed that they are wrong: {mistake}");
}

#[test]
fn the_checks_notice_a_plan_that_is_switched_before_the_last_epoch() {
    is_noticed("switched-early", "are lost or repeated");
}

#[test]
fn the_checks_notice_state_that_is_left_out() {
    is_noticed("state-left-out", "counts of");
}

#[test]
fn the_checks_notice_positions_that_are_left_out() {
    is_noticed("positions-left-out", "are lost or repeated");
}
