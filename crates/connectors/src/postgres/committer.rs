//! The epoch's transaction: fence row first, then deletes, upserts, appends, dead letters.
//!
//! 1. Take-over: `UPDATE streamsql.job SET generation = generation + 1 … RETURNING` — a write, so it waits for a commit
//!    that is still in flight and sees its outcome.
//! 2. Commit: `UPDATE … SET epoch = e WHERE generation = g AND epoch = e - 1` must change one row, as the first statement;
//!    everything else follows in the same transaction, all of it in one flight. COMMIT is sent when every answer to it is
//!    here and the epoch's state is durable, which it becomes meanwhile.
//! 3. After any error or silence the socket is closed and the row is taken over again, but only while its generation is
//!    ours: epoch e → it was committed; e - 1 → the same epoch is sent again; no row → another owner has it, we stop.

use std::ops::Range;
use std::time::Instant;

use streamsql_core::{CommittedEpoch, DurableState, Epoch, EpochCommit, EpochCommitter, Error, Result};

use super::catalog::Target;
use super::fault::{Fault, Problem};
use super::job_table;
use super::mistake::Mistake;
use super::session::{Backoff, Flight, Refusal, Session};
use super::sink_table::{PreparedSink, SinkTable};
use super::{Database, dead_letters};

/// Commits epochs of one job into one database.
pub struct PostgresCommitter {
    pub(super) session: Session,
    pub(super) job: String,
    owner: String,
    pub(super) generation: u64,
    committed: Epoch,
    tables: Vec<SinkTable>,
    pub(super) sinks: Vec<PreparedSink>,
    mistake: Option<Mistake>,
}

/// Why a transaction did not commit.
pub(super) enum CommitFault {
    Problem(Problem),
    /// The row is not ours, or not at the epoch before.
    Fenced,
}

impl<P: Into<Problem>> From<P> for CommitFault {
    fn from(problem: P) -> Self {
        Self::Problem(problem.into())
    }
}

impl PostgresCommitter {
    /// Nothing is contacted before `take_over`.
    pub fn new(database: &Database, job: &str, tables: Vec<SinkTable>) -> Result<Self> {
        Ok(Self {
            session: Session::new(&database.for_writing(), &format!("streamsql:{job}"))?,
            job: job.to_owned(),
            owner: owner(),
            generation: 0,
            committed: Epoch(0),
            tables,
            sinks: Vec::new(),
            mistake: None,
        })
    }

    /// Makes the committer break the protocol, for tests that must notice it.
    #[doc(hidden)]
    pub fn with_mistake(mut self, mistake: Option<Mistake>) -> Self {
        self.mistake = mistake;
        self
    }

    fn try_take_over(&mut self) -> Result<CommittedEpoch, Problem> {
        self.check_server()?;
        job_table::set_up(&mut self.session)?;
        self.prepare_sinks()?;
        for sink in &self.sinks {
            job_table::register_target(&mut self.session, &self.job, sink.name())?;
        }
        job_table::create_row(&mut self.session, &self.job)?;
        let taken = job_table::fence(&mut self.session, &self.job, &self.owner, None)?;
        taken.ok_or_else(|| vanished(&self.job).into())
    }

    /// Refuses a standby and warns where a crash of the server may cost committed epochs.
    fn check_server(&mut self) -> Result<(), Problem> {
        let sql = "SELECT pg_is_in_recovery()::text, current_setting('transaction_read_only'), \
                   current_setting('fsync'), current_setting('synchronous_commit')";
        let rows = self.session.fetch(sql, &[])?;
        let is = |i: usize, wanted: &str| rows.first().is_some_and(|row| row[i].as_deref() == Some(wanted));
        if is(0, "true") || is(1, "on") {
            return Err(Error::unreachable(format!(
                "{} is read-only, perhaps a standby",
                self.session.place()
            ))
            .hint("name the primary server in the option 'url'")
            .into());
        }
        for (i, setting) in [(2, "fsync"), (3, "synchronous_commit")] {
            if is(i, "off") {
                tracing::warn!(
                    "{} runs with {setting} = off: if it crashes, committed rows may be lost",
                    self.session.place()
                );
            }
        }
        Ok(())
    }

