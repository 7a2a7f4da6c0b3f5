//! What planning and validation must know of a connector: its options, what it can be used for, the changes that it gives
//! and takes. A connector is a file here and a line in [`CONNECTORS`]; what makes its parts is in `streamsql_connectors`,
//! under the same name.

mod blackhole;
mod datagen;
mod filesystem;
mod jdbc;
mod kafka;
mod print;

use streamsql_core::{ChangelogMode, LogicalType};

use crate::catalog::Table;
use crate::options::{Options, Problem, TableUse};

/// All connectors of this build.
pub const CONNECTORS: &[Connector] = &[
    kafka::CONNECTOR,
    kafka::UPSERTS,
    jdbc::CONNECTOR,
    filesystem::CONNECTOR,
    datagen::CONNECTOR,
    print::CONNECTOR,
    blackhole::CONNECTOR,
];

/// Flink's, but not offered yet.
pub const LATER: &[&str] = &[
    "elasticsearch-6",
    "elasticsearch-7",
    "opensearch",
    "hbase-1.4",
    "hbase-2.2",
    "mongodb",
    "hive",
    "firehose",
    "kinesis",
    "dynamodb",
];

/// A connector by what is known of it before anything runs.
#[derive(Clone, Copy)]
pub struct Connector {
    /// Option `connector`.
    pub name: &'static str,
    pub options: Options,
    /// Options begin with `properties.`, of the client.
    pub client_properties: bool,
    /// Options of formats may begin with `key.` and `value.`.
    pub key_formats: bool,
    /// The kind of an option whose name holds a column's; none where there is no such option.
    pub column_option: fn(&Table, &str) -> Option<Result<crate::settings::value::Kind, Problem>>,
    /// Checks what must be there, and what must be there together.
    pub required: fn(&Table, TableUse) -> Result<(), Problem>,
    /// Options that a table says by being of this connector.
    pub implied: fn(&Table) -> Vec<(&'static str, String)>,
    /// The changes of its rows; none: it cannot be read.
    pub reads: Option<ChangelogMode>,
    /// Its splits have watermarks of their own.
    pub is_split: bool,
    /// Metadata keys for reading with the type and nullability in which they come. Empty: for the connector to say.
    pub metadata: fn() -> Vec<(&'static str, LogicalType, bool)>,
    pub is_looked_up: bool,
    /// The changes that it takes; none: it cannot be written to.
    pub writes: Option<Takes>,
    /// Rows are written to the terminal.
    pub prints: bool,
}

/// The changes that a sink takes (Flink `DynamicTableSink.getChangelogMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Inserts,
    /// Updates and deletions of rows that the primary key names; without one only inserts.
    ByKey,
    /// Updates without the row before them, and deletions.
    Updates,
    /// All kinds.
    All,
}

/// A connector without anything of its own.
const PLAIN: Connector = Connector {
    name: "",
    options: &[],
    client_properties: false,
    key_formats: false,
    column_option: |_, _| None,
    required: |_, _| Ok(()),
    implied: |_| Vec::new(),
    reads: None,
    is_split: false,
    metadata: Vec::new,
    is_looked_up: false,
    writes: None,
    prints: false,
};

/// The connector of that name.
pub fn find(name: &str) -> Option<&'static Connector> {
    CONNECTORS.iter().find(|connector| connector.name == name)
}

/// The connector of a table; none where it does not exist.
pub fn of(table: &Table) -> Option<&'static Connector> {
    find(table.connector())
}

/// Names of all connectors.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    CONNECTORS.iter().map(|connector| connector.name)
}
