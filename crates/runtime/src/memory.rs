//! What state takes of memory, and the end of a job that needs more than it may have (`job.memory`).
//!
//! Sizes are looked at where an epoch ends, and once after a restore. The epoch that goes beyond the limit is not
//! committed: a start with a higher limit reads its rows again, so nothing is lost or doubled.

use std::collections::BTreeMap;
use std::sync::Arc;

use streamsql_core::units::size_text;
use streamsql_core::{Error, Result};
use streamsql_plan::{Dataflow, NodeId, addresses};

/// The size of one shard's part of a state table.
#[derive(Clone, Copy, Debug)]
pub struct TableSize {
    pub node: NodeId,
    /// Its place among the tables of its node.
    pub table: usize,
    pub rows: usize,
    pub bytes: usize,
}

/// Tables that an error tells of.
const SHOWN: usize = 3;

/// The limit of a job.
pub struct Memory {
    dataflow: Arc<Dataflow>,
    limit: Option<u64>,
}

impl Memory {
    pub fn new(dataflow: &Arc<Dataflow>, limit: Option<u64>) -> Self {
        Self { dataflow: Arc::clone(dataflow), limit }
    }

    /// Bytes of all tables together.
    ///
    /// # Errors
    /// `Failed` where they are more than the limit; it names the largest tables with their operators.
    pub fn check<'a>(&self, sizes: impl IntoIterator<Item = &'a TableSize> + Clone) -> Result<u64> {
        let bytes = sizes.clone().into_iter().map(|size| size.bytes as u64).sum();
        match self.limit {
            Some(limit) if bytes > limit => Err(self.exceeded(limit, bytes, sizes)),
            _ => Ok(bytes),
        }
    }

    fn exceeded<'a>(&self, limit: u64, bytes: u64, sizes: impl IntoIterator<Item = &'a TableSize>) -> Error {
        let mut tables: BTreeMap<(NodeId, usize), (usize, usize)> = BTreeMap::new();
        for size in sizes {
            let (rows, bytes) = tables.entry((size.node, size.table)).or_default();
            *rows += size.rows;
            *bytes += size.bytes;
        }
        let mut tables: Vec<_> = tables.into_iter().collect();
        tables.sort_by_key(|(_, (_, bytes))| std::cmp::Reverse(*bytes));
        let addresses = addresses(&self.dataflow);
        let shown: Vec<String> = tables
            .iter()
            .take(SHOWN)
            .map(|((id, table), (rows, bytes))| {
                let node = self.dataflow.node(*id);
                let name = node.state.get(*table).map_or("state", |declared| declared.name.as_str());
                format!(
                    "{} of {} [{}] at address {}: {rows} rows, {}",
                    name,
                    node.kind.name(),
                    id.0,
                    addresses[id.0],
                    size_text(*bytes as u64)
                )
            })
            .collect();
        let error = Error::failed(format!(
            "the state takes {} ({bytes} bytes), more than the {} of job.memory ({limit} bytes); the largest tables: {}",
            size_text(bytes),
            size_text(limit),
            shown.join("; ")
        ))
        .hint(
            "nothing of it is lost: with a higher job.memory the job goes on from its last commit. A window, a time bound \
             in a join or table.exec.state.ttl keeps less; `streamsql explain` says what is kept until when",
        );
        match tables.first().and_then(|((id, _), _)| self.dataflow.node(*id).location.as_ref()) {
            Some(location) => error.at(location.to_string()),
            None => error,
        }
    }
}
