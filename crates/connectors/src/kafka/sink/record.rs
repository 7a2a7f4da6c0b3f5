//! Rows to records, and records to the bytes that are stored until they are sent.
//!
//! ```text
//! records = "SKR1" record*
//! record  = flags u8 | timestamp i64, if 1 | key, if 2 | value, if 4 | headers u32, (name, has value u8, value)*, if 8
//! key, value, name = length u32 | bytes          all little-endian
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use streamsql_core::{ChangeBatch, Encoder, Error, LogicalType, Result, RowKind, Schema};

use super::super::records::key_format_options;
use super::options::KafkaSinkOptions;
use crate::SinkSpec;

const MAGIC: &[u8; 4] = b"SKR1";
const TIMESTAMP: u8 = 1;
const KEY: u8 = 2;
const VALUE: u8 = 4;
const HEADERS: u8 = 8;

/// Columns and what writes them.
struct Part {
    encoder: Box<dyn Encoder>,
    columns: Vec<usize>,
}

/// Encodes rows (Flink `DynamicKafkaRecordSerializationSchema`).
pub struct RecordEncoder {
    key: Option<Part>,
    value: Part,
    timestamp: Option<usize>,
    headers: Option<usize>,
    upserts: bool,
    tells_changes: bool,
    scratch: Vec<u8>,
}

impl RecordEncoder {
    /// # Errors
    /// `Invalid`: a format that does not exist or does not hold a column's type, a metadata key that cannot be written.
    pub fn new(spec: &SinkSpec<'_>, options: &KafkaSinkOptions) -> Result<Self> {
        let columns = &spec.columns.columns;
        let (mut timestamp, mut headers) = (None, None);
        for (key, column) in spec.metadata {
            let declared = &columns[*column];
            match (key.as_str(), &declared.logical_type) {
                ("timestamp", LogicalType::TimestampLtz(3)) => timestamp = Some(*column),
                ("headers", LogicalType::Map(key, value))
                    if key.logical_type.is_character()
                        && matches!(value.logical_type, LogicalType::Varbinary(_)) =>
                {
                    headers = Some(*column);
                }
                ("timestamp", _) => return Err(mistyped(&declared.name, key, "TIMESTAMP_LTZ(3)")),
                ("headers", _) => return Err(mistyped(&declared.name, key, "MAP<STRING, BYTES>")),
                _ => {
                    return Err(Error::invalid(format!(
                        "column '{}': metadata '{key}' cannot be written",
                        declared.name
                    ))
                    .hint("timestamp and headers can; declare others VIRTUAL, so that INSERT INTO leaves them out"));
                }
            }
        }
        let is_metadata = |i: &usize| spec.metadata.iter().any(|(_, column)| column == i);
        let is_key = |i: &usize| options.key_fields.contains(&columns[*i].name);
        let in_value: Vec<usize> =
            (0..columns.len()).filter(|i| !is_metadata(i) && (options.value_has_key || !is_key(i))).collect();
        let schema = |of: &[usize]| Schema::new(of.iter().map(|i| columns[*i].clone()).collect());
        let encoder = streamsql_formats::encoder(&options.value_format, spec.options, &schema(&in_value))?;
        let key = match &options.key_format {
            None => None,
            Some(format) => {
                let in_key: Vec<usize> =
                    options.key_fields.iter().filter_map(|name| spec.columns.index_of(name)).collect();
                let mut schema = schema(&in_key);
                for column in &mut schema.columns {
                    if let Some(name) = column.name.strip_prefix(&options.key_prefix) {
                        column.name = name.to_owned();
                    }
                }
                let format_options: BTreeMap<String, String> = key_format_options(spec.options);
                let encoder = streamsql_formats::encoder(format, &format_options, &schema)?;
                Some(Part { encoder, columns: in_key })
            }
        };
        Ok(Self {
            key,
            value: Part { encoder, columns: in_value },
            timestamp,
            headers,
            upserts: options.upserts,
            tells_changes: options.tells_changes,
            scratch: Vec::new(),
        })
    }

