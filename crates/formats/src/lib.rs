//! Formats: bytes to rows and rows to bytes. They know nothing of connectors.

pub mod columns;
pub mod csv;
pub mod json;
pub mod options;
pub mod raw;

use std::collections::BTreeMap;

use streamsql_core::{Decoder, Encoder, Error, Result, Schema};

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
}

/// Makes the decoder of a table.
///
/// # Errors
/// `Invalid`: an unknown format or option, or a type that the format cannot hold.
pub fn decoder(spec: &DecoderSpec<'_>) -> Result<Box<dyn Decoder>> {
    Ok(match spec.format {
        "json" => Box::new(json::JsonDecoder::new(spec)?),
        "csv" => Box::new(csv::CsvDecoder::new(spec)?),
        "raw" => Box::new(raw::RawDecoder::new(spec)?),
        other => return Err(unknown(other)),
    })
}

/// Makes the encoder of a table's columns.
pub fn encoder(
    format: &str,
    options: &BTreeMap<String, String>,
    columns: &Schema,
) -> Result<Box<dyn Encoder>> {
    match format {
        "json" => Ok(Box::new(json::JsonEncoder::new(options, columns)?)),
        "csv" | "raw" => Err(Error::invalid(format!("writing '{format}' is not supported yet"))),
        other => Err(unknown(other)),
    }
}

fn unknown(format: &str) -> Error {
    const LATER: &[&str] = &[
        "avro",
        "avro-confluent",
        "debezium-json",
        "canal-json",
        "maxwell-json",
        "parquet",
        "orc",
        "protobuf",
        "ogg-json",
    ];
    if LATER.contains(&format) {
        return Error::invalid(format!("format '{format}' is not supported yet"))
            .hint("json, csv and raw are");
    }
    Error::invalid(format!("format '{format}' does not exist")).hint("formats are json, csv and raw")
}
