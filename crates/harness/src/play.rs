//! One test on a planned job.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use serde_json::{Map, Value};
use streamsql_core::{
    ChangeBatch, Error, LogicalType, Result, RowKind, Schema, SourceBatch, Split, Watermark,
};
use streamsql_plan::{Dataflow, NodeId, NodeKind, SinkNode, TableSourceScan};
use streamsql_runtime::{Constructors, NodeSnapshot, SteppedJob};

use crate::compare::{Difference, compare};
use crate::file::{Step, Test};
use crate::tables::{InMemory, LookedUp};
use crate::values::{rows_of, time_ms};

/// Processing time at the start of a test that says none: 2026-01-01 00:00:00 UTC.
const START_MS: i64 = 1_767_225_600_000;

/// Appends a value as results show it, as JSON.
pub type Rendered = fn(&dyn Array, &LogicalType, usize, &mut Vec<u8>) -> Result<()>;

/// How a test ended.
#[derive(Debug)]
pub struct Outcome {
    /// Empty when it passed.
    pub differences: Vec<Difference>,
    /// What each node did.
    pub nodes: Vec<NodeSnapshot>,
    /// What the sinks got, as JSON by column: for expectations that are written anew.
    pub sinks: BTreeMap<String, SinkRows>,
}

/// What a sink got.
#[derive(Debug, Default)]
pub struct SinkRows {
    pub columns: Vec<String>,
    pub primary_key: Vec<usize>,
    /// In order, a text a column.
    pub changes: Vec<(RowKind, Vec<String>)>,
}

impl SinkRows {
    /// What the table holds: for each key the last row, or without one the rows that were not taken back.
    pub fn table(&self) -> Vec<Vec<String>> {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let same = |row: &[String], other: &[String]| match self.primary_key.as_slice() {
            [] => row == other,
            key => key.iter().all(|column| row[*column] == other[*column]),
        };
        for (kind, row) in &self.changes {
            let keyed = !self.primary_key.is_empty();
            // An update in place of a keyed row takes nothing back first.
            if keyed && *kind == RowKind::UpdateBefore {
                continue;
            }
            let present = rows.iter().position(|present| same(present, row));
            match (kind.is_retraction(), present) {
                (true, Some(present)) => drop(rows.remove(present)),
                (true, None) => {}
                (false, Some(present)) if keyed => rows[present].clone_from(row),
                (false, _) => rows.push(row.clone()),
            }
        }
        rows
    }
}

/// Plays a test.
///
/// # Errors
/// `Invalid`: the test does not fit the job (a table, column or value that is not there). That the job fails is a
/// difference, not an error.
pub fn run(
    test: &Test,
    dataflow: &Arc<Dataflow>,
    job: &Arc<dyn Constructors>,
    rendered: Rendered,
) -> Result<Outcome> {
    let mut playing = Playing::start(test, dataflow, job, rendered)?;
    let failed = playing.steps(test)?;
    let Playing { stepped, sinks, .. } = playing;
    let mut differences = match (&failed, &test.error) {
        (Some(error), Some(text)) if error.to_string().contains(text) => Vec::new(),
        (Some(error), _) => vec![Difference::failed(error)],
        (None, Some(text)) => vec![Difference::ran(text)],
        (None, None) => Vec::new(),
    };
    if failed.is_none() {
        for (name, expected) in &test.expect {
            let Some(sink) = sinks.iter().find(|(_, sink)| sink.is_called(name)) else {
                let known: Vec<&str> = sinks.values().map(|sink| sink.node.table.name.as_str()).collect();
                return Err(Error::invalid(format!("expect: the job writes to no table '{name}'"))
                    .hint(format!("it writes to {}", known.join(", "))));
            };
            let sink = sink.1;
            differences.extend(compare(name, expected, &sink.rows, &sink.schema, rendered)?);
        }
    }
    let nodes = stepped.nodes();
    let sinks = sinks.into_values().map(|sink| (sink.node.table.name.clone(), sink.rows)).collect();
    Ok(Outcome { differences, nodes, sinks })
}

struct Playing<'a> {
    dataflow: &'a Dataflow,
    stepped: SteppedJob,
    tables: LookedUp,
    sinks: BTreeMap<NodeId, SinkState>,
    /// Records that each table has had, by partition.
    offsets: BTreeMap<(String, i32), i64>,
    rendered: Rendered,
}

