//! From a record's creation time in Kafka to the commit of its row, at a fixed rate.

use std::time::{Duration, Instant};

use streamsql_generator::{LoadSpec, Pace};
use streamsql_tests::services::postgres::USER;

use crate::job::{Job, Topics};
use crate::measure::Process;
use crate::report::Figure;
use crate::scenarios::Setup;

const EVENTS_PER_SECOND: f64 = 5_000.0;
const WARM_UP: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(30);

pub fn event_to_row(setup: &Setup) -> Vec<Figure> {
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
        clicks: Some((EVENTS_PER_SECOND * (WARM_UP + MEASURED).as_secs_f64()) as u64),
        checkouts: Some(0),
        ..setup.load_spec()
    };
    let sent = setup.send(&kafka, &topics, spec, Pace::Rate(EVENTS_PER_SECOND), None);
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
    vec![
        Figure::new("event to committed row at 5,000 events/s, p99", percentile(0.99), "ms")
            .at_most(300.0)
            .note(format!("p50 {:.0} ms, max {:.0} ms, {sent} rows", percentile(0.5), percentile(1.0))),
        Figure::new(
            "the same, CPU",
            usage.cpu.as_secs_f64() / usage.wall.as_secs_f64() * 100.0,
            "% of a core",
        ),
    ]
}
