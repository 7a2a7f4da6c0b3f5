//! A model of the whole engine: random queries over random rows, evaluated naively, against what a job comes to.
//!
//! A seed makes tables, a query ([`generate`]) and rows ([`world`]). The query is planned as any other; its dataflow runs
//! under several random schedules ([`simulate`]): cuts into batches, interleavings, barriers, deaths, numbers of shards.
//! Whatever they are, the rows at the end equal those of the naive evaluation ([`relation`], [`operators`]), which knows
//! nothing of streams: no batches, no watermarks, no state.
//!
//! A new operator is added in one place: a file in `operators`. [`postgres`] asks a database, too.

mod expression;
mod generate;
mod operators;
pub mod postgres;
mod relation;
mod simulate;
mod value;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use streamsql_plan::Dataflow;
use streamsql_plan::explain::{Format, explain};
use streamsql_planner::plan_script;
use streamsql_sql::load::load_script;

use generate::{Generator, shown};
use relation::{Dialect, Relation};
use simulate::{Plan, Table, simulate};
use value::Row;
use world::World;

/// Schedules that a query runs under.
const SCHEDULES: u64 = 3;
/// Operators above each other, at most.
const DEPTH: usize = 4;
/// The same where most have two inputs.
const RELATIONAL_DEPTH: usize = 3;

/// How a seed went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It agreed; Flink's names of the operators that ran.
    Agrees(BTreeSet<&'static str>),
    /// The planner refused the query, in these words.
    Refused(String),
    /// A report: the query, the rows, what differs.
    Differs(String),
}

/// A query with its tables.
struct Case {
    world: World,
    query: Box<dyn Relation>,
    sql: String,
    relational: bool,
}

impl Case {
    /// `relational` where a database is asked, too.
    fn of(seed: u64, relational: bool) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut world = World::tables(&mut random);
        let depth = random.random_range(1..=if relational { RELATIONAL_DEPTH } else { DEPTH });
        let mut generator =
            Generator::new(random, world.tables.clone(), world.dimensions.clone(), relational);
        let query = generator.relation(depth);
        world.fill(&mut generator.random, query.facts().needs_punctuality);
        let sql = format!("{}{};", world.sql(), select(query.as_ref(), Dialect::Flink));
        Self { world, query, sql, relational }
    }

    fn plan(&self) -> Result<Arc<Dataflow>, String> {
        let refused = |diagnostics: streamsql_sql::diagnostic::Diagnostics| diagnostics.render(false);
        let statements = load_script(&self.sql, "model.sql", None, &[]).map_err(refused)?;
        let planned = plan_script(&statements).map_err(refused)?;
        planned.dataflows().last().cloned().map(Arc::new).ok_or_else(|| "nothing to run".to_owned())
    }

    /// The rows that the naive evaluation gives.
    fn evaluate(&self) -> Result<Table, &'static str> {
        let places: Vec<usize> = shown(self.query.as_ref()).into_iter().map(|(i, _)| i).collect();
        let mut table = Table::new();
        for row in self.query.evaluate(&self.world)? {
            let row: Row = places.iter().map(|i| row[*i].clone()).collect();
            *table.entry(row).or_insert(0) += 1;
        }
        Ok(table)
    }

    fn report(&self, seed: u64, difference: &str, dataflow: &Dataflow) -> String {
        let plan = explain(dataflow, Format::Text);
        format!("seed {seed}: {difference}\n{}\n\n{}\n{plan}\n", self.sql, self.world.records())
    }

    fn difference(&self, dataflow: &Arc<Dataflow>, seed: u64) -> Option<String> {
        let wanted = match self.evaluate() {
            Ok(wanted) => wanted,
            Err(failure) => return Some(format!("the model itself has no result: {failure}")),
        };
        for schedule in 0..SCHEDULES {
            let mut random = ChaCha8Rng::seed_from_u64(seed ^ (schedule + 1) << 48);
            let plan = Plan::of(&mut random);
            let difference = match simulate(dataflow, &self.world, plan, &mut random) {
                Ok(got) if got == wanted => continue,
                Ok(got) => compared(&wanted, &got),
                Err(error) => format!("it fails: {error}\n"),
            };
            return Some(format!("schedule {schedule}, {plan:?}:\n{difference}"));
        }
        None
    }
}

