//! A private Apache Kafka 4.1 (KRaft, one node) from its Maven coordinates: free ports, loopback, a temporary folder.
//!
//! Jars are fetched once by `services/kafka/pom.xml` and cached in `~/.cache/streamsql-tests`. The broker is stopped by
//! its own process id when the value is dropped, or by its guard when the test process ends in any other way. `crash`
//! and `restart` play a broker that dies and comes back with the same data and port.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};
use tempfile::TempDir;

use super::postgres::free_port;
use crate::patience;

/// Bounds every single request of a test to the broker.
const REQUEST: Duration = patience::HANG;
const POM: &str = include_str!("../../services/kafka/pom.xml");

/// A record to be written.
#[derive(Clone, Debug, Default)]
pub struct Record<'a> {
    pub partition: i32,
    pub key: Option<&'a [u8]>,
    /// None writes a tombstone.
    pub value: Option<&'a [u8]>,
    pub timestamp_ms: Option<i64>,
    pub headers: Vec<(&'a str, Option<&'a [u8]>)>,
}

impl<'a> Record<'a> {
    /// A record of partition 0 without a key.
    pub fn value(value: &'a str) -> Self {
        Self { value: Some(value.as_bytes()), ..Self::default() }
    }

    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = partition;
        self
    }
}

/// A running broker.
pub struct Kafka {
    folder: TempDir,
    port: u16,
    controller_port: u16,
    settings: Vec<String>,
    server: Mutex<Option<Server>>,
}

/// The JVM, and a shell that ends it when our end of its pipe closes, whatever became of us.
struct Server {
    broker: Child,
    guard: Child,
}

impl Kafka {
    pub fn start() -> Self {
        Self::with_settings(&[])
    }

