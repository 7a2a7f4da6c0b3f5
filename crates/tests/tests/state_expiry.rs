//! State that expires stays flat: over a hundred times `table.exec.state.ttl`, with new keys all the time, aggregates, joins,
//! ranks, deduplications and functions OVER windows keep no more than they kept after the first few.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch};
use streamsql_core::{
    ChangeBatch, Epoch, Error, KeyGroupRange, Lookup, Message, Operator, Result, Schema, Source, StateDelta,
    StopHandle,
};
use streamsql_plan::{Dataflow, LookupJoin, Node, NodeId, NodeKind, TableSourceScan};
use streamsql_planner::plan_script;
use streamsql_runtime::Constructors;
use streamsql_runtime::graph::{Envelope, Graph, Outlet};
use streamsql_sql::load::load_script;
use streamsql_state::tables::KeptSegments;

const TTL_MS: i64 = 3_600_000;
const EXPIRIES: i64 = 100;
/// New keys in each of them.
const KEYS: i64 = 500;
/// After so many nothing grows any more.
const SETTLED: usize = 10;

const TABLES: &str = "CREATE TABLE t (k BIGINT, v BIGINT) WITH ('connector' = 'datagen');
     CREATE TABLE u (k BIGINT, v BIGINT) WITH ('connector' = 'datagen');
     CREATE TABLE keyed (k BIGINT, v BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
       'topic' = 'keyed', 'properties.bootstrap.servers' = 'localhost:9', 'key.format' = 'json', 'value.format' = 'json');
     CREATE TABLE upserted (v BIGINT, k BIGINT, PRIMARY KEY (v) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
       'topic' = 'upserted', 'properties.bootstrap.servers' = 'localhost:9', 'key.format' = 'json', 'value.format' = 'json');";

const QUERIES: &[&str] = &[
    "SELECT k, COUNT(*) AS n, SUM(v) AS s, MIN(v) AS low, COUNT(DISTINCT v) AS d FROM t GROUP BY k",
    "SELECT s, COUNT(*) AS n, MAX(k) AS high FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k) GROUP BY s",
    "SELECT t.k, t.v, u.v AS w FROM t JOIN u ON t.k = u.k",
    "SELECT t.k, t.v, u.n FROM t LEFT JOIN (SELECT k, COUNT(*) AS n FROM u GROUP BY k) AS u ON t.k = u.k",
    "SELECT k, v FROM t WHERE k NOT IN (SELECT v FROM u)",
    "SELECT k FROM t INTERSECT SELECT v FROM u",
    "SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v) AS rn FROM t) WHERE rn <= 2",
    "SELECT k, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n) AS rn
       FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k)) WHERE rn <= 2",
    "SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS rn
       FROM (SELECT *, PROCTIME() AS pt FROM t)) WHERE rn = 1",
    "SELECT k, SUM(v) OVER (PARTITION BY k ORDER BY pt ROWS UNBOUNDED PRECEDING) AS s
       FROM (SELECT *, PROCTIME() AS pt FROM t)",
    "SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt) AS rn
       FROM (SELECT *, PROCTIME() AS pt FROM t)) WHERE rn = 1",
    "SELECT t.k, u.v FROM t FULL JOIN u ON t.k = u.k AND t.v >= u.v",
    "SELECT k FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.v <= t.v)",
    "SELECT k, v FROM t UNION SELECT k, v FROM u",
    "SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v) AS rn FROM t) WHERE rn <= k",
    "SELECT k, v FROM keyed",
    "INSERT INTO upserted SELECT v, MAX(k) AS k FROM t GROUP BY v, k",
];

struct Operators;

