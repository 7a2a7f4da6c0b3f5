//! Which types of PostgreSQL are read, looked for and written as which types of Flink: `docs/postgres-types.md`.
//!
//! Source: recorded from Flink's JDBC connector 3.2, pair by pair. Beyond it, what people rightly expect is read as STRING:
//! uuid, json, jsonb, xml and addresses; and a uuid or an enum may be looked for by a STRING.

use streamsql_core::{LogicalType, Result};

use super::Database;
use super::catalog::{Target, TargetColumn};
use super::fault::Problem;
use super::session::Session;

/// How a key is compared with a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// A condition of SQL.
    pub sql: String,
    /// Texts that are no UUID are not asked for.
    pub is_uuid: bool,
}

impl TargetColumn {
    /// The text of the column (quoted as `column`) from which `values` reads the type; none where the pair does not exist.
    pub fn read_as(&self, to: &LogicalType, column: &str) -> Option<String> {
        use LogicalType::{
            Array, BigInt, Boolean, Date, Double, Float, Int, SmallInt, Time, Timestamp, TinyInt,
        };
        let plain = format!("{column}::text");
        // As the server writes it: a cast cuts the padding of char(n), and adds a mask to addresses.
        let written = format!("CASE WHEN {column} IS NOT NULL THEN format('%s', {column}) END");
        let from = self.type_name.as_str();
        let sql = match (to, from) {
            (t, "bpchar" | "inet" | "cidr") if t.is_character() => written,
            (t, "uuid" | "json" | "jsonb" | "xml" | "macaddr" | "macaddr8" | "char") if t.is_character() => {
                plain
            }
            (t, _) if t.is_character() && matches!(self.category.as_str(), "S" | "E") => plain,
            (t, "bytea") if t.is_binary() => plain,
            (t, "numeric") if t.is_decimal() => plain,
            (Boolean, "bool") => plain,
            (Boolean, "bit") if self.full_type == "bit(1)" => plain,
            (TinyInt | SmallInt | Int, "int2" | "int4") => plain,
            (BigInt, "int8" | "oid") | (Float, "float4") | (Double, "float8") => plain,
            (Double, "money") => format!("{column}::numeric::text"),
            (Date, "date") | (Time(_), "time") | (Timestamp(_), "timestamp") => plain,
            (Time(_), "timetz") | (Timestamp(_), "timestamptz") => format!("timezone('UTC', {column})::text"),
            (Array(element), _) => {
                let (name, category) = self.element.as_ref()?;
                let inner = &element.logical_type;
                let is_read = match (inner, name.as_str()) {
                    (t, "uuid" | "json" | "jsonb") if t.is_character() => true,
                    (t, _) if t.is_character() => matches!(category.as_str(), "S" | "E"),
                    (t, "bytea") if t.is_binary() => true,
                    (t, "numeric") if t.is_decimal() => true,
                    (Boolean, "bool") | (BigInt, "int8") | (Float, "float4") | (Double, "float8") => true,
                    (TinyInt | SmallInt | Int, "int2" | "int4") => true,
                    (Date, "date") | (Time(_), "time") | (Timestamp(_), "timestamp") => true,
                    (Timestamp(_), "timestamptz") => return Some(format!("{column}::timestamp[]::text")),
                    _ => false,
                };
                return is_read.then_some(plain);
            }
            _ => return None,
        };
        Some(sql)
    }

