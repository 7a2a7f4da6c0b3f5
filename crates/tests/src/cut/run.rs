//! The queries of a script, run in memory under any cut.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;
use streamsql_connectors::SourceSpec;
use streamsql_core::{
    ChangeBatch, Epoch, Error, KeyGroupRange, Lookup, Operator, Result, Schema, Sink, Source,
};
use streamsql_plan::{Dataflow, LookupJoin, Node, NodeId, NodeKind, TableSourceScan};
use streamsql_planner::{ScriptResult, plan_script};
use streamsql_runtime::query::without_forbidden_nulls;
use streamsql_runtime::values_source::ValuesSource;
use streamsql_runtime::{
    Clock, Constructors, Job, Metrics, QuerySink, RunOptions, SinkBinding, StopHandle, run_job, run_query,
};
use streamsql_sql::load::load_script;
use streamsql_state::store::{StateStore, StoreOptions};
use streamsql_state::store_committer::StoreCommitter;

use super::{Cut, CutSource};
use crate::pipeline::state_folder;

/// A script's queries and INSERTs, planned.
pub struct Queries {
    dataflows: Vec<Arc<Dataflow>>,
    /// Where relative paths begin.
    folder: PathBuf,
}

/// What a run came to: rows with their counts, or the first error. Rows before an error do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// By query, node and row.
    Rows(BTreeMap<(usize, usize, String), i64>),
    Error(String),
}

type Changes = Arc<Mutex<Vec<(usize, ChangeBatch)>>>;

impl Queries {
    /// Plans the script in `folder`.
    ///
    /// # Errors
    /// What planning says.
    pub fn plan(sql: &str, folder: &Path) -> Result<Self, String> {
        let refused = |diagnostics: streamsql_sql::diagnostic::Diagnostics| diagnostics.render(false);
        let statements = load_script(sql, "case.sql", None, &[]).map_err(refused)?;
        let results = plan_script(&statements).map_err(refused)?.results;
        let dataflows = results.into_iter().filter_map(|result| match result {
            ScriptResult::Run(dataflow) => Some(Arc::new(dataflow)),
            ScriptResult::Print(_) => None,
        });
        Ok(Self { dataflows: dataflows.collect(), folder: folder.to_path_buf() })
    }

    /// How many joins make only the pairs that can win.
    pub fn frontiers(&self) -> usize {
        let has = |node: &&Node| matches!(&node.kind, NodeKind::Join(join) if join.frontier.is_some());
        self.dataflows.iter().flat_map(|dataflow| &dataflow.nodes).filter(has).count()
    }

    /// How many joins remember what was sent, and let the rows go that are behind it.
    pub fn lasting_frontiers(&self) -> usize {
        let lasts = |node: &&Node| match &node.kind {
            NodeKind::Join(join) => join.frontier.as_ref().is_some_and(|frontier| frontier.lasting.is_some()),
            _ => false,
        };
        self.dataflows.iter().flat_map(|dataflow| &dataflow.nodes).filter(lasts).count()
    }

    /// How many joins send the only row of one side to every shard.
    pub fn broadcasts(&self) -> usize {
        let has = |node: &&Node| matches!(&node.kind, NodeKind::Join(join) if join.broadcast.is_some());
        self.dataflows.iter().flat_map(|dataflow| &dataflow.nodes).filter(has).count()
    }

    /// The same with joins that make all their pairs.
    #[must_use]
    pub fn without_frontiers(&self) -> Self {
        let plain = |dataflow: &Arc<Dataflow>| {
            let mut dataflow = dataflow.as_ref().clone();
            for node in &mut dataflow.nodes {
                if let NodeKind::Join(join) = &mut node.kind {
                    join.frontier = None;
                }
            }
            Arc::new(dataflow)
        };
        Self { dataflows: self.dataflows.iter().map(plain).collect(), folder: self.folder.clone() }
    }

    /// How many joins get only rows that may be the extreme of a window.
    pub fn extreme_filters(&self) -> usize {
        let is_filter = |node: &&Node| matches!(node.kind, NodeKind::WindowExtremeFilter(_));
        self.dataflows.iter().flat_map(|dataflow| &dataflow.nodes).filter(is_filter).count()
    }

    /// The same with filters that let every row pass, as if none of its windows had been seen.
    #[must_use]
    pub fn without_extreme_filters(&self) -> Self {
        let plain = |dataflow: &Arc<Dataflow>| {
            let mut dataflow = dataflow.as_ref().clone();
            for node in &mut dataflow.nodes {
                if let NodeKind::WindowExtremeFilter(filter) = &mut node.kind {
                    (filter.from_ms, filter.to_ms) = (i64::MAX / 8, i64::MAX / 4);
                }
            }
            Arc::new(dataflow)
        };
        Self { dataflows: self.dataflows.iter().map(plain).collect(), folder: self.folder.clone() }
    }

    /// Whether there is anything to run.
    pub fn is_empty(&self) -> bool {
        self.dataflows.is_empty()
    }

    /// Runs all queries, one after the other, until one fails.
    pub fn run(&self, cut: Cut) -> Outcome {
        self.outcome(|dataflow, changes| match cut.parallelism {
            1 => self.run_as_query(dataflow, cut, true, changes),
            _ => self.run_as_job(dataflow, cut, changes),
        })
    }

    fn outcome(&self, run: impl Fn(&Arc<Dataflow>, &Changes) -> Result<()>) -> Outcome {
        let mut table = BTreeMap::new();
        for (query, dataflow) in self.dataflows.iter().enumerate() {
            let changes = Changes::default();
            if let Err(error) = run(dataflow, &changes).and_then(|()| add(&mut table, query, &changes)) {
                // Which records were read together is the one thing that a cut may change of an error.
                return Outcome::Error(error.message);
            }
        }
        Outcome::Rows(table)
    }

