//! The windows that the rows of a relation carry (Flink `FlinkRelMdWindowProperties`, `RelWindowProperties`).
//!
//! A window table function gives every row the start, the end and the time of a window. Columns that hold them keep that
//! meaning through projections, filters, unions of the same windows and aggregates by window. Who groups, joins or ranks
//! by them runs once a window, when it is complete:
//!
//! 1. [`of`] tells the windows of a relation, none where its rows carry none;
//! 2. [`Windows::are_among`] whether columns (the keys of GROUP BY, of PARTITION BY) name the window by start and end;
//! 3. [`Windows::is_same`] whether two inputs have the same windows, so that equal bounds mean an equal window;
//! 4. [`Windows::windowing`] is what an operator needs of them: when a window with some end is complete
//!    (`Windowing::fires_at`), and its time (`Windowing::time_of`).
//!
//! An operator that gives its rows when their window is complete, and before the watermark passes that, hands the windows
//! on: a case in [`of`]. One that gives rows later must not, or those above would take them for late ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use streamsql_core::WallClock;
use streamsql_functions::Zone;
use streamsql_plan::{RankRange, TimeAttribute, TimeDomain, WindowSpec, Windowing};

use crate::logical::{Aggregate, Join, Op, Rank, Rel, Relation, Scalar, SetKind};
use crate::physical::equality;

/// Windows that rows carry, and the columns that hold their bounds.
#[derive(Clone, Debug)]
pub struct Windows {
    pub spec: WindowSpec,
    pub attribute: TimeAttribute,
    /// The zone by whose clocks the windows are cut; none for a TIMESTAMP.
    pub zone: Option<Zone>,
    pub start: BTreeSet<usize>,
    pub end: BTreeSet<usize>,
    /// Columns with `window_time`, which are time attributes.
    pub time: BTreeSet<usize>,
    /// Of starts and ends those that are NULL in rows that an outer join padded. Who ranks or joins by them takes such rows
    /// for late ones, as Flink does; Flink has no aggregate by them (its planner fails), here it is one that is kept up to
    /// date.
    pub padded: BTreeSet<usize>,
}

impl Windows {
    /// Whether these columns name the window: its start and its end are among them.
    pub fn are_among(&self, columns: &BTreeSet<usize>) -> bool {
        !self.start.is_disjoint(columns) && !self.end.is_disjoint(columns)
    }

    /// All columns that hold something of the window.
    pub fn columns(&self) -> BTreeSet<usize> {
        self.start.iter().chain(&self.end).chain(&self.time).copied().collect()
    }

    /// Whether both are cut alike.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.spec, self.attribute, self.zone) == (other.spec, other.attribute, other.zone)
    }

    /// As operators know them.
    pub fn windowing(&self) -> Windowing {
        windowing(self.spec, self.attribute, self.zone)
    }

    /// The windows with their columns elsewhere; those that are nowhere are left out.
    fn moved(&self, to: impl Fn(usize) -> Vec<usize>) -> Self {
        let moved = |columns: &BTreeSet<usize>| columns.iter().flat_map(|column| to(*column)).collect();
        Self {
            start: moved(&self.start),
            end: moved(&self.end),
            time: moved(&self.time),
            padded: moved(&self.padded),
            ..self.clone()
        }
    }

    /// None where start or end are gone.
    fn whole(self) -> Option<Self> {
        (!self.start.is_empty() && !self.end.is_empty()).then_some(self)
    }
}

/// Windows as operators know them.
pub fn windowing(spec: WindowSpec, attribute: TimeAttribute, zone: Option<Zone>) -> Windowing {
    let domain = match attribute {
        TimeAttribute::Rowtime => TimeDomain::EventTime,
        TimeAttribute::Proctime => TimeDomain::ProcessingTime,
    };
    let clock = zone.filter(|zone| *zone != Zone::UTC).map(|zone| Arc::new(zone) as Arc<dyn WallClock>);
    Windowing { spec, domain, clock }
}

