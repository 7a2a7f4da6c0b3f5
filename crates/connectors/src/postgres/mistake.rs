//! Three wrong commit protocols. Tests run with them to prove that they would notice; the binary never names them.

use streamsql_core::{DurableState, EpochCommit};

use super::committer::{CommitFault, PostgresCommitter, write_changes};
use super::job_table;

/// A way to lose exactly-once.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The job's row is moved in a second transaction: a crash in between repeats the rows.
    RowInSecondTransaction,
    /// An epoch whose COMMIT did not answer is sent again without reading the row: it may be there already.
    BlindRetry,
    /// COMMIT does not wait for the epoch's state: after a crash in between the row names a state that is not there.
    CommitBeforeState,
}

impl Mistake {
    pub(super) fn transaction(
        self,
        committer: &mut PostgresCommitter,
        commit: &EpochCommit,
        state: DurableState<'_>,
    ) -> Result<(), CommitFault> {
        if self != Self::CommitBeforeState {
            state()?;
        }
        loop {
            let PostgresCommitter { session, sinks, job, generation, .. } = &mut *committer;
            let mut flight = session.flight();
            flight.batch("BEGIN")?;
            let written = match self {
                Self::RowInSecondTransaction => {
                    let written = write_changes(&mut flight, sinks, job, commit)?;
                    flight.batch("COMMIT; BEGIN")?;
                    job_table::advance(&mut flight, job, *generation, commit)?;
                    written
                }
                Self::BlindRetry => {
                    job_table::advance_if_ours(&mut flight, job, *generation, commit)?;
                    write_changes(&mut flight, sinks, job, commit)?
                }
                Self::CommitBeforeState => {
                    job_table::advance(&mut flight, job, *generation, commit)?;
                    write_changes(&mut flight, sinks, job, commit)?
                }
            };
            match flight.land() {
                Ok(()) => break,
                Err(refusal) => committer.refused(refusal, &written)?,
            }
        }
        committer.session.batch("COMMIT")?;
        if self == Self::CommitBeforeState {
            state()?;
        }
        Ok(())
    }
}
