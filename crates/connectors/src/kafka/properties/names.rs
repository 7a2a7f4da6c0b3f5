//! What Kafka client properties are called, and what becomes of those that the Java client knows.
//!
//! Source: `ConsumerConfig` and `ProducerConfig` of Apache Kafka's clients, `KafkaSourceOptions` of Flink's connector,
//! librdkafka's CONFIGURATION.md.

/// Known to the Java client or to Flink's source, and without a meaning here: no record is read otherwise for them.
pub const IGNORED: &[&str] = &[
    // Offsets are committed after each epoch, whatever commits them elsewhere.
    "auto.commit.enable",
    "auto.commit.interval.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "offset.store.method",
    "offset.store.path",
    "offset.store.sync.interval.ms",
    // Partitions are assigned by the job: nobody is a member of a group, and nobody can fall out of it.
    "client.rack.aware.assignor",
    "group.instance.id",
    "group.protocol",
    "group.protocol.type",
    "group.remote.assignor",
    "heartbeat.interval.ms",
    "internal.leave.group.on.close",
    "max.poll.interval.ms",
    "partition.assignment.strategy",
    "session.timeout.ms",
    // Which topics there are and when they are looked for is said by options of the table.
    "allow.auto.create.topics",
    "exclude.internal.topics",
    "flink.partition-discovery.interval-millis",
    "partition.discovery.interval.ms",
    // How the Java client works inside.
    "auto.include.jmx.reporter",
    "config.providers",
    "default.api.timeout.ms",
    "internal.throw.on.fetch.stable.offset.unsupported",
    "key.deserializer",
    "max.poll.records",
    "metric.reporters",
    "metrics.num.samples",
    "metrics.recording.level",
    "metrics.sample.window.ms",
    "register.consumer.metrics",
    "security.providers",
    "socket.connection.setup.timeout.max.ms",
    "value.deserializer",
    // How the Java platform does TLS; OpenSSL does it here, with TLS 1.2 or later.
    "ssl.enabled.protocols",
    "ssl.keymanager.algorithm",
    "ssl.protocol",
    "ssl.provider",
    "ssl.secure.random.implementation",
];

/// What only a producer does something with; a consumer is not touched by them.
pub const PRODUCER: &[&str] = &[
    "acks",
    "batch.num.messages",
    "batch.size",
    "buffer.memory",
    "compression.codec",
    "compression.level",
    "compression.type",
    "delivery.timeout.ms",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "key.serializer",
    "linger.ms",
    "max.block.ms",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "max.request.size",
    "message.max.bytes",
    "message.send.max.retries",
    "message.timeout.ms",
    "metadata.max.idle.ms",
    "partitioner",
    "partitioner.adaptive.partitioning.enable",
    "partitioner.availability.timeout.ms",
    "partitioner.class",
    "partitioner.ignore.keys",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queue.buffering.max.ms",
    "queuing.strategy",
    "request.required.acks",
    "retries",
    "sticky.partitioning.linger.ms",
    "transaction.timeout.ms",
    "transactional.id",
    "value.serializer",
];

/// A property of the Java producer as librdkafka's setting; none for what has no meaning here.
pub fn producer_setting<'a>(name: &'a str, value: &'a str) -> Option<(&'a str, String)> {
    const TAKEN: &[&str] = &[
        "acks",
        "batch.num.messages",
        "batch.size",
        "compression.codec",
        "compression.level",
        "compression.type",
        "enable.idempotence",
        "linger.ms",
        "max.in.flight.requests.per.connection",
        "message.max.bytes",
        "queue.buffering.max.kbytes",
        "queue.buffering.max.messages",
        "queue.buffering.max.ms",
        "retries",
        "sticky.partitioning.linger.ms",
        "transaction.timeout.ms",
    ];
    match name {
        "max.request.size" => Some(("message.max.bytes", value.to_owned())),
        "delivery.timeout.ms" | "message.timeout.ms" => Some(("message.timeout.ms", value.to_owned())),
        "max.in.flight" => Some(("max.in.flight.requests.per.connection", value.to_owned())),
        "buffer.memory" => {
            let kib = value.trim().parse::<u64>().ok()?.div_ceil(1_024).clamp(1, 2_147_483_647);
            Some(("queue.buffering.max.kbytes", kib.to_string()))
        }
        _ => TAKEN.contains(&name).then(|| (name, value.to_owned())),
    }
}

/// Java name and librdkafka's. An alias of librdkafka's own is here too: two names of one setting would be set in any
/// order.
pub const RENAMED: &[(&str, &str)] = &[
    ("fetch.max.wait.ms", "fetch.wait.max.ms"),
    ("max.partition.fetch.bytes", "fetch.message.max.bytes"),
    ("metadata.broker.list", "bootstrap.servers"),
    ("receive.buffer.bytes", "socket.receive.buffer.bytes"),
    ("request.timeout.ms", "socket.timeout.ms"),
    ("sasl.mechanisms", "sasl.mechanism"),
    ("send.buffer.bytes", "socket.send.buffer.bytes"),
];

/// Interceptors that only count, so that leaving them out changes no record.
pub const COUNTING_INTERCEPTORS: &[&str] =
    &["io.confluent.monitoring.clients.interceptor.MonitoringConsumerInterceptor"];

/// The other names that are worth suggesting for a misspelt one.
const TAKEN: &[&str] = &[
    "auto.offset.reset",
    "bootstrap.servers",
    "check.crcs",
    "client.dns.lookup",
    "client.id",
    "client.id.prefix",
    "client.rack",
    "commit.offsets.on.checkpoint",
    "connections.max.idle.ms",
    "enable.ssl.certificate.verification",
    "fetch.max.bytes",
    "fetch.min.bytes",
    "group.id",
    "interceptor.classes",
    "isolation.level",
    "metadata.max.age.ms",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "retry.backoff.ms",
    "sasl.jaas.config",
    "sasl.mechanism",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "socket.connection.setup.timeout.ms",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.cipher.suites",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.keystore.certificate.chain",
    "ssl.keystore.key",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.keystore.type",
    "ssl.truststore.certificates",
    "ssl.truststore.location",
    "ssl.truststore.type",
    "statistics.interval.ms",
];

/// Names that a user may have meant.
pub fn known() -> impl Iterator<Item = &'static str> {
    TAKEN.iter().chain(IGNORED).copied().chain(RENAMED.iter().map(|(name, _)| *name))
}

/// What is to be said of a leftover of older clients.
pub fn leftover(name: &str) -> Option<&'static str> {
    match name {
        "zookeeper.connect" | "zookeeper.connection.timeout.ms" | "zookeeper.session.timeout.ms" => {
            Some("consumers stopped asking ZooKeeper with Kafka 0.9; the option can go")
        }
        _ => None,
    }
}
