//! Exactly-once while the services themselves fail: a database that crashes, locks that others hold, tables that change
//! under the job, a stopped process that wakes up, a broker that goes away.

use std::sync::Arc;

use streamsql_tests::chaos::job::Job;
use streamsql_tests::chaos::supervisor::Supervisor;
use streamsql_tests::patience::wait_until;
use streamsql_tests::services::kafka::Kafka;
use streamsql_tests::services::postgres::Postgres;

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

fn check(supervisor: &mut Supervisor) {
    supervisor.check(false).unwrap_or_else(|difference| panic!("{difference}"));
}

fn finish(mut supervisor: Supervisor) {
    supervisor.wait_for_all();
    supervisor.check(true).unwrap_or_else(|difference| panic!("{difference}"));
    supervisor.stop();
    println!("chaos: {:?}", supervisor.counts);
}

#[test]
fn ten_crashes_of_the_database_while_the_job_runs_on() {
    let mut supervisor =
        Supervisor::over(Kafka::shared(), Arc::new(Postgres::start()), BINARY, Job::Attribution, 11, None);
    supervisor.feed(300);
    supervisor.ensure_running();
    for _ in 0..10 {
        supervisor.crash_database();
        check(&mut supervisor);
        supervisor.wait_for_progress();
        check(&mut supervisor);
    }
    assert_eq!(supervisor.counts["starts"], 1, "the job survives its database");
    finish(supervisor);
}

#[test]
fn a_stopped_process_wakes_up_and_finds_itself_replaced() {
    let mut supervisor = Supervisor::new(BINARY, Job::Attribution, 12, None);
    supervisor.feed(300);
    for _ in 0..5 {
        supervisor.make_zombie();
        check(&mut supervisor);
    }
    finish(supervisor);
}

#[test]
fn locks_of_others_only_delay() {
    let mut supervisor = Supervisor::new(BINARY, Job::Attribution, 13, None);
    supervisor.feed(300);
    supervisor.ensure_running();
    supervisor.wait_for_all();
    let mut other = supervisor.other_client();
    other.query("BEGIN; LOCK TABLE attribution IN ACCESS EXCLUSIVE MODE");
    supervisor.feed(100);
    // The job waits for the lock, gives up after its lock_timeout, and sends the same epoch again.
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'attribution'::regclass";
    for _ in 0..2 {
        assert!(wait_until(|| { other.query(waiting)[0][0].as_deref() == Some("1") }));
        assert!(wait_until(|| { other.query(waiting)[0][0].as_deref() == Some("0") }));
    }
    other.query("ROLLBACK");
    supervisor.wait_for_all();
    check(&mut supervisor);
    assert_eq!(supervisor.counts["starts"], 1);
    finish(supervisor);
}

#[test]
fn a_table_that_changes_stops_the_job_and_loses_nothing() {
    let mut supervisor = Supervisor::new(BINARY, Job::Attribution, 14, None);
    supervisor.feed(300);
    supervisor.ensure_running();
    supervisor.wait_for_all();
    supervisor.other_client().query("ALTER TABLE audit RENAME COLUMN source TO origin");
    supervisor.feed(100);
    let (code, said) = supervisor.wait_for_end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("42703") && said.contains("table public.audit"), "{said}");
    supervisor.other_client().query("ALTER TABLE audit RENAME COLUMN origin TO source");
    check(&mut supervisor);
    finish(supervisor);
}

#[test]
fn a_broker_that_comes_back_is_read_on() {
    let kafka = Arc::new(Kafka::start());
    let mut supervisor =
        Supervisor::over(Arc::clone(&kafka), Postgres::shared(), BINARY, Job::Attribution, 15, None);
    supervisor.feed(300);
    supervisor.wait_for_all();
    for _ in 0..2 {
        kafka.crash();
        check(&mut supervisor);
        kafka.restart();
        supervisor.wait_for_progress();
        check(&mut supervisor);
    }
    assert_eq!(supervisor.counts["starts"], 1, "the job survives its broker");
    finish(supervisor);
}
