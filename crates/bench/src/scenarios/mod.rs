//! What can be measured. Each scenario makes its own topics and database on services that all share.

mod calc;
mod decode;
mod idle;
mod latency;
mod nexmark;
mod page;
mod reference;
mod relational;
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::ValueEnum;
use streamsql_generator::{KafkaDestination, KafkaOptions, Load, LoadSpec, Pace, send, shop};
use streamsql_tests::services::kafka::Kafka;
use streamsql_tests::services::postgres::Postgres;

use crate::job::Topics;
use crate::report::Figure;

/// No single run may take longer.
pub const DEADLINE: Duration = Duration::from_secs(900);
/// Users of the load.
pub const USERS: u32 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Clicks from Kafka, JSON, to blackhole
    Decode,
    /// The reference job with the lookup cache on
    Cached,
    /// The reference job as written
    AsWritten,
    /// One row a checkout: upserts into Postgres
    PerCheckout,
    /// Aggregates and joins with few and with many keys
    Relational,
    /// Start to first committed row, idle memory
    Idle,
    /// Event to committed row at 5,000 and at 50 events a second
    Latency,
    /// What page, metrics and REST cost while nobody looks
    Page,
    /// Fifty tests of the reference job
    Tests,
    /// Ten typical functions over a million rows
    Calc,
    /// The queries of benches/nexmark; only when named
    Nexmark,
}

impl Scenario {
    pub fn run(self, setup: &Setup) -> Vec<Figure> {
        match self {
            Self::Decode => decode::clicks(setup),
            Self::Cached => reference::cached(setup),
            Self::AsWritten => reference::as_written(setup),
            Self::PerCheckout => reference::per_checkout(setup),
            Self::Relational => relational::aggregates_and_joins(setup),
            Self::Idle => idle::start_and_idle(setup),
            Self::Latency => latency::event_to_row(setup),
            Self::Page => page::costs(setup),
            Self::Tests => tests::many(setup),
            Self::Calc => calc::ten_functions(setup),
            Self::Nexmark => nexmark::queries(setup),
        }
    }
}

/// The scenarios named, or all but Nexmark.
pub fn chosen(named: &[Scenario]) -> Vec<Scenario> {
    let all = Scenario::value_variants().iter().copied().filter(|scenario| *scenario != Scenario::Nexmark);
    if named.is_empty() { all.collect() } else { named.to_vec() }
}

/// What all scenarios share.
pub struct Setup {
    pub binary: PathBuf,
    /// Clicks, and as many checkouts.
    pub events: u64,
    pub seed: u64,
    /// Whether Nexmark's events come from a file, not from Kafka.
    pub files: bool,
}

impl Setup {
    pub fn new(binary: PathBuf, events: u64, seed: u64, files: bool) -> Self {
        Self { binary, events, seed, files }
    }

    pub fn kafka(&self) -> Arc<Kafka> {
        Kafka::shared()
    }

    /// A server with its durability on, as in production.
    pub fn postgres(&self) -> Postgres {
        Postgres::with_settings(&["track_commit_timestamp=on", "max_wal_size=4GB"])
    }

    /// The load of the targets: users click 100 times a second of event time in all, one checkout a click on average.
    pub fn load_spec(&self) -> LoadSpec {
        LoadSpec {
            seed: self.seed,
            clicks: Some(self.events),
            checkouts: Some(self.events),
            clicks_per_second: 100.0,
            users: USERS,
            ..LoadSpec::default()
        }
    }

    /// Fills two new topics.
    pub fn produce(&self, kafka: &Kafka, spec: LoadSpec) -> Topics {
        let topics =
            Topics { clicks: kafka.create_topic("clicks", 1), checkouts: kafka.create_topic("checkouts", 1) };
        self.send(kafka, &topics, spec, Pace::Unlimited, &[]);
        topics
    }

    /// Sends a load to two topics, with these settings of the producer; returns the number of records.
    pub fn send(
        &self,
        kafka: &Kafka,
        topics: &Topics,
        spec: LoadSpec,
        pace: Pace,
        properties: &[(&str, &str)],
    ) -> u64 {
        let options = KafkaOptions {
            bootstrap_servers: kafka.bootstrap(),
            topics: vec![Some(topics.clicks.clone()), Some(topics.checkouts.clone())],
            create_partitions: None,
            replication: 1,
            properties: properties
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let mut destination = KafkaDestination::open(options).expect("the topics are there");
        let stop = AtomicBool::new(false);
        send(&mut Load::new(spec), &mut destination, pace, None, &stop).expect("the broker takes the load")
    }

    /// A database with the shop's tables and the load's users and products.
    pub fn shop(&self, postgres: &Postgres) -> String {
        let database = postgres.create_database("bench");
        postgres.execute(
            &database,
            "CREATE SCHEMA shop; \
             CREATE TABLE shop.users (user_id VARCHAR(255) PRIMARY KEY, name VARCHAR(255), email VARCHAR(255), \
               gender VARCHAR(255), birth_day DATE, location VARCHAR(255), phone VARCHAR(255), registration_date DATE); \
             CREATE TABLE shop.products (product_id VARCHAR(255) PRIMARY KEY, product_name VARCHAR(255), \
               category VARCHAR(255), brand VARCHAR(255), price NUMERIC, commission_rate NUMERIC); \
             CREATE TABLE shop.checkout_attribution (checkout_id VARCHAR(255) PRIMARY KEY, user_id VARCHAR(255), \
               product_id VARCHAR(255), quantity INT, total_amount DOUBLE PRECISION, payment_method VARCHAR(255), \
               payment_status VARCHAR(255), payment_description VARCHAR(255), gender VARCHAR(255), \
               category VARCHAR(255), profit DOUBLE PRECISION, source VARCHAR(255), checkout_timestamp TIMESTAMP, \
               click_timestamp TIMESTAMP)",
        );
        insert(
            postgres,
            &database,
            "shop.users",
            (0..USERS).map(|user| {
                format!("('{}', 'n', 'e', '{}')", shop::user_id(user), if user % 2 == 0 { "F" } else { "M" })
            }),
            "user_id, name, email, gender",
        );
        insert(
            postgres,
            &database,
            "shop.products",
            (0..shop::PRODUCTS).map(|product| {
                let (price, rate) = (500 + product * 31, 2 + product % 20);
                format!(
                    "('{}', 'Books', {}.{:02}, 0.{rate:02})",
                    shop::product_id(product),
                    price / 100,
                    price % 100
                )
            }),
            "product_id, category, price, commission_rate",
        );
        database
    }
}

/// Options of a table that is one topic from its begin to where it ends now.
fn whole_topic(kafka: &Kafka, topic: &str) -> String {
    format!(
        "'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{}', \
         'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json'",
        kafka.bootstrap()
    )
}

/// Adds rows, each written as `(value, …)`.
fn insert(
    postgres: &Postgres,
    database: &str,
    table: &str,
    rows: impl Iterator<Item = String>,
    columns: &str,
) {
    let rows: Vec<String> = rows.collect();
    postgres.execute(database, &format!("INSERT INTO {table} ({columns}) VALUES {}", rows.join(", ")));
}
