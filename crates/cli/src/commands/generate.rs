//! `gen`: the made-up shop's events to Kafka, files or stdout, its users and products as CSV; and the events of Nexmark.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use streamsql_core::Error;
use streamsql_generator::nexmark::{Nexmark, NexmarkSpec};
use streamsql_generator::{
    Destination, Disorder, KafkaDestination, KafkaOptions, LinesDestination, Load, LoadSpec, Pace, Records,
    format_ms, parse_ms, send, shop,
};

use super::{Failure, Global};
use crate::signals::set_on_signals;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Events: JSON
    Clicks,
    /// Events: JSON
    Checkouts,
    /// The users that events refer to: CSV, not to Kafka
    Users,
    /// The products that events refer to: CSV, not to Kafka
    Products,
    /// Persons, auctions and bids of the benchmark Nexmark, in one stream: JSON; alone
    Nexmark,
}

#[derive(Debug, Args)]
pub struct GenArgs {
    /// What to make
    #[arg(value_enum, default_values = ["clicks", "checkouts"])]
    pub what: Vec<What>,
    /// `-` for stdout, kafka://HOST:PORT[,HOST:PORT], or a folder (clicks.json, checkouts.json, users.csv, products.csv, nexmark.json)
    #[arg(long, default_value = "-", value_name = "TARGET", value_parser = target)]
    pub to: Target,
    /// The same seed and options give the same records
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Number of clicks [default: 1000, or without end with --live or --duration]
    #[arg(long)]
    pub clicks: Option<u64>,
    /// Exact number of checkouts [default: as chance has it, about one a click]
    #[arg(long)]
    pub checkouts: Option<u64>,
    /// Number of Nexmark's events [default: 1000, or without end with --live or --duration]
    #[arg(long)]
    pub events: Option<u64>,
    /// Stop after this time, such as 30s
    #[arg(long, value_parser = duration)]
    pub duration: Option<Duration>,
    /// Records per second of wall time [default: as fast as they go]
    #[arg(long, value_parser = positive)]
    pub rate: Option<f64>,
    /// Clicks, or Nexmark's events, per second of event time [default: 100 clicks, 10000 events]
    #[arg(long, value_parser = positive)]
    pub event_rate: Option<f64>,
    /// Event time of the first click: 'yyyy-MM-dd HH:mm:ss[.SSS]' in UTC, or now
    #[arg(long, default_value = "2026-01-01 00:00:00", value_parser = start, value_name = "TIME")]
    pub start: Start,
    /// Event time is the wall clock: each record is sent when its time comes
    #[arg(long, conflicts_with_all = ["rate", "start"])]
    pub live: bool,
    /// Number of users
    #[arg(long, default_value_t = shop::USERS, value_parser = clap::value_parser!(u32).range(1..))]
    pub users: u32,
    /// Number of products
    #[arg(long, default_value_t = shop::PRODUCTS, value_parser = clap::value_parser!(u32).range(1..))]
    pub products: u32,
    /// Longest time from a click to its checkout, and from one checkout to the next
    #[arg(long, default_value = "60s", value_parser = duration, value_name = "TIME")]
    pub checkout_within: Duration,
    /// Fraction of the events that are sent after later ones
    #[arg(long, default_value_t = 0.0, value_parser = fraction, value_name = "0..1")]
    pub out_of_order: f64,
    /// How far out of order they are at most
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub out_of_order_within: Duration,
    /// Fraction of the events that are sent more than 20 s after their time, past the job's watermark
    #[arg(long, default_value_t = 0.0, value_parser = fraction, value_name = "0..1")]
    pub late: f64,
    /// How late they are at most
    #[arg(long, default_value = "5min", value_parser = duration, value_name = "TIME")]
    pub late_within: Duration,
    /// Fraction of the events that are sent twice
    #[arg(long, default_value_t = 0.0, value_parser = fraction, value_name = "0..1")]
    pub duplicates: f64,
    /// Create missing topics with so many partitions
    #[arg(long, value_name = "PARTITIONS", value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub create_topics: Option<i32>,
    /// Replicas of created topics
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub replication: i32,
    /// Topic of the clicks
    #[arg(long, default_value = "clicks", value_name = "TOPIC")]
    pub clicks_topic: String,
    /// Topic of the checkouts
    #[arg(long, default_value = "checkouts", value_name = "TOPIC")]
    pub checkouts_topic: String,
    /// Topic of Nexmark's events
    #[arg(long, default_value = "nexmark", value_name = "TOPIC")]
    pub nexmark_topic: String,
    /// Property of the Kafka client (librdkafka's names); repeatable
    #[arg(long = "property", value_name = "NAME=VALUE", value_parser = property)]
    pub properties: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Stdout,
    Folder(PathBuf),
    /// `host:port,…`
    Kafka(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Now,
    At(i64),
}

pub fn generate(args: &GenArgs, global: &Global) -> Result<u8, Failure> {
    let has = |what| args.what.contains(&what);
    for (what, rows, write) in [
        (
            What::Users,
            args.users,
            shop::write_users as fn(Box<dyn std::io::Write>, u32) -> std::io::Result<()>,
        ),
        (What::Products, args.products, shop::write_products),
    ] {
        if has(what) {
            write_table(args, what, |out| write(out, rows))?;
        }
    }
    if has(What::Nexmark) {
        if args.what.len() > 1 {
            return Err(Failure::Usage("nexmark is made alone".to_owned()));
        }
        return nexmark(args, global);
    }
    let (clicks, checkouts) = (has(What::Clicks), has(What::Checkouts));
    if !clicks && !checkouts {
        return Ok(0);
    }
    let streams = [
        clicks.then_some(("clicks", args.clicks_topic.as_str())),
        checkouts.then_some(("checkouts", args.checkouts_topic.as_str())),
    ];
    let start_ms = start_ms(args);
    let mut load = Load::new(spec(args, start_ms));
    let sent = run(args, &streams, &mut load, start_ms)?;
    if !global.quiet {
        let counts = load.counts();
        tracing::info!(
            "{sent}; made {} clicks and {} checkouts from {}: {} out of order, {} late, {} twice",
            counts.clicks,
            counts.checkouts,
            String::from_utf8_lossy(&format_ms(start_ms)),
            counts.out_of_order,
            counts.late,
            counts.duplicates,
        );
    }
    Ok(0)
}

/// Persons, auctions and bids.
fn nexmark(args: &GenArgs, global: &Global) -> Result<u8, Failure> {
    let start_ms = start_ms(args);
    let mut load = Nexmark::new(NexmarkSpec {
        seed: args.seed,
        events: args.events.or((!is_endless(args)).then_some(1_000)),
        start_ms,
        events_per_second: args.event_rate.unwrap_or(10_000.0),
    });
    let sent = run(args, &[Some(("nexmark", args.nexmark_topic.as_str()))], &mut load, start_ms)?;
    if !global.quiet {
        tracing::info!("{sent} from {}", String::from_utf8_lossy(&format_ms(start_ms)));
    }
    Ok(0)
}

/// What was sent, and how fast.
struct Sent {
    records: u64,
    took: Duration,
}

impl std::fmt::Display for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (records, seconds) = (self.records, self.took.as_secs_f64());
        let rate = records as f64 / seconds.max(0.001);
        write!(f, "sent {records} records in {seconds:.1} s ({rate:.0} a second)")
    }
}

