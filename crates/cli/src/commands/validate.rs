//! `validate`: everything that can be known to be wrong without contacting anything.

use super::{Failure, Global, JobArgs};
use crate::job_file::PlannedJob;

pub fn validate(args: &JobArgs, global: &Global) -> Result<u8, Failure> {
    let job = PlannedJob::load(args, global)?;
    if !global.quiet {
        eprintln!("{}: valid, {} operators", job.name, job.dataflow.nodes.len());
    }
    Ok(0)
}
