//! A job without threads: sources, shards and commits in any order that the rules allow, chosen by a seed.
//!
//! What the driver does with threads is done here one step at a time: rows of any split are read next, a message of any
//! queue is received next, a barrier starts anywhere, the job dies anywhere and goes on from its last commit in another
//! number of shards. Kept are the rules on which results may rely: queues between two ends keep their order, rows of a
//! split go to one shard, one barrier is under way at a time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use streamsql_core::{
    ChangeBatch, Epoch, Error, KeyGroupRange, Lookup, Message, Operator, Port, Result, Schema, Source,
    SourceBatch, Split, SplitStart, StateDelta, Watermark,
};
use streamsql_plan::{Dataflow, LookupJoin, Node, NodeId, NodeKind, TableSourceScan};
use streamsql_runtime::graph::{Envelope, Graph, Outlet};
use streamsql_runtime::ingest::{Ingest, SplitState};
use streamsql_runtime::{Constructors, StopHandle};
use streamsql_state::tables::KeptSegments;

use super::value::{Row, of_array, to_array};
use super::world::World;
use crate::dimension::DimensionTable;

/// How disturbed a run is.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rows that a source gives at once, at most.
    pub batch: usize,
    /// A watermark after every row that moves it, not after every batch.
    pub every_row: bool,
    /// The most shards of a start.
    pub shards: usize,
    /// How often, in a hundred steps, a barrier starts.
    pub barriers: u32,
    /// How often the job dies.
    pub crashes: u32,
}

impl Plan {
    /// Any plan.
    pub fn of(random: &mut ChaCha8Rng) -> Self {
        Self {
            batch: *[1, 1, 3, 3, 8_192].choose(random).unwrap_or(&1),
            every_row: random.random(),
            shards: random.random_range(1..=4),
            barriers: *[0, 2, 10].choose(random).unwrap_or(&0),
            crashes: *[0, 0, 1, 3].choose(random).unwrap_or(&0),
        }
    }
}

/// The result of a query: rows with their counts.
pub type Table = BTreeMap<Row, i64>;

/// Runs a dataflow over the rows of a world until all is read and committed.
///
/// # Errors
/// What the job fails with; a text too where a commit would take back a row that is not there.
pub fn simulate(
    dataflow: &Arc<Dataflow>,
    world: &World,
    plan: Plan,
    random: &mut ChaCha8Rng,
) -> Result<Table, String> {
    let constructors: Arc<dyn Constructors> = Arc::new(Parts { world: world.clone() });
    let mut simulation = Simulation {
        dataflow,
        world,
        plan,
        random,
        constructors,
        graphs: Vec::new(),
        scans: Vec::new(),
        queues: BTreeMap::new(),
        closing: None,
        pending: Vec::new(),
        committed: Committed::default(),
        now_ms: 0,
        crashes: plan.crashes,
        changed: true,
    };
    simulation.start()?;
    simulation.run()?;
    Ok(simulation.committed.table)
}

/// What survives the death of the job.
#[derive(Default)]
struct Committed {
    epoch: Epoch,
    /// By node.
    segments: BTreeMap<usize, KeptSegments>,
    scans: Vec<ScanState>,
    table: Table,
}

/// Splits, and the watermark that was told.
#[derive(Clone)]
struct ScanState {
    splits: BTreeMap<Split, SplitState>,
    told: Watermark,
}

struct Scan {
    node: NodeId,
    ingest: Ingest,
    read_schema: Schema,
    /// Positions of the read columns in the model's table.
    columns: Vec<usize>,
    table: usize,
    /// By split: the next row, and whether the end was told.
    positions: Vec<(usize, bool)>,
    ended: bool,
}

/// Who put a message into a shard's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sender {
    Driver,
    Shard(usize),
}

type Queues = BTreeMap<(usize, Sender), VecDeque<(NodeId, Port, usize, Message)>>;

/// What leaves a graph while it receives a message.
#[derive(Default)]
struct Output {
    envelopes: Vec<Envelope>,
    rows: Vec<(Epoch, ChangeBatch)>,
    deltas: Vec<(usize, StateDelta)>,
    /// Nodes that have passed the barrier.
    passed: usize,
    late: u64,
}

