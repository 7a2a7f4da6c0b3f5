//! Field names with a quick way from a name to its position, and from its spelling in the record before.

use std::collections::HashMap;

/// Up to this many names a walk over them is quicker than hashing.
const FEW: usize = 12;
/// Spellings remembered at most.
const SPELLINGS: usize = 256;
/// Bytes of one remembered spelling at most.
const SPELLING_BYTES: usize = 256;

/// The names of a row's fields, in order.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<String>,
    index: HashMap<String, usize>,
    spellings: Vec<Spelling>,
}

/// How the n-th name of a record was written in the last one that wrote it differently.
#[derive(Clone, Debug, Default)]
struct Spelling {
    bytes: Vec<u8>,
    position: Option<usize>,
}

impl Names {
    pub fn new(names: Vec<String>) -> Self {
        let index = if names.len() > FEW {
            names.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect()
        } else {
            HashMap::new()
        };
        Self { names, index, spellings: Vec::new() }
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

    /// When `text` begins as the `ordinal`-th name was last written: how many bytes that are, and the field it means,
    /// if any.
    #[inline]
    pub fn recall(&self, ordinal: usize, text: &[u8]) -> Option<(usize, Option<usize>)> {
        let spelling = self.spellings.get(ordinal)?;
        text.starts_with(&spelling.bytes).then_some((spelling.bytes.len(), spelling.position))
    }

    /// Keeps how the `ordinal`-th name was written. Nothing else may have that beginning and mean another field.
    pub fn remember(&mut self, ordinal: usize, spelling: &[u8], position: Option<usize>) {
        if ordinal >= SPELLINGS || ordinal > self.spellings.len() || spelling.len() > SPELLING_BYTES {
            return;
        }
        if ordinal == self.spellings.len() {
            self.spellings.push(Spelling::default());
        }
        let kept = &mut self.spellings[ordinal];
        kept.bytes.clear();
        kept.bytes.extend_from_slice(spelling);
        kept.position = position;
    }
}
