//! A short run of every fuzz target; `streamsql-mutate` and `fuzz/` run them for longer.

use streamsql_tests::mutate::{run, targets::TARGETS};

#[test]
fn nothing_panics_on_mutated_inputs() {
    for (name, function) in TARGETS {
        let executions = if matches!(*name, "template" | "statements") { 300 } else { 2_000 };
        run(name, *function, executions, 7);
    }
}
