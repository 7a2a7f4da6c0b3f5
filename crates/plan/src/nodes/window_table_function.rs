//! Every row once for each of its windows.

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, Names, WindowProperty};
use crate::lineage::Origins;
use crate::windowing::{WindowShape, Windowing};

/// The input's columns and `window_start`, `window_end`, `window_time`.
///
/// Source: Flink `StreamExecWindowTableFunction`, `AlignedWindowTableFunctionOperator`; of sessions
/// `UnalignedWindowTableFunctionOperator`.
#[derive(Clone, Debug)]
pub struct WindowTableFunction {
    pub windowing: Windowing,
    /// The time attribute, a column of the input.
    pub time: usize,
    /// Columns of the input whose rows make sessions of their own.
    pub partition: Vec<usize>,
    /// The columns behind the input's.
    pub properties: Vec<WindowProperty>,
}

impl WindowTableFunction {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self {
            time: origins.column(0, self.time),
            partition: origins.columns(0, &self.partition),
            ..self.clone()
        }
    }

    /// Whether the window of a row depends on other rows.
    pub fn is_session(&self) -> bool {
        matches!(self.windowing.spec.shape, WindowShape::Session { .. })
    }

    /// Partition -> rows of open sessions by their wall time in ms; behind the input's columns that time, the kind of the
    /// change (0 to 3: `+I`, `-U`, `+U`, `-D`) and whether the row was told at the end of a run.
    pub fn rows_layout(&self, input: &Schema) -> StateLayout {
        let number = |name: &str, nullable| Column::new(name, LogicalType::BigInt, nullable);
        let behind = [number("$time", false), number("$kind", false), number("$told", true)];
        StateLayout {
            form: StateForm::Ordered,
            columns: input.columns.iter().cloned().chain(behind).collect(),
            key: self.partition.clone(),
            order: vec![OrderColumn::ascending(input.len())],
            ttl_ms: 0,
        }
    }
}

impl Describe for WindowTableFunction {
    fn name(&self) -> &'static str {
        "WindowTableFunction"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let over = format!("time_col=[{}]", names.inputs[0][self.time]);
        let mut list = vec![("window", self.windowing.spec.describe(&over))];
        if self.is_session() {
            list.push(("partitionBy", names.of_input(0, &self.partition)));
        }
        list.retain(|(_, value)| !value.is_empty());
        list
    }

    fn fingerprint(&self) -> String {
        let Self { windowing, time, partition, properties } = self;
        let windows = windowing.fingerprint();
        if self.is_session() {
            return format!(" {windows} time={time} partition={partition:?} properties={properties:?}");
        }
        format!(" {windows} time={time} properties={properties:?}")
    }
}
