//! The operators that run: Flink's ExecNodes, a file each, with the conditions under which each is chosen.
//!
//! A file holds what the passes ask of its operator: `choose` (does it fit, and why not), columns that it needs, the
//! changes that it makes and takes, keys of its rows, where its input must be, and its node of the dataflow.

pub mod calc;
pub mod changelog_normalize;
pub mod collect;
pub mod constraint_enforcer;
pub mod correlate;
pub mod deduplicate;
pub mod drop_update_before;
pub mod expand;
pub mod group_aggregate;
pub mod interval_join;
pub mod join;
pub mod lookup_join;
pub mod match_recognize;
pub mod over_aggregate;
mod print;
pub mod rank;
pub mod sink;
pub mod sink_materializer;
pub mod source;
pub mod temporal_join;
pub mod temporal_sort;
pub mod union;
pub mod values;
pub mod window_aggregate;
pub mod window_extreme_filter;
pub mod window_join;
pub mod window_rank;
pub mod window_table_function;

use std::collections::BTreeSet;

use streamsql_core::{ChangelogMode, Column, Schema};
use streamsql_plan::{JoinKind, NodeKind, StateTable, TimeAttribute};
use streamsql_sql::settings::Settings;

use crate::changelog::{Kinds, kinds_of};
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Columns, Join, Op, Rank, Rel, RelColumn, Scalar};
use crate::normalize::has_no_end;
use crate::properties::window;
use crate::prune::Pruned;
use streamsql_functions::compare::UNLIKE_NOT_DISTINCT;

pub use print::print;

/// An operator over inputs.
#[derive(Clone)]
pub struct Node {
    pub op: NodeOp,
    pub inputs: Vec<Node>,
    pub columns: Vec<RelColumn>,
    /// The changes that it makes, settled by the changelog pass.
    pub mode: ChangelogMode,
}

/// One operator.
#[derive(Clone)]
pub enum NodeOp {
    Source(source::Source),
    Values(values::Values),
    Calc(calc::Calc),
    ChangelogNormalize(changelog_normalize::ChangelogNormalize),
    DropUpdateBefore(drop_update_before::DropUpdateBefore),
    Correlate(correlate::Correlate),
    LookupJoin(lookup_join::LookupJoin),
    IntervalJoin(interval_join::IntervalJoin),
    Deduplicate(deduplicate::Deduplicate),
    Rank(rank::Rank),
    TemporalSort(temporal_sort::TemporalSort),
    WindowRank(window_rank::WindowRank),
    WindowExtremeFilter(window_extreme_filter::WindowExtremeFilter),
    Expand(expand::Expand),
    GroupAggregate(group_aggregate::GroupAggregate),
    OverAggregate(over_aggregate::OverAggregate),
    WindowJoin(window_join::WindowJoin),
    WindowTableFunction(window_table_function::WindowTableFunction),
    WindowAggregate(window_aggregate::WindowAggregate),
    Join(join::Join),
    TemporalJoin(temporal_join::TemporalJoin),
    Match(match_recognize::Match),
    Union(union::Union),
    ConstraintEnforcer(constraint_enforcer::ConstraintEnforcer),
    SinkMaterializer(sink_materializer::SinkMaterializer),
    Sink(sink::Sink),
    Collect(collect::Collect),
}

/// Why an operator does not fit.
#[derive(Clone, Debug)]
pub struct WhyNot(pub PlanError);

impl<T: Into<PlanError>> From<T> for WhyNot {
    fn from(error: T) -> Self {
        Self(error.into())
    }
}

/// What the passes ask of an operator.
pub trait Rules {
    /// Flink's name.
    fn name(&self) -> &'static str;

    /// What `explain --stage physical` prints behind the name; expressions name the columns of the inputs.
    fn describe(&self, text: &dyn Fn(&Scalar) -> String) -> String;

