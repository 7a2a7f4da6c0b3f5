//! What a message tells beside its rows, as columns (Flink `DebeziumJsonDecodingFormat.ReadableMetadata` and its likes).
//!
//! | format | key | of the message | type |
//! |---|---|---|---|
//! | debezium-json | `schema` | `schema`, beside `payload` | STRING |
//! | | `ingestion-timestamp` | `ts_ms` | TIMESTAMP_LTZ(3) |
//! | | `source.timestamp` | `source.ts_ms` | TIMESTAMP_LTZ(3) |
//! | | `source.database`, `source.schema`, `source.table` | `source.db`, `source.schema`, `source.table` | STRING |
//! | | `source.properties` | `source` | MAP<STRING, STRING> |
//! | canal-json | `database`, `table` | the same | STRING |
//! | | `sql-type` | `sqlType` | MAP<STRING, INT> |
//! | | `pk-names` | `pkNames` | ARRAY<STRING> |
//! | | `ingestion-timestamp`, `event-timestamp` | `ts`, `es` | TIMESTAMP_LTZ(3) |
//! | maxwell-json | `database`, `table` | the same | STRING |
//! | | `primary-key-columns` | `primary_key_columns` | ARRAY<STRING> |
//! | | `ingestion-timestamp` | `ts`, in seconds | TIMESTAMP_LTZ(3) |
//! | ogg-json | `table` | the same | STRING |
//! | | `primary-keys` | `primary_keys` | ARRAY<STRING> |
//! | | `ingestion-timestamp` | `current_ts`, `yyyy-MM-ddTHH:mm:ss.SSSSSS` in UTC; what is no time is NULL | TIMESTAMP_LTZ(6), whole milliseconds |
//! | | `event-timestamp` | `op_ts`, `yyyy-MM-dd[ HH:mm:ss[.fraction]]` in UTC | TIMESTAMP_LTZ(6), whole milliseconds |

use arrow::array::ArrayRef;
use streamsql_core::{Column, Error, LogicalType, Result};

use super::{Dialect, message, ogg_time};
use crate::builder::ColumnBuilder;
use crate::java;
use crate::json::convert::{Rules, value};
use crate::json::scan::{Fault, Scanner};
use crate::names::Names;

/// Properties of Debezium's `source` that have keys of their own.
const SOURCE: [&str; 4] = ["ts_ms", "db", "schema", "table"];

/// How a column comes out of a message; members by their places among those that are looked at.
#[derive(Clone, Copy, Debug)]
enum Take {
    /// The member in the column's type.
    Member(usize),
    Millis(usize),
    Seconds(usize),
    /// A property of `source`.
    Property(usize),
    PropertyMillis(usize),
    OggIngestion(usize),
    OggEvent(usize),
}

/// The metadata columns of one table.
pub struct Metadata {
    columns: Vec<(Take, ColumnBuilder)>,
    /// Member `source`, where there is one.
    source: usize,
    properties: Names,
    places: Vec<Option<usize>>,
    number: ColumnBuilder,
    text: ColumnBuilder,
}

impl Metadata {
    /// # Errors
    /// `Invalid` for a key that the format does not have.
    pub fn new(dialect: Dialect, keys: &[(String, Column)]) -> Result<Self> {
        let columns = keys.iter().map(|(key, column)| {
            let take = take(dialect, key).ok_or_else(|| {
                Error::invalid(format!(
                    "metadata key '{key}' of column '{}' does not exist in format '{}'",
                    column.name,
                    dialect.name()
                ))
            })?;
            Ok((take, ColumnBuilder::new(&column.logical_type)))
        });
        Ok(Self {
            columns: columns.collect::<Result<_>>()?,
            source: dialect.member("source"),
            properties: Names::new(SOURCE.map(str::to_owned).to_vec()),
            places: Vec::new(),
            number: ColumnBuilder::new(&LogicalType::BigInt),
            text: ColumnBuilder::new(&LogicalType::STRING),
        })
    }

