//! The reference job over a filled Kafka: CPU an event, and rows a second into Postgres.

use crate::job::{Job, Variant};
use crate::measure::{self, Usage, micros_per};
use crate::report::Figure;
use crate::scenarios::{DEADLINE, Setup};

/// Runs a variant to the end of the topics; usage and rows in the table.
fn run(setup: &Setup, variant: Variant) -> (Usage, u64) {
    let (kafka, postgres) = (setup.kafka(), setup.postgres());
    let topics = setup.produce(&kafka, setup.load_spec());
    let database = setup.shop(&postgres);
    let variant = Variant { bounded: true, ..variant };
    let job = Job::reference(&setup.binary, &kafka, &topics, &postgres, &database, variant);
    let usage = measure::run(&mut job.command(), DEADLINE);
    let rows = postgres.value(&database, "SELECT count(*) FROM shop.checkout_attribution");
    (usage, rows.and_then(|rows| rows.parse().ok()).unwrap_or(0))
}

fn note(usage: Usage, rows: u64) -> String {
    format!("{:.1} s wall, {rows} rows, peak {} MiB", usage.wall.as_secs_f64(), usage.peak_rss >> 20)
}

pub fn cached(setup: &Setup) -> Vec<Figure> {
    let (usage, rows) = run(setup, Variant { cached: true, ..Variant::default() });
    let value = micros_per(usage, 2 * setup.events);
    vec![
        Figure::new("reference job, lookup cache on, CPU per event", value, "µs")
            .at_most(3.0)
            .note(note(usage, rows)),
    ]
}

pub fn as_written(setup: &Setup) -> Vec<Figure> {
    let (usage, rows) = run(setup, Variant::default());
    let value = micros_per(usage, 2 * setup.events);
    vec![
        Figure::new("reference job as written, CPU per event", value, "µs")
            .at_most(10.0)
            .note(note(usage, rows)),
    ]
}

pub fn per_checkout(setup: &Setup) -> Vec<Figure> {
    let (usage, rows) = run(setup, Variant { cached: true, per_checkout: true, ..Variant::default() });
    let rate = rows as f64 / usage.wall.as_secs_f64();
    vec![
        Figure::new("one row a checkout, rows into Postgres", rate, "rows/s")
            .at_least(60_000.0)
            .note(note(usage, rows)),
        Figure::new("one row a checkout, CPU per event", micros_per(usage, 2 * setup.events), "µs"),
    ]
}
