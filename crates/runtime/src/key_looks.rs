//! Which keys of a node have most state. A shard answers at its next barrier; while nobody asks it costs one load a
//! node and barrier.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use streamsql_core::{LargestKeys, StateTable};

/// Keys that a shard looks at for one question, in each table: about a millisecond.
pub const KEYS_LOOKED_AT: usize = 20_000;
/// Keys that are told of each table.
const MOST: usize = 10;

/// Those who ask.
#[derive(Debug, Default)]
pub struct KeyLooks {
    anybody: AtomicBool,
    open: Mutex<Vec<Weak<Question>>>,
}

#[derive(Debug)]
struct Question {
    node: usize,
    turn: usize,
    answers: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    shards: BTreeSet<usize>,
    tables: Vec<TableKeys>,
}

/// The largest keys of a table of one shard.
#[derive(Clone, Debug)]
pub struct TableKeys {
    pub table: String,
    pub shard: usize,
    /// Keys of the table on this shard.
    pub of: usize,
    pub largest: LargestKeys,
}

/// A question; dropping it ends it.
#[derive(Debug)]
pub struct KeyLook(Arc<Question>);

impl KeyLook {
    /// Shards that have answered.
    pub fn shards(&self) -> usize {
        self.answers().shards.len()
    }

    /// What they said.
    pub fn tables(&self) -> Vec<TableKeys> {
        self.answers().tables.clone()
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, Answers> {
        self.0.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyLooks {
    /// Asks for a node's largest keys. Of tables with many keys a part is looked at, with every `turn` another one.
    pub fn ask(&self, node: usize, turn: usize) -> KeyLook {
        let question = Arc::new(Question { node, turn, answers: Mutex::default() });
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(Arc::downgrade(&question));
        self.anybody.store(true, Ordering::Release);
        KeyLook(question)
    }

    /// Whether anybody asks.
    pub(crate) fn is_asked(&self) -> bool {
        self.anybody.load(Ordering::Relaxed)
    }

    /// A node has passed a barrier. Never waits: who asks in this very moment is answered at the next one.
    pub(crate) fn answer(&self, node: usize, shard: usize, tables: Vec<&mut dyn StateTable>) {
        let Ok(mut open) = self.open.try_lock() else { return };
        open.retain(|question| question.strong_count() > 0);
        if open.is_empty() {
            self.anybody.store(false, Ordering::Release);
        }
        let asked: Vec<Arc<Question>> =
            open.iter().filter_map(Weak::upgrade).filter(|question| question.node == node).collect();
        drop(open);
        for question in asked {
            let lock = || question.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if lock().shards.contains(&shard) {
                continue;
            }
            let from = question.turn.wrapping_mul(KEYS_LOOKED_AT);
            let found = tables.iter().filter_map(|table| {
                // Nobody stops the job for what people look at.
                let largest = table.largest_keys(from, KEYS_LOOKED_AT, MOST).ok()?;
                Some(TableKeys { table: table.name().to_owned(), shard, of: table.keys(), largest })
            });
            let found: Vec<TableKeys> = found.collect();
            let mut answers = lock();
            answers.shards.insert(shard);
            answers.tables.extend(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_once_a_shard_and_forgotten() {
        let looks = KeyLooks::default();
        looks.answer(1, 0, Vec::new());
        let look = looks.ask(1, 0);
        looks.answer(0, 0, Vec::new());
        assert_eq!(look.shards(), 0, "another node");
        looks.answer(1, 0, Vec::new());
        looks.answer(1, 0, Vec::new());
        looks.answer(1, 1, Vec::new());
        assert_eq!((look.shards(), look.tables().len()), (2, 0));
        assert!(looks.is_asked());
        drop(look);
        looks.answer(1, 0, Vec::new());
        assert!(!looks.is_asked(), "nobody asks any more");
    }
}
