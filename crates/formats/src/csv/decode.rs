//! CSV records to rows (Flink `CsvRowDataDeserializationSchema`, `CsvReaderFormat`, `CsvToRowDataConverters`).

use streamsql_core::{ChangeBatch, DecodedRecord, Decoder, Result};

use super::scan::Fields;
use super::{Dialect, OPTIONS, supported};
use crate::builder::{ColumnBuilder, Kind, RowBuilder, Values};
use crate::options::FormatOptions;
use crate::{DecoderSpec, java, scalar_text};

/// Decodes one record a call.
pub struct CsvDecoder {
    dialect: Dialect,
    null_literal: Option<String>,
    ignore_errors: bool,
    names: Vec<String>,
    /// For each column that is read its position in the record.
    read: Vec<usize>,
    /// Fields that a record may have.
    width: usize,
    /// Fields that a record must have.
    least: usize,
    rows: RowBuilder,
    fields: Fields,
}

impl CsvDecoder {
    /// `in_files`: Flink's filesystem source asks only for as many fields as columns are read.
    pub fn new(spec: &DecoderSpec<'_>, in_files: bool) -> Result<Self> {
        let options = FormatOptions::new("csv", spec.options, OPTIONS)?;
        supported(spec.physical)?;
        let columns = spec.read_schema();
        Ok(Self {
            dialect: Dialect::parse(&options)?,
            null_literal: options.get("null-literal").map(str::to_owned),
            ignore_errors: options.flag("ignore-parse-errors", false)?,
            names: columns.names(),
            read: spec.read.to_vec(),
            width: spec.physical.len(),
            least: if in_files { spec.read.len() } else { spec.physical.len() },
            rows: RowBuilder::new(&columns),
            fields: Fields::default(),
        })
    }

    fn record(&mut self, record: &str) -> Result<(), (Option<usize>, String)> {
        self.dialect.split(record, &mut self.fields).map_err(|error| (None, error))?;
        let found = self.fields.len();
        // One blank field too many is a trailing delimiter.
        let extra = self.fields.get(record, self.width);
        let trailing = found == self.width + 1 && extra.is_some_and(|extra| java::trim(extra).is_empty());
        if found > self.width && !trailing {
            return Err((None, format!("the record has {found} fields, the table {} columns", self.width)));
        }
        if found < self.least && !self.ignore_errors {
            return Err((
                None,
                format!("Row length mismatch. {} fields expected but was {found}.", self.least),
            ));
        }
        let rules = Rules {
            null_literal: self.null_literal.as_deref(),
            ignore_errors: self.ignore_errors,
            elements: self.dialect.elements,
        };
        for (i, column) in self.rows.columns_mut().iter_mut().enumerate() {
            match self.fields.get(record, self.read[i]) {
                None => column.append_null(),
                Some(field) => value(&rules, field, column).map_err(|error| (Some(i), error))?,
            }
        }
        Ok(())
    }
}

struct Rules<'a> {
    null_literal: Option<&'a str>,
    ignore_errors: bool,
    elements: char,
}

/// Appends a field's value. On an error the column may hold a part of it: the caller rolls back.
fn value(rules: &Rules<'_>, field: &str, column: &mut ColumnBuilder) -> Result<(), String> {
    // Of a list or row only the elements are compared with it.
    if rules.null_literal == Some(field) && !matches!(column.kind(), Kind::Array | Kind::Row) {
        column.append_null();
        return Ok(());
    }
    let len = column.len();
    match convert(rules, field, column) {
        Err(_) if rules.ignore_errors => {
            column.truncate(len);
            column.append_null();
            Ok(())
        }
        done => done,
    }
}

fn convert(rules: &Rules<'_>, field: &str, column: &mut ColumnBuilder) -> Result<(), String> {
    match column.kind() {
        Kind::Array => {
            if let Values::List { item, .. } = column.values_mut()
                && !java::trim(field).is_empty()
            {
                for element in (Elements { rest: Some(field), delimiter: rules.elements }) {
                    value(rules, element, item)?;
                }
            }
            column.end_nested();
        }
        Kind::Row => {
            let row = column.len();
            let mut elements = Elements { rest: Some(field), delimiter: rules.elements };
            let Values::Row { fields, .. } = column.values_mut() else { return Ok(()) };
            if java::trim(field).is_empty() {
                // A list without elements is no row.
                column.append_null();
                return Ok(());
            }
            for inner in fields.iter_mut() {
                match elements.next() {
                    Some(element) => value(rules, element, inner)?,
                    None if rules.ignore_errors => inner.append_null(),
                    None => return Err("the field has fewer elements than its row type".to_owned()),
                }
            }
            debug_assert!(fields.iter().all(|field| field.len() == row + 1));
            column.end_nested();
        }
        _ => return scalar_text::append(field, column),
    }
    Ok(())
}

/// The elements of a list or row. They are short: a walk finds their ends sooner than a search that has to start up.
struct Elements<'a> {
    rest: Option<&'a str>,
    delimiter: char,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        let split = match u8::try_from(self.delimiter) {
            Ok(delimiter) if delimiter.is_ascii() => {
                rest.bytes().position(|byte| byte == delimiter).map(|end| (&rest[..end], &rest[end + 1..]))
            }
            _ => rest.split_once(self.delimiter),
        };
        self.rest = split.map(|(_, after)| after);
        Some(split.map_or(rest, |(element, _)| element))
    }
}

impl Decoder for CsvDecoder {
    fn decode(&mut self, record: Option<&[u8]>) -> Result<DecodedRecord> {
        let Some(record) = record else {
            return Ok(DecodedRecord::Skipped);
        };
        let record = record.strip_prefix(b"\xef\xbb\xbf").unwrap_or(record);
        let decoded = match std::str::from_utf8(record) {
            Ok(record) => self.record(record),
            Err(_) => Err((None, "the record is not valid UTF-8".to_owned())),
        };
        Ok(match decoded {
            Ok(()) => {
                self.rows.commit();
                DecodedRecord::Rows(1)
            }
            Err((field, error)) => {
                self.rows.roll_back();
                if self.ignore_errors {
                    DecodedRecord::Skipped
                } else {
                    DecodedRecord::Bad { field: field.map(|i| self.names[i].clone()), error }
                }
            }
        })
    }

    fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    fn finish(&mut self) -> Result<ChangeBatch> {
        Ok(ChangeBatch::inserts(self.rows.finish()?))
    }
}
