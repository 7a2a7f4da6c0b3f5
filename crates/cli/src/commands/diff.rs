//! `diff`: what becomes of stored state when a job goes on under another plan, without running anything.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use streamsql_core::ErrorKind;
use streamsql_plan::fingerprint::fingerprint;
use streamsql_runtime::Constructors;
use streamsql_runtime::restore::check_fingerprint;
use streamsql_runtime::state_plan::{StatePlan, record, state_plan};
use streamsql_state::manifest::StoredPlan;

use super::{Failure, Global, JobArgs, JobSettings};
use crate::constructors::Wiring;
use crate::job_file::PlannedJob;

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Job folder or file, against what it has committed; or two: the old job, then the new one
    #[arg(value_name = "PATH", default_value = "sql", num_args = 1..=2)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub settings: JobSettings,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: DiffFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people
    #[default]
    Text,
    /// One object: `nodes` and `sources`, each with `action`, `address` and `reason`
    Json,
}

/// Exit code 6 where something would be lost.
pub fn diff(args: &DiffArgs, global: &Global) -> Result<u8, Failure> {
    let plan = |path: &PathBuf| {
        PlannedJob::load(&JobArgs { paths: vec![path.clone()], settings: args.settings.clone() }, global)
    };
    let (Some(first), Some(last)) = (args.paths.first(), args.paths.last()) else {
        return Err(Failure::Usage("diff takes one or two paths".to_owned()));
    };
    let new = plan(last)?;
    let (old, epoch) = match args.paths.len() {
        1 => committed(&new)?,
        _ => (recorded(&plan(first)?)?, None),
    };
    let changes = state_plan(&old, &recorded(&new)?);
    let is_stored = args.paths.len() == 2 || epoch.is_some();
    match args.format {
        DiffFormat::Json => println!("{}", document(&new.name, epoch, &changes)),
        DiffFormat::Text if !is_stored => {
            println!("job {} has committed nothing: it starts afresh", new.name);
        }
        DiffFormat::Text => print!("{}", changes.text()),
    }
    if changes.loses_state() && args.format == DiffFormat::Text && !global.quiet {
        eprintln!("what is rebuilt or dropped is lost: `run` refuses it without --allow-drop");
    }
    Ok(if changes.loses_state() { ErrorKind::State.exit_code() } else { 0 })
}

fn document(job: &str, epoch: Option<u64>, changes: &StatePlan) -> Value {
    let mut document = json!({ "schema_version": 1, "job": job, "epoch": epoch });
    if let (Value::Object(document), Value::Object(changes)) = (&mut document, changes.json()) {
        document.extend(changes);
    }
    document
}

/// What a plan's manifests would say of it.
pub fn recorded(planned: &PlannedJob) -> Result<StoredPlan, Failure> {
    let constructors: Arc<dyn Constructors> = Arc::new(Wiring::default());
    Ok(record(&planned.dataflow, &constructors)?)
}

/// The plan that has committed last, and its epoch; no nodes where nothing is committed.
fn committed(planned: &PlannedJob) -> Result<(StoredPlan, Option<u64>), Failure> {
    let Some(manifest) = planned.committed()? else { return Ok((StoredPlan::default(), None)) };
    if manifest.plan_fingerprint.is_empty() {
        return Ok((manifest.plan, Some(manifest.epoch)));
    }
    // Of the format before: it serves the same plan alone.
    check_fingerprint(&manifest.plan_fingerprint, &fingerprint(&planned.dataflow))?;
    Ok((recorded(planned)?, Some(manifest.epoch)))
}
