//! The wiring: which crate makes which part of a dataflow.

use streamsql_connectors::{SourceSpec, postgres};
use streamsql_core::{Error, KeyGroupRange, Lookup, Operator, Result, Schema, Sink, Source};
use streamsql_plan::{LookupJoin, Node, SinkNode, TableSourceScan};
use streamsql_runtime::Constructors;

/// Connectors and operators of this binary.
pub struct Wiring;

impl Constructors for Wiring {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        let metadata: Vec<_> = scan.metadata.iter().map(|m| (m.key.clone(), m.column.clone())).collect();
        streamsql_connectors::source(&SourceSpec {
            table: &scan.table.name,
            options: &scan.table.options,
            physical: &scan.table.physical,
            read: &scan.physical,
            metadata: &metadata,
        })
    }

    fn lookup(&self, join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        if join.table.connector() != "jdbc" {
            return Err(Error::invalid(format!(
                "table {} of connector '{}' cannot be looked up",
                join.table.name,
                join.table.connector()
            ))
            .hint("a lookup join reads a table of connector 'jdbc'"));
        }
        let keys: Vec<usize> = join.keys.iter().map(|key| key.column).collect();
        let physical = &join.table.physical;
        let mut lookup = postgres::lookup(&join.table.name, &join.options, physical, &keys, &join.columns)?;
        lookup.open().map_err(|error| error.context(format!("table {}", join.table.name)))?;
        Ok(Box::new(lookup))
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

/// A sink that has no transaction of its own.
pub fn direct_sink(sink: &SinkNode, columns: &Schema) -> Result<Box<dyn Sink>> {
    streamsql_connectors::sink(&sink.table.name, &sink.table.options, columns)
}
