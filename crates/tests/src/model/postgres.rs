//! Random queries of the relational subset against PostgreSQL: the same query over the same rows, in its dialect.
//!
//! Joins, aggregates, subqueries and set operations over bounded inputs mean the same in a database and at the end of a
//! stream, but for a few rules of Flink that the dialect writes out (an aggregate over nothing has no row, SUM and AVG
//! stay in the type of their argument). Many queries go to the server in one message. What it has no answer for (an
//! integer beyond its type, where Flink wraps) is counted, not compared.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::generate::shown;
use super::relation::Dialect;
use super::simulate::{Plan, Table, simulate};
use super::value::{Row, Value};
use super::{Case, Summary, Verdict, compared, select};
use crate::services::postgres::{Postgres, Session, TextRow};

/// Queries of one message.
const BATCH: u64 = 50;

/// What the server says where it has no answer: an integer out of range, and a FULL JOIN whose equality it finds constant.
const NO_ANSWER: &[&str] = &["out of range", "FULL JOIN is only supported"];

/// Random queries against a database.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    pub summary: Summary,
    /// For how many the server has no answer.
    pub unanswered: u64,
}

/// Runs seeds from `first` on, in as many threads.
pub fn run(first: u64, count: u64, threads: usize) -> Comparison {
    let server = Postgres::shared();
    let next = AtomicU64::new(0);
    let comparison = Mutex::new(Comparison::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut session = server.session("postgres");
                session.query(
                    "SET statement_timeout = 0; SET max_parallel_workers_per_gather = 0; SET jit = off",
                );
                loop {
                    let start = next.fetch_add(BATCH, Ordering::Relaxed);
                    if start >= count {
                        return;
                    }
                    let seeds = first + start..first + count.min(start + BATCH);
                    let verdicts = check(&mut session, seeds);
                    let mut comparison = comparison.lock().unwrap_or_else(PoisonError::into_inner);
                    for (seed, verdict) in verdicts {
                        match verdict {
                            Some(verdict) => comparison.summary.add(seed, verdict),
                            None => comparison.unanswered += 1,
                        }
                    }
                }
            });
        }
    });
    let mut comparison = comparison.into_inner().unwrap_or_else(PoisonError::into_inner);
    comparison.summary.differences.sort();
    comparison
}

/// Verdicts of seeds; none where the server has no answer.
fn check(session: &mut Session, seeds: std::ops::Range<u64>) -> Vec<(u64, Option<Verdict>)> {
    let cases: Vec<(u64, Case)> = seeds.map(|seed| (seed, Case::of(seed, true))).collect();
    let texts: Vec<String> = cases.iter().map(|(seed, case)| case.postgres(*seed)).collect();
    let mut rows: BTreeMap<u64, Vec<TextRow>> = BTreeMap::new();
    let mut unanswered: BTreeMap<u64, String> = BTreeMap::new();
    match session.try_query(&texts.join(";\n")) {
        Ok(all) => sort_in(&mut rows, all),
        // One query without an answer takes the message's others with it.
        Err(_) => {
            for ((seed, _), text) in cases.iter().zip(&texts) {
                match session.try_query(text) {
                    Ok(own) => sort_in(&mut rows, own),
                    Err(error) => {
                        unanswered.insert(*seed, error.to_string());
                    }
                }
            }
        }
    }
    let verdict = |seed: u64, case: &Case| match unanswered.get(&seed) {
        Some(error) if NO_ANSWER.iter().any(|known| error.contains(known)) => None,
        Some(error) => Some(Verdict::Differs(format!(
            "seed {seed}: PostgreSQL refuses: {error}\n{}",
            case.postgres(seed)
        ))),
        None => Some(case.against(rows.get(&seed).map_or(&[], Vec::as_slice), seed)),
    };
    cases.iter().map(|(seed, case)| (*seed, verdict(*seed, case))).collect()
}

/// Rows begin with the seed of their query.
fn sort_in(rows: &mut BTreeMap<u64, Vec<TextRow>>, all: Vec<TextRow>) {
    for mut row in all {
        let seed = row.remove(0).and_then(|seed| seed.parse().ok()).expect("a seed before each row");
        rows.entry(seed).or_default().push(row);
    }
}

impl Case {
    /// The query for the server.
    fn postgres(&self, seed: u64) -> String {
        let query = select(self.query.as_ref(), Dialect::Postgres);
        format!("{}\nSELECT CAST({seed} AS BIGINT), result.* FROM ({query}) AS result", self.world.with())
    }

    /// The query's end, under one schedule, against rows of the server.
    fn against(&self, rows: &[TextRow], seed: u64) -> Verdict {
        let dataflow = match self.plan() {
            Ok(dataflow) => dataflow,
            Err(message) => return Verdict::Refused(format!("{message}\n{}", self.sql)),
        };
        let wanted = match self.table(rows) {
            Ok(wanted) => wanted,
            Err(error) => return Verdict::Differs(format!("seed {seed}: PostgreSQL's {error}")),
        };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let plan = Plan::of(&mut random);
        let mut difference = match simulate(&dataflow, &self.world, plan, &mut random) {
            Ok(got) if got == wanted => {
                return Verdict::Agrees(dataflow.nodes.iter().map(|node| node.kind.name()).collect());
            }
            Ok(got) => format!("{plan:?}, against PostgreSQL:\n{}", compared(&wanted, &got)),
            Err(error) => format!("{plan:?}: it fails: {error}\n"),
        };
        // Which of the three is alone tells where to look.
        match self.evaluate() {
            Ok(model) if model == wanted => {
                difference.push_str("the naive evaluation agrees with PostgreSQL\n")
            }
            Ok(model) => {
                difference.push_str("PostgreSQL (wanted) against the naive evaluation (got):\n");
                difference.push_str(&compared(&wanted, &model));
            }
            Err(failure) => difference.push_str(&format!("the naive evaluation has no result: {failure}\n")),
        }
        difference.push_str(&self.postgres(seed));
        Verdict::Differs(self.report(seed, &difference, &dataflow))
    }

    fn table(&self, rows: &[TextRow]) -> Result<Table, String> {
        let columns = &self.query.facts().columns;
        let types: Vec<_> = shown(self.query.as_ref()).into_iter().map(|(i, _)| columns[i].of).collect();
        let mut table = Table::new();
        for row in rows {
            let values = row.iter().zip(&types).map(|(text, of)| match text {
                Some(text) => Value::of_postgres(text, *of),
                None => Ok(Value::Null),
            });
            *table.entry(values.collect::<Result<Row, _>>()?).or_insert(0) += 1;
        }
        Ok(table)
    }
}
