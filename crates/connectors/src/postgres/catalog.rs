//! What the database says about a table, and whether our columns fit it; all mismatches at once.

use streamsql_core::{Error, LogicalType, Result, Schema};

use super::ident;
use super::session::Session;

/// A table as it is in the database.
#[derive(Clone, Debug)]
pub struct Target {
    /// Quoted `"schema"."table"`.
    pub relation: String,
    pub columns: Vec<TargetColumn>,
}

#[derive(Clone, Debug)]
pub struct TargetColumn {
    /// As in the database.
    pub name: String,
    /// `pg_type.typname`, of the base type of a domain.
    pub type_name: String,
    pub not_null: bool,
    pub generated: bool,
    pub has_default: bool,
}

impl Target {
    /// Reads the table named by an option such as `shop.users`.
    pub fn read(session: &mut Session, option: &str) -> Result<Self> {
        let (schema, table) = ident::table(option);
        let schema = schema.unwrap_or_else(|| "public".to_owned());
        let sql = "SELECT a.attname::text, coalesce(b.typname, t.typname)::text, a.attnotnull::text, \
                   (a.attgenerated <> '' OR a.attidentity = 'a')::text, a.atthasdef::text \
                   FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
                   JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype \
                   WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
        let rows = session.fetch(sql, &[Some(&schema), Some(&table)]).map_err(Error::from)?;
        if rows.is_empty() {
            return Err(Error::invalid(format!(
                "table {schema}.{table} does not exist in {}",
                session.place()
            ))
            .hint("create it, or mend the option 'table-name'"));
        }
        let is_true = |value: &Option<String>| value.as_deref() == Some("true");
        let columns = rows
            .iter()
            .map(|row| TargetColumn {
                name: row[0].clone().unwrap_or_default(),
                type_name: row[1].clone().unwrap_or_default(),
                not_null: is_true(&row[2]),
                generated: is_true(&row[3]),
                has_default: is_true(&row[4]),
            })
            .collect();
        Ok(Self { relation: format!("{}.{}", ident::quote(&schema), ident::quote(&table)), columns })
    }

    pub fn column(&self, name: &str) -> Option<&TargetColumn> {
        let folded = ident::column(name);
        self.columns
            .iter()
            .find(|c| c.name == folded)
            .or_else(|| self.columns.iter().find(|c| c.name == name))
    }

    /// Checks that every column of `written` can be stored; lists all that cannot.
    pub fn check_writable(&self, written: &Schema) -> Result<()> {
        let mut problems = Vec::new();
        for column in &written.columns {
            match self.column(&column.name) {
                None => problems.push(format!("column {} does not exist", column.name)),
                Some(target) if target.generated => {
                    problems.push(format!("column {} is generated", target.name))
                }
                Some(target) if !writable(&column.logical_type, &target.type_name) => problems.push(format!(
                    "column {} is {} there and {} in the SQL",
                    target.name, target.type_name, column.logical_type
                )),
                Some(_) => {}
            }
        }
        for target in self.columns.iter().filter(|c| c.not_null && !c.has_default && !c.generated) {
            if !written.columns.iter().any(|c| self.column(&c.name).is_some_and(|t| t.name == target.name)) {
                problems.push(format!("column {} is NOT NULL there and missing in the SQL", target.name));
            }
        }
        self.refuse(problems, "cannot be written")
    }

    /// Checks that every column of `read` has the type that Flink's driver would accept.
    pub fn check_readable(&self, read: &Schema) -> Result<()> {
        let mut problems = Vec::new();
        for column in &read.columns {
            match self.column(&column.name) {
                None => problems.push(format!("column {} does not exist", column.name)),
                Some(target) if !readable(&column.logical_type, &target.type_name) => problems.push(format!(
                    "column {} is {} there and {} in the SQL",
                    target.name, target.type_name, column.logical_type
                )),
                Some(_) => {}
            }
        }
        self.refuse(problems, "cannot be read")
    }

    fn refuse(&self, problems: Vec<String>, what: &str) -> Result<()> {
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "table {} {what} as declared:\n  {}",
            self.relation,
            problems.join("\n  ")
        ))
        .hint("make CREATE TABLE in the SQL and the table in the database agree"))
    }
}

/// Types that the binary COPY can write into a column.
fn writable(from: &LogicalType, to: &str) -> bool {
    use LogicalType::{BigInt, Boolean, Date, Int, SmallInt, Time, Timestamp, TinyInt};
    match from {
        t if t.is_character() => {
            matches!(to, "text" | "varchar" | "bpchar" | "name" | "json" | "jsonb" | "uuid")
        }
        t if t.is_binary() => to == "bytea",
        Boolean => to == "bool",
        TinyInt | SmallInt => matches!(to, "int2" | "int4" | "int8" | "numeric" | "float4" | "float8"),
        Int => matches!(to, "int4" | "int8" | "numeric" | "float8"),
        BigInt => matches!(to, "int8" | "numeric"),
        t if t.is_decimal() => matches!(to, "numeric" | "float8" | "float4"),
        LogicalType::Float => matches!(to, "float4" | "float8"),
        LogicalType::Double => matches!(to, "float8" | "float4"),
        Date => to == "date",
        Time(_) => to == "time",
        Timestamp(_) => matches!(to, "timestamp"),
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
