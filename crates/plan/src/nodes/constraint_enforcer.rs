//! What a sink's columns may hold.

use streamsql_core::{LogicalType, types::MAX_LENGTH};

use super::{Attributes, Describe, Names};
use crate::lineage::Origins;

/// Checks rows on their way into a sink, and brings them to the length of its types (Flink `ConstraintEnforcer`).
///
/// Only columns of the table itself are looked at, not the fields and elements inside of them.
#[derive(Clone, Debug)]
pub struct ConstraintEnforcer {
    /// The sink's name, for messages.
    pub sink: String,
    /// Positions of the NOT NULL columns.
    pub not_null: Vec<usize>,
    pub on_null: NotNullEnforcer,
    /// Positions of the columns that are cut to the length of their type, and padded to it where it is fixed
    /// (`table.exec.sink.type-length-enforcer` = TRIM_PAD).
    pub lengths: Vec<usize>,
}

impl ConstraintEnforcer {
    /// Whether values of the type can be too long or too short for it.
    pub fn has_length(logical_type: &LogicalType) -> bool {
        match logical_type {
            LogicalType::Char(_) | LogicalType::Binary(_) => true,
            LogicalType::Varchar(length) | LogicalType::Varbinary(length) => *length < MAX_LENGTH,
            _ => false,
        }
    }
}

/// `table.exec.sink.not-null-enforcer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNullEnforcer {
    Error,
    Drop,
}

impl ConstraintEnforcer {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self { not_null: origins.set(0, &self.not_null), lengths: Vec::new(), ..self.clone() }
    }
}

impl Describe for ConstraintEnforcer {
    fn name(&self) -> &'static str {
        "ConstraintEnforcer"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let mut list = Vec::new();
        if !self.not_null.is_empty() {
            list.push(("notNull", names.of_output(&self.not_null)));
            let on_null = if self.on_null == NotNullEnforcer::Drop { "DROP" } else { "ERROR" };
            list.push(("onNull", on_null.to_owned()));
        }
        if !self.lengths.is_empty() {
            list.push(("trimPad", names.of_output(&self.lengths)));
        }
        list
    }

    fn fingerprint(&self) -> String {
        format!(" not_null={:?} {:?} lengths={:?}", self.not_null, self.on_null, self.lengths)
    }
}
