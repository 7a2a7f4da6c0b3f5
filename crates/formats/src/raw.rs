//! `raw`: a record is the value of the table's only column (flink-docs `connectors/table/formats/raw`; Flink
//! `RawFormatDeserializationSchema`, `RawFormatSerializationSchema`).

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use streamsql_core::{ChangeBatch, DecodedRecord, Decoder, Encoder, Error, LogicalType, Result, Schema};

use crate::DecoderSpec;
use crate::builder::{ColumnBuilder, Kind, RowBuilder};
use crate::charset::Charset;
use crate::options::FormatOptions;

/// Options after the prefix `raw.`.
const OPTIONS: &[&str] = &["charset", "endianness"];

#[derive(Clone, Copy, Debug)]
struct Layout {
    charset: Charset,
    little_endian: bool,
}

impl Layout {
    fn parse(options: &FormatOptions<'_>, columns: &Schema) -> Result<Self> {
        let [column] = columns.columns.as_slice() else {
            let names = columns.names().join(", ");
            return Err(Error::invalid(format!(
                "The 'raw' format only supports single physical column. However the defined schema contains multiple physical columns: [{names}]"
            )));
        };
        let fits = match column.logical_type {
            LogicalType::Boolean | LogicalType::Float | LogicalType::Double => true,
            _ => {
                let t = &column.logical_type;
                t.is_character() || t.is_binary() || t.is_integer()
            }
        };
        if !fits {
            return Err(Error::invalid(format!(
                "The 'raw' format doesn't supports '{}' as column type.",
                column.logical_type
            ))
            .hint("BOOLEAN, whole numbers, FLOAT, DOUBLE, texts and bytes are"));
        }
        let little_endian = match options.get("endianness") {
            None | Some("big-endian") => false,
            Some("little-endian") => true,
            Some(other) => {
                return Err(Error::invalid(format!(
                    "Unsupported endianness name: {other}. Valid values of 'raw.endianness' option are 'big-endian' and 'little-endian'."
                )));
            }
        };
        Ok(Self { charset: Charset::parse(options.get("charset").unwrap_or("UTF-8"))?, little_endian })
    }

    /// A number's bytes, most significant first.
    fn ordered<const N: usize>(self, mut bytes: [u8; N]) -> [u8; N] {
        if self.little_endian {
            bytes.reverse();
        }
        bytes
    }
}

/// Decodes single values.
pub struct RawDecoder {
    name: String,
    layout: Layout,
    rows: RowBuilder,
}

impl RawDecoder {
    pub fn new(spec: &DecoderSpec<'_>) -> Result<Self> {
        let options = FormatOptions::new("raw", spec.options, OPTIONS)?;
        Ok(Self {
            layout: Layout::parse(&options, spec.physical)?,
            name: spec.physical.names().join(""),
            rows: RowBuilder::new(&spec.read_schema()),
        })
    }
}

fn value(layout: Layout, bytes: &[u8], column: &mut ColumnBuilder) -> Result<(), String> {
    let too_long = |_| "the batch holds too much text".to_owned();
    match column.kind() {
        Kind::Text => match std::str::from_utf8(bytes) {
            Ok(text) if layout.charset == Charset::Utf8 => {
                column.append_bytes(text.as_bytes()).map_err(too_long)?;
            }
            _ => column.append_bytes(layout.charset.decode(bytes).as_bytes()).map_err(too_long)?,
        },
        Kind::Bytes => column.append_bytes(bytes).map_err(too_long)?,
        Kind::Boolean => {
            let [byte] = sized(bytes)?;
            column.append_bool(byte != 0);
        }
        Kind::TinyInt => column.append_int(i8::from_be_bytes(sized(bytes)?).into()),
        Kind::SmallInt => column.append_int(i16::from_be_bytes(layout.ordered(sized(bytes)?)).into()),
        Kind::Int => column.append_int(i32::from_be_bytes(layout.ordered(sized(bytes)?)).into()),
        Kind::BigInt => column.append_int(i64::from_be_bytes(layout.ordered(sized(bytes)?))),
        Kind::Float => column.append_float(f32::from_be_bytes(layout.ordered(sized(bytes)?))),
        Kind::Double => column.append_double(f64::from_be_bytes(layout.ordered(sized(bytes)?))),
        other => return Err(format!("raw cannot hold {other:?}")),
    }
    Ok(())
}

fn sized<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| format!("the record has {} bytes, its type has {N}", bytes.len()))
}

impl Decoder for RawDecoder {
    fn decode(&mut self, record: Option<&[u8]>) -> Result<DecodedRecord> {
        if let Some(column) = self.rows.columns_mut().first_mut() {
            let appended = match record {
                None => {
                    column.append_null();
                    Ok(())
                }
                Some(bytes) => value(self.layout, bytes, column),
            };
            if let Err(error) = appended {
                self.rows.roll_back();
                return Ok(DecodedRecord::Bad { field: Some(self.name.clone()), error });
            }
        }
        self.rows.commit();
        Ok(DecodedRecord::Rows(1))
    }

    fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    fn finish(&mut self) -> Result<ChangeBatch> {
        Ok(ChangeBatch::inserts(self.rows.finish()?))
    }
}

/// Encodes the only column.
pub struct RawEncoder {
    layout: Layout,
}

impl RawEncoder {
    pub fn new(options: &BTreeMap<String, String>, columns: &Schema) -> Result<Self> {
        let options = FormatOptions::new("raw", options, OPTIONS)?;
        Ok(Self { layout: Layout::parse(&options, columns)? })
    }
}

impl Encoder for RawEncoder {
    fn encode(&mut self, rows: &RecordBatch, row: usize, out: &mut Vec<u8>) -> Result<bool> {
        let array = rows.column(0).as_ref();
        if array.is_null(row) {
            return Ok(false);
        }
        let layout = self.layout;
        match array.data_type() {
            DataType::Utf8 => layout.charset.encode(array.as_string::<i32>().value(row), out),
            DataType::Binary => out.extend_from_slice(array.as_binary::<i32>().value(row)),
            DataType::Boolean => out.push(array.as_boolean().value(row).into()),
            DataType::Int8 => out.extend(array.as_primitive::<Int8Type>().value(row).to_be_bytes()),
            DataType::Int16 => {
                out.extend(layout.ordered(array.as_primitive::<Int16Type>().value(row).to_be_bytes()));
            }
            DataType::Int32 => {
                out.extend(layout.ordered(array.as_primitive::<Int32Type>().value(row).to_be_bytes()));
            }
            DataType::Int64 => {
                out.extend(layout.ordered(array.as_primitive::<Int64Type>().value(row).to_be_bytes()));
            }
            DataType::Float32 => {
                out.extend(layout.ordered(array.as_primitive::<Float32Type>().value(row).to_be_bytes()));
            }
            DataType::Float64 => {
                out.extend(layout.ordered(array.as_primitive::<Float64Type>().value(row).to_be_bytes()));
            }
            other => return Err(Error::internal(format!("raw cannot write {other}"))),
        }
        Ok(true)
    }
}
