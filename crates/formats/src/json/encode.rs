//! Rows to JSON records (Flink `RowDataToJsonConverters`, written by Jackson).

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use streamsql_core::{Encoder, Error, Result, Schema, map};

use super::decode::{rules, supported};
use super::{OPTIONS, write_string};
use crate::options::FormatOptions;
use crate::render::{Scalar, scalar};
use crate::temporal::TimestampStandard;

/// `map-null-key.mode`, with the literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapNullKeys {
    Fail,
    Drop,
    Literal(String),
}

impl MapNullKeys {
    pub fn parse(options: &FormatOptions<'_>) -> Result<Self> {
        let mode = options.get("map-null-key.mode").unwrap_or("FAIL").to_ascii_uppercase();
        Ok(match mode.as_str() {
            "FAIL" => Self::Fail,
            "DROP" => Self::Drop,
            "LITERAL" => Self::Literal(options.get("map-null-key.literal").unwrap_or("null").to_owned()),
            other => {
                let format = options.prefix();
                return Err(Error::invalid(format!(
                    "{format}.map-null-key.mode is FAIL, DROP or LITERAL, not '{other}'"
                )));
            }
        })
    }
}

/// Encodes rows as objects, fields in the order of the columns.
pub struct JsonEncoder {
    keys: Vec<Vec<u8>>,
    standard: TimestampStandard,
    plain_decimals: bool,
    null_keys: MapNullKeys,
    /// Name of the format, as options begin.
    format: &'static str,
    scratch: String,
}

impl JsonEncoder {
    pub fn new(options: &BTreeMap<String, String>, columns: &Schema) -> Result<Self> {
        Self::with(&FormatOptions::new("json", options, OPTIONS)?, columns)
    }

    /// As the options of another format say, whose records hold rows as JSON.
    pub(crate) fn with(options: &FormatOptions<'_>, columns: &Schema) -> Result<Self> {
        let standard = rules(options, columns.columns.iter().map(|c| &c.logical_type))?.standard;
        columns.columns.iter().try_for_each(|c| supported(&c.logical_type))?;
        Ok(Self {
            keys: columns.columns.iter().map(|c| key(&c.name)).collect(),
            standard,
            plain_decimals: options.flag("encode.decimal-as-plain-number", false)?,
            null_keys: MapNullKeys::parse(options)?,
            format: options.prefix(),
            scratch: String::new(),
        })
    }

    fn value(&mut self, array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if array.is_null(row) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        match array.data_type() {
            DataType::Null => out.extend_from_slice(b"null"),
            DataType::List(_) => {
                let items = array.as_list::<i32>().value(row);
                out.push(b'[');
                for i in 0..items.len() {
                    if i > 0 {
                        out.push(b',');
                    }
                    self.value(items.as_ref(), i, out)?;
                }
                out.push(b']');
            }
            DataType::Struct(fields) => {
                let columns = array.as_struct().columns();
                out.push(b'{');
                for (i, (field, column)) in fields.iter().zip(columns).enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(&key(field.name()));
                    self.value(column.as_ref(), row, out)?;
                }
                out.push(b'}');
            }
            DataType::Map(..) => self.map(array, row, out)?,
            _ => self.scalar(array, row, out)?,
        }
        Ok(())
    }

    fn map(&mut self, array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let entries = array.as_map().value(row);
        let (keys, values) = (map::entry_keys(&entries), entries.column(1));
        out.push(b'{');
        let mut first = true;
        for i in 0..entries.len() {
            let literal = if keys.is_null(i) {
                match &self.null_keys {
                    MapNullKeys::Drop => continue,
                    MapNullKeys::Literal(literal) => Some(literal.clone()),
                    MapNullKeys::Fail => {
                        return Err(Error::failed("JSON format doesn't support to serialize map data with null keys.")
                            .hint(format!(
                                "'{}.map-null-key.mode' = 'DROP' leaves such entries out, 'LITERAL' gives the key a name",
                                self.format
                            )));
                    }
                }
            } else {
                None
            };
            if !std::mem::replace(&mut first, false) {
                out.push(b',');
            }
            let name = literal.as_deref().unwrap_or_else(|| keys.as_string::<i32>().value(i));
            out.extend_from_slice(&key(name));
            self.value(values.as_ref(), i, out)?;
        }
        out.push(b'}');
        Ok(())
    }

    fn scalar(&mut self, array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Result<()> {
        self.scratch.clear();
        let quoted = match scalar(array, row, self.standard, &mut self.scratch)? {
            Scalar::Text(text) => {
                write_text(text, out);
                return Ok(());
            }
            Scalar::Decimal(decimal) => {
                let stripped = decimal.stripped();
                if self.plain_decimals {
                    stripped.write_plain(&mut self.scratch);
                } else {
                    stripped.write(&mut self.scratch);
                }
                false
            }
            Scalar::Quoted => true,
            Scalar::Bare => false,
        };
        if quoted {
            out.push(b'"');
        }
        out.extend_from_slice(self.scratch.as_bytes());
        if quoted {
            out.push(b'"');
        }
        Ok(())
    }
}

/// A key in quotes with its colon.
fn key(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + 3);
    write_text(name, &mut out);
    out.push(b':');
    out
}

/// A text as Jackson writes it to bytes: beyond the basic plane as two `\u` escapes.
fn write_text(text: &str, out: &mut Vec<u8>) {
    if text.chars().all(|c| c <= '\u{ffff}') {
        return write_string(text, out);
    }
    let mut whole = Vec::with_capacity(text.len() + 16);
    write_string(text, &mut whole);
    for c in String::from_utf8_lossy(&whole).chars() {
        if c <= '\u{ffff}' {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(format!("\\u{unit:04X}").as_bytes());
            }
        }
    }
}

impl Encoder for JsonEncoder {
    fn encode(&mut self, rows: &RecordBatch, row: usize, out: &mut Vec<u8>) -> Result<bool> {
        out.push(b'{');
        for i in 0..self.keys.len() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&self.keys[i]);
            self.value(rows.column(i).as_ref(), row, out)?;
        }
        out.push(b'}');
        Ok(true)
    }
}
