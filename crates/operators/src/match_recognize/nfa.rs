//! The automaton: which runs of rows become matches. Pure; conditions are answered by the caller.
//!
//! Variables follow each other, every row of a run belongs to one of them and no row between is left out. So a run is the
//! number of its first row and how many rows each variable has taken, whatever its length.
//!
//! Source: Flink `NFACompiler` (states and edges), `NFA` (`computeNextStates`, `processMatchesAccordingToSkipStrategy`),
//! `AfterMatchSkipStrategy` and its subclasses. A greedy variable with a bound that varies forbids all edges of the first
//! state of the next variable while it would take the row itself (`updateWithGreedyCondition`).

use streamsql_core::{Error, Result};
use streamsql_plan::{AfterMatch, PatternVariable};

use super::java_queue::{JavaQueue, Keyed};

/// A partial match, or a whole one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Number of its first row.
    pub first: u64,
    /// Time of its first row, ms.
    pub first_ms: i64,
    /// The variable that may take the next row; behind the last one for a match.
    pub variable: u32,
    /// Rows that each variable has taken.
    pub taken: Vec<u32>,
}

impl Run {
    /// Number of the first row of a variable, were it to have one, and how many it has.
    pub fn rows_of(&self, variable: usize) -> (u64, u64) {
        let before: u64 = self.taken[..variable].iter().map(|rows| u64::from(*rows)).sum();
        (self.first + before, u64::from(self.taken[variable]))
    }

    pub fn length(&self) -> u64 {
        self.taken.iter().map(|rows| u64::from(*rows)).sum()
    }
}

/// A run, or the start of runs, which always stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Start,
    Run(Run),
}

impl Keyed for State {
    /// The start stands behind all runs.
    fn key(&self) -> u64 {
        match self {
            Self::Start => u64::MAX,
            Self::Run(run) => run.first,
        }
    }
}

impl Keyed for Run {
    fn key(&self) -> u64 {
        self.first
    }
}

/// What is known of one partition between two rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    pub states: JavaQueue<State>,
    /// Matches that wait for runs that began earlier.
    pub completed: JavaQueue<Run>,
}

impl Partial {
    pub fn new() -> Self {
        Self { states: JavaQueue::of(vec![State::Start]), completed: JavaQueue::new() }
    }

    /// Whether it is as it was at the beginning.
    pub fn is_new(&self) -> bool {
        self.states.items().len() <= 1 && self.completed.is_empty()
    }

    fn runs(&self) -> impl Iterator<Item = &Run> {
        self.states.items().iter().filter_map(|state| match state {
            State::Start => None,
            State::Run(run) => Some(run),
        })
    }

    /// Number of the first row that is still needed.
    pub fn first_needed(&self) -> Option<u64> {
        self.runs().chain(self.completed.items()).map(|run| run.first).min()
    }

    /// Time of the first row of the earliest run.
    pub fn earliest_ms(&self) -> Option<i64> {
        self.runs().map(|run| run.first_ms).min()
    }
}

/// The row at hand.
#[derive(Clone, Copy)]
pub struct Event {
    pub number: u64,
    pub time_ms: i64,
}

/// Conditions that must be answered before a row can be processed: the state's place in the queue and the variable.
pub type Needs = Vec<(usize, usize)>;

/// What a row leads to.
pub enum Step {
    /// Matches in the order in which they are found.
    Matches(Vec<Run>),
    Needs(Needs),
}

pub struct Nfa {
    variables: Vec<PatternVariable>,
    skip: AfterMatch,
    within_ms: Option<i64>,
}

impl Nfa {
    pub fn new(variables: Vec<PatternVariable>, skip: AfterMatch, within_ms: Option<i64>) -> Self {
        Self { variables, skip, within_ms: within_ms.filter(|within| *within > 0) }
    }

    pub fn variables(&self) -> usize {
        self.variables.len()
    }

