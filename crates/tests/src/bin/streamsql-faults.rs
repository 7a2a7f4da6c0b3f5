//! The `streamsql` binary as the fault tests run it: the same parts, and a switch for wrong commit protocols, which the
//! tests must notice. The binary for users has no such switch.

use std::process::ExitCode;

use streamsql_cli::Mistake;

fn main() -> ExitCode {
    let mistake = match std::env::var("STREAMSQL_TEST_MISTAKE").as_deref() {
        Ok("row-in-second-transaction") => Some(Mistake::RowInSecondTransaction),
        Ok("blind-retry") => Some(Mistake::BlindRetry),
        Ok("commit-before-state") => Some(Mistake::CommitBeforeState),
        _ => None,
    };
    streamsql_cli::main_with_mistake(mistake)
}
