//! The operators a dataflow may have, named as Flink names them.

use std::collections::BTreeMap;

use streamsql_core::Schema;

use crate::nodes::{
    Calc, ChangelogNormalize, Collect, ConstraintEnforcer, Correlate, Deduplicate, Describe,
    DropUpdateBefore, Expand, GroupAggregate, IntervalJoin, Join, LookupJoin, MatchRecognize, OverAggregate,
    Rank, SinkMaterializer, SinkNode, TableSourceScan, TemporalJoin, TemporalSort, Union, Values,
    WindowAggregate, WindowExtremeFilter, WindowJoin, WindowRank, WindowTableFunction,
};

/// A table outside: what a connector needs to open it. Values may be secrets; they are never printed.
#[derive(Clone)]
pub struct TableRef {
    /// `catalog.database.table`, as registered.
    pub path: String,
    /// The table's own name, for messages and default consumer groups.
    pub name: String,
    /// The options of WITH and of hints, as written.
    pub options: BTreeMap<String, String>,
    /// All physical columns, in the order of the wire format.
    pub physical: Schema,
    /// Positions in `physical` of the primary key; empty without one.
    pub primary_key: Vec<usize>,
    /// Names of the columns of PARTITIONED BY.
    pub partition_keys: Vec<String>,
}

impl TableRef {
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key).map(String::as_str)
    }

    /// The option `connector`.
    pub fn connector(&self) -> &str {
        self.option("connector").unwrap_or_default()
    }
}

impl std::fmt::Debug for TableRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableRef")
            .field("path", &self.path)
            .field("connector", &self.connector())
            .finish_non_exhaustive()
    }
}

/// One operator.
#[derive(Clone, Debug)]
pub enum NodeKind {
    TableSourceScan(TableSourceScan),
    /// Constant rows: `VALUES`, or a SELECT without FROM. One batch, then the end.
    Values(Values),
    Calc(Calc),
    /// The changelog of an upsert source.
    ChangelogNormalize(ChangelogNormalize),
    /// The changelog of a source without the rows before updates.
    DropUpdateBefore,
    Correlate(Correlate),
    LookupJoin(LookupJoin),
    IntervalJoin(IntervalJoin),
    Deduplicate(Deduplicate),
    /// Also ORDER BY with LIMIT, and LIMIT.
    Rank(Rank),
    TemporalSort(TemporalSort),
    /// Also deduplication by window.
    WindowRank(WindowRank),
    WindowExtremeFilter(WindowExtremeFilter),
    Expand(Expand),
    GroupAggregate(GroupAggregate),
    OverAggregate(OverAggregate),
    WindowJoin(WindowJoin),
    WindowTableFunction(WindowTableFunction),
    WindowAggregate(WindowAggregate),
    Join(Join),
    TemporalJoin(TemporalJoin),
    Match(MatchRecognize),
    /// UNION ALL; inputs of equal types, watermark is the minimum.
    Union,
    /// Checks the rows of a sink.
    ConstraintEnforcer(ConstraintEnforcer),
    SinkMaterializer(SinkMaterializer),
    Sink(SinkNode),
    /// The result of a query, for stdout.
    Collect(Collect),
}

impl NodeKind {
    /// The operator itself.
    pub fn operator(&self) -> &dyn Describe {
        match self {
            Self::TableSourceScan(node) => node,
            Self::Values(node) => node,
            Self::Calc(node) => node,
            Self::ChangelogNormalize(node) => node,
            Self::DropUpdateBefore => &DropUpdateBefore,
            Self::Correlate(node) => node,
            Self::LookupJoin(node) => node,
            Self::IntervalJoin(node) => node,
            Self::Deduplicate(node) => node,
            Self::Rank(node) => node,
            Self::TemporalSort(node) => node,
            Self::WindowRank(node) => node,
            Self::WindowExtremeFilter(node) => node,
            Self::Expand(node) => node,
            Self::GroupAggregate(node) => node,
            Self::OverAggregate(node) => node,
            Self::WindowJoin(node) => node,
            Self::WindowTableFunction(node) => node,
            Self::WindowAggregate(node) => node,
            Self::Join(node) => node,
            Self::TemporalJoin(node) => node,
            Self::Match(node) => node,
            Self::Union => &Union,
            Self::ConstraintEnforcer(node) => node,
            Self::SinkMaterializer(node) => node,
            Self::Sink(node) => node,
            Self::Collect(node) => node,
        }
    }

    /// Flink's name of the operator.
    pub fn name(&self) -> &'static str {
        self.operator().name()
    }
}
