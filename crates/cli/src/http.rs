//! Where a job is served over HTTP: from arguments and configuration to the running server.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use streamsql_core::secret::{Secret, mask_source};
use streamsql_core::{ChangeBatch, Error, ErrorKind, Result, Schema};
use streamsql_http::client::Client;
use streamsql_http::{
    DEFAULT_ADDRESS, Hooks, JobFacts, JobView, Listen, Reloads, Server, SourceFile, parse_address,
};
use streamsql_runtime::{Metrics, StopHandle};
use streamsql_sql::config::HttpConfig;

use crate::board::Board;
use crate::job_file::PlannedJob;
use crate::output::json;
use crate::signals::stop_soon;

/// Where `run` and `demo` serve.
#[derive(Debug, Args)]
pub struct HttpArgs {
    /// Serve page, metrics and REST here, over the configuration's job.http; default: 127.0.0.1:8081, or the next free
    /// port
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    pub http: Option<std::net::SocketAddr>,
    /// Serve nothing
    #[arg(long, conflicts_with = "http")]
    pub no_http: bool,
}

/// How a command reaches a running job.
#[derive(Debug, Args)]
pub struct ReachArgs {
    /// Address of the job
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8081", env = "STREAMSQL_URL")]
    pub url: String,
    /// What the job's job.http.token says
    #[arg(long, env = "STREAMSQL_HTTP_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

impl ReachArgs {
    pub fn client(&self) -> Result<Client> {
        Client::new(&self.url, self.token.as_deref().filter(|token| !token.is_empty()).map(Secret::new))
    }
}

/// Where to serve; none for nowhere.
#[derive(Debug)]
pub struct Http {
    listen: Option<Listen>,
    /// Nobody asked for it: where it cannot be had, the job runs without.
    by_default: bool,
}

impl HttpArgs {
    pub fn listens(&self, config: &HttpConfig) -> Result<Http> {
        let by_default = self.http.is_none() && config.address.is_none();
        if self.no_http || (self.http.is_none() && config.is_off()) {
            return Ok(Http { listen: None, by_default });
        }
        let token = config.token.as_ref().map(|token| Secret::new(token.0.clone()));
        let configured = config.address.as_ref().filter(|_| !config.is_off()).map(|address| {
            parse_address(&address.0).map_err(|message| Error::invalid(format!("job.http: {message}")))
        });
        let address = match (self.http, configured) {
            (Some(address), _) => address,
            (None, Some(address)) => address?,
            (None, None) => DEFAULT_ADDRESS,
        };
        Ok(Http { listen: Some(Listen { address, token }), by_default })
    }
}

impl Http {
    /// Starts to serve; nothing where nothing is to be served.
    pub fn serve(&self, view: Arc<JobView>, hooks: Hooks) -> Result<Option<Server>> {
        let Some(listen) = &self.listen else { return Ok(None) };
        match Server::start(listen, view, hooks) {
            Ok(server) => {
                let address = server.address();
                if address != listen.address && listen.address.port() != 0 {
                    tracing::info!("port {} is taken: the next free one is used", listen.address.port());
                }
                tracing::info!("page, metrics and REST: http://{address}");
                Ok(Some(server))
            }
            Err(error) if self.by_default && error.kind == ErrorKind::Unreachable => {
                tracing::warn!("page, metrics and REST are not served: {error}");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// What is shown of a job, and what may be asked of it.
pub fn shown(
    planned: &PlannedJob,
    metrics: &Arc<Metrics>,
    reloads: Arc<dyn Reloads>,
    stop: &StopHandle,
) -> Result<(Arc<JobView>, Hooks)> {
    let facts = JobFacts {
        name: planned.name.clone(),
        version: env!("CARGO_PKG_VERSION"),
        dataflow: Arc::clone(&planned.dataflow),
        parallelism: planned.options.parallelism,
        commit_interval: planned.options.commit_interval,
        files: planned.files.iter().filter_map(|path| masked_file(path)).collect(),
    };
    let view = Arc::new(JobView::new(facts, Arc::clone(metrics)).with_reloads(reloads));
    let board = Board::of(&planned.dataflow, stop)?;
    let stop = stop.clone();
    let rows = |schema: &Schema, batch: &ChangeBatch, out: &mut Vec<u8>| json::write(out, schema, batch);
    let hooks = Hooks {
        stop: Arc::new(move || stop_soon(&stop)),
        rows: Arc::new(rows),
        board: Arc::new(move || board.look()),
    };
    Ok((view, hooks))
}

/// A file of the job as the page shows it.
fn masked_file(path: &str) -> Option<SourceFile> {
    let text = std::fs::read_to_string(Path::new(path)).ok()?;
    Some(SourceFile { path: path.to_owned(), text: mask_source(&text, false).into_owned() })
}
