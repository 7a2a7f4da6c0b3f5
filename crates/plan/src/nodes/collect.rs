//! What a query prints.

use super::{Attributes, Describe, Names, NotNullEnforcer};

/// The final SELECT of a query.
#[derive(Clone, Debug)]
pub struct Collect {
    /// Position of the statement among the script's SELECTs.
    pub statement: usize,
    /// What happens to rows with a NULL in a column that is NOT NULL by its type. Some functions of Flink give NULL though
    /// their type says otherwise, and its sink of a SELECT checks as any other sink does.
    pub on_null: NotNullEnforcer,
}

impl Describe for Collect {
    fn name(&self) -> &'static str {
        "Collect"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        vec![("fields", names.output.join(", "))]
    }

    fn fingerprint(&self) -> String {
        String::new()
    }
}
