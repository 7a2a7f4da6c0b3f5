//! `streamsql gen` through the binary: the same bytes for the same seed, and into a real Kafka.

use std::collections::BTreeSet;
use std::path::Path;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use serde_json::Value;
use streamsql_tests::binary::{self, Finished};
use streamsql_tests::patience::HANG;
use streamsql_tests::services::kafka::Kafka;

fn generate(arguments: &[&str]) -> Finished {
    binary::run(Path::new("."), &[&["gen"], arguments].concat())
}

fn succeed(arguments: &[&str]) -> Finished {
    let finished = generate(arguments);
    assert_eq!(finished.code, Some(0), "{arguments:?}\n{}", finished.stderr);
    finished
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let all = ["--late", "0.1", "--out-of-order", "0.2", "--duplicates", "0.1"];
    let first = succeed(&all).stdout;
    assert_eq!(first, succeed(&all).stdout);
    assert_ne!(first, succeed(&[&all[..], &["--seed", "2"]].concat()).stdout);
    // The rate changes when records are sent, not which.
    assert_eq!(first, succeed(&[&all[..], &["--rate", "20000/s"]].concat()).stdout);
}

#[test]
fn nexmark_is_one_stream_of_persons_auctions_and_bids() {
    let events = ["nexmark", "--events", "500"];
    let first = succeed(&events).stdout;
    assert_eq!(first, succeed(&events).stdout);
    let kinds: Vec<u64> = first
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event_type"].as_u64().unwrap())
        .collect();
    assert_eq!(kinds.len(), 500);
    assert_eq!(kinds[..6], [0, 1, 1, 1, 2, 2]);
    let folder = tempfile::tempdir().unwrap();
    succeed(&[&events[..], &["--to", folder.path().to_str().unwrap()]].concat());
    assert_eq!(std::fs::read_to_string(folder.path().join("nexmark.json")).unwrap(), first);
    assert_eq!(generate(&["nexmark", "clicks"]).code, Some(2), "its stream is not the shop's");
}

#[test]
fn files_hold_what_stdout_shows() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("new/load");
    succeed(&["clicks", "checkouts", "users", "products", "--to", to.to_str().unwrap(), "--users", "10"]);
    let read = |name: &str| std::fs::read_to_string(to.join(name)).unwrap();
    assert_eq!(read("clicks.json"), succeed(&["clicks", "--users", "10"]).stdout);
    assert_eq!(read("checkouts.json"), succeed(&["checkouts", "--users", "10"]).stdout);
    assert_eq!(read("clicks.json").lines().count(), 1_000);
    // Every event's user and product has its row.
    let ids = |name: &str| -> BTreeSet<String> {
        read(name).lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
    };
    let (users, products) = (ids("users.csv"), ids("products.csv"));
    assert_eq!((users.len(), products.len()), (10, 300));
    for line in read("checkouts.json").lines() {
        let checkout: Value = serde_json::from_str(line).unwrap();
        assert!(users.contains(checkout["user_id"].as_str().unwrap()));
        assert!(products.contains(checkout["product_id"].as_str().unwrap()));
    }
}

#[test]
fn the_load_of_the_benchmark_keeps_its_event_rate() {
    let clicks =
        succeed(&["clicks", "--clicks", "5000", "--event-rate", "100", "--start", "2026-01-01 00:00:00"]);
    let last: Value = serde_json::from_str(clicks.stdout.lines().last().unwrap()).unwrap();
    let time = last["click_timestamp"].as_str().unwrap();
    assert!(time.starts_with("2026-01-01 00:00:49.99"), "5,000 clicks at 100 a second take 50 s: {time}");
    let checkouts = succeed(&["checkouts", "--clicks", "5000", "--checkouts", "5000"]);
    assert_eq!(checkouts.stdout.lines().count(), 5_000);
}