    /// The broker that all tests of this process share; use topic names of your own (`create_topic` makes one).
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Kafka>> = OnceLock::new();
        Arc::clone(SHARED.get_or_init(|| Arc::new(Self::start())))
    }

    /// Starts a broker with `name=value` settings over those of `server_properties`.
    pub fn with_settings(settings: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("streamsql-kafka-").tempdir().expect("temporary folder");
        let mut kafka = Self {
            folder,
            port: 0,
            controller_port: 0,
            settings: settings.iter().map(|s| (*s).to_owned()).collect(),
            server: Mutex::new(None),
        };
        // Another process may take a free port before the broker does.
        for attempt in 0.. {
            (kafka.port, kafka.controller_port) = (free_port(), free_port());
            match kafka.try_start() {
                Ok(()) => break,
                Err(error) if attempt == 4 => panic!("Kafka does not start: {error}"),
                Err(_) => {}
            }
        }
        kafka
    }

    /// Option `properties.bootstrap.servers`.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Process id of the broker, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.lock().as_ref().map(|server| server.broker.id())
    }

    /// Ends the broker with SIGKILL.
    pub fn crash(&self) {
        if let Some(server) = self.lock().take() {
            server.end();
        }
    }

    /// Starts the broker again after `crash`, on the same port with the same data.
    pub fn restart(&self) {
        self.try_start().unwrap_or_else(|error| panic!("Kafka does not start again: {error}"));
    }

    /// Makes a topic with a name that no other test uses; returns the name.
    pub fn create_topic(&self, prefix: &str, partitions: i32) -> String {
        self.create_topic_with(prefix, partitions, &[])
    }

    /// `create_topic` with settings such as `retention.ms`.
    pub fn create_topic_with(&self, prefix: &str, partitions: i32, settings: &[(&str, &str)]) -> String {
        let name = format!("{prefix}-{:08x}", rand::random::<u32>());
        self.create_named_topic(&name, partitions, settings);
        name
    }

    pub fn create_named_topic(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        for (key, value) in settings {
            topic = topic.set(key, value);
        }
        let results = block_on(self.admin().create_topics([&topic], &admin_options())).expect("create topic");
        for result in results {
            result.unwrap_or_else(|(topic, code)| panic!("topic {topic}: {code}"));
        }
        self.wait_for_partitions(name, partitions);
    }

    /// Raises the number of partitions of a topic.
    pub fn grow_topic(&self, name: &str, partitions: i32) {
        let grown = NewPartitions::new(name, partitions as usize);
        let results =
            block_on(self.admin().create_partitions([&grown], &admin_options())).expect("create partitions");
        for result in results {
            result.unwrap_or_else(|(topic, code)| panic!("topic {topic}: {code}"));
        }
        self.wait_for_partitions(name, partitions);
    }

    /// Removes a topic with its records.
    pub fn delete_topic(&self, name: &str) {
        for result in block_on(self.admin().delete_topics(&[name], &admin_options())).expect("delete topic") {
            result.unwrap_or_else(|(topic, code)| panic!("topic {topic}: {code}"));
        }
    }

    /// Deletes the records of a partition before `offset`, as retention would.
    pub fn delete_records(&self, topic: &str, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset)).expect("offset");
        let done = block_on(self.admin().delete_records(&list, &admin_options())).expect("delete records");
        for element in done.elements() {
            element.error().expect("delete records");
        }
    }

    /// Writes records and waits until the broker has them.
    pub fn produce<'a>(&self, topic: &str, records: impl IntoIterator<Item = Record<'a>>) {
        let producer = self.producer(&[]);
        send(&producer, topic, records);
        producer.flush(REQUEST).expect("records are written");
    }

    /// Writes texts as values into partition 0.
    pub fn produce_values(&self, topic: &str, values: &[&str]) {
        self.produce(topic, values.iter().map(|value| Record::value(value)));
    }

    /// Writes records in one transaction, then commits or aborts it.
    pub fn produce_transaction<'a>(
        &self,
        topic: &str,
        records: impl IntoIterator<Item = Record<'a>>,
        commit: bool,
    ) {
        let id = format!("transaction-{:08x}", rand::random::<u32>());
        let producer = self.producer(&[("transactional.id", &id)]);
        producer.init_transactions(REQUEST).expect("init transactions");
        producer.begin_transaction().expect("begin transaction");
        send(&producer, topic, records);
        producer.flush(REQUEST).expect("records are written");
        if commit {
            producer.commit_transaction(REQUEST).expect("commit transaction");
        } else {
            producer.abort_transaction(REQUEST).expect("abort transaction");
        }
    }

    /// A producer that stays open; `settings` are librdkafka's.
    pub fn producer(&self, settings: &[(&str, &str)]) -> ThreadedProducer<DefaultProducerContext> {
        let mut config = self.client();
        config.set("linger.ms", "5").set("message.max.bytes", "300000000");
        for (key, value) in settings {
            config.set(*key, *value);
        }
        config.create().expect("producer")
    }

    /// Commits offsets of a group, as another consumer would.
    pub fn commit_group(&self, group: &str, topic: &str, offsets: &[(i32, i64)]) {
        let consumer = self.consumer(group);
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset)).expect("offset");
        }
        consumer.commit(&list, rdkafka::consumer::CommitMode::Sync).expect("group offsets");
    }

    /// Forgets a group and its offsets.
    pub fn delete_group(&self, group: &str) {
        for result in block_on(self.admin().delete_groups(&[group], &admin_options())).expect("delete group")
        {
            result.unwrap_or_else(|(group, code)| panic!("group {group}: {code}"));
        }
    }

    /// Committed offsets of a group, by partition.
    pub fn committed(&self, group: &str, topic: &str, partitions: i32) -> BTreeMap<i32, i64> {
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic, 0, partitions - 1);
        let found = self.consumer(group).committed_offsets(list, REQUEST).expect("group offsets");
        let offsets = found.elements().into_iter().filter_map(|element| match element.offset() {
            Offset::Offset(offset) => Some((element.partition(), offset)),
            _ => None,
        });
        offsets.collect()
    }

    /// First and next offset of a partition.
    pub fn watermarks(&self, topic: &str, partition: i32) -> (i64, i64) {
        self.consumer("watermarks").fetch_watermarks(topic, partition, REQUEST).expect("watermarks")
    }

    /// The broker's log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn consumer(&self, group: &str) -> BaseConsumer {
        self.client().set("group.id", group).create().expect("consumer")
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.client().create().expect("admin client")
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.bootstrap()).set("log_level", "0");
        config
    }

    fn wait_for_partitions(&self, topic: &str, partitions: i32) {
        let consumer = self.consumer("metadata");
        patience::wait_for(&format!("{partitions} partitions of topic {topic}"), || {
            let metadata = consumer.fetch_metadata(Some(topic), REQUEST).ok()?;
            let ready = metadata.topics().iter().any(|t| {
                t.partitions().len() == partitions as usize
                    && t.partitions().iter().all(|p| p.leader() >= 0 && p.error().is_none())
            });
            ready.then_some(())
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_start(&self) -> Result<(), String> {
        let properties = self.folder.path().join("server.properties");
        std::fs::write(&properties, self.server_properties()).expect("server.properties");
        if !self.folder.path().join("data").exists() {
            let output = java("kafka.tools.StorageTool")
                .args(["format", "-t", "c3RyZWFtc3FsLXRlc3RzMQ", "-c"])
                .arg(&properties)
                .output()
                .expect("java");
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned());
            }
        }
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("log file");
        let mut broker = java("kafka.Kafka")
            .arg(&properties)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("log file"))
            .stderr(log)
            // A terminal's Ctrl-C goes to the tests, whose end ends the broker.
            .process_group(0)
            .spawn()
            .map_err(|e| e.to_string())?;
        let guard = Command::new("sh")
            .args(["-c", "read _ || { kill -9 \"$1\"; rm -rf \"$2\"; }", "guard"])
            .arg(broker.id().to_string())
            .arg(self.folder.path())
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|e| e.to_string())?;
        let mut ended = None;
        let ready = patience::wait_until(|| {
            ended = broker.try_wait().ok().flatten();
            // The broker listens only once it is ready to answer.
            ended.is_some() || std::net::TcpStream::connect(self.bootstrap()).is_ok()
        });
        if let Some(status) = ended {
            let_go(guard);
            return Err(format!(
                "{status}
{}",
                self.log()
            ));
        }
        if !ready {
            Server { broker, guard }.end();
            return Err(format!(
                "it never became ready
{}",
                self.log()
            ));
        }
        *self.lock() = Some(Server { broker, guard });
        Ok(())
    }

    fn server_properties(&self) -> String {
        let (port, controller, data) =
            (self.port, self.controller_port, self.folder.path().join("data").display().to_string());
        let mut text = format!(
            "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
num.partitions=1
auto.create.topics.enable=true
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=2000000
message.max.bytes=300000000
replica.fetch.max.bytes=300000000
socket.request.max.bytes=400000000
"
        );
        for setting in &self.settings {
            text.push_str(setting);
            text.push('\n');
        }
        text
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        self.crash();
    }
}

