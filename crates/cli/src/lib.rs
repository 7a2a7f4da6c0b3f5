//! The `streamsql` command as a library: arguments in, exit code out. The only place that reads arguments and
//! environment. The binary is `main.rs`; the fault tests make a binary of their own from the same parts.

mod board;
mod commands;
mod constructors;
mod http;
mod job_file;
mod logging;
mod output;
mod progress;
mod reload;
mod signals;
mod table_checks;

use std::process::ExitCode;

use clap::Parser;
use streamsql_core::panics::caught;
use streamsql_runtime::huge_pages;

use commands::Cli;

#[doc(hidden)]
pub use streamsql_connectors::postgres::Mistake;
#[doc(hidden)]
pub use streamsql_runtime::ReloadMistake;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Reads the arguments and runs the command.
pub fn main() -> ExitCode {
    // Before anything takes memory.
    huge_pages::off_while_small();
    // clap itself exits with 2 on wrong usage.
    run(&Cli::parse())
}

/// What tests must notice.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Mistakes {
    /// A wrong commit protocol.
    pub commit: Option<Mistake>,
    /// A wrong way to go on under a changed plan.
    pub reload: Option<ReloadMistake>,
}

/// The same with mistakes.
#[doc(hidden)]
pub fn main_with_mistakes(mistakes: Mistakes) -> ExitCode {
    let mut cli = Cli::parse();
    cli.global.mistakes = mistakes;
    run(&cli)
}

fn run(cli: &Cli) -> ExitCode {
    logging::start(&cli.global);
    match caught("streamsql", || commands::dispatch(cli)) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.print(&cli.global);
            ExitCode::from(failure.exit_code())
        }
    }
}