    /// The records of these changes, in order.
    pub fn encode(&mut self, changes: &[ChangeBatch]) -> Result<Records> {
        let mut out = Vec::new();
        let taken_back = if self.tells_changes { BTreeSet::new() } else { self.taken_back(changes)? };
        let mut number = 0;
        for batch in changes {
            let rows = batch.rows();
            let value = rows.project(&self.value.columns)?;
            let key = self.key.as_ref().map(|key| rows.project(&key.columns)).transpose()?;
            for row in 0..batch.num_rows() {
                let kind = batch.kind(row);
                number += 1;
                // Where the row after it came too, it replaces the one before; where a filter kept it back, that is gone.
                let replaced = kind == RowKind::UpdateBefore && !taken_back.contains(&number);
                if replaced && !self.tells_changes {
                    continue;
                }
                if out.is_empty() {
                    out.extend_from_slice(MAGIC);
                }
                self.record(rows, key.as_ref(), &value, row, kind, &mut out)?;
            }
        }
        Ok(Records(out))
    }

    /// The rows before an update that are the last of their key, by their numbers from 1 on.
    fn taken_back(&mut self, changes: &[ChangeBatch]) -> Result<BTreeSet<usize>> {
        let is_before =
            |batch: &ChangeBatch| batch.kinds().is_some_and(|kinds| kinds.contains(&RowKind::UpdateBefore));
        let (Some(part), true) = (&mut self.key, changes.iter().any(is_before)) else {
            return Ok(BTreeSet::new());
        };
        let mut last: HashMap<Vec<u8>, (usize, bool)> = HashMap::new();
        let mut number = 0;
        for batch in changes {
            let key = batch.rows().project(&part.columns)?;
            for row in 0..batch.num_rows() {
                number += 1;
                let mut bytes = Vec::new();
                part.encoder.encode(&key, row, &mut bytes)?;
                last.insert(bytes, (number, batch.kind(row) == RowKind::UpdateBefore));
            }
        }
        Ok(last.into_values().filter(|(_, is_before)| *is_before).map(|(number, _)| number).collect())
    }

    fn record(
        &mut self,
        rows: &RecordBatch,
        key: Option<&RecordBatch>,
        value: &RecordBatch,
        row: usize,
        kind: RowKind,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let flags_at = out.len();
        let mut flags = 0;
        out.push(0);
        if let Some(column) = self.timestamp.map(|column| rows.column(column)).filter(|c| c.is_valid(row)) {
            flags |= TIMESTAMP;
            let millis =
                column.as_primitive_opt::<TimestampMillisecondType>().map(|column| column.value(row));
            let millis = millis.ok_or_else(|| Error::internal("a Kafka timestamp that is none"))?;
            out.extend_from_slice(&millis.to_le_bytes());
        }
        if let (Some(part), Some(key)) = (&mut self.key, key) {
            self.scratch.clear();
            if part.encoder.encode(key, row, &mut self.scratch)? {
                flags |= KEY;
                bytes(&self.scratch, out)?;
            }
        }
        if !(self.upserts && kind.is_retraction()) {
            self.scratch.clear();
            if self.value.encoder.encode_change(kind, value, row, &mut self.scratch)? {
                flags |= VALUE;
                bytes(&self.scratch, out)?;
            }
        }
        if let Some(column) = self.headers.map(|column| rows.column(column)).filter(|c| c.is_valid(row)) {
            flags |= HEADERS;
            let entries = column.as_map().value(row);
            let (names, values) = (streamsql_core::map::entry_keys(&entries), entries.column(1));
            out.extend_from_slice(&length(entries.len())?);
            for i in 0..entries.len() {
                let name = if names.is_null(i) { "" } else { names.as_string::<i32>().value(i) };
                bytes(name.as_bytes(), out)?;
                out.push(u8::from(values.is_valid(i)));
                if values.is_valid(i) {
                    bytes(values.as_binary::<i32>().value(i), out)?;
                }
            }
        }
        out[flags_at] = flags;
        Ok(())
    }
}

