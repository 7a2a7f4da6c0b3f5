//! Tables in memory that a job looks up.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{Array, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::row::{OwnedRow, RowConverter, SortField};
use streamsql_core::{Error, KeyGroupRange, Lookup, LookupRows, Operator, Result, RowKind, Schema, Source};
use streamsql_plan::{Dataflow, LookupJoin, Node, NodeKind, TableRef, TableSourceScan};
use streamsql_runtime::Constructors;

/// The tables that a job looks up, by path, each with its present rows.
#[derive(Clone, Default)]
pub struct LookedUp(Arc<Mutex<BTreeMap<String, (TableRef, RecordBatch)>>>);

impl LookedUp {
    /// Those of a dataflow, empty.
    pub fn of(dataflow: &Dataflow) -> Self {
        let mut tables = BTreeMap::new();
        for node in &dataflow.nodes {
            if let NodeKind::LookupJoin(join) = &node.kind {
                let empty = RecordBatch::new_empty(join.table.physical.to_arrow());
                tables.insert(join.table.path.clone(), (join.table.clone(), empty));
            }
        }
        Self(Arc::new(Mutex::new(tables)))
    }

    /// The table of this name or path.
    pub fn find(&self, name: &str) -> Option<TableRef> {
        let tables = self.tables();
        tables
            .values()
            .map(|(table, _)| table)
            .find(|table| table.name == name || table.path == name)
            .cloned()
    }

    /// All of them.
    pub fn names(&self) -> Vec<String> {
        self.tables().values().map(|(table, _)| table.name.clone()).collect()
    }

    /// Adds rows, each in place of the one of its primary key, or takes equal rows away.
    pub fn change(&self, path: &str, kind: RowKind, rows: &RecordBatch) -> Result<()> {
        let mut tables = self.tables();
        let Some((table, present)) = tables.get_mut(path) else {
            return Err(Error::internal(format!("{path} is not looked up")));
        };
        let all: Vec<usize> = (0..table.physical.len()).collect();
        let key = if table.primary_key.is_empty() { &all } else { &table.primary_key };
        // Without a key rows add up; with one the last row of a key counts.
        let replaces = kind.is_retraction() || !table.primary_key.is_empty();
        if replaces {
            let changed: HashMap<OwnedRow, ()> =
                keys_of(rows, key)?.into_iter().map(|key| (key, ())).collect();
            let keep = keys_of(present, key)?
                .iter()
                .enumerate()
                .filter(|(_, key)| !changed.contains_key(*key))
                .map(|(row, _)| row as u32)
                .collect::<Vec<_>>();
            *present = take_record_batch(present, &UInt32Array::from(keep))?;
        }
        if !kind.is_retraction() {
            *present = concat_batches(&present.schema(), [&*present, rows])?;
        }
        Ok(())
    }

    fn tables(&self) -> MutexGuard<'_, BTreeMap<String, (TableRef, RecordBatch)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keys_of(rows: &RecordBatch, columns: &[usize]) -> Result<Vec<OwnedRow>> {
    let keys = rows.project(columns)?;
    let fields = keys.columns().iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let rows = converter.convert_columns(keys.columns())?;
    Ok(rows.iter().map(|row| row.owned()).collect())
}

/// Operators as the job has them, lookups in memory, no sources.
pub struct InMemory {
    pub job: Arc<dyn Constructors>,
    pub tables: LookedUp,
}

impl Constructors for InMemory {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        Err(Error::internal(format!("{} is given by the test", scan.table.name)))
    }

    fn lookup(&self, join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        Ok(Box::new(MemoryLookup {
            tables: self.tables.clone(),
            path: join.table.path.clone(),
            keys: join.keys.iter().map(|key| key.column).collect(),
            columns: join.columns.clone(),
        }))
    }

    fn operator(
        &self,
        node: &Node,
        inputs: &[&Schema],
        key_groups: KeyGroupRange,
    ) -> Result<Box<dyn Operator>> {
        self.job.operator(node, inputs, key_groups)
    }
}

/// Answers from the rows that the table has at that moment; nothing is cached.
struct MemoryLookup {
    tables: LookedUp,
    path: String,
    keys: Vec<usize>,
    columns: Vec<usize>,
}

impl Lookup for MemoryLookup {
    fn lookup(&mut self, keys: &RecordBatch, _now_ms: i64) -> Result<LookupRows> {
        let tables = self.tables.tables();
        let Some((_, present)) = tables.get(&self.path) else {
            return Err(Error::internal(format!("{} is not looked up", self.path)));
        };
        let mut by_key: HashMap<OwnedRow, Vec<u32>> = HashMap::new();
        for (row, key) in keys_of(present, &self.keys)?.into_iter().enumerate() {
            by_key.entry(key).or_default().push(row as u32);
        }
        let (mut found, mut key_index) = (Vec::new(), Vec::new());
        let all: Vec<usize> = (0..keys.num_columns()).collect();
        for (index, key) in keys_of(keys, &all)?.iter().enumerate() {
            // NULL equals nothing.
            if keys.columns().iter().any(|column| column.is_null(index)) {
                continue;
            }
            for row in by_key.get(key).into_iter().flatten() {
                found.push(*row);
                key_index.push(index as u32);
            }
        }
        let rows = take_record_batch(&present.project(&self.columns)?, &UInt32Array::from(found))?;
        Ok(LookupRows { rows, key_index })
    }
}
