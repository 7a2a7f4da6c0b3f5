//! Start to first committed row, and memory while nothing happens.

use std::time::{Duration, Instant};

use streamsql_generator::LoadSpec;

use crate::job::{Job, Variant};
use crate::measure::Process;
use crate::report::Figure;
use crate::scenarios::{DEADLINE, Setup};

pub fn start_and_idle(setup: &Setup) -> Vec<Figure> {
    let (kafka, postgres) = (setup.kafka(), setup.postgres());
    let few = LoadSpec { clicks: Some(100), checkouts: Some(100), ..setup.load_spec() };
    let topics = setup.produce(&kafka, few);
    let database = setup.shop(&postgres);
    let job = Job::reference(&setup.binary, &kafka, &topics, &postgres, &database, Variant::default());
    let start = Instant::now();
    let mut process = Process::start(&mut job.command());
    let mut session = postgres.session(&database);
    let mut has_row = || {
        session
            .query("SELECT 1 FROM shop.checkout_attribution LIMIT 1")
            .first()
            .is_some_and(|row| row.first().is_some_and(Option::is_some))
    };
    while !has_row() {
        assert!(start.elapsed() < DEADLINE, "no row was committed");
        std::thread::sleep(Duration::from_millis(2));
    }
    let first_row = start.elapsed();
    // Memory and CPU once the job has settled.
    std::thread::sleep(Duration::from_secs(5));
    let before = process.usage();
    std::thread::sleep(Duration::from_secs(10));
    let after = process.usage();
    let idle_cpu = (after.cpu - before.cpu).as_secs_f64() / (after.wall - before.wall).as_secs_f64();
    vec![
        Figure::new("start to first committed row", first_row.as_secs_f64(), "s").at_most(1.0),
        Figure::new("resident memory, idle", process.rss() as f64 / 1e6, "MB").at_most(60.0),
        Figure::new("CPU, idle", idle_cpu * 100.0, "% of a core"),
    ]
}
