//! `run`: a job in the foreground, from its last commit until its sources end or a signal.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use streamsql_http::{Reloads, Server};
use streamsql_plan::NodeKind;
use streamsql_runtime::{Metrics, StopHandle, SystemClock, run_job};

use super::{Failure, Global, JobArgs};
use crate::constructors::prints;
use crate::http::{Http, HttpArgs, shown};
use crate::job_file::PlannedJob;
use crate::progress::{Progress, ProgressForm};
use crate::reload::{Reloader, Reloading, watch, watched};
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
    /// Go on with changed files as soon as they are saved, as `streamsql reload` does; what is wrong changes nothing
    #[arg(long)]
    pub watch: bool,
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
    let again = (args.job.clone(), global.clone());
    let reloading = Reloading {
        replan: Box::new(move || PlannedJob::load(&again.0, &again.1)),
        watched: args.watch.then(|| watched(&args.job, &planned)),
        allow_drop: args.allow_drop,
        global: global.clone(),
    };
    run_planned(planned, reloading, &http, &stop, progress, |_| ())?;
    Ok(0)
}

/// Runs a planned job to its end, and those that its files become meanwhile; used by `demo` too. `served` hears of the
/// page's address, once there is one.
pub fn run_planned(
    planned: PlannedJob,
    reloading: Reloading,
    http: &Http,
    stop: &StopHandle,
    progress: ProgressForm,
    served: impl FnOnce(Option<SocketAddr>),
) -> Result<(), Failure> {
    let reloader = Reloader::new(reloading);
    watch(&reloader, stop)?;
    let mut runs = Runs { reloader: &reloader, http, stop, progress, server: None, served: Some(served) };
    let result = runs.run(Arc::new(planned));
    reloader.ends();
    result
}

/// One job after the other in one process.
struct Runs<'a, S> {
    reloader: &'a Arc<Reloader>,
    http: &'a Http,
    stop: &'a StopHandle,
    progress: ProgressForm,
    server: Option<Server>,
    served: Option<S>,
}

impl<S: FnOnce(Option<SocketAddr>)> Runs<'_, S> {
    fn run(&mut self, first: Arc<PlannedJob>) -> Result<(), Failure> {
        let mut planned = first;
        // Who goes on where the one at hand cannot start.
        let mut before: Option<Arc<PlannedJob>> = None;
        loop {
            let metrics = Arc::new(Metrics::default());
            let result = self.run_one(&planned, &metrics);
            let was_running = metrics.standing.snapshot().running_ms.is_some();
            match (result, before.take()) {
                (Ok(()), _) => match self.reloader.next(self.stop) {
                    Some(next) => before = Some(std::mem::replace(&mut planned, next)),
                    None => return Ok(()),
                },
                // Nothing is committed before a job runs.
                (Err(failure), Some(last)) if !was_running && !self.stop.is_stopped() => {
                    tracing::warn!("the job before the change is started again");
                    self.reloader.cannot_start(failure.text());
                    planned = last;
                }
                (Err(failure), _) => return Err(failure),
            }
        }
    }

    fn run_one(&mut self, planned: &Arc<PlannedJob>, metrics: &Arc<Metrics>) -> Result<(), Failure> {
        tracing::info!(
            "job {}: {} operators, parallelism {}",
            planned.name,
            planned.dataflow.nodes.len(),
            planned.options.parallelism
        );
        let reloads = Arc::clone(self.reloader) as Arc<dyn Reloads>;
        let (view, hooks) = shown(planned, metrics, reloads, self.stop)?;
        match &self.server {
            Some(server) => server.replace(view, hooks),
            None => self.server = self.http.serve(view, hooks)?,
        }
        if let Some(served) = self.served.take() {
            served(self.server.as_ref().map(Server::address));
        }
        let job = planned.job()?;
        let stop = self.stop.child();
        self.reloader.starts(planned, metrics, &stop)?;
        let progress = Progress::start(Arc::clone(metrics), self.progress);
        let result = run_job(job, &SystemClock::default(), metrics, &stop);
        drop(progress);
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
        Ok(result.map_err(|error| table_checks::located(error, planned.catalog()))?)
    }
}
