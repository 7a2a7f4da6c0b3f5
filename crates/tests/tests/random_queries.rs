//! Five thousand random queries of the relational subset give what PostgreSQL gives; see
//! `streamsql_tests::model::postgres`. `streamsql-model --postgres SEED COUNT` runs others.

use streamsql_tests::model::postgres::{Comparison, run};

const SEEDS: u64 = 5_000;

#[test]
fn random_queries_agree_with_postgresql() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let Comparison { summary, unanswered } = run(1, SEEDS, threads);
    for report in summary.differences.iter().take(5) {
        println!("--- {report}");
    }
    println!("{} agree, {unanswered} without an answer, {:?}", summary.agree, summary.operators);
    assert!(summary.differences.is_empty(), "{} of {SEEDS} queries differ", summary.differences.len());
    assert_eq!(summary.refused, std::collections::BTreeMap::new());
    assert!(unanswered <= SEEDS / 50, "PostgreSQL has no answer to {unanswered} queries");
    for operator in ["Calc", "Join", "GroupAggregate", "Union", "Correlate"] {
        let ran = summary.operators.get(operator).copied().unwrap_or(0);
        assert!(ran >= SEEDS / 20, "only {ran} queries hold a {operator}");
    }
}
