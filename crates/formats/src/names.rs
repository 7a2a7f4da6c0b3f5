//! Field names with a quick way from a name to its position.

use std::collections::HashMap;

/// Up to this many names a walk over them is quicker than hashing.
const FEW: usize = 12;

/// The names of a row's fields, in order.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<String>,
    index: HashMap<String, usize>,
}

impl Names {
    pub fn new(names: Vec<String>) -> Self {
        let index = if names.len() > FEW {
            names.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect()
        } else {
            HashMap::new()
        };
        Self { names, index }
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn name(&self, position: usize) -> &str {
        self.names.get(position).map_or("", String::as_str)
    }

    /// Where a name stands; producers write fields in one order, so `expected` is tried first.
    pub fn position(&self, name: &str, expected: usize) -> Option<usize> {
        if self.names.get(expected).is_some_and(|candidate| candidate == name) {
            return Some(expected);
        }
        if self.names.len() > FEW {
            return self.index.get(name).copied();
        }
        self.names.iter().position(|candidate| candidate == name)
    }
}
