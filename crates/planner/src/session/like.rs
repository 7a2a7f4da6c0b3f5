//! `CREATE TABLE … LIKE`.

use std::collections::BTreeSet;

use streamsql_sql::catalog::{Table, TableColumn, TableColumnKind};
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::statement::{CreateTable, Like, Located};

use crate::session::{Session, with_suggestion};

impl Session {
    /// Takes the parts of the source table that LIKE names (Flink `MergeTableLikeUtil`). The result names what the new
    /// definition may overwrite; an empty name stands for the watermark.
    pub(crate) fn like(
        &self,
        like: &Like,
        create: &CreateTable,
        table: &mut Table,
        located: &Located,
    ) -> Result<BTreeSet<String>, Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let shown = like.source.join(".");
        let Some(source) = self.catalog.table(&like.source) else {
            let what = if self.catalog.view(&like.source).is_some() { "is a view" } else { "does not exist" };
            return Err(with_suggestion(
                at(format!("table '{shown}' of LIKE {what}")),
                &shown,
                self.catalog.names(),
            ));
        };
        let strategy = |feature: &str| {
            let of = |wanted: &str| like.options.iter().find(|(_, f)| f == wanted).map(|(s, _)| s.as_str());
            // Without a word on it: ALL, else INCLUDING; options are overwritten.
            let default = if feature == "OPTIONS" { "OVERWRITING" } else { "INCLUDING" };
            of(feature).or_else(|| of("ALL")).unwrap_or(default).to_owned()
        };
        let mut overwritten = BTreeSet::new();
        for column in &source.columns {
            let feature = match column.kind {
                TableColumnKind::Physical => None,
                TableColumnKind::Metadata { .. } => Some("METADATA"),
                TableColumnKind::Computed(_) => Some("GENERATED"),
            };
            match feature.map(strategy).as_deref() {
                Some("EXCLUDING") => continue,
                Some("OVERWRITING") => {
                    overwritten.insert(column.name.clone());
                }
                _ => {}
            }
            table.columns.push(column.clone());
        }
        if strategy("CONSTRAINTS") != "EXCLUDING" {
            table.primary_key = source.primary_key.clone();
            table.constraint = source.constraint.clone();
        }
        match strategy("WATERMARKS").as_str() {
            "EXCLUDING" => {}
            how => {
                table.watermark = source.watermark.clone();
                if how == "OVERWRITING" {
                    overwritten.insert(String::new());
                }
            }
        }
        match strategy("OPTIONS").as_str() {
            "EXCLUDING" => {}
            how => {
                table.options = source.options.clone();
                table.option_places = source.option_places.clone();
                if how == "INCLUDING"
                    && let Some(twice) = create.options.iter().find(|o| source.options.contains_key(&o.key))
                {
                    let error =
                        Diagnostic::error(format!("the option '{}' is in '{shown}' already", twice.key));
                    return Err(error
                        .at(twice.at.place(&located.file))
                        .hint("OVERWRITING OPTIONS lets the new value win"));
                }
            }
        }
        // EXCLUDING only allows others: without any the table has those of its source all the same, as in Flink.
        if create.partition_keys.is_empty() {
            table.partition_keys = source.partition_keys.clone();
        } else if !source.partition_keys.is_empty() && strategy("PARTITIONS") != "EXCLUDING" {
            return Err(at(format!("'{shown}' has partitions already")).hint("use EXCLUDING PARTITIONS"));
        }
        Ok(overwritten)
    }
}

/// Whether one column may stand for another in `LIKE … (OVERWRITING …)`.
pub(crate) fn is_same_kind(old: &TableColumn, new: &TableColumn) -> bool {
    use TableColumnKind::{Computed, Metadata};
    matches!((&old.kind, &new.kind), (Computed(_), Computed(_)) | (Metadata { .. }, Metadata { .. }))
}
