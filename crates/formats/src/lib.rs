//! Formats: bytes to rows and rows to bytes. They know nothing of connectors.

pub mod builder;
pub mod changelog;
pub mod charset;
pub mod csv;
mod java;
pub mod json;
mod names;
pub mod options;
pub mod raw;
mod render;
pub mod scalar_text;
pub mod temporal;

use std::collections::BTreeMap;

use streamsql_core::{Column, Decoder, Encoder, Error, Result, Schema};

use crate::changelog::{ChangelogDecoder, ChangelogEncoder, Dialect};
pub use crate::java::BigDecimal;

/// What a decoder is made for.
pub struct DecoderSpec<'a> {
    /// Value of `format` or `value.format`.
    pub format: &'a str,
    /// All options of the table; those of the format carry its prefix.
    pub options: &'a BTreeMap<String, String>,
    /// All physical columns, in wire order.
    pub physical: &'a Schema,
    /// Positions of the columns to decode.
    pub read: &'a [usize],
    /// Metadata keys of the format with the columns that they fill, behind those.
    pub metadata: &'a [(String, Column)],
}

impl DecoderSpec<'_> {
    /// The columns to decode.
    pub fn read_schema(&self) -> Schema {
        Schema::new(self.read.iter().map(|i| self.physical.columns[*i].clone()).collect())
    }
}

/// Makes the decoder of a table whose records come one by one. The whole record is the table's row, as in Flink's
/// message sources, which read all columns.
///
/// # Errors
/// `Invalid`: an unknown format or option, or a type that the format cannot hold.
pub fn decoder(spec: &DecoderSpec<'_>) -> Result<Box<dyn Decoder>> {
    // A hint may have replaced the format that a table was declared with.
    if let Some((key, column)) = spec.metadata.first().filter(|_| !tells_changes(spec.format)) {
        return Err(Error::invalid(format!(
            "metadata key '{key}' of column '{}' does not exist in format '{}'",
            column.name, spec.format
        )));
    }
    Ok(match spec.format {
        "json" => Box::new(json::JsonDecoder::new(spec)?),
        "csv" => Box::new(csv::CsvDecoder::new(spec, false)?),
        "raw" => Box::new(raw::RawDecoder::new(spec)?),
        other => match Dialect::of(other) {
            Some(dialect) => Box::new(ChangelogDecoder::new(dialect, spec)?),
            None => return Err(unknown(other)),
        },
    })
}

/// How records follow each other in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framing {
    /// One a line, without its end.
    Lines,
    /// CSV records with their line ends, which may also stand inside quotes.
    Csv(csv::Dialect),
}

/// Makes the decoder and framing of a table that is read from files. Only the needed columns are looked at, as in
/// Flink's filesystem source, which projects.
///
/// # Errors
/// As `decoder`.
pub fn file_decoder(spec: &DecoderSpec<'_>) -> Result<(Box<dyn Decoder>, Framing)> {
    match spec.format {
        // Of the formats of changelogs Flink's `ogg-json` alone does not project.
        "json" | "debezium-json" | "canal-json" | "maxwell-json" => {
            let all: Vec<usize> = (0..spec.read.len()).collect();
            let projected = DecoderSpec { physical: &spec.read_schema(), read: &all, ..*spec };
            Ok((decoder(&projected)?, Framing::Lines))
        }
        "csv" => {
            let options = options::FormatOptions::new("csv", spec.options, csv::OPTIONS)?;
            let dialect = csv::Dialect::parse(&options)?;
            Ok((Box::new(csv::CsvDecoder::new(spec, true)?), Framing::Csv(dialect)))
        }
        _ => Ok((decoder(spec)?, Framing::Lines)),
    }
}

/// Makes the encoder of a table's columns.
///
/// # Errors
/// As `decoder`.
pub fn encoder(
    format: &str,
    options: &BTreeMap<String, String>,
    columns: &Schema,
) -> Result<Box<dyn Encoder>> {
    Ok(match format {
        "json" => Box::new(json::JsonEncoder::new(options, columns)?),
        "csv" => Box::new(csv::CsvEncoder::new(options, columns)?),
        "raw" => Box::new(raw::RawEncoder::new(options, columns)?),
        other => match Dialect::of(other) {
            Some(dialect) => Box::new(ChangelogEncoder::new(dialect, options, columns)?),
            None => return Err(unknown(other)),
        },
    })
}

/// Whether records of a format tell what becomes of rows: inserts, updates and deletes.
pub fn tells_changes(format: &str) -> bool {
    Dialect::of(format).is_some()
}

/// All formats of this build.
const FORMATS: &[&str] = &["json", "csv", "raw", "debezium-json", "canal-json", "maxwell-json", "ogg-json"];

/// Makes the encoder of a table that is written to files, a record a line.
///
/// # Errors
/// As `decoder`.
pub fn file_encoder(
    format: &str,
    options: &BTreeMap<String, String>,
    columns: &Schema,
) -> Result<Box<dyn Encoder>> {
    match format {
        "csv" => Ok(Box::new(csv::CsvEncoder::of_files(options, columns)?)),
        _ => encoder(format, options, columns),
    }
}

fn unknown(format: &str) -> Error {
    Error::invalid(format!("format '{format}' does not exist"))
        .hint(format!("formats are {}", FORMATS.join(", ")))
}

#[cfg(test)]
mod tests {
    use streamsql_core::LogicalType;

    use super::*;

    #[test]
    fn metadata_of_a_changelog_is_no_metadata_of_another_format() {
        let columns = Schema::new(vec![Column::new("n", LogicalType::Int, true)]);
        let metadata =
            [("ingestion-timestamp".to_owned(), Column::new("at", LogicalType::TimestampLtz(3), true))];
        let made = |format| {
            let options = BTreeMap::new();
            let spec = DecoderSpec {
                format,
                options: &options,
                physical: &columns,
                read: &[0],
                metadata: &metadata,
            };
            decoder(&spec).map(|_| ())
        };
        made("debezium-json").unwrap();
        for format in ["json", "csv", "raw"] {
            let error = made(format).unwrap_err();
            let wanted =
                format!("key 'ingestion-timestamp' of column 'at' does not exist in format '{format}'");
            assert!(error.message.contains(&wanted), "{error}");
        }
    }
}
