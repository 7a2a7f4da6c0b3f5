//! Topics to partitions, start modes and bounds to offsets; all of it before the first record is read.
//!
//! `latest-offset`, timestamps and group offsets become numbers once, so that a restart never resolves them anew
//! (Flink `OffsetsInitializer`, `SpecifiedOffsetsInitializer`, `KafkaSubscriber`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use rdkafka::{Offset, TopicPartitionList};
use streamsql_core::{Error, Result, Split};

use super::KafkaOptions;
use super::client::{ClientLog, serve_events};
use super::options::{Point, Reset, Topics};

/// How long a start waits for a broker that refuses, or for a topic that is not there.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// How long it waits where the answer is only late: a busy broker, the group coordinator of a new cluster.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);
const ATTEMPT: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);

/// Where a partition is read from and to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub split: Split,
    pub start: i64,
    /// Exclusive; none reads for ever.
    pub end: Option<i64>,
}

/// Asks the cluster of one table.
pub struct Cluster<'a> {
    pub consumer: &'a BaseConsumer<ClientLog>,
    pub options: &'a KafkaOptions,
}

/// The partitions of a table's topics at one moment.
pub enum PresentSplits {
    All(BTreeSet<Split>),
    /// The name of a topic that is not there.
    TopicMissing(String),
}

/// A topic that should be read and is not there.
struct MissingTopic {
    name: String,
    reason: Option<RDKafkaErrorCode>,
}

impl std::fmt::Display for MissingTopic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.reason {
            None | Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                write!(f, "topic '{}' does not exist", self.name)
            }
            Some(reason) => write!(f, "topic '{}' cannot be read: {reason}", self.name),
        }
    }
}

/// First and next offset of a partition.
type Bounds = (i64, i64);

