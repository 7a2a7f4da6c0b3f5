//! Look-ups: one query a batch of keys, and Flink's partial cache in front of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::row::{RowConverter, SortField};
use streamsql_core::{Error, Lookup, LookupRows, Result, Schema, StopHandle};
use streamsql_formats::builder::RowBuilder;

use super::cached_rows::CachedRows;
use super::catalog::Target;
use super::fault::{Fault, Problem};
use super::key_text::{self, key_texts};
use super::lookup_cache::{Found, LookupCache};
use super::session::{Backoff, Session};
use super::{Database, LookupOptions, ident, values};
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
    question: Option<Question>,
    key_codec: RowConverter,
    cached_rows: CachedRows,
    cache: Option<SharedCache>,
    /// What was said of values that cannot be read.
    said: BTreeSet<String>,
}

/// What is asked of a table, for any keys.
#[derive(Clone)]
struct Question {
    sql: String,
    /// Keys of type STRING for columns of type uuid.
    uuids: Vec<usize>,
}

/// Rows of the answer, and which key each belongs to.
struct Answer {
    rows: RowBuilder,
    key_index: Vec<u32>,
}

/// Different values of a lookup that cannot be read and are told apart in the log.
const MOST_SAID: usize = 100;

/// Characters of a value that a message shows.
const SHOWN: usize = 100;

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
            cached_rows: CachedRows::new(&columns)?,
            keys,
            columns,
            question: None,
            cache,
            said: BTreeSet::new(),
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
        target.check_readable(&self.columns, &self.keys)?;
        let question = self.question_for(&target)?;
        // The server looks at it once, so that it is not refused later.
        match self.session.check(&question.sql, self.keys.len()) {
            Err(fault @ Fault::Refused { .. }) => {
                return Err(Error::unreachable(format!(
                    "table {} cannot be looked up: {fault}",
                    target.name
                ))
                .hint(format!("the user needs GRANT SELECT ON {}", target.name)));
            }
            // Lost again: it is asked for when the first keys come.
            Ok(()) | Err(Fault::Retry { .. }) => {}
        }
        self.question = Some(question);
        Ok(())
    }

    fn question_for(&self, target: &Target) -> Result<Question> {
        let unchecked =
            |name: &str| Error::internal(format!("column {name} of {} passed no check", target.name));
        let quoted = |name: &str| format!("t.{}", ident::quote(&target.stored_name(name)));
        let mut selected = String::new();
        for column in &self.columns.columns {
            let read = target.column(&column.name);
            let read = read.and_then(|found| found.read_as(&column.logical_type, &quoted(&column.name)));
            selected.push_str(", ");
            selected.push_str(&read.ok_or_else(|| unchecked(&column.name))?);
        }
        let (mut conditions, mut uuids) = (Vec::new(), Vec::new());
        for (i, key) in self.keys.columns.iter().enumerate() {
            let found = target.column(&key.name).and_then(|found| {
                found.compared_with(&key.logical_type, &quoted(&key.name), &format!("k.k{i}"))
            });
            let comparison = found.ok_or_else(|| unchecked(&key.name))?;
            uuids.extend(comparison.is_uuid.then_some(i));
            conditions.push(comparison.sql);
        }
        let arrays: Vec<String> = (1..=self.keys.len()).map(|i| format!("${i}::text[]")).collect();
        let aliases: Vec<String> = (0..self.keys.len()).map(|i| format!("k{i}")).collect();
        let sql = format!(
            "SELECT k.n::text{selected} FROM unnest({}) WITH ORDINALITY AS k({}, n) JOIN {} t ON {} ORDER BY k.n",
            arrays.join(", "),
            aliases.join(", "),
            target.relation,
            conditions.join(" AND ")
        );
        Ok(Question { sql, uuids })
    }

    fn query(&mut self, keys: &RecordBatch) -> Result<LookupRows> {
        let question = match self.question.clone() {
            Some(question) => question,
            None => {
                self.open()?;
                self.question.clone().ok_or_else(|| Error::internal("an opened look-up has no question"))?
            }
        };
        let mut texts = key_texts(keys.columns())?;
        for key in &question.uuids {
            for text in &mut texts[*key] {
                *text = text.take().filter(|text| key_text::uuid(text).is_some());
            }
        }
        let mut answer = Answer { rows: RowBuilder::new(&self.columns), key_index: Vec::new() };
        self.ask(&question.sql, &texts, 0..keys.num_rows(), &mut answer)?;
        Ok(LookupRows { rows: answer.rows.finish()?, key_index: answer.key_index })
    }

    /// Asks for some of the keys. Where the database refuses a value, of a key or of a row, the others are asked without
    /// it.
    fn ask(
        &mut self,
        sql: &str,
        keys: &[Vec<Option<String>>],
        asked: Range<usize>,
        answer: &mut Answer,
    ) -> Result<()> {
        let all = keys.first().is_none_or(|column| column.len() == asked.len());
        let fetched = if all {
            self.fetch(sql, keys)
        } else {
            let some: Vec<_> = keys.iter().map(|column| column[asked.clone()].to_vec()).collect();
            self.fetch(sql, &some)
        };
        let rows = match fetched {
            Ok(rows) => rows,
            Err(_) if self.session.halt().is_stopped() => {
                return Err(Error::failed(format!(
                    "a look-up in {} was given up because the job ends",
                    self.table
                )));
            }
            Err(fault) if is_of_a_value(&fault) && asked.len() > 1 => {
                let middle = asked.start + asked.len() / 2;
                self.ask(sql, keys, asked.start..middle, answer)?;
                return self.ask(sql, keys, middle..asked.end, answer);
            }
            Err(fault) if is_of_a_value(&fault) => {
                let key = self.shown_key(keys, asked.start);
                let what = format!("look-up in {} for {key}: {fault}", self.table);
                return self.unreadable(what, "no row is found for it");
            }
            Err(fault) => {
                return Err(Error::from(fault).context(format!("look-up in {}", self.table)));
            }
        };
        for row in &rows {
            let number: usize = row[0].as_ref().and_then(|n| n.parse().ok()).unwrap_or(1);
            let key = asked.start + number - 1;
            answer.key_index.push(key as u32);
            for (i, value) in row[1..].iter().enumerate() {
                let column = &mut answer.rows.columns_mut()[i];
                let length = column.len();
                if let Err(reason) = values::append(value.as_deref(), column) {
                    column.truncate(length);
                    column.append_null();
                    let what = format!(
                        "table {}, row of {}: column {} is '{}', which cannot be read as {}: {reason}",
                        self.table,
                        self.shown_key(keys, key),
                        self.columns.columns[i].name,
                        clipped(value.as_deref().unwrap_or_default()),
                        self.columns.columns[i].logical_type,
                    );
                    self.unreadable(what, "it becomes NULL")?;
                }
            }
            answer.rows.commit();
        }
        Ok(())
    }

    /// Asks the database. A lost connection is made again for as long as it takes (the job waits, nothing is lost);
    /// a refused statement is tried `lookup.max-retries` times more, with Flink's pauses of 0, 1, 2 … s.
    fn fetch(&mut self, sql: &str, keys: &[Vec<Option<String>>]) -> Result<Vec<Vec<Option<String>>>, Fault> {
        let mut refused = 0;
        let mut backoff = Backoff::default();
        loop {
            let connected = if self.session.is_connected() { Ok(()) } else { self.session.connect() };
            match connected.and_then(|()| self.session.fetch_by_arrays(sql, keys)) {
                Ok(rows) => return Ok(rows),
                Err(fault) if self.session.halt().is_stopped() => return Err(fault),
                Err(fault) if fault.may_pass() || fault.sqlstate().starts_with("28") => {
                    tracing::warn!("look-up in {} waits for {}: {fault}", self.table, self.session.place());
                    backoff.wait_unless(self.session.halt());
                }
                Err(fault) if refused < self.options.max_retries && !is_of_a_value(&fault) => {
                    tracing::warn!("look-up in {}: {fault}", self.table);
                    self.session.halt().wait(Duration::from_secs(u64::from(refused)));
                    refused += 1;
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// A value that cannot be read: an error, or a line in the log, as `lookup.on-error` says.
    fn unreadable(&mut self, what: String, instead: &str) -> Result<()> {
        if self.options.fails {
            return Err(Error::failed(what).hint(
                "mend the row, or leave out 'lookup.on-error' = 'fail': such values become NULL then",
            ));
        }
        if self.said.len() < MOST_SAID && !self.said.contains(&what) {
            tracing::warn!("{what}; {instead}");
            self.said.insert(what);
            if self.said.len() == MOST_SAID {
                tracing::warn!("table {}: more such values are not told", self.table);
            }
        }
        Ok(())
    }

    /// `user_id = 'a', since = '2026-01-01'` of a key.
    fn shown_key(&self, keys: &[Vec<Option<String>>], number: usize) -> String {
        let columns = self.keys.columns.iter().zip(keys).map(|(column, texts)| match &texts[number] {
            Some(text) => format!("{} = '{}'", column.name, clipped(text)),
            None => format!("{} = NULL", column.name),
        });
        columns.collect::<Vec<_>>().join(", ")
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
            let fresh = self.cached_rows.by_key(&answer, missing.len())?;
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            for (row, fresh) in missing.iter().zip(fresh) {
                cache.put(encoded.row(*row as usize).as_ref(), fresh.clone(), now_ms);
                found[*row as usize] = Some(fresh);
            }
        }
        let found: Vec<Found> = found.into_iter().flatten().collect();
        self.cached_rows.answer(&found)
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

    fn cache_bytes(&self) -> Option<usize> {
        let cache = self.cache.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        Some(cache.bytes())
    }

    fn halt_with(&mut self, halt: &StopHandle) {
        self.session.halt_with(halt);
    }
}

/// Whether the database could not compute with a value (SQLSTATE class 22, data exceptions), so that other keys may do.
fn is_of_a_value(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused { sqlstate, .. } if sqlstate.starts_with("22"))
}

fn clipped(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &value[..end])),
        None => Cow::Borrowed(value),
    }
}
