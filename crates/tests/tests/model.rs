//! Two thousand random queries give what a naive evaluation gives, however their input is cut, interleaved, interrupted
//! and spread; see `streamsql_tests::model`. `streamsql-model SEED COUNT` runs others.

use streamsql_tests::model::{operators, run};

const SEEDS: u64 = 2_000;

#[test]
fn random_queries_agree_with_the_model() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let summary = run(1, SEEDS, threads);
    for report in summary.differences.iter().take(5) {
        println!("--- {report}");
    }
    println!("{} agree, operators: {:?}", summary.agree, summary.operators);
    assert!(summary.differences.is_empty(), "{} of {SEEDS} queries differ", summary.differences.len());
    // The model makes only what can be planned.
    assert_eq!(summary.refused, std::collections::BTreeMap::new());
    for operator in operators() {
        let ran = summary.operators.get(operator).copied().unwrap_or(0);
        assert!(ran >= SEEDS / 20, "only {ran} queries hold a {operator}");
    }
}