#[test]
fn wrong_use_is_told() {
    for wrong in [
        &["--late", "1.5"][..],
        &["--users", "0"],
        &["--event-rate", "0"],
        &["--start", "tomorrow"],
        &["--live", "--rate", "5"],
        &["users", "--to", "kafka://127.0.0.1:1"],
        &["--to", "ftp://x"],
    ] {
        let finished = generate(wrong);
        assert_eq!(finished.code, Some(2), "{wrong:?}: {}", finished.stderr);
        assert!(!finished.stderr.is_empty());
    }
    let finished = generate(&["--to", "/proc/no/such/folder"]);
    assert_eq!(finished.code, Some(5), "{}", finished.stderr);
}

#[test]
fn nobody_reading_is_no_error() {
    let mut command = std::process::Command::new("sh");
    // The generator's own exit code, not that of the pipe's end.
    command.args(["-c", "{ \"$0\" gen --clicks 100000 -q; echo $? >&2; } | head -n 1"]).arg(binary::path());
    let finished = binary::finish(&mut command);
    assert_eq!(finished.stderr.trim(), "0");
    assert_eq!(finished.stdout.lines().count(), 1);
}

/// All records of a topic: partition and value.
fn consume(kafka: &Kafka, topic: &str, partitions: i32) -> Vec<(i32, String)> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap())
        .set("group.id", "generator-test")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    let mut expected = 0;
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
        expected += kafka.watermarks(topic, partition).1;
    }
    consumer.assign(&list).unwrap();
    let mut records = Vec::new();
    while (records.len() as i64) < expected {
        let message = consumer.poll(HANG).expect("a record").unwrap();
        records.push((message.partition(), String::from_utf8(message.payload().unwrap().to_vec()).unwrap()));
    }
    records
}

#[test]
fn kafka_gets_every_record_and_each_user_one_partition() {
    let kafka = Kafka::shared();
    let to = format!("kafka://{}", kafka.bootstrap());
    let (clicks, checkouts) = ("gen-clicks", "gen-checkouts");
    let topics = ["--clicks-topic", clicks, "--checkouts-topic", checkouts, "--to", &to, "-q"];

    // A topic that is not there is an error with a way out, and is not created by asking.
    for _ in 0..2 {
        let finished = generate(&topics);
        assert_eq!(finished.code, Some(5), "{}", finished.stderr);
        assert!(finished.stderr.contains(clicks) && finished.stderr.contains("--create-topics"));
    }
    succeed(&[&topics[..], &["--create-topics", "3", "--duplicates", "0.1"]].concat());
    for (topic, what) in [(clicks, "clicks"), (checkouts, "checkouts")] {
        let records = consume(&kafka, topic, 3);
        let mut sent: Vec<String> = records.iter().map(|(_, value)| value.clone()).collect();
        sent.sort();
        let expected = succeed(&[what, "--duplicates", "0.1"]).stdout;
        let mut expected: Vec<&str> = expected.lines().collect();
        expected.sort_unstable();
        assert_eq!(sent, expected);
        let users: BTreeSet<(String, i32)> = records
            .iter()
            .map(|(partition, value)| {
                let value: Value = serde_json::from_str(value).unwrap();
                (value["user_id"].as_str().unwrap().to_owned(), *partition)
            })
            .collect();
        let names: BTreeSet<&String> = users.iter().map(|(user, _)| user).collect();
        assert_eq!(users.len(), names.len(), "a user is in one partition");
        assert_eq!(users.iter().map(|(_, p)| p).collect::<BTreeSet<_>>().len(), 3, "all partitions are used");
    }
}

#[test]
fn no_broker_is_exit_5_after_a_bounded_wait() {
    let port = streamsql_tests::services::postgres::free_port();
    let finished = generate(&["--to", &format!("kafka://127.0.0.1:{port}"), "--create-topics", "1"]);
    assert_eq!(finished.code, Some(5), "{}", finished.stderr);
    assert!(finished.stderr.contains(&format!("127.0.0.1:{port}")), "{}", finished.stderr);
}