    /// Appends what the message tells, for one row. On a fault some columns may have it already: the caller truncates.
    pub fn append(&mut self, rules: &Rules, json: &str, members: &[Option<usize>]) -> Result<(), Fault> {
        let Self { columns, source, properties, places, number, text } = self;
        let member = |member: usize| members.get(member).copied().flatten();
        places.clear();
        if columns.iter().any(|(take, _)| matches!(take, Take::Property(_) | Take::PropertyMillis(_)))
            && let Some(place) = member(*source).filter(|place| json.as_bytes()[*place] == b'{')
        {
            message::members(&mut message::at(json, place), properties, places)?;
        }
        for (take, column) in columns {
            let place = match *take {
                Take::Member(at)
                | Take::Millis(at)
                | Take::Seconds(at)
                | Take::OggIngestion(at)
                | Take::OggEvent(at) => member(at),
                Take::Property(at) | Take::PropertyMillis(at) => places.get(at).copied().flatten(),
            };
            let Some(place) = place else {
                column.append_null();
                continue;
            };
            let scanner = &mut message::at(json, place);
            let ticks = match *take {
                Take::Member(_) | Take::Property(_) => {
                    value(rules, scanner, column)?;
                    continue;
                }
                Take::Millis(_) | Take::Seconds(_) => {
                    number.truncate(0);
                    value(rules, scanner, number)?;
                    let factor = if matches!(take, Take::Seconds(_)) { 1_000 } else { 1 };
                    number.bigint_at(0).map(|number| number.wrapping_mul(factor))
                }
                Take::PropertyMillis(_) => {
                    let parsed = |text: &str| java::integer(text).map(Some);
                    parsed_text(rules, scanner, text, "milliseconds since 1970", parsed)?
                }
                Take::OggIngestion(_) => {
                    let parsed = |text: &str| Some(ogg_time::ingestion(text));
                    parsed_text(rules, scanner, text, "", parsed)?
                }
                Take::OggEvent(_) => {
                    let parsed = |text: &str| ogg_time::event(text).map(Some);
                    parsed_text(rules, scanner, text, "yyyy-MM-dd[ HH:mm:ss[.fraction]]", parsed)?
                }
            };
            match ticks {
                Some(ticks) => column.append_int(ticks),
                None => column.append_null(),
            }
        }
        Ok(())
    }

    /// Forgets what was appended for the rows from this one on.
    pub fn truncate(&mut self, rows: usize) {
        self.columns.iter_mut().for_each(|(_, column)| column.truncate(rows));
    }

    pub fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        self.columns.iter_mut().map(|(_, column)| column.finish()).collect()
    }
}

fn take(dialect: Dialect, key: &str) -> Option<Take> {
    let member = |name| dialect.member(name);
    let property = |name| SOURCE.iter().position(|property| *property == name);
    Some(match (dialect, key) {
        (Dialect::Debezium, "schema") => Take::Member(member("schema")),
        (Dialect::Debezium, "ingestion-timestamp") => Take::Millis(member("ts_ms")),
        (Dialect::Debezium, "source.timestamp") => Take::PropertyMillis(property("ts_ms")?),
        (Dialect::Debezium, "source.database") => Take::Property(property("db")?),
        (Dialect::Debezium, "source.schema") => Take::Property(property("schema")?),
        (Dialect::Debezium, "source.table") => Take::Property(property("table")?),
        (Dialect::Debezium, "source.properties") => Take::Member(member("source")),
        (Dialect::Canal | Dialect::Maxwell, "database") => Take::Member(member("database")),
        (Dialect::Canal | Dialect::Maxwell | Dialect::Ogg, "table") => Take::Member(member("table")),
        (Dialect::Canal, "sql-type") => Take::Member(member("sqlType")),
        (Dialect::Canal, "pk-names") => Take::Member(member("pkNames")),
        (Dialect::Canal, "ingestion-timestamp") => Take::Millis(member("ts")),
        (Dialect::Canal, "event-timestamp") => Take::Millis(member("es")),
        (Dialect::Maxwell, "primary-key-columns") => Take::Member(member("primary_key_columns")),
        (Dialect::Maxwell, "ingestion-timestamp") => Take::Seconds(member("ts")),
        (Dialect::Ogg, "primary-keys") => Take::Member(member("primary_keys")),
        (Dialect::Ogg, "ingestion-timestamp") => Take::OggIngestion(member("current_ts")),
        (Dialect::Ogg, "event-timestamp") => Take::OggEvent(member("op_ts")),
        _ => return None,
    })
}

/// What a value's text means, which may be NULL; a fault where it means nothing, also where errors of values are ignored.
fn parsed_text(
    rules: &Rules,
    scanner: &mut Scanner<'_>,
    text: &mut ColumnBuilder,
    expected: &str,
    parsed: impl Fn(&str) -> Option<Option<i64>>,
) -> Result<Option<i64>, Fault> {
    text.truncate(0);
    value(rules, scanner, text)?;
    if text.is_null(0) {
        return Ok(None);
    }
    let ticks = std::str::from_utf8(text.bytes_at(0)).ok().and_then(parsed);
    ticks.ok_or_else(|| Fault::value(format!("a time of the message's metadata is not {expected}")))
}
