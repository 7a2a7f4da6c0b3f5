//! Two wrong commit protocols. Tests run with them to prove that they would notice; the binary never names them.

use streamsql_core::EpochCommit;

use super::committer::{CommitFault, PostgresCommitter};
use super::job_table;

/// A way to lose exactly-once.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The job's row is moved in a second transaction: a crash in between repeats the rows.
    RowInSecondTransaction,
    /// An epoch whose COMMIT did not answer is sent again without reading the row: it may be there already.
    BlindRetry,
}

impl Mistake {
    pub(super) fn transaction(
        self,
        committer: &mut PostgresCommitter,
        commit: &EpochCommit,
    ) -> Result<(), CommitFault> {
        committer.session.batch("BEGIN")?;
        match self {
            Self::RowInSecondTransaction => {
                committer.write_changes(commit)?;
                committer.session.batch("COMMIT; BEGIN")?;
                let generation = committer.generation;
                if !job_table::advance(&mut committer.session, &committer.job, generation, commit)? {
                    return Err(CommitFault::Fenced);
                }
            }
            Self::BlindRetry => {
                let generation = committer.generation;
                // Whether the row was there already is not looked at.
                job_table::advance(&mut committer.session, &committer.job, generation, commit)?;
                committer.write_changes(commit)?;
            }
        }
        committer.session.batch("COMMIT")?;
        Ok(())
    }
}