/// The whole query.
fn select(query: &dyn Relation, dialect: Dialect) -> String {
    let items: Vec<String> = shown(query).into_iter().map(|(_, item)| item).collect();
    format!("SELECT {} FROM ({}) AS q", items.join(", "), query.sql(dialect))
}

/// Flink's names of the operators that queries are made of.
pub fn operators() -> impl Iterator<Item = &'static str> {
    operators::ALL.iter().map(|kind| kind.name)
}

/// Runs one seed.
pub fn check(seed: u64) -> Verdict {
    let mut case = Case::of(seed, false);
    let dataflow = match case.plan() {
        Ok(dataflow) => dataflow,
        Err(message) => return Verdict::Refused(format!("{message}\n{}", case.sql)),
    };
    let Some(mut difference) = case.difference(&dataflow, seed) else {
        return Verdict::Agrees(dataflow.nodes.iter().map(|node| node.kind.name()).collect());
    };
    // Rows that are not needed for the difference only hide it.
    while let Some((fewer, smaller)) = smaller(&case, &dataflow, seed) {
        (case, difference) = (fewer, smaller);
    }
    Verdict::Differs(case.report(seed, &difference, &dataflow))
}

/// The case without one of its rows, if it still differs.
fn smaller(case: &Case, dataflow: &Arc<Dataflow>, seed: u64) -> Option<(Case, String)> {
    for table in 0..case.world.rows.len() {
        for split in 0..case.world.rows[table].len() {
            for row in 0..case.world.rows[table][split].len() {
                let mut fewer = Case::of(seed, case.relational);
                fewer.world = case.world.clone();
                fewer.world.rows[table][split].remove(row);
                if let Some(difference) = fewer.difference(dataflow, seed) {
                    return Some((fewer, difference));
                }
            }
        }
    }
    None
}

fn compared(wanted: &Table, got: &Table) -> String {
    let mut text = String::new();
    let all: BTreeSet<&Row> = wanted.keys().chain(got.keys()).collect();
    for row in all {
        let (wanted, got) = (wanted.get(row).unwrap_or(&0), got.get(row).unwrap_or(&0));
        if wanted != got {
            let _ = writeln!(text, "  {wanted} wanted, {got} got: {row:?}");
        }
    }
    text
}

/// What many seeds came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub agree: u64,
    pub refused: BTreeMap<String, u64>,
    /// How many queries held an operator.
    pub operators: BTreeMap<&'static str, u64>,
    pub differences: Vec<String>,
}

/// Runs seeds from `first` on, in as many threads.
pub fn run(first: u64, count: u64, threads: usize) -> Summary {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Mutex, PoisonError};
    let next = AtomicU64::new(first);
    let summary = Mutex::new(Summary::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    let verdict = check(seed);
                    summary.lock().unwrap_or_else(PoisonError::into_inner).add(seed, verdict);
                }
            });
        }
    });
    let mut summary = summary.into_inner().unwrap_or_else(PoisonError::into_inner);
    summary.differences.sort();
    summary
}

impl Summary {
    fn add(&mut self, seed: u64, verdict: Verdict) {
        match verdict {
            Verdict::Agrees(operators) => {
                self.agree += 1;
                for operator in operators {
                    *self.operators.entry(operator).or_default() += 1;
                }
            }
            Verdict::Refused(message) => {
                let first = message.lines().next().unwrap_or_default();
                let kind: String = first.chars().filter(|c| !c.is_ascii_digit()).collect();
                let count = self.refused.entry(kind).or_insert(0);
                if *count == 0 && std::env::var_os("MODEL_REFUSED").is_some() {
                    println!("seed {seed} is refused: {message}");
                }
                *count += 1;
            }
            Verdict::Differs(report) => self.differences.push(report),
        }
    }

    /// All refused queries.
    pub fn all_refused(&self) -> u64 {
        self.refused.values().sum()
    }
}
