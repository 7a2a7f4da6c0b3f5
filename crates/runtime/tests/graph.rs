//! What a graph tells its operators about event time, the end of their inputs and processing time.

use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use streamsql_core::{
    ChangeBatch, ChangelogMode, Column, Context, Epoch, Error, KeyGroupRange, LogicalType, Lookup, Message,
    Operator, OperatorSpec, Port, Result, Schema, Source, StateDelta, StopHandle, Watermark,
};
use streamsql_plan::{
    Collect, Dataflow, Exchange, Input, LookupJoin, Node, NodeId, NodeKind, NotNullEnforcer, TableSourceScan,
    Values,
};
use streamsql_runtime::graph::{Envelope, Graph, Outlet};
use streamsql_runtime::{Constructors, Metrics};

fn schema() -> Schema {
    Schema::new(vec![Column::new("n", LogicalType::BigInt, false)])
}

fn rows(values: &[i64]) -> RecordBatch {
    let column: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
    RecordBatch::try_new(schema().to_arrow(), vec![column]).unwrap()
}

fn node(kind: NodeKind, inputs: &[usize]) -> Node {
    let input = |node: &usize| Input { node: NodeId(*node), exchange: Exchange::Forward };
    Node {
        kind,
        inputs: inputs.iter().map(input).collect(),
        schema: schema(),
        changelog: ChangelogMode::INSERT_ONLY,
        upsert_keys: Vec::new(),
        time_attributes: vec![None],
        state: Vec::new(),
        location: None,
    }
}

/// Two scans, a union, a result.
fn dataflow() -> Dataflow {
    let scan = || node(NodeKind::Values(Values { rows: rows(&[]), canonical: String::new() }), &[]);
    let collect = Collect { statement: 0, on_null: NotNullEnforcer::Error };
    let nodes = vec![scan(), scan(), node(NodeKind::Union, &[0, 1]), node(NodeKind::Collect(collect), &[2])];
    Dataflow { nodes, ..Dataflow::default() }
}

/// Writes down what it is told; waits for processing time 100; answers a batch with many.
struct Recorder {
    spec: OperatorSpec,
    told: Arc<Mutex<Vec<String>>>,
    waits: bool,
}

impl Recorder {
    fn note(&self, what: impl Into<String>) {
        self.told.lock().unwrap().push(what.into());
    }
}

impl Operator for Recorder {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        for part in 0..3 {
            self.note(format!("sends part {part} of port {port}"));
            cx.emit(batch.clone());
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: Watermark, _cx: &mut Context<'_>) -> Result<Watermark> {
        self.note(format!("watermark {watermark}"));
        Ok(watermark)
    }

    fn on_end(&mut self, _cx: &mut Context<'_>) -> Result<()> {
        self.note("end");
        Ok(())
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        self.waits = false;
        self.note(format!("tick {}", cx.processing_time_ms));
        Ok(())
    }

    fn next_tick(&self) -> Option<i64> {
        self.waits.then_some(100)
    }
}

struct Recorders(Arc<Mutex<Vec<String>>>);

impl Constructors for Recorders {
    fn source(&self, _scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        Err(Error::internal("no sources"))
    }

    fn lookup(&self, _join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        Err(Error::internal("no lookups"))
    }

    fn operator(
        &self,
        node: &Node,
        inputs: &[&Schema],
        _key_groups: KeyGroupRange,
    ) -> Result<Box<dyn Operator>> {
        let spec = OperatorSpec {
            name: "Recorder",
            ports: inputs.len(),
            output: node.schema.clone(),
            changelog: node.changelog,
        };
        Ok(Box::new(Recorder { spec, told: Arc::clone(&self.0), waits: true }))
    }
}

/// Writes down the rows that leave; refuses them after the first when it must.
struct Rows {
    told: Arc<Mutex<Vec<String>>>,
    room: usize,
}

impl Outlet for Rows {
    fn route(&mut self, _envelope: Envelope) {}

    fn rows(&mut self, _node: NodeId, _epoch: Epoch, batch: ChangeBatch) -> Result<()> {
        self.told.lock().unwrap().push(format!("{} rows leave", batch.num_rows()));
        self.room = self.room.checked_sub(1).ok_or_else(|| Error::failed("the sink is full"))?;
        Ok(())
    }

    fn delta(&mut self, _node: NodeId, _epoch: Epoch, _delta: StateDelta) {}

    fn passed(&mut self, _epoch: Epoch) {}

    fn late(&mut self, _rows: u64) {}
}

struct Bench {
    graph: Graph,
    out: Rows,
}

impl Bench {
    fn new() -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let constructors: Arc<dyn Constructors> = Arc::new(Recorders(Arc::clone(&told)));
        let graph = Graph::build(&dataflow(), &constructors, 0, 1, Epoch(0), &StopHandle::default()).unwrap();
        Self { graph, out: Rows { told, room: usize::MAX } }
    }

    fn send(&mut self, scan: usize, message: Message) -> Result<()> {
        self.graph.receive(NodeId(scan), 0, 0, message, &mut self.out)
    }

    /// What was written down since the last call.
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.out.told.lock().unwrap())
    }
}