impl Constructors for Operators {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        Err(Error::internal(format!("{} is read by the test itself", scan.table.name)))
    }

    fn lookup(&self, join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        Err(Error::internal(format!("{} is not looked up here", join.table.name)))
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

/// Deltas by node, as a store keeps them.
#[derive(Default)]
struct Stored {
    segments: BTreeMap<usize, KeptSegments>,
    rows: usize,
}

impl Outlet for Stored {
    fn route(&mut self, envelope: Envelope) {
        panic!("one shard sends nothing to shard {}", envelope.to_shard);
    }

    fn rows(&mut self, _node: NodeId, _epoch: Epoch, batch: ChangeBatch) -> Result<()> {
        self.rows += batch.num_rows();
        Ok(())
    }

    fn delta(&mut self, node: NodeId, _epoch: Epoch, delta: StateDelta) {
        self.segments.entry(node.0).or_default().write(delta).expect("a delta that can be kept");
    }

    fn passed(&mut self, _epoch: Epoch) {}

    fn late(&mut self, rows: u64) {
        assert_eq!(rows, 0, "nothing here has event time");
    }
}

/// What the tables hold in memory and in their store after each expiry, in bytes.
struct Held {
    memory: Vec<usize>,
    stored: Vec<usize>,
}

fn run(query: &str, ttl_ms: i64) -> Held {
    let sql = format!("SET 'table.exec.state.ttl' = '{ttl_ms} ms';\n{TABLES}\n{query};");
    let statements = load_script(&sql, "expiry.sql", None, &[]).unwrap();
    let planned = plan_script(&statements).unwrap();
    let dataflow: Arc<Dataflow> = Arc::new(planned.dataflows().last().unwrap().clone());
    let constructors: Arc<dyn Constructors> = Arc::new(Operators);
    let mut graph = Graph::build(&dataflow, &constructors, 0, 1, Epoch(0), &StopHandle::default()).unwrap();
    let scans: Vec<NodeId> =
        dataflow.ids().filter(|id| matches!(dataflow.node(*id).kind, NodeKind::TableSourceScan(_))).collect();
    let mut out = Stored::default();
    let (mut memory, mut stored) = (Vec::new(), Vec::new());
    for expiry in 0..EXPIRIES {
        graph.set_processing_time(1 + expiry * (TTL_MS + 1));
        for scan in &scans {
            let schema = dataflow.node(*scan).schema.to_arrow();
            let keys = expiry * KEYS..(expiry + 1) * KEYS;
            let column = || Arc::new(Int64Array::from_iter_values(keys.clone())) as _;
            let rows =
                RecordBatch::try_new(Arc::clone(&schema), schema.fields().iter().map(|_| column()).collect());
            let batch = Message::Batch(ChangeBatch::inserts(rows.unwrap()));
            graph.receive(*scan, 0, 0, batch, &mut out).unwrap();
        }
        for scan in &scans {
            graph.receive(*scan, 0, 0, Message::Barrier(Epoch(expiry as u64 + 1)), &mut out).unwrap();
        }
        memory.push(graph.state_sizes().iter().map(|table| table.bytes).sum());
        stored.push(out.segments.values().map(KeptSegments::bytes).sum());
    }
    assert!(out.rows > 0, "{query} gives nothing");
    Held { memory, stored }
}

fn most(sizes: &[usize]) -> usize {
    sizes.iter().copied().max().unwrap_or(0)
}

#[test]
fn state_that_expires_stays_flat() {
    for query in QUERIES {
        let held = run(query, TTL_MS);
        let (early, late) = (most(&held.memory[..SETTLED]), most(&held.memory[SETTLED..]));
        println!("{early} bytes, later at most {late}: {query}");
        assert!(early > 0, "{query} keeps nothing");
        assert!(late <= early + early / 4, "{late} bytes after {early}: {query}");
        let (early, late) = (most(&held.stored[..SETTLED]), most(&held.stored[SETTLED..]));
        assert!(late <= 2 * early, "{late} bytes are stored after {early}: {query}");
    }
}

#[test]
fn state_without_a_ttl_grows() {
    // NOT IN compares each row with every other: without a TTL that takes quadratic time.
    for query in QUERIES.iter().filter(|query| !query.contains("NOT IN")) {
        let held = run(query, 0);
        let (early, late) = (most(&held.memory[..SETTLED]), most(&held.memory[SETTLED..]));
        assert!(late > 4 * early, "{late} bytes after {early}: {query}");
    }
}
