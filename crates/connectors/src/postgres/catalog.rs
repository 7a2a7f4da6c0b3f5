//! What the database says about a table, and whether our columns fit it; all mismatches at once.

use streamsql_core::{Column, Error, Result, Schema};

use super::fault::Problem;
use super::ident;
use super::session::Session;

/// A table as it is in the database.
#[derive(Clone, Debug)]
pub struct Target {
    /// Quoted `"schema"."table"`.
    pub relation: String,
    /// `schema.table` as in the database, for messages and for the registry of targets.
    pub name: String,
    /// `pg_class.relkind`.
    kind: String,
    pub columns: Vec<TargetColumn>,
    /// Column lists of unique indexes that ON CONFLICT can use, each sorted.
    unique_keys: Vec<Vec<String>>,
    /// Privileges on the table that we lack, of INSERT, UPDATE, DELETE and SELECT.
    missing_privileges: Vec<String>,
    /// What may surprise: triggers, foreign keys, row security.
    remarks: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct TargetColumn {
    /// As in the database.
    pub name: String,
    /// `pg_type.typname`, of the base type of a domain.
    pub type_name: String,
    /// With length or precision, as in DDL.
    pub full_type: String,
    /// Without: a cast to it changes no value.
    pub plain_type: String,
    /// `typname`s that the database casts to this type on assignment.
    pub(super) casts_from: Vec<String>,
    /// Texts, to which every type is cast on assignment.
    pub(super) is_text: bool,
    /// `pg_type.typcategory`: `S` texts, `E` enums, `A` arrays, …
    pub category: String,
    /// `typname` and `typcategory` of an array's elements.
    pub element: Option<(String, String)>,
    /// Texts of its own form may be assigned to it and compared with it (`stringtype=unspecified`).
    pub takes_any_text: bool,
    pub not_null: bool,
    pub generated: bool,
    pub has_default: bool,
}

const COLUMNS: &str = "SELECT a.attname::text, coalesce(b.typname, t.typname)::text, \
    CASE WHEN b.oid IS NULL THEN format_type(a.atttypid, a.atttypmod) ELSE format_type(b.oid, t.typtypmod) END, \
    (SELECT string_agg(s.typname::text, ',') FROM pg_cast k JOIN pg_type s ON s.oid = k.castsource \
       WHERE k.casttarget = coalesce(b.oid, t.oid) AND k.castcontext IN ('a', 'i')), \
    (coalesce(b.typcategory, t.typcategory) = 'S')::text, a.attnotnull::text, \
    (a.attgenerated <> '' OR a.attidentity = 'a')::text, a.atthasdef::text, \
    n.nspname::text, c.relkind::text, format_type(coalesce(b.oid, t.oid), -1), \
    coalesce(b.typcategory, t.typcategory)::text, e.typname::text, e.typcategory::text \
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype \
    LEFT JOIN pg_type e ON e.oid = coalesce(b.typelem, t.typelem) AND coalesce(b.typcategory, t.typcategory) = 'A' \
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/// Unique, whole-table, not deferrable, on plain columns: what ON CONFLICT infers. Only key columns, not INCLUDEd ones.
const UNIQUE_KEYS: &str = "SELECT string_agg(a.attname::text, E'\\x01' ORDER BY a.attname::text) FROM pg_index i \
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n) \
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
    WHERE i.indrelid = $1::regclass AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL \
    AND i.indexprs IS NULL AND k.n <= i.indnkeyatts GROUP BY i.indexrelid";

const PRIVILEGES: &str = "SELECT p FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'SELECT']) AS p \
    WHERE NOT CASE p WHEN 'DELETE' THEN has_table_privilege($1::regclass, p) \
    ELSE has_any_column_privilege($1::regclass, p) END";

const REMARKS: &str = "SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal \
    UNION ALL SELECT 'foreign key ' || conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'f' \
    UNION ALL SELECT 'row-level security' FROM pg_class WHERE oid = $1::regclass AND relrowsecurity";

impl Target {
    /// Reads the table named by an option such as `shop.users`.
    pub fn read(session: &mut Session, option: &str) -> Result<Self, Problem> {
        let (schema, table) = ident::table(option);
        let schemas = schema.map_or_else(|| session.schemas().to_vec(), |schema| vec![schema]);
        let mut rows = Vec::new();
        for schema in &schemas {
            rows = session.fetch(COLUMNS, &[Some(schema), Some(&table)])?;
            if !rows.is_empty() {
                break;
            }
        }
        let Some(first) = rows.first() else {
            return Err(Error::invalid(format!("table {option} does not exist in {}", session.place()))
                .hint("create it, or mend the option 'table-name'")
                .into());
        };
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (schema, kind) = (text(&first[8]), text(&first[9]));
        let is_true = |value: &Option<String>| value.as_deref() == Some("true");
        let takes_any_text = session.untyped_strings();
        let columns = rows
            .iter()
            .map(|row| TargetColumn {
                name: text(&row[0]),
                type_name: text(&row[1]),
                full_type: text(&row[2]),
                plain_type: text(&row[10]),
                casts_from: text(&row[3]).split(',').map(str::to_owned).collect(),
                is_text: is_true(&row[4]),
                not_null: is_true(&row[5]),
                generated: is_true(&row[6]),
                has_default: is_true(&row[7]),
                category: text(&row[11]),
                element: row[12].clone().zip(row[13].clone()),
                takes_any_text,
            })
            .collect();
        let relation = format!("{}.{}", ident::quote(&schema), ident::quote(&table));
        let mut list = |sql: &str| -> Result<Vec<String>, Problem> {
            let rows = session.fetch(sql, &[Some(&relation)])?;
            Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
        };
        let unique_keys = list(UNIQUE_KEYS)?
            .iter()
            .map(|columns| columns.split('\u{1}').map(str::to_owned).collect())
            .collect();
        let (missing_privileges, remarks) = (list(PRIVILEGES)?, list(REMARKS)?);
        let name = format!("{schema}.{table}");
        Ok(Self { relation, name, kind, columns, unique_keys, missing_privileges, remarks })
    }