    /// How a key of that type, a text `key`, is compared with the column (quoted as `column`).
    pub fn compared_with(&self, from: &LogicalType, column: &str, key: &str) -> Option<Comparison> {
        use LogicalType::{BigInt, Boolean, Date, Int, SmallInt, Time, Timestamp, TinyInt};
        let to = self.type_name.as_str();
        let with = |side: &str, type_name: &str| Comparison {
            sql: format!("{side} = {key}::{type_name}"),
            is_uuid: false,
        };
        let own = || with(column, &self.plain_type);
        let natural = natural_type(from)?;
        Some(match (from, to) {
            // Padding does not count.
            (t, "bpchar") if t.is_character() => with(column, "bpchar"),
            (t, "text" | "varchar" | "name") if t.is_character() => with(column, "text"),
            (t, "char") if t.is_character() => with(&format!("{column}::text"), "text"),
            (t, "uuid") if t.is_character() => Comparison { is_uuid: true, ..own() },
            // Without a comparison of their own.
            (_, "json" | "xml" | "point") => return None,
            (t, _) if t.is_character() && (self.category == "S" || self.takes_any_text) => {
                (self.category != "C").then(own)?
            }
            (t, _) if t.is_character() && self.category == "E" => with(&format!("{column}::text"), "text"),
            (t, "bytea") if t.is_binary() => own(),
            (Boolean, "bool") => own(),
            (TinyInt | SmallInt | Int | BigInt, "oid") => with(column, natural),
            // Of the key's type, so that a key out of the column's range equals nothing.
            (t, "int2" | "int4" | "int8" | "float4" | "float8" | "numeric") if t.is_numeric() => {
                with(column, natural)
            }
            (Date, "date" | "timestamp" | "timestamptz") | (Time(_), "time" | "timetz") => own(),
            (Timestamp(_), "date" | "time" | "timetz" | "timestamp" | "timestamptz") => own(),
            _ => return None,
        })
    }

    /// How a value of that type is sent for this column; none where the database would refuse the assignment, as it
    /// refuses the typed parameters of Flink's driver.
    pub fn stored_as(&self, from: &LogicalType) -> Option<Sent> {
        let natural = natural_type(from)?;
        if natural == self.type_name || encodes_directly(natural, &self.type_name) {
            return Some(Sent {
                type_name: self.type_name.clone(),
                declared: self.full_type.clone(),
                is_cast: false,
                cast_to: None,
            });
        }
        let is_cast = self.is_text || self.casts_from.iter().any(|t| t == natural);
        if is_cast {
            let (type_name, declared) = (natural.to_owned(), natural.to_owned());
            return Some(Sent { type_name, declared, is_cast, cast_to: None });
        }
        if matches!((from, self.type_name.as_str()), (LogicalType::Timestamp(_), "timetz")) {
            // The driver's text of a timestamp is read as a time; there is no cast.
            return Some(Sent {
                type_name: natural.to_owned(),
                declared: natural.to_owned(),
                is_cast: true,
                cast_to: Some("text::timetz".to_owned()),
            });
        }
        (self.takes_any_text && natural == "varchar").then(|| Sent {
            type_name: "text".to_owned(),
            declared: "text".to_owned(),
            is_cast: true,
            cast_to: Some(self.plain_type.clone()),
        })
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
    /// The type to which it must be cast before it can be assigned: read as that type's own text form.
    pub cast_to: Option<String>,
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

/// Whether a column of a table can be read as a type, be looked for by a key of it, and be written from it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    pub read: bool,
    pub compared: bool,
    pub stored: bool,
}

/// The fits of every column of a table with each of the types, in the table's order.
#[doc(hidden)]
pub fn fits(
    options: &std::collections::BTreeMap<String, String>,
    table: &str,
    types: &[LogicalType],
) -> Result<Vec<Vec<Fit>>> {
    let mut session = Session::new(&Database::from_options(options)?, "streamsql-types")?;
    session.connect()?;
    let target = match Target::read(&mut session, table) {
        Ok(target) => target,
        Err(Problem::Error(error)) => return Err(error),
        Err(Problem::Database(fault)) => return Err(fault.into()),
    };
    let of = |column: &TargetColumn, to: &LogicalType| Fit {
        read: column.read_as(to, "").is_some(),
        compared: column.compared_with(to, "", "").is_some(),
        stored: column.stored_as(to).is_some(),
    };
    Ok(target.columns.iter().map(|column| types.iter().map(|to| of(column, to)).collect()).collect())
}
