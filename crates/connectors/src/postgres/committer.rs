//! The epoch's transaction: fence row first, then deletes, upserts, appends, dead letters.
//!
//! 1. Take-over: `UPDATE streamsql.job SET generation = generation + 1 … RETURNING` — a write, so it waits for a commit
//!    that is still in flight and sees its outcome.
//! 2. Commit: `UPDATE … SET epoch = e WHERE generation = g AND epoch = e - 1` must change one row, as the first statement;
//!    everything else follows in the same transaction.
//! 3. After any error or silence the socket is closed and 1 is done again: epoch e → it was committed; e - 1 → the same
//!    epoch is sent again; a generation raised by more than ourselves → another owner, we stop.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow::row::{RowConverter, SortField};
use streamsql_core::{
    ChangeBatch, CommittedEpoch, DeadLetter, Epoch, EpochCommit, EpochCommitter, Error, Result, Schema,
    TableChanges,
};

use super::Database;
use super::catalog::Target;
use super::copy::CopyData;
use super::ident;
use super::session::{Fault, Session};

/// A table that a job writes.
#[derive(Clone, Debug)]
pub struct SinkTable {
    /// Option `table-name`.
    pub table: String,
    /// Written columns, by position.
    pub columns: Schema,
    /// Positions of the primary key; empty: rows are appended.
    pub primary_key: Vec<usize>,
}

/// Commits epochs of one job into one database.
pub struct PostgresCommitter {
    session: Session,
    job: String,
    owner: String,
    generation: u64,
    committed: Epoch,
    tables: Vec<SinkTable>,
    sinks: Vec<Sink>,
}

/// A sink table with its statements.
struct Sink {
    option: String,
    /// Column in the batch and type in the database, in the order of COPY.
    columns: Vec<(usize, String)>,
    key_columns: Vec<(usize, String)>,
    copy_rows: String,
    /// Upsert sinks only.
    keyed: Option<KeyedSink>,
}

struct KeyedSink {
    key: Vec<usize>,
    create_stage: String,
    merge: String,
    copy_keys: String,
    delete: String,
}

const SETUP: &str = "CREATE SCHEMA IF NOT EXISTS streamsql;
CREATE TABLE IF NOT EXISTS streamsql.job (
  job_id text PRIMARY KEY, generation bigint NOT NULL, epoch bigint NOT NULL, manifest text, manifest_hash text,
  positions jsonb NOT NULL, plan_hash text NOT NULL, owner text, taken_at timestamptz, committed_at timestamptz);
