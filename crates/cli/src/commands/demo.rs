//! `demo`: the reference job with a broker, a generator and a private Postgres, all started and ended by this process.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clap::Args;
use streamsql_core::{Error, Result};
use streamsql_demo::{
    AttributedRow, Broker, DemoFolder, INIT_SQL, PrivatePostgres, RowWatch, write_data, write_job,
};
use streamsql_generator::{KafkaDestination, KafkaOptions, Load, LoadSpec, Pace, send};
use streamsql_runtime::StopHandle;

use super::generate::{duration, now_ms, positive};
use super::{Failure, Global, JobArgs, JobSettings};
use crate::commands::run::run_planned;
use crate::http::HttpArgs;
use crate::job_file::PlannedJob;
use crate::progress::ProgressForm;
use crate::reload::Reloading;
use crate::signals::stop_on_signals;

/// Spreads the load enough for the broker's 5 MiB a partition, and shows that partitions do not matter.
const PARTITIONS: i32 = 4;
/// Between two looks at the sink table.
const LOOK_EVERY: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Job folder instead of the reference job that the binary carries; it reads the topics `clicks` and `checkouts`
    pub path: Option<PathBuf>,
    #[command(flatten)]
    pub settings: JobSettings,
    #[command(flatten)]
    pub http: HttpArgs,
    /// Clicks per second
    #[arg(long, default_value_t = 20.0, value_parser = positive)]
    pub rate: f64,
    /// The same seed gives the same events, but for their time
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// End this long after all is ready, such as 30s
    #[arg(long, value_parser = duration)]
    pub duration: Option<Duration>,
    /// End after so many attributed rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub rows: Option<u64>,
}

pub fn demo(args: &DemoArgs, global: &Global) -> Result<u8, Failure> {
    let begin = Instant::now();
    let stop = StopHandle::default();
    stop_on_signals(&stop)?;
    // Dropped last: whatever happens, the folder and its server go.
    let mut folder = DemoFolder::create()?;
    tracing::info!("starting PostgreSQL and a broker");
    let (postgres, broker) = start_services(&mut folder)?;
    tracing::info!("ready after {:.1} s", begin.elapsed().as_secs_f64());
    let again = (job_args(args, &folder, &postgres, &broker)?, global.clone());
    let state = folder.subfolder("state")?.display().to_string();
    let files = again.0.paths.clone();
    let replan = move || {
        let mut planned = PlannedJob::load(&again.0, &again.1)?;
        planned.state.clone_from(&state);
        Ok(planned)
    };
    let planned = replan()?;
    let reloading = Reloading {
        replan: Box::new(replan),
        watched: Some(files.clone()),
        allow_drop: false,
        global: global.clone(),
    };
    let http = args.http.listens(&planned.http)?;

    let rows_wanted = args.rows.unwrap_or(u64::MAX);
    let deadline = args.duration.map(|limit| Instant::now() + limit);
    let watch = watch(RowWatch::open(&postgres)?, rows_wanted, deadline, stop.clone())?;
    let generator = generate(args, broker.bootstrap_servers())?;
    let progress = if global.verbose > 0 { ProgressForm::Lines } else { ProgressForm::None };
    let result = run_planned(planned, reloading, &http, &stop, progress, |page| {
        hints(page, &files, &postgres, &broker, global);
    });
    // The watch looks once more at what the last commit wrote.
    stop.stop();
    let generated = generator.end();
    let shown =
        watch.join().map_err(|_| Error::internal("the thread that follows the table has panicked"))?;
    // The job's own error says most.
    result?;
    generated?;
    let (printed, rows) = shown?;
    if !global.quiet {
        eprintln!(
            "{printed} rows shown; the table held {rows} rows and is gone now, with the broker and PostgreSQL"
        );
    }
    Ok(0)
}

/// PostgreSQL starts while the broker does.
fn start_services(folder: &mut DemoFolder) -> Result<(PrivatePostgres, Broker)> {
    std::thread::scope(|scope| {
        let postgres = scope.spawn(|| -> Result<PrivatePostgres> {
            let postgres = PrivatePostgres::start(folder)?;
            let data = folder.subfolder("data")?;
            write_data(&data)?;
            postgres.execute(&format!("SET shop.data = '{}';\n{INIT_SQL}", data.display()))?;
            Ok(postgres)
        });
        let broker = Broker::start(&["clicks", "checkouts"], PARTITIONS);
        let postgres =
            postgres.join().map_err(|_| Error::internal("the thread that starts PostgreSQL has panicked"))?;
        Ok((postgres?, broker?))
    })
}

