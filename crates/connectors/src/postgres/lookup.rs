//! Look-ups: one query a batch of keys, and Flink's partial cache in front of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{interleave, take_record_batch};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};
use streamsql_core::{Column, Error, Lookup, LookupRows, Result, Schema, StopHandle, text};
use streamsql_formats::builder::{ColumnBuilder, Kind, RowBuilder};
use streamsql_formats::scalar_text;

use super::catalog::Target;
use super::fault::Problem;
use super::lookup_cache::{Found, LookupCache};
use super::session::{Backoff, Session};
use super::{Database, LookupOptions, ident};
use crate::options::required;

/// The cache of a lookup join, for all its shards.
pub type SharedCache = Arc<Mutex<LookupCache>>;

/// A dimension table in PostgreSQL.
pub struct PostgresLookup {
    session: Session,
    table: String,
    keys: Schema,
    columns: Schema,
    options: LookupOptions,
    /// Made when the table was first asked.
    sql: Option<String>,
    key_codec: RowConverter,
    cache: Option<SharedCache>,
}

impl PostgresLookup {
    /// `keys` and `columns` are positions in `physical`. `cache` is shared with the other shards; nothing is contacted.
    pub fn new(
        options: &BTreeMap<String, String>,
        physical: &Schema,
        keys: &[usize],
        columns: &[usize],
        cache: Option<SharedCache>,
    ) -> Result<Self> {
        let database = Database::from_options(options)?;
        let pick = |positions: &[usize]| {
            Schema::new(positions.iter().map(|i| physical.columns[*i].clone()).collect())
        };
        let (keys, columns) = (pick(keys), pick(columns));
        let fields = keys.columns.iter().map(|c| SortField::new(c.logical_type.to_arrow())).collect();
        Ok(Self {
            session: Session::new(&database, "streamsql-lookup")?,
            table: required(options, "table-name")?.to_owned(),
            options: LookupOptions::from_options(options)?,
            key_codec: RowConverter::new(fields)?,
            keys,
            columns,
            sql: None,
            cache,
        })
    }

    /// The cache that the table's options ask for, to be shared by all shards of a join.
    pub fn shared_cache(options: &BTreeMap<String, String>) -> Result<Option<SharedCache>> {
        let options = LookupOptions::from_options(options)?;
        Ok(options.cache.map(|cache| Arc::new(Mutex::new(LookupCache::new(cache)))))
    }

    /// Connects and checks the table's types.
    ///
    /// # Errors
    /// `Unreachable` when the database does not answer in a bounded time or refuses us, `Invalid` when the table does
    /// not fit.
    pub fn open(&mut self) -> Result<()> {
        let deadline = self.session.start_deadline();
        let mut backoff = Backoff::default();
        let target = loop {
            self.session.connect_at_start(deadline)?;
            match Target::read(&mut self.session, &self.table) {
                Ok(target) => break target,
                Err(Problem::Error(error)) => return Err(error),
                Err(Problem::Database(fault)) if fault.may_pass() && Instant::now() < deadline => {
                    backoff.wait()
                }
                Err(Problem::Database(fault)) => {
                    return Err(Error::unreachable(format!("{} refuses us: {fault}", self.session.place())));
                }
            }
        };
        let all: Vec<Column> = self.keys.columns.iter().chain(&self.columns.columns).cloned().collect();
        target.check_readable(&Schema::new(all))?;
        self.sql = Some(self.select(&target));
        Ok(())
    }

    fn select(&self, target: &Target) -> String {
        let selected: Vec<String> = self
            .columns
            .columns
            .iter()
            .map(|c| format!(", t.{}::text", ident::quote(&target.stored_name(&c.name))))
            .collect();
        let arrays: Vec<String> = (1..=self.keys.len()).map(|i| format!("${i}::text[]")).collect();
        let aliases: Vec<String> = (0..self.keys.len()).map(|i| format!("k{i}")).collect();
        let matches: Vec<String> = self
            .keys
            .columns
            .iter()
            .enumerate()
            .map(|(i, c)| {
                let plain = target.column(&c.name).map_or("text", |found| &found.plain_type);
                format!("t.{} = k.k{i}::{plain}", ident::quote(&target.stored_name(&c.name)))
            })
            .collect();
        format!(
            "SELECT k.n::text{} FROM unnest({}) WITH ORDINALITY AS k({}, n) JOIN {} t ON {} ORDER BY k.n",
            selected.concat(),
            arrays.join(", "),
            aliases.join(", "),
            target.relation,
            matches.join(" AND ")
        )
    }

