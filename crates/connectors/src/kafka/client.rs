//! The consumer: what it logs, which errors it reports, whether a commit of group offsets is under way.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::Statistics;
use rdkafka::TopicPartitionList;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use streamsql_core::{Error, Result};

use super::KafkaOptions;

/// Hears the client's log and errors, keeps the last complaint for error messages.
pub struct ClientLog {
    table: String,
    last_complaint: Mutex<Option<String>>,
    unreachable: AtomicBool,
    committing: AtomicBool,
    /// `u64::MAX`: not known yet.
    lag: AtomicU64,
    /// Topic, partition, records that wait there.
    partition_lags: Mutex<Vec<(String, i32, u64)>>,
}

impl ClientLog {
    /// What the client last said about a connection that failed.
    pub fn last_complaint(&self) -> Option<String> {
        self.last_complaint.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn complain(&self, text: &str) {
        *self.last_complaint.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.to_owned());
    }

    /// Data came: whatever was wrong is over.
    pub fn reachable(&self) {
        if self.unreachable.load(Ordering::Relaxed) && self.unreachable.swap(false, Ordering::Relaxed) {
            tracing::info!("table {}: Kafka answers again", self.table);
        }
    }

    pub fn is_unreachable(&self) -> bool {
        self.unreachable.load(Ordering::Relaxed)
    }

    /// Records on the broker that we have not taken, as of the client's last statistics.
    pub fn lag(&self) -> Option<u64> {
        let lag = self.lag.load(Ordering::Relaxed);
        (lag != u64::MAX).then_some(lag)
    }

    /// The same, partition by partition.
    pub fn partition_lags(&self) -> Vec<(String, i32, u64)> {
        self.partition_lags.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives the claim back without an answer.
    pub fn finish_commit(&self) {
        self.committing.store(false, Ordering::Release);
    }

    /// Claims the one commit that may be under way; false when it is not yet answered.
    pub fn start_commit(&self) -> bool {
        !self.committing.swap(true, Ordering::AcqRel)
    }
}

impl ClientContext for ClientLog {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if matches!(facility, "FAIL" | "ERROR" | "SASLERR" | "GETPID") {
            self.complain(message);
        }
        tracing::debug!(target: "librdkafka", "table {}: {level:?} {facility}: {message}", self.table);
    }

    fn stats(&self, statistics: Statistics) {
        let of_topic = |(name, topic): (&String, &rdkafka::statistics::Topic)| {
            // Partition -1 is the client's own; offsets below 0 are not known yet.
            let known = topic.partitions.values().filter(|p| p.partition >= 0 && p.hi_offset >= 0);
            let lag = known.filter_map(|p| {
                let read = if p.app_offset >= 0 { p.app_offset } else { p.next_offset };
                let lag = p.hi_offset.saturating_sub(read).max(0) as u64;
                (read >= 0).then(|| (name.clone(), p.partition, lag))
            });
            lag.collect::<Vec<_>>()
        };
        let lags: Vec<_> = statistics.topics.iter().flat_map(of_topic).collect();
        self.lag.store(lags.iter().map(|(_, _, lag)| lag).sum(), Ordering::Relaxed);
        *self.partition_lags.lock().unwrap_or_else(PoisonError::into_inner) = lags;
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.complain(reason);
            return;
        }
        if !self.unreachable.swap(true, Ordering::Relaxed) {
            let why = self.last_complaint().unwrap_or_else(|| reason.to_owned());
            tracing::warn!("table {}: Kafka cannot be reached, trying on: {why}", self.table);
        }
    }
}

impl ConsumerContext for ClientLog {
    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        self.finish_commit();
        if let Err(error) = result {
            tracing::debug!("table {}: group offsets were not committed: {error}", self.table);
        }
    }
}

/// Makes the consumer; contacts nothing yet.
///
/// # Errors
/// `Invalid`, with the property that the client does not come up with: a file that is not there, a key without password.
pub fn consumer(table: &str, options: &KafkaOptions) -> Result<BaseConsumer<ClientLog>> {
    let log = ClientLog {
        table: table.to_owned(),
        last_complaint: Mutex::new(None),
        unreachable: AtomicBool::new(false),
        committing: AtomicBool::new(false),
        lag: AtomicU64::new(u64::MAX),
        partition_lags: Mutex::default(),
    };
    let mut client = options.client.clone();
    if client.get("statistics.interval.ms").is_none() {
        client.set("statistics.interval.ms", "1000");
    }
    BaseConsumer::from_config_and_context(&client, log).map_err(|error| {
        let text = error.to_string();
        let named = options.origins.iter().filter(|(setting, _)| text.contains(setting.as_str()));
        let property = named.max_by_key(|(setting, _)| setting.len()).map(|(_, property)| property);
        let property = property.map_or(String::new(), |property| format!(" ('properties.{property}')"));
        Error::invalid(format!("the Kafka client cannot be made{property}: {text}"))
    })
}

/// Serves the client's events: log lines, errors, answers to commits.
///
/// # Errors
/// Internal, when a message comes this way: it would be lost.
pub fn serve_events(consumer: &BaseConsumer<ClientLog>) -> Result<()> {
    // `poll` does not tell an event from none; a few calls a poll keep up with what the client says.
    for _ in 0..4 {
        if let Some(Ok(_)) = consumer.poll(Duration::ZERO) {
            return Err(Error::internal("a Kafka message came outside of its queue"));
        }
    }
    Ok(())
}
