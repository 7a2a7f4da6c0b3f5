//! The order of a sink key's rows.

use streamsql_core::{Schema, StateForm, StateLayout};

use super::{Attributes, Describe, Names};
use crate::lineage::Origins;

/// Keeps, per sink key, the list of rows in arrival order and shows the last (Flink `SinkUpsertMaterializer`).
#[derive(Clone, Debug)]
pub struct SinkMaterializer {
    /// The sink's primary key columns.
    pub keys: Vec<usize>,
    /// The input's upsert key, when known: rows equal on it replace each other.
    pub upsert_key: Option<Vec<usize>>,
    pub ttl_ms: i64,
}

impl SinkMaterializer {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self {
            keys: origins.columns(0, &self.keys),
            upsert_key: self.upsert_key.as_ref().map(|key| origins.set(0, key)),
            ..self.clone()
        }
    }
}

impl Describe for SinkMaterializer {
    fn name(&self) -> &'static str {
        "SinkMaterializer"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let mut list = vec![("key", names.of_output(&self.keys))];
        list.extend(self.upsert_key.iter().map(|key| ("upsertKey", names.of_output(key))));
        list
    }

    fn fingerprint(&self) -> String {
        format!(" keys={:?} upsert_key={:?}", self.keys, self.upsert_key)
    }
}

impl SinkMaterializer {
    /// Sink key -> rows in the order of their arrival.
    pub fn layout(&self, input: &Schema) -> StateLayout {
        StateLayout {
            form: StateForm::Ordered,
            columns: input.columns.clone(),
            key: self.keys.clone(),
            order: Vec::new(),
            ttl_ms: self.ttl_ms,
        }
    }
}
