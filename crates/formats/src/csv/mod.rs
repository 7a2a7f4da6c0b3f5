//! CSV (flink-docs `connectors/table/formats/csv`): matched by position, no header.

mod decode;
mod encode;
mod scan;

pub use decode::CsvDecoder;
pub use encode::CsvEncoder;
pub use scan::Dialect;

use streamsql_core::{Error, LogicalType, Result, Schema};

use crate::options::FormatOptions;

/// Options after the prefix `csv.`.
pub(crate) const OPTIONS: &[&str] = &[
    "field-delimiter",
    "disable-quote-character",
    "quote-character",
    "allow-comments",
    "ignore-parse-errors",
    "array-element-delimiter",
    "escape-character",
    "null-literal",
    "write-bigdecimal-in-scientific-notation",
];

impl Dialect {
    /// The options that say what a record looks like; all options are checked.
    pub fn parse(options: &FormatOptions<'_>) -> Result<Self> {
        let unquoted = options.flag("disable-quote-character", false)?;
        let quote = options.character("quote-character")?;
        if unquoted && quote.is_some() {
            return Err(Error::invalid(
                "csv.quote-character and csv.disable-quote-character contradict each other",
            )
            .hint("remove one of the two options"));
        }
        options.flag("ignore-parse-errors", false)?;
        options.flag("write-bigdecimal-in-scientific-notation", true)?;
        Ok(Self {
            delimiter: options.escaped_character("field-delimiter")?.unwrap_or(','),
            quote: if unquoted { None } else { Some(quote.unwrap_or('"')) },
            escape: options.character("escape-character")?,
            comments: options.flag("allow-comments", false)?,
            elements: options.character("array-element-delimiter")?.unwrap_or(';'),
        })
    }
}

/// Refuses what CSV cannot hold: maps, intervals, and lists or rows inside lists or rows.
pub(crate) fn supported(schema: &Schema) -> Result<()> {
    for column in &schema.columns {
        let name = &column.name;
        let inner: Vec<&LogicalType> = match &column.logical_type {
            LogicalType::Array(element) => vec![&element.logical_type],
            LogicalType::Row(columns) => columns.iter().map(|c| &c.logical_type).collect(),
            simple => {
                is_simple(simple, || format!("Unsupported type '{simple}' for field '{name}'"))?;
                Vec::new()
            }
        };
        for logical_type in inner {
            is_simple(logical_type, || {
                format!(
                    "Only simple types are supported in the second level nesting of fields '{name}' but was: {logical_type}"
                )
            })?;
        }
    }
    Ok(())
}

fn is_simple(logical_type: &LogicalType, message: impl Fn() -> String) -> Result<()> {
    match logical_type {
        LogicalType::Array(_)
        | LogicalType::Row(_)
        | LogicalType::Map(..)
        | LogicalType::Multiset(_)
        | LogicalType::IntervalYearMonth
        | LogicalType::IntervalDayTime => {
            Err(Error::invalid(message()).hint("the json format holds every type"))
        }
        LogicalType::Time(p) if *p > 3 => Err(Error::invalid(format!(
            "Csv does not support TIME type with precision: {p}, it only supports precision 0 ~ 3."
        ))),
        _ => Ok(()),
    }
}