    /// The kinds of changes that it makes of those that come.
    ///
    /// # Errors
    /// It does not take what comes.
    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        Ok(inputs.first().copied().unwrap_or(Kinds::INSERT))
    }

    /// Whether its updates come with the row before, given whether somebody needs that; told once, before it is emitted
    /// and before its inputs are settled.
    fn settle_update_before(&mut self, needed: bool, _inputs: &[Node]) -> bool {
        needed
    }

    /// Whether its updates are its own, not those of its inputs.
    fn makes_updates(&self) -> bool {
        false
    }

    /// Whether it needs the row before an update of its inputs, given whether its own updates come with it.
    fn needs_update_before(&self, makes: bool) -> bool {
        makes
    }

    /// The same for one of several inputs.
    fn input_needs_update_before(&self, _port: usize, makes: bool) -> bool {
        self.needs_update_before(makes)
    }

    /// Tells it whether the order of its changes matters to somebody behind it; whether that of its inputs then does.
    fn settle_order(&mut self, matters: bool) -> bool {
        matters
    }

    /// Tells it the changes that its inputs make, once those are settled.
    fn settle_inputs(&mut self, _inputs: &[ChangelogMode]) {}

    /// Sets of its columns that identify a row at any moment, given those of its inputs.
    fn upsert_keys(&self, _inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        Vec::new()
    }

    /// The node cut to the columns that are read above it.
    ///
    /// # Errors
    /// As those of the inputs.
    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError>;

    /// On which shard rows of an input must be.
    fn distribution(&self, _port: usize) -> Distribution {
        Distribution::Any
    }

    /// Where a column of an input is in the output, unchanged; none where it is not, or where rows of that input are not
    /// alone in the output.
    fn passes(&self, _node: &Node, _port: usize, _column: usize) -> Option<usize> {
        None
    }

    /// Its node of the dataflow.
    ///
    /// # Errors
    /// An expression that cannot be evaluated.
    fn emit(&self, node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError>;

    /// The state that it keeps.
    fn state(&self, _node: &Node, _settings: &Settings) -> Vec<StateTable> {
        Vec::new()
    }

    /// What two operators with equal inputs must have in common to be one; none where that is never so.
    fn identity(&self) -> Option<String>;
}

impl NodeOp {
    pub fn rules(&self) -> &dyn Rules {
        match self {
            Self::Source(op) => op,
            Self::Values(op) => op,
            Self::Calc(op) => op,
            Self::ChangelogNormalize(op) => op,
            Self::DropUpdateBefore(op) => op,
            Self::Correlate(op) => op,
            Self::LookupJoin(op) => op,
            Self::IntervalJoin(op) => op,
            Self::Deduplicate(op) => op,
            Self::Rank(op) => op,
            Self::TemporalSort(op) => op,
            Self::WindowRank(op) => op,
            Self::WindowExtremeFilter(op) => op,
            Self::Expand(op) => op,
            Self::GroupAggregate(op) => op,
            Self::OverAggregate(op) => op,
            Self::WindowJoin(op) => op,
            Self::WindowTableFunction(op) => op,
            Self::WindowAggregate(op) => op,
            Self::Join(op) => op,
            Self::TemporalJoin(op) => op,
            Self::Match(op) => op,
            Self::Union(op) => op,
            Self::ConstraintEnforcer(op) => op,
            Self::SinkMaterializer(op) => op,
            Self::Sink(op) => op,
            Self::Collect(op) => op,
        }
    }

    pub fn rules_mut(&mut self) -> &mut dyn Rules {
        match self {
            Self::Source(op) => op,
            Self::Values(op) => op,
            Self::Calc(op) => op,
            Self::ChangelogNormalize(op) => op,
            Self::DropUpdateBefore(op) => op,
            Self::Correlate(op) => op,
            Self::LookupJoin(op) => op,
            Self::IntervalJoin(op) => op,
            Self::Deduplicate(op) => op,
            Self::Rank(op) => op,
            Self::TemporalSort(op) => op,
            Self::WindowRank(op) => op,
            Self::WindowExtremeFilter(op) => op,
            Self::Expand(op) => op,
            Self::GroupAggregate(op) => op,
            Self::OverAggregate(op) => op,
            Self::WindowJoin(op) => op,
            Self::WindowTableFunction(op) => op,
            Self::WindowAggregate(op) => op,
            Self::Join(op) => op,
            Self::TemporalJoin(op) => op,
            Self::Match(op) => op,
            Self::Union(op) => op,
            Self::ConstraintEnforcer(op) => op,
            Self::SinkMaterializer(op) => op,
            Self::Sink(op) => op,
            Self::Collect(op) => op,
        }
    }
}

