//! What planning and validation must know of a connector: its options, what it can be used for, the changes that it gives
//! and takes. A connector is a file here and a line in [`CONNECTORS`]; what makes its parts is in `streamsql_connectors`,
//! under the same name.

mod blackhole;
mod datagen;
mod filesystem;
mod jdbc;
mod kafka;
mod print;

use std::collections::BTreeMap;

use streamsql_core::{ChangelogMode, LogicalType};

use crate::catalog::Table;
use crate::formats;
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
    /// The changes of its rows, where their format does not tell them; none: it cannot be read.
    pub reads: Option<ChangelogMode>,
    /// Its splits have watermarks of their own.
    pub is_split: bool,
    /// Metadata keys for reading with the type and nullability in which they come. Empty: for the connector to say.
    pub metadata: fn() -> Vec<(&'static str, LogicalType, bool)>,
    pub is_looked_up: bool,
    /// The changes that it takes, where the format of its rows tells none; none: it cannot be written to.
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

/// The changes of a table's rows (Flink `ScanTableSource.getChangelogMode`); none: it cannot be read.
pub fn reads(table: &Table) -> Option<ChangelogMode> {
    let own = of(table)?.reads?;
    let told = own.is_insert_only() && tells_changes(table);
    Some(if told { ChangelogMode::ALL } else { own })
}

/// The changes that a table takes; none: it cannot be written to.
pub fn writes(table: &Table) -> Option<Takes> {
    let own = of(table)?.writes?;
    let told = own == Takes::Inserts && tells_changes(table);
    Some(if told { Takes::All } else { own })
}

fn tells_changes(table: &Table) -> bool {
    formats::of_rows(&table.options).is_some_and(|format| format.tells_changes)
}

/// Metadata keys of a table with these options for reading with the type and nullability in which they come: of its format
/// behind `value.`, where records have a key beside their value, then of its connector. Empty: for the connector to say.
pub fn metadata(options: &BTreeMap<String, String>) -> Vec<(String, LogicalType, bool)> {
    let Some(connector) = options.get("connector").and_then(|name| find(name)) else { return Vec::new() };
    let format = formats::of_rows(options).filter(|_| connector.key_formats);
    let told = format.map_or_else(Vec::new, |format| (format.metadata)()).into_iter();
    let told = told.map(|(key, logical_type)| (format!("value.{key}"), logical_type, true));
    let own = (connector.metadata)().into_iter().map(|(key, t, nullable)| (key.to_owned(), t, nullable));
    told.chain(own).collect()
}

/// Names of all connectors.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    CONNECTORS.iter().map(|connector| connector.name)
}
