//! UNION ALL: rows of several inputs.

use super::{Attributes, Describe, Names};

/// Inputs of equal types, one after the other as they come.
#[derive(Clone, Copy, Debug)]
pub struct Union;

impl Describe for Union {
    fn name(&self) -> &'static str {
        "Union"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        vec![("all", "true".to_owned()), ("union", names.output.join(", "))]
    }

    fn fingerprint(&self) -> String {
        String::new()
    }
}
