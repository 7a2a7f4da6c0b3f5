//! The connectors of this build, by name, and what each can make.

use std::collections::BTreeMap;

use streamsql_core::{Column, Error, Lookup, Result, Schema, Sink, Source, TwoPhaseSink};

use crate::postgres::{Database, SinkTable};
use crate::{blackhole, datagen, filesystem, kafka, postgres, print};

/// All connectors.
pub const CONNECTORS: &[Factory] = &[
    blackhole::FACTORY,
    datagen::FACTORY,
    filesystem::FACTORY,
    kafka::FACTORY,
    kafka::UPSERTS,
    postgres::FACTORY,
    print::FACTORY,
];

/// What a connector makes; none where it makes no such thing.
#[derive(Clone, Copy)]
pub struct Factory {
    /// Option `connector`.
    pub name: &'static str,
    pub source: Option<MakeSource>,
    pub sink: Option<MakeSink>,
    pub lookup: Option<MakeLookup>,
}

type MakeSource = fn(&SourceSpec<'_>) -> Result<Box<dyn Source>>;
type MakeSink = fn(&SinkSpec<'_>) -> Result<MadeSink>;
type MakeLookup = fn(&LookupSpec<'_>) -> Result<Box<dyn LookupTable>>;

/// What a source is made for.
pub struct SourceSpec<'a> {
    pub table: &'a str,
    pub options: &'a BTreeMap<String, String>,
    /// All physical columns, in wire order.
    pub physical: &'a Schema,
    /// Positions of the physical columns to read.
    pub read: &'a [usize],
    /// Metadata keys and the columns they fill, behind the physical ones.
    pub metadata: &'a [(String, Column)],
    /// Names of the physical columns whose values stand in the names of folders (PARTITIONED BY).
    pub partition_keys: &'a [String],
}

/// What a sink is made for.
pub struct SinkSpec<'a> {
    /// Name of the job.
    pub job: &'a str,
    pub table: &'a str,
    /// The table with its catalog and database.
    pub path: &'a str,
    /// Number of this INSERT INTO among those of the job into this table.
    pub number: usize,
    pub options: &'a BTreeMap<String, String>,
    /// The columns of the rows: physical and writable metadata columns.
    pub columns: &'a Schema,
    /// Positions of the primary key; empty: rows are appended.
    pub primary_key: &'a [usize],
    /// Metadata keys and the positions of the columns that they are written from.
    pub metadata: &'a [(String, usize)],
    /// Names of the columns whose values stand in the names of folders (PARTITIONED BY).
    pub partition_keys: &'a [String],
}

/// A sink by the way in which its rows become visible.
pub enum MadeSink {
    /// In the transaction of the job's epoch in this database.
    Database(Box<Database>, SinkTable),
    /// In two phases around the job's commit.
    TwoPhase(Box<dyn TwoPhaseSink>),
    /// At once, after the job's commit.
    Direct(Box<dyn Sink>),
}

/// What a table that is looked up is made for.
pub struct LookupSpec<'a> {
    pub table: &'a str,
    pub options: &'a BTreeMap<String, String>,
    pub physical: &'a Schema,
    /// Positions of the columns that are compared, and of those that are read.
    pub keys: &'a [usize],
    pub columns: &'a [usize],
}

/// A table that is looked up, with what its readers share.
pub trait LookupTable: Send + Sync {
    /// A reader for one shard, connected.
    fn reader(&self) -> Result<Box<dyn Lookup>>;
}

/// The connector of that name.
pub fn find(name: &str) -> Option<&'static Factory> {
    CONNECTORS.iter().find(|factory| factory.name == name)
}

/// Makes the source of a table.
///
/// # Errors
/// `Invalid`, naming the table.
pub fn source(spec: &SourceSpec<'_>) -> Result<Box<dyn Source>> {
    let make = |factory: &Factory| factory.source.map(|make| make(spec));
    made(spec.table, spec.options, make, "read from", |factory| factory.source.is_some())
}

/// Makes the sink of a table.
///
/// # Errors
/// `Invalid`, naming the table.
pub fn sink(spec: &SinkSpec<'_>) -> Result<MadeSink> {
    let make = |factory: &Factory| factory.sink.map(|make| make(spec));
    made(spec.table, spec.options, make, "written to", |factory| factory.sink.is_some())
}

/// Makes a table that is looked up.
///
/// # Errors
/// `Invalid`, naming the table.
pub fn lookup(spec: &LookupSpec<'_>) -> Result<Box<dyn LookupTable>> {
    let make = |factory: &Factory| factory.lookup.map(|make| make(spec));
    made(spec.table, spec.options, make, "looked up", |factory| factory.lookup.is_some())
}

fn made<T>(
    table: &str,
    options: &BTreeMap<String, String>,
    make: impl FnOnce(&Factory) -> Option<Result<T>>,
    how: &str,
    is_able: fn(&Factory) -> bool,
) -> Result<T> {
    let name = options.get("connector").map(String::as_str);
    let made = match name.map(|name| (name, find(name))) {
        None => Err(Error::invalid("the table has no option 'connector'")),
        Some((name, None)) => Err(Error::invalid(format!("connector '{name}' does not exist")).hint(
            format!("connectors are {}", CONNECTORS.iter().map(|c| c.name).collect::<Vec<_>>().join(", ")),
        )),
        Some((name, Some(factory))) => make(factory).unwrap_or_else(|| {
            let can = CONNECTORS.iter().filter(|factory| is_able(factory)).map(|factory| factory.name);
            Err(Error::invalid(format!("a table of connector '{name}' cannot be {how}"))
                .hint(format!("those of {} can", can.collect::<Vec<_>>().join(", "))))
        }),
    };
    made.map_err(|error| error.context(format!("table {table}")))
}
