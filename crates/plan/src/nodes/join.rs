//! A join without bounds in time.

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::rank::order_by;
use super::{Attributes, Describe, JoinKind, Names};
use crate::Expr;
use crate::lineage::Origins;

/// What is known of the rows of an input of a join (Flink `JoinInputSideSpec`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinSide {
    /// Rows are kept with their number.
    NoUniqueKey,
    /// At most one row for these columns.
    UniqueKey(Vec<usize>),
    /// At most one row a join key.
    JoinKeyIsUnique,
}

/// A join whose sides are kept for ever, or for a time-to-live. Output: left columns, then right columns.
///
/// Source: Flink `StreamExecJoin`, `StreamingJoinOperator`, `StreamingSemiAntiJoinOperator`.
#[derive(Clone, Debug)]
pub struct Join {
    pub kind: JoinKind,
    /// Equal columns of either side, pairwise; may be empty.
    pub left_keys: Vec<usize>,
    pub right_keys: Vec<usize>,
    /// For each pair whether NULL equals NULL (`IS NOT DISTINCT FROM`).
    pub null_safe: Vec<bool>,
    /// Other conjuncts, over left ++ right columns.
    pub residual: Option<Expr>,
    /// Columns of left ++ right that they read.
    pub residual_columns: Vec<usize>,
    /// Left and right.
    pub sides: [JoinSide; 2],
    /// Time-to-live of either side's rows, ms; 0 = keep.
    pub ttl_ms: [i64; 2],
    /// Updates come and go without the row before: the row after replaces the one with its key, which holds the join key.
    pub only_after: bool,
    /// Which pairs count for the only reader, where it looks at the best ones.
    pub frontier: Option<Frontier>,
    /// Whether the only row of one side is kept wherever there are rows of the other; of joins without keys.
    pub broadcast: Option<Broadcast>,
}

/// A join without keys of which one side has at most one row: that row goes to every shard, and the rows of the other side
/// stay where they are.
///
/// State is addressed by key group all the same: both sides are kept under a key that stands for a key group. Rows of the
/// other side are kept under the group that owns some of their columns; the only row is kept once under each group. So a
/// shard has it for the groups that it owns, whatever their number, and takes nobody else's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// The side with at most one row: 0 left, 1 right.
    pub single: usize,
    /// Columns of the other side that place its rows.
    pub placed_by: Vec<usize>,
}

/// Pairs that compete: of those of one batch that are equal in some columns only those are made that are among the first
/// ones before them by an order. The reader would take no other.
///
/// Columns are those of left ++ right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontier {
    pub partition: Vec<usize>,
    /// How many are first ones.
    pub rows: usize,
    /// By any of these orders; of equal pairs the one that was made earlier is first.
    pub orders: Vec<Vec<OrderColumn>>,
    /// Where pairs of all batches can be compared.
    pub lasting: Option<Lasting>,
}

/// A frontier over all batches: groups are join keys, and the rows of one side alone tell the order of their pairs. What was
/// sent is remembered by key, and a row whose pairs are all behind it is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// The side that decides: 0 left, 1 right.
    pub side: usize,
    /// Its columns, in their order; never empty.
    pub order: Vec<OrderColumn>,
}

impl Join {
    pub fn keys(&self, port: usize) -> &[usize] {
        if port == 0 { &self.left_keys } else { &self.right_keys }
    }

    /// The columns that tell on which shard a row of an input is kept; none where it is kept on all.
    pub fn placed_by(&self, port: usize) -> Option<&[usize]> {
        match &self.broadcast {
            Some(broadcast) if broadcast.single == port => None,
            Some(broadcast) => Some(&broadcast.placed_by),
            None => Some(self.keys(port)),
        }
    }

    /// Whether rows of an input are kept with the number of their matches: where it matters whether they have one, and the
    /// number of rows with the same key does not tell.
    pub fn counts_matches(&self, port: usize) -> bool {
        let matters = self.kind.pads(port) || port == 0 && self.kind.is_left_only();
        matters && self.residual.is_some()
    }

    /// The table of an input: the columns of its rows; then, where needed, the key that stands for their key group, how
    /// often the row is there, and the number of its matches.
    pub fn table(&self, port: usize, input: &Schema) -> StateLayout {
        let counts_matches = self.counts_matches(port);
        let width = input.len();
        let mut columns = input.columns.clone();
        let mut key = self.keys(port).to_vec();
        if self.broadcast.is_some() {
            key = vec![width];
            columns.push(Column::new("key group", LogicalType::SmallInt, false));
        }
        let others =
            |keys: &[usize]| -> Vec<usize> { (0..width).filter(|column| !keys.contains(column)).collect() };
        let (form, order) = match &self.sides[port] {
            JoinSide::JoinKeyIsUnique => (StateForm::One, Vec::new()),
            JoinSide::UniqueKey(key) => {
                let rest = key.iter().copied().filter(|column| !self.keys(port).contains(column)).collect();
                (StateForm::Ordered, rest)
            }
            JoinSide::NoUniqueKey if counts_matches => {
                columns.push(Column::new(StateLayout::TIMES, LogicalType::BigInt, true));
                (StateForm::Ordered, others(self.keys(port)))
            }
            JoinSide::NoUniqueKey => (StateForm::Counted, Vec::new()),
        };
        if counts_matches {
            columns.push(Column::new("matches", LogicalType::BigInt, true));
        }
        StateLayout {
            form,
            columns,
            key,
            order: order.into_iter().map(OrderColumn::ascending).collect(),
            ttl_ms: self.ttl_ms[port],
        }
    }

