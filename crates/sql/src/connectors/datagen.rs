//! `datagen` (Flink `DataGenConnectorOptions`).

use streamsql_core::ChangelogMode;

use super::{Connector, PLAIN};
use crate::catalog::Table;
use crate::diagnostic::suggestion;
use crate::options::{Options, Problem};
use crate::settings::value::Kind::{self, Duration, Flag, Int, Long, OneOf, Real, Text};

const OPTIONS: Options = &[("rows-per-second", Long), ("number-of-rows", Long)];

/// Behind `fields.NAME.`.
const FIELD_OPTIONS: Options = &[
    ("kind", OneOf(&["random", "sequence"])),
    ("min", Text),
    ("max", Text),
    ("length", Int),
    ("var-len", Flag),
    ("start", Text),
    ("end", Text),
    ("max-past", Duration),
    ("null-rate", Real),
];

pub const CONNECTOR: Connector = Connector {
    name: "datagen",
    options: OPTIONS,
    column_option,
    reads: Some(ChangelogMode::INSERT_ONLY),
    ..PLAIN
};

fn column_option(table: &Table, key: &str) -> Option<Result<Kind, Problem>> {
    let (field, rest) = key.strip_prefix("fields.").and_then(|rest| rest.rsplit_once('.'))?;
    let name = field.split('.').next().unwrap_or(field);
    if !table.columns.iter().any(|c| c.name == field || c.name == name) {
        let near = suggestion(name, table.columns.iter().map(|c| c.name.as_str()));
        return Some(Err(Problem::of(key, format!("the option '{key}' names no column")).hint(near)));
    }
    FIELD_OPTIONS.iter().find(|(known, _)| *known == rest).map(|(_, kind)| Ok(*kind))
}