    /// Reads the targets from the catalogue, checks them all, prepares their statements.
    fn prepare_sinks(&mut self) -> Result<(), Problem> {
        if !self.sinks.is_empty() {
            return Ok(());
        }
        let mut problems: Vec<Error> = Vec::new();
        let mut sinks = Vec::new();
        for (number, table) in self.tables.iter().enumerate() {
            let prepared = Target::read(&mut self.session, &table.table).and_then(|target| {
                target.check_writable(&table.columns, &table.primary_key)?;
                target.warn(!table.primary_key.is_empty());
                Ok(PreparedSink::new(number, table, &target)?)
            });
            match prepared {
                Ok(sink) => sinks.push(sink),
                Err(Problem::Error(error)) => problems.push(error),
                Err(fault) => return Err(fault),
            }
        }
        if let Some(first) = problems.first() {
            let text = problems.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("\n");
            let mut all = Error::new(first.kind, text);
            all.hint.clone_from(&first.hint);
            return Err(all.into());
        }
        let mut statements: Vec<String> =
            sinks.iter().filter_map(PreparedSink::create_stage).map(str::to_owned).collect();
        statements.push(PLAN_DELETES.to_owned());
        self.session.batch(&statements.join("; "))?;
        self.session.on_connect(statements);
        self.sinks = sinks;
        Ok(())
    }

    fn transaction(&mut self, commit: &EpochCommit, state: DurableState<'_>) -> Result<(), CommitFault> {
        loop {
            let mut flight = self.session.flight();
            flight.batch("BEGIN")?;
            job_table::advance(&mut flight, &self.job, self.generation, commit)?;
            let written = write_changes(&mut flight, &self.sinks, &self.job, commit)?;
            flight.send()?;
            state()?;
            match flight.land() {
                Ok(()) => break,
                Err(refusal) => self.refused(refusal, &written)?,
            }
        }
        self.session.batch("COMMIT")?;
        Ok(())
    }

    /// What a refused request means. Without an error the transaction is to be sent again, in another way.
    pub(super) fn refused(&mut self, refusal: Refusal, written: &Written) -> Result<(), CommitFault> {
        let Refusal { request, fault } = refusal;
        match written.sink_of(request).and_then(|sink| self.sinks.get(sink)) {
            Some(sink) if sink.takes_the_safe_way_after(&fault) => Ok(self.session.batch("ROLLBACK")?),
            Some(sink) => Err(CommitFault::Problem(sink.explain(fault))),
            None if job_table::is_not_ours(&fault) => Err(CommitFault::Fenced),
            None => Err(fault.into()),
        }
    }

    /// Finds out what became of an epoch whose commit did not answer. True: it is committed.
    fn resolve(&mut self, epoch: Epoch) -> Result<bool> {
        let mut backoff = Backoff::default();
        loop {
            let generation = self.generation;
            let fenced = self
                .session
                .connect()
                .and_then(|()| job_table::fence(&mut self.session, &self.job, &self.owner, Some(generation)));
            match fenced {
                Ok(Some(found)) => {
                    self.generation = found.generation;
                    return match found.epoch {
                        found if found == epoch => Ok(true),
                        found if found.next() == epoch => Ok(false),
                        _ => Err(moved(&self.job)),
                    };
                }
                Ok(None) => match self.lost() {
                    Some(error) => return Err(error),
                    // An answer to our own take-over was lost: the row has our name and a generation of ours.
                    None => continue,
                },
                // Roles and passwords may be on their way, too: only what concerns the row itself ends the job.
                Err(fault @ Fault::Refused { .. }) if !fault.sqlstate().starts_with("28") => {
                    return Err(Error::from(fault).context("reading the row of the job in streamsql.job"));
                }
                Err(fault) => {
                    tracing::warn!("waiting for {}: {fault}", self.session.place());
                    backoff.wait();
                }
            }
        }
    }

    /// Why the row is not ours any more; none when it is (an answer to our own take-over was lost), or when the
    /// database cannot say.
    fn lost(&mut self) -> Option<Error> {
        self.session.disconnect();
        let found = self.session.connect().and_then(|()| job_table::owner(&mut self.session, &self.job));
        match found {
            Ok(Some((generation, owner))) if owner == self.owner => {
                self.generation = generation;
                None
            }
            Ok(Some((_, owner))) => Some(taken_over(&self.job, &owner)),
            Ok(None) => Some(vanished(&self.job)),
            Err(_) => None,
        }
    }
}

/// Which requests of a flight write which sink.
#[derive(Default)]
pub(super) struct Written(Vec<(usize, Range<usize>)>);

impl Written {
    fn sink_of(&self, request: usize) -> Option<usize> {
        self.0.iter().find(|(_, requests)| requests.contains(&request)).map(|(sink, _)| *sink)
    }
}

