//! The state plan: what becomes of stored state when a job goes on under another plan.
//!
//! A node keeps its state where the other plan has a node of the same address (`streamsql_plan::addresses`) whose tables
//! have the same layout: then what is stored is what the new node would hold had it always run. So it does where the
//! other plan has a node of the same lineage (`streamsql_plan::lineages`) whose rows have all columns that are needed, and
//! others: the rows are then narrowed as they are restored. All else starts empty from the positions at hand, which loses
//! what was read before; it is therefore asked for (`--allow-drop`).

mod compare;
mod record;
mod text;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use streamsql_core::Error;
use streamsql_state::manifest::{StoredPlan, StoredTable};

pub use compare::state_plan;
pub use record::record;

/// What becomes of the state of a node, or of the position of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Kept,
    /// It starts empty, although rows that it should hold have been read before.
    Rebuilt,
    /// The new plan has nobody for it.
    Dropped,
    /// It starts empty, and nothing was read before that it should hold.
    New,
}

impl Fate {
    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Rebuilt => "rebuilt",
            Self::Dropped => "dropped",
            Self::New => "new",
        }
    }
}

/// What an entry of a state plan is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The tables of a node.
    State,
    /// How far a table has been read.
    Position,
}

/// A node with state, or a source, of one of the plans or of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub subject: Subject,
    pub fate: Fate,
    /// In the new plan, or in the old one where it is dropped.
    pub address: String,
    pub kind: String,
    /// As EXPLAIN shows it; of a source the table's name.
    pub shown: String,
    pub place: Option<String>,
    /// Names of its state tables.
    pub tables: Vec<String>,
    /// Its positions in the old and the new plan.
    pub old: Option<usize>,
    pub new: Option<usize>,
    /// Why, where it is not kept.
    pub reason: Option<String>,
    /// Whether the event time that its source has told is not kept with the position.
    pub forgets_time: bool,
    /// State that is kept in other columns than it was stored in: its tables by number, each with the stored columns that
    /// its rows are made of.
    pub narrowed: BTreeMap<usize, Vec<usize>>,
}

/// By node and number of the table what was stored, and which columns of it are left.
pub type Narrowed = BTreeMap<(usize, usize), (StoredTable, Vec<usize>)>;

/// What becomes of everything that is stored, in the order of the new plan, then what is dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatePlan {
    pub entries: Vec<Entry>,
}

impl StatePlan {
    /// What is lost when it is applied.
    pub fn losses(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| matches!(entry.fate, Fate::Rebuilt | Fate::Dropped))
    }

    pub fn loses_state(&self) -> bool {
        self.losses().next().is_some()
    }

    /// New position of each old node whose state or position is kept.
    pub fn kept(&self) -> BTreeMap<usize, usize> {
        let kept = self.entries.iter().filter(|entry| entry.fate == Fate::Kept);
        kept.filter_map(|entry| Some((entry.old?, entry.new?))).collect()
    }

    /// The tables of new nodes whose rows are made of wider ones.
    pub fn narrowed(&self, old: &StoredPlan) -> Narrowed {
        let mut narrowed = Narrowed::new();
        for entry in &self.entries {
            let (Some(from), Some(to)) = (entry.old, entry.new) else { continue };
            for (table, columns) in &entry.narrowed {
                if let Some(stored) = old.nodes.get(from).and_then(|node| node.tables.get(*table)) {
                    narrowed.insert((to, *table), (stored.clone(), columns.clone()));
                }
            }
        }
        narrowed
    }

    /// The error of a start that would lose state without being asked to; exit code 6.
    pub fn refusal(&self) -> Error {
        Error::state(format!("the stored state does not fit this plan:\n{}", self.text().trim_end())).hint(
            "go back to the SQL that wrote it, accept what is lost with --allow-drop, or give the job a new name in \
             streamsql.yaml (it then starts afresh; empty the target tables first)",
        )
    }

    /// For programs; `schema_version` is the caller's.
    pub fn json(&self) -> Value {
        let of = |subject: Subject| -> Vec<Value> {
            let entries = self.entries.iter().filter(|entry| entry.subject == subject);
            entries.map(Entry::json).collect()
        };
        json!({
            "loses_state": self.loses_state(),
            "nodes": of(Subject::State),
            "sources": of(Subject::Position),
        })
    }
}

impl Entry {
    fn json(&self) -> Value {
        let mut value = json!({
            "action": self.fate.name(),
            "address": self.address,
            "kind": self.kind,
            "shown": self.shown,
            "location": self.place,
            "reason": self.reason,
        });
        if !self.narrowed.is_empty() {
            value["rows"] = json!("narrowed");
        }
        if self.subject == Subject::State {
            value["tables"] = json!(self.tables);
        }
        value
    }
}