    pub fn column(&self, name: &str) -> Option<&TargetColumn> {
        let folded = ident::column(name);
        self.columns
            .iter()
            .find(|c| c.name == folded)
            .or_else(|| self.columns.iter().find(|c| c.name == name))
    }

    /// Lists of columns without NULLs that tell all rows apart, the shortest first; none where the table has no such key.
    pub fn row_keys(&self) -> Vec<&[String]> {
        let is_full = |name: &String| self.columns.iter().any(|c| c.name == *name && c.not_null);
        let keys = self.unique_keys.iter().filter(|key| !key.is_empty() && key.iter().all(is_full));
        let mut keys: Vec<&[String]> = keys.map(Vec::as_slice).collect();
        keys.sort_by_key(|key| (key.len(), *key));
        keys
    }

    /// Checks that every column of `written` can be stored and that `key` is a key of the table; lists all that is
    /// wrong.
    ///
    /// # Errors
    /// `Invalid` for a definition that does not fit, `Unreachable` for missing privileges.
    pub fn check_writable(&self, written: &Schema, key: &[usize]) -> Result<()> {
        let mut problems = Vec::new();
        if !matches!(self.kind.as_str(), "r" | "p") {
            problems.push("it is not a table".to_owned());
        }
        for column in &written.columns {
            match self.column(&column.name) {
                None => problems.push(format!("column {} does not exist", column.name)),
                Some(target) if target.generated => {
                    problems.push(format!("column {} is generated", target.name))
                }
                Some(target) if target.stored_as(&column.logical_type).is_none() => problems.push(format!(
                    "column {} is {} there and {} in the SQL",
                    target.name, target.full_type, column.logical_type
                )),
                Some(_) => {}
            }
        }
        for target in self.columns.iter().filter(|c| c.not_null && !c.has_default && !c.generated) {
            if !written.columns.iter().any(|c| self.column(&c.name).is_some_and(|t| t.name == target.name)) {
                problems.push(format!("column {} is NOT NULL there and missing in the SQL", target.name));
            }
        }
        if !key.is_empty() {
            let mut wanted: Vec<String> =
                key.iter().map(|i| self.stored_name(&written.columns[*i].name)).collect();
            wanted.sort();
            if !self.unique_keys.contains(&wanted) {
                problems.push(format!(
                    "it has no primary key or unique index on exactly ({}), the PRIMARY KEY of the SQL",
                    wanted.join(", ")
                ));
            }
        }
        let is_text = |column: &Column| {
            column.logical_type.is_character()
                && self.column(&column.name).is_some_and(|t| t.stored_as(&column.logical_type).is_none())
        };
        if written.columns.iter().any(is_text) {
            problems
                .push("texts go into columns of any type with ?stringtype=unspecified in the url".to_owned());
        }
        self.refuse(problems, "cannot be written")?;
        let needed: &[&str] =
            if key.is_empty() { &["INSERT"] } else { &["INSERT", "UPDATE", "DELETE", "SELECT"] };
        let missing: Vec<&str> =
            needed.iter().filter(|p| self.missing_privileges.iter().any(|m| m == *p)).copied().collect();
        if !missing.is_empty() {
            return Err(Error::unreachable(format!(
                "the database user may not {} table {}",
                missing.join(", "),
                self.name
            ))
            .hint(format!("GRANT {} ON {} TO the user", missing.join(", "), self.name)));
        }
        Ok(())
    }

