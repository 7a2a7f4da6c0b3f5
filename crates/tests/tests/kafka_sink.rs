//! Kafka as a sink: what is written, by which guarantee, and that `exactly-once` holds whatever dies in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Int32Array, RecordBatch};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use streamsql_connectors::{MadeSink, SinkSpec};
use streamsql_core::{ChangeBatch, Column, Epoch, EpochRows, ErrorKind, LogicalType, Schema, TwoPhaseSink};
use streamsql_tests::binary::finish;
use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::kafka_topic::{Found, committed_values, read_committed};
use streamsql_tests::patience::{let_pass, wait_until};
use streamsql_tests::process::signal;
use streamsql_tests::services::kafka::{Kafka, Record};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

/// Writes a job of one file.
fn job(kafka: &Kafka, sql: &str) -> JobFolder {
    let folder = JobFolder::new();
    folder.write("sql/streamsql.yaml", "job: { name: writes, state: ./state }\n");
    let kafka = format!("'properties.bootstrap.servers' = '{}'", kafka.bootstrap());
    folder.write("sql/job.sql", &sql.replace("'servers'", &kafka));
    folder
}

fn run(folder: &JobFolder) {
    let finished = finish(&mut folder.run(BINARY, &["-v"]));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[test]
fn records_have_keys_values_timestamps_and_headers() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("sink-parts", 1);
    let folder = job(
        &kafka,
        &format!(
            "CREATE TABLE p (
               k_id INT, name STRING, price DECIMAL(10, 2),
               ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
               h MAP<STRING, BYTES> METADATA FROM 'headers',
               `offset` BIGINT METADATA VIRTUAL
             ) WITH ('connector' = 'kafka', 'topic' = '{topic}', 'servers', 'key.format' = 'csv', 'value.format' = 'json',
                     'key.fields' = 'k_id', 'key.fields-prefix' = 'k_', 'value.fields-include' = 'EXCEPT_KEY',
                     'properties.compression.type' = 'gzip');
             INSERT INTO p VALUES
               (1, 'ä \"x\"', 1.50, TO_TIMESTAMP_LTZ(1700000000123, 3), MAP['a', x'6162']),
               (2, CAST(NULL AS STRING), 100, TO_TIMESTAMP_LTZ(5, 3), CAST(NULL AS MAP<STRING, BYTES>));"
        ),
    );
    run(&folder);
    let found = read_committed(&kafka, &topic, 1);
    let wanted = |key: &str, value: &str, timestamp_ms, headers: &[(&str, &str)]| Found {
        partition: 0,
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
        timestamp_ms: Some(timestamp_ms),
        headers: headers.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned()))).collect(),
    };
    assert_eq!(
        found,
        [
            wanted("1", r#"{"name":"ä \"x\"","price":1.5}"#, 1_700_000_000_123, &[("a", "ab")]),
            wanted("2", r#"{"name":null,"price":1E+2}"#, 5, &[]),
        ]
    );
}

#[test]
fn an_upsert_table_gets_the_last_row_and_tombstones() {
    let kafka = Kafka::shared();
    let (input, output) = (kafka.create_topic("upserts-in", 1), kafka.create_topic("upserts-out", 3));
    let changes = ["a", "b", "a", "c", "b", "b"].iter().zip([1, 2, 3, 4, -2, 7]);
    let texts: Vec<String> = changes.map(|(k, n)| format!("{{\"k\":\"{k}\",\"n\":{n}}}")).collect();
    kafka.produce(&input, texts.iter().map(|text| Record::value(text)));
    let folder = job(
        &kafka,
        &format!(
            "CREATE TABLE t (k STRING, n INT) WITH ('connector' = 'kafka', 'topic' = '{input}', 'servers',
               'format' = 'json', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
             CREATE TABLE s (k STRING, n INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
               'topic' = '{output}', 'servers', 'key.format' = 'json', 'value.format' = 'json');
             INSERT INTO s SELECT k, SUM(n) FROM t GROUP BY k HAVING SUM(n) <> 0;"
        ),
    );
    run(&folder);
    let found = read_committed(&kafka, &output, 3);
    let mut last: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for record in &found {
        last.insert(record.key.as_deref().expect("a key"), record.value.as_deref());
    }
    let row = |text: &'static str| Some(text);
    let wanted = [
        (r#"{"k":"a"}"#, row(r#"{"k":"a","n":4}"#)),
        (r#"{"k":"b"}"#, row(r#"{"k":"b","n":7}"#)),
        (r#"{"k":"c"}"#, row(r#"{"k":"c","n":4}"#)),
    ];
    assert_eq!(last.into_iter().collect::<Vec<_>>(), wanted);
    // All records of a key are in one partition.
    let mut partitions: BTreeMap<&str, i32> = BTreeMap::new();
    for record in &found {
        let key = record.key.as_deref().expect("a key");
        assert_eq!(*partitions.entry(key).or_insert(record.partition), record.partition, "{key}");
    }
}

#[test]
fn what_the_options_cannot_mean_is_refused_with_its_place() {
    let kafka = Kafka::shared();
    let refused = |columns: &str, options: &str, wanted: &[&str]| {
        let folder = job(
            &kafka,
            &format!(
                "CREATE TABLE s ({columns}) WITH ('connector' = 'kafka', 'topic' = 't', 'servers', 'format' = 'json'{options});
                 INSERT INTO s VALUES (1);"
            ),
        );
        let finished = finish(&mut folder.run(BINARY, &[]));
        assert_eq!(finished.code, Some(3), "{}", finished.stderr);
        for text in wanted {
            assert!(finished.stderr.contains(text), "{text} is not in {}", finished.stderr);
        }
    };
    refused(
        "n INT",
        ", 'sink.delivery-guarantee' = 'exactly-once'",
        &["needs 'sink.transactional-id-prefix'", "job.sql:1:"],
    );
    refused("n INT, PRIMARY KEY (n) NOT ENFORCED", "", &["takes no PRIMARY KEY", "upsert-kafka"]);
    refused("n INT", ", 'sink.partitioner' = 'org.example.Mine'", &["classes of Java cannot run here"]);
    refused("`offset` BIGINT METADATA", "", &["metadata 'offset' cannot be written", "VIRTUAL"]);
}

/// The sink of an exactly-once table as an instance of a job makes it.
fn instance(kafka: &Kafka, topic: &str) -> Box<dyn TwoPhaseSink> {
    let bootstrap = kafka.bootstrap();
    let options: BTreeMap<String, String> = [
        ("connector", "kafka"),
        ("topic", topic),
        ("properties.bootstrap.servers", &bootstrap),
        ("format", "json"),
        ("sink.delivery-guarantee", "exactly-once"),
        ("sink.transactional-id-prefix", topic),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    let columns = schema();
    let made = streamsql_connectors::sink(&SinkSpec {
        job: "j",
        table: "t",
        path: "default_catalog.default_database.t",
        number: 0,
        options: &options,
        columns: &columns,
        primary_key: &[],
        metadata: &[],
        partition_keys: &[],
    });
    let MadeSink::TwoPhase(mut sink) = made.expect("a sink") else { panic!("two phases") };
    sink.open().expect("Kafka answers");
    sink
}

fn schema() -> Schema {
    Schema::new(vec![Column::new("n", LogicalType::Int, true)])
}

fn prepare(sink: &mut dyn TwoPhaseSink, epoch: u64, numbers: &[i32]) -> Vec<u8> {
    let column = Arc::new(Int32Array::from(numbers.to_vec()));
    let batch = RecordBatch::try_new(schema().to_arrow(), vec![column]).expect("a batch");
    let changes = [ChangeBatch::inserts(batch)];
    let rows =
        EpochRows { epoch: Epoch(epoch), now_ms: 0, changes: &changes, is_last: false, input_ended: false };
    sink.prepare(&rows).expect("prepared")
}

fn values(numbers: &[i32]) -> Vec<String> {
    numbers.iter().map(|n| format!("{{\"n\":{n}}}")).collect()
}

#[test]
fn an_epoch_that_was_committed_and_not_sent_is_sent_by_the_next_instance_once() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("finish", 1);
    let mut first = instance(&kafka, &topic);
    assert!(!first.recover(Epoch(0), None).expect("afresh"));
    let token = prepare(&mut *first, 1, &[1, 2]);
    first.commit(Epoch(1), &token).expect("sent");
    let second = prepare(&mut *first, 2, &[]);
    first.commit(Epoch(2), &second).expect("nothing to send");
    let third = prepare(&mut *first, 3, &[3, 4]);
    assert_eq!(committed_values(&kafka, &topic, 1), values(&[1, 2]), "prepared is not visible");
    drop(first);
    // Epoch 3 is committed; its process died before it sent anything. However often it is recovered, it is sent once.
    for _ in 0..3 {
        let mut next = instance(&kafka, &topic);
        assert!(next.recover(Epoch(3), Some(&third)).expect("recovered"));
        assert_eq!(committed_values(&kafka, &topic, 1), values(&[1, 2, 3, 4]));
    }
    // A process that died after sending and before it knew.
    let mut last = instance(&kafka, &topic);
    last.recover(Epoch(3), Some(&third)).expect("recovered");
    let fourth = prepare(&mut *last, 4, &[5]);
    last.commit(Epoch(4), &fourth).expect("sent");
    let mut next = instance(&kafka, &topic);
    next.recover(Epoch(4), Some(&fourth)).expect("recovered");
    assert_eq!(committed_values(&kafka, &topic, 1), values(&[1, 2, 3, 4, 5]));
    // State that is older than the topic is refused: its rows would be there twice.
    let error = instance(&kafka, &topic).recover(Epoch(3), Some(&third)).expect_err("older");
    assert_eq!((error.kind, error.kind.exit_code()), (ErrorKind::State, 6), "{error}");
    // So is state whose marker is gone.
    kafka.delete_group(&format!("{topic}-j-default_catalog.default_database.t-0"));
    let error = instance(&kafka, &topic).recover(Epoch(4), Some(&fourth)).expect_err("no marker");
    assert!(error.kind == ErrorKind::State && error.hint.is_some(), "{error}");
    assert!(!instance(&kafka, &topic).recover(Epoch(4), None).expect("nothing was open"));
}

#[test]
fn an_instance_that_was_shut_out_writes_nothing() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("fence", 1);
    let mut old = instance(&kafka, &topic);
    old.recover(Epoch(0), None).expect("afresh");
    let token = prepare(&mut *old, 1, &[1]);
    // Another instance takes the job over after epoch 1 was committed, and goes on.
    let mut new = instance(&kafka, &topic);
    new.recover(Epoch(1), Some(&token)).expect("recovered");
    let error = old.commit(Epoch(1), &token).expect_err("shut out");
    assert_eq!(error.kind, ErrorKind::Fenced, "{error}");
    let second = prepare(&mut *new, 2, &[2]);
    new.commit(Epoch(2), &second).expect("sent");
    assert_eq!(committed_values(&kafka, &topic, 1), values(&[1, 2]));
}

/// Every record of the input is in the output once, in its order, whenever the job is killed; two instances of it never
/// write the same.
#[test]
fn kills_and_double_starts_lose_and_repeat_nothing() {
    const ROUNDS: usize = 25;
    let seed = std::env::var("STREAMSQL_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let kafka = Kafka::shared();
    let (input, output) = (kafka.create_topic("chaos-in", 1), kafka.create_topic("chaos-out", 1));
    let folder = job(
        &kafka,
        &format!(
            "CREATE TABLE t (n INT) WITH ('connector' = 'kafka', 'topic' = '{input}', 'servers', 'format' = 'json',
               'scan.startup.mode' = 'earliest-offset');
             CREATE TABLE s (n INT) WITH ('connector' = 'kafka', 'topic' = '{output}', 'servers', 'format' = 'json',
               'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '{output}');
             INSERT INTO s SELECT n FROM t;"
        ),
    );
    let start = |name: &str| {
        let log = std::fs::File::create(folder.path().join(name)).expect("log");
        folder
            .run(BINARY, &["-v"])
            .stderr(log)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the binary")
    };
    let mut written: i32 = 0;
    let mut feed = |count: i32| {
        let texts = values(&(written..written + count).collect::<Vec<_>>());
        kafka.produce(&input, texts.iter().map(|text| Record::value(text)));
        written += count;
        written
    };
    let seen = || committed_values(&kafka, &output, 1);
    for round in 0..ROUNDS {
        let mut process = start(&format!("log-{round}"));
        let before = feed(20);
        if random.random_range(0..3) == 0 {
            // Until all is there, so that kills hit running jobs, too.
            assert!(wait_until(|| seen().len() >= before as usize), "round {round}");
            feed(20);
        }
        if round % 8 == 7 {
            // A second instance takes over; the first finds itself shut out when it commits the next time.
            let second = start(&format!("log-{round}-second"));
            let ended = wait_until(|| {
                feed(1);
                process.try_wait().expect("status").is_some()
            });
            assert!(ended, "the first instance goes on");
            process = second;
        } else {
            let_pass(random.random_range(0..1_200), || false);
        }
        signal(process.id(), libc::SIGKILL);
        process.wait().expect("it ends");
        let found = seen();
        let wanted = values(&(0..found.len() as i32).collect::<Vec<_>>());
        assert_eq!(found, wanted, "round {round}: a prefix of the input, each record once");
    }
    let all = feed(1);
    let mut process = start("log-last");
    assert!(wait_until(|| seen().len() >= all as usize), "all is written in the end");
    signal(process.id(), libc::SIGTERM);
    assert!(process.wait().expect("it ends").success());
    assert_eq!(seen(), values(&(0..all).collect::<Vec<_>>()));
}

/// Joins of tables that are updated, into a table by key: without the row before an update where the key tells which row
/// it was, with a materializer where rows of a key come from several shards. What is left in the topic is the join of what
/// is left of the inputs.
#[test]
fn joins_of_updated_tables_leave_what_a_reader_by_key_expects() {
    let kafka = Kafka::shared();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut inputs: Vec<(String, BTreeMap<i32, i32>)> = Vec::new();
    for name in ["joins-a", "joins-b"] {
        let (topic, mut rows) = (kafka.create_topic(name, 2), BTreeMap::new());
        let mut texts = Vec::new();
        for _ in 0..200 {
            let (id, value) = (random.random_range(0..8), random.random_range(0..8));
            let row = (random.random_range(0..4) > 0).then(|| format!("{{\"id\":{id},\"v\":{value}}}"));
            match &row {
                Some(_) => rows.insert(id, value),
                None => rows.remove(&id),
            };
            texts.push((id % 2, format!("{{\"id\":{id}}}"), row));
        }
        let records = texts.iter().map(|(partition, key, value)| Record {
            partition: *partition,
            key: Some(key.as_bytes()),
            value: value.as_ref().map(String::as_bytes),
            ..Record::default()
        });
        kafka.produce(&topic, records);
        inputs.push((topic, rows));
    }
    let (a, b) = (&inputs[0].1, &inputs[1].1);
    let joined = |join: &dyn Fn(i32, i32) -> Option<Option<i32>>| -> BTreeMap<i32, Option<i32>> {
        a.iter().filter_map(|(id, v)| join(*id, *v).map(|w| (*id, w))).collect()
    };
    let table = |name: &str, topic: &str| {
        format!(
            "CREATE TABLE {name} (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
               'topic' = '{topic}', 'servers', 'key.format' = 'json', 'value.format' = 'json',
               'scan.bounded.mode' = 'latest-offset');"
        )
    };
    for (join, wanted) in [
        ("JOIN b ON a.id = b.id", joined(&|id, _| b.get(&id).map(|w| Some(*w)))),
        ("LEFT JOIN b ON a.id = b.id", joined(&|id, _| Some(b.get(&id).copied()))),
        ("JOIN b ON a.v = b.id", joined(&|_, v| b.get(&v).map(|w| Some(*w)))),
        ("LEFT JOIN b ON a.v = b.id", joined(&|_, v| Some(b.get(&v).copied()))),
        (
            "JOIN b ON a.id = b.id AND a.v < b.v",
            joined(&|id, v| b.get(&id).filter(|w| v < **w).map(|w| Some(*w))),
        ),
    ] {
        let output = kafka.create_topic("joins-out", 2);
        let sql = [table("a", &inputs[0].0), table("b", &inputs[1].0), table("s", &output)].concat();
        let folder = job(&kafka, &format!("{sql} INSERT INTO s SELECT a.id, b.v FROM a {join};"));
        let finished = finish(&mut folder.run(BINARY, &["--parallelism", "3"]));
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let mut last: BTreeMap<i32, Option<i32>> = BTreeMap::new();
        let number = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok();
        for record in read_committed(&kafka, &output, 2) {
            let id = record.key.as_deref().and_then(number).expect("an id");
            match record.value.as_deref() {
                Some(row) => last.insert(id, row.split_once("\"v\":").and_then(|(_, value)| number(value))),
                None => last.remove(&id),
            };
        }
        assert_eq!(last, wanted, "{join}");
    }
}
