//! `test`: the tests of a job, on the real engine, without Kafka and Postgres.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use streamsql_core::{Error, StopHandle};
use streamsql_harness::{Coverage, Outcome, Suite, Test, TestFile, junit, updated};
use streamsql_runtime::Constructors;

use super::{Failure, Global, JobArgs};
use crate::constructors::Wiring;
use crate::job_file::PlannedJob;
use crate::output::json;
use crate::signals::stop_on_signals;

/// Exit code where a test fails.
const FAILED: u8 = 4;

#[derive(Debug, Args)]
pub struct TestArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// File or folder of tests; default: tests in the job folder, or beside it; repeatable
    #[arg(long, value_name = "PATH")]
    pub tests: Vec<PathBuf>,
    /// Only tests whose name contains the text
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Write what the job gives into the files, as what is expected from now on
    #[arg(long, conflicts_with = "watch")]
    pub update: bool,
    /// Write the results for a build server
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Again whenever a file changes, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
}

pub fn test(args: &TestArgs, global: &Global) -> Result<u8, Failure> {
    if !args.watch {
        return all(args, global);
    }
    let stop = StopHandle::default();
    stop_on_signals(&stop)?;
    let mut seen = None;
    while !stop.is_stopped() {
        let now = changed(args);
        if seen.as_ref() != Some(&now) {
            seen = Some(now);
            // A job that cannot be read is no reason to end: it is being edited.
            if let Err(failure) = all(args, global) {
                failure.print(global);
            }
            println!("waiting for changes (Ctrl-C ends)");
        }
        stop.wait(Duration::from_millis(200));
    }
    Ok(0)
}

/// Loads the job and runs its tests once.
fn all(args: &TestArgs, global: &Global) -> Result<u8, Failure> {
    let planned = PlannedJob::load(&args.job, global)?;
    let paths = if args.tests.is_empty() { beside(&planned.folder)? } else { args.tests.clone() };
    let mut files = Vec::new();
    for path in &paths {
        yaml_files(path, &mut files)?;
    }
    let files = files.iter().map(|path| TestFile::read(path)).collect::<Result<Vec<_>, _>>()?;
    let constructors: Arc<dyn Constructors> = Arc::new(Wiring::default());
    let (mut coverage, mut suites) = (Coverage::default(), Vec::new());
    let (mut passed, mut failed, mut rewritten) = (0_usize, 0_usize, 0_usize);
    let mut out = std::io::stdout().lock();
    let written = |error: std::io::Error| Error::failed(format!("cannot write to stdout: {error}"));
    for file in &files {
        let mut results = Vec::new();
        let mut outcomes: Vec<(&Test, Outcome)> = Vec::new();
        for test in
            file.tests.iter().filter(|test| args.filter.as_ref().is_none_or(|f| test.name.contains(f)))
        {
            let start = Instant::now();
            let outcome = streamsql_harness::run(test, &planned.dataflow, &constructors, json::value)
                .map_err(|error| error.at(format!("{}:{}", file.path.display(), test.line)))?;
            let time = start.elapsed();
            coverage.add(&outcome.nodes);
            let failure = (!outcome.differences.is_empty())
                .then(|| outcome.differences.iter().map(|d| d.text.as_str()).collect::<String>());
            match &failure {
                Some(_) if args.update && can_be_rewritten(test, &outcome) => {
                    rewritten += 1;
                    writeln!(out, "  updated {}  ({}:{})", test.name, file.path.display(), test.line)
                        .map_err(written)?;
                }
                None => {
                    passed += 1;
                    writeln!(out, "  ok      {}  {} ms", test.name, time.as_millis()).map_err(written)?;
                }
                Some(text) => {
                    failed += 1;
                    writeln!(out, "  FAILED  {}  ({}:{})", test.name, file.path.display(), test.line)
                        .map_err(written)?;
                    for line in text.lines() {
                        writeln!(out, "          {line}").map_err(written)?;
                    }
                }
            }
            results.push((test.name.as_str(), time, failure));
            outcomes.push((test, outcome));
        }
        if args.update {
            update(file, &outcomes)?;
        }
        suites.push((file.path.display().to_string(), results));
    }
    if passed + failed + rewritten == 0 {
        let named: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Error::invalid(format!("there is no test to run in {}", named.join(", ")))
            .hint("tests are YAML files: docs/testing-your-job.md")
            .into());
    }
    if args.filter.is_none() {
        for gap in coverage.gaps(&planned.dataflow) {
            writeln!(out, "  not covered: {gap}").map_err(written)?;
        }
    }
    let updates = if args.update { format!(", {rewritten} updated") } else { String::new() };
    writeln!(out, "{passed} passed, {failed} failed{updates}").map_err(written)?;
    if let Some(path) = &args.junit {
        let suites: Vec<Suite<'_>> =
            suites.iter().map(|(file, tests)| (file.as_str(), tests.clone())).collect();
        write_file(path, &junit(&suites))?;
    }
    Ok(if failed == 0 { 0 } else { FAILED })
}

