//! `run`: a job in the foreground, from its last commit until its sources end or a signal.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use streamsql_http::Server;
use streamsql_plan::NodeKind;
use streamsql_runtime::{Metrics, StopHandle, SystemClock, run_job};

use super::{Failure, Global, JobArgs};
use crate::constructors::prints;
use crate::http::{Http, HttpArgs};
use crate::job_file::PlannedJob;
use crate::progress::{Progress, ProgressForm};
use crate::signals::stop_on_signals;
use crate::table_checks;

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub http: HttpArgs,
    /// Go on under a changed plan that does not keep all of the stored state; `streamsql diff` says what is lost
    #[arg(long)]
    pub allow_drop: bool,
}

pub fn run(args: &RunArgs, global: &Global) -> Result<u8, Failure> {
    let mut planned = PlannedJob::load(&args.job, global)?;
    planned.options.allow_drop = args.allow_drop;
    let http = args.http.listens(&planned.http)?;
    let stop = StopHandle::default();
    stop_on_signals(&stop)?;
    // Rows and a line in place on one terminal would run into each other.
    let prints = planned
        .dataflow
        .nodes
        .iter()
        .any(|node| matches!(&node.kind, NodeKind::Sink(sink) if prints(&sink.table)))
        && std::io::stdout().is_terminal();
    let plain = global.plain_progress() || prints;
    let progress = if global.quiet { ProgressForm::None } else { ProgressForm::of(plain) };
    run_planned(planned, &http, &stop, progress, |_| ())?;
    Ok(0)
}

/// Runs a planned job to its end; used by `demo` too. `served` hears of the page's address, once there is one.
pub fn run_planned(
    mut planned: PlannedJob,
    http: &Http,
    stop: &StopHandle,
    progress: ProgressForm,
    served: impl FnOnce(Option<SocketAddr>),
) -> Result<(), Failure> {
    tracing::info!(
        "job {}: {} operators, parallelism {}",
        planned.name,
        planned.dataflow.nodes.len(),
        planned.options.parallelism
    );
    let catalog = planned.take_catalog();
    let metrics = Arc::new(Metrics::default());
    let server = http.serve(&planned, &metrics, stop)?;
    served(server.as_ref().map(Server::address));
    let job = planned.job()?;
    let progress = Progress::start(Arc::clone(&metrics), progress);
    let result = run_job(job, &SystemClock::default(), &metrics, stop);
    drop(progress);
    drop(server);
    let end = metrics.snapshot();
    if result.is_ok() {
        tracing::info!(
            "done: {} records in ({} skipped, {} dead letters), {} rows out, epoch {}",
            end.records_in,
            end.skipped_records,
            end.dead_letters,
            end.rows_out,
            end.epoch
        );
    }
    Ok(result.map_err(|error| table_checks::located(error, &catalog))?)
}
