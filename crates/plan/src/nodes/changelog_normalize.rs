//! The whole changelog of a source that tells the last row of each key.

use streamsql_core::{Schema, StateForm, StateLayout};

use super::{Attributes, Describe, Names};
use crate::lineage::Origins;

/// Upserts and deletes by key become inserts, updates with the row before, and deletes of whole rows.
#[derive(Clone, Debug)]
pub struct ChangelogNormalize {
    pub keys: Vec<usize>,
    /// Whether `-U` rows are wanted downstream.
    pub emit_update_before: bool,
    /// `table.exec.state.ttl`, 0 = keep.
    pub ttl_ms: i64,
}

impl ChangelogNormalize {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self { keys: origins.columns(0, &self.keys), ..self.clone() }
    }
}

impl Describe for ChangelogNormalize {
    fn name(&self) -> &'static str {
        "ChangelogNormalize"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        vec![("key", names.of_input(0, &self.keys))]
    }

    fn fingerprint(&self) -> String {
        format!(" keys={:?}", self.keys)
    }
}

impl ChangelogNormalize {
    /// Key -> its last row.
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
