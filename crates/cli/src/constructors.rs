//! The wiring: which crate makes which part of a dataflow.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use streamsql_connectors::SourceSpec;
use streamsql_connectors::lookup_retry::{LookupRetry, RetryingLookup};
use streamsql_connectors::postgres::{PostgresLookup, SharedCache};
use streamsql_core::{Error, KeyGroupRange, Lookup, Operator, Result, Schema, Sink, Source};
use streamsql_plan::{LookupJoin, Node, SinkNode, TableSourceScan};
use streamsql_runtime::Constructors;

/// Connectors and operators of this binary.
#[derive(Default)]
pub struct Wiring {
    /// Caches of the lookup joins, shared by their shards. A join is known by its place in the dataflow, which is held
    /// for as long as the job.
    caches: Mutex<BTreeMap<usize, Option<SharedCache>>>,
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
        let named = |error: Error| error.context(format!("table {}", join.table.name));
        let cache = {
            let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
            let place = std::ptr::from_ref(join).addr();
            match caches.get(&place) {
                Some(cache) => cache.clone(),
                None => {
                    let cache = PostgresLookup::shared_cache(&join.options).map_err(named)?;
                    caches.insert(place, cache.clone());
                    cache
                }
            }
        };
        let mut lookup =
            PostgresLookup::new(&join.options, physical, &keys, &join.columns, cache).map_err(named)?;
        lookup.open().map_err(named)?;
        Ok(match LookupRetry::from_options(&join.options).map_err(named)? {
            Some(retry) => Box::new(RetryingLookup::new(lookup, retry)),
            None => Box::new(lookup),
        })
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
