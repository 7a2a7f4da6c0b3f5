//! Exactly-once under fire: real Kafka, real PostgreSQL, `kill -9`, COMMITs cut on the wire, instances started twice.
//!
//! Three jobs: the demo's with its lookup joins, interval join and deduplications, one of a regular join and aggregates, and
//! one of a hop window, a temporal join and Top-Ns.
//! After every fault the tables are compared with what must come of exactly the input before the committed positions:
//! upsert tables, and an append-only table without a unique constraint, which shows duplicates that upserts hide.
//! Each test prints its seed; `STREAMSQL_CHAOS_SEED` runs another.

use rand::Rng;
use streamsql_tests::chaos::job::Job;
use streamsql_tests::chaos::supervisor::Supervisor;
use streamsql_tests::proxy::Cut;

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

fn seed(default: u64) -> u64 {
    std::env::var("STREAMSQL_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(default)
}

fn any_cut(supervisor: &mut Supervisor) -> Cut {
    [Cut::BeforeServer, Cut::AfterServer, Cut::InFlight][supervisor.random.random_range(0..3)]
}

fn check(supervisor: &mut Supervisor, whole: bool) {
    supervisor.check(whole).unwrap_or_else(|difference| panic!("{difference}"));
}

fn finish(mut supervisor: Supervisor) {
    supervisor.wait_for_all();
    check(&mut supervisor, true);
    supervisor.stop();
    check(&mut supervisor, true);
    println!("chaos: {:?}", supervisor.counts);
}

/// Two hundred kills.
fn kills(job: Job, seed: u64) {
    let mut supervisor = Supervisor::new(BINARY, job, seed, None);
    supervisor.feed(500);
    for cycle in 0..200 {
        supervisor.feed(60);
        supervisor.kill();
        check(&mut supervisor, cycle % 20 == 0);
        if cycle % 25 == 24 {
            supervisor.wait_for_all();
            check(&mut supervisor, false);
        }
    }
    finish(supervisor);
}

/// Fifty cut COMMITs and twenty double starts.
fn cuts_and_double_starts(job: Job, seed: u64) {
    let mut supervisor = Supervisor::new(BINARY, job, seed, None);
    supervisor.feed(500);
    for cycle in 0..50 {
        let cut = any_cut(&mut supervisor);
        supervisor.cut(cut);
        check(&mut supervisor, false);
        supervisor.wait_for_progress();
        check(&mut supervisor, cycle % 20 == 0);
        if cycle % 5 < 2 {
            supervisor.start_twice();
            check(&mut supervisor, false);
        }
    }
    finish(supervisor);
}

#[test]
fn two_hundred_kills() {
    kills(Job::Attribution, seed(1));
}

#[test]
fn two_hundred_kills_of_a_join_and_aggregates() {
    kills(Job::Totals, seed(4));
}

#[test]
fn two_hundred_kills_of_windows_a_temporal_join_and_top_ns() {
    kills(Job::Windows, seed(6));
}

#[test]
fn fifty_cut_commits_and_twenty_double_starts() {
    cuts_and_double_starts(Job::Attribution, seed(2));
}

#[test]
fn fifty_cut_commits_and_twenty_double_starts_of_a_join_and_aggregates() {
    cuts_and_double_starts(Job::Totals, seed(5));
}

/// A mistake shows where a COMMIT that is cut has rows of the table, which depends on when the job commits: of a window that few
/// of them have. The first that shows it is enough.
const CUTS: usize = 60;

/// Runs a wrong protocol until the checks notice in this table.
fn is_noticed(job: Job, mistake: &str, cut: Cut, table: &str) {
    let mut supervisor = Supervisor::new(BINARY, job, seed(3), Some(mistake));
    supervisor.feed(200);
    for _ in 0..CUTS {
        supervisor.cut(cut);
        supervisor.wait_for_progress();
        if let Err(difference) = supervisor.check(false) {
            assert!(difference.contains(table), "{difference}");
            return;
        }
    }
    panic!("{CUTS} cuts, and nobody noticed that the protocol is wrong: {mistake}");
}

#[test]
fn the_checks_notice_a_row_in_a_second_transaction() {
    is_noticed(Job::Attribution, "row-in-second-transaction", Cut::BeforeServer, "table audit");
}

#[test]
fn the_checks_notice_a_blind_retry() {
    is_noticed(Job::Attribution, "blind-retry", Cut::AfterServer, "table audit");
}

#[test]
fn the_checks_notice_a_blind_retry_of_a_join_and_aggregates() {
    is_noticed(Job::Totals, "blind-retry", Cut::AfterServer, "table pairs");
}

#[test]
fn the_checks_notice_a_blind_retry_of_windows_a_temporal_join_and_top_ns() {
    is_noticed(Job::Windows, "blind-retry", Cut::AfterServer, "only ever added to");
}

#[test]
fn the_checks_notice_that_a_join_and_aggregates_forget() {
    forgetting_is_noticed(Job::ForgetfulTotals);
}

#[test]
fn the_checks_notice_that_a_temporal_join_and_a_top_n_forget() {
    forgetting_is_noticed(Job::ForgetfulWindows);
}

fn forgetting_is_noticed(job: Job) {
    let mut supervisor = Supervisor::new(BINARY, job, seed(3), None);
    for _ in 0..10 {
        supervisor.feed(200);
        supervisor.kill();
        supervisor.wait_for_all();
        if supervisor.check(false).is_err() {
            return;
        }
    }
    panic!("ten starts without what was kept, and nobody noticed");
}
