//! Messages to columns: value, key and metadata side by side; what cannot be read becomes an error or a dead letter.
//!
//! One row per value row, as Flink's `DynamicKafkaDeserializationSchema`: a key that gives no row takes its message's
//! rows with it, a field that key and value both hold comes from the value. In a table of connector `upsert-kafka` a null
//! value is a row, too: `-D` of its key.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array, make_array};
use arrow::compute::kernels::zip::zip;
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Column, Cut, DeadLetter, DecodedRecord, Decoder, Error, KeptRecord, Origins, Result,
    RowKind, Schema, SourceBatch, Split,
};
use streamsql_formats::DecoderSpec;

use super::KafkaOptions;
use super::batch_queue::MessageRef;
use super::metadata::MetadataBuilder;
use crate::SourceSpec;
use crate::on_error::OnError;

/// Where an output column comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Key(usize),
    Value(usize),
    /// The value's; of a deleted key the key's.
    Both {
        key: usize,
        value: usize,
    },
}

/// Where a metadata column comes from.
enum MetadataFrom {
    Message(MetadataBuilder),
    /// This column of the value's decoder.
    Value(usize),
}

/// What the keys of the value format's metadata begin with.
const VALUE_METADATA: &str = "value.";

/// Gathers the messages of one partition into a batch; then the next partition's.
pub struct RecordDecoder {
    table: String,
    on_error: OnError,
    value: Box<dyn Decoder>,
    key: Option<KeyDecoder>,
    upserts: Option<Upserts>,
    physical: Vec<From>,
    metadata: Vec<MetadataFrom>,
    schema: SchemaRef,
    counts: Counts,
    dead_letters: Vec<DeadLetter>,
    origins: Origins,
    cuts: Vec<Cut>,
}

struct KeyDecoder {
    decoder: Box<dyn Decoder>,
    /// For each row of the value decoder the row of the key decoder beside it.
    rows: Vec<u32>,
}

/// The rows of an upsert table: for each its row of the value decoder, none for a deleted key.
#[derive(Default)]
struct Upserts {
    rows: Vec<Option<u32>>,
    deletes: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    records: u64,
    bytes: u64,
    skipped: u64,
}

impl RecordDecoder {
    /// # Errors
    /// `Invalid`: a format, a format's option or a metadata key that does not exist.
    pub fn new(spec: &SourceSpec<'_>, options: &KafkaOptions) -> Result<Self> {
        let physical = &spec.physical.columns;
        let is_key = |i: usize| options.key_fields.contains(&physical[i].name);
        let in_value: Vec<usize> =
            (0..physical.len()).filter(|i| options.value_has_key || !is_key(*i)).collect();
        let in_key: Vec<usize> =
            options.key_fields.iter().filter_map(|name| spec.physical.index_of(name)).collect();
        // The parts of value and key that the plan reads, in the order in which it reads them.
        let (mut value_read, mut key_read, mut from) = (Vec::new(), Vec::new(), Vec::new());
        for column in spec.read {
            let key = in_key.iter().position(|i| i == column);
            match (in_value.iter().position(|i| i == column), key.filter(|_| options.upserts)) {
                (Some(value), Some(key)) => {
                    from.push(From::Both { key: key_read.len(), value: value_read.len() });
                    value_read.push(value);
                    key_read.push(key);
                }
                (Some(value), None) => {
                    from.push(From::Value(value_read.len()));
                    value_read.push(value);
                }
                (None, _) => {
                    if let Some(key) = key {
                        from.push(From::Key(key_read.len()));
                        key_read.push(key);
                    }
                }
            }
        }
        // Keys behind `value.` are the format's; its decoder puts their columns behind the others.
        let of_value: Vec<(String, Column)> = spec
            .metadata
            .iter()
            .filter_map(|(key, column)| Some((key.strip_prefix(VALUE_METADATA)?.to_owned(), column.clone())))
            .collect();
        let mut of_value_column = value_read.len()..;
        let value = streamsql_formats::decoder(&DecoderSpec {
            format: &options.value_format,
            options: spec.options,
            physical: &Schema::new(in_value.iter().map(|i| physical[*i].clone()).collect()),
            read: &value_read,
            metadata: &of_value,
        })?;
        let key = match &options.key_format {
            None => None,
            Some(format) => {
                let columns = in_key.iter().map(|i| {
                    let mut column = physical[*i].clone();
                    if let Some(name) = column.name.strip_prefix(&options.key_prefix) {
                        column.name = name.to_owned();
                    }
                    column
                });
                let decoder = streamsql_formats::decoder(&DecoderSpec {
                    format,
                    options: &key_format_options(spec.options),
                    physical: &Schema::new(columns.collect()),
                    read: &key_read,
                    metadata: &[],
                })?;
                Some(KeyDecoder { decoder, rows: Vec::new() })
            }
        };
        let metadata = spec
            .metadata
            .iter()
            .map(|(key, column)| match key.strip_prefix(VALUE_METADATA) {
                Some(_) => Ok(MetadataFrom::Value(of_value_column.next().unwrap_or_default())),
                None => Ok(MetadataFrom::Message(MetadataBuilder::new(key, column)?)),
            })
            .collect::<Result<Vec<_>>>()?;
        let columns = spec.read.iter().map(|i| physical[*i].clone());
        let schema = Schema::new(columns.chain(spec.metadata.iter().map(|(_, c)| c.clone())).collect());
        Ok(Self {
            table: spec.table.to_owned(),
            on_error: options.on_error,
            value,
            key,
            upserts: options.upserts.then(Upserts::default),
            physical: from,
            metadata,
            schema: schema.to_arrow(),
            counts: Counts::default(),
            dead_letters: Vec::new(),
            origins: Origins::default(),
            cuts: Vec::new(),
        })
    }