impl Outlet for Output {
    fn route(&mut self, envelope: Envelope) {
        self.envelopes.push(envelope);
    }

    fn rows(&mut self, _node: NodeId, epoch: Epoch, batch: ChangeBatch) -> Result<()> {
        self.rows.push((epoch, batch));
        Ok(())
    }

    fn delta(&mut self, node: NodeId, _epoch: Epoch, delta: StateDelta) {
        self.deltas.push((node.0, delta));
    }

    fn passed(&mut self, _epoch: Epoch) {
        self.passed += 1;
    }

    fn late(&mut self, rows: u64) {
        self.late += rows;
    }
}

/// A barrier under way.
struct Closing {
    epoch: Epoch,
    scans: Vec<ScanState>,
    /// Nodes that it has passed, all shards together.
    passed: usize,
    deltas: Vec<(usize, StateDelta)>,
}

struct Simulation<'a> {
    dataflow: &'a Arc<Dataflow>,
    world: &'a World,
    plan: Plan,
    random: &'a mut ChaCha8Rng,
    constructors: Arc<dyn Constructors>,
    graphs: Vec<Graph>,
    scans: Vec<Scan>,
    queues: Queues,
    closing: Option<Closing>,
    pending: Vec<(Epoch, ChangeBatch)>,
    committed: Committed,
    now_ms: i64,
    crashes: u32,
    /// Whether something happened since the last barrier.
    changed: bool,
}

fn text(error: Error) -> String {
    error.to_string()
}

