//! `reload`: asks a running job to go on with what its files have become.

use std::time::Duration;

use clap::Args;
use serde_json::Value;
use streamsql_core::{Error, ErrorKind};

use super::{Failure, Global};
use crate::http::ReachArgs;

#[derive(Debug, Args)]
pub struct ReloadArgs {
    #[command(flatten)]
    pub reach: ReachArgs,
    /// Go on under a changed plan that does not keep all of the state; `streamsql diff` says what is lost
    #[arg(long)]
    pub allow_drop: bool,
}

/// Between two questions whether it is done.
const AGAIN: Duration = Duration::from_millis(200);

pub fn reload(args: &ReloadArgs, global: &Global) -> Result<u8, Failure> {
    let client = args.reach.client()?;
    let answer = client.post(&format!("/api/v1/reload?allow_drop={}", args.allow_drop))?;
    let parsed: Option<Value> = serde_json::from_slice(&answer.body).ok();
    // A refusal of the request itself has no outcome.
    let mut document = match parsed.filter(|document| document["last"].is_object()) {
        Some(document) => document,
        None => answer.json()?,
    };
    let number = document["last"]["number"].clone();
    while document["last"]["result"] == "applying" && document["last"]["number"] == number {
        std::thread::sleep(AGAIN);
        document = client.get("/api/v1/reload")?.json()?;
    }
    let last = &document["last"];
    let message = last["message"].as_str().unwrap_or_default().trim_end();
    let error = |kind, what: &str| Err(Error::new(kind, format!("{what}:\n{message}")).into());
    match last["result"].as_str().unwrap_or_default() {
        "applied" => {
            if !global.quiet {
                eprintln!("the job goes on with its changed files\n{message}");
            }
            Ok(0)
        }
        "refused" => error(ErrorKind::State, "the job goes on as before; the changed plan would lose state"),
        "invalid" => error(ErrorKind::Invalid, "the job goes on as before; its files cannot be planned"),
        _ => error(ErrorKind::Failed, "the changed job cannot be started"),
    }
}