#[test]
fn the_end_of_an_idle_input_counts() {
    let mut bench = Bench::new();
    for scan in [0, 1] {
        bench.send(scan, Message::Watermark(Watermark(7))).unwrap();
        bench.send(scan, Message::Idle(true)).unwrap();
    }
    assert_eq!(bench.told(), ["watermark 7"]);
    bench.send(0, Message::Watermark(Watermark::MAX)).unwrap();
    // The other one may speak again.
    assert!(bench.told().is_empty());
    bench.send(1, Message::Watermark(Watermark::MAX)).unwrap();
    assert_eq!(bench.told(), ["end"]);
}

#[test]
fn operators_hear_of_the_end_once_when_all_inputs_have_ended() {
    let mut bench = Bench::new();
    bench.send(0, Message::Watermark(Watermark::MAX)).unwrap();
    bench.send(1, Message::Watermark(Watermark(3))).unwrap();
    assert_eq!(bench.told(), ["watermark 3"]);
    bench.send(1, Message::Watermark(Watermark::MAX)).unwrap();
    // An idle word that comes late does not take the end back.
    bench.send(1, Message::Idle(true)).unwrap();
    bench.send(0, Message::Idle(true)).unwrap();
    assert_eq!(bench.told(), ["end"]);
}

#[test]
fn the_end_of_the_last_input_is_the_end_where_it_was_idle() {
    let mut bench = Bench::new();
    bench.send(0, Message::Watermark(Watermark(7))).unwrap();
    bench.send(1, Message::Watermark(Watermark(5))).unwrap();
    bench.send(1, Message::Idle(true)).unwrap();
    assert_eq!(bench.told(), ["watermark 5", "watermark 7"]);
    bench.send(1, Message::Watermark(Watermark::MAX)).unwrap();
    bench.send(0, Message::Idle(true)).unwrap();
    assert!(bench.told().is_empty());
    bench.send(0, Message::Watermark(Watermark::MAX)).unwrap();
    assert_eq!(bench.told(), ["end"]);
}

#[test]
fn each_node_is_metered() {
    let mut bench = Bench::new();
    bench.send(0, Message::Batch(ChangeBatch::inserts(rows(&[1, 2])))).unwrap();
    bench.send(1, Message::Batch(ChangeBatch::inserts(rows(&[3])))).unwrap();
    bench.send(0, Message::Watermark(Watermark(7))).unwrap();
    bench.send(1, Message::Watermark(Watermark(5))).unwrap();
    let metrics = Metrics::default();
    assert!(metrics.nodes().is_empty());
    metrics.run(vec![Arc::clone(bench.graph.metrics())]);
    let nodes = metrics.nodes();
    let flow: Vec<_> = nodes
        .iter()
        .map(|n| (n.name, n.rows_in, n.bytes_in, n.rows_out, n.bytes_out, n.watermark_ms))
        .collect();
    assert_eq!(
        flow,
        [
            ("Values", 0, 0, 2, 16, Some(7)),
            ("Values", 0, 0, 1, 8, Some(5)),
            // It sends each batch three times.
            ("Union", 3, 24, 9, 72, Some(5)),
            ("Collect", 9, 72, 9, 72, Some(5)),
        ]
    );
    assert_eq!(metrics.times().busy, nodes.iter().map(|node| node.busy).sum());
}

#[test]
fn ticks_come_to_those_that_wait_for_them() {
    let mut bench = Bench::new();
    assert_eq!(bench.graph.next_tick(), Some(100));
    for now_ms in [99, 100, 101] {
        bench.graph.set_processing_time(now_ms);
        bench.graph.tick(&mut bench.out).unwrap();
    }
    assert_eq!(bench.told(), ["tick 100"]);
    assert_eq!(bench.graph.next_tick(), None);
}

#[test]
fn what_an_operator_sends_flows_on_while_it_goes_on() {
    let mut bench = Bench::new();
    bench.send(1, Message::Batch(ChangeBatch::inserts(rows(&[1, 2])))).unwrap();
    let told = bench.told();
    let wanted = (0..3).flat_map(|part| [format!("sends part {part} of port 1"), "2 rows leave".to_owned()]);
    assert_eq!(told, wanted.collect::<Vec<_>>());
}

#[test]
fn a_failure_downstream_fails_the_call_that_sent_the_rows() {
    let mut bench = Bench::new();
    bench.out.room = 1;
    let error = bench.send(0, Message::Batch(ChangeBatch::inserts(rows(&[1])))).unwrap_err();
    assert_eq!(error.message, "the sink is full");
    assert_eq!(bench.told().iter().filter(|line| *line == "1 rows leave").count(), 2);
}