/// Sends a load. `streams` are the load's streams, each with its file's stem and its topic where it is wanted.
fn run(
    args: &GenArgs,
    streams: &[Option<(&str, &str)>],
    load: &mut dyn Records,
    start_ms: i64,
) -> Result<Sent, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    set_on_signals(&stop)?;
    let mut destination: Box<dyn Destination> = match &args.to {
        Target::Stdout => {
            let wanted: Vec<bool> = streams.iter().map(Option::is_some).collect();
            Box::new(LinesDestination::writer(Box::new(std::io::stdout()), &wanted))
        }
        Target::Folder(folder) => {
            let names: Vec<_> = streams.iter().map(|stream| stream.map(|(name, _)| name)).collect();
            Box::new(LinesDestination::folder(folder, &names)?)
        }
        Target::Kafka(servers) => Box::new(KafkaDestination::open(KafkaOptions {
            bootstrap_servers: servers.clone(),
            topics: streams.iter().map(|stream| stream.map(|(_, topic)| topic.to_owned())).collect(),
            create_partitions: args.create_topics,
            replication: args.replication,
            properties: args.properties.clone(),
        })?),
    };
    let pace = match args.rate {
        _ if args.live => Pace::Live { start_ms },
        Some(rate) => Pace::Rate(rate),
        None => Pace::Unlimited,
    };
    let begin = SystemTime::now();
    let records = send(load, destination.as_mut(), pace, args.duration, &stop)?;
    Ok(Sent { records, took: begin.elapsed().unwrap_or_default() })
}

