//! From the command line to a planned job, and from that to one that can run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use streamsql_connectors::MadeSink;
use streamsql_connectors::postgres::{Database, Mistake, PostgresCommitter, SinkTable};
use streamsql_core::units::{duration, memory_size};
use streamsql_core::{EpochCommitter, Error};
use streamsql_lint::{Finding, Subject};
use streamsql_plan::{Dataflow, NodeId, NodeKind};
use streamsql_planner::{PlannedScript, Stage, plan_job, plan_job_to, plan_parsed};
use streamsql_runtime::restore::committed_manifest;
use streamsql_runtime::{Job, RunOptions, SinkBinding};
use streamsql_sql::catalog::Catalog;
use streamsql_sql::config::{Config, HttpConfig};
use streamsql_sql::diagnostic::Diagnostics;
use streamsql_sql::load::{load_job, load_script_partly};
use streamsql_sql::settings::Settings;
use streamsql_state::manifest::Manifest;
use streamsql_state::store::{StateStore, StoreOptions};
use streamsql_state::store_committer::StoreCommitter;

use crate::commands::{Failure, Global, JobArgs, JobSettings};
use crate::constructors::{Wiring, made_sink};
use crate::table_checks;

/// A job that was loaded and planned.
pub struct PlannedJob {
    pub name: String,
    pub dataflow: Arc<Dataflow>,
    pub options: RunOptions,
    /// Folder or URL of the state.
    pub state: String,
    /// Where the job's configuration is, or its first file.
    pub folder: PathBuf,
    pub http: HttpConfig,
    /// The files that the plan comes from, as places in them are given.
    pub files: Vec<String>,
    commit_mistake: Option<Mistake>,
    catalog: Catalog,
    settings: Settings,
}

/// Where a job's rows and commits go.
struct Targets {
    committer: Box<dyn EpochCommitter>,
    sinks: BTreeMap<NodeId, SinkBinding>,
}

impl PlannedJob {
    /// What a pass of planning made of each INSERT, in order.
    pub fn stages(args: &JobArgs, stage: Stage, global: &Global) -> Result<Vec<String>, Failure> {
        let refuse = |diagnostics: Diagnostics| Failure::Diagnostics(diagnostics, global.colored());
        let loaded =
            load_job(&args.paths, args.settings.config.as_deref(), &args.settings.vars).map_err(refuse)?;
        let planned = plan_job_to(&loaded, Some(stage)).map_err(refuse)?;
        show_warnings(&planned.warnings, global);
        Ok(planned.stages)
    }

    pub fn load(args: &JobArgs, global: &Global) -> Result<Self, Failure> {
        let refuse = |diagnostics: Diagnostics| Failure::Diagnostics(diagnostics, global.colored());
        let (planned, warnings) = Self::plan(args, global).map_err(refuse)?;
        show_warnings(&warnings, global);
        Ok(planned)
    }

    /// The same, without a word: the job with what is to be warned of, or what is wrong with it.
    pub fn plan(args: &JobArgs, global: &Global) -> Result<(Self, Diagnostics), Diagnostics> {
        let loaded = load_job(&args.paths, args.settings.config.as_deref(), &args.settings.vars)?;
        let mut planned = plan_job(&loaded)?;
        let mut warnings = std::mem::take(&mut planned.warnings);
        let idle: Vec<&str> = planned.settings.without_effect().collect();
        if !idle.is_empty() {
            tracing::info!("settings without effect here: {}", idle.join(", "));
        }
        match table_checks::check(&planned.dataflow, &planned.catalog) {
            Ok(more) => warnings.0.extend(more.0),
            Err(refused) => {
                warnings.0.extend(refused.0);
                return Err(warnings);
            }
        }
        let config: &Config = &loaded.config;
        // `pipeline.name` and `parallelism.default` are Flink's words for what streamsql.yaml's job: says first.
        let pipeline = planned.settings.get("pipeline.name").map(job_name);
        let name = config.job.name.clone().or(pipeline).unwrap_or_else(|| default_name(&loaded.folder));
        let default_parallelism = ["table.exec.resource.default-parallelism", "parallelism.default"]
            .iter()
            .filter_map(|key| planned.settings.get(key)?.trim().parse::<u16>().ok())
            .find(|parallelism| (1..=128).contains(parallelism));
        let state = match &config.job.state {
            Some(state) if state.contains("://") => state.clone(),
            Some(folder) => loaded.folder.join(folder).display().to_string(),
            None => loaded.folder.join(".streamsql").join(&name).display().to_string(),
        };
        let interval =
            |text: &Option<String>, default| text.as_ref().and_then(|t| duration(t).ok()).unwrap_or(default);
        let options = RunOptions {
            parallelism: usize::from(
                args.settings.parallelism.or(config.job.parallelism).or(default_parallelism).unwrap_or(1),
            ),
            commit_interval: interval(&config.job.commit.interval, RunOptions::default().commit_interval),
            watermark_every_row: watermark_every_row(&planned.dataflow, false),
            state_memory: config.job.memory.as_ref().and_then(|memory| memory_size(&memory.0).ok()),
            reload_mistake: global.mistakes.reload,
            ..RunOptions::default()
        };
        let job = Self {
            name,
            dataflow: Arc::new(planned.dataflow),
            options,
            state,
            folder: loaded.folder,
            http: config.job.http.clone(),
            files: loaded.files.clone(),
            commit_mistake: global.mistakes.commit,
            catalog: planned.catalog,
            settings: planned.settings,
        };
        Ok((job, warnings))
    }

