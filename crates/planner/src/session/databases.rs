//! CREATE CATALOG and CREATE DATABASE: names only, nothing is stored.

use streamsql_sql::diagnostic::{Diagnostic, suggestion};
use streamsql_sql::statement::{Located, TableOption};

use crate::session::Session;

type Done = Result<(), Diagnostic>;

impl Session {
    pub(crate) fn create_database(
        &mut self,
        name: &[String],
        if_not_exists: bool,
        located: &Located,
    ) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let (catalog, database) = self.database_path(name, located)?;
        if !self.catalog.catalogs().any(|c| c == catalog) {
            return Err(at(format!("catalog '{catalog}' does not exist")));
        }
        if self.catalog.create_database(&catalog, &database) || if_not_exists {
            Ok(())
        } else {
            Err(at(format!("database '{database}' exists already in catalog '{catalog}'")))
        }
    }

    pub(crate) fn create_catalog(&mut self, name: &str, options: &[TableOption], located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let get = |key: &str| options.iter().find(|o| o.key == key).map(|o| o.value.as_str());
        match get("type") {
            Some("generic_in_memory") => {}
            Some(other) => {
                return Err(at(format!("catalogs of type '{other}' are not supported")).hint(
                    "tables are defined in files; 'type' = 'generic_in_memory' gives an empty catalog",
                ));
            }
            None => return Err(at("the catalog has no option 'type'".to_owned())),
        }
        let known = ["type", "default-database", "property-version"];
        if let Some(TableOption { key, at, .. }) = options.iter().find(|o| !known.contains(&o.key.as_str())) {
            let diagnostic =
                Diagnostic::error(format!("unknown option '{key}' of a catalog")).at(at.place(&located.file));
            return Err(match suggestion(key, known) {
                Some(hint) => diagnostic.hint(hint),
                None => diagnostic,
            });
        }
        if self.catalog.create_catalog(name, get("default-database").unwrap_or("default")) {
            Ok(())
        } else {
            Err(at(format!("catalog '{name}' exists already")))
        }
    }
}