    /// Whether it matters to the result which rows come too late: whether it is another one where event time stands still
    /// until all rows are there. In several shards a row is late or not by how far each of them has come, as in Flink.
    pub fn depend_on_late_rows(&self, as_read: &Outcome) -> bool {
        /// A busy machine may hand the rows on in several pieces, after each of which event time goes on: not in all of
        /// several runs.
        const RUNS: usize = 8;
        let run =
            || self.outcome(|dataflow, changes| self.run_as_query(dataflow, Cut::AS_READ, false, changes));
        (0..RUNS).any(|_| run() != *as_read)
    }

    fn parts(&self, cut: Cut) -> Arc<dyn Constructors> {
        Arc::new(Parts { folder: self.folder.clone(), rows: cut.rows })
    }

    fn run_as_query(
        &self,
        dataflow: &Arc<Dataflow>,
        cut: Cut,
        watermark_every_row: bool,
        changes: &Changes,
    ) -> Result<()> {
        let sinks = sinks(dataflow)
            .filter(|id| matches!(dataflow.node(*id).kind, NodeKind::Sink(_)))
            .map(|id| (id, Box::new(Memory::of(dataflow, id, changes)) as Box<dyn Sink>));
        let options = RunOptions { watermark_every_row, ..RunOptions::default() };
        let mut results = Results(Arc::clone(changes));
        run_query(
            dataflow,
            &self.parts(cut),
            sinks.collect(),
            &mut results,
            &options,
            &Standing,
            &StopHandle::default(),
        )
    }

    fn run_as_job(&self, dataflow: &Arc<Dataflow>, cut: Cut, changes: &Changes) -> Result<()> {
        let folder = state_folder().map_err(|error| Error::internal(error.to_string()))?;
        let store = StateStore::open(&folder.path().display().to_string(), "cut", StoreOptions::default())?;
        let sinks = sinks(dataflow).map(|id| {
            (id, SinkBinding::Direct(Box::new(Memory::of(dataflow, id, changes)) as Box<dyn Sink>))
        });
        let job = Job {
            dataflow: Arc::clone(dataflow),
            constructors: self.parts(cut),
            committer: Box::new(StoreCommitter::new(&store)),
            store,
            sinks: sinks.collect(),
            options: RunOptions {
                parallelism: cut.parallelism,
                watermark_every_row: true,
                ..RunOptions::default()
            },
        };
        run_job(job, &Standing, &Arc::new(Metrics::default()), &StopHandle::default())
    }
}

fn sinks(dataflow: &Dataflow) -> impl Iterator<Item = NodeId> + '_ {
    dataflow.ids().filter(|id| matches!(dataflow.node(*id).kind, NodeKind::Sink(_) | NodeKind::Collect(_)))
}

fn add(table: &mut BTreeMap<(usize, usize, String), i64>, query: usize, changes: &Changes) -> Result<()> {
    for (node, batch) in changes.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        for row in 0..batch.num_rows() {
            let values = batch.rows().columns().iter().map(|column| {
                Ok(if column.is_null(row) { "NULL".to_owned() } else { array_value_to_string(column, row)? })
            });
            let key = (query, *node, values.collect::<Result<Vec<_>>>()?.join("  "));
            let count = table.entry(key.clone()).or_insert(0);
            *count += if batch.kind(row).is_retraction() { -1 } else { 1 };
            if *count == 0 {
                table.remove(&key);
            }
        }
    }
    Ok(())
}

/// Time that stands still: nothing becomes idle, no epoch ends early.
struct Standing;

impl Clock for Standing {
    fn now_ms(&self) -> i64 {
        1_767_225_600_000
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Real sources, cut; real operators; no lookups.
struct Parts {
    folder: PathBuf,
    rows: Option<usize>,
}

impl Parts {
    fn cut(&self, source: Box<dyn Source>) -> Box<dyn Source> {
        match self.rows {
            Some(rows) => Box::new(CutSource::new(source, rows)),
            None => source,
        }
    }
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
        Ok(self.cut(inner))
    }

    fn values(&self, rows: &RecordBatch) -> Box<dyn Source> {
        self.cut(Box::new(ValuesSource::new(rows.clone())))
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

/// Keeps what goes into a sink, or what a SELECT gives.
struct Memory {
    node: usize,
    /// The node of a SELECT, whose forbidden NULLs are looked at where its rows leave.
    collect: Option<Node>,
    changes: Changes,
}

impl Memory {
    fn of(dataflow: &Dataflow, id: NodeId, changes: &Changes) -> Self {
        let node = dataflow.node(id);
        let collect = matches!(node.kind, NodeKind::Collect(_)).then(|| node.clone());
        Self { node: id.0, collect, changes: Arc::clone(changes) }
    }
}

impl Sink for Memory {
    fn write(&mut self, _epoch: Epoch, changes: &[ChangeBatch]) -> Result<()> {
        for batch in changes {
            let (node, batch) = match &self.collect {
                Some(Node { kind: NodeKind::Collect(collect), .. }) => {
                    let node = self.collect.as_ref().ok_or_else(|| Error::internal("no node"))?;
                    (collect.statement, without_forbidden_nulls(node, collect, batch.clone())?)
                }
                _ => (self.node, batch.clone()),
            };
            self.changes.lock().unwrap_or_else(PoisonError::into_inner).push((node, batch));
        }
        Ok(())
    }
}

/// The same of a query.
struct Results(Changes);

impl QuerySink for Results {
    fn write(&mut self, statement: usize, _schema: &Schema, batch: &ChangeBatch) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((statement, batch.clone()));
        Ok(())
    }
}
