//! Schema `streamsql` of the target database: the jobs' rows, which job writes which table, dead letters.

use streamsql_core::{CommittedEpoch, Epoch, EpochCommit, Error};

use super::fault::{Fault, Problem};
use super::session::{Flight, Session};

/// Made at the first start of a job; an administrator may make it before and grant its use.
const SETUP: &str = "BEGIN;
SELECT pg_advisory_xact_lock(hashtext('streamsql setup'));
CREATE SCHEMA IF NOT EXISTS streamsql;
CREATE TABLE IF NOT EXISTS streamsql.job (
  job_id text PRIMARY KEY, generation bigint NOT NULL, epoch bigint NOT NULL, manifest text, manifest_hash text,
  positions jsonb NOT NULL, plan_hash text NOT NULL, owner text, taken_at timestamptz, committed_at timestamptz);
CREATE TABLE IF NOT EXISTS streamsql.target (relation text PRIMARY KEY, job_id text NOT NULL);
CREATE TABLE IF NOT EXISTS streamsql.dead_letter (
  job_id text NOT NULL, topic text NOT NULL, partition int NOT NULL, \"offset\" bigint NOT NULL, key bytea, value bytea,
  record_time timestamptz, field text, error text NOT NULL, epoch bigint NOT NULL,
  PRIMARY KEY (job_id, topic, partition, \"offset\"));
COMMIT";

const IS_SET_UP: &str = "SELECT (to_regclass('streamsql.job') IS NOT NULL AND to_regclass('streamsql.target') IS NOT NULL \
    AND to_regclass('streamsql.dead_letter') IS NOT NULL)::text";

const ROW: &str = "generation::text, epoch::text, manifest, manifest_hash, plan_hash";

/// Makes the schema where it is missing.
pub fn set_up(session: &mut Session) -> Result<(), Fault> {
    if is_true(&session.fetch(IS_SET_UP, &[])?) { Ok(()) } else { session.batch(SETUP) }
}

/// The row of a job, read without taking it over; none where the job never started.
pub fn peek(session: &mut Session, job: &str) -> Result<Option<CommittedEpoch>, Fault> {
    if !is_true(&session.fetch(IS_SET_UP, &[])?) {
        return Ok(None);
    }
    let sql = format!("SELECT {ROW} FROM streamsql.job WHERE job_id = $1");
    Ok(session.fetch(&sql, &[Some(job)])?.first().map(|row| committed(row)))
}

/// Makes the row of a job that starts for the first time.
pub fn create_row(session: &mut Session, job: &str) -> Result<(), Fault> {
    // ON CONFLICT alone would wait for whoever is changing the row.
    let sql = "INSERT INTO streamsql.job (job_id, generation, epoch, positions, plan_hash) SELECT $1, 0, 0, '{}', '' \
               WHERE NOT EXISTS (SELECT FROM streamsql.job WHERE job_id = $1) ON CONFLICT DO NOTHING";
    session.execute(sql, &[Some(job)]).map(|_| ())
}

/// Raises the generation and reads what is committed. A write: it waits for a commit that is still in flight and sees
/// its outcome. With `from` only when that is still the row's generation; none when it is not, or there is no row.
pub fn fence(
    session: &mut Session,
    job: &str,
    owner: &str,
    from: Option<u64>,
) -> Result<Option<CommittedEpoch>, Fault> {
    let sql = format!(
        "UPDATE streamsql.job SET generation = generation + 1, owner = $2, taken_at = now() \
         WHERE job_id = $1 AND generation = coalesce($3::bigint, generation) RETURNING {ROW}"
    );
    let from = from.map(|generation| generation.to_string());
    let parameters = [Some(job), Some(owner), from.as_deref()];
    match session.fetch(&sql, &parameters) {
        Ok(rows) => Ok(rows.first().map(|row| committed(row))),
        Err(fault) if fault.sqlstate() == LOCK_NOT_AVAILABLE => {
            // A session of ours, perhaps of an owner stopped in the middle of a commit, sits on the row.
            session.connect()?;
            let terminate = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
                             WHERE application_name = left($1, 63) AND datname = current_database() AND pid <> pg_backend_pid()";
            let application = session.application().to_owned();
            session.fetch(terminate, &[Some(&application)])?;
            Ok(session.fetch(&sql, &parameters)?.first().map(|row| committed(row)))
        }
        Err(fault) => Err(fault),
    }
}

const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Moves the row to an epoch, the first statement of its transaction. Refused (`is_not_ours`) when the row is not at the
/// epoch before, or not ours, so that the server carries out nothing that follows in the transaction.
pub fn advance(
    flight: &mut Flight<'_>,
    job: &str,
    generation: u64,
    commit: &EpochCommit,
) -> Result<(), Fault> {
    // Without a row the division fails.
    let sql = format!("WITH moved AS ({ADVANCE} RETURNING 1) SELECT (1 / count(*))::text FROM moved");
    send_advance(flight, &sql, job, generation, commit)
}

/// Like `advance`, but goes on where there is no such row: a mistake.
pub fn advance_if_ours(
    flight: &mut Flight<'_>,
    job: &str,
    generation: u64,
    commit: &EpochCommit,
) -> Result<(), Fault> {
    send_advance(flight, ADVANCE, job, generation, commit)
}

/// Whether this is why `advance` was refused.
pub fn is_not_ours(fault: &Fault) -> bool {
    fault.sqlstate() == DIVISION_BY_ZERO
}

const DIVISION_BY_ZERO: &str = "22012";

const ADVANCE: &str = "UPDATE streamsql.job SET epoch = $3::bigint, manifest = $4, manifest_hash = $5, \
    positions = $6::jsonb, plan_hash = $7, committed_at = now() \
    WHERE job_id = $1 AND generation = $2::bigint AND epoch = $3::bigint - 1";

fn send_advance(
    flight: &mut Flight<'_>,
    sql: &str,
    job: &str,
    generation: u64,
    commit: &EpochCommit,
) -> Result<(), Fault> {
    let (generation, epoch) = (generation.to_string(), commit.epoch.to_string());
    let (manifest_hash, plan_hash) = (hex(&commit.manifest_hash), hex(&commit.plan_hash));
    let positions = commit.positions.to_string();
    let parameters =
        [job, &generation, &epoch, &commit.manifest, &manifest_hash, &positions, &plan_hash].map(Some);
    flight.statement(sql, &parameters)
}

/// Who owns the job now, to be named in a message: generation and owner; none when the row is gone.
pub fn owner(session: &mut Session, job: &str) -> Result<Option<(u64, String)>, Fault> {
    let sql = "SELECT generation::text, coalesce(owner, 'nobody') FROM streamsql.job WHERE job_id = $1";
    let rows = session.fetch(sql, &[Some(job)])?;
    Ok(rows.first().map(|row| (number(&row[0]), row[1].clone().unwrap_or_default())))
}

/// One job a table: registers ours and refuses another's.
pub fn register_target(session: &mut Session, job: &str, relation: &str) -> Result<(), Problem> {
    let sql = "INSERT INTO streamsql.target (relation, job_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    session.execute(sql, &[Some(relation), Some(job)])?;
    let sql = "SELECT job_id FROM streamsql.target WHERE relation = $1";
    let rows = session.fetch(sql, &[Some(relation)])?;
    let owner = rows.first().and_then(|row| row[0].clone()).unwrap_or_default();
    if owner == job {
        return Ok(());
    }
    Err(Error::invalid(format!("table {relation} is written by job '{owner}' already"))
        .hint("one job a table; if that job is gone for good, delete its row from streamsql.target")
        .into())
}

fn committed(row: &[Option<String>]) -> CommittedEpoch {
    let hash = |i: usize| row[i].as_deref().map(unhex).unwrap_or_default();
    CommittedEpoch {
        generation: number(&row[0]),
        epoch: Epoch(number(&row[1])),
        manifest: row[2].clone().map(|name| (name, hash(3))),
        plan_hash: hash(4),
    }
}

fn number(value: &Option<String>) -> u64 {
    value.as_deref().and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn is_true(rows: &[Vec<Option<String>>]) -> bool {
    rows.first().is_some_and(|row| row[0].as_deref() == Some("true"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).filter_map(|i| u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()).collect()
}