    /// Asks the database. A lost connection is made again for as long as it takes (the job waits, nothing is lost);
    /// a refused statement is tried `lookup.max-retries` times more, with Flink's pauses of 0, 1, 2 … s.
    fn query(&mut self, keys: &RecordBatch) -> Result<LookupRows> {
        let arrays = key_texts(keys.columns())?;
        if self.sql.is_none() {
            self.open()?;
        }
        let sql = self.sql.clone().unwrap_or_default();
        let mut refused = 0;
        let mut backoff = Backoff::default();
        let rows = loop {
            let connected = if self.session.is_connected() { Ok(()) } else { self.session.connect() };
            match connected.and_then(|()| self.session.fetch_by_arrays(&sql, &arrays)) {
                Ok(rows) => break rows,
                Err(_) if self.session.halt().is_stopped() => {
                    return Err(Error::failed(format!(
                        "a look-up in {} was given up because the job ends",
                        self.table
                    )));
                }
                Err(fault) if fault.may_pass() || fault.sqlstate().starts_with("28") => {
                    tracing::warn!("look-up in {} waits for {}: {fault}", self.table, self.session.place());
                    backoff.wait_unless(self.session.halt());
                }
                Err(fault) if refused < self.options.max_retries => {
                    tracing::warn!("look-up in {}: {fault}", self.table);
                    self.session.halt().wait(Duration::from_secs(u64::from(refused)));
                    refused += 1;
                }
                Err(fault) => return Err(Error::from(fault).context(format!("look-up in {}", self.table))),
            }
        };
        let mut builder = RowBuilder::new(&self.columns);
        let mut key_index = Vec::with_capacity(rows.len());
        for row in &rows {
            let number: u32 = row[0].as_ref().and_then(|n| n.parse().ok()).unwrap_or(1);
            key_index.push(number - 1);
            let values = row[1..].iter().zip(builder.columns_mut()).zip(&self.columns.columns);
            for ((value, builder), column) in values {
                append(value.as_deref(), builder).map_err(|e| {
                    Error::failed(format!("table {}, column {}: {e}", self.table, column.name))
                })?;
            }
            builder.commit();
        }
        Ok(LookupRows { rows: builder.finish()?, key_index })
    }

    fn cached(&mut self, cache: &SharedCache, keys: &RecordBatch, now_ms: i64) -> Result<LookupRows> {
        let encoded = self.key_codec.convert_columns(keys.columns())?;
        let mut found: Vec<Option<Found>> = {
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            (0..keys.num_rows()).map(|row| cache.get(encoded.row(row).as_ref(), now_ms)).collect()
        };
        let missing: Vec<u32> =
            found.iter().enumerate().filter(|(_, f)| f.is_none()).map(|(row, _)| row as u32).collect();
        if !missing.is_empty() {
            let answer = self.query(&take_record_batch(keys, &UInt32Array::from(missing.clone()))?)?;
            let rows = Arc::new(answer.rows);
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            for (number, row) in missing.iter().enumerate() {
                let start = answer.key_index.partition_point(|k| (*k as usize) < number);
                let end = answer.key_index.partition_point(|k| (*k as usize) <= number);
                let answer = Found { rows: Arc::clone(&rows), start, length: end - start };
                cache.put(encoded.row(*row as usize).as_ref(), answer.clone(), now_ms);
                found[*row as usize] = Some(answer);
            }
        }
        let mut parts: Vec<Arc<RecordBatch>> = Vec::new();
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        let (mut places, mut key_index) = (Vec::new(), Vec::new());
        for (row, found) in found.iter().enumerate() {
            let Some(found) = found else { continue };
            let part = *numbers.entry(Arc::as_ptr(&found.rows).addr()).or_insert_with(|| {
                parts.push(Arc::clone(&found.rows));
                parts.len() - 1
            });
            for i in found.start..found.start + found.length {
                places.push((part, i));
                key_index.push(row as u32);
            }
        }
        Ok(LookupRows { rows: gathered(&parts, &places, &self.columns)?, key_index })
    }
}