impl Cluster<'_> {
    /// The ranges of all partitions at the start of a job.
    ///
    /// # Errors
    /// `Unreachable` when no broker answers or a topic is missing; `Failed` when a position is not in the log.
    pub fn ranges(&self, restored: &BTreeMap<Split, i64>) -> Result<Vec<Range>> {
        let splits = self.wait_for_splits()?;
        let known: BTreeSet<&Split> = splits.iter().collect();
        if let Some(gone) = restored.keys().find(|split| !known.contains(split)) {
            return Err(Error::failed(format!(
                "partition {gone} was read before and does not exist any more"
            ))
            .hint("the topic was deleted or made anew; its data cannot be continued"));
        }
        let bounds = splits.iter().map(|split| self.bounds(split)).collect::<Result<Vec<Bounds>>>()?;
        let resumed = !restored.is_empty();
        let starts = if resumed {
            // A partition that the state does not know is new, so all of it is news.
            splits
                .iter()
                .zip(&bounds)
                .map(|(split, b)| Ok(restored.get(split).copied().unwrap_or(b.0)))
                .collect()
        } else {
            self.resolve(&self.options.start, &splits, &bounds, self.options.reset)
        };
        let starts = starts?;
        for ((split, bounds), start) in splits.iter().zip(&bounds).zip(&starts) {
            check_available(split, *start, *bounds)?;
        }
        let ends = match &self.options.end {
            None => vec![None; splits.len()],
            Some(point) => {
                self.resolve(point, &splits, &bounds, Reset::Fail)?.into_iter().map(Some).collect()
            }
        };
        let parts = splits.into_iter().zip(starts).zip(ends);
        Ok(parts.map(|((split, start), end)| Range { split, start, end }).collect())
    }

    /// Partitions that exist now, in one quick attempt; none when the cluster does not answer.
    pub fn splits_now(&self) -> Option<PresentSplits> {
        Some(match self.find_splits(ATTEMPT).ok()? {
            Ok(splits) => PresentSplits::All(splits),
            Err(missing) => PresentSplits::TopicMissing(missing.name),
        })
    }

    /// Whether the cluster says, for as long as a start would wait, that this partition does not exist.
    /// False as soon as it does, or when nobody answers.
    pub fn confirms_missing(&self, split: &Split) -> Result<bool> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            let metadata = self.consumer.fetch_metadata(Some(&split.topic), ATTEMPT);
            serve_events(self.consumer)?;
            let Ok(metadata) = metadata else { return Ok(false) };
            if splits_of(&metadata, |topic| topic == &*split.topic).contains(split) {
                return Ok(false);
            }
            if Instant::now() >= deadline {
                return Ok(true);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// First and next offset that a reader of this isolation level may see.
    pub fn bounds(&self, split: &Split) -> Result<Bounds> {
        self.retry(&format!("offsets of {split}"), |timeout| {
            self.consumer.fetch_watermarks(&split.topic, split.partition, timeout)
        })
    }

    fn wait_for_splits(&self) -> Result<Vec<Split>> {
        let begin = Instant::now();
        // What a broker said counts more than that a later question was not answered in time.
        let mut said: Option<MissingTopic> = None;
        loop {
            let found = self.find_splits(ATTEMPT);
            serve_events(self.consumer)?;
            let failure = match found {
                Ok(Ok(splits)) => return Ok(splits.into_iter().collect()),
                Ok(Err(missing)) => self.missing(said.insert(missing)),
                Err(error) => match &said {
                    Some(missing) => self.missing(missing),
                    None => self.unreachable("its topics", &error),
                },
            };
            let patience = if said.is_some() { START_PATIENCE } else { self.patience() };
            if begin.elapsed() >= patience {
                return Err(failure);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// A refused connection or an unknown host is an answer; silence may only be slowness.
    fn patience(&self) -> Duration {
        let complaint = self.consumer.context().last_complaint().unwrap_or_default();
        let refused = ["refused", "resolve", "uthentication", "SASL", "SSL"]
            .iter()
            .any(|word| complaint.contains(word));
        if refused { START_PATIENCE } else { ANSWER_PATIENCE }
    }

    fn find_splits(
        &self,
        timeout: Duration,
    ) -> std::result::Result<Result<BTreeSet<Split>, MissingTopic>, KafkaError> {
        let mut splits = BTreeSet::new();
        match &self.options.topics {
            Topics::Names(names) => {
                for name in names {
                    let metadata = self.consumer.fetch_metadata(Some(name), timeout)?;
                    let before = splits.len();
                    splits.extend(splits_of(&metadata, |topic| topic == name));
                    if splits.len() == before {
                        let error = metadata.topics().iter().find_map(|topic| topic.error());
                        let reason = error.map(RDKafkaErrorCode::from);
                        return Ok(Err(MissingTopic { name: name.clone(), reason }));
                    }
                }
            }
            Topics::Pattern(pattern) => {
                let metadata = self.consumer.fetch_metadata(None, timeout)?;
                splits.extend(splits_of(&metadata, |topic| {
                    // Internal topics are never meant.
                    !topic.starts_with("__") && pattern.is_match(topic).unwrap_or(false)
                }));
            }
        }
        Ok(Ok(splits))
    }

    fn resolve(&self, point: &Point, splits: &[Split], bounds: &[Bounds], reset: Reset) -> Result<Vec<i64>> {
        Ok(match point {
            Point::Earliest => bounds.iter().map(|b| b.0).collect(),
            Point::Latest => bounds.iter().map(|b| b.1).collect(),
            Point::TimestampMillis(ms) => {
                let found = self.offsets_at(splits, *ms)?;
                splits.iter().zip(bounds).map(|(split, b)| found.get(split).copied().unwrap_or(b.1)).collect()
            }
            Point::Group => {
                let committed = self.committed(splits)?;
                let of = |(split, b): (&Split, &Bounds)| match (committed.get(split), reset) {
                    (Some(offset), _) => Ok(*offset),
                    (None, Reset::Earliest) => Ok(b.0),
                    (None, Reset::Latest) => Ok(b.1),
                    (None, Reset::Fail) => Err(self.no_group_offset(split)),
                };
                splits.iter().zip(bounds).map(of).collect::<Result<_>>()?
            }
            Point::Offsets(offsets) => {
                // Partitions that are not named: where the group stands, else the beginning.
                let unnamed: Vec<Split> =
                    splits.iter().filter(|s| !offsets.contains_key(&s.partition)).cloned().collect();
                let committed = if unnamed.is_empty() { BTreeMap::new() } else { self.committed(&unnamed)? };
                let of = |(split, b): (&Split, &Bounds)| {
                    offsets.get(&split.partition).or(committed.get(split)).copied().unwrap_or(b.0)
                };
                splits.iter().zip(bounds).map(of).collect()
            }
        })
    }

    fn offsets_at(&self, splits: &[Split], ms: i64) -> Result<BTreeMap<Split, i64>> {
        self.offsets("offsets of a timestamp", splits, Offset::Offset(ms.max(0)), |list, timeout| {
            self.consumer.offsets_for_times(list, timeout)
        })
    }

    fn committed(&self, splits: &[Split]) -> Result<BTreeMap<Split, i64>> {
        self.offsets("group offsets", splits, Offset::Invalid, |list, timeout| {
            self.consumer.committed_offsets(list, timeout)
        })
    }

    /// Asks about a list of partitions; partitions without an answer are left out.
    fn offsets(
        &self,
        what: &str,
        splits: &[Split],
        given: Offset,
        ask: impl Fn(TopicPartitionList, Duration) -> std::result::Result<TopicPartitionList, KafkaError>,
    ) -> Result<BTreeMap<Split, i64>> {
        let answer = self.retry(what, |timeout| {
            let mut list = TopicPartitionList::new();
            for split in splits {
                list.add_partition_offset(&split.topic, split.partition, given)?;
            }
            let answer = ask(list, timeout)?;
            for element in answer.elements() {
                element.error()?;
            }
            Ok(answer)
        })?;
        let offsets = answer.elements().into_iter().filter_map(|element| match element.offset() {
            Offset::Offset(offset) => {
                let split = Split { topic: Arc::from(element.topic()), partition: element.partition() };
                Some((split, offset))
            }
            _ => None,
        });
        Ok(offsets.collect())
    }

    fn retry<T>(
        &self,
        what: &str,
        ask: impl Fn(Duration) -> std::result::Result<T, KafkaError>,
    ) -> Result<T> {
        let begin = Instant::now();
        loop {
            let error = match ask(ATTEMPT) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            serve_events(self.consumer)?;
            let refused = matches!(
                error.rdkafka_error_code(),
                Some(
                    RDKafkaErrorCode::TopicAuthorizationFailed
                        | RDKafkaErrorCode::GroupAuthorizationFailed
                        | RDKafkaErrorCode::ClusterAuthorizationFailed
                )
            );
            if refused || begin.elapsed() >= self.patience() {
                return Err(self.unreachable(what, &error));
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn missing(&self, topic: &MissingTopic) -> Error {
        let (brokers, seconds) = (&self.options.brokers, START_PATIENCE.as_secs());
        Error::unreachable(format!("{topic} (Kafka at {brokers}, waited {seconds} s)"))
            .hint("create it, or correct the option 'topic'; topics are never created by reading")
    }

    fn unreachable(&self, what: &str, error: &KafkaError) -> Error {
        let brokers = &self.options.brokers;
        let complaint = self.consumer.context().last_complaint();
        let why = complaint.unwrap_or_else(|| error.to_string());
        Error::unreachable(format!("Kafka at {brokers} does not tell {what}: {why}")).hint(format!(
            "tried for {} s; check 'properties.bootstrap.servers', the brokers' advertised listeners and the \
             security settings",
            self.patience().as_secs()
        ))
    }

    fn no_group_offset(&self, split: &Split) -> Error {
        let group = self.options.client.get("group.id").unwrap_or_default();
        Error::failed(format!("group '{group}' has no committed offset of {split}")).hint(
            "set 'scan.startup.mode' = 'earliest-offset', or 'properties.auto.offset.reset' to what should happen then",
        )
    }
}

fn splits_of(metadata: &Metadata, wanted: impl Fn(&str) -> bool) -> Vec<Split> {
    let mut splits = Vec::new();
    for topic in metadata.topics().iter().filter(|t| t.error().is_none() && wanted(t.name())) {
        let name: Arc<str> = Arc::from(topic.name());
        splits
            .extend(topic.partitions().iter().map(|p| Split { topic: Arc::clone(&name), partition: p.id() }));
    }
    splits
}

/// A position outside of the log is lost data; nothing is ever skipped silently.
fn check_available(split: &Split, position: i64, bounds: Bounds) -> Result<()> {
    if (bounds.0..=bounds.1).contains(&position) { Ok(()) } else { Err(gone(split, position, bounds)) }
}

/// The error of records that are not in the log any more.
pub fn gone(split: &Split, wanted: i64, (first, next): Bounds) -> Error {
    let what = if wanted < first {
        format!("{} records were deleted before they were read", first - wanted)
    } else {
        "the log is shorter than what was read: it was truncated, or the topic was made anew".to_owned()
    };
    Error::failed(format!("{split}: offset {wanted} is wanted, {first} to {next} are available: {what}"))
        .at(format!("{}/{}/{wanted}", split.topic, split.partition))
        .hint(
            "the result would not be complete, so the job stops; raise the topic's retention, and start under a new \
             job name to begin with what is there",
        )
}
