//! A Kafka broker inside the process: librdkafka's mock cluster.
//!
//! It speaks the protocol over TCP, so other programs can read and write its topics too. It keeps records in memory,
//! about 5 MiB a partition and then drops the oldest silently, and its transactions isolate nothing: a stage for a paced
//! demo, not for tests of exactly-once.

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use streamsql_core::{Error, Result};

pub struct Broker {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Broker {
    /// Starts the broker (a second or two) with these topics.
    ///
    /// # Errors
    /// `Unreachable` when librdkafka cannot start it.
    pub fn start(topics: &[&str], partitions: i32) -> Result<Self> {
        let failed = |e: rdkafka::error::KafkaError| {
            Error::unreachable(format!("cannot start the broker inside the process: {e}"))
        };
        let cluster = MockCluster::new(1).map_err(failed)?;
        for topic in topics {
            cluster.create_topic(topic, partitions, 1).map_err(failed)?;
        }
        Ok(Self { cluster })
    }

    /// `127.0.0.1:PORT`
    pub fn bootstrap_servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }
}