struct SinkState {
    node: SinkNode,
    schema: Schema,
    rows: SinkRows,
}

impl SinkState {
    fn is_called(&self, name: &str) -> bool {
        self.node.table.name == name || self.node.table.path == name
    }
}

impl<'a> Playing<'a> {
    fn start(
        test: &Test,
        dataflow: &'a Arc<Dataflow>,
        job: &Arc<dyn Constructors>,
        rendered: Rendered,
    ) -> Result<Self> {
        let now_ms = match &test.now {
            Some(text) => time_ms(text).map_err(|error| error.context("now"))?,
            None => START_MS,
        };
        let tables = LookedUp::of(dataflow);
        let parts: Arc<dyn Constructors> =
            Arc::new(InMemory { job: Arc::clone(job), tables: tables.clone() });
        let stepped = SteppedJob::start(dataflow, &parts, now_ms)?;
        let mut sinks = BTreeMap::new();
        for id in dataflow.ids() {
            let node = dataflow.node(id);
            if let NodeKind::Sink(sink) = &node.kind {
                let rows = SinkRows {
                    columns: sink.columns.clone(),
                    primary_key: sink.primary_key.clone(),
                    changes: Vec::new(),
                };
                sinks.insert(id, SinkState { node: sink.clone(), schema: node.schema.clone(), rows });
            }
        }
        Ok(Self { dataflow, stepped, tables, sinks, offsets: BTreeMap::new(), rendered })
    }

    /// Takes all steps; what the job failed with, if it did.
    fn steps(&mut self, test: &Test) -> Result<Option<Error>> {
        for step in &test.steps {
            let stepped = match step {
                Step::Wait(time) => self.stepped.pass(*time),
                Step::Watermark { table, time, .. } => {
                    let watermark = Watermark(time_ms(time).map_err(|error| error.context("watermark"))?);
                    let scans = self.scans(table);
                    if scans.is_empty() {
                        return Err(self.unknown(table));
                    }
                    scans.iter().try_for_each(|(id, _)| self.stepped.watermark(*id, watermark))
                }
                Step::Rows { table, kind, rows, .. } => self.rows(table, *kind, rows)?,
            };
            if let Err(error) = stepped.and_then(|()| self.collect()) {
                return Ok(Some(error));
            }
        }
        if test.ends
            && let Err(error) = self.stepped.end().and_then(|()| self.collect())
        {
            return Ok(Some(error));
        }
        let letters = self.stepped.take_dead_letters();
        Ok(letters.first().map(|letter| {
            Error::failed(format!("a record became a dead letter: {}", letter.error))
                .at(format!("{}/{}/{}", letter.split.topic, letter.split.partition, letter.offset))
        }))
    }

    fn scans(&self, table: &str) -> Vec<(NodeId, &'a TableSourceScan)> {
        let dataflow = self.dataflow;
        let scan = |id: NodeId| match &dataflow.node(id).kind {
            NodeKind::TableSourceScan(scan) if scan.table.name == table || scan.table.path == table => {
                Some((id, scan))
            }
            _ => None,
        };
        dataflow.ids().filter_map(scan).collect()
    }

    /// The outer error is the test's, the inner one the job's.
    fn rows(&mut self, table: &str, kind: RowKind, rows: &[Map<String, Value>]) -> Result<Result<()>> {
        let scans = self.scans(table);
        let looked_up = self.tables.find(table);
        if scans.is_empty() && looked_up.is_none() {
            return Err(self.unknown(table));
        }
        if let Some(found) = looked_up {
            let batch = rows_of(table, &found.physical, rows)?;
            // Rows are taken away by their key alone.
            if !kind.is_retraction() {
                whole(table, &found.physical, &batch)?;
            }
            self.tables.change(&found.path, kind, &batch)?;
        }
        // Row by row: an operator may put the changes of one batch together.
        for row in rows {
            let partition = row.get(PARTITION).map_or(Ok(0), |value| {
                let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
                number.ok_or_else(|| Error::invalid(format!("{table}: {PARTITION} is no number: {value}")))
            })?;
            let next = self.offsets.entry((table.to_owned(), partition)).or_insert(0);
            let offset = *next;
            *next += 1;
            for (id, scan) in &scans {
                let batch = source_batch(scan, kind, row, partition, offset, self.stepped.now_ms())?;
                if let Err(error) = self.stepped.records(*id, batch) {
                    return Ok(Err(error));
                }
            }
        }
        Ok(Ok(()))
    }