impl Lookup for PostgresLookup {
    fn lookup(&mut self, keys: &RecordBatch, now_ms: i64) -> Result<LookupRows> {
        if keys.num_rows() == 0 {
            let rows = RecordBatch::new_empty(self.columns.to_arrow());
            return Ok(LookupRows { rows, key_index: Vec::new() });
        }
        match self.cache.clone() {
            None => self.query(keys),
            Some(cache) => self.cached(&cache, keys, now_ms),
        }
    }

    fn halt_with(&mut self, halt: &StopHandle) {
        self.session.halt_with(halt);
    }
}

fn gathered(parts: &[Arc<RecordBatch>], places: &[(usize, usize)], columns: &Schema) -> Result<RecordBatch> {
    let schema = columns.to_arrow();
    if places.is_empty() {
        return Ok(RecordBatch::new_empty(schema));
    }
    let arrays = (0..columns.len())
        .map(|c| {
            let parts: Vec<&dyn Array> = parts.iter().map(|part| part.column(c).as_ref()).collect();
            Ok(interleave(&parts, places)?)
        })
        .collect::<Result<Vec<ArrayRef>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(places.len()));
    Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
}

/// Each key column as texts that PostgreSQL casts back. A text with U+0000 becomes NULL: the database cannot hold it,
/// so it equals nothing there.
pub fn key_texts(keys: &[ArrayRef]) -> Result<Vec<Vec<Option<String>>>> {
    let column = |array: &ArrayRef| -> Result<Vec<Option<String>>> {
        match array.data_type() {
            DataType::Utf8 => {
                let storable = |value: &&str| !value.contains('\0');
                let values = array.as_string::<i32>().iter();
                Ok(values.map(|value| value.filter(storable).map(str::to_owned)).collect())
            }
            DataType::Binary => {
                let hex = |bytes: &[u8]| {
                    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    format!("\\x{digits}")
                };
                Ok(array.as_binary::<i32>().iter().map(|value| value.map(hex)).collect())
            }
            _ => {
                let formatter =
                    arrow::util::display::ArrayFormatter::try_new(array.as_ref(), &Default::default())?;
                let value = |row| array.is_valid(row).then(|| formatter.value(row).to_string());
                Ok((0..array.len()).map(value).collect())
            }
        }
    };
    keys.iter().map(column).collect()
}

/// Appends a value as PostgreSQL writes it. Its timestamps leave out what is zero in the fraction, as SQL's standard
/// form does.
fn append(value: Option<&str>, column: &mut ColumnBuilder) -> Result<(), String> {
    let Some(value) = value else {
        column.append_null();
        return Ok(());
    };
    match column.kind() {
        Kind::Time(_) => {
            let nanos = text::parse_time(value).ok_or_else(|| "not a time".to_owned())?;
            column.append_int(nanos / 1_000_000);
        }
        Kind::Bytes => {
            let digits = value.strip_prefix("\\x").unwrap_or(value);
            let byte = |i: usize| u8::from_str_radix(digits.get(2 * i..2 * i + 2).unwrap_or(""), 16);
            let bytes = (0..digits.len() / 2).map(byte).collect::<Result<Vec<u8>, _>>();
            let bytes = bytes.map_err(|e| e.to_string())?;
            column.append_bytes(&bytes).map_err(|_| "the answer holds too many bytes".to_owned())?;
        }
        _ => scalar_text::append(value, column)?,
    }
    Ok(())
}