/// The windows that the rows of a relation carry.
pub fn of(rel: &Relation) -> Option<Windows> {
    match &rel.op {
        Op::WindowTableFunction(function) => {
            let width = rel.inputs[0].columns.len();
            Some(Windows {
                spec: function.spec,
                attribute: function.attribute,
                zone: function.zone,
                start: [width].into(),
                end: [width + 1].into(),
                time: (width + 2..rel.columns.len()).collect(),
                padded: BTreeSet::new(),
            })
        }
        // Elements of a collection stand behind the columns of their row.
        Op::Filter(_) | Op::Correlate(_) => of(&rel.inputs[0]),
        Op::Project(project) => of(&rel.inputs[0])?.moved(|column| references(project, column)).whole(),
        Op::Expand(projects) => {
            let everywhere = |column: usize| {
                let mut places = references(&projects[0], column);
                places.retain(|place| projects.iter().all(|p| p[*place].as_column() == Some(column)));
                places
            };
            of(&rel.inputs[0])?.moved(everywhere).whole()
        }
        Op::Aggregate(aggregate) => {
            let windows = of(&rel.inputs[0])?;
            let keys = key_columns(aggregate);
            let place = |column: usize| positions(&keys, |key| *key == Some(column));
            windows.moved(place).whole()
        }
        // A Top-N by window gives its rows when the window is complete.
        Op::Rank(rank) => ranked_by(&rel.inputs[0], rank),
        Op::SetOp(set) if set.kind == SetKind::Union && set.all => {
            let mut inputs = rel.inputs.iter().map(|input| of(input));
            let first = inputs.next()??;
            inputs.try_fold(first, |windows, other| {
                let other = other?;
                let both = |one: &BTreeSet<usize>, two: &BTreeSet<usize>| one & two;
                let shared = Windows {
                    start: both(&windows.start, &other.start),
                    end: both(&windows.end, &other.end),
                    time: both(&windows.time, &other.time),
                    padded: &windows.padded | &other.padded,
                    ..windows.clone()
                };
                if windows.is_same(&other) { shared.whole() } else { None }
            })
        }
        Op::Join(join) => {
            let [left, right] = rel.inputs.as_slice() else { return None };
            let width = left.columns.len();
            let joined = joined(left, right, join)?;
            let side = |columns: &BTreeSet<usize>, first: usize| -> BTreeSet<usize> {
                columns.iter().map(|column| first + column).collect()
            };
            let pads_left = join.kind.keeps_right();
            let pads_right = join.kind.keeps_left();
            let has_right = !join.kind.is_left_only();
            let (lefts, rights) = (&joined.left, of(right)?);
            let both = |one: &BTreeSet<usize>, two: &BTreeSet<usize>, with_left: bool, with_right: bool| {
                let none = BTreeSet::new();
                &side(if with_left { one } else { &none }, 0)
                    | &side(if with_right { two } else { &none }, width)
            };
            // Of a side that is padded the bounds may be NULL.
            let (left_bounds, right_bounds) = (&lefts.start | &lefts.end, &rights.start | &rights.end);
            let windows = Windows {
                start: both(&lefts.start, &rights.start, true, has_right),
                end: both(&lefts.end, &rights.end, true, has_right),
                time: both(&lefts.time, &rights.time, !pads_left, has_right && !pads_right),
                padded: &both(&lefts.padded, &rights.padded, true, has_right)
                    | &both(&left_bounds, &right_bounds, pads_left, has_right && pads_right),
                ..lefts.clone()
            };
            windows.whole()
        }
        _ => None,
    }
}

/// Two inputs with the same windows whose starts and ends a join equates.
pub struct Joined {
    /// The windows of the left input; those of the right one are cut alike.
    pub left: Windows,
    /// Columns of start and end in the left input and in the right one.
    pub left_window: (usize, usize),
    pub right_window: (usize, usize),
    /// Positions in the join's conditions of those that equate the windows.
    pub conditions: Vec<usize>,
}

/// The windows of a join, none where it is none by window (Flink `WindowJoinUtil.satisfyWindowJoin`).
pub fn joined(left: &Rel, right: &Rel, join: &Join) -> Option<Joined> {
    if join.as_of.is_some() {
        return None;
    }
    let width = left.columns.len();
    let (lefts, rights) = (of(left)?, of(right)?);
    let (mut start, mut end, mut conditions) = (None, None, Vec::new());
    for (i, condition) in join.on.iter().enumerate() {
        let Some((l, r)) = equality(condition, width, &["="]) else { continue };
        let (Some(l), Some(r)) = (l.as_column(), r.as_column().map(|column| column - width)) else {
            continue;
        };
        if lefts.start.contains(&l) && rights.start.contains(&r) {
            start.get_or_insert((l, r));
        } else if lefts.end.contains(&l) && rights.end.contains(&r) {
            end.get_or_insert((l, r));
        } else {
            continue;
        }
        conditions.push(i);
    }
    let (start, end) = (start?, end?);
    let (left_window, right_window) = ((start.0, end.0), (start.1, end.1));
    lefts.is_same(&rights).then_some(Joined { left: lefts, left_window, right_window, conditions })
}

/// The windows of the input by which an aggregate groups; none where it does not.
pub fn grouped_by(input: &Rel, aggregate: &Aggregate) -> Option<Windows> {
    let keys: BTreeSet<usize> = key_columns(aggregate).into_iter().flatten().collect();
    let told = of(input).map(|windows| Windows {
        start: &windows.start - &windows.padded,
        end: &windows.end - &windows.padded,
        ..windows
    });
    told.filter(|windows| windows.are_among(&keys))
}

/// The windows of the input by which a rank is partitioned; none where it is not one by window.
pub fn ranked_by(input: &Rel, rank: &Rank) -> Option<Windows> {
    let keys: BTreeSet<usize> = rank.partition.iter().filter_map(Scalar::as_column).collect();
    let is_constant = matches!(rank.range, RankRange::Constant { .. });
    of(input).filter(|windows| is_constant && windows.are_among(&keys))
}

fn key_columns(aggregate: &Aggregate) -> Vec<Option<usize>> {
    aggregate.keys.iter().map(Scalar::as_column).collect()
}

/// Where a column stands in a projection, as it is.
fn references(project: &[Scalar], column: usize) -> Vec<usize> {
    positions(project, |scalar| scalar.as_column() == Some(column))
}

fn positions<T>(all: &[T], wanted: impl Fn(&T) -> bool) -> Vec<usize> {
    all.iter().enumerate().filter(|(_, one)| wanted(one)).map(|(position, _)| position).collect()
}