    /// Bytes of the messages since the last batch.
    pub fn bytes(&self) -> u64 {
        self.counts.bytes
    }

    /// Takes one message in.
    ///
    /// # Errors
    /// `Failed`, naming topic, partition, offset and field, when it cannot be read and the table says so.
    pub fn append(&mut self, split: &Split, message: MessageRef<'_>) -> Result<()> {
        let (key, value) = (message.key(), message.value());
        let Counts { records, .. } = self.counts;
        if records > 0 && records.is_multiple_of(Cut::EVERY) {
            let rows = self.upserts.as_ref().map_or(self.value.num_rows(), |upserts| upserts.rows.len());
            self.cuts.push(Cut { rows, records, next_position: message.offset() });
        }
        self.counts.records += 1;
        self.counts.bytes += (value.map_or(0, <[u8]>::len) + key.map_or(0, <[u8]>::len)) as u64;
        let mut key_rows = 1;
        if let Some(decoder) = &mut self.key {
            match decoder.decoder.decode(key)? {
                DecodedRecord::Rows(rows) => key_rows = rows,
                DecodedRecord::Skipped => key_rows = 0,
                DecodedRecord::Bad { field, error } => {
                    return self.bad(split, message, field, format!("key: {error}"));
                }
            }
        }
        if key_rows == 0 {
            self.counts.skipped += 1;
            return Ok(());
        }
        let before = self.value.num_rows();
        let decoded = match value {
            None if self.upserts.is_some() => DecodedRecord::Rows(1),
            value => self.value.decode(value)?,
        };
        match decoded {
            DecodedRecord::Rows(rows) => {
                if let Some(upserts) = &mut self.upserts {
                    upserts.deletes |= value.is_none();
                    let row = |i: usize| value.map(|_| (before + i) as u32);
                    upserts.rows.extend((0..rows).map(row));
                }
                if let Some(key) = &mut self.key {
                    let row = key.decoder.num_rows().saturating_sub(1) as u32;
                    key.rows.extend(std::iter::repeat_n(row, rows));
                }
                for from in &mut self.metadata {
                    if let MetadataFrom::Message(builder) = from {
                        builder.append(message, rows);
                    }
                }
                let positions = &mut self.origins.positions;
                positions.resize(positions.len() + rows, message.offset());
                if self.on_error == OnError::DeadLetter {
                    self.origins.records.extend(std::iter::repeat_n(kept(message), rows));
                }
                Ok(())
            }
            DecodedRecord::Skipped => {
                self.counts.skipped += 1;
                Ok(())
            }
            DecodedRecord::Bad { field, error } => self.bad(split, message, field, error),
        }
    }

    fn bad(
        &mut self,
        split: &Split,
        message: MessageRef<'_>,
        field: Option<String>,
        error: String,
    ) -> Result<()> {
        match self.on_error {
            OnError::Fail => {
                let place = format!("{}/{}/{}", split.topic, split.partition, message.offset());
                Err(OnError::stop(&self.table, field.as_deref(), &error, place))
            }
            OnError::Skip => {
                self.counts.skipped += 1;
                Ok(())
            }
            OnError::DeadLetter => {
                let KeptRecord { key, value, timestamp_ms } = kept(message);
                self.dead_letters.push(DeadLetter {
                    split: split.clone(),
                    offset: message.offset(),
                    key,
                    value,
                    timestamp_ms,
                    field,
                    error,
                });
                Ok(())
            }
        }
    }

