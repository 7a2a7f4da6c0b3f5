//! `streamsql-mutate TARGET|all EXECUTIONS [SEED]`: the fuzz targets on mutated inputs, without libFuzzer; the target
//! `queries` mutates the queries of the corpus, plans and runs them.

use std::process::ExitCode;

use streamsql_tests::mutate::{run, targets::TARGETS};
use streamsql_tests::query_mutator;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(wanted), Some(Ok(executions))) =
        (arguments.first(), arguments.get(1).map(|n| n.parse::<u64>()))
    else {
        eprintln!("usage: streamsql-mutate TARGET|all EXECUTIONS [SEED]");
        return ExitCode::from(2);
    };
    let seed = arguments.get(2).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let chosen = TARGETS.iter().filter(|(name, _)| wanted == "all" || name == wanted);
    let mut ran = 0;
    for (name, function) in chosen {
        run(name, *function, executions, seed);
        println!("{name}: {executions} executions");
        ran += 1;
    }
    if wanted == "all" || wanted == "queries" {
        query_mutator::run(executions, seed);
        ran += 1;
    }
    if ran == 0 {
        let mut names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        names.push("queries");
        eprintln!("no target '{wanted}'; there are {}", names.join(", "));
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}