impl Simulation<'_> {
    /// Starts, or starts anew, from what is committed.
    fn start(&mut self) -> Result<(), String> {
        let shards = self.random.random_range(1..=self.plan.shards);
        self.queues.clear();
        self.pending.clear();
        self.closing = None;
        self.changed = true;
        let halt = StopHandle::default();
        self.graphs = (0..shards)
            .map(|shard| {
                Graph::build(self.dataflow, &self.constructors, shard, shards, self.committed.epoch, &halt)
            })
            .collect::<Result<_>>()
            .map_err(text)?;
        let restarts = self.committed.epoch > Epoch(0);
        for graph in self.graphs.iter_mut().filter(|_| restarts) {
            for id in self.dataflow.ids() {
                let Some(operator) = graph.operator(id) else { continue };
                let mut tables = operator.tables();
                if let Some(segments) = self.committed.segments.get(&id.0) {
                    for (number, table) in tables.iter_mut().enumerate() {
                        segments.restore(number, &mut **table).map_err(text)?;
                    }
                }
                // An operator that kept nothing so far has a past, too.
                let keeps = !tables.is_empty();
                drop(tables);
                if keeps {
                    operator.restored().map_err(text)?;
                }
            }
        }
        self.scans.clear();
        for id in self.dataflow.ids() {
            if let NodeKind::TableSourceScan(scan) = &self.dataflow.node(id).kind {
                let stored = self.committed.scans.get(self.scans.len());
                let opened = self.open(id, scan, stored)?;
                self.scans.push(opened);
            }
        }
        for scan in 0..self.scans.len() {
            let messages = self.scans[scan].ingest.resume();
            self.broadcast(scan, &messages);
        }
        Ok(())
    }

    fn open(&self, node: NodeId, scan: &TableSourceScan, stored: Option<&ScanState>) -> Result<Scan, String> {
        let schema = self.dataflow.node(node).schema.to_arrow();
        let mut ingest = Ingest::new(scan, schema, self.plan.every_row);
        if let Some(stored) = stored {
            if stored.told != Watermark::MIN {
                ingest.restore_watermark(stored.told);
            }
            for (split, state) in &stored.splits {
                ingest.restore_split(split.clone(), SplitState { ended: false, ..state.clone() });
            }
        }
        let name = scan.table.name.trim_start_matches('t');
        let table: usize = name.parse().map_err(|_| format!("an unknown table {}", scan.table.name))?;
        let positions: Vec<(usize, bool)> = (0..self.world.rows[table].len())
            .map(|number| {
                let state = stored.and_then(|stored| stored.splits.get(&split(table, number)));
                (state.map_or(0, |state| state.position as usize), false)
            })
            .collect();
        for (number, (position, _)) in positions.iter().enumerate() {
            let start = SplitStart { split: split(table, number), position: *position as i64 };
            ingest.add_split(start, Duration::ZERO);
        }
        let read_schema = scan.read_schema();
        let columns = read_schema
            .columns
            .iter()
            .map(|column| World::column(&column.name).ok_or(format!("an unknown column {}", column.name)))
            .collect::<Result<_, _>>()?;
        Ok(Scan { node, ingest, read_schema, columns, table, positions, ended: false })
    }

    fn run(&mut self) -> Result<(), String> {
        loop {
            let unread: Vec<(usize, usize)> = self
                .scans
                .iter()
                .enumerate()
                .flat_map(|(i, scan)| {
                    let open = scan.positions.iter().enumerate().filter(|(_, (_, ended))| !ended);
                    open.map(move |(split, _)| (i, split))
                })
                .collect();
            let queued: Vec<(usize, Sender)> =
                self.queues.iter().filter(|(_, queue)| !queue.is_empty()).map(|(key, _)| *key).collect();
            if unread.is_empty() && queued.is_empty() && self.closing.is_none() {
                if !self.changed {
                    return Ok(());
                }
                self.close();
                continue;
            }
            let step = self.random.random_range(0..100);
            if self.crashes > 0 && step == 0 {
                self.crashes -= 1;
                self.start()?;
            } else if self.closing.is_none() && step < 1 + self.plan.barriers {
                self.close();
            } else if let Some((scan, split)) = unread.choose(self.random)
                && (queued.is_empty() || step < 40)
            {
                self.read(*scan, *split).map_err(text)?;
            } else if let Some((shard, sender)) = queued.choose(self.random) {
                self.receive(*shard, *sender)?;
            }
        }
    }

    /// The next rows of a split, or its end.
    fn read(&mut self, scan: usize, number: usize) -> Result<()> {
        self.changed = true;
        self.now_ms += 1;
        for graph in &mut self.graphs {
            graph.set_processing_time(self.now_ms);
        }
        let Scan { ingest, read_schema, columns, table, positions, ended, .. } = &mut self.scans[scan];
        let rows = &self.world.rows[*table][number];
        let (position, told) = &mut positions[number];
        let split = split(*table, number);
        if *position == rows.len() {
            *told = true;
            let mut messages = ingest.on_split_end(&split);
            if positions.iter().all(|(_, told)| *told) {
                *ended = true;
                messages.push(Message::Watermark(Watermark::MAX));
            }
            self.broadcast(scan, &messages);
            return Ok(());
        }
        let length = self.random.random_range(1..=self.plan.batch.min(rows.len() - *position));
        let length = if self.plan.batch > 8 { rows.len() - *position } else { length };
        let read = &rows[*position..*position + length];
        *position += length;
        let batch = SourceBatch {
            split,
            batch: ChangeBatch::inserts(batch(read_schema, columns, read)?),
            next_position: *position as i64,
            records: length as u64,
            skipped: 0,
            bytes: 0,
            dead_letters: Vec::new(),
            origins: None,
            cuts: Vec::new(),
        };
        let messages = ingest.on_batch(batch, Duration::ZERO, 0)?;
        let home = (*table + number) % self.graphs.len();
        for message in messages {
            if matches!(message, Message::Batch(_)) {
                self.send(home, scan, message);
            } else {
                self.broadcast(scan, &[message]);
            }
        }
        Ok(())
    }

    fn broadcast(&mut self, scan: usize, messages: &[Message]) {
        for message in messages {
            for shard in 0..self.graphs.len() {
                self.send(shard, scan, message.clone());
            }
        }
    }

    fn send(&mut self, shard: usize, scan: usize, message: Message) {
        let node = self.scans[scan].node;
        self.queues.entry((shard, Sender::Driver)).or_default().push_back((node, 0, 0, message));
    }

    /// Starts a barrier.
    fn close(&mut self) {
        let epoch = self.committed.epoch.next();
        let state =
            |scan: &Scan| ScanState { splits: scan.ingest.splits().clone(), told: scan.ingest.watermark() };
        self.closing = Some(Closing {
            epoch,
            scans: self.scans.iter().map(state).collect(),
            passed: 0,
            deltas: Vec::new(),
        });
        self.changed = false;
        for scan in 0..self.scans.len() {
            self.broadcast(scan, &[Message::Barrier(epoch)]);
        }
    }

    /// Lets a shard receive the next message of a queue.
    fn receive(&mut self, shard: usize, sender: Sender) -> Result<(), String> {
        let message = self.queues.get_mut(&(shard, sender)).and_then(VecDeque::pop_front);
        let Some((node, port, channel, message)) = message else { return Ok(()) };
        let mut output = Output::default();
        self.graphs[shard].receive(node, port, channel, message, &mut output).map_err(text)?;
        if output.late > 0 {
            return Err(format!("{} rows came late, though none was made so", output.late));
        }
        for envelope in output.envelopes {
            let queue = self.queues.entry((envelope.to_shard, Sender::Shard(shard))).or_default();
            queue.push_back((envelope.node, envelope.port, envelope.channel, envelope.message));
        }
        self.pending.extend(output.rows);
        if let Some(closing) = &mut self.closing {
            closing.passed += output.passed;
            closing.deltas.extend(output.deltas);
            if closing.passed == self.dataflow.nodes.len() * self.graphs.len() {
                return self.commit();
            }
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), String> {
        let Some(closing) = self.closing.take() else { return Ok(()) };
        let (done, later) =
            std::mem::take(&mut self.pending).into_iter().partition(|(epoch, _)| *epoch <= closing.epoch);
        let done: Vec<(Epoch, ChangeBatch)> = done;
        self.pending = later;
        for (_, batch) in &done {
            add(&mut self.committed.table, batch)?;
        }
        if let Some((row, _)) = self.committed.table.iter().find(|(_, count)| **count < 0) {
            return Err(format!("epoch {} takes back what is not there: {row:?}", closing.epoch));
        }
        self.committed.epoch = closing.epoch;
        self.committed.scans = closing.scans;
        for (node, delta) in closing.deltas {
            self.committed.segments.entry(node).or_default().write(delta).map_err(text)?;
        }
        Ok(())
    }
}

