//! The connector `jdbc`: what it makes of a table.

use std::collections::BTreeMap;

use streamsql_core::{Lookup, Result, Schema};

use super::scan::PostgresScan;
use super::{Database, LookupOptions, PostgresLookup, SharedCache, SinkTable, check_columns};
use crate::lookup_retry::{LookupRetry, RetryingLookup};
use crate::options::required;
use crate::registry::{Factory, LookupSpec, LookupTable, MadeSink};

pub const FACTORY: Factory = Factory {
    name: "jdbc",
    source: Some(|spec| Ok(Box::new(PostgresScan::new(spec)?))),
    sink: Some(|spec| {
        let database = Database::from_options(spec.options)?;
        let table = required(spec.options, "table-name")?.to_owned();
        check_columns(spec.columns)?;
        let (columns, primary_key) = (spec.columns.clone(), spec.primary_key.to_vec());
        Ok(MadeSink::Database(Box::new(database), SinkTable { table, columns, primary_key }))
    }),
    lookup: Some(|spec| Ok(Box::new(PostgresTable::new(spec)?))),
};

/// A table that is looked up; its readers share a cache.
struct PostgresTable {
    options: BTreeMap<String, String>,
    physical: Schema,
    keys: Vec<usize>,
    columns: Vec<usize>,
    cache: Option<SharedCache>,
    retry: Option<LookupRetry>,
}

impl PostgresTable {
    fn new(spec: &LookupSpec<'_>) -> Result<Self> {
        Database::from_options(spec.options)?;
        required(spec.options, "table-name")?;
        check_columns(spec.physical)?;
        LookupOptions::from_options(spec.options)?;
        Ok(Self {
            options: spec.options.clone(),
            physical: spec.physical.clone(),
            keys: spec.keys.to_vec(),
            columns: spec.columns.to_vec(),
            cache: PostgresLookup::shared_cache(spec.options)?,
            retry: LookupRetry::from_options(spec.options)?,
        })
    }
}

impl LookupTable for PostgresTable {
    fn reader(&self) -> Result<Box<dyn Lookup>> {
        let Self { options, physical, keys, columns, cache, retry } = self;
        let mut lookup = PostgresLookup::new(options, physical, keys, columns, cache.clone())?;
        lookup.open()?;
        Ok(match retry {
            Some(retry) => Box::new(RetryingLookup::new(lookup, *retry)),
            None => Box::new(lookup),
        })
    }
}
