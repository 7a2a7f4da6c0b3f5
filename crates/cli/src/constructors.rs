//! The wiring: which crate makes which part of a dataflow.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use streamsql_connectors::{LookupSpec, LookupTable, MadeSink, SinkSpec, SourceSpec};
use streamsql_core::{KeyGroupRange, Lookup, Operator, Result, Schema, Source};
use streamsql_plan::{LookupJoin, Node, SinkNode, TableRef, TableSourceScan};
use streamsql_runtime::Constructors;
use streamsql_sql::connectors;

/// Connectors and operators of this binary.
#[derive(Default)]
pub struct Wiring {
    /// Tables of the lookup joins, shared by their shards. A join is known by its place in the dataflow, which is held
    /// for as long as the job.
    lookups: Mutex<BTreeMap<usize, Arc<dyn LookupTable>>>,
}

impl Constructors for Wiring {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        let metadata: Vec<_> = scan.metadata.iter().map(|m| (m.key.clone(), m.column.clone())).collect();
        streamsql_connectors::source(&SourceSpec {
            table: &scan.table.name,
            options: &scan.table.options,
            physical: &scan.table.physical,
            read: &scan.physical,
            metadata: &metadata,
            partition_keys: &scan.table.partition_keys,
        })
    }

    fn lookup(&self, join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        let table = {
            let mut tables = self.lookups.lock().unwrap_or_else(PoisonError::into_inner);
            let place = std::ptr::from_ref(join).addr();
            match tables.get(&place) {
                Some(table) => Arc::clone(table),
                None => {
                    let table: Arc<dyn LookupTable> = Arc::from(looked_up(join)?);
                    tables.insert(place, Arc::clone(&table));
                    table
                }
            }
        };
        table.reader().map_err(|error| error.context(format!("table {}", join.table.name)))
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

/// The table of a lookup join; contacts nothing.
pub fn looked_up(join: &LookupJoin) -> Result<Box<dyn LookupTable>> {
    let keys: Vec<usize> = join.keys.iter().map(|key| key.column).collect();
    streamsql_connectors::lookup(&LookupSpec {
        table: &join.table.name,
        options: &join.options,
        physical: &join.table.physical,
        keys: &keys,
        columns: &join.columns,
    })
}

/// The sink of a node; contacts nothing. `number` tells the sinks of one job into one table apart.
pub fn made_sink(job: &str, number: usize, sink: &SinkNode, columns: &Schema) -> Result<MadeSink> {
    streamsql_connectors::sink(&SinkSpec {
        job,
        table: &sink.table.name,
        path: &sink.table.path,
        number,
        options: &sink.table.options,
        columns,
        primary_key: &sink.primary_key,
        metadata: &sink.metadata,
        partition_keys: &sink.table.partition_keys,
    })
}

/// Whether the rows of a sink appear on the terminal.
pub fn prints(table: &TableRef) -> bool {
    connectors::find(table.connector()).is_some_and(|connector| connector.prints)
}