impl Columns for Node {
    fn columns(&self) -> &[RelColumn] {
        &self.columns
    }
}

impl Node {
    pub fn new(op: NodeOp, inputs: Vec<Node>, columns: Vec<RelColumn>) -> Self {
        let mode = ChangelogMode::INSERT_ONLY;
        Self { op, inputs, columns, mode }
    }

    pub fn schema(&self) -> Schema {
        let column = |c: &RelColumn| Column::new(&c.name, c.logical_type.clone(), c.nullable);
        Schema::new(self.columns.iter().map(column).collect())
    }
}

/// The operators of a query.
///
/// # Errors
/// No operator fits: what is missing in each.
pub fn choose(rel: &Rel) -> Result<Node, PlanError> {
    chosen(rel).map_err(|error| match &rel.origin {
        Some(origin) if error.at.is_none() => error.written_at(origin),
        _ => error,
    })
}

fn chosen(rel: &Rel) -> Result<Node, PlanError> {
    let inputs = || rel.inputs.iter().map(choose).collect::<Result<Vec<_>, _>>();
    let input = || choose(&rel.inputs[0]);
    Ok(match &rel.op {
        Op::Scan(table) => changelog_normalize::over(source::of(table, rel), table),
        Op::Values(rows) => values::of(rows, rel)?,
        Op::Project(project) => calc::projection(input()?, project.clone(), rel.columns.clone()),
        Op::Filter(condition) => match has_no_end(condition, &rel.inputs[0]) {
            Some(over) => return Err(rank::no_end(over)),
            None => calc::filter(input()?, condition.clone()),
        },
        Op::Join(join) => self::join(rel, join)?,
        Op::Correlate(correlate) => correlate::of(input()?, correlate, &rel.columns),
        Op::Rank(rank) => {
            let placed = |error: PlanError| match error.about {
                Some("ROW_NUMBER") if rank.at != (0, 0) => error.or_at(rank.at.0, rank.at.1),
                _ => error,
            };
            match window_rank::choose(rel, rank).map_err(placed)? {
                Some(node) => node,
                None => self::rank(input()?, rank).map_err(placed)?,
            }
        }
        Op::Over(over) => over_aggregate::choose(input()?, over, &rel.columns).map_err(|why| why.0)?,
        Op::Aggregate(aggregate) => match window_aggregate::choose(rel, aggregate)? {
            Some(node) => node,
            None => group_aggregate::choose(input()?, aggregate, &rel.columns).map_err(|why| why.0)?,
        },
        Op::WindowTableFunction(function) => window_table_function::of(input()?, function, &rel.columns),
        Op::Expand(projects) => expand::of(input()?, projects, &rel.columns),
        Op::SetOp(set) => match union::choose(set) {
            Ok(()) => union::of(inputs()?, rel),
            Err(why) => return Err(why.0),
        },
        Op::Match(matched) => {
            match_recognize::choose(input()?, matched, &rel.columns).map_err(|why| why.0)?
        }
        Op::Sort(order) => temporal_sort::choose(input()?, order).map_err(|why| why.0)?,
        Op::Limit(limit) => match &rel.inputs[0].op {
            Op::Sort(order) => rank::sort_limit(choose(&rel.inputs[0].inputs[0])?, order, limit),
            _ => rank::limit(input()?, limit),
        }
        .map_err(|why| why.0)?,
    })
}

/// A deduplication, else a Top-N; of rows that are taken back only a Top-N knows what comes next.
fn rank(input: Node, rank: &Rank) -> Result<Node, PlanError> {
    match deduplicate::fits(&input, rank) {
        Some((time, keep)) if kinds_of(&input) == Kinds::INSERT => {
            Ok(deduplicate::of(input, rank, time, keep))
        }
        _ => rank::choose(input, rank).map_err(|why| why.0),
    }
}

