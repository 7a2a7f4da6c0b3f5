//! Every row once for each of its windows.

use super::{Attributes, Describe, Names, WindowProperty};
use crate::windowing::Windowing;

/// The input's columns and `window_start`, `window_end`, `window_time`.
///
/// Source: Flink `StreamExecWindowTableFunction`, `WindowTableFunctionOperator`.
#[derive(Clone, Debug)]
pub struct WindowTableFunction {
    pub windowing: Windowing,
    /// The rowtime, a column of the input.
    pub time: usize,
    /// The columns behind the input's.
    pub properties: Vec<WindowProperty>,
}

impl Describe for WindowTableFunction {
    fn name(&self) -> &'static str {
        "WindowTableFunction"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let over = format!("time_col=[{}]", names.inputs[0][self.time]);
        vec![("window", self.windowing.spec.describe(&over))]
    }

    fn fingerprint(&self) -> String {
        format!(" {} time={} properties={:?}", self.windowing.fingerprint(), self.time, self.properties)
    }
}
