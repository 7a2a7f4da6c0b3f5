//! What the database says about a table, and whether our columns fit it; all mismatches at once.

use streamsql_core::{Error, LogicalType, Result, Schema};

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
    casts_from: Vec<String>,
    /// Texts, to which every type is cast on assignment.
    is_text: bool,
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
    n.nspname::text, c.relkind::text, format_type(coalesce(b.oid, t.oid), -1) \
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype \
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

    /// Checks that every column of `read` has the type that Flink's driver would accept.
    pub fn check_readable(&self, read: &Schema) -> Result<()> {
        let mut problems = Vec::new();
        for column in &read.columns {
            match self.column(&column.name) {
                None => problems.push(format!("column {} does not exist", column.name)),
                Some(target) if !readable(&column.logical_type, &target.type_name) => problems.push(format!(
                    "column {} is {} there and {} in the SQL",
                    target.name, target.full_type, column.logical_type
                )),
                Some(_) => {}
            }
        }
        self.refuse(problems, "cannot be read")
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

impl TargetColumn {
    /// How a value of that type is sent for this column; none where the database would refuse the assignment, as it
    /// refuses the typed parameters of Flink's driver.
    pub fn stored_as(&self, from: &LogicalType) -> Option<Sent> {
        let natural = natural_type(from)?;
        if natural == self.type_name || encodes_directly(natural, &self.type_name) {
            return Some(Sent {
                type_name: self.type_name.clone(),
                declared: self.full_type.clone(),
                is_cast: false,
            });
        }
        let is_cast = self.is_text || self.casts_from.iter().any(|t| t == natural);
        is_cast.then(|| Sent { type_name: natural.to_owned(), declared: natural.to_owned(), is_cast })
    }
}

/// The form in which a column travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// `pg_type.typname` of the value on the wire.
    pub type_name: String,
    /// The same as DDL, with length or precision where the target has one.
    pub declared: String,
    /// Whether the database casts it when it is assigned to the target.
    pub is_cast: bool,
}

/// The parameter type that Flink's driver sends for a type.
fn natural_type(from: &LogicalType) -> Option<&'static str> {
    use LogicalType::{BigInt, Boolean, Date, Double, Float, Int, SmallInt, Time, Timestamp, TinyInt};
    Some(match from {
        t if t.is_character() => "varchar",
        t if t.is_binary() => "bytea",
        t if t.is_decimal() => "numeric",
        Boolean => "bool",
        TinyInt | SmallInt => "int2",
        Int => "int4",
        BigInt => "int8",
        Float => "float4",
        Double => "float8",
        Date => "date",
        Time(_) => "time",
        Timestamp(_) => "timestamp",
        _ => return None,
    })
}

/// Pairs that our encoder converts with the result of the database's own cast.
fn encodes_directly(from: &str, to: &str) -> bool {
    match from {
        // JSON and UUIDs, too, which Flink's driver only sends with `stringtype=unspecified`.
        "varchar" => matches!(to, "text" | "varchar" | "bpchar" | "json" | "jsonb" | "uuid"),
        "int2" => matches!(to, "int4" | "int8" | "numeric" | "float4" | "float8"),
        "int4" => matches!(to, "int8" | "numeric" | "float8"),
        "int8" => to == "numeric",
        "numeric" => matches!(to, "float8" | "float4"),
        "float4" => to == "float8",
        _ => false,
    }
}

/// The types that Flink's JDBC connector reads (it casts driver objects strictly).
fn readable(to: &LogicalType, from: &str) -> bool {
    use LogicalType::{BigInt, Boolean, Date, Double, Float, Int, SmallInt, Time, Timestamp};
    match to {
        t if t.is_character() => matches!(from, "text" | "varchar" | "bpchar" | "name"),
        t if t.is_binary() => from == "bytea",
        t if t.is_decimal() => from == "numeric",
        Boolean => from == "bool",
        SmallInt => from == "int2",
        Int => matches!(from, "int4" | "int2"),
        BigInt => from == "int8",
        Float => from == "float4",
        Double => from == "float8",
        Date => from == "date",
        Time(_) => from == "time",
        Timestamp(_) => from == "timestamp",
        _ => false,
    }
}
