//! The first or last row of each key.

use streamsql_core::{Schema, StateForm, StateLayout};

use super::{Attributes, Describe, Names, TimeDomain};
use crate::lineage::Origins;

/// First or last row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    First,
    Last,
}

/// ROW_NUMBER() = 1 over a time attribute. Output: the input's columns.
///
/// Source: Flink `StreamExecDeduplicate`: the rowtime compared is the **first** rowtime column of the input.
#[derive(Clone, Debug)]
pub struct Deduplicate {
    pub keys: Vec<usize>,
    pub keep: Keep,
    pub domain: TimeDomain,
    /// Rowtime column compared; unused in processing time.
    pub rowtime: usize,
    /// Whether `-U` rows are wanted downstream.
    pub emit_update_before: bool,
    /// `table.exec.state.ttl`, 0 = keep.
    pub ttl_ms: i64,
}

impl Deduplicate {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self {
            keys: origins.columns(0, &self.keys),
            rowtime: match self.domain {
                TimeDomain::EventTime => origins.column(0, self.rowtime),
                TimeDomain::ProcessingTime => self.rowtime,
            },
            ..self.clone()
        }
    }
}

impl Describe for Deduplicate {
    fn name(&self) -> &'static str {
        "Deduplicate"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        vec![
            ("keep", if self.keep == Keep::First { "FirstRow" } else { "LastRow" }.to_owned()),
            ("key", names.of_input(0, &self.keys)),
            ("order", if self.domain == TimeDomain::EventTime { "ROWTIME" } else { "PROCTIME" }.to_owned()),
        ]
    }

    fn fingerprint(&self) -> String {
        format!(" {:?} {:?} keys={:?} rowtime={}", self.keep, self.domain, self.keys, self.rowtime)
    }
}

impl Deduplicate {
    /// Key -> the row that counts.
    pub fn layout(&self, input: &Schema) -> StateLayout {
        StateLayout {
            form: StateForm::One,
            columns: input.columns.clone(),
            key: self.keys.clone(),
            order: Vec::new(),
            ttl_ms: self.ttl_ms,
        }
    }
}
