//! A SQL script run as a job inside the test: chosen parallelism, stops in the middle, restores; its result in memory.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::util::display::array_value_to_string;
use streamsql_connectors::{MadeSink, SinkSpec, SourceSpec};
use streamsql_core::{
    ChangeBatch, Epoch, Error, KeyGroupRange, Lookup, Operator, Result, Schema, Sink, Source, SourceBatch,
    SourceEvent, Split, SplitStart,
};
use streamsql_plan::{Dataflow, LookupJoin, Node, NodeKind, TableSourceScan};
use streamsql_planner::plan_script;
use streamsql_runtime::{
    Constructors, Job, Metrics, RunOptions, SinkBinding, StopHandle, SystemClock, run_job,
};
use streamsql_sql::load::load_script;
use streamsql_state::store::{StateStore, StoreOptions};
use streamsql_state::store_committer::StoreCommitter;

use crate::cut::pieces;

/// A planned script with its state folder and what its SELECTs have given so far.
pub struct Pipeline {
    pub dataflow: Arc<Dataflow>,
    /// Where relative paths begin.
    folder: PathBuf,
    state: tempfile::TempDir,
    results: Arc<Mutex<Vec<ChangeBatch>>>,
}

/// One run: how many shards, and after how many rows it is told to stop.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub parallelism: usize,
    pub stop_after: Option<usize>,
}

impl Pipeline {
    /// The last query of the script in `folder`; relative paths are those of its files.
    ///
    /// # Errors
    /// What planning says.
    pub fn new(folder: &Path) -> std::result::Result<Self, String> {
        let sql = std::fs::read_to_string(folder.join("case.sql")).map_err(|e| e.to_string())?;
        Self::of(&sql, folder)
    }

    /// The last query of a script whose relative paths begin in `folder`.
    ///
    /// # Errors
    /// What planning says.
    pub fn of(sql: &str, folder: &Path) -> std::result::Result<Self, String> {
        let refused = |diagnostics: streamsql_sql::diagnostic::Diagnostics| diagnostics.render(false);
        let statements = load_script(sql, "case.sql", None, &[]).map_err(refused)?;
        let planned = plan_script(&statements).map_err(refused)?;
        let dataflow = planned.dataflows().last().cloned().ok_or("nothing to run")?;
        let state = state_folder().map_err(|e| e.to_string())?;
        Ok(Self {
            dataflow: Arc::new(dataflow),
            folder: folder.to_path_buf(),
            state,
            results: Arc::default(),
        })
    }

    /// Whether there is anything that modes could change: state, or several inputs.
    pub fn is_interesting(&self) -> bool {
        self.dataflow.nodes.iter().any(|node| !node.state.is_empty() || node.inputs.len() > 1)
    }

    /// Runs from the last commit on; returns whether the sources were read to their end.
    ///
    /// # Errors
    /// What the job fails with.
    pub fn run(&self, run: Run) -> Result<bool> {
        let folder = self.state.path().display().to_string();
        let store = StateStore::open(&folder, "pipeline", StoreOptions::default())?;
        let stop = StopHandle::default();
        let pace = Arc::new(Pace {
            left: AtomicUsize::new(run.stop_after.unwrap_or(usize::MAX)),
            ended: AtomicUsize::new(0),
            stop: stop.clone(),
        });
        let mut sinks = BTreeMap::new();
        let mut sources = 0;
        for id in self.dataflow.ids() {
            let node = self.dataflow.node(id);
            let sink: Box<dyn Sink> = match &node.kind {
                NodeKind::Collect(_) => Box::new(Memory(Arc::clone(&self.results))),
                NodeKind::Sink(sink) => {
                    let made = streamsql_connectors::sink(&SinkSpec {
                        job: "pipeline",
                        table: &sink.table.name,
                        path: &sink.table.path,
                        number: 0,
                        options: &sink.table.options,
                        columns: &node.schema,
                        primary_key: &sink.primary_key,
                        metadata: &sink.metadata,
                        partition_keys: &sink.table.partition_keys,
                    })?;
                    match made {
                        MadeSink::Direct(sink) => sink,
                        _ => return Err(Error::invalid("the pipeline of tests has no such sinks")),
                    }
                }
                NodeKind::TableSourceScan(_) => {
                    sources += 1;
                    continue;
                }
                _ => continue,
            };
            sinks.insert(id, SinkBinding::Direct(sink));
        }
        let job = Job {
            dataflow: Arc::clone(&self.dataflow),
            constructors: Arc::new(Parts { pace: Arc::clone(&pace), folder: self.folder.clone() }),
            committer: Box::new(StoreCommitter::new(&store)),
            store,
            sinks,
            options: RunOptions {
                parallelism: run.parallelism,
                commit_interval: Duration::ZERO,
                epoch_rows: 10,
                watermark_every_row: true,
                ..RunOptions::default()
            },
        };
        run_job(job, &SystemClock::default(), &Arc::new(Metrics::default()), &stop)?;
        Ok(pace.ended.load(Ordering::Acquire) == sources)
    }