impl Server {
    fn end(mut self) {
        let _ = self.broker.kill();
        let _ = self.broker.wait();
        let_go(self.guard);
    }
}

/// Tells a guard that there is nothing left to end.
fn let_go(mut guard: Child) {
    if let Some(mut pipe) = guard.stdin.take() {
        let _ = pipe.write_all(b"done\n");
    }
    let _ = guard.wait();
}

fn send<'a>(
    producer: &ThreadedProducer<DefaultProducerContext>,
    topic: &str,
    records: impl IntoIterator<Item = Record<'a>>,
) {
    for record in records {
        let mut message: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).partition(record.partition);
        if let Some(key) = record.key {
            message = message.key(key);
        }
        if let Some(value) = record.value {
            message = message.payload(value);
        }
        if let Some(timestamp) = record.timestamp_ms {
            message = message.timestamp(timestamp);
        }
        if !record.headers.is_empty() {
            let headers = record.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
                headers.insert(Header { key, value: *value })
            });
            message = message.headers(headers);
        }
        let mut unsent = Some(message);
        while let Some(message) = unsent.take() {
            match producer.send(message) {
                Ok(()) => {}
                Err((
                    rdkafka::error::KafkaError::MessageProduction(
                        rdkafka::types::RDKafkaErrorCode::QueueFull,
                    ),
                    back,
                )) => {
                    producer.poll(Duration::from_millis(10));
                    unsent = Some(back);
                }
                Err((error, _)) => panic!("cannot write to {topic}: {error}"),
            }
        }
    }
}

fn admin_options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(REQUEST)).operation_timeout(Some(REQUEST))
}

fn block_on<F: std::future::Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime").block_on(future)
}

/// A short-lived, small JVM of this class.
fn java(class: &str) -> Command {
    let mut command = Command::new("java");
    command
        .args(["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"])
        .args(["-Dlog4j2.level=WARN", "-Dlog4j2.StatusLogger.level=OFF", "-cp"])
        .arg(format!("{}/*", jars().display()))
        .arg(class);
    command
}

/// The folder of the broker's jars; fetched on first use.
fn jars() -> &'static Path {
    static JARS: OnceLock<PathBuf> = OnceLock::new();
    JARS.get_or_init(|| {
        let home = std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
        let cache = home.join(".cache/streamsql-tests");
        // Named after the pom, so that a change of it fetches anew.
        let folder = cache.join(format!("kafka-{:016x}", streamsql_core::digest(POM)));
        if folder.exists() {
            return folder;
        }
        std::fs::create_dir_all(&cache).expect("cache folder");
        let fetched = tempfile::tempdir_in(&cache).expect("temporary folder").keep();
        std::fs::write(fetched.join("pom.xml"), POM).expect("pom.xml");
        let output = Command::new("mvn")
            .args(["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"])
            .current_dir(&fetched)
            .output()
            .expect("mvn (scripts/install-dependencies installs it)");
        assert!(output.status.success(), "mvn: {}", String::from_utf8_lossy(&output.stdout));
        // Another test process may have been faster.
        if std::fs::rename(fetched.join("lib"), &folder).is_err() {
            assert!(folder.exists(), "cannot move the jars to {}", folder.display());
        }
        let _ = std::fs::remove_dir_all(&fetched);
        folder
    })
}