fn mistyped(column: &str, key: &str, natural: &str) -> Error {
    Error::invalid(format!("column '{column}': metadata '{key}' is written as {natural}"))
        .hint(format!("declare the column as {natural} and cast in the query"))
}

fn length(length: usize) -> Result<[u8; 4]> {
    let length = u32::try_from(length).map_err(|_| Error::failed("a Kafka record is larger than 4 GiB"))?;
    Ok(length.to_le_bytes())
}

fn bytes(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    out.extend_from_slice(&length(bytes.len())?);
    out.extend_from_slice(bytes);
    Ok(())
}

/// The records of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records(Vec<u8>);

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordRef<'a> {
    pub timestamp: Option<i64>,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub headers: Vec<(&'a str, Option<&'a [u8]>)>,
}

impl Records {
    /// # Errors
    /// `State`, when another version of this program wrote them.
    pub fn parse(stored: &[u8]) -> Result<Self> {
        if !stored.is_empty() && !stored.starts_with(MAGIC) {
            return Err(damaged());
        }
        Ok(Self(stored.to_vec()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    pub fn iter(&self) -> impl Iterator<Item = Result<RecordRef<'_>>> {
        let mut rest = self.0.get(MAGIC.len()..).unwrap_or_default();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let record = record(&mut rest).ok_or_else(damaged);
            if record.is_err() {
                rest = &[];
            }
            Some(record)
        })
    }
}

fn damaged() -> Error {
    Error::state("the stored records of a Kafka sink cannot be read: they are damaged, or of another version")
        .hint("run the build that wrote them")
}

fn record<'a>(rest: &mut &'a [u8]) -> Option<RecordRef<'a>> {
    let flags = *rest.split_off_first()?;
    let mut record = RecordRef::default();
    if flags & TIMESTAMP != 0 {
        record.timestamp = Some(i64::from_le_bytes(*rest.split_off(..8)?.first_chunk()?));
    }
    if flags & KEY != 0 {
        record.key = Some(taken(rest)?);
    }
    if flags & VALUE != 0 {
        record.value = Some(taken(rest)?);
    }
    if flags & HEADERS != 0 {
        for _ in 0..u32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?) {
            let name = std::str::from_utf8(taken(rest)?).ok()?;
            let value = if *rest.split_off_first()? == 1 { Some(taken(rest)?) } else { None };
            record.headers.push((name, value));
        }
    }
    Some(record)
}

fn taken<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?);
    rest.split_off(..usize::try_from(length).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_records_are_refused_and_never_read_beyond_their_end() {
        let mut out = MAGIC.to_vec();
        out.push(TIMESTAMP | KEY | VALUE | HEADERS);
        out.extend_from_slice(&7i64.to_le_bytes());
        bytes(b"k", &mut out).unwrap();
        bytes(b"", &mut out).unwrap();
        out.extend_from_slice(&2u32.to_le_bytes());
        bytes(b"h", &mut out).unwrap();
        out.push(0);
        bytes(b"i", &mut out).unwrap();
        out.push(1);
        bytes(b"v", &mut out).unwrap();
        let whole = Records::parse(&out).unwrap();
        let records: Vec<_> = whole.iter().collect::<Result<_>>().unwrap();
        let wanted = RecordRef {
            timestamp: Some(7),
            key: Some(b"k"),
            value: Some(b""),
            headers: vec![("h", None), ("i", Some(b"v"))],
        };
        assert_eq!(records, [wanted]);
        for end in MAGIC.len() + 1..out.len() {
            let cut = Records::parse(&out[..end]).unwrap();
            assert!(cut.iter().collect::<Result<Vec<_>>>().is_err(), "cut at {end}");
        }
        assert!(Records::parse(b"SKR2").is_err());
    }
}