    /// The table of the best pairs of a frontier that lasts: the join key, then what orders.
    pub fn best(&self, left: &Schema, right: &Schema) -> Option<StateLayout> {
        let lasting = self.frontier.as_ref()?.lasting.as_ref()?;
        let deciding = if lasting.side == 0 { left } else { right };
        let width = self.left_keys.len();
        let mut columns: Vec<Column> = self.left_keys.iter().map(|key| left.columns[*key].clone()).collect();
        columns.extend(lasting.order.iter().map(|key| deciding.columns[key.column].clone()));
        let order = |(at, key): (usize, &OrderColumn)| OrderColumn { column: width + at, ..*key };
        Some(StateLayout {
            form: StateForm::Ordered,
            columns,
            key: (0..width).collect(),
            order: lasting.order.iter().enumerate().map(order).collect(),
            ttl_ms: 0,
        })
    }
}

impl Join {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self {
            left_keys: origins.columns(0, &self.left_keys),
            right_keys: origins.columns(1, &self.right_keys),
            residual: origins.condition(&self.residual),
            sides: [0, 1].map(|port| origins.side(port, &self.sides[port])),
            broadcast: self.broadcast.as_ref().map(|broadcast| Broadcast {
                placed_by: origins.columns(1 - broadcast.single, &broadcast.placed_by),
                ..broadcast.clone()
            }),
            frontier: self.frontier.as_ref().map(|frontier| Frontier {
                lasting: frontier.lasting.as_ref().map(|lasting| Lasting {
                    order: origins.order(lasting.side, &lasting.order),
                    ..lasting.clone()
                }),
                ..frontier.clone()
            }),
            ..self.clone()
        }
    }
}

impl Describe for Join {
    fn name(&self) -> &'static str {
        "Join"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let (left, right, output) = (&names.inputs[0], &names.inputs[1], &names.output);
        let equality = |((l, r), safe): ((&usize, &usize), &bool)| {
            let equals = if *safe { "IS NOT DISTINCT FROM" } else { "=" };
            format!("{} {equals} {}", left[*l], right[*r])
        };
        let mut conditions: Vec<String> =
            self.left_keys.iter().zip(&self.right_keys).zip(&self.null_safe).map(equality).collect();
        conditions.extend(self.residual.iter().map(|residual| residual.text.clone()));
        let side = |port: usize| match &self.sides[port] {
            JoinSide::NoUniqueKey => "NoUniqueKey".to_owned(),
            JoinSide::UniqueKey(_) => "HasUniqueKey".to_owned(),
            JoinSide::JoinKeyIsUnique => "JoinKeyContainsUniqueKey".to_owned(),
        };
        let condition = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
        let mut list = vec![
            ("joinType", self.kind.flink_name().to_owned()),
            ("where", condition),
            ("select", output.join(", ")),
            ("leftInputSpec", side(0)),
            ("rightInputSpec", side(1)),
        ];
        list.extend(self.broadcast.iter().map(|broadcast| {
            let side = ["left", "right"][broadcast.single];
            ("broadcast", side.to_owned())
        }));
        list.extend(self.frontier.iter().map(|frontier| {
            let partition: Vec<&str> = frontier.partition.iter().map(|c| output[*c].as_str()).collect();
            let orders: Vec<String> = frontier.orders.iter().map(|order| order_by(order, output)).collect();
            let lasting = frontier.lasting.as_ref().map_or_else(String::new, |lasting| {
                format!(", others of {} are not kept", ["left", "right"][lasting.side])
            });
            let text = format!(
                "first {} of ({}) by {}{lasting}",
                frontier.rows,
                partition.join(", "),
                orders.join(" or by ")
            );
            ("frontier", text)
        }));
        list
    }

    fn fingerprint(&self) -> String {
        let broadcast = self.broadcast.as_ref().map_or(String::new(), |broadcast| {
            format!(" broadcast={} placed_by={:?}", broadcast.single, broadcast.placed_by)
        });
        // A frontier of single batches leaves the state as it is.
        let lasting =
            self.frontier.as_ref().and_then(|frontier| Some((frontier.rows, frontier.lasting.as_ref()?)));
        let frontier = lasting.map_or(String::new(), |(rows, Lasting { side, order })| {
            let order: Vec<_> =
                order.iter().map(|key| (key.column, key.descending, key.nulls_last)).collect();
            format!(" first {rows} by {order:x?} of {side}")
        });
        format!(
            " {} keys={:?}={:?} null_safe={:?} residual=({}) sides={:?}{broadcast}{frontier}",
            self.kind.flink_name(),
            self.left_keys,
            self.right_keys,
            self.null_safe,
            self.residual.as_ref().map_or("", |residual| residual.canonical.as_str()),
            self.sides
        )
    }
}
