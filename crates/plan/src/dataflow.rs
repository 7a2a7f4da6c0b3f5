//! The graph: nodes in topological order, edges with their exchanges, facts that planning derived.

use std::collections::BTreeMap;
use std::fmt;

use streamsql_core::units::duration_text;
use streamsql_core::{ChangelogMode, Schema};

use crate::NodeKind;

/// Position of a node in `Dataflow::nodes`. In another plan it means another node: see `addresses`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// A job, or a query.
#[derive(Clone, Debug, Default)]
pub struct Dataflow {
    /// Inputs come before the nodes that read them.
    pub nodes: Vec<Node>,
    /// Flink settings in force that change how it runs (`table.*`, `pipeline.*`), as given.
    pub settings: BTreeMap<String, String>,
}

impl Dataflow {
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// The nodes that read `id`, with the port they read it on.
    pub fn consumers(&self, id: NodeId) -> impl Iterator<Item = (NodeId, usize)> + '_ {
        self.nodes.iter().enumerate().flat_map(move |(consumer, node)| {
            node.inputs
                .iter()
                .enumerate()
                .filter(move |(_, input)| input.node == id)
                .map(move |(port, _)| (NodeId(consumer), port))
        })
    }

    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId)
    }
}

/// An operator of the graph with all that was derived for its output.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub inputs: Vec<Input>,
    /// Columns of the output; for sinks, of what they take.
    pub schema: Schema,
    pub changelog: ChangelogMode,
    /// Sets of output columns that identify a row at any moment; empty when none is known.
    pub upsert_keys: Vec<Vec<usize>>,
    /// For each output column whether it is a time attribute.
    pub time_attributes: Vec<Option<TimeAttribute>>,
    pub state: Vec<StateTable>,
    /// Where in the user's files it comes from.
    pub location: Option<Location>,
}

impl Node {
    /// Output columns that are rowtime attributes, ascending.
    pub fn rowtimes(&self) -> Vec<usize> {
        (0..self.time_attributes.len())
            .filter(|i| self.time_attributes[*i] == Some(TimeAttribute::Rowtime))
            .collect()
    }
}

/// An edge into a node.
#[derive(Clone, Debug)]
pub struct Input {
    pub node: NodeId,
    pub exchange: Exchange,
}

/// How rows travel along an edge when there is more than one shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Stay on the shard.
    Forward,
    /// To the shard that owns the key group of these columns.
    Hash(Vec<usize>),
    /// All to the one shard that owns the key without columns.
    Single,
    /// All to every shard.
    Broadcast,
}

/// A column that carries time by Flink's rules (flink: `TimeIndicatorRelDataType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeAttribute {
    Rowtime,
    Proctime,
}

/// A table of keyed state that a node keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateTable {
    /// As EXPLAIN shows it.
    pub name: String,
    /// What one entry is, for people: `user_id -> rows by click_timestamp`.
    pub holds: String,
    pub retention: StateRetention,
}

/// Until when state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateRetention {
    Forever,
    /// Until the watermark passes the row's time by this much.
    Watermark {
        delay_ms: i64,
    },
    /// Until the watermark passes the time of a later row of the key.
    NextVersion,
    /// `table.exec.state.ttl`, or the hint STATE_TTL.
    Ttl {
        ttl_ms: i64,
    },
}

impl StateRetention {
    /// For state with a time to live, 0 for ever.
    pub fn of_ttl(ttl_ms: i64) -> Self {
        if ttl_ms > 0 { Self::Ttl { ttl_ms } } else { Self::Forever }
    }
}

impl fmt::Display for StateRetention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str("for ever"),
            Self::Watermark { delay_ms } => match delay_ms {
                0.. => write!(f, "until watermark >= row time + {}", duration_text(*delay_ms)),
                _ => write!(f, "until watermark >= row time - {}", duration_text(delay_ms.saturating_neg())),
            },
            Self::NextVersion => f.write_str("until watermark >= time of the key's next version"),
            Self::Ttl { ttl_ms } => write!(f, "until {} after the last write", duration_text(*ttl_ms)),
        }
    }
}

/// A place in a user's file, 1-based.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
