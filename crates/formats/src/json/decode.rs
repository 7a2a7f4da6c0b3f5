//! JSON records to rows, with Flink's conversions (Flink `JsonParserToRowDataConverters`).

use base64::Engine;
use streamsql_core::{ChangeBatch, DecodedRecord, Decoder, LogicalType, Result, Schema, text};

use super::OPTIONS;
use super::scan::{Span, object, unescape};
use crate::DecoderSpec;
use crate::columns::{RowBuilder, Staged, TimestampStandard, from_text};
use crate::options::FormatOptions;

/// Decodes objects into the wanted columns.
pub struct JsonDecoder {
    names: Vec<String>,
    types: Vec<LogicalType>,
    rows: RowBuilder,
    spans: Vec<Span>,
    standard: TimestampStandard,
    fail_on_missing: bool,
    ignore_errors: bool,
}

impl JsonDecoder {
    pub fn new(spec: &DecoderSpec<'_>) -> Result<Self> {
        let options = FormatOptions::new("json", spec.options, OPTIONS)?;
        let columns: Vec<_> = spec.read.iter().map(|i| spec.physical.columns[*i].clone()).collect();
        let fail_on_missing = options.flag("fail-on-missing-field", false)?;
        let ignore_errors = options.flag("ignore-parse-errors", false)?;
        if fail_on_missing && ignore_errors {
            return Err(streamsql_core::Error::invalid(
                "json.fail-on-missing-field and json.ignore-parse-errors shouldn't both be true",
            ));
        }
        Ok(Self {
            names: columns.iter().map(|c| c.name.clone()).collect(),
            types: columns.iter().map(|c| c.logical_type.clone()).collect(),
            spans: vec![Span::Missing; columns.len()],
            rows: RowBuilder::new(&Schema::new(columns))?,
            standard: TimestampStandard::parse(options.get("timestamp-format.standard"))?,
            fail_on_missing,
            ignore_errors,
        })
    }
}

