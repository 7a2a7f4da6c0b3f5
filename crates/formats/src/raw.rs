//! `raw`: the record is the value of the table's only column (flink-docs `connectors/table/formats/raw`).

use streamsql_core::{ChangeBatch, DecodedRecord, Decoder, Error, LogicalType, Result, Schema};

use crate::DecoderSpec;
use crate::columns::{RowBuilder, Staged};
use crate::options::FormatOptions;

/// Decodes texts and bytes.
pub struct RawDecoder {
    name: String,
    logical_type: LogicalType,
    wanted: bool,
    rows: RowBuilder,
}

impl RawDecoder {
    pub fn new(spec: &DecoderSpec<'_>) -> Result<Self> {
        let options = FormatOptions::new("raw", spec.options, &["charset", "endianness"])?;
        if options.get("charset").is_some_and(|c| !c.eq_ignore_ascii_case("UTF-8")) {
            return Err(Error::invalid("raw.charset other than UTF-8 is not supported yet"));
        }
        let [column] = spec.physical.columns.as_slice() else {
            return Err(Error::invalid("the 'raw' format needs a table with exactly one physical column"));
        };
        if !column.logical_type.is_character() && !column.logical_type.is_binary() {
            return Err(Error::invalid(format!(
                "'raw' as {} is not supported yet; use STRING or BYTES",
                column.logical_type
            )));
        }
        let columns = spec.read.iter().map(|i| spec.physical.columns[*i].clone()).collect();
        Ok(Self {
            name: column.name.clone(),
            logical_type: column.logical_type.clone(),
            wanted: !spec.read.is_empty(),
            rows: RowBuilder::new(&Schema::new(columns))?,
        })
    }
}

impl Decoder for RawDecoder {
    fn decode(&mut self, record: Option<&[u8]>) -> Result<DecodedRecord> {
        let value = match record {
            None => Staged::Null,
            Some(bytes) if self.logical_type.is_binary() => Staged::Bytes(bytes.to_vec()),
            Some(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Staged::Text(text),
                Err(_) => {
                    let error = "the record is not valid UTF-8".to_owned();
                    return Ok(DecodedRecord::Bad { field: Some(self.name.clone()), error });
                }
            },
        };
        let values = [value];
        self.rows.append(if self.wanted { &values } else { &[] })?;
        Ok(DecodedRecord::Rows(1))
    }

    fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    fn finish(&mut self) -> Result<ChangeBatch> {
        Ok(ChangeBatch::inserts(self.rows.finish()?))
    }
}
