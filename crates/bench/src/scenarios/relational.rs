//! Aggregates, a join without time bounds and a windowed count over the load, with few and with many keys, to `blackhole`.

use streamsql_generator::LoadSpec;
use streamsql_tests::services::kafka::Kafka;

use crate::job::{Job, Topics};
use crate::measure::{self, micros_per};
use crate::report::Figure;
use crate::scenarios::{DEADLINE, Setup, USERS, whole_topic};

/// Many keys: in a million clicks and a million checkouts two rows a user on average.
const MANY_USERS: u32 = 1_000_000;

const COUNT_AND_SUM: &str =
    "CREATE TABLE sink_table (user_id STRING, n BIGINT, total BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink_table SELECT user_id, COUNT(*), SUM(CAST(quantity AS BIGINT)) FROM checkouts GROUP BY user_id;";

const AGGREGATE_OF_AGGREGATE: &str = "CREATE TABLE sink_table (user_id STRING, n BIGINT, total BIGINT, least BIGINT, most BIGINT)
WITH ('connector' = 'blackhole');
INSERT INTO sink_table SELECT user_id, COUNT(*), SUM(total), MIN(total), MAX(total) FROM (
    SELECT user_id, payment_method, SUM(CAST(quantity AS BIGINT)) AS total FROM checkouts GROUP BY user_id, payment_method
) GROUP BY user_id;";

const JOIN: &str =
    "CREATE TABLE sink_table (checkout_id STRING, product_id STRING, click_id STRING, source STRING)
WITH ('connector' = 'blackhole');
INSERT INTO sink_table SELECT co.checkout_id, co.product_id, cl.click_id, cl.source
FROM checkouts AS co JOIN clicks AS cl ON co.user_id = cl.user_id;";

const TUMBLING_COUNT: &str = "CREATE TABLE sink_table (user_id STRING, window_end TIMESTAMP(3), n BIGINT)
WITH ('connector' = 'blackhole');
INSERT INTO sink_table SELECT user_id, window_end, COUNT(*) FROM TABLE(
    TUMBLE(TABLE clicks, DESCRIPTOR(click_timestamp), INTERVAL '1' MINUTE)) GROUP BY user_id, window_start, window_end;";

pub fn aggregates_and_joins(setup: &Setup) -> Vec<Figure> {
    let kafka = setup.kafka();
    let tables = |users| tables(&kafka, &setup.produce(&kafka, LoadSpec { users, ..setup.load_spec() }));
    let (few, many) = (tables(USERS), tables(MANY_USERS));
    let (one, both) = (setup.events, 2 * setup.events);
    let measured = |name: &str, tables: &str, query: &str, events: u64, limit: f64| {
        let job = Job::statements(&setup.binary, &format!("{tables}\n{query}\n"));
        let usage = measure::run(&mut job.command(), DEADLINE);
        let rate = events as f64 / usage.wall.as_secs_f64();
        Figure::new(format!("{name}, CPU per event"), micros_per(usage, events), "µs")
            .at_most(limit)
            .note(format!("{rate:.0} events/s, peak {} MiB", usage.peak_rss >> 20))
    };
    vec![
        measured("COUNT and SUM by user, 10,000 users", &few, COUNT_AND_SUM, one, 1.2),
        measured("COUNT and SUM by user, 1,000,000 users", &many, COUNT_AND_SUM, one, 1.6),
        measured("MIN and MAX of an aggregate, 10,000 users", &few, AGGREGATE_OF_AGGREGATE, one, 2.5),
        measured("MIN and MAX of an aggregate, 1,000,000 users", &many, AGGREGATE_OF_AGGREGATE, one, 2.5),
        measured("checkouts JOIN clicks ON user_id, 1,000,000 users", &many, JOIN, both, 2.5),
        measured("one-minute tumbling count by user, 10,000 users", &few, TUMBLING_COUNT, one, 1.3),
    ]
}

/// The two tables over the topics.
fn tables(kafka: &Kafka, topics: &Topics) -> String {
    format!(
        "CREATE TABLE clicks (click_id STRING, user_id STRING, source STRING, click_timestamp TIMESTAMP(3), \
         WATERMARK FOR click_timestamp AS click_timestamp - INTERVAL '15' SECOND) WITH ({});\n\
         CREATE TABLE checkouts (checkout_id STRING, user_id STRING, product_id STRING, quantity INT, \
         payment_method STRING) WITH ({});",
        whole_topic(kafka, &topics.clicks),
        whole_topic(kafka, &topics.checkouts)
    )
}