/// Flink's order: lookup, temporal, window, interval, regular.
fn join(rel: &Rel, join: &Join) -> Result<Node, PlanError> {
    let [left, right] = rel.inputs.as_slice() else { return Err("a join has two inputs".into()) };
    if let Some(as_of) = &join.as_of {
        return match left.columns[as_of.column].time {
            Some(TimeAttribute::Rowtime) => {
                temporal_join::choose(choose(left)?, choose(right)?, join, as_of).map_err(|why| why.0)
            }
            _ => lookup_join::choose(choose(left)?, right, join, as_of).map_err(|why| why.0),
        };
    }
    let unlike = |condition: &Scalar| equality(condition, left.columns.len(), &[UNLIKE_NOT_DISTINCT]);
    if let Some((l, r)) = join.on.iter().find_map(unlike) {
        return Err(unlike_sides(&l, &r));
    }
    if let Some(same) = window::joined(left, right, join) {
        window_join::check(&same)?;
        return Ok(window_join::of(choose(left)?, choose(right)?, join, &same));
    }
    let (left, right) = (choose(left)?, choose(right)?);
    Ok(match interval_join::bounds(&left, &right, join) {
        Ok(bounds) => interval_join::of(left, right, join, &bounds),
        Err(_) => join::of(left, right, join),
    })
}

/// The sides have been cast to the type in which they are compared: one of them, or both.
fn unlike_sides(left: &Scalar, right: &Scalar) -> PlanError {
    let before = |side: &Scalar| match side.as_call() {
        Some(("CAST", [operand])) => operand.logical_type.clone(),
        _ => side.logical_type.clone(),
    };
    let (l, r) = (before(left), before(right));
    PlanError::new(format!("a join does not take {l} IS NOT DISTINCT FROM {r}, as in Flink"))
        .hint("CAST one side to the type of the other")
        .about("DISTINCT")
}

/// The two sides of `left expression = right expression`, or of another of the symbols, over left ++ right columns.
pub fn equality(condition: &Scalar, width: usize, symbols: &[&str]) -> Option<(Scalar, Scalar)> {
    let (symbol, [l, r]) = condition.as_call()? else { return None };
    if !symbols.contains(&symbol) {
        return None;
    }
    let side = |columns: &BTreeSet<usize>| match (columns.iter().all(|c| *c < width), columns.is_empty()) {
        (_, true) => None,
        (is_left, false) => (is_left || columns.iter().all(|c| *c >= width)).then_some(is_left),
    };
    match (side(&l.columns())?, side(&r.columns())?) {
        (true, false) => Some((l.clone(), r.clone())),
        (false, true) => Some((r.clone(), l.clone())),
        _ => None,
    }
}

/// Computed keys become columns at the end.
pub fn with_key_columns(input: Node, values: Vec<Scalar>) -> (Node, Vec<usize>) {
    let mut project = input.references();
    let mut names = input.names();
    let width = project.len();
    let keys = values
        .into_iter()
        .map(|value| {
            value.as_column().unwrap_or_else(|| {
                names.push(format!("$key{}", names.len()));
                project.push(value);
                project.len() - 1
            })
        })
        .collect();
    if project.len() == width { (input, keys) } else { (calc::named(input, project, names), keys) }
}

/// Only the columns of a node at these positions.
pub fn only(node: Node, positions: impl Iterator<Item = usize> + Clone) -> Node {
    let references = node.references();
    let project = positions.clone().map(|position| references[position].clone()).collect();
    let names = positions.map(|position| node.columns[position].name.clone()).collect();
    calc::named(node, project, names)
}

/// How long state is kept after its last write, in ms, 0 for ever: as the hint says, else as the setting.
fn state_ttl_ms(hint: Option<i64>, settings: &Settings) -> i64 {
    hint.unwrap_or_else(|| settings.duration_ms("table.exec.state.ttl"))
}

/// Names of columns, for the state tables of EXPLAIN.
fn key_names(columns: &[RelColumn], keys: &[usize]) -> String {
    keys.iter().map(|key| columns[*key].name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Flink's word for a kind of join, as EXPLAIN prints it.
fn join_type(kind: JoinKind) -> String {
    format!("joinType=[{}]", kind.flink_name())
}
