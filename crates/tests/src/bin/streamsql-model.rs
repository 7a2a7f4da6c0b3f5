//! `streamsql-model SEED COUNT`: random queries against their naive evaluation, from a seed on.

use std::process::ExitCode;

use streamsql_tests::model;

fn main() -> ExitCode {
    let arguments: Vec<u64> = std::env::args().skip(1).map_while(|argument| argument.parse().ok()).collect();
    let [seed, count] = arguments[..] else {
        eprintln!("usage: streamsql-model SEED COUNT");
        return ExitCode::from(2);
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let summary = model::run(seed, count, threads);
    for report in &summary.differences {
        println!("--- {report}");
    }
    println!(
        "{} agree, {} differ, {} refused",
        summary.agree,
        summary.differences.len(),
        summary.all_refused()
    );
    println!("operators: {:?}", summary.operators);
    for (message, count) in &summary.refused {
        println!("refused {count} times: {message}");
    }
    if summary.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
