//! CSV (flink-docs `connectors/table/formats/csv`): matched by position, no header.

use streamsql_core::{ChangeBatch, DecodedRecord, Decoder, LogicalType, Result, Schema};

use crate::DecoderSpec;
use crate::columns::{RowBuilder, Staged, TimestampStandard, from_text};
use crate::options::FormatOptions;

/// Options after the prefix `csv.`.
const OPTIONS: &[&str] = &[
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

/// Decodes one line a record.
pub struct CsvDecoder {
    names: Vec<String>,
    types: Vec<LogicalType>,
    read: Vec<usize>,
    width: usize,
    rows: RowBuilder,
    reader: csv::ReaderBuilder,
    null_literal: Option<String>,
    comments: bool,
    ignore_errors: bool,
}

impl CsvDecoder {
    pub fn new(spec: &DecoderSpec<'_>) -> Result<Self> {
        let options = FormatOptions::new("csv", spec.options, OPTIONS)?;
        let columns: Vec<_> = spec.read.iter().map(|i| spec.physical.columns[*i].clone()).collect();
        let mut reader = csv::ReaderBuilder::new();
        reader
            .has_headers(false)
            .flexible(true)
            .delimiter(options.character("field-delimiter", Some(b','))?.unwrap_or(b','))
            .quoting(!options.flag("disable-quote-character", false)?)
            .quote(options.character("quote-character", Some(b'"'))?.unwrap_or(b'"'))
            .escape(options.character("escape-character", None)?);
        Ok(Self {
            names: columns.iter().map(|c| c.name.clone()).collect(),
            types: columns.iter().map(|c| c.logical_type.clone()).collect(),
            read: spec.read.to_vec(),
            width: spec.physical.len(),
            rows: RowBuilder::new(&Schema::new(columns))?,
            reader,
            null_literal: options.get("null-literal").map(str::to_owned),
            comments: options.flag("allow-comments", false)?,
            ignore_errors: options.flag("ignore-parse-errors", false)?,
        })
    }

    fn value<'a>(&self, field: &'a str, column: usize) -> std::result::Result<Staged<'a>, String> {
        let logical_type = &self.types[column];
        if self.null_literal.as_deref() == Some(field) {
            return Ok(Staged::Null);
        }
        if field.is_empty() && !logical_type.is_character() {
            // An empty number or time is NULL, an empty text is a text.
            return Ok(Staged::Null);
        }
        from_text(field, logical_type, TimestampStandard::Sql)
    }
}

impl Decoder for CsvDecoder {
    fn decode(&mut self, record: Option<&[u8]>) -> Result<DecodedRecord> {
        let Some(record) = record.filter(|record| !record.is_empty()) else {
            return Ok(DecodedRecord::Skipped);
        };
        if self.comments && record.first() == Some(&b'#') {
            return Ok(DecodedRecord::Skipped);
        }
        let bad = |field: Option<String>, error: String| Ok(DecodedRecord::Bad { field, error });
        let mut fields = csv::StringRecord::new();
        match self.reader.from_reader(record).read_record(&mut fields) {
            Ok(true) => {}
            Ok(false) => return Ok(DecodedRecord::Skipped),
            Err(_) if self.ignore_errors => return Ok(DecodedRecord::Skipped),
            Err(error) => return bad(None, error.to_string()),
        }
        if fields.len() != self.width {
            if self.ignore_errors {
                return Ok(DecodedRecord::Skipped);
            }
            return bad(None, format!("the row has {} fields, the table {}", fields.len(), self.width));
        }
        let mut values = Vec::with_capacity(self.read.len());
        for (column, position) in self.read.iter().enumerate() {
            match self.value(fields.get(*position).unwrap_or(""), column) {
                Ok(value) => values.push(value),
                Err(_) if self.ignore_errors => values.push(Staged::Null),
                Err(error) => return bad(Some(self.names[column].clone()), error),
            }
        }
        self.rows.append(&values)?;
        Ok(DecodedRecord::Rows(1))
    }

    fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    fn finish(&mut self) -> Result<ChangeBatch> {
        Ok(ChangeBatch::inserts(self.rows.finish()?))
    }
}
