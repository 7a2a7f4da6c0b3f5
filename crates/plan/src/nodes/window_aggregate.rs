//! GROUP BY the windows of a table function, or a group window (`GROUP BY TUMBLE(…)`).

use std::fmt::Write;

use streamsql_core::{Column, LogicalType, Schema, StateForm, StateLayout};

use super::group_aggregate::{call_tables, shared_filters};
use super::{AggregateTable, AggregateTableUse, Attributes, Describe, Names};
use crate::aggregate_call::{AggregateCall, AggregateFunction};
use crate::state_layout::{below_key, key_columns};
use crate::windowing::{WindowShape, Windowing};

/// Aggregates of each group and window, given when the window is complete. Output: the keys, the calls, the properties.
///
/// Source: Flink `StreamExecWindowAggregate`, `StreamExecGroupWindowAggregate`.
#[derive(Clone, Debug)]
pub struct WindowAggregate {
    pub windowing: Windowing,
    pub over: WindowsOver,
    /// Columns of the input; empty for one group of all rows.
    pub keys: Vec<usize>,
    pub calls: Vec<AggregateCall>,
    pub properties: Vec<WindowProperty>,
    /// A group window: `GROUP BY TUMBLE(…)`.
    pub is_group_window: bool,
    /// Whether the input takes rows back.
    pub input_updates: bool,
}

/// What says in which windows a row is. Columns of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowsOver {
    /// Its time; without a column the processing time at which it comes.
    Time(Option<usize>),
    /// Columns with the start and the end of its one window.
    Window { start: usize, end: usize },
}

/// A column of the output that tells of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowProperty {
    /// TIMESTAMP(3).
    Start,
    /// TIMESTAMP(3), the first time behind it.
    End,
    /// The last ms of the window, as a rowtime.
    Rowtime,
    /// A processing time.
    Proctime,
}

impl WindowProperty {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
            Self::Rowtime => "rowtime",
            Self::Proctime => "proctime",
        }
    }
}

impl WindowAggregate {
    /// Whether windows are put together from what was kept apart: slices or sessions.
    pub fn merges(&self) -> bool {
        self.is_session() || self.shares_slices()
    }

    /// Whether sessions are found here; windows that come with the rows are whole already.
    pub fn is_session(&self) -> bool {
        matches!(self.windowing.spec.shape, WindowShape::Session { .. })
            && matches!(self.over, WindowsOver::Time(_))
    }

    pub fn shares_slices(&self) -> bool {
        matches!(self.over, WindowsOver::Time(_)) && self.windowing.spec.shares_slices()
    }

    /// Whether lists of slices are put together from the newest to the oldest, as Flink does for HOP as a table function.
    pub fn lists_newest_first(&self) -> bool {
        self.shares_slices()
            && !self.is_group_window
            && matches!(self.windowing.spec.shape, WindowShape::Hop { .. })
    }

    /// Whether a call keeps what it needs to take values back, or to put two lists together with their separator.
    pub fn keeps_values(&self, call: &AggregateCall) -> bool {
        let separated = call.function == AggregateFunction::ListAgg && call.arguments.len() > 1;
        self.input_updates || (separated && self.merges())
    }

    /// Columns before the accumulators, behind the keys, in the table of windows: whether the window was told at an end
    /// of the input and has had no row since; of a session its start, its end and the window under which its values
    /// stand in other tables; of an updating input the number of rows.
    pub fn window_columns(&self) -> Vec<Column> {
        let mut columns = vec![Column::new("told", LogicalType::Boolean, true)];
        if self.is_session() {
            columns
                .extend(["start", "end", "window"].map(|name| Column::new(name, LogicalType::BigInt, true)));
        }
        if self.input_updates {
            columns.push(Column::new("rows", LogicalType::BigInt, true));
        }
        columns
    }

    /// Columns of the accumulators, counted from their first, where those of each call begin; then the end.
    pub fn accumulator_offsets(&self, input: &Schema) -> Vec<usize> {
        let mut offsets = vec![0];
        let mut at = 0;
        for call in &self.calls {
            at += call.accumulator(input, self.keeps_values(call)).columns.len();
            offsets.push(at);
        }
        offsets
    }

    /// The tables that it keeps, in their order: windows, how far they were told, distinct values, values of calls.
    pub fn tables(&self, input: &Schema) -> Vec<AggregateTable> {
        let keys = key_columns(input, &self.keys);
        let accumulators: Vec<_> =
            self.calls.iter().map(|call| call.accumulator(input, self.keeps_values(call))).collect();
        let mut columns = self.window_columns();
        columns.extend(accumulators.iter().flat_map(|accumulator| accumulator.columns.clone()));
        let form = if self.is_session() { StateForm::Ordered } else { StateForm::Windows };
        let order: &[usize] = if self.is_session() { &[1] } else { &[] };
        let mut tables = vec![
            AggregateTable {
                name: "windows".to_owned(),
                serves: AggregateTableUse::Accumulators,
                layout: below_key(&keys, form, columns, order, 0),
            },
            AggregateTable {
                name: "progress".to_owned(),
                serves: AggregateTableUse::Progress,
                layout: below_key(
                    &[Column::new("place", LogicalType::BigInt, false)],
                    StateForm::One,
                    vec![Column::new("time", LogicalType::BigInt, true)],
                    &[],
                    0,
                ),
            },
        ];
        // Values of a group stand below its key and its window.
        let mut windowed = keys;
        windowed.push(Column::new(StateLayout::WINDOW, LogicalType::BigInt, false));
        let below = |form, columns, order: &[usize]| below_key(&windowed, form, columns, order, 0);
        tables.extend(call_tables(&self.calls, input, self.input_updates, accumulators, below));
        tables
    }

    /// `time_col=[ts]`, or the columns of the windows.
    fn over(&self, input: &[String]) -> String {
        match self.over {
            WindowsOver::Time(Some(time)) => format!("time_col=[{}]", input[time]),
            WindowsOver::Time(None) => "time_col=[proctime]".to_owned(),
            WindowsOver::Window { start, end } => {
                format!("win_start=[{}], win_end=[{}]", input[start], input[end])
            }
        }
    }
}

impl Describe for WindowAggregate {
    fn name(&self) -> &'static str {
        if self.is_group_window { "GroupWindowAggregate" } else { "WindowAggregate" }
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let (input, output) = (&names.inputs[0], &names.output);
        let keys: Vec<&str> = self.keys.iter().map(|key| input[*key].as_str()).collect();
        let mut select: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        for (call, name) in self.calls.iter().zip(&output[keys.len()..]) {
            select.push(format!("{} AS {name}", call.display(input)));
        }
        for (property, name) in self.properties.iter().zip(&output[keys.len() + self.calls.len()..]) {
            select.push(format!("{}('w$) AS {name}", property.name()));
        }
        let mut list = Vec::new();
        if !keys.is_empty() {
            list.push(("groupBy", keys.join(", ")));
        }
        list.push(("window", self.windowing.spec.describe(&self.over(input))));
        list.push(("select", select.join(", ")));
        list
    }

    fn fingerprint(&self) -> String {
        let mut text = format!(
            " {} over={:?} keys={:?} properties={:?} updates={}",
            self.windowing.fingerprint(),
            self.over,
            self.keys,
            self.properties,
            self.input_updates
        );
        for call in &self.calls {
            let distinct = if call.distinct { "distinct " } else { "" };
            let (name, arguments) = (call.function.name(), &call.arguments);
            let _ = write!(text, " {distinct}{name}{arguments:?} filter={:?}", call.filter);
        }
        text + &shared_filters(&self.calls, self.input_updates)
    }
}