/// The job with the demo's addresses in place of its configuration's.
fn job_args(
    args: &DemoArgs,
    folder: &DemoFolder,
    postgres: &PrivatePostgres,
    broker: &Broker,
) -> Result<JobArgs> {
    let path = match &args.path {
        Some(path) => path.clone(),
        None => {
            let path = folder.subfolder("sql")?;
            write_job(&path)?;
            path
        }
    };
    let mut vars = Vec::new();
    for table in sql_stems(&path) {
        for (name, value) in [
            ("bootstrap_servers", broker.bootstrap_servers().as_str()),
            ("url", &postgres.jdbc_url()),
            ("username", postgres.user()),
            ("password", postgres.password()),
        ] {
            vars.push(format!("{table}.{name}={value}"));
        }
    }
    vars.extend(args.settings.vars.iter().cloned());
    let settings =
        JobSettings { config: args.settings.config.clone(), vars, parallelism: args.settings.parallelism };
    Ok(JobArgs { paths: vec![path], settings })
}

/// Stems of the folder's SQL files, by which variables are named.
fn sql_stems(folder: &Path) -> Vec<String> {
    let mut stems = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            stems.extend(sql_stems(&path));
        } else if path.extension().is_some_and(|extension| extension == "sql")
            && let Some(stem) = path.file_stem()
        {
            stems.push(stem.to_string_lossy().into_owned());
        }
    }
    stems
}

fn hints(
    page: Option<SocketAddr>,
    files: &[PathBuf],
    postgres: &PrivatePostgres,
    broker: &Broker,
    global: &Global,
) {
    if global.quiet {
        return;
    }
    eprintln!();
    if let Some(page) = page {
        eprintln!("  page        http://{page}");
    }
    for path in files {
        eprintln!("  SQL         {} (what is saved there is taken at once)", path.display());
    }
    eprintln!(
        "  Kafka       {} (topics clicks, checkouts)\
         \n  PostgreSQL  127.0.0.1:{} (schema shop)\
         \n  look at the table from another terminal:\
         \n    psql {} -c 'SELECT source, count(*), sum(total_amount) FROM checkout_attribution GROUP BY 1'\
         \n  Ctrl-C ends the demo and removes everything\n",
        broker.bootstrap_servers(),
        postgres.port(),
        postgres.reader_url(),
    );
}

/// The thread that makes events, in real time.
struct Generator {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<u64>>,
}

fn generate(args: &DemoArgs, bootstrap_servers: String) -> Result<Generator> {
    let stop = Arc::new(AtomicBool::new(false));
    let start_ms = now_ms();
    let spec = LoadSpec {
        seed: args.seed,
        start_ms,
        clicks: None,
        clicks_per_second: args.rate,
        // Soon after its click, so that the first rows come at once.
        checkout_within_ms: 10_000,
        ..LoadSpec::default()
    };
    let options = KafkaOptions {
        bootstrap_servers,
        topics: vec![Some("clicks".to_owned()), Some("checkouts".to_owned())],
        create_partitions: None,
        replication: 1,
        properties: vec![("linger.ms".to_owned(), "5".to_owned())],
    };
    let flag = Arc::clone(&stop);
    let run = move || {
        let mut destination = KafkaDestination::open(options)?;
        send(&mut Load::new(spec), &mut destination, Pace::Live { start_ms }, None, &flag)
    };
    let thread = std::thread::Builder::new()
        .name("generator".to_owned())
        .spawn(run)
        .map_err(|e| Error::failed(format!("cannot start the generator: {e}")))?;
    Ok(Generator { stop, thread })
}

impl Generator {
    fn end(self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| Error::internal("the generator has panicked"))?.map(|_| ())
    }
}

/// The thread that prints new rows and stops the job when enough are there; returns rows printed and rows in the table.
fn watch(
    mut rows: RowWatch,
    wanted: u64,
    deadline: Option<Instant>,
    stop: StopHandle,
) -> Result<JoinHandle<Result<(u64, i64)>>> {
    let run = move || {
        let mut printed = 0;
        loop {
            let stopped = stop.is_stopped();
            for row in rows.look()? {
                if printed < wanted {
                    print_row(&row, printed == 0)?;
                    printed += 1;
                }
            }
            if stopped {
                return Ok((printed, rows.count()?));
            }
            if printed >= wanted || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                stop.stop();
            }
            std::thread::sleep(LOOK_EVERY);
        }
    };
    std::thread::Builder::new()
        .name("rows".to_owned())
        .spawn(run)
        .map_err(|e| Error::failed(format!("cannot follow the table: {e}")))
}

fn print_row(row: &AttributedRow, first: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let mut line = |columns: [&str; 8]| {
        let [time, source, after, gender, category, status, total, profit] = columns;
        writeln!(
            out,
            "{time:<19}  {source:<8}  {after:>11}  {gender:<6}  {category:<14}  {status:<7}  {total:>8}  {profit:>8}"
        )
    };
    let header = ["checkout", "source", "after click", "gender", "category", "payment", "total", "profit"];
    let result = if first { line(header) } else { Ok(()) }.and_then(|()| {
        line([
            &row.checked_out,
            &row.source,
            &row.after_click,
            &row.gender,
            &row.category,
            &row.payment_status,
            &row.total,
            &row.profit,
        ])
    });
    match result {
        // Nobody reads: the demo goes on for those who look with psql.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|e| Error::failed(format!("cannot print a row: {e}"))),
    }
}
