//! Exactly-once under fire: real Kafka, real PostgreSQL, `kill -9`, COMMITs cut on the wire, instances started twice.
//!
//! After every fault the tables are compared with what must come of exactly the input before the committed positions:
//! upsert tables, and an append-only table without a unique constraint, which shows duplicates that upserts hide.
//! Each test prints its seed; `STREAMSQL_CHAOS_SEED` runs another.

use rand::Rng;
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

#[test]
fn two_hundred_kills() {
    let mut supervisor = Supervisor::new(BINARY, seed(1), None);
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

#[test]
fn fifty_cut_commits_and_twenty_double_starts() {
    let mut supervisor = Supervisor::new(BINARY, seed(2), None);
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

/// Runs a wrong protocol until the checks notice; they must, within a few cuts.
fn is_noticed(mistake: &str, cut: Cut) {
    let mut supervisor = Supervisor::new(BINARY, seed(3), Some(mistake));
    supervisor.feed(200);
    for _ in 0..10 {
        supervisor.cut(cut);
        supervisor.wait_for_progress();
        if let Err(difference) = supervisor.check(false) {
            assert!(difference.contains("table audit"), "{difference}");
            return;
        }
    }
    panic!("ten cuts, and nobody noticed that the protocol is wrong: {mistake}");
}

#[test]
fn the_checks_notice_a_row_in_a_second_transaction() {
    is_noticed("row-in-second-transaction", Cut::BeforeServer);
}

#[test]
fn the_checks_notice_a_blind_retry() {
    is_noticed("blind-retry", Cut::AfterServer);
}
