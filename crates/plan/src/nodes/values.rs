//! Constant rows.

use super::{Attributes, Describe, Names};

/// Constant rows.
#[derive(Clone, Debug)]
pub struct Values {
    pub rows: arrow::array::RecordBatch,
    /// The rows' expressions as they are written: what `NOW()` gave is another value at the next start, and the same
    /// plan.
    pub canonical: String,
}

impl Describe for Values {
    fn name(&self) -> &'static str {
        "Values"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        vec![("tuples", format!("{} rows", self.rows.num_rows())), ("fields", names.output.join(", "))]
    }

    fn fingerprint(&self) -> String {
        format!(" rows={} values={:016x}", self.rows.num_rows(), streamsql_core::digest(&self.canonical))
    }
}