impl Decoder for JsonDecoder {
    fn decode(&mut self, record: Option<&[u8]>) -> Result<DecodedRecord> {
        let Some(record) = record.filter(|record| !record.is_empty()) else {
            return Ok(DecodedRecord::Skipped);
        };
        let bad = |field: Option<String>, error: String, ignore: bool| {
            Ok(if ignore { DecodedRecord::Skipped } else { DecodedRecord::Bad { field, error } })
        };
        let json = match std::str::from_utf8(record) {
            Ok(json) => json,
            Err(_) => return bad(None, "the record is not valid UTF-8".to_owned(), self.ignore_errors),
        };
        if let Err(error) = object(json, &self.names, &mut self.spans) {
            return bad(None, error, self.ignore_errors);
        }
        let mut values = Vec::with_capacity(self.spans.len());
        for (column, span) in self.spans.iter().enumerate() {
            if *span == Span::Missing && self.fail_on_missing {
                return bad(Some(self.names[column].clone()), "the field is missing".to_owned(), false);
            }
            match convert(json, *span, &self.types[column], self.standard) {
                Ok(value) => values.push(value),
                Err(_) if self.ignore_errors => values.push(Staged::Null),
                Err(error) => return bad(Some(self.names[column].clone()), error, false),
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

fn convert<'a>(
    json: &'a str,
    span: Span,
    logical_type: &LogicalType,
    standard: TimestampStandard,
) -> std::result::Result<Staged<'a>, String> {
    let is_text_column = logical_type.is_character();
    match span {
        Span::Missing | Span::Null => Ok(Staged::Null),
        Span::Text { start, end, escaped: false } => from_string(&json[start..end], logical_type, standard),
        Span::Text { start, end, escaped: true } => {
            let unescaped = unescape(&json[start..end])?;
            if is_text_column {
                return Ok(Staged::Owned(unescaped));
            }
            from_string(&unescaped, logical_type, standard).map(into_owned)
        }
        Span::Number { start, end } => from_number(&json[start..end], logical_type),
        Span::True | Span::False => {
            let value = span == Span::True;
            match logical_type {
                LogicalType::Boolean => Ok(Staged::Bool(value)),
                _ if is_text_column => Ok(Staged::Text(if value { "true" } else { "false" })),
                other => Err(format!("a boolean is not a value of {other}")),
            }
        }
        Span::Composite { start, end } => {
            if !is_text_column {
                return Err(format!("an object or array is not a value of {logical_type}"));
            }
            compact(&json[start..end]).map(Staged::Owned)
        }
    }
}

fn into_owned(value: Staged<'_>) -> Staged<'static> {
    match value {
        Staged::Text(text) => Staged::Owned(text.to_owned()),
        Staged::Null => Staged::Null,
        Staged::Bool(v) => Staged::Bool(v),
        Staged::Int(v) => Staged::Int(v),
        Staged::Double(v) => Staged::Double(v),
        Staged::Decimal(v) => Staged::Decimal(v),
        Staged::Owned(v) => Staged::Owned(v),
        Staged::Bytes(v) => Staged::Bytes(v),
    }
}

fn from_string<'a>(
    value: &'a str,
    logical_type: &LogicalType,
    standard: TimestampStandard,
) -> std::result::Result<Staged<'a>, String> {
    if logical_type.is_binary() {
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(value).map_err(|_| "not base64".to_owned())?;
        return Ok(Staged::Bytes(bytes));
    }
    from_text(value, logical_type, standard)
}

fn from_number<'a>(number: &'a str, logical_type: &LogicalType) -> std::result::Result<Staged<'a>, String> {
    let integer = |min: i64, max: i64| -> std::result::Result<Staged<'a>, String> {
        let value = match number.parse::<i64>() {
            Ok(value) => Some(value),
            // A JSON float into an integer is truncated, as Jackson does.
            Err(_) => number.parse::<f64>().ok().filter(|f| f.abs() < 9.3e18).map(|f| f.trunc() as i64),
        };
        match value {
            Some(value) if (min..=max).contains(&value) => Ok(Staged::Int(value)),
            _ => Err(format!("the number is out of range for {logical_type}")),
        }
    };
    match logical_type {
        LogicalType::TinyInt => integer(i8::MIN.into(), i8::MAX.into()),
        LogicalType::SmallInt => integer(i16::MIN.into(), i16::MAX.into()),
        LogicalType::Int => integer(i32::MIN.into(), i32::MAX.into()),
        LogicalType::BigInt => integer(i64::MIN, i64::MAX),
        LogicalType::Float | LogicalType::Double => {
            number.parse().map(Staged::Double).map_err(|_| "not a number".to_owned())
        }
        LogicalType::Decimal { precision, scale } => match text::parse_decimal(number, *precision, *scale) {
            Ok(Some(value)) => Ok(Staged::Decimal(value)),
            Ok(None) => Ok(Staged::Null),
            Err(_) => Err("not a number".to_owned()),
        },
        LogicalType::Boolean => Ok(Staged::Bool(false)),
        t if t.is_character() => Ok(Staged::Text(number)),
        other => Err(format!("a number is not a value of {other}")),
    }
}

/// An object or array as Jackson prints its tree: no spaces, numbers in their shortest form.
fn compact(json: &str) -> std::result::Result<String, String> {
    let value: serde_json::Value = serde_json::from_str(json).map_err(|e| e.to_string())?;
    Ok(shortest_numbers(value).to_string())
}