fn split(table: usize, number: usize) -> Split {
    Split { topic: Arc::from(format!("t{table}")), partition: number as i32 }
}

/// Rows of the model as a batch of these columns.
fn batch(schema: &Schema, columns: &[usize], rows: &[Row]) -> Result<RecordBatch> {
    let arrow = schema.to_arrow();
    let arrays = columns.iter().zip(arrow.fields()).map(|(column, field)| {
        let values: Vec<_> = rows.iter().map(|row| &row[*column]).collect();
        to_array(&values, field.data_type()).map_err(Error::internal)
    });
    let arrays = arrays.collect::<Result<Vec<ArrayRef>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok(RecordBatch::try_new_with_options(arrow, arrays, &options)?)
}

fn add(table: &mut Table, batch: &ChangeBatch) -> Result<(), String> {
    for number in 0..batch.num_rows() {
        let values = batch.rows().columns().iter().map(|column| of_array(column.as_ref(), number));
        let row = values.collect::<Result<Row, _>>()?;
        let count = table.entry(row.clone()).or_insert(0);
        *count += if batch.kind(number).is_retraction() { -1 } else { 1 };
        if *count == 0 {
            table.remove(&row);
        }
    }
    Ok(())
}

/// Real operators; dimension tables of the world.
struct Parts {
    world: World,
}

impl Constructors for Parts {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        Err(Error::internal(format!("{} is read by the simulation itself", scan.table.name)))
    }

    fn lookup(&self, join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        let number: Option<usize> = join.table.name.trim_start_matches('d').parse().ok();
        let rows = number.and_then(|number| self.world.dimension_rows.get(number));
        let rows = rows.ok_or_else(|| Error::internal(format!("an unknown table {}", join.table.name)))?;
        let physical = &join.table.physical;
        let columns: Vec<usize> = (0..physical.len()).collect();
        let mut table = DimensionTable::new(join);
        table.rows = Some(batch(physical, &columns, rows)?);
        Ok(Box::new(table))
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
