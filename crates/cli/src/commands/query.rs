//! `query`: statements from a file or the command line; results to stdout, nothing stored.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use streamsql_connectors::MadeSink;
use streamsql_core::{Error, Sink};
use streamsql_plan::{NodeId, NodeKind};
use streamsql_planner::ScriptResult;
use streamsql_runtime::{Constructors, RunOptions, StopHandle, SystemClock, huge_pages, run_query};

use super::{Failure, Global, JobSettings};
use crate::constructors::{Wiring, made_sink, prints};
use crate::job_file;
use crate::output::{self, OutputFormat};
use crate::signals::stop_on_signals;
use crate::table_checks;

#[derive(Debug, Args)]
pub struct QueryArgs {
    /// File with the statements
    #[arg(required_unless_present = "execute", conflicts_with = "execute")]
    pub file: Option<PathBuf>,
    /// Statements themselves
    #[arg(short, long, value_name = "SQL")]
    pub execute: Option<String>,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub output: OutputFormat,
    #[command(flatten)]
    pub settings: JobSettings,
}

pub fn query(args: &QueryArgs, global: &Global) -> Result<u8, Failure> {
    let (text, name) = match (&args.file, &args.execute) {
        (Some(path), _) => {
            let text = std::fs::read_to_string(path)
                .map_err(|e| Error::invalid(format!("cannot read {}: {e}", path.display())))?;
            (text, path.display().to_string())
        }
        (None, Some(sql)) => (sql.clone(), "<command line>".to_owned()),
        (None, None) => return Err(Error::invalid("nothing to run").into()),
    };
    let script = job_file::plan_script(&text, &name, &args.settings, global)?;
    let constructors: Arc<dyn Constructors> = Arc::new(Wiring::default());
    let stop = StopHandle::default();
    stop_on_signals(&stop)?;
    let mut results = output::writer(args.output, Box::new(std::io::BufWriter::new(std::io::stdout())));
    for result in script.results {
        let dataflow = match result {
            ScriptResult::Run(dataflow) => Arc::new(dataflow),
            // JSON and CSV on stdout are for programs: what is printed for people goes beside them.
            ScriptResult::Print(text) if args.output == OutputFormat::Table => {
                println!("{text}");
                continue;
            }
            ScriptResult::Print(text) => {
                eprintln!("{text}");
                continue;
            }
        };
        let refuse = |diagnostics| Failure::Diagnostics(diagnostics, global.colored());
        let warnings = table_checks::check(&dataflow, &script.catalog).map_err(refuse)?;
        job_file::show_warnings(&warnings, global);
        let mut sinks: BTreeMap<NodeId, Box<dyn Sink>> = BTreeMap::new();
        for id in dataflow.ids() {
            if let NodeKind::Sink(sink) = &dataflow.node(id).kind {
                let mut sink = sink.clone();
                if args.output != OutputFormat::Table && prints(&sink.table) {
                    sink.table.options.insert("standard-error".to_owned(), "true".to_owned());
                }
                let MadeSink::Direct(made) = made_sink("query", 0, &sink, &dataflow.node(id).schema)? else {
                    return Err(Error::invalid(format!(
                        "a query stores nothing, so it cannot write to table {} of connector '{}'",
                        sink.table.name,
                        sink.table.connector()
                    ))
                    .hint("put the INSERT into a job folder and use `streamsql run`")
                    .into());
                };
                sinks.insert(id, made);
            }
        }
        let options = RunOptions {
            watermark_every_row: job_file::watermark_every_row(&dataflow, true),
            ..RunOptions::default()
        };
        let clock = SystemClock::default();
        // A query has no epochs at which its state is looked at, and does not wait for days.
        huge_pages::on();
        run_query(&dataflow, &constructors, sinks, results.as_mut(), &options, &clock, &stop)
            .map_err(|error| table_checks::located(error, &script.catalog))?;
    }
    Ok(0)
}
