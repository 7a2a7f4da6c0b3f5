//! The elements of a collection.

use super::{Attributes, Describe, JoinKind, Names};
use crate::lineage::Origins;

/// `CROSS JOIN UNNEST(collection)`. Output: the input's columns, then those of an element: its value, the fields of a
/// ROW, key and value of a MAP's entry.
#[derive(Clone, Debug)]
pub struct Correlate {
    /// Column of the input: an ARRAY, MAP or MULTISET.
    pub collection: usize,
    /// Inner, or Left: rows without elements stay.
    pub kind: JoinKind,
}

impl Correlate {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self { collection: origins.column(0, self.collection), ..self.clone() }
    }
}

impl Describe for Correlate {
    fn name(&self) -> &'static str {
        "Correlate"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        vec![
            ("invocation", format!("UNNEST({})", names.inputs[0][self.collection])),
            ("select", names.output.join(", ")),
            ("joinType", if self.kind.keeps_left() { "LEFT" } else { "INNER" }.to_owned()),
        ]
    }

    fn fingerprint(&self) -> String {
        format!(" {} collection={}", self.kind.flink_name(), self.collection)
    }
}
