//! Functions over the rows before each row.

use std::fmt::Write;

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::{AggregateTable, Attributes, Describe, GroupAggregate, Names, TimeDomain};
use crate::aggregate_call::AggregateCall;
use crate::state_layout::{below_key, key_columns};

/// For each row the functions over it and the rows of its partition that came before it in time. Output: the input's
/// columns, then the calls.
///
/// Source: Flink `StreamExecOverAggregate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverAggregate {
    /// Columns of the input; empty for one partition of all rows.
    pub keys: Vec<usize>,
    pub domain: TimeDomain,
    /// The time attribute of ORDER BY.
    pub time: usize,
    pub frame: OverFrame,
    pub calls: Vec<AggregateCall>,
    /// `table.exec.state.ttl`, 0 = keep.
    pub ttl_ms: i64,
}

/// The rows before a row that its functions see, beside itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverFrame {
    /// So many rows; none for all of them.
    Rows(Option<i64>),
    /// Those of so many ms before its time, and those of its own time; none for all of them.
    Range(Option<i64>),
}

impl OverFrame {
    /// Whether rows leave the frame.
    pub fn is_bounded(self) -> bool {
        matches!(self, Self::Rows(Some(_)) | Self::Range(Some(_)))
    }
}

/// The tables beside those of the calls, in their order; where one is missing the operator needs none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverTables {
    /// Accumulators, distinct values, values of calls.
    pub calls: Vec<AggregateTable>,
    /// Key -> rows by time: those that wait for their time, and those that a frame still holds.
    pub rows: Option<StateLayout>,
    /// Key -> when its next row is due, the order in which these times were set, the last time that was worked off.
    pub times: Option<StateLayout>,
    /// Key -> when all of it is forgotten, and the order in which these times were set.
    pub forgotten: Option<StateLayout>,
    /// Key -> times at which it was to be forgotten, until they are over.
    pub announced: Option<StateLayout>,
    /// How far event time has come, one row a key group.
    pub progress: Option<StateLayout>,
}

impl OverAggregate {
    /// The frames' accumulators, as those of a group with the same key.
    pub fn groups(&self) -> GroupAggregate {
        GroupAggregate {
            keys: self.keys.clone(),
            calls: self.calls.clone(),
            input_updates: self.frame.is_bounded(),
            emit_update_before: false,
            every_change: false,
            ttl_ms: 0,
        }
    }

    /// Whether rows wait: for the watermark, or for the end of their millisecond.
    pub fn waits(&self) -> bool {
        self.domain == TimeDomain::EventTime || matches!(self.frame, OverFrame::Range(Some(_)))
    }

    /// How long, in ms, a key is kept after its last row at least; none where it is for ever. Flink keeps it up to half
    /// as long again, so that it need not write the time of every row.
    pub fn keeps_ms(&self) -> Option<i64> {
        match self.frame {
            OverFrame::Range(Some(before)) => Some(before),
            _ => Some(self.ttl_ms).filter(|ttl| *ttl > 0),
        }
    }

    pub fn tables(&self, input: &Schema) -> OverTables {
        let keys = key_columns(input, &self.keys);
        let number = |name: &str| Column::new(name, LogicalType::BigInt, true);
        let below = |form, columns, order: &[usize]| below_key(&keys, form, columns, order, 0);
        let rows = || {
            let mut columns = input.columns.clone();
            columns.push(Column::new("$time", LogicalType::BigInt, false));
            StateLayout {
                form: StateForm::Ordered,
                columns,
                key: self.keys.clone(),
                order: vec![OrderColumn::ascending(input.len())],
                ttl_ms: 0,
            }
        };
        let is_range = matches!(self.frame, OverFrame::Range(Some(_)));
        let by_rowtime = self.domain == TimeDomain::EventTime;
        let times = || below(StateForm::One, vec![number("$time"), number("$order"), number("$last")], &[]);
        let forgotten = || below(StateForm::One, vec![number("$time"), number("$order")], &[]);
        let time = |name: &str| Column::new(name, LogicalType::BigInt, false);
        // When the timer fires, and the time that it was set for: one that is set in the past fires next.
        let announced = || below(StateForm::Ordered, vec![time("$fires"), time("$time")], &[0]);
        let progress = || StateLayout {
            form: StateForm::One,
            columns: vec![number("place"), number("time")],
            key: vec![0],
            order: Vec::new(),
            ttl_ms: 0,
        };
        OverTables {
            calls: self.groups().tables(input),
            rows: (self.waits() || self.frame.is_bounded()).then(rows),
            times: self.waits().then(times),
            forgotten: self.keeps_ms().is_some().then(forgotten),
            announced: (is_range && by_rowtime).then(announced),
            progress: by_rowtime.then(progress),
        }
    }
}

impl Describe for OverAggregate {
    fn name(&self) -> &'static str {
        "OverAggregate"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let (input, output) = (&names.inputs[0], &names.output);
        let mut list = Vec::new();
        if !self.keys.is_empty() {
            list.push(("partitionBy", names.of_input(0, &self.keys)));
        }
        list.push(("orderBy", format!("{} ASC", input[self.time])));
        let (unit, before) = match self.frame {
            OverFrame::Rows(before) => ("ROWS", before),
            OverFrame::Range(before) => ("RANG", before),
        };
        let before = before.map_or("UNBOUNDED".to_owned(), |before| before.to_string());
        list.push(("window", format!(" {unit} BETWEEN {before} PRECEDING AND CURRENT ROW")));
        let mut select: Vec<String> = input.clone();
        for (call, name) in self.calls.iter().zip(&output[input.len()..]) {
            select.push(format!("{} AS {name}", call.display(input)));
        }
        list.push(("select", select.join(", ")));
        list
    }

    fn fingerprint(&self) -> String {
        let mut text = format!(" keys={:?} {:?} time={} {:?}", self.keys, self.domain, self.time, self.frame);
        for call in &self.calls {
            let distinct = if call.distinct { "distinct " } else { "" };
            let _ = write!(text, " {distinct}{}{:?}", call.function.name(), call.arguments);
        }
        text
    }
}