fn is_endless(args: &GenArgs) -> bool {
    args.live || args.duration.is_some()
}

/// Event time of the first event, ms.
fn start_ms(args: &GenArgs) -> i64 {
    match args.start {
        Start::At(ms) if !args.live => ms,
        _ => now_ms(),
    }
}

fn spec(args: &GenArgs, start_ms: i64) -> LoadSpec {
    let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    LoadSpec {
        seed: args.seed,
        start_ms,
        clicks: args.clicks.or((!is_endless(args)).then_some(1_000)),
        checkouts: args.checkouts,
        clicks_per_second: args.event_rate.unwrap_or(100.0),
        users: args.users,
        products: args.products,
        checkout_within_ms: ms(args.checkout_within),
        disorder: Disorder {
            out_of_order: args.out_of_order,
            out_of_order_within_ms: ms(args.out_of_order_within),
            late: args.late,
            late_within_ms: ms(args.late_within),
            duplicates: args.duplicates,
        },
    }
}

fn write_table(
    args: &GenArgs,
    what: What,
    write: impl FnOnce(Box<dyn std::io::Write>) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let name = if what == What::Users { "users.csv" } else { "products.csv" };
    let create = |folder: &Path| {
        std::fs::create_dir_all(folder)?;
        std::fs::File::create(folder.join(name))
    };
    let out: Box<dyn std::io::Write> = match &args.to {
        Target::Stdout => Box::new(std::io::stdout()),
        Target::Folder(folder) => {
            Box::new(create(folder).map_err(|e| {
                Error::unreachable(format!("cannot write {}: {e}", folder.join(name).display()))
            })?)
        }
        Target::Kafka(_) => {
            return Err(Failure::Usage(format!(
                "{name} is a table, not a stream: it does not go to Kafka; --to FOLDER writes it as a file"
            )));
        }
    };
    write(out).map_err(|e| Error::failed(format!("cannot write {name}: {e}")))?;
    Ok(())
}

pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

fn target(text: &str) -> Result<Target, String> {
    match text.split_once("://") {
        _ if text == "-" => Ok(Target::Stdout),
        Some(("kafka", servers)) if !servers.trim_end_matches('/').is_empty() => {
            Ok(Target::Kafka(servers.trim_end_matches('/').to_owned()))
        }
        Some(_) => Err("not -, kafka://HOST:PORT or a folder".to_owned()),
        None if text.is_empty() => Err("empty".to_owned()),
        None => Ok(Target::Folder(PathBuf::from(text))),
    }
}

fn start(text: &str) -> Result<Start, String> {
    if text == "now" {
        return Ok(Start::Now);
    }
    parse_ms(text).map(Start::At).ok_or_else(|| "not 'now' or 'yyyy-MM-dd HH:mm:ss[.SSS]'".to_owned())
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    streamsql_core::units::duration(text)
}

pub(crate) fn positive(text: &str) -> Result<f64, String> {
    match text.trim_end_matches("/s").parse::<f64>() {
        Ok(number) if number.is_finite() && (0.000_001..=1e9).contains(&number) => Ok(number),
        _ => Err("not a number above 0".to_owned()),
    }
}

fn fraction(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("not between 0 and 1".to_owned()),
    }
}

fn property(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned())).ok_or_else(|| "not NAME=VALUE".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        assert_eq!(target("-"), Ok(Target::Stdout));
        assert_eq!(target("kafka://a:1,b:2"), Ok(Target::Kafka("a:1,b:2".to_owned())));
        assert_eq!(target("data/x"), Ok(Target::Folder(PathBuf::from("data/x"))));
        assert!(target("kafka://").is_err());
        assert!(target("http://x").is_err());
    }
}