    /// Logs what of the table may stop the job later or costs time.
    pub fn warn(&self, key_is_used: bool) {
        for remark in &self.remarks {
            tracing::warn!("table {} has {remark}: rows that it refuses stop the job", self.name);
        }
        if key_is_used && self.unique_keys.len() > 1 {
            tracing::warn!(
                "table {} has {} unique keys: rows that swap values of another than the PRIMARY KEY stop the job",
                self.name,
                self.unique_keys.len()
            );
        }
    }

    /// Checks that every column of `read` can be read as its type, and `keys` be compared with keys of their types; lists
    /// all that is wrong.
    pub fn check_readable(&self, read: &Schema, keys: &Schema) -> Result<()> {
        let mut problems = Vec::new();
        let mut check =
            |column: &Column, fits: &dyn Fn(&TargetColumn) -> bool| match self.column(&column.name) {
                None => problems.push(format!("column {} does not exist", column.name)),
                Some(target) if !fits(target) => problems.push(format!(
                    "column {} is {} there and {} in the SQL",
                    target.name, target.full_type, column.logical_type
                )),
                Some(_) => {}
            };
        for column in &read.columns {
            check(column, &|target| target.read_as(&column.logical_type, "").is_some());
        }
        for key in &keys.columns {
            check(key, &|target| target.compared_with(&key.logical_type, "", "").is_some());
        }
        problems.dedup();
        self.refuse(problems, "cannot be read")?;
        if self.missing_privileges.iter().any(|privilege| privilege == "SELECT") {
            return Err(Error::unreachable(format!("the database user may not SELECT table {}", self.name))
                .hint(format!("GRANT SELECT ON {} TO the user", self.name)));
        }
        Ok(())
    }

    /// A column's name as the database has it.
    pub fn stored_name(&self, name: &str) -> String {
        self.column(name).map_or_else(|| ident::column(name), |column| column.name.clone())
    }

    fn refuse(&self, problems: Vec<String>, what: &str) -> Result<()> {
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format!("table {} {what} as declared:\n  {}", self.name, problems.join("\n  ")))
            .hint("make CREATE TABLE in the SQL and the table in the database agree"))
    }
}