CREATE TABLE IF NOT EXISTS streamsql.target (relation text PRIMARY KEY, job_id text NOT NULL);
CREATE TABLE IF NOT EXISTS streamsql.dead_letter (
  job_id text NOT NULL, topic text NOT NULL, partition int NOT NULL, \"offset\" bigint NOT NULL, key bytea, value bytea,
  record_time timestamptz, field text, error text NOT NULL, epoch bigint NOT NULL,
  PRIMARY KEY (job_id, topic, partition, \"offset\"));";

/// Longest pause between two attempts to reach a database that went away.
const MAX_PAUSE: Duration = Duration::from_secs(5);

impl PostgresCommitter {
    /// Nothing is contacted before `take_over`.
    pub fn new(database: &Database, job: &str, tables: Vec<SinkTable>) -> Result<Self> {
        let session = Session::new(database, &format!("streamsql:{job}"))?;
        let owner = format!("pid {}", std::process::id());
        Ok(Self {
            session,
            job: job.to_owned(),
            owner,
            generation: 0,
            committed: Epoch(0),
            tables,
            sinks: Vec::new(),
        })
    }

    /// Reads the targets from the catalogue, checks them all, prepares their statements.
    fn prepare_sinks(&mut self) -> Result<()> {
        let standby = self.session.fetch("SELECT pg_is_in_recovery()::text", &[]).map_err(Error::from)?;
        if standby.first().and_then(|row| row.first()).is_some_and(|value| value.as_deref() == Some("true")) {
            return Err(Error::unreachable(format!("{} is a read-only standby", self.session.place())));
        }
        let mut problems = Vec::new();
        let mut sinks = Vec::new();
        for (number, table) in self.tables.iter().enumerate() {
            let prepared = Target::read(&mut self.session, &table.table).and_then(|target| {
                target.check_writable(&table.columns)?;
                check_key(&mut self.session, &target, table)?;
                Ok(Sink::new(number, table, &target))
            });
            match prepared {
                Ok(sink) => sinks.push(sink),
                Err(error) => problems.push(error.to_string()),
            }
        }
        if !problems.is_empty() {
            return Err(Error::invalid(problems.join("\n")));
        }
        for sink in &sinks {
            if let Some(keyed) = &sink.keyed {
                self.session.batch(&keyed.create_stage).map_err(Error::from)?;
                self.session.on_connect(keyed.create_stage.clone());
            }
        }
        self.sinks = sinks;
        Ok(())
    }

    /// One job a table: registers ours, refuses another's.
    fn register_targets(&mut self) -> Result<()> {
        for table in &self.tables {
            let relation = table.table.to_lowercase();
            let sql =
                "INSERT INTO streamsql.target (relation, job_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            self.session.execute(sql, &[Some(&relation), Some(&self.job)]).map_err(Error::from)?;
            let sql = "SELECT job_id FROM streamsql.target WHERE relation = $1";
            let rows = self.session.fetch(sql, &[Some(&relation)]).map_err(Error::from)?;
            let owner = rows.first().and_then(|row| row.first().cloned().flatten()).unwrap_or_default();
            if owner != self.job {
                return Err(Error::invalid(format!("table {relation} is written by job '{owner}' already"))
                    .hint(
                        "one job a table; if that job is gone for good, delete its row from streamsql.target",
                    ));
            }
        }
        Ok(())
    }

    /// Raises the generation and reads the committed state.
    fn fence(&mut self) -> Result<Option<CommittedEpoch>, Fault> {
        let sql = "UPDATE streamsql.job SET generation = generation + 1, owner = $2, taken_at = now() WHERE job_id = $1 \
                   RETURNING generation::text, epoch::text, manifest, manifest_hash, plan_hash";
        let rows = match self.session.fetch(sql, &[Some(&self.job), Some(&self.owner)]) {
            Err(Fault::Retry(message)) if message.contains("55P03") => {
                // An older owner sits on the row, perhaps stopped in the middle of a commit.
                let terminate = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
                                 WHERE application_name = $1 AND pid <> pg_backend_pid()";
                self.session.fetch(terminate, &[Some(&format!("streamsql:{}", self.job))])?;
                self.session.fetch(sql, &[Some(&self.job), Some(&self.owner)])?
            }
            other => other?,
        };
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let number = |i: usize| row[i].as_ref().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        let hash = |i: usize| row[i].as_deref().map(unhex).unwrap_or_default();
        Ok(Some(CommittedEpoch {
            generation: number(0),
            epoch: Epoch(number(1)),
            manifest: row[2].clone().map(|name| (name, hash(3))),
            plan_hash: hash(4),
        }))
    }

    fn transaction(&mut self, commit: &EpochCommit) -> Result<(), CommitFault> {
        self.session.batch("BEGIN")?;
        let cas = "UPDATE streamsql.job SET epoch = $3::bigint, manifest = $4, manifest_hash = $5, positions = $6::jsonb, \
                   plan_hash = $7, committed_at = now() \
                   WHERE job_id = $1 AND generation = $2::bigint AND epoch = $3::bigint - 1";
        let (generation, epoch) = (self.generation.to_string(), commit.epoch.to_string());
        let (manifest_hash, plan_hash) = (hex(&commit.manifest_hash), hex(&commit.plan_hash));
        let positions = commit.positions.to_string();
        let parameters =
            [&self.job, &generation, &epoch, &commit.manifest, &manifest_hash, &positions, &plan_hash];
        let changed = self.session.execute(cas, &parameters.map(|p| Some(p.as_str())))?;
        if changed != 1 {
            return Err(CommitFault::Fenced);
        }
        for changes in &commit.changes {
            let sink =
                self.sinks.get(changes.sink).ok_or_else(|| Error::internal("changes for an unknown sink"))?;
            sink.write(&mut self.session, changes)?;
        }
        if !commit.dead_letters.is_empty() {
            let data = dead_letters(&self.job, commit.epoch, &commit.dead_letters);
            self.session.batch(DEAD_LETTER_STAGE)?;
            self.session.copy_in("COPY pg_temp.streamsql_dead_letter FROM STDIN (FORMAT BINARY)", &data)?;
            self.session.batch(DEAD_LETTER_INSERT)?;
        }
        self.session.batch("COMMIT")?;
        Ok(())
    }

    /// Finds out what became of an epoch whose commit did not answer. True: it is committed.
    fn resolve(&mut self, epoch: Epoch) -> Result<bool> {
        let mut pause = Duration::from_millis(20);
        loop {
            let fenced = self.session.connect().and_then(|()| self.fence());
            match fenced {
                Ok(Some(found)) => {
                    if found.generation != self.generation + 1 {
                        return Err(taken_over(&self.job));
                    }
                    self.generation = found.generation;
                    return match found.epoch {
                        found if found == epoch => Ok(true),
                        found if found.next() == epoch => Ok(false),
                        found => {
                            Err(Error::internal(format!("epoch {found} is committed, {epoch} was sent")))
                        }
                    };
                }
                Ok(None) => return Err(vanished(&self.job)),
                Err(fault) => {
                    tracing::warn!("waiting for {}: {fault}", self.session.place());
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(MAX_PAUSE);
                }
            }
        }
    }
}

enum CommitFault {
    Fault(Fault),
    Error(Error),
    Fenced,
}

impl From<Fault> for CommitFault {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for CommitFault {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

fn taken_over(job: &str) -> Error {
    Error::fenced(format!("job {job} was taken over by another instance"))
        .hint("only one instance runs a job; see column owner of streamsql.job")
}

fn vanished(job: &str) -> Error {
    Error::failed(format!("the row of job {job} in streamsql.job is gone"))
        .hint("restore it; it holds where the job stands")
}

impl EpochCommitter for PostgresCommitter {
    fn take_over(&mut self) -> Result<CommittedEpoch> {
        self.session.connect_at_start()?;
        // Two first starts at once may trip over each other's CREATE.
        if self.session.batch(SETUP).is_err() {
            self.session.batch(SETUP).map_err(Error::from)?;
        }
        self.prepare_sinks()?;
        self.register_targets()?;
        let sql = "INSERT INTO streamsql.job (job_id, generation, epoch, positions, plan_hash) \
                   VALUES ($1, 0, 0, '{}', '') ON CONFLICT DO NOTHING";
        self.session.execute(sql, &[Some(&self.job)]).map_err(Error::from)?;
        let taken = self.fence().map_err(Error::from)?.ok_or_else(|| vanished(&self.job))?;
        self.generation = taken.generation;
        self.committed = taken.epoch;
        Ok(taken)
    }

    fn commit(&mut self, commit: &EpochCommit) -> Result<()> {
        loop {
            match self.transaction(commit) {
                Ok(()) => break,
                Err(CommitFault::Fenced) => {
                    self.session.disconnect();
                    return Err(taken_over(&self.job));
                }
                Err(CommitFault::Error(error)) => {
                    self.session.disconnect();
                    return Err(error);
                }
                Err(CommitFault::Fault(fault @ Fault::Refused { .. })) => {
                    self.session.disconnect();
                    return Err(Error::from(fault).hint(
                        "nothing of this epoch was written; mend the table or the query and start the job again",
                    ));
                }
                Err(CommitFault::Fault(Fault::Retry(message))) => {
                    tracing::warn!("commit of epoch {} is in doubt: {message}", commit.epoch);
                    if self.resolve(commit.epoch)? {
                        break;
                    }
                }
            }
        }
        self.committed = commit.epoch;
        Ok(())
    }
}

impl Sink {
    fn new(number: usize, table: &SinkTable, target: &Target) -> Self {
        let names: Vec<String> = table
            .columns
            .columns
            .iter()
            .map(|c| {
                ident::quote(
                    &target.column(&c.name).map_or_else(|| ident::column(&c.name), |t| t.name.clone()),
                )
            })
            .collect();
        let typed = |i: usize| {
            let column = target.column(&table.columns.columns[i].name);
            (i, column.map(|c| c.type_name.clone()).unwrap_or_default())
        };
        let columns: Vec<(usize, String)> = (0..names.len()).map(typed).collect();
        let list = names.join(", ");
        let relation = &target.relation;
        let keyed = (!table.primary_key.is_empty()).then(|| {
            let key: Vec<&String> = table.primary_key.iter().map(|i| &names[*i]).collect();
            let key_list = key.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ");
            let updates: Vec<String> = names
                .iter()
                .filter(|name| !key.contains(name))
                .map(|name| format!("{name} = EXCLUDED.{name}"))
                .collect();
            let action = if updates.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", updates.join(", ")) };
            let matches: Vec<String> = key.iter().map(|k| format!("t.{k} = d.{k}")).collect();
            let (stage, keys) = (format!("streamsql_rows_{number}"), format!("streamsql_keys_{number}"));
            KeyedSink {
                key: table.primary_key.clone(),
                create_stage: format!(
                    "CREATE TEMP TABLE {stage} ON COMMIT DELETE ROWS AS SELECT {list} FROM {relation} WITH NO DATA; \
                     CREATE TEMP TABLE {keys} ON COMMIT DELETE ROWS AS SELECT {key_list} FROM {relation} WITH NO DATA"
                ),
                merge: format!(
                    "INSERT INTO {relation} ({list}) SELECT {list} FROM pg_temp.{stage} ON CONFLICT ({key_list}) DO {action}"
                ),
                copy_keys: format!("COPY pg_temp.{keys} ({key_list}) FROM STDIN (FORMAT BINARY)"),
                delete: format!("DELETE FROM {relation} t USING pg_temp.{keys} d WHERE {}", matches.join(" AND ")),
            }
        });
        let copy_target =
            if keyed.is_some() { format!("pg_temp.streamsql_rows_{number}") } else { relation.clone() };
        Self {
            option: table.table.clone(),
            key_columns: table.primary_key.iter().map(|i| typed(*i)).collect(),
            copy_rows: format!("COPY {copy_target} ({list}) FROM STDIN (FORMAT BINARY)"),
            columns,
            keyed,
        }
    }

    fn write(&self, session: &mut Session, changes: &TableChanges) -> Result<(), CommitFault> {
        let named = |error: Error| CommitFault::Error(error.context(format!("table {}", self.option)));
        let Some(keyed) = &self.keyed else {
            let mut data = CopyData::new();
            for batch in &changes.batches {
                for row in 0..batch.num_rows() {
                    data.row(batch, row, &self.columns).map_err(named)?;
                }
            }
            session.copy_in(&self.copy_rows, &data.finish())?;
            return Ok(());
        };
        let (mut rows, mut keys) = (CopyData::new(), CopyData::new());
        let (mut upserts, mut deletes) = (0usize, 0usize);
        for (batch, row) in last_changes(&changes.batches, &keyed.key).map_err(named)? {
            let batch = &changes.batches[batch];
            if batch.kind(row).is_retraction() {
                deletes += 1;
                keys.row(batch, row, &self.key_columns).map_err(named)?;
            } else {
                upserts += 1;
                rows.row(batch, row, &self.columns).map_err(named)?;
            }
        }
        if deletes > 0 {
            session.copy_in(&keyed.copy_keys, &keys.finish())?;
            session.batch(&keyed.delete)?;
        }
        if upserts > 0 {
            session.copy_in(&self.copy_rows, &rows.finish())?;
            session.batch(&keyed.merge)?;
        }
        Ok(())
    }
}

/// The last change of each key, by (batch, row), in the order of the keys: two writers cannot deadlock.
fn last_changes(batches: &[ChangeBatch], key: &[usize]) -> Result<Vec<(usize, usize)>> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let schema = first.schema();
    let fields = key.iter().map(|k| SortField::new(schema.field(*k).data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let mut last: BTreeMap<Vec<u8>, (usize, usize)> = BTreeMap::new();
    for (number, batch) in batches.iter().enumerate() {
        let columns: Vec<_> = key.iter().map(|k| batch.rows().column(*k).clone()).collect();
        let encoded = converter.convert_columns(&columns)?;
        for (row, bytes) in encoded.iter().enumerate() {
            last.insert(bytes.as_ref().to_vec(), (number, row));
        }
    }
    Ok(last.into_values().collect())
}

/// ON CONFLICT needs a unique index on exactly our key.
fn check_key(session: &mut Session, target: &Target, table: &SinkTable) -> Result<()> {
    if table.primary_key.is_empty() {
        return Ok(());
    }
    let sql = "SELECT string_agg(a.attname::text, ',' ORDER BY a.attname::text) FROM pg_index i \
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) \
               WHERE i.indrelid = $1::regclass AND i.indisunique AND i.indpred IS NULL GROUP BY i.indexrelid";
    let rows = session.fetch(sql, &[Some(&target.relation)]).map_err(Error::from)?;
    let mut key: Vec<String> = table
        .primary_key
        .iter()
        .map(|i| &table.columns.columns[*i].name)
        .map(|name| target.column(name).map_or_else(|| ident::column(name), |c| c.name.clone()))
        .collect();
    key.sort();
    let wanted = key.join(",");
    if rows.iter().any(|row| row.first().is_some_and(|columns| columns.as_deref() == Some(wanted.as_str()))) {
        return Ok(());
    }
    Err(Error::invalid(format!("table {} has no unique index on ({wanted})", target.relation))
        .hint("the PRIMARY KEY of the sink in the SQL must be a key of the table in the database"))
}

const DEAD_LETTER_STAGE: &str = "CREATE TEMP TABLE IF NOT EXISTS streamsql_dead_letter (
  job_id text, topic text, partition text, \"offset\" text, key bytea, value bytea, record_ms text, field text, error text,
  epoch text) ON COMMIT DELETE ROWS";

const DEAD_LETTER_INSERT: &str = "INSERT INTO streamsql.dead_letter
  SELECT job_id, topic, partition::int, \"offset\"::bigint, key, value, to_timestamp(record_ms::float8 / 1000), field, error,
  epoch::bigint FROM pg_temp.streamsql_dead_letter ON CONFLICT DO NOTHING";

fn dead_letters(job: &str, epoch: Epoch, letters: &[DeadLetter]) -> Vec<u8> {
    let mut data = CopyData::new();
    for letter in letters {
        let (partition, offset) = (letter.split.partition.to_string(), letter.offset.to_string());
        let (time, epoch) = (letter.timestamp_ms.map(|ms| ms.to_string()), epoch.to_string());
        data.texts(&[
            Some(job.as_bytes()),
            Some(letter.split.topic.as_bytes()),
            Some(partition.as_bytes()),
            Some(offset.as_bytes()),
            letter.key.as_deref(),
            letter.value.as_deref(),
            time.as_ref().map(|t| t.as_bytes()),
            letter.field.as_ref().map(|f| f.as_bytes()),
            Some(letter.error.as_bytes()),
            Some(epoch.as_bytes()),
        ]);
    }
    data.finish()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).filter_map(|i| u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()).collect()
}
