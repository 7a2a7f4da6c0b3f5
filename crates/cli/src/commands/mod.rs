//! The commands and their arguments.

pub mod demo;
pub mod diff;
pub mod explain;
pub mod findings;
pub mod generate;
pub mod init;
pub mod lint;
pub mod query;
pub mod reload;
pub mod run;
pub mod status;
pub mod stop;
pub mod tap;
pub mod test;
pub mod top;
pub mod validate;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use streamsql_core::{Error, ErrorKind};
use streamsql_sql::diagnostic::Diagnostics;

/// Streaming SQL without a cluster: runs Apache Flink SQL files, Kafka in, Postgres out, exactly once.
#[derive(Debug, Parser)]
#[command(name = "streamsql", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a small project to start from: SQL, configuration and a test
    Init(init::InitArgs),
    /// Run a job in the foreground; started again it resumes from its last commit
    Run(run::RunArgs),
    /// Run statements and write the changelog of each final SELECT to stdout
    Query(query::QueryArgs),
    /// Print the plan without contacting anything outside
    Explain(explain::ExplainArgs),
    /// What becomes of stored state under a changed plan: kept, rebuilt or dropped; exit 6 where it would be lost
    Diff(diff::DiffArgs),
    /// Parse, bind and plan; report all errors of all files
    Validate(validate::ValidateArgs),
    /// Look for what is allowed and most likely wrong
    Lint(lint::LintArgs),
    /// Run the tests of a job, without Kafka and Postgres
    Test(test::TestArgs),
    /// Run the reference job with everything it needs inside: broker, generator, Postgres
    Demo(demo::DemoArgs),
    /// How a running job stands, and why nothing comes out
    Status(status::StatusArgs),
    /// Ask a running job to commit what it has read and to end
    Stop(stop::StopArgs),
    /// Go on with what the files of a running job have become, from its last commit and with the state that fits
    Reload(reload::ReloadArgs),
    /// One line an operator of a running job, refreshed every second
    Top(top::TopArgs),
    /// Rows of a running job as they leave an operator
    Tap(tap::TapArgs),
    /// Make the events of a web shop, the same for the same seed: to Kafka, files or stdout
    Gen(Box<generate::GenArgs>),
    /// Print a completion script for a shell
    Completions {
        /// Shell to complete for
        shell: clap_complete::Shell,
    },
}

/// Flags of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Say more (twice: also what libraries say)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say only errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Form of log lines
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Set by the binary of the fault tests only; no argument reaches it.
    #[arg(skip)]
    pub mistakes: crate::Mistakes,
}

impl Global {
    pub fn colored(&self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        }
    }

    /// Log lines rather than a line in place.
    pub fn plain_progress(&self) -> bool {
        self.verbose > 0 || self.log_format == LogFormat::Json
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Which job, with which configuration.
#[derive(Clone, Debug, Args)]
pub struct JobArgs {
    /// Job folder or single SQL files
    #[arg(default_value = "sql")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub settings: JobSettings,
}

/// What is set over the job's files.
#[derive(Clone, Debug, Args)]
pub struct JobSettings {
    /// Job settings; default: streamsql.yaml in the job folder
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Value of a template variable, over the configuration's; repeatable
    #[arg(long = "var", value_name = "TABLE.NAME=VALUE")]
    pub vars: Vec<String>,
    /// Shards, over the configuration's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=128))]
    pub parallelism: Option<u16>,
}

/// What ends a command badly.
#[derive(Debug)]
pub enum Failure {
    /// Arguments that do not go together.
    Usage(String),
    Error(Error),
    Diagnostics(Diagnostics, bool),
}

impl Failure {
    /// To stderr, in the form of the log.
    pub fn print(&self, global: &Global) {
        if global.log_format == LogFormat::Json {
            return self.log();
        }
        match self {
            Self::Usage(message) => eprintln!("error: {message}"),
            Self::Error(error) => eprintln!("error: {error}"),
            Self::Diagnostics(diagnostics, color) => eprint!("{}", diagnostics.render(*color)),
        }
    }

    /// What is to be said, without colours.
    pub fn text(&self) -> String {
        match self {
            Self::Usage(message) => message.clone(),
            Self::Error(error) => error.to_string(),
            Self::Diagnostics(diagnostics, _) => diagnostics.render(false),
        }
    }

    fn log(&self) {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        match self {
            Self::Usage(message) => tracing::error!("{message}"),
            Self::Error(error) => {
                tracing::error!(place = text(&error.place), hint = text(&error.hint), "{}", error.message);
            }
            Self::Diagnostics(diagnostics, _) => {
                for found in &diagnostics.0 {
                    let place = found.place.as_ref();
                    let place =
                        place.map_or_else(String::new, |p| format!("{}:{}:{}", p.file, p.line, p.column));
                    let hint = text(&found.hint);
                    if found.warning {
                        tracing::warn!(place, hint, "{}", found.message);
                    } else {
                        tracing::error!(place, hint, "{}", found.message);
                    }
                }
            }
        }
    }

    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Error(error) => error.kind.exit_code(),
            Self::Diagnostics(..) => ErrorKind::Invalid.exit_code(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Runs the command; the value is the exit code.
pub fn dispatch(cli: &Cli) -> Result<u8, Failure> {
    match &cli.command {
        Command::Init(args) => init::init(args, &cli.global),
        Command::Run(args) => run::run(args, &cli.global),
        Command::Query(args) => query::query(args, &cli.global),
        Command::Explain(args) => explain::explain(args, &cli.global),
        Command::Diff(args) => diff::diff(args, &cli.global),
        Command::Validate(args) => validate::validate(args, &cli.global),
        Command::Lint(args) => lint::lint(args, &cli.global),
        Command::Test(args) => test::test(args, &cli.global),
        Command::Demo(args) => demo::demo(args, &cli.global),
        Command::Status(args) => status::status(args),
        Command::Stop(args) => stop::stop(args, &cli.global),
        Command::Reload(args) => reload::reload(args, &cli.global),
        Command::Top(args) => top::top(args),
        Command::Tap(args) => tap::tap(args),
        Command::Gen(args) => generate::generate(args, &cli.global),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "streamsql", &mut std::io::stdout());
            Ok(0)
        }
    }
}
