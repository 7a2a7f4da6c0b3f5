//! `table.optimizer.non-deterministic-update.strategy` = `TRY_RESOLVE` (Flink `StreamNonDeterministicUpdatePlanVisitor`): no
//! value that may be another one at a second look is taken back where it has to be the same.
//!
//! From the sink down: which columns must be the same in a row and in what takes it back. A sink with a primary key asks
//! it of the key, one without of all columns; an operator that finds what it keeps by whole rows asks it of these. Columns
//! of a key of the input are the same whenever they come. A lookup join that would have to look again keeps what it has
//! sent instead; what else cannot be the same is refused.

use std::collections::BTreeSet;

use streamsql_plan::{JoinKind, JoinSide, RankForm, RankStrategy, TimeAttribute};
use streamsql_sql::settings::Settings;

use super::Kinds;
use crate::error::PlanError;
use crate::logical::Scalar;
use crate::physical::lookup_join::{FoundBy, LookupJoin};
use crate::physical::{Node, NodeOp};
use crate::properties::upsert_keys;

const STRATEGY: &str = "table.optimizer.non-deterministic-update.strategy";

type Columns = BTreeSet<usize>;

/// Lets lookup joins keep what they send where that is needed, and refuses plans whose updates may miss the rows that they
/// are for, where the setting asks for it.
///
/// # Errors
/// The expression that is to blame.
pub fn resolve(root: &mut Node, settings: &Settings) -> Result<(), PlanError> {
    match settings.word(STRATEGY).as_str() {
        "TRY_RESOLVE" => visit(root, &Columns::new()),
        _ => Ok(()),
    }
}

/// `required` are the columns of the node that must not change between two looks at a row.
fn visit(node: &mut Node, required: &Columns) -> Result<(), PlanError> {
    let is_now = |column: &&usize| node.columns[**column].time == Some(TimeAttribute::Proctime);
    if let Some(column) = required.iter().find(is_now) {
        return Err(changes(&node.columns[*column].name));
    }
    let below = needs(node, required)?;
    for (input, required) in node.inputs.iter_mut().zip(below) {
        let required = beside_keys(input, required);
        visit(input, &required)?;
    }
    Ok(())
}

/// The columns that a key of the node does not hold; of several keys that which leaves fewest.
fn beside_keys(node: &Node, required: Columns) -> Columns {
    let left = |key: &Vec<usize>| -> Columns {
        required.iter().copied().filter(|column| !key.contains(column)).collect()
    };
    upsert_keys(node).iter().map(left).min_by_key(BTreeSet::len).unwrap_or(required)
}

fn updates(node: &Node, port: usize) -> bool {
    Kinds::of(node.inputs[port].mode) != Kinds::INSERT
}

/// The columns of each input that must not change.
fn needs(node: &mut Node, required: &Columns) -> Result<Vec<Columns>, PlanError> {
    let all = |node: &Node, port: usize| (0..node.inputs[port].columns.len()).collect::<Columns>();
    if let NodeOp::Join(_) | NodeOp::IntervalJoin(_) | NodeOp::TemporalJoin(_) | NodeOp::WindowJoin(_) =
        &node.op
    {
        return of_join(node, required);
    }
    // Rows that nobody takes back need not be found again.
    if node.inputs.is_empty() || node.inputs.len() == 1 && !updates(node, 0) {
        return Ok(node.inputs.iter().map(|_| Columns::new()).collect());
    }
    let width = node.inputs[0].columns.len();
    let of_left = || required.iter().copied().filter(|column| *column < width).collect::<Columns>();
    Ok(match &node.op {
        NodeOp::Sink(sink) if !sink.key.is_empty() && !has_materializer(node) => {
            vec![sink.key.iter().copied().collect()]
        }
        NodeOp::Calc(_) | NodeOp::Correlate(_) | NodeOp::LookupJoin(_) if required.is_empty() => {
            vec![Columns::new()]
        }
        NodeOp::Calc(calc) => {
            let mut read = Columns::new();
            if let Some(scalar) = &calc.condition {
                must_not_change(scalar, node)?;
            }
            for scalar in required.iter().filter_map(|column| calc.project.get(*column)) {
                must_not_change(scalar, node)?;
                scalar.collect_columns(&mut read);
            }
            vec![read]
        }
        // Its collection is a column of the input.
        NodeOp::Correlate(correlate) => {
            let mut read = of_left();
            if required.iter().any(|column| *column >= width) {
                read.insert(correlate.collection);
            }
            vec![read]
        }
        NodeOp::LookupJoin(join) => {
            for scalar in join.fetched.iter().chain(&join.residual) {
                must_not_change(scalar, node)?;
            }
            let below = of_left();
            if !is_of_key(join, width, required) {
                let found_by = found_by(&node.inputs[0]);
                if let NodeOp::LookupJoin(join) = &mut node.op {
                    join.kept = Some(found_by);
                }
            }
            vec![below]
        }
        NodeOp::Rank(rank) if rank.form == RankForm::Rank => match &rank.strategy {
            RankStrategy::UpdateFast(_) => {
                let told = |column: &usize| {
                    *column >= rank.width
                        || rank.partition.contains(column)
                        || rank.order.iter().any(|order| order.column == *column)
                };
                vec![required.iter().copied().filter(|column| !told(column)).collect()]
            }
            _ => vec![all(node, 0)],
        },
        NodeOp::WindowTableFunction(_) => vec![of_left()],
        NodeOp::Expand(expand) => {
            let mut read = Columns::new();
            for scalar in
                expand.projects.iter().flat_map(|project| required.iter().filter_map(|c| project.get(*c)))
            {
                scalar.collect_columns(&mut read);
            }
            vec![read]
        }
        NodeOp::Rank(_)
        | NodeOp::TemporalSort(_)
        | NodeOp::Union(_)
        | NodeOp::ConstraintEnforcer(_)
        | NodeOp::DropUpdateBefore(_)
        | NodeOp::ChangelogNormalize(_) => node
            .inputs
            .iter()
            .map(|input| required.iter().copied().filter(|column| *column < input.columns.len()).collect())
            .collect(),
        _ => (0..node.inputs.len()).map(|port| all(node, port)).collect(),
    })
}

