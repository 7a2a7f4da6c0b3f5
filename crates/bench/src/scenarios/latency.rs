//! From a record's creation time in Kafka to the commit of its row, at a fixed rate.

use std::time::{Duration, Instant};

use streamsql_generator::{LoadSpec, Pace};
use streamsql_tests::services::postgres::USER;

use crate::job::{Job, Topics};
use crate::measure::Process;
use crate::report::{Figure, Target};
use crate::scenarios::Setup;

/// The producer sends each record as it comes: what is measured begins with the record's creation.
const AT_ONCE: &[(&str, &str)] = &[("linger.ms", "0"), ("socket.nagle.disable", "true")];
const WARM_UP: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(30);

/// Targets at a rate, ms.
struct Targets {
    median: Option<f64>,
    p99: f64,
}

pub fn event_to_row(setup: &Setup) -> Vec<Figure> {
    let mut figures = at_rate(setup, 5_000.0, Targets { median: Some(5.0), p99: 15.0 });
    figures.extend(at_rate(setup, 50.0, Targets { median: None, p99: 10.0 }));
    figures
}

fn at_rate(setup: &Setup, events_per_second: f64, targets: Targets) -> Vec<Figure> {
    let (kafka, postgres) = (setup.kafka(), setup.postgres());
    let topics =
        Topics { clicks: kafka.create_topic("clicks", 1), checkouts: kafka.create_topic("checkouts", 1) };
    let database = postgres.create_database("latency");
    postgres.execute(&database, "CREATE TABLE arrivals (click_id text, created timestamp)");
    let sql = format!(
        "CREATE TABLE clicks (click_id STRING, created TIMESTAMP_LTZ(3) METADATA FROM 'timestamp') WITH \
         ('connector' = 'kafka', 'topic' = '{}', 'properties.bootstrap.servers' = '{}', 'format' = 'json', \
         'scan.startup.mode' = 'earliest-offset');\n\
         CREATE TABLE arrivals (click_id STRING, created TIMESTAMP(3)) WITH ('connector' = 'jdbc', 'url' = '{}', \
         'table-name' = 'arrivals', 'username' = '{USER}', 'password' = '{}');\n\
         INSERT INTO arrivals SELECT click_id, CAST(created AS TIMESTAMP(3)) FROM clicks;\n",
        topics.clicks,
        kafka.bootstrap(),
        postgres.jdbc_url(&database),
        postgres.password()
    );
    let job = Job::statements(&setup.binary, &sql);
    let mut process = Process::start(&mut job.command());
    let spec = LoadSpec {
        clicks: Some((events_per_second * (WARM_UP + MEASURED).as_secs_f64()) as u64),
        checkouts: Some(0),
        ..setup.load_spec()
    };
    let sent = setup.send(&kafka, &topics, spec, Pace::Rate(events_per_second), AT_ONCE);
    let deadline = Instant::now() + Duration::from_secs(30);
    let committed = || postgres.value(&database, "SELECT count(*) FROM arrivals");
    while committed() != Some(sent.to_string()) {
        assert!(Instant::now() < deadline, "not all rows arrived");
        std::thread::sleep(Duration::from_millis(50));
    }
    let usage = process.usage();
    let percentile = |p: f64| {
        let sql = format!(
            "SELECT percentile_disc({p}) WITHIN GROUP (ORDER BY ms) FROM (SELECT created, 1000 * extract(epoch FROM \
             (pg_xact_commit_timestamp(xmin) AT TIME ZONE 'UTC') - created) AS ms FROM arrivals) AS a \
             WHERE created > (SELECT min(created) FROM arrivals) + interval '{} s'",
            WARM_UP.as_secs()
        );
        postgres.value(&database, &sql).and_then(|ms| ms.parse::<f64>().ok()).unwrap_or(f64::NAN)
    };
    let (median, p99) = (percentile(0.5), percentile(0.99));
    let epochs = postgres.value(&database, "SELECT epoch FROM streamsql.job").unwrap_or_default();
    let epochs: f64 = epochs.parse().unwrap_or(f64::NAN);
    let seconds = usage.wall.as_secs_f64();
    let what = format!("event to committed row at {events_per_second} events/s");
    let mut half = Figure::new(format!("{what}, p50"), median, "ms");
    half.target = targets.median.map(Target::AtMost);
    vec![
        half,
        Figure::new(format!("{what}, p99"), p99, "ms").at_most(targets.p99).note(format!(
            "max {:.0} ms, {sent} rows, {:.0} epochs/s",
            percentile(1.0),
            epochs / seconds
        )),
        Figure::new("the same, CPU", usage.cpu.as_secs_f64() / seconds * 100.0, "% of a core"),
    ]
}