fn shortest_numbers(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Number(number) => {
            let written = number.to_string();
            let is_float = written.contains(['.', 'e', 'E']);
            match written.parse::<f64>() {
                Ok(double) if is_float => {
                    let mut shortest = String::new();
                    text::java_double(double, &mut shortest);
                    serde_json::from_str(&shortest).unwrap_or(Value::Number(number))
                }
                _ => Value::Number(number),
            }
        }
        Value::Array(items) => Value::Array(items.into_iter().map(shortest_numbers).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(k, v)| (k, shortest_numbers(v))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Decimal128Type, Int32Type, TimestampMillisecondType};
    use streamsql_core::Column;

    use super::*;

    fn decoder(types: &[(&str, LogicalType)], options: &[(&str, &str)]) -> JsonDecoder {
        let physical = Schema::new(types.iter().map(|(n, t)| Column::new(*n, t.clone(), true)).collect());
        let options: BTreeMap<String, String> =
            options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let read: Vec<usize> = (0..types.len()).collect();
        JsonDecoder::new(&DecoderSpec { format: "json", options: &options, physical: &physical, read: &read })
            .unwrap()
    }

    #[test]
    fn conversions_as_flink_has_them() {
        let price = LogicalType::Decimal { precision: 6, scale: 2 };
        let mut decoder = decoder(
            &[
                ("i", LogicalType::Int),
                ("d", price),
                ("s", LogicalType::STRING),
                ("b", LogicalType::Boolean),
                ("t", LogicalType::Timestamp(3)),
            ],
            &[],
        );
        let records = [
            r#"{"i":3.7,"d":"1.005","s":12.50,"b":"TRUE","t":"2020-01-01 00:00:00.123456"}"#,
            r#"{"i":" 42 ","d":99999.999,"s":{"a": 2.50},"b":1,"t":null}"#,
        ];
        for record in records {
            assert_eq!(decoder.decode(Some(record.as_bytes())).unwrap(), DecodedRecord::Rows(1));
        }
        let batch = decoder.finish().unwrap();
        let rows = batch.rows();
        assert_eq!(rows.column(0).as_primitive::<Int32Type>().values(), &[3, 42]);
        assert_eq!(rows.column(1).as_primitive::<Decimal128Type>().value(0), 101);
        assert!(rows.column(1).is_null(1));
        assert_eq!(rows.column(2).as_string::<i32>().value(0), "12.50");
        assert_eq!(rows.column(2).as_string::<i32>().value(1), r#"{"a":2.5}"#);
        assert!(rows.column(3).as_boolean().value(0) && !rows.column(3).as_boolean().value(1));
        assert_eq!(rows.column(4).as_primitive::<TimestampMillisecondType>().value(0), 1_577_836_800_123);
    }

    #[test]
    fn bad_records_leave_nothing_behind() {
        let mut decoder = decoder(&[("s", LogicalType::STRING), ("i", LogicalType::Int)], &[]);
        for (record, field) in
            [(r#"{"s":"x","i":"y"}"#, Some("i")), (r#"{"s":"x""#, None), (r#"{"i":3000000000}"#, Some("i"))]
        {
            let DecodedRecord::Bad { field: found, .. } = decoder.decode(Some(record.as_bytes())).unwrap()
            else {
                panic!("{record} was accepted");
            };
            assert_eq!(found.as_deref(), field);
        }
        assert_eq!(decoder.decode(None).unwrap(), DecodedRecord::Skipped);
        assert_eq!(decoder.decode(Some(b"")).unwrap(), DecodedRecord::Skipped);
        assert_eq!(
            decoder.decode(Some(b"\xff")).unwrap(),
            DecodedRecord::Bad { field: None, error: "the record is not valid UTF-8".into() }
        );
        assert_eq!(decoder.num_rows(), 0);
    }

    #[test]
    fn options_change_what_is_an_error() {
        let mut lenient = decoder(&[("i", LogicalType::Int)], &[("json.ignore-parse-errors", "true")]);
        assert_eq!(lenient.decode(Some(br#"{"i":"x"}"#)).unwrap(), DecodedRecord::Rows(1));
        assert_eq!(lenient.decode(Some(b"nonsense")).unwrap(), DecodedRecord::Skipped);
        let mut strict = decoder(&[("i", LogicalType::Int)], &[("json.fail-on-missing-field", "true")]);
        assert!(matches!(strict.decode(Some(b"{}")).unwrap(), DecodedRecord::Bad { .. }));
    }
}
