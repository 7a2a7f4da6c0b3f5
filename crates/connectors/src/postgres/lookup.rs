//! Look-ups: one query a batch of keys, and Flink's partial cache in front of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::interleave;
use arrow::row::{RowConverter, SortField};
use streamsql_core::{Column, Error, LogicalType, Lookup, LookupRows, Result, Schema, text};
use streamsql_formats::columns::{RowBuilder, Staged, TimestampStandard, from_text};

use super::catalog::Target;
use super::session::{Fault, Session};
use super::{CacheOptions, Database, LookupOptions, ident};
use crate::options::required;

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
    cache: HashMap<Box<[u8]>, Cached>,
    /// Keys in the order in which they were cached.
    order: BTreeMap<u64, Box<[u8]>>,
    next: u64,
}

/// The rows of a key: a range of an answer.
struct Cached {
    rows: Arc<RecordBatch>,
    start: usize,
    length: usize,
    written_ms: i64,
    accessed_ms: i64,
    order: u64,
}

impl PostgresLookup {
    pub fn new(
        options: &BTreeMap<String, String>,
        physical: &Schema,
        keys: &[usize],
        columns: &[usize],
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
            cache: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
        })
    }

    /// Connects and checks the table's types.
    pub fn open(&mut self) -> Result<()> {
        self.session.connect_at_start()?;
        let target = Target::read(&mut self.session, &self.table)?;
        let all: Vec<Column> = self.keys.columns.iter().chain(&self.columns.columns).cloned().collect();
        target.check_readable(&Schema::new(all))?;
        let name = |column: &Column| {
            let found = target.column(&column.name).map(|c| (ident::quote(&c.name), c.type_name.clone()));
            found.unwrap_or_else(|| (ident::quote(&column.name), "text".to_owned()))
        };
        let selected: Vec<String> =
            self.columns.columns.iter().map(|c| format!(", t.{}::text", name(c).0)).collect();
        let arrays: Vec<String> = (1..=self.keys.len()).map(|i| format!("${i}::text[]")).collect();
        let aliases: Vec<String> = (0..self.keys.len()).map(|i| format!("k{i}")).collect();
        let matches: Vec<String> = self
            .keys
            .columns
            .iter()
            .enumerate()
            .map(|(i, c)| {
                let (column, type_name) = name(c);
                format!("t.{column} = k.k{i}::{type_name}")
            })
            .collect();
        self.sql = Some(format!(
            "SELECT k.n::text{} FROM unnest({}) WITH ORDINALITY AS k({}, n) JOIN {} t ON {} ORDER BY k.n",
            selected.concat(),
            arrays.join(", "),
            aliases.join(", "),
            target.relation,
            matches.join(" AND ")
        ));
        Ok(())
    }

    /// Asks the database; retries as the table's options say.
    fn query(&mut self, keys: &RecordBatch) -> Result<LookupRows> {
        let arrays = key_texts(keys)?;
        if self.sql.is_none() {
            self.open()?;
        }
        let sql = self.sql.clone().unwrap_or_default();
        let mut attempt = 0;
        let rows = loop {
            let result = match self.session.is_connected() {
                true => self.session.fetch_by_arrays(&sql, &arrays),
                false => self.session.connect().and_then(|()| self.session.fetch_by_arrays(&sql, &arrays)),
            };
            match result {
                Ok(rows) => break rows,
                Err(Fault::Retry(message)) if attempt < self.options.max_retries => {
                    tracing::warn!("look-up in {}: {message}", self.table);
                    self.session.disconnect();
                    std::thread::sleep(Duration::from_secs(u64::from(attempt)));
                    attempt += 1;
                }
                Err(fault) => return Err(Error::from(fault).context(format!("look-up in {}", self.table))),
            }
        };
        let mut builder = RowBuilder::new(&self.columns)?;
        let mut key_index = Vec::with_capacity(rows.len());
        for row in &rows {
            let number: u32 = row[0].as_ref().and_then(|n| n.parse().ok()).unwrap_or(1);
            key_index.push(number - 1);
            let values = row[1..]
                .iter()
                .zip(&self.columns.columns)
                .map(|(value, column)| staged(value.as_deref(), &column.logical_type))
                .collect::<Result<Vec<_>, String>>()
                .map_err(|e| Error::failed(format!("table {}: {e}", self.table)))?;
            builder.append(&values)?;
        }
        Ok(LookupRows { rows: builder.finish()?, key_index })
    }

    fn cached(&mut self, keys: &RecordBatch, cache: CacheOptions, now_ms: i64) -> Result<LookupRows> {
        let encoded = self.key_codec.convert_columns(keys.columns())?;
        let mut missing = Vec::new();
        for row in 0..keys.num_rows() {
            let key = encoded.row(row);
            let fresh = self.cache.get_mut(key.as_ref()).is_some_and(|entry| {
                let written = cache.expire_after_write_ms.is_none_or(|ms| now_ms - entry.written_ms < ms);
                let accessed = cache.expire_after_access_ms.is_none_or(|ms| now_ms - entry.accessed_ms < ms);
                entry.accessed_ms = now_ms;
                written && accessed
            });
            if !fresh {
                missing.push(row as u32);
            }
        }
        // Empty results that must not be cached live only for this batch.
        let mut absent: HashMap<Box<[u8]>, ()> = HashMap::new();
        if !missing.is_empty() {
            let indices = arrow::array::UInt32Array::from(missing.clone());
            let answer = self.query(&arrow::compute::take_record_batch(keys, &indices)?)?;
            let rows = Arc::new(answer.rows);
            for (number, row) in missing.iter().enumerate() {
                let start = answer.key_index.partition_point(|k| (*k as usize) < number);
                let end = answer.key_index.partition_point(|k| (*k as usize) <= number);
                let key: Box<[u8]> = encoded.row(*row as usize).as_ref().into();
                if start == end && !cache.cache_missing_key {
                    self.forget(&key);
                    absent.insert(key, ());
                    continue;
                }
                self.remember(key, Arc::clone(&rows), start, end - start, now_ms);
            }
        }
        let mut parts: Vec<Arc<RecordBatch>> = Vec::new();
        let mut numbers: HashMap<*const RecordBatch, usize> = HashMap::new();
        let (mut places, mut key_index) = (Vec::new(), Vec::new());
        for row in 0..keys.num_rows() {
            let key = encoded.row(row);
            if absent.contains_key(key.as_ref()) {
                continue;
            }
            let Some(entry) = self.cache.get(key.as_ref()) else { continue };
            let part = *numbers.entry(Arc::as_ptr(&entry.rows)).or_insert_with(|| {
                parts.push(Arc::clone(&entry.rows));
                parts.len() - 1
            });
            for i in entry.start..entry.start + entry.length {
                places.push((part, i));
                key_index.push(row as u32);
            }
        }
        let answer = LookupRows { rows: gathered(&parts, &places, &self.columns)?, key_index };
        self.evict(cache.max_rows);
        Ok(answer)
    }

    fn remember(&mut self, key: Box<[u8]>, rows: Arc<RecordBatch>, start: usize, length: usize, now_ms: i64) {
        self.forget(&key);
        let order = self.next;
        self.next += 1;
        self.order.insert(order, key.clone());
        self.cache
            .insert(key, Cached { rows, start, length, written_ms: now_ms, accessed_ms: now_ms, order });
    }

    fn forget(&mut self, key: &[u8]) {
        if let Some(old) = self.cache.remove(key) {
            self.order.remove(&old.order);
        }
    }

    /// Drops the oldest keys above the limit.
    fn evict(&mut self, max_rows: Option<i64>) {
        let Some(limit) = max_rows else { return };
        while self.cache.len() as i64 > limit.max(0) {
            let Some((_, key)) = self.order.pop_first() else { return };
            self.cache.remove(&key);
        }
    }
}

