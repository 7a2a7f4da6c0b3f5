//! `kafka` and `upsert-kafka` as sinks (Flink `KafkaDynamicSink`, `KafkaSink`): an epoch's records with the guarantee that
//! the table asks for.
//!
//! | `sink.delivery-guarantee` | an epoch's records |
//! |---|---|
//! | `exactly-once` | are stored with the epoch's state, and sent in one Kafka transaction once the epoch is committed; the transaction also moves a marker (`producer`), by which a restart knows whether it went through |
//! | `at-least-once` | are sent and acknowledged before the epoch is committed; a restart in between sends them again |
//! | `none` | are handed to the client |
//!
//! A transaction that was begun by an instance that died cannot be taken up by another one, so what `prepare` makes
//! durable is the records themselves. One client writes, so the records of a key, and of a table without keys all of
//! them, are in the order in which the query gave them.

mod options;
mod producer;
mod record;

use std::time::{Duration, Instant};

use streamsql_core::{Epoch, EpochRows, Error, ErrorKind, Result, StopHandle, TwoPhaseSink};

use self::options::{Guarantee, KafkaSinkOptions};
use self::producer::Transactional;
use self::record::{RecordEncoder, Records};
use crate::SinkSpec;

/// How long a transaction is tried before the job gives up; the next start goes on with it.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(200);
/// So long after an epoch with rows comes one without, so that its records need not be told from those that were sent
/// when the broker has forgotten the marker (`offsets.retention.minutes`, days).
const FORGOTTEN_MS: i64 = 3_600_000;

/// Writes the rows of one INSERT INTO.
pub struct KafkaSink {
    options: KafkaSinkOptions,
    encoder: RecordEncoder,
    /// With `exactly-once`, once recovered.
    transactional: Option<Transactional>,
    /// With the other guarantees, once opened.
    plain: Option<producer::Plain>,
    due_ms: Option<i64>,
    halt: StopHandle,
}

impl KafkaSink {
    /// # Errors
    /// `Invalid`, naming the option or column.
    pub fn new(spec: &SinkSpec<'_>) -> Result<Self> {
        let options = KafkaSinkOptions::parse(spec)?;
        let encoder = RecordEncoder::new(spec, &options)?;
        Ok(Self {
            options,
            encoder,
            transactional: None,
            plain: None,
            due_ms: None,
            halt: StopHandle::default(),
        })
    }

    fn is_exact(&self) -> bool {
        matches!(self.options.guarantee, Guarantee::ExactlyOnce { .. })
    }

    fn plain(&mut self) -> Result<&mut producer::Plain> {
        let table = &self.options.table;
        self.plain.as_mut().ok_or_else(|| Error::internal(format!("table {table}: the sink is not open")))
    }

    /// Sends an epoch's records in one transaction, whatever became of tries before.
    fn send(&mut self, epoch: Epoch, token: &[u8]) -> Result<()> {
        let started = Instant::now();
        loop {
            let tried = match &mut self.transactional {
                Some(client) => client.send(epoch, Some(&Records::parse(token)?)),
                None => Transactional::connect(&self.options).and_then(|client| {
                    let marked = client.marker()?;
                    self.transactional = Some(client);
                    if marked.is_some_and(|marked| marked >= epoch.0) {
                        return Ok(true);
                    }
                    Ok(false)
                }),
            };
            let error = match tried {
                Ok(true) => return Ok(()),
                // Connected again, and it had not gone through.
                Ok(false) => continue,
                Err(error) if matches!(error.kind, ErrorKind::Fenced | ErrorKind::State) => {
                    return Err(error);
                }
                Err(error) => error,
            };
            // What became of it is asked of the broker by a client that shuts this one out.
            self.transactional = None;
            if started.elapsed() > PATIENCE || self.halt.wait(PAUSE) {
                return Err(Error { kind: ErrorKind::Failed, ..error }
                    .hint("the epoch is committed and its records are stored: the next start sends them"));
            }
            tracing::warn!("{error}; trying again");
        }
    }
}

impl TwoPhaseSink for KafkaSink {
    fn open(&mut self) -> Result<()> {
        let client = producer::Plain::connect(&self.options)?;
        client.check_topic(&self.options, &self.halt)?;
        if !self.is_exact() {
            self.plain = Some(client);
        }
        Ok(())
    }

    fn recover(&mut self, committed: Epoch, token: Option<&[u8]>) -> Result<bool> {
        if !self.is_exact() {
            // Written by this job while the table asked for exactly-once: whether it was sent cannot be known here.
            let Some(token) = token else { return Ok(false) };
            let records = Records::parse(token)?;
            let plain = self.plain()?;
            plain.send(&records)?;
            plain.flush()?;
            return Ok(true);
        }
        let client = Transactional::connect(&self.options)?;
        let marked = client.marker()?;
        self.transactional = Some(client);
        let table = &self.options.table;
        match (marked, token) {
            // A job that starts afresh counts its epochs anew.
            _ if committed == Epoch(0) => {}
            (Some(marked), _) if marked > committed.0 => {
                return Err(Error::state(format!(
                    "table {table}: topic {} holds the rows of epoch {marked} of this job, its state is that of epoch {committed}",
                    self.options.topic
                ))
                .hint(
                    "restore the newest state; or give the job a new name in streamsql.yaml, or the table another \
                     'sink.transactional-id-prefix': rows that are in the topic are then written again",
                ));
            }
            (Some(marked), Some(token)) if marked < committed.0 => {
                self.send(committed, token)?;
                return Ok(true);
            }
            (Some(_), token) => return Ok(token.is_some()),
            (None, Some(_)) => {
                return Err(Error::state(format!(
                    "table {table}: whether the rows of epoch {committed} are in topic {} cannot be told: the broker knows \
                     nothing of group {}",
                    self.options.topic,
                    self.options.marker_group()
                ))
                .hint(
                    "look into the topic; one start with 'sink.delivery-guarantee' = 'at-least-once' writes them \
                     (again), and a later one goes on with 'exactly-once'",
                ));
            }
            (None, None) => {}
        }
        // From now on there is a marker.
        if let Some(client) = &mut self.transactional {
            client.send(committed, None)?;
        }
        Ok(false)
    }

    fn prepare(&mut self, rows: &EpochRows<'_>) -> Result<Vec<u8>> {
        self.due_ms = None;
        let mut records = self.encoder.encode(rows.changes)?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        if self.is_exact() {
            self.due_ms = Some(rows.now_ms.saturating_add(FORGOTTEN_MS));
            return Ok(records.take());
        }
        let waits = self.options.guarantee == Guarantee::AtLeastOnce || rows.is_last;
        let plain = self.plain()?;
        plain.send(&records)?;
        if waits {
            plain.flush()?;
        }
        Ok(Vec::new())
    }

    fn commit(&mut self, epoch: Epoch, token: &[u8]) -> Result<()> {
        if token.is_empty() { Ok(()) } else { self.send(epoch, token) }
    }

    fn due_ms(&self) -> Option<i64> {
        self.due_ms
    }

    fn halt_with(&mut self, halt: &StopHandle) {
        self.halt = halt.clone();
    }
}