    /// The result table so far: row → count.
    ///
    /// # Errors
    /// For values without a text.
    pub fn table(&self) -> std::result::Result<BTreeMap<String, i64>, String> {
        let mut table = BTreeMap::new();
        for batch in self.results.lock().map_err(|e| e.to_string())?.iter() {
            for row in 0..batch.num_rows() {
                let values = batch.rows().columns().iter().map(|column| {
                    let text = array_value_to_string(column, row).map_err(|e| e.to_string())?;
                    Ok(if column.is_null(row) { "NULL".to_owned() } else { text })
                });
                let line = values.collect::<std::result::Result<Vec<_>, String>>()?.join("  ");
                let count = table.entry(line.clone()).or_insert(0);
                *count += if batch.kind(row).is_retraction() { -1 } else { 1 };
                if *count == 0 {
                    table.remove(&line);
                }
            }
        }
        Ok(table)
    }
}

/// In memory where the system offers that: these tests are not about disks.
pub(crate) fn state_folder() -> std::io::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir()
        && let Ok(folder) = tempfile::tempdir_in(memory)
    {
        return Ok(folder);
    }
    tempfile::tempdir()
}

/// Counts rows down, then stops the job.
struct Pace {
    left: AtomicUsize,
    ended: AtomicUsize,
    stop: StopHandle,
}

/// Parts of the pipeline: real sources, slowed; real operators; no lookups.
struct Parts {
    pace: Arc<Pace>,
    folder: PathBuf,
}

impl Constructors for Parts {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        let metadata: Vec<_> = scan.metadata.iter().map(|m| (m.key.clone(), m.column.clone())).collect();
        let mut options = scan.table.options.clone();
        if let Some(path) = options.get_mut("path") {
            // An absolute path stays what it is.
            *path = self.folder.join(&*path).display().to_string();
        }
        let inner = streamsql_connectors::source(&SourceSpec {
            partition_keys: &scan.table.partition_keys,
            table: &scan.table.name,
            options: &options,
            physical: &scan.table.physical,
            read: &scan.physical,
            metadata: &metadata,
        })?;
        Ok(Box::new(Slowed { inner, pace: Arc::clone(&self.pace), waiting: VecDeque::new() }))
    }

    fn lookup(&self, join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        Err(Error::invalid(format!("{} cannot be looked up here", join.table.name)))
    }

    fn operator(
        &self,
        node: &Node,
        inputs: &[&Schema],
        key_groups: KeyGroupRange,
    ) -> Result<Box<dyn Operator>> {
        streamsql_operators::build(node, inputs, key_groups)
    }
}

/// Hands out a source's batches three rows at a time and falls silent once the job was told to stop.
struct Slowed {
    inner: Box<dyn Source>,
    pace: Arc<Pace>,
    waiting: VecDeque<SourceEvent>,
}

const ROWS: usize = 3;

impl Source for Slowed {
    fn open(&mut self, restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        self.inner.open(restored)
    }

    fn poll(&mut self, timeout: Duration) -> Result<SourceEvent> {
        let left = self.pace.left.load(Ordering::Acquire);
        if left == 0 {
            self.pace.stop.stop();
            return Ok(SourceEvent::Nothing);
        }
        let event = match self.waiting.pop_front() {
            Some(event) => event,
            None => match self.inner.poll(timeout)? {
                SourceEvent::Batch(batch) => {
                    self.waiting = cut(batch).into_iter().map(SourceEvent::Batch).collect();
                    return self.poll(timeout);
                }
                event => event,
            },
        };
        match &event {
            SourceEvent::Batch(batch) => {
                let rows = batch.batch.num_rows();
                let after = |left: usize| Some(left.saturating_sub(rows));
                let _ = self.pace.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, after);
            }
            SourceEvent::End => {
                self.pace.ended.fetch_add(1, Ordering::AcqRel);
            }
            _ => {}
        }
        Ok(event)
    }
}

/// Small batches with their own positions, where every record gave a row.
fn cut(batch: SourceBatch) -> Vec<SourceBatch> {
    if batch.records != batch.batch.num_rows() as u64 || !batch.dead_letters.is_empty() {
        return vec![batch];
    }
    pieces(batch, ROWS)
}

/// Keeps what a query gives.
struct Memory(Arc<Mutex<Vec<ChangeBatch>>>);

impl Sink for Memory {
    fn write(&mut self, _epoch: Epoch, changes: &[ChangeBatch]) -> Result<()> {
        self.0.lock().map_err(|e| Error::internal(e.to_string()))?.extend_from_slice(changes);
        Ok(())
    }
}
