//! A shard does not wait for the answer of a table that is looked up while it has other work; rows keep their order and
//! stay in their epochs all the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use streamsql_connectors::SourceSpec;
use streamsql_core::{
    ChangeBatch, Epoch, Error, KeyGroupRange, Lookup, LookupRows, Operator, Result, Schema, Sink, Source,
    StopHandle,
};
use streamsql_plan::{Dataflow, LookupJoin, Node, NodeKind, TableSourceScan};
use streamsql_planner::{ScriptResult, plan_script};
use streamsql_runtime::{
    Constructors, Job, Metrics, QuerySink, RunOptions, SinkBinding, SystemClock, run_job, run_query,
};
use streamsql_sql::load::load_script;
use streamsql_state::store::{StateStore, StoreOptions};
use streamsql_state::store_committer::StoreCommitter;
use streamsql_tests::cut::CutSource;
use streamsql_tests::patience::{let_pass, wait_until};

const SQL: &str = "CREATE TABLE asked (k INT, pt AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'asked.json', 'format' = 'json');
CREATE TABLE plain (k INT) WITH ('connector' = 'filesystem', 'path' = 'plain.json', 'format' = 'json');
CREATE TABLE users (id INT, name STRING) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://localhost/none', 'table-name' = 'users');
CREATE TABLE named (k INT, name STRING) WITH ('connector' = 'blackhole');
CREATE TABLE doubled (k INT) WITH ('connector' = 'blackhole');
EXECUTE STATEMENT SET BEGIN
INSERT INTO named SELECT a.k, u.name FROM asked AS a LEFT JOIN users FOR SYSTEM_TIME AS OF a.pt AS u ON a.k = u.id;
INSERT INTO doubled SELECT k * 2 FROM plain;
END;";

/// Rows of both inputs.
const ROWS: i32 = 60;

/// What a lookup waits for before it answers.
type Gate = Arc<dyn Fn() + Send + Sync>;

struct Parts {
    folder: PathBuf,
    /// Rows of a batch.
    rows: usize,
    gate: Gate,
}

