//! Changes to messages (Flink `DebeziumJsonSerializationSchema` and its likes): an update is the deletion of the row before
//! it and the insertion of the row after it, since a row is written by itself.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use streamsql_core::{Encoder, Error, Result, RowKind, Schema};

use super::Dialect;
use crate::json::JsonEncoder;
use crate::options::FormatOptions;

/// Encodes the changes of a table.
pub struct ChangelogEncoder {
    dialect: Dialect,
    row: JsonEncoder,
}

impl ChangelogEncoder {
    /// # Errors
    /// `Invalid`, naming the option or the type.
    pub fn new(dialect: Dialect, options: &BTreeMap<String, String>, columns: &Schema) -> Result<Self> {
        let options = FormatOptions::new(dialect.name(), options, dialect.options())?;
        if options.flag("schema-include", false)? {
            return Err(Error::invalid(format!(
                "'{}.schema-include' = 'true': messages are written without their schema",
                dialect.name()
            ))
            .hint("leave the option out where the table is written to"));
        }
        Ok(Self { dialect, row: JsonEncoder::with(&options, columns)? })
    }
}

impl Encoder for ChangelogEncoder {
    fn encode(&mut self, rows: &RecordBatch, row: usize, out: &mut Vec<u8>) -> Result<bool> {
        self.encode_change(RowKind::Insert, rows, row, out)
    }

    fn encode_change(
        &mut self,
        kind: RowKind,
        rows: &RecordBatch,
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        let (before, behind): (&[u8], &[u8]) = match (self.dialect, kind.is_retraction()) {
            (Dialect::Debezium, false) => (br#"{"before":null,"after":"#, br#","op":"c"}"#),
            (Dialect::Debezium, true) => (br#"{"before":"#, br#","after":null,"op":"d"}"#),
            (Dialect::Ogg, false) => (br#"{"before":null,"after":"#, br#","op_type":"I"}"#),
            (Dialect::Ogg, true) => (br#"{"before":"#, br#","after":null,"op_type":"D"}"#),
            (Dialect::Canal, false) => (br#"{"data":["#, br#"],"type":"INSERT"}"#),
            (Dialect::Canal, true) => (br#"{"data":["#, br#"],"type":"DELETE"}"#),
            (Dialect::Maxwell, false) => (br#"{"data":"#, br#","type":"insert"}"#),
            (Dialect::Maxwell, true) => (br#"{"data":"#, br#","type":"delete"}"#),
        };
        out.extend_from_slice(before);
        self.row.encode(rows, row, out)?;
        out.extend_from_slice(behind);
        Ok(true)
    }
}
