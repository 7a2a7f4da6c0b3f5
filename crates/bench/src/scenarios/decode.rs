//! The way in: records of one topic, decoded, to `blackhole`.

use crate::job::Job;
use crate::measure::{self, micros_per};
use crate::report::Figure;
use crate::scenarios::{DEADLINE, Setup, whole_topic};

pub fn clicks(setup: &Setup) -> Vec<Figure> {
    let kafka = setup.kafka();
    let topics = setup.produce(&kafka, setup.load_spec());
    let source = |topic: &str, columns: &str| {
        format!("CREATE TABLE source_table ({columns}) WITH ({});\n", whole_topic(&kafka, topic))
    };
    let clicks = "click_id STRING, user_id STRING, source STRING, user_agent STRING, ip_address STRING, \
                  click_timestamp TIMESTAMP(3), WATERMARK FOR click_timestamp AS click_timestamp - INTERVAL '15' SECOND";
    let checkouts = "checkout_id STRING, user_id STRING, product_id STRING, quantity INT, shipping_cost DECIMAL(6, 2), \
                     discount DECIMAL(6, 2), payment_method STRING, payment_status STRING, payment_description STRING, \
                     shipping_address STRING, checkout_timestamp TIMESTAMP(3)";
    let sink = |columns: &str| {
        let columns = columns.split(", WATERMARK").next().unwrap_or(columns);
        format!(
            "CREATE TABLE sink_table ({columns}) WITH ('connector' = 'blackhole');\n\
             INSERT INTO sink_table SELECT * FROM source_table;\n"
        )
    };
    let measured = |name: &str, topic: &str, columns: &str| {
        let job = Job::statements(&setup.binary, &(source(topic, columns) + &sink(columns)));
        let usage = measure::run(&mut job.command(), DEADLINE);
        let rate = setup.events as f64 / usage.wall.as_secs_f64();
        Figure::new(name, micros_per(usage, setup.events), "µs")
            .note(format!("{rate:.0} records/s, peak {} MiB", usage.peak_rss >> 20))
    };
    vec![
        measured("clicks JSON to blackhole, all columns, CPU per event", &topics.clicks, clicks).at_most(1.0),
        measured("checkouts JSON to blackhole, all columns, CPU per event", &topics.checkouts, checkouts),
    ]
}
