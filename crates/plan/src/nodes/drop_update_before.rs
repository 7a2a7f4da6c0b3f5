//! A changelog without the rows before updates.

use super::{Attributes, Describe, Names};

/// Updates by key: the row before them is left out, since nobody behind needs it.
#[derive(Clone, Copy, Debug)]
pub struct DropUpdateBefore;

impl Describe for DropUpdateBefore {
    fn name(&self) -> &'static str {
        "DropUpdateBefore"
    }

    fn attributes(&self, _names: &Names) -> Attributes {
        Vec::new()
    }

    fn fingerprint(&self) -> String {
        String::new()
    }
}
