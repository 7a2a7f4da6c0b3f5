//! Rows that may still be the greatest or the least of a window.

use streamsql_core::{Column, LogicalType, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, Names};
use crate::lineage::Origins;
use crate::state_layout::below_key;
use crate::windowing::{Duration, WindowSpec};

/// In front of a join with the MAX or MIN of windows: leaves out rows whose value is known not to be that of any window
/// that the row can be joined with. Output: the input's columns. Found by a planning rule; results are those without it.
#[derive(Clone, Debug)]
pub struct WindowExtremeFilter {
    /// Windows of a TIMESTAMP.
    pub windows: WindowSpec,
    /// Columns of the input: the rowtime, and the value whose extreme is looked for.
    pub time: usize,
    pub value: usize,
    /// MAX, or else MIN.
    pub greatest: bool,
    /// Ends of the windows that a row can be joined with, in ms from its time, inclusive.
    pub from_ms: i64,
    pub to_ms: i64,
}

impl WindowExtremeFilter {
    /// The same with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self { time: origins.column(0, self.time), value: origins.column(0, self.value), ..self.clone() }
    }

    /// How far event time has come, one row a key group.
    pub fn progress_layout(&self) -> StateLayout {
        let number = |name: &str| Column::new(name, LogicalType::BigInt, true);
        below_key(
            &[Column::new("place", LogicalType::BigInt, false)],
            StateForm::One,
            vec![number("time")],
            &[],
            0,
        )
    }

    /// End of a window -> the extreme of the rows that have been seen; the place makes it a key of the shard.
    pub fn extremes_layout(&self) -> StateLayout {
        let key = ["place", "end"].map(|name| Column::new(name, LogicalType::BigInt, false));
        below_key(&key, StateForm::One, vec![Column::new("value", LogicalType::BigInt, true)], &[], 0)
    }

    /// Whether values of a type are compared by this operator: those that a number of 64 bits holds, of which no two are
    /// equal and different.
    pub fn compares(value: &LogicalType) -> bool {
        use LogicalType as T;
        matches!(value, T::TinyInt | T::SmallInt | T::Int | T::BigInt | T::Date)
    }

    /// The input must have both columns.
    pub fn fits(&self, input: &Schema) -> bool {
        let value = input.columns.get(self.value).map(|column| &column.logical_type);
        self.time < input.len() && value.is_some_and(Self::compares)
    }
}

impl Describe for WindowExtremeFilter {
    fn name(&self) -> &'static str {
        "WindowExtremeFilter"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let input = &names.inputs[0];
        let (symbol, function) = if self.greatest { (">=", "MAX") } else { ("<=", "MIN") };
        let (time, value) = (&input[self.time], &input[self.value]);
        vec![
            ("keep", format!("{value} {symbol} {function}({value}) so far")),
            ("window", self.windows.describe(&format!("time_col=[{time}]"))),
            (
                "windowEnds",
                format!("{time} + {} .. {time} + {}", Duration(self.from_ms), Duration(self.to_ms)),
            ),
        ]
    }

    fn fingerprint(&self) -> String {
        let Self { windows, time, value, greatest, from_ms, to_ms } = self;
        format!(" {windows:?} time={time} value={value} greatest={greatest} {from_ms}..{to_ms}")
    }
}