/// Whether the sink's rows are brought in order, where they are found by all their columns.
fn has_materializer(node: &Node) -> bool {
    node.inputs.iter().any(|input| match &input.op {
        NodeOp::SinkMaterializer(_) => true,
        NodeOp::ConstraintEnforcer(_) => has_materializer(input),
        _ => false,
    })
}

fn of_join(node: &Node, required: &Columns) -> Result<Vec<Columns>, PlanError> {
    let (residual, kind) = match &node.op {
        NodeOp::Join(join) => (&join.residual, join.kind),
        NodeOp::IntervalJoin(join) => (&join.residual, join.kind),
        NodeOp::TemporalJoin(join) => (&join.residual, join.kind),
        NodeOp::WindowJoin(join) => (&join.residual, join.kind),
        _ => return Ok(Vec::new()),
    };
    let makes_updates =
        !matches!(kind, JoinKind::Inner | JoinKind::Semi) || updates(node, 0) || updates(node, 1);
    if makes_updates && let Some(scalar) = residual {
        must_not_change(scalar, node)?;
    }
    let width = node.inputs[0].columns.len();
    let side = |port: usize| -> Columns {
        let columns = node.inputs[port].columns.len();
        let is_found_by_key = match &node.op {
            NodeOp::Join(join) => join.side(node, port) != JoinSide::NoUniqueKey,
            _ => !upsert_keys(&node.inputs[port]).is_empty(),
        };
        match (updates(node, port), is_found_by_key) {
            (false, _) => Columns::new(),
            (true, false) => (0..columns).collect(),
            (true, true) => {
                let at = if port == 0 { 0 } else { width };
                let own = required.iter().filter_map(|column| column.checked_sub(at));
                own.filter(|column| *column < columns).collect()
            }
        }
    };
    Ok(vec![side(0), side(1)])
}

/// How a row is found that comes to take back what was sent for it: by the shortest key, else by all it has.
fn found_by(input: &Node) -> FoundBy {
    match upsert_keys(input).into_iter().min_by_key(Vec::len) {
        Some(columns) => FoundBy { columns, is_key: true },
        None => FoundBy { columns: (0..input.columns.len()).collect(), is_key: false },
    }
}

/// Whether nothing is asked of the table that looked up again could be another: its key alone, which the rows look up.
fn is_of_key(join: &LookupJoin, width: usize, required: &Columns) -> bool {
    let looked_up =
        |name: &String| join.keys.iter().any(|(column, _)| join.table.columns[*column].name == *name);
    let key = &join.table.primary_key;
    let is_key = |column: &usize| {
        let table_column = join.columns.get(*column - width);
        table_column.is_some_and(|column| key.contains(&join.table.columns[*column].name))
    };
    let mut asked = required.iter().filter(|column| **column >= width).peekable();
    asked.peek().is_none() || key.iter().all(looked_up) && asked.all(is_key)
}

fn must_not_change(scalar: &Scalar, node: &Node) -> Result<(), PlanError> {
    if scalar.is_deterministic() {
        return Ok(());
    }
    let columns: Vec<&str> = node
        .inputs
        .iter()
        .flat_map(|input| input.columns.iter().map(|column| column.name.as_str()))
        .collect();
    let name = |index: usize| columns.get(index).map_or_else(String::new, |name| (*name).to_owned());
    Err(changes(&scalar.text(&name)))
}

fn changes(what: &str) -> PlanError {
    PlanError::new(format!(
        "{what} gives another value when a row is looked at again, so an update or delete may miss the row that it is for \
         ({STRATEGY} = TRY_RESOLVE)"
    ))
    .hint("compute it before rows are updated (below the aggregate or join), leave it out of what is written, or set IGNORE")
}
