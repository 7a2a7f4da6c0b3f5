//! The `streamsql` binary as the fault tests run it: the same parts, and a switch for wrong protocols, which the tests must
//! notice. The binary for users has no such switch.

use std::process::ExitCode;

use streamsql_cli::{Mistake, Mistakes, ReloadMistake};

fn main() -> ExitCode {
    let commit = |mistake| Mistakes { commit: Some(mistake), ..Mistakes::default() };
    let reload = |mistake| Mistakes { reload: Some(mistake), ..Mistakes::default() };
    let mistakes = match std::env::var("STREAMSQL_TEST_MISTAKE").as_deref() {
        Ok("row-in-second-transaction") => commit(Mistake::RowInSecondTransaction),
        Ok("blind-retry") => commit(Mistake::BlindRetry),
        Ok("commit-before-state") => commit(Mistake::CommitBeforeState),
        Ok("switched-early") => reload(ReloadMistake::SwitchedEarly),
        Ok("state-left-out") => reload(ReloadMistake::StateLeftOut),
        Ok("positions-left-out") => reload(ReloadMistake::PositionsLeftOut),
        _ => Mistakes::default(),
    };
    streamsql_cli::main_with_mistakes(mistakes)
}
