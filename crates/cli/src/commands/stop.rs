//! `stop`: asks a running job to commit what it has read and to end.

use clap::Args;

use super::{Failure, Global};
use crate::http::ReachArgs;

#[derive(Debug, Args)]
pub struct StopArgs {
    #[command(flatten)]
    pub reach: ReachArgs,
}

pub fn stop(args: &StopArgs, global: &Global) -> Result<u8, Failure> {
    args.reach.client()?.post("/api/v1/stop")?.json()?;
    if !global.quiet {
        eprintln!("the job commits what it has read and ends");
    }
    Ok(0)
}
