//! Plays a script as written and in every other way that must not change its outcome.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use streamsql_core::Schema;
use streamsql_plan::Node;
use streamsql_planner::plan_script;
use streamsql_sql::load::load_script;

use super::machine::Machine;
use super::values::{batch, changes};
use super::{Input, Script, Step};
use crate::cut::Cut;

/// How a script is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    AsWritten,
    /// Neighbouring batches of a port become one, and are cut into batches of so many rows, in so many shards.
    Cut(Cut),
    /// Barrier and restart after every line; every second one from a compacted base.
    RestartAfterEveryLine,
    /// As before, each time with another number of shards.
    RescaleAfterEveryLine,
    /// Rows of different ports in another order between two other lines.
    Interleaved(u64),
}

const SEEDS: u64 = 5;

/// The net effect of a run: rows with their counts, promised watermarks, late rows.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    rows: BTreeMap<String, i64>,
    watermarks: Vec<String>,
    late: u64,
    error: Option<String>,
}

/// # Errors
/// A text that says in which mode and at which line the script fails.
pub fn play(script: &Script) -> Result<(), String> {
    let planned = planned(script)?;
    let mut wanted = Outcome::default();
    let mut machine = machine(&planned)?;
    for step in &script.steps {
        let got = feed(&mut machine, &step.input, Mode::AsWritten);
        if got != step.expected {
            return Err(format!(
                "line {}: wanted\n    {}\n  but got\n    {}",
                step.line,
                step.expected.join("\n    "),
                got.join("\n    ")
            ));
        }
        wanted.add(&got);
    }
    let mut modes = vec![Mode::RestartAfterEveryLine, Mode::RescaleAfterEveryLine];
    modes.extend(Cut::ALL.map(Mode::Cut));
    modes.extend((0..SEEDS).map(Mode::Interleaved));
    for mode in modes {
        let skipped = match mode {
            Mode::Interleaved(_) => script.order_matters,
            Mode::RescaleAfterEveryLine => script.one_shard,
            Mode::Cut(cut) => cut.parallelism > 1 && script.one_shard,
            _ => false,
        };
        if skipped {
            continue;
        }
        let got = run(&planned, &rearranged(&script.steps, mode), mode)?;
        // What came before an error depends on how much is looked at together; the error does not.
        let agree = if wanted.error.is_some() { got.error == wanted.error } else { got == wanted };
        if !agree {
            return Err(format!("played {mode:?}:\n  wanted {wanted:#?}\n  got {got:#?}"));
        }
    }
    Ok(())
}

/// The script's text with the output that it really has, for writing new ones; check each line against the rules.
///
/// # Errors
/// When the script cannot be planned.
pub fn written(text: &str, script: &Script) -> Result<String, String> {
    let mut machine = machine(&planned(script)?)?;
    let lines: Vec<&str> = text.lines().collect();
    let first = script.steps.first().map_or(0, |step| step.line - 1);
    let mut out: Vec<String> = lines[..first].iter().map(|line| (*line).to_owned()).collect();
    for (i, step) in script.steps.iter().enumerate() {
        out.extend(lines[step.line - 1..step.end - 1].iter().map(|line| (*line).to_owned()));
        out.extend(feed(&mut machine, &step.input, Mode::AsWritten).iter().map(|line| format!("  < {line}")));
        let next = script.steps.get(i + 1).map_or(lines.len(), |next| next.line - 1);
        let between = &lines[step.end - 1..next];
        out.extend(between.iter().filter(|l| !l.trim().starts_with('<')).map(|line| (*line).to_owned()));
    }
    Ok(out.join("\n") + "\n")
}

/// The operator's node and the schemas of its inputs.
type Planned = (Node, Vec<Schema>);

fn planned(script: &Script) -> Result<Planned, String> {
    let refused = |diagnostics: streamsql_sql::diagnostic::Diagnostics| diagnostics.render(false);
    let statements = load_script(&script.sql, "script.sql", None, &[]).map_err(refused)?;
    let planned = plan_script(&statements).map_err(refused)?;
    let found = planned.dataflows().flat_map(|dataflow| {
        dataflow.nodes.iter().filter(|node| node.kind.name() == script.operator).map(move |node| {
            let inputs = node.inputs.iter().map(|input| dataflow.node(input.node).schema.clone()).collect();
            (node.clone(), inputs)
        })
    });
    found.last().ok_or_else(|| format!("the plan has no {}", script.operator))
}

fn machine((node, inputs): &Planned) -> Result<Machine, String> {
    Machine::new(node.clone(), inputs.clone()).map_err(|e| e.to_string())
}

fn run(planned: &Planned, steps: &[Input], mode: Mode) -> Result<Outcome, String> {
    let mut machine = machine(planned)?;
    if let Mode::Cut(cut) = mode {
        machine.rescale(cut.parallelism).map_err(|e| e.to_string())?;
    }
    let mut outcome = Outcome::default();
    for (number, input) in steps.iter().enumerate() {
        outcome.add(&feed(&mut machine, input, mode));
        if outcome.error.is_some() {
            break;
        }
        let shards = match mode {
            Mode::RestartAfterEveryLine => 1,
            Mode::RescaleAfterEveryLine => [2, 3, 1, 5][number % 4],
            _ => continue,
        };
        let said = machine.restart(shards, number % 2 == 1).map_err(|e| format!("{mode:?}: {e}"))?;
        if !said.is_empty() {
            return Err(format!("{mode:?}: a restart made output: {said:?}"));
        }
    }
    Ok(outcome)
}