/// Queues an epoch's rows and dead letters.
pub(super) fn write_changes(
    flight: &mut Flight<'_>,
    sinks: &[PreparedSink],
    job: &str,
    commit: &EpochCommit,
) -> Result<Written, Problem> {
    let mut written = Written::default();
    for changes in &commit.changes {
        let sink = sinks.get(changes.sink).ok_or_else(|| Error::internal("changes for an unknown sink"))?;
        let first = flight.requests();
        sink.write(flight, changes)?;
        written.0.push((changes.sink, first..flight.requests()));
    }
    dead_letters::write(flight, job, commit.epoch, &commit.dead_letters)?;
    Ok(written)
}

/// Deletes by key go through the key's index, however little the planner knows of a new table.
const PLAN_DELETES: &str = "SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

impl EpochCommitter for PostgresCommitter {
    fn peek(&mut self) -> Result<Option<CommittedEpoch>> {
        let deadline = self.session.start_deadline();
        self.session.connect_at_start(deadline)?;
        // Where the row cannot be read, the take-over says why.
        Ok(job_table::peek(&mut self.session, &self.job).ok().flatten())
    }

    fn take_over(&mut self) -> Result<CommittedEpoch> {
        let deadline = self.session.start_deadline();
        let mut backoff = Backoff::default();
        let taken = loop {
            if !self.session.is_connected() {
                self.session.connect_at_start(deadline)?;
            }
            match self.try_take_over() {
                Ok(taken) => break taken,
                Err(Problem::Database(fault)) if fault.may_pass() && Instant::now() < deadline => {
                    backoff.wait();
                }
                Err(Problem::Database(fault)) => {
                    return Err(Error::unreachable(format!("{} refuses us: {fault}", self.session.place()))
                        .hint("the user needs INSERT, UPDATE and DELETE on the target tables, and schema streamsql"));
                }
                Err(Problem::Error(error)) => return Err(error),
            }
        };
        self.generation = taken.generation;
        self.committed = taken.epoch;
        Ok(taken)
    }

    fn commit(&mut self, commit: &EpochCommit, state: DurableState<'_>) -> Result<()> {
        if commit.epoch != self.committed.next() {
            return Err(Error::internal(format!("epoch {} after {}", commit.epoch, self.committed)));
        }
        let mut backoff = Backoff::default();
        loop {
            let sent = match self.mistake {
                None => self.transaction(commit, &mut *state),
                Some(mistake) => mistake.transaction(self, commit, &mut *state),
            };
            match sent {
                Ok(()) => break,
                Err(CommitFault::Fenced) => {
                    let error = self.lost();
                    self.session.disconnect();
                    return Err(error.unwrap_or_else(|| moved(&self.job)));
                }
                Err(CommitFault::Problem(Problem::Error(error))) => {
                    self.session.disconnect();
                    return Err(error);
                }
                Err(CommitFault::Problem(Problem::Database(fault @ Fault::Refused { .. }))) => {
                    self.session.disconnect();
                    return Err(Error::from(fault).context(format!("committing epoch {}", commit.epoch)));
                }
                Err(CommitFault::Problem(Problem::Database(fault))) => {
                    tracing::warn!("commit of epoch {} is in doubt: {fault}", commit.epoch);
                    self.session.disconnect();
                    if self.resolve(commit.epoch)? && self.mistake.is_none() {
                        break;
                    }
                    backoff.wait();
                }
            }
        }
        self.committed = commit.epoch;
        Ok(())
    }
}

fn owner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    // Two instances of one process id, in two containers, differ by the moment of their start.
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let host = if host.is_empty() { "localhost" } else { host };
    format!("{host}/{} since {}.{:09}", std::process::id(), started.as_secs(), started.subsec_nanos())
}

fn taken_over(job: &str, owner: &str) -> Error {
    let owner = owner.split(" since ").next().unwrap_or(owner);
    Error::fenced(format!("job {job} was taken over by {owner}"))
        .hint("only one instance runs a job; see column owner of streamsql.job")
}

fn moved(job: &str) -> Error {
    Error::state(format!("the row of job {job} in streamsql.job is not where the job left it"))
        .hint("was the database restored? start the job again: it goes on from the row's epoch")
}

fn vanished(job: &str) -> Error {
    Error::failed(format!("the row of job {job} in streamsql.job is gone"))
        .hint("restore it; it holds where the job stands")
}