    /// What is allowed and most likely wrong.
    pub fn lint(&self) -> Vec<Finding> {
        let subject = Subject { dataflow: &self.dataflow, catalog: &self.catalog, settings: &self.settings };
        streamsql_lint::lint(&subject, &|file| std::fs::read_to_string(file).ok())
    }

    /// The tables, for the places of their options.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Opens the state and makes the sinks and the committer. Contacts nothing but the state folder.
    pub fn job(&self) -> Result<Job, Failure> {
        let store = StateStore::open(&self.state, &self.name, StoreOptions::default())?;
        let Targets { committer, sinks } = self.targets(&store)?;
        let constructors = Arc::new(Wiring::default());
        let (dataflow, options) = (Arc::clone(&self.dataflow), self.options.clone());
        Ok(Job { dataflow, constructors, committer, store, sinks, options })
    }

    /// What the job has committed last; nothing is taken over and nothing written.
    pub fn committed(&self) -> Result<Option<Manifest>, Failure> {
        let is_there = self.state.contains("://") || std::path::Path::new(&self.state).exists();
        let mut store = match is_there {
            true => StateStore::open(&self.state, &self.name, StoreOptions::default())?,
            false => StateStore::in_memory(&self.name)?,
        };
        let committed = self.targets(&store)?.committer.peek()?;
        Ok(committed_manifest(&mut store, committed.as_ref())?)
    }

    fn targets(&self, store: &StateStore) -> Result<Targets, Failure> {
        let mut sinks = BTreeMap::new();
        // How many sinks there were so far into each table.
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let mut postgres: Option<(Database, Vec<SinkTable>)> = None;
        for id in self.dataflow.ids() {
            let node = self.dataflow.node(id);
            let NodeKind::Sink(sink) = &node.kind else { continue };
            let number = numbers.entry(sink.table.path.clone()).or_default();
            let made = made_sink(&self.name, *number, sink, &node.schema)?;
            let name = format!("{} {number}", sink.table.path);
            *number += 1;
            let binding = match made {
                MadeSink::Direct(sink) => SinkBinding::Direct(sink),
                MadeSink::TwoPhase(sink) => SinkBinding::TwoPhase(name, sink),
                MadeSink::Database(database, table) => {
                    let (first, tables) = postgres.get_or_insert_with(|| ((*database).clone(), Vec::new()));
                    if !first.is_same(&database) {
                        return Err(Error::invalid(format!(
                            "table {} is in {}, another sink in {}",
                            sink.table.name,
                            database.place(),
                            first.place()
                        ))
                        .hint("one job commits into one database; split the job")
                        .into());
                    }
                    tables.push(table);
                    SinkBinding::Transactional(tables.len() - 1)
                }
            };
            sinks.insert(id, binding);
        }
        let committer: Box<dyn EpochCommitter> = match postgres {
            Some((database, tables)) => {
                let committer = PostgresCommitter::new(&database, &self.name, tables)?;
                Box::new(committer.with_mistake(self.commit_mistake))
            }
            None => Box::new(StoreCommitter::new(store)),
        };
        Ok(Targets { committer, sinks })
    }
}

fn default_name(folder: &std::path::Path) -> String {
    let absolute = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    job_name(&absolute.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default())
}

/// A text as the identity of a job.
fn job_name(text: &str) -> String {
    let name: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' }).collect();
    if name.is_empty() { "job".to_owned() } else { name }
}

/// Plans the statements of `query`. A query runs in one shard whatever the parallelism: its result is the same.
pub fn plan_script(
    text: &str,
    name: &str,
    settings: &JobSettings,
    global: &Global,
) -> Result<PlannedScript, Failure> {
    let refuse = |diagnostics: Diagnostics| Failure::Diagnostics(diagnostics, global.colored());
    let parsed =
        load_script_partly(text, name, settings.config.as_deref(), &settings.vars).map_err(refuse)?;
    let script = plan_parsed(&parsed).map_err(refuse)?;
    show_warnings(&script.warnings, global);
    Ok(script)
}

pub fn show_warnings(warnings: &Diagnostics, global: &Global) {
    if !global.quiet {
        eprint!("{}", warnings.render(global.colored()));
    }
}

/// Whether `pipeline.auto-watermark-interval` is 0.
pub fn watermark_every_row(dataflow: &Dataflow, default: bool) -> bool {
    let setting = dataflow.settings.get("pipeline.auto-watermark-interval");
    setting.and_then(|text| duration(text).ok()).map_or(default, |interval| interval.as_millis() == 0)
}
