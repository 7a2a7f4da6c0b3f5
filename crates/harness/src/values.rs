//! Values of YAML as typed rows: what the JSON format makes of them, with texts written as results show them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use streamsql_core::{Column, DecodedRecord, Error, LogicalType, Result, Schema};
use streamsql_formats::{DecoderSpec, decoder};

/// Rows of these columns; a column that a row does not name is NULL.
///
/// # Errors
/// `Invalid`: a row names a column that is not there, or has a value that its type cannot hold.
pub fn rows_of(table: &str, columns: &Schema, rows: &[Map<String, Value>]) -> Result<RecordBatch> {
    // NOT NULL is looked at by those for whom a row must be whole.
    let nullable = Schema::new(
        columns.columns.iter().map(|c| Column::new(&c.name, c.logical_type.clone(), true)).collect(),
    );
    let options = BTreeMap::from([("json.timestamp-format.standard".to_owned(), "SQL".to_owned())]);
    let read: Vec<usize> = (0..nullable.len()).collect();
    if read.is_empty() {
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        return Ok(RecordBatch::try_new_with_options(nullable.to_arrow(), Vec::new(), &options)?);
    }
    let mut decoder = decoder(&DecoderSpec {
        format: "json",
        options: &options,
        physical: &nullable,
        read: &read,
        metadata: &[],
    })?;
    for (number, row) in rows.iter().enumerate() {
        let named = |message: String| Error::invalid(format!("{table}, row {}: {message}", number + 1));
        let mut record = Map::new();
        for (name, value) in row {
            let Some(column) = nullable.columns.iter().find(|column| column.name == *name) else {
                let known = nullable.names().join(", ");
                return Err(
                    named(format!("there is no column '{name}'")).hint(format!("its columns are {known}"))
                );
            };
            record.insert(
                name.clone(),
                as_json(value, &column.logical_type).map_err(|m| named(format!("{name}: {m}")))?,
            );
        }
        match decoder.decode(Some(Value::Object(record).to_string().as_bytes()))? {
            DecodedRecord::Rows(1) => {}
            DecodedRecord::Bad { field, error } => {
                let field = field.map_or(String::new(), |field| format!("{field}: "));
                return Err(named(format!("{field}{error}")));
            }
            other => return Err(Error::internal(format!("a row became {other:?}"))),
        }
    }
    let batch = decoder.finish()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok(RecordBatch::try_new_with_options(columns.to_arrow(), batch.rows().columns().to_vec(), &options)?)
}

/// A time as it is written in a test, in ms since 1970.
///
/// # Errors
/// `Invalid`: it is none.
pub fn time_ms(text: &str) -> Result<i64> {
    let wrong = || Error::invalid(format!("'{text}' is no time")).hint("2026-01-31 10:00:00");
    let columns = Schema::new(vec![Column::new("t", LogicalType::Timestamp(3), true)]);
    let plain = text.trim().trim_end_matches('Z');
    let row = Map::from_iter([("t".to_owned(), Value::String(plain.to_owned()))]);
    let rows = rows_of("time", &columns, &[row]).map_err(|_| wrong())?;
    let times = streamsql_core::timestamps_ms(&Arc::clone(rows.column(0)))?.next();
    times.flatten().ok_or_else(wrong)
}

/// What the JSON format reads for a value of the type.
fn as_json(value: &Value, logical_type: &LogicalType) -> Result<Value, String> {
    Ok(match (logical_type, value) {
        (LogicalType::Timestamp(_), Value::String(text)) => Value::String(text.replacen('T', " ", 1)),
        (LogicalType::TimestampLtz(_), Value::String(text)) => {
            let text = text.replacen('T', " ", 1);
            Value::String(if text.ends_with('Z') { text } else { format!("{text}Z") })
        }
        (LogicalType::Binary(_) | LogicalType::Varbinary(_), Value::String(text)) => {
            let bytes = hex::decode(text).map_err(|_| format!("'{text}' is no hex text"))?;
            Value::String(STANDARD.encode(bytes))
        }
        (LogicalType::Array(element), Value::Array(values)) => Value::Array(
            values.iter().map(|value| as_json(value, &element.logical_type)).collect::<Result<_, _>>()?,
        ),
        (LogicalType::Map(_, element), Value::Object(entries)) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), as_json(value, &element.logical_type)?)))
                .collect::<Result<_, String>>()?,
        ),
        (LogicalType::Row(columns), Value::Object(fields)) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| {
                    let column = columns.iter().find(|column| column.name == *name);
                    let column = column.ok_or_else(|| format!("there is no field '{name}'"))?;
                    Ok((name.clone(), as_json(value, &column.logical_type)?))
                })
                .collect::<Result<_, String>>()?,
        ),
        _ => value.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn times_in_both_forms() {
        assert_eq!(time_ms("1970-01-01 00:00:01.5").unwrap(), 1_500);
        assert_eq!(time_ms("1970-01-01T00:00:01Z").unwrap(), 1_000);
        assert!(time_ms("tomorrow").is_err());
    }

    #[test]
    fn unknown_columns_and_bad_values_are_named() {
        let columns = Schema::new(vec![Column::new("n", LogicalType::Int, true)]);
        let error = rows_of("t", &columns, &[row("{\"n\":1}"), row("{\"m\":1}")]).unwrap_err();
        assert!(error.message.contains("t, row 2: there is no column 'm'"), "{error}");
        let error = rows_of("t", &columns, &[row("{\"n\":\"x\"}")]).unwrap_err();
        assert!(error.message.starts_with("t, row 1: "), "{error}");
    }

    #[test]
    fn a_column_that_is_not_named_is_null() {
        let columns = Schema::new(vec![
            Column::new("n", LogicalType::Int, false),
            Column::new("b", LogicalType::BYTES, true),
        ]);
        let rows = rows_of("t", &columns, &[row("{\"b\":\"ff00\"}")]).unwrap();
        assert!(rows.column(0).is_null(0));
        let bytes = rows.column(1).as_any().downcast_ref::<arrow::array::BinaryArray>().unwrap();
        assert_eq!(bytes.value(0), [0xff, 0]);
    }
}