    fn unknown(&self, table: &str) -> Error {
        let mut known = self.tables.names();
        known.extend(self.dataflow.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::TableSourceScan(scan) => Some(scan.table.name.clone()),
            _ => None,
        }));
        known.sort();
        known.dedup();
        Error::invalid(format!("the job reads no table '{table}'"))
            .hint(format!("it reads {}", known.join(", ")))
    }

    fn collect(&mut self) -> Result<()> {
        for (id, batch) in self.stepped.take_rows() {
            if let Some(sink) = self.sinks.get_mut(&id) {
                append(&mut sink.rows, &sink.schema, &batch, self.rendered)?;
            }
        }
        Ok(())
    }
}

fn append(rows: &mut SinkRows, schema: &Schema, batch: &ChangeBatch, rendered: Rendered) -> Result<()> {
    for row in 0..batch.num_rows() {
        let texts = texts(batch.rows(), schema, row, rendered)?;
        rows.changes.push((batch.kind(row), texts));
    }
    Ok(())
}

/// A row's values as JSON.
pub fn texts(rows: &RecordBatch, schema: &Schema, row: usize, rendered: Rendered) -> Result<Vec<String>> {
    let mut texts = Vec::with_capacity(schema.len());
    for (column, array) in schema.columns.iter().zip(rows.columns()) {
        let mut text = Vec::new();
        rendered(array.as_ref(), &column.logical_type, row, &mut text)?;
        texts.push(String::from_utf8_lossy(&text).into_owned());
    }
    Ok(texts)
}

/// Beside the columns of a row: the partition that its record comes from.
const PARTITION: &str = "$partition";

/// A record of a scan: physical columns and metadata by their names; metadata that the row does not name is what Kafka
/// would say.
fn source_batch(
    scan: &TableSourceScan,
    kind: RowKind,
    row: &Map<String, Value>,
    partition: i32,
    offset: i64,
    now_ms: i64,
) -> Result<SourceBatch> {
    let table = &scan.table.name;
    let topic = scan.table.option("topic").unwrap_or(table).to_owned();
    let mut columns = scan.table.physical.columns.clone();
    columns.extend(scan.metadata.iter().map(|metadata| metadata.column.clone()));
    let columns = Schema::new(columns);
    let mut record = row.clone();
    record.remove(PARTITION);
    for metadata in &scan.metadata {
        let value = match metadata.key.as_str() {
            "offset" => Value::from(offset),
            "partition" => Value::from(partition),
            "topic" => Value::from(topic.clone()),
            "timestamp" => Value::from(text_of_ms(now_ms)),
            _ => continue,
        };
        record.entry(metadata.column.name.clone()).or_insert(value);
    }
    let batch = rows_of(table, &columns, &[record])?;
    whole(table, &scan.table.physical, &batch)?;
    let physical = scan.table.physical.len();
    let read: Vec<usize> = scan.physical.iter().copied().chain(physical..columns.len()).collect();
    let batch = batch.project(&read)?;
    Ok(SourceBatch {
        split: Split { topic: Arc::from(topic.as_str()), partition },
        next_position: offset + 1,
        records: 1,
        skipped: 0,
        bytes: 0,
        dead_letters: Vec::new(),
        origins: None,
        cuts: Vec::new(),
        batch: ChangeBatch::new(batch, vec![kind])?,
    })
}

/// Refuses rows that leave out a NOT NULL column: with a NULL there the job may do what it never does.
fn whole(table: &str, columns: &Schema, rows: &RecordBatch) -> Result<()> {
    for (column, array) in columns.columns.iter().zip(rows.columns()) {
        if !column.nullable && array.null_count() > 0 {
            return Err(Error::invalid(format!(
                "{table}: column '{}' is NOT NULL, but a row leaves it out",
                column.name
            ))
            .hint("give it a value"));
        }
    }
    Ok(())
}

/// ms since 1970 as `2026-01-31 10:00:00.000`.
fn text_of_ms(ms: i64) -> String {
    use arrow::array::TimestampMillisecondArray;
    use arrow::util::display::array_value_to_string;
    let text = array_value_to_string(&TimestampMillisecondArray::from(vec![ms]), 0);
    text.map_or_else(|_| String::new(), |text| text.replacen('T', " ", 1))
}