    /// Takes the rows out as the batch of `split`, which now stands at `next_position`.
    pub fn finish(&mut self, split: Split, next_position: i64) -> Result<SourceBatch> {
        let mut value = self.value.finish()?;
        let upserts = self.upserts.as_mut().map(std::mem::take).unwrap_or_default();
        let is_gone: BooleanArray = upserts.rows.iter().map(|row| Some(row.is_none())).collect();
        if upserts.deletes {
            value = with_deletes(&value, &upserts.rows)?;
        }
        let num_rows = value.num_rows();
        let key_columns = match &mut self.key {
            None => Vec::new(),
            Some(key) => key.finish()?,
        };
        let mut columns: Vec<ArrayRef> = self
            .physical
            .iter()
            .map(|from| {
                Ok(match *from {
                    From::Value(i) => Arc::clone(value.rows().column(i)),
                    From::Key(i) => Arc::clone(&key_columns[i]),
                    From::Both { value: i, .. } if !upserts.deletes => Arc::clone(value.rows().column(i)),
                    From::Both { key, value: i } => zip(&is_gone, &key_columns[key], value.rows().column(i))?,
                })
            })
            .collect::<Result<_>>()?;
        if upserts.deletes {
            for (column, field) in columns.iter_mut().zip(self.schema.fields()) {
                *column = with_nulls_allowed(column, field.is_nullable())?;
            }
        }
        for from in &mut self.metadata {
            columns.push(match from {
                MetadataFrom::Message(builder) => builder.finish()?,
                MetadataFrom::Value(column) => Arc::clone(value.rows().column(*column)),
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(num_rows));
        let rows = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|error| Error::internal(format!("table {}: {error}", self.table)))?;
        let batch = match value.kinds() {
            // Only a later row tells whether a key was there before.
            None if self.upserts.is_some() => {
                let kind = |gone: Option<bool>| match gone {
                    Some(true) => RowKind::Delete,
                    _ => RowKind::UpdateAfter,
                };
                ChangeBatch::new(rows, is_gone.iter().map(kind).collect())?
            }
            None => ChangeBatch::inserts(rows),
            Some(_) => value.with_rows(rows)?,
        };
        let counts = std::mem::take(&mut self.counts);
        Ok(SourceBatch {
            split,
            batch,
            next_position,
            records: counts.records,
            skipped: counts.skipped,
            bytes: counts.bytes,
            dead_letters: std::mem::take(&mut self.dead_letters),
            origins: Some(Arc::new(std::mem::take(&mut self.origins))),
            cuts: std::mem::take(&mut self.cuts),
        })
    }
}

/// The rows of values with rows of NULLs for deleted keys between them.
fn with_deletes(values: &ChangeBatch, rows: &[Option<u32>]) -> Result<ChangeBatch> {
    let rows = UInt32Array::from(rows.to_vec());
    let schema = values.schema();
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
    let schema = Arc::new(arrow::datatypes::Schema::new(fields.collect::<Vec<_>>()));
    let columns = values.rows().columns().iter().map(|column| Ok(take(column, &rows, None)?));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    Ok(ChangeBatch::inserts(RecordBatch::try_new_with_options(schema, columns, &options)?))
}

/// The column, where it must have no NULL with some value in their place: nobody reads what a deleted key's row holds.
fn with_nulls_allowed(column: &ArrayRef, nullable: bool) -> Result<ArrayRef> {
    if nullable || column.null_count() == 0 {
        return Ok(Arc::clone(column));
    }
    Ok(make_array(column.to_data().into_builder().nulls(None).build()?))
}

/// What a dead letter holds of a message.
fn kept(message: MessageRef<'_>) -> KeptRecord {
    let (timestamp_ms, _) = message.timestamp();
    KeptRecord {
        key: message.key().map(<[u8]>::to_vec),
        value: message.value().map(<[u8]>::to_vec),
        timestamp_ms: (timestamp_ms >= 0).then_some(timestamp_ms),
    }
}

impl KeyDecoder {
    /// The key columns, one row a value row.
    fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        let batch = self.decoder.finish()?;
        let rows = std::mem::take(&mut self.rows);
        let aligned =
            rows.len() == batch.num_rows() && rows.iter().enumerate().all(|(i, row)| i == *row as usize);
        if aligned {
            return Ok(batch.rows().columns().to_vec());
        }
        let rows = UInt32Array::from(rows);
        batch.rows().columns().iter().map(|column| Ok(take(column, &rows, None)?)).collect()
    }
}

/// The options of the key's format, under the names that the format knows.
pub(super) fn key_format_options(options: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let of_key =
        |(key, value): (&String, &String)| Some((key.strip_prefix("key.")?.to_owned(), value.clone()));
    options.iter().filter_map(of_key).collect()
}