impl Lookup for PostgresLookup {
    fn lookup(&mut self, keys: &RecordBatch, now_ms: i64) -> Result<LookupRows> {
        match self.options.cache {
            _ if keys.num_rows() == 0 => {
                let rows = RecordBatch::new_empty(self.columns.to_arrow());
                Ok(LookupRows { rows, key_index: Vec::new() })
            }
            None => self.query(keys),
            Some(cache) => self.cached(keys, cache, now_ms),
        }
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

/// Each key column as texts that PostgreSQL casts back.
fn key_texts(keys: &RecordBatch) -> Result<Vec<Vec<String>>> {
    let column = |array: &ArrayRef| {
        let formatter = arrow::util::display::ArrayFormatter::try_new(array.as_ref(), &Default::default())?;
        Ok((0..array.len()).map(|row| formatter.value(row).to_string()).collect())
    };
    keys.columns().iter().map(column).collect()
}

fn staged<'a>(value: Option<&'a str>, logical_type: &LogicalType) -> Result<Staged<'a>, String> {
    let Some(value) = value else { return Ok(Staged::Null) };
    match logical_type {
        LogicalType::Timestamp(_) => {
            // PostgreSQL leaves out the fraction where it is zero and cuts trailing zeros; so does SQL's standard form.
            from_text(value, logical_type, TimestampStandard::Sql)
        }
        LogicalType::Time(_) => {
            let nanos = text::parse_time(value).ok_or_else(|| "not a time".to_owned())?;
            Ok(Staged::Int(nanos / 1_000_000))
        }
        t if t.is_binary() => {
            let digits = value.strip_prefix("\\x").unwrap_or(value);
            let byte = |i: usize| u8::from_str_radix(digits.get(2 * i..2 * i + 2).unwrap_or(""), 16);
            (0..digits.len() / 2)
                .map(byte)
                .collect::<Result<Vec<u8>, _>>()
                .map(Staged::Bytes)
                .map_err(|e| e.to_string())
        }
        _ => from_text(value, logical_type, TimestampStandard::Sql),
    }
}
