//! The `streamsql` command: arguments in, exit code out. The only place that reads arguments and environment.

mod commands;
mod constructors;
mod job_file;
mod logging;
mod output;
mod progress;
mod signals;

use std::process::ExitCode;

use clap::Parser;

use commands::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // clap itself exits with 2 on wrong usage.
    let cli = Cli::parse();
    logging::start(&cli.global);
    match commands::dispatch(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.exit_code())
        }
    }
}