/// Where the tests of a job are looked for.
fn beside(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let inside = folder.join("tests");
    // The parent of `sql` is the empty path, which is where we are.
    let outside = match folder.parent() {
        Some(parent) if folder != Path::new(".") => parent.join("tests"),
        _ => folder.join("..").join("tests"),
    };
    for path in [&inside, &outside] {
        if path.is_dir() {
            return Ok(vec![path.clone()]);
        }
    }
    Err(Error::invalid(format!(
        "there is no folder of tests: neither {} nor {}",
        inside.display(),
        outside.display()
    ))
    .hint("write one (docs/testing-your-job.md), or name it with --tests"))
}

fn yaml_files(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::invalid(format!("cannot read {}: {error}", path.display()));
    if !path.is_dir() {
        if !path.exists() {
            return Err(Error::invalid(format!("{} does not exist", path.display())));
        }
        files.push(path.to_path_buf());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path).map_err(failed)?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        let is_yaml = entry.extension().is_some_and(|end| end == "yaml" || end == "yml");
        if entry.is_dir() || is_yaml {
            yaml_files(&entry, files)?;
        }
    }
    Ok(())
}

/// Whether what differs are rows that stand in the file: not an error that came or that did not.
fn can_be_rewritten(test: &Test, outcome: &Outcome) -> bool {
    test.error.is_none() && outcome.differences.iter().all(|d| d.table.is_some())
}

/// Writes what the tests gave into their file.
fn update(file: &TestFile, outcomes: &[(&Test, Outcome)]) -> Result<(), Error> {
    let changed: Vec<(&Test, &BTreeMap<_, _>)> = outcomes
        .iter()
        .filter(|(test, outcome)| can_be_rewritten(test, outcome) && !outcome.differences.is_empty())
        .map(|(test, outcome)| (*test, &outcome.sinks))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let text = std::fs::read_to_string(&file.path)
        .map_err(|e| Error::failed(format!("cannot read {}: {e}", file.path.display())))?;
    let new = updated(&text, &changed).ok_or_else(|| {
        Error::invalid(format!("cannot find the expectations in {}", file.path.display()))
            .hint("write `expect:` on a line of its own, its tables below it")
    })?;
    write_file(&file.path, &new)
}

fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|e| Error::failed(format!("cannot write {}: {e}", path.display())))
}

/// When the files of the job and of its tests were changed.
fn changed(args: &TestArgs) -> Vec<(PathBuf, Option<SystemTime>)> {
    let mut roots = args.job.paths.clone();
    roots.extend(args.tests.iter().cloned());
    roots.extend(args.job.settings.config.clone());
    if args.tests.is_empty() {
        for path in &args.job.paths {
            roots.extend(beside(path).unwrap_or_default());
        }
    }
    let mut files = Vec::new();
    while let Some(path) = roots.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path());
            // State and hidden folders change by themselves.
            roots.extend(
                entries.filter(|p| !p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'))),
            );
        } else {
            let time = std::fs::metadata(&path).and_then(|meta| meta.modified()).ok();
            files.push((path, time));
        }
    }
    files.sort();
    files.dedup();
    files
}
