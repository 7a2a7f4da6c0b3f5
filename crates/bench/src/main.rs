//! `streamsql-bench`: the figures of `docs/performance.md`, measured on the built release binary as a process of its own,
//! over a real Kafka and a real PostgreSQL that it starts itself.
//!
//! Speed is given in CPU time of the `streamsql` process (user + system, from `/proc`), because wall time on a shared
//! machine says more about its neighbours; services and generator are not counted.

mod job;
mod measure;
mod report;
mod scenarios;

use std::path::PathBuf;

use clap::Parser;

use report::Figure;
use scenarios::{Scenario, Setup};

/// Measures the release binary and prints a table of figures with their targets.
#[derive(Debug, Parser)]
#[command(name = "streamsql-bench")]
struct Arguments {
    /// What to measure; everything but Nexmark when none is named
    #[arg(value_enum)]
    scenarios: Vec<Scenario>,
    /// Clicks, and as many checkouts; or Nexmark's events
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// The binary under test
    #[arg(long, default_value = "target/release/streamsql")]
    binary: PathBuf,
    /// Seed of the generated load
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Nexmark's events from a file, where no Kafka can be started
    #[arg(long)]
    files: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let binary = arguments.binary.canonicalize().unwrap_or_else(|error| {
        eprintln!("{}: {error}; `make build` makes it", arguments.binary.display());
        std::process::exit(2);
    });
    let setup = Setup::new(binary, arguments.events, arguments.seed, arguments.files);
    let mut figures: Vec<Figure> = Vec::new();
    for scenario in scenarios::chosen(&arguments.scenarios) {
        eprintln!("measuring {scenario:?} ...");
        let measured = scenario.run(&setup);
        // Shown at once as well: a later scenario may fail.
        eprintln!("{}", report::table(&measured));
        figures.extend(measured);
    }
    println!("{}", report::table(&figures));
}