    /// Drops runs that began too long ago; gives the matches that waited for them (Flink `NFA.advanceTime`).
    ///
    /// # Errors
    /// Where AFTER MATCH SKIP leads nowhere.
    pub fn advance(&self, partial: &mut Partial, time_ms: i64) -> Result<Vec<Run>> {
        let Some(within) = self.within_ms else { return Ok(Vec::new()) };
        partial.states.rebuild(|state| match state {
            State::Start => true,
            State::Run(run) => time_ms.saturating_sub(run.first_ms) < within,
        });
        self.matches(partial)
    }

    /// At the end of the input no run that began earlier than a match can precede it any more, where runs end with time
    /// at all; runs that begin behind the matches stay.
    ///
    /// # Errors
    /// Where AFTER MATCH SKIP leads nowhere.
    pub fn finish(&self, partial: &mut Partial) -> Result<Vec<Run>> {
        let mut found = Vec::new();
        while self.within_ms.is_some()
            && let Some(first) = partial.completed.peek().map(|run| run.first)
        {
            partial.states.remove_if(|state| matches!(state, State::Run(run) if run.first < first));
            found.extend(self.matches(partial)?);
        }
        Ok(found)
    }

    /// When the earliest run is dropped.
    pub fn expiry_ms(&self, partial: &Partial) -> Option<i64> {
        Some(partial.earliest_ms()?.saturating_add(self.within_ms?))
    }

    /// Takes a row in. `holds` answers whether it fulfils the condition of a variable in the state at a place; what it does
    /// not know yet is needed, and nothing has changed then.
    ///
    /// # Errors
    /// Where AFTER MATCH SKIP leads nowhere.
    pub fn process(
        &self,
        partial: &mut Partial,
        event: Event,
        holds: &dyn Fn(usize, usize) -> Option<bool>,
    ) -> Result<Step> {
        let mut needs = Needs::new();
        let mut next: Vec<Vec<Run>> = Vec::with_capacity(partial.states.items().len());
        for (place, state) in partial.states.items().iter().enumerate() {
            let mut asked = Asked { holds, place, missing: None };
            let found = self.successors(state, event, &mut asked);
            match (found, asked.missing) {
                (Some(runs), _) => next.push(runs),
                (None, missing) => needs.extend(missing.map(|variable| (place, variable))),
            }
        }
        if !needs.is_empty() {
            return Ok(Step::Needs(needs));
        }
        let (mut states, mut potential) = (JavaQueue::new(), JavaQueue::new());
        for (state, runs) in partial.states.items().iter().zip(next) {
            let (whole, partly): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(|run| self.is_match(run));
            whole.into_iter().for_each(|run| potential.add(run));
            partly.into_iter().for_each(|run| states.add(State::Run(run)));
            if *state == State::Start {
                states.add(State::Start);
            }
        }
        for run in potential.items() {
            partial.completed.add(run.clone());
        }
        partial.states = states;
        self.matches(partial).map(Step::Matches)
    }

    fn is_match(&self, run: &Run) -> bool {
        run.variable as usize >= self.variables.len()
    }

    /// The runs that a state becomes with a row, matches among them; none where a condition is not known.
    fn successors(&self, state: &State, event: Event, asked: &mut Asked<'_>) -> Option<Vec<Run>> {
        let run = match state {
            State::Run(run) => run.clone(),
            State::Start => Run {
                first: event.number,
                first_ms: event.time_ms,
                variable: 0,
                taken: vec![0; self.variables.len()],
            },
        };
        let mut found = Vec::new();
        let mut variable = run.variable as usize;
        while variable < self.variables.len() {
            if asked.holds(variable)? && !self.is_held_back(&run, variable, asked)? {
                let mut taken = run.clone();
                taken.taken[variable] = taken.taken[variable].saturating_add(1);
                let full = self.variables[variable].most.is_some_and(|most| taken.taken[variable] >= most);
                taken.variable = (variable + usize::from(full)) as u32;
                let ends = !self.is_match(&taken) && self.may_end(&taken, asked)?;
                found.push(taken.clone());
                if ends {
                    found.push(Run { variable: self.variables.len() as u32, ..taken });
                }
            }
            if !self.may_pass(&run, variable) || self.is_held_back(&run, variable, asked)? {
                break;
            }
            variable += 1;
        }
        Some(found)
    }

