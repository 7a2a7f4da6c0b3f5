//! `streamsql-model [--postgres] SEED COUNT`: random queries against their naive evaluation, or against a PostgreSQL of
//! their own, from a seed on.

use std::process::ExitCode;

use streamsql_tests::model;
use streamsql_tests::model::postgres::{self, Comparison};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let asks_postgres = arguments.first().is_some_and(|first| first == "--postgres");
    if asks_postgres {
        arguments.remove(0);
    }
    let numbers: Vec<u64> = arguments.iter().map_while(|argument| argument.parse().ok()).collect();
    let [seed, count] = numbers[..] else {
        eprintln!("usage: streamsql-model [--postgres] SEED COUNT");
        return ExitCode::from(2);
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let Comparison { summary, unanswered } = if asks_postgres {
        postgres::run(seed, count, threads)
    } else {
        Comparison { summary: model::run(seed, count, threads), unanswered: 0 }
    };
    for report in &summary.differences {
        println!("--- {report}");
    }
    println!(
        "{} agree, {} differ, {} refused, {unanswered} without an answer of PostgreSQL",
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
