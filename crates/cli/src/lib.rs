//! The `streamsql` command as a library: arguments in, exit code out. The only place that reads arguments and
//! environment. The binary is `main.rs`; the fault tests make a binary of their own from the same parts.

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

/// Reads the arguments and runs the command.
pub fn main() -> ExitCode {
    // clap itself exits with 2 on wrong usage.
    run(&Cli::parse())
}

fn run(cli: &Cli) -> ExitCode {
    logging::start(&cli.global);
    match commands::dispatch(cli) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.exit_code())
        }
    }
}