    /// Whether a variable has all the rows that it needs.
    fn may_pass(&self, run: &Run, variable: usize) -> bool {
        run.taken[variable] >= self.variables[variable].least
    }

    /// Whether the greedy variable before would take the row: then this one, without rows yet, does not and is not passed
    /// over either.
    fn is_held_back(&self, run: &Run, variable: usize, asked: &mut Asked<'_>) -> Option<bool> {
        if variable == 0 || run.taken[variable] > 0 || !self.is_greedy(variable - 1) {
            return Some(false);
        }
        asked.holds(variable - 1)
    }

    /// Whether a variable is greedy in the sense of `Quantifier.GREEDY`: `?` and fixed numbers are not.
    fn is_greedy(&self, variable: usize) -> bool {
        let PatternVariable { least, most, greedy, .. } = &self.variables[variable];
        *greedy && !(*least == 0 && *most == Some(1)) && Some(*least) != *most
    }

    /// Whether a run may be a match as it is: the rest of the pattern needs no row.
    fn may_end(&self, run: &Run, asked: &mut Asked<'_>) -> Option<bool> {
        let mut variable = run.variable as usize;
        while variable < self.variables.len() {
            if !self.may_pass(run, variable) || self.is_held_back(run, variable, asked)? {
                return Some(false);
            }
            variable += 1;
        }
        Some(true)
    }

    /// Matches that no earlier run can precede any more.
    fn matches(&self, partial: &mut Partial) -> Result<Vec<Run>> {
        let mut found = Vec::new();
        while let Some(earliest) = partial.completed.peek() {
            if partial.states.peek().is_some_and(|state| earliest.key() > state.key()) {
                break;
            }
            let Some(run) = partial.completed.poll() else { break };
            let (last, inclusive) = self.skipped(&run)?;
            let removes = |first: u64| if inclusive { first <= last } else { first < last };
            partial.states.remove_if(|state| matches!(state, State::Run(run) if removes(run.first)));
            partial.completed.remove_if(|run| removes(run.first));
            found.push(run);
        }
        Ok(found)
    }

    /// Runs that began before this row, or with it, end with a match.
    fn skipped(&self, run: &Run) -> Result<(u64, bool)> {
        let to = |variable: usize, last: bool| {
            let (first, rows) = run.rows_of(variable);
            let name = &self.variables[variable].name;
            let row = if last { first + rows.saturating_sub(1) } else { first };
            let problem = match rows {
                0 => format!("AFTER MATCH SKIP TO {name}: the match has no row of {name}"),
                _ if row == run.first => {
                    format!(
                        "AFTER MATCH SKIP TO {name}: that is the first row of the match, which would be found again"
                    )
                }
                _ => return Ok((row, false)),
            };
            Err(Error::failed(problem)
                .hint("skip to a variable that always has a row behind the first one, or PAST LAST ROW"))
        };
        match self.skip {
            AfterMatch::PastLastRow => Ok((run.first + run.length().saturating_sub(1), true)),
            AfterMatch::ToNextRow => Ok((run.first, true)),
            AfterMatch::ToFirst(variable) => to(variable, false),
            AfterMatch::ToLast(variable) => to(variable, true),
        }
    }
}

/// Asks for the conditions of one state.
struct Asked<'a> {
    holds: &'a dyn Fn(usize, usize) -> Option<bool>,
    place: usize,
    /// The first variable whose condition is not known.
    missing: Option<usize>,
}

impl Asked<'_> {
    fn holds(&mut self, variable: usize) -> Option<bool> {
        let known = (self.holds)(self.place, variable);
        if known.is_none() {
            self.missing.get_or_insert(variable);
        }
        known
    }
}