/// Feeds one input; the lines of its output. Errors are a line too.
fn feed(machine: &mut Machine, input: &Input, mode: Mode) -> Vec<String> {
    let lines = fed(machine, input, mode);
    lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join("  ")).collect()
}

fn fed(machine: &mut Machine, input: &Input, mode: Mode) -> Vec<String> {
    let fed = match input {
        Input::Batch { port, rows } => {
            let Some(schema) = machine.input(*port).cloned() else {
                return vec![format!("no port {port}")];
            };
            let pieces: Vec<&[Vec<String>]> = match mode {
                Mode::Cut(Cut { rows: Some(size), .. }) => rows.chunks(size).collect(),
                _ => vec![rows],
            };
            let mut out = Vec::new();
            for piece in pieces {
                let batch = match changes(&schema, piece) {
                    Ok(batch) => batch,
                    Err(what) => {
                        return vec![format!("cannot read rows: {what}; columns {:?}", schema.names())];
                    }
                };
                match machine.batch(*port, &batch) {
                    Ok(lines) => out.extend(lines),
                    Err(error) => {
                        out.push(format!("error  {}", error.message));
                        break;
                    }
                }
            }
            return out;
        }
        Input::Watermark(time) => machine.watermark(*time),
        Input::Tick(time) => machine.tick(*time),
        Input::Now(time) => {
            machine.set_now(*time);
            Ok(Vec::new())
        }
        Input::Table(rows) => match machine.table_schema().map(|schema| batch(schema, rows)) {
            Some(Ok(rows)) => {
                machine.set_table(rows);
                Ok(Vec::new())
            }
            Some(Err(what)) => return vec![format!("cannot read the table: {what}")],
            None => return vec!["this operator has no dimension table".to_owned()],
        },
        Input::Barrier => machine.barrier().map(|()| Vec::new()),
        Input::Restart => machine.restart(machine.shards(), false),
    };
    match fed {
        Ok(lines) => lines,
        Err(error) => vec![format!("error  {}", error.message)],
    }
}

/// The inputs in the order and cut of a mode.
fn rearranged(steps: &[Step], mode: Mode) -> Vec<Input> {
    let mut out: Vec<Input> = Vec::new();
    for step in steps {
        match (&step.input, out.last_mut(), mode) {
            (Input::Batch { port, rows }, Some(Input::Batch { port: last, rows: merged }), Mode::Cut(_))
                if port == last =>
            {
                merged.extend(rows.iter().cloned())
            }
            _ => out.push(step.input.clone()),
        }
    }
    if let Mode::Interleaved(seed) = mode {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let runs = out.chunk_by(|a, b| is_batch(a) && is_batch(b)).map(<[Input]>::to_vec);
        return runs.flat_map(|run| interleaved(run, &mut random)).collect();
    }
    out
}

fn is_batch(input: &Input) -> bool {
    matches!(input, Input::Batch { .. })
}

/// The rows of neighbouring batches, one by one, in a random order that keeps that of each port.
fn interleaved(run: Vec<Input>, random: &mut ChaCha8Rng) -> Vec<Input> {
    let mut queues: BTreeMap<usize, Vec<Vec<String>>> = BTreeMap::new();
    let mut others = Vec::new();
    for input in run {
        match input {
            Input::Batch { port, rows } => queues.entry(port).or_default().extend(rows),
            other => others.push(other),
        }
    }
    let mut order: Vec<usize> = queues.iter().flat_map(|(port, rows)| vec![*port; rows.len()]).collect();
    order.shuffle(random);
    let mut fed: BTreeMap<usize, usize> = BTreeMap::new();
    let mut out = Vec::new();
    for port in order {
        let at = fed.entry(port).or_default();
        let row = queues[&port][*at].clone();
        *at += 1;
        // Now and then rows of one port stay together.
        match out.last_mut() {
            Some(Input::Batch { port: last, rows }) if *last == port && random.random_bool(0.5) => {
                rows.push(row)
            }
            _ => out.push(Input::Batch { port, rows: vec![row] }),
        }
    }
    out.extend(others);
    out
}

impl Outcome {
    fn add(&mut self, lines: &[String]) {
        for line in lines {
            let (head, rest) = line.split_once("  ").unwrap_or((line, ""));
            let change = match head {
                "+I" | "+U" => 1,
                "-U" | "-D" => -1,
                "watermark" => {
                    self.watermarks.push(rest.to_owned());
                    continue;
                }
                "late" => {
                    self.late += rest.parse::<u64>().unwrap_or(0);
                    continue;
                }
                // How often the dimension table is asked depends on how rows are cut into batches.
                "asked" => continue,
                _ => {
                    self.error = Some(line.clone());
                    continue;
                }
            };
            let count = self.rows.entry(rest.to_owned()).or_default();
            *count += change;
            if *count == 0 {
                self.rows.remove(rest);
            }
        }
    }
}