impl Constructors for Parts {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        let mut options = scan.table.options.clone();
        if let Some(path) = options.get_mut("path") {
            *path = self.folder.join(&*path).display().to_string();
        }
        let inner = streamsql_connectors::source(&SourceSpec {
            partition_keys: &scan.table.partition_keys,
            table: &scan.table.name,
            options: &options,
            physical: &scan.table.physical,
            read: &scan.physical,
            metadata: &[],
        })?;
        Ok(Box::new(CutSource::new(inner, self.rows)))
    }

    fn lookup(&self, join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        let schema =
            Schema::new(join.columns.iter().map(|c| join.table.physical.columns[*c].clone()).collect());
        Ok(Box::new(Users { schema, gate: Arc::clone(&self.gate) }))
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

/// Nobody for odd keys, two for each fourth one, else one.
struct Users {
    schema: Schema,
    gate: Gate,
}

impl Lookup for Users {
    fn lookup(&mut self, keys: &RecordBatch, _now_ms: i64) -> Result<LookupRows> {
        (self.gate)();
        let (mut key_index, mut ids, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for (index, key) in keys.column(0).as_primitive::<Int32Type>().values().iter().enumerate() {
            let users = match key % 4 {
                0 => 2,
                2 => 1,
                _ => 0,
            };
            for user in 0..users {
                key_index.push(index as u32);
                ids.push(*key);
                names.push(format!("{key}-{user}"));
            }
        }
        let columns = self.schema.columns.iter().map(|column| -> ArrayRef {
            match column.name.as_str() {
                "id" => Arc::new(Int32Array::from(ids.clone())),
                _ => Arc::new(StringArray::from(names.clone())),
            }
        });
        let rows = RecordBatch::try_new(self.schema.to_arrow(), columns.collect())?;
        Ok(LookupRows { rows, key_index })
    }
}

/// By sink: rows in their order, and the epochs that they came with.
type Written = Arc<Mutex<BTreeMap<usize, Vec<(Epoch, String)>>>>;

struct Memory(usize, Written);

impl Sink for Memory {
    fn write(&mut self, epoch: Epoch, changes: &[ChangeBatch]) -> Result<()> {
        let mut written = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        for batch in changes {
            for row in 0..batch.num_rows() {
                let values = batch.rows().columns().iter().map(|column| {
                    arrow::util::display::array_value_to_string(column, row).map_err(Error::from)
                });
                let values = values.collect::<Result<Vec<_>>>()?.join(" ");
                written.entry(self.0).or_default().push((epoch, values));
            }
        }
        Ok(())
    }
}

struct Nothing;

impl QuerySink for Nothing {
    fn write(&mut self, _statement: usize, _schema: &Schema, _batch: &ChangeBatch) -> Result<()> {
        Ok(())
    }
}

fn dataflow() -> Arc<Dataflow> {
    let statements = load_script(SQL, "case.sql", None, &[]).unwrap();
    let mut dataflows =
        plan_script(&statements).unwrap().results.into_iter().filter_map(|result| match result {
            ScriptResult::Run(dataflow) => Some(Arc::new(dataflow)),
            ScriptResult::Print(_) => None,
        });
    let dataflow = dataflows.next().unwrap();
    assert!(dataflows.next().is_none(), "the two statements are one job");
    dataflow
}

fn write_inputs(folder: &Path) {
    let rows: String = (0..ROWS).map(|k| format!("{{\"k\":{}}}\n", k * 7 % 23)).collect();
    for file in ["asked.json", "plain.json"] {
        std::fs::write(folder.join(file), &rows).unwrap();
    }
}

fn run(
    folder: &Path,
    rows: usize,
    parallelism: usize,
    epoch_rows: u64,
    metrics: &Arc<Metrics>,
    gate: Gate,
) -> Written {
    let (dataflow, written) = (dataflow(), Written::default());
    let state = tempfile::tempdir().unwrap();
    let store =
        StateStore::open(&state.path().display().to_string(), "aside", StoreOptions::default()).unwrap();
    let sinks = dataflow.ids().filter(|id| matches!(dataflow.node(*id).kind, NodeKind::Sink(_)));
    let sinks = sinks
        .map(|id| (id, SinkBinding::Direct(Box::new(Memory(id.0, Arc::clone(&written))) as Box<dyn Sink>)));
    let job = Job {
        dataflow: Arc::clone(&dataflow),
        constructors: Arc::new(Parts { folder: folder.to_path_buf(), rows, gate }),
        committer: Box::new(StoreCommitter::new(&store)),
        store,
        sinks: sinks.collect(),
        options: RunOptions { parallelism, epoch_rows, ..RunOptions::default() },
    };
    run_job(job, &SystemClock::default(), metrics, &StopHandle::default()).unwrap();
    written
}

/// What a query gives, which asks and waits.
fn waiting(folder: &Path) -> BTreeMap<usize, Vec<String>> {
    let (dataflow, written) = (dataflow(), Written::default());
    let sinks = dataflow.ids().filter(|id| matches!(dataflow.node(*id).kind, NodeKind::Sink(_)));
    let sinks = sinks.map(|id| (id, Box::new(Memory(id.0, Arc::clone(&written))) as Box<dyn Sink>));
    let parts: Arc<dyn Constructors> =
        Arc::new(Parts { folder: folder.to_path_buf(), rows: 3, gate: Arc::new(|| {}) });
    let options = RunOptions::default();
    let clock = SystemClock::default();
    run_query(&dataflow, &parts, sinks.collect(), &mut Nothing, &options, &clock, &StopHandle::default())
        .unwrap();
    rows_of(&written)
}

fn rows_of(written: &Written) -> BTreeMap<usize, Vec<String>> {
    let written = written.lock().unwrap_or_else(PoisonError::into_inner);
    written.iter().map(|(sink, rows)| (*sink, rows.iter().map(|(_, row)| row.clone()).collect())).collect()
}

#[test]
fn a_shard_works_on_while_a_table_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    write_inputs(folder.path());
    for parallelism in [1, 2] {
        let metrics = Arc::new(Metrics::default());
        let seen = Arc::clone(&metrics);
        // No answer before the shards are through with all rows of both inputs: who waited for one would wait for ever.
        let gate: Gate = Arc::new(move || {
            let done = || seen.rows_done.load(Ordering::Relaxed) >= 2 * ROWS as u64;
            assert!(wait_until(done), "the shard waits for the answer");
        });
        let written = run(folder.path(), 1_000, parallelism, 1_000_000, &metrics, gate);
        assert_eq!(rows_of(&written), waiting(folder.path()), "parallelism {parallelism}");
    }
}

#[test]
fn rows_keep_their_order_and_epochs_hold_their_answers() {
    let folder = tempfile::tempdir().unwrap();
    write_inputs(folder.path());
    let wanted = waiting(folder.path());
    assert_eq!(wanted.len(), 2);
    for (rows, parallelism, epoch_rows) in [(1, 1, 1_000_000), (1, 1, 2), (3, 1, 7), (1, 2, 2), (3, 3, 7)] {
        let asked = Mutex::new(0_u64);
        // Answers take longer and shorter, and barriers come meanwhile.
        let gate: Gate = Arc::new(move || {
            let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            *asked += 1;
            let_pass(*asked * 7 % 5, || false);
        });
        let written = run(folder.path(), rows, parallelism, epoch_rows, &Arc::new(Metrics::default()), gate);
        let case = format!("{rows} rows a batch, {parallelism} shards, {epoch_rows} rows an epoch");
        assert_eq!(rows_of(&written), wanted, "{case}");
        let written = written.lock().unwrap_or_else(PoisonError::into_inner);
        for rows in written.values() {
            assert!(rows.is_sorted_by_key(|(epoch, _)| *epoch), "{case}");
        }
        let epochs =
            written.values().flatten().map(|(epoch, _)| *epoch).collect::<std::collections::BTreeSet<_>>();
        assert!(epoch_rows > 100 || epochs.len() > 5, "{case}: {} epochs", epochs.len());
    }
}
