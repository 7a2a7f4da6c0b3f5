//! ConstraintEnforcer: NOT NULL columns and the lengths of texts and bytes, checked before rows reach a sink.
//!
//! Input       port 0, any kinds
//! Output      the same rows, without those that a DROP enforcer removes, values as long as their types say
//! State       none
//! Watermark   passes
//! Late rows   not looked at
//! Cost        a look at the null count of each NOT NULL column per batch; with TRIM_PAD at every length
//! Errors      `Failed`, a NULL in a NOT NULL column under the default enforcer
//! Source      Flink `ConstraintEnforcer`, which stands before `SinkUpsertMaterializer` (`CommonExecSink`): a row that
//!             is dropped here never hides another one of its key there. A NULL keeps being NULL under TRIM_PAD.
//! Tests       crates/tests/goldens/operators/ConstraintEnforcer.*.script, crates/tests/corpus

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, StringArray, StringBuilder};
use arrow::datatypes::SchemaRef;
use streamsql_core::{ChangeBatch, Context, Error, LogicalType, Operator, OperatorSpec, Port, Result};
use streamsql_plan::{ConstraintEnforcer as ConstraintEnforcerNode, Location, NotNullEnforcer};

pub struct ConstraintEnforcer {
    spec: OperatorSpec,
    schema: SchemaRef,
    node: ConstraintEnforcerNode,
    location: Option<Location>,
}

impl ConstraintEnforcer {
    pub fn new(spec: OperatorSpec, node: &ConstraintEnforcerNode, location: Option<&Location>) -> Self {
        let schema = spec.output.to_arrow();
        Self { spec, schema, node: node.clone(), location: location.cloned() }
    }

    fn null_error(&self, column: usize) -> Error {
        let error = Error::failed(format!(
            "Column '{}' of sink '{}' is NOT NULL, however, a null value is being written into it. You can set job \
             configuration 'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such records \
             silently.",
            self.spec.output.columns[column].name, self.node.sink
        ));
        match &self.location {
            Some(location) => error.at(location.to_string()),
            None => error,
        }
    }
}

/// Values of the length of a type; the same array where all are.
fn fitted(array: &ArrayRef, logical_type: &LogicalType) -> ArrayRef {
    match logical_type {
        LogicalType::Char(length) => fitted_texts(array, *length as usize, true),
        LogicalType::Varchar(length) => fitted_texts(array, *length as usize, false),
        LogicalType::Binary(length) => fitted_bytes(array, *length as usize, true),
        LogicalType::Varbinary(length) => fitted_bytes(array, *length as usize, false),
        _ => Arc::clone(array),
    }
}

/// Texts cut to `length` characters; with `pad` short ones get spaces.
fn fitted_texts(array: &ArrayRef, length: usize, pad: bool) -> ArrayRef {
    let texts: &StringArray = array.as_string();
    let fits = |text: &str| {
        let characters = text.chars().count();
        characters == length || characters < length && !pad
    };
    if texts.iter().flatten().all(fits) {
        return Arc::clone(array);
    }
    let mut builder = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
    let mut padded = String::new();
    for text in texts {
        let Some(text) = text else {
            builder.append_null();
            continue;
        };
        let end = text.char_indices().nth(length).map_or(text.len(), |(at, _)| at);
        let present = text[..end].chars().count();
        if pad && present < length {
            padded.clear();
            padded.push_str(text);
            padded.extend(std::iter::repeat_n(' ', length - present));
            builder.append_value(&padded);
        } else {
            builder.append_value(&text[..end]);
        }
    }
    Arc::new(builder.finish())
}

/// Bytes cut to `length`; with `pad` short ones get zeros.
fn fitted_bytes(array: &ArrayRef, length: usize, pad: bool) -> ArrayRef {
    let values: &BinaryArray = array.as_binary();
    let fits = |bytes: &[u8]| bytes.len() == length || bytes.len() < length && !pad;
    if values.iter().flatten().all(fits) {
        return Arc::clone(array);
    }
    let mut builder = BinaryBuilder::with_capacity(values.len(), values.value_data().len());
    let mut padded = Vec::new();
    for bytes in values {
        match bytes {
            None => builder.append_null(),
            Some(bytes) if pad && bytes.len() < length => {
                padded.clear();
                padded.extend_from_slice(bytes);
                padded.resize(length, 0);
                builder.append_value(&padded);
            }
            Some(bytes) => builder.append_value(&bytes[..bytes.len().min(length)]),
        }
    }
    Arc::new(builder.finish())
}

impl Operator for ConstraintEnforcer {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let batch = match (batch.first_with_null(&self.node.not_null), self.node.on_null) {
            (None, _) => batch,
            (Some(column), NotNullEnforcer::Error) => return Err(self.null_error(column)),
            (Some(_), NotNullEnforcer::Drop) => batch.without_nulls(&self.node.not_null)?,
        };
        let mut columns = batch.rows().columns().to_vec();
        for column in &self.node.lengths {
            columns[*column] = fitted(&columns[*column], &self.spec.output.columns[*column].logical_type);
        }
        cx.emit(batch.with_columns(self.schema.clone(), columns)?);
        Ok(())
    }
}
