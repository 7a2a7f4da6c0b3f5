//! What page, metrics and REST cost the reference job: while nobody looks, and while somebody looks at everything.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use streamsql_generator::LoadSpec;
use streamsql_tests::served::follow_until;
use streamsql_tests::services::kafka::Kafka;
use streamsql_tests::services::postgres::{Postgres, free_port};

use crate::job::{Job, Topics, Variant};
use crate::measure::{self, Process, Usage, micros_per};
use crate::report::Figure;
use crate::scenarios::{DEADLINE, Setup};

/// Runs of each kind, one after the other in turn; the least of each counts, as the rest is the machine's.
const ROUNDS: usize = 3;

pub fn costs(setup: &Setup) -> Vec<Figure> {
    let (kafka, postgres) = (setup.kafka(), setup.postgres());
    let topics = setup.produce(&kafka, setup.load_spec());
    let events = 2 * setup.events;
    let (mut without, mut nobody, mut somebody) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.push(micros_per(run(setup, &kafka, &postgres, &topics, &["--no-http"]), events));
        nobody.push(micros_per(run(setup, &kafka, &postgres, &topics, &["--http", "127.0.0.1:0"]), events));
        somebody.push(micros_per(watched(setup, &kafka, &postgres, &topics), events));
    }
    let least = |runs: &[f64]| runs.iter().copied().fold(f64::INFINITY, f64::min);
    let more = |runs: &[f64]| (least(runs) / least(&without) - 1.0) * 100.0;
    let note = |runs: &[f64]| {
        let written =
            |runs: &[f64]| runs.iter().map(|cpu| format!("{cpu:.3}")).collect::<Vec<_>>().join(", ");
        format!("µs an event: {}; without: {}", written(runs), written(&without))
    };
    let idle = |arguments: &[&str]| idle_bytes(setup, &kafka, &postgres, arguments) as f64 / 1e6;
    let memory = (idle(&["--no-http"]), idle(&["--http", "127.0.0.1:0"]));
    vec![
        Figure::new("page on, nobody looks, more CPU than --no-http", more(&nobody), "%")
            .at_most(1.0)
            .note(note(&nobody)),
        Figure::new("page on, one follows events and live rows, more CPU", more(&somebody), "%")
            .note(note(&somebody)),
        Figure::new("page on, nobody looks, more idle memory", memory.1 - memory.0, "MB")
            .at_most(3.0)
            .note(format!("{:.1} MB without", memory.0)),
    ]
}

/// The reference job with the lookup cache on, where the page's share is largest, to the end of the topics.
fn job(setup: &Setup, kafka: &Kafka, postgres: &Postgres, topics: &Topics, bounded: bool) -> Job {
    let database = setup.shop(postgres);
    let variant = Variant { bounded, cached: true, ..Variant::default() };
    Job::reference(&setup.binary, kafka, topics, postgres, &database, variant)
}

fn run(setup: &Setup, kafka: &Kafka, postgres: &Postgres, topics: &Topics, arguments: &[&str]) -> Usage {
    let job = job(setup, kafka, postgres, topics, true);
    measure::run(job.command().args(arguments), DEADLINE)
}

/// The same while one reader follows the page's events and one the rows of the sources.
fn watched(setup: &Setup, kafka: &Kafka, postgres: &Postgres, topics: &Topics) -> Usage {
    let job = job(setup, kafka, postgres, topics, true);
    let address = format!("127.0.0.1:{}", free_port());
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for path in ["/api/v1/events", "/api/v1/tap?node=clicks"] {
            let (address, ended) = (&address, &ended);
            scope.spawn(move || follow_until(address, path, ended));
        }
        let usage = measure::run(job.command().args(["--http", &address]), DEADLINE);
        ended.store(true, Ordering::Relaxed);
        usage
    })
}

/// Resident memory once the job has read a little and settled.
fn idle_bytes(setup: &Setup, kafka: &Kafka, postgres: &Postgres, arguments: &[&str]) -> u64 {
    let few = LoadSpec { clicks: Some(100), checkouts: Some(100), ..setup.load_spec() };
    let topics = setup.produce(kafka, few);
    let job = job(setup, kafka, postgres, &topics, false);
    let process = Process::start(job.command().args(arguments));
    std::thread::sleep(Duration::from_secs(8));
    process.rss()
}
