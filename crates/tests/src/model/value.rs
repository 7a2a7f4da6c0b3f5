//! Values of the model: plain, ordered, with a way into Arrow's arrays and back.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int32Builder, Int64Array, ListBuilder, StringArray,
    TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, TimeUnit, TimestampMillisecondType};

use super::relation::Dialect;

/// The types that model columns have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Boolean,
    Int,
    BigInt,
    String,
    Timestamp,
    IntArray,
}

impl Type {
    pub fn sql(self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Self::String, Dialect::Postgres) => return "TEXT",
            (Self::IntArray, Dialect::Postgres) => return "INT[]",
            _ => {}
        }
        match self {
            Self::Boolean => "BOOLEAN",
            Self::Int => "INT",
            Self::BigInt => "BIGINT",
            Self::String => "STRING",
            Self::Timestamp => "TIMESTAMP(3)",
            Self::IntArray => "ARRAY<INT>",
        }
    }
}

/// A value; integers of both widths are one kind, times are ms since 1970.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Text(String),
    Time(i64),
    Array(Vec<Value>),
}

/// A row: one value a column.
pub type Row = Vec<Value>;

impl Value {
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The value as a literal of SQL; texts are of type STRING, so that no rule about CHAR applies.
    pub fn literal(&self, of: Type, dialect: Dialect) -> String {
        match self {
            Self::Null => format!("CAST(NULL AS {})", of.sql(dialect)),
            Self::Boolean(true) => "TRUE".to_owned(),
            Self::Boolean(false) => "FALSE".to_owned(),
            Self::Integer(i) if of == Type::BigInt => format!("CAST({i} AS BIGINT)"),
            Self::Integer(i) => format!("({i})"),
            Self::Text(text) => format!("CAST('{text}' AS {})", of.sql(dialect)),
            Self::Time(ms) => format!("TIMESTAMP '{}'", time_text(*ms)),
            Self::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| item.literal(Type::Int, dialect)).collect();
                match dialect {
                    Dialect::Flink => format!("ARRAY[{}]", items.join(", ")),
                    // Without items it has no type of its own.
                    Dialect::Postgres => format!("CAST(ARRAY[{}] AS INT[])", items.join(", ")),
                }
            }
        }
    }

    /// The value that PostgreSQL writes so.
    ///
    /// # Errors
    /// What it cannot have written.
    pub fn of_postgres(text: &str, of: Type) -> Result<Self, String> {
        let integer = |text: &str| {
            text.parse().map(Self::Integer).map_err(|error| format!("{text:?} for an integer: {error}"))
        };
        Ok(match of {
            Type::Boolean => Self::Boolean(text == "t"),
            Type::Int | Type::BigInt => integer(text)?,
            Type::String => Self::Text(text.to_owned()),
            Type::Timestamp => {
                let time = text.strip_prefix("1970-01-01 ").and_then(time_of_day);
                Self::Time(time.ok_or_else(|| format!("{text:?} for a time"))?)
            }
            Type::IntArray => {
                let items = text.trim_matches(['{', '}']).split(',').filter(|item| !item.is_empty());
                let item = |item: &str| if item == "NULL" { Ok(Self::Null) } else { integer(item) };
                Self::Array(items.map(item).collect::<Result<_, _>>()?)
            }
        })
    }

    /// The value in a JSON record.
    pub fn json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean(value) => value.to_string(),
            Self::Integer(i) => i.to_string(),
            Self::Text(text) => format!("\"{text}\""),
            Self::Time(ms) => format!("\"{}\"", time_text(*ms)),
            Self::Array(items) => {
                format!("[{}]", items.iter().map(Self::json).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// All times of the model are of one day.
fn time_text(ms: i64) -> String {
    let (seconds, ms) = (ms.div_euclid(1_000), ms.rem_euclid(1_000));
    format!("1970-01-01 {:02}:{:02}:{:02}.{ms:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// `hh:mm:ss` and a fraction of up to three digits, in ms.
fn time_of_day(text: &str) -> Option<i64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = seconds.split(':').map(|part| part.parse::<i64>().ok());
    let seconds = (parts.next()?? * 60 + parts.next()??) * 60 + parts.next()??;
    Some(seconds * 1_000 + format!("{fraction:0<3}").parse::<i64>().ok()?)
}

/// A column of these values.
///
/// # Errors
/// For a type that the model has not.
pub fn to_array(values: &[&Value], data_type: &DataType) -> Result<ArrayRef, String> {
    let integers = || {
        values.iter().map(|value| match value {
            Value::Integer(i) => Some(*i),
            _ => None,
        })
    };
    Ok(match data_type {
        DataType::Boolean => Arc::new(
            values
                .iter()
                .map(|value| match value {
                    Value::Boolean(value) => Some(*value),
                    _ => None,
                })
                .collect::<BooleanArray>(),
        ),
        DataType::Int32 => Arc::new(integers().map(|value| value.map(|i| i as i32)).collect::<Int32Array>()),
        DataType::Int64 => Arc::new(integers().collect::<Int64Array>()),
        DataType::Utf8 => Arc::new(
            values
                .iter()
                .map(|value| match value {
                    Value::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect::<StringArray>(),
        ),
        DataType::Timestamp(TimeUnit::Millisecond, None) => Arc::new(
            values
                .iter()
                .map(|value| match value {
                    Value::Time(ms) => Some(*ms),
                    _ => None,
                })
                .collect::<TimestampMillisecondArray>(),
        ),
        DataType::List(element) if *element.data_type() == DataType::Int32 => lists(values, element),
        other => return Err(format!("the model has no columns of type {other}")),
    })
}

fn lists(values: &[&Value], element: &Arc<Field>) -> ArrayRef {
    let mut lists = ListBuilder::new(Int32Builder::new()).with_field(Arc::clone(element));
    for value in values {
        if let Value::Array(items) = value {
            for item in items {
                match item {
                    Value::Integer(i) => lists.values().append_value(*i as i32),
                    _ => lists.values().append_null(),
                }
            }
        }
        lists.append(matches!(value, Value::Array(_)));
    }
    Arc::new(lists.finish())
}

/// The value of a row of a column.
///
/// # Errors
/// For a type that the model has not.
pub fn of_array(array: &dyn Array, row: usize) -> Result<Value, String> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Boolean => Value::Boolean(array.as_boolean().value(row)),
        DataType::Int32 => Value::Integer(i64::from(array.as_primitive::<Int32Type>().value(row))),
        DataType::Int64 => Value::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row).to_owned()),
        DataType::Timestamp(TimeUnit::Millisecond, None) => {
            Value::Time(array.as_primitive::<TimestampMillisecondType>().value(row))
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let items = (0..items.len()).map(|i| of_array(items.as_ref(), i));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        other => return Err(format!("the model has no columns of type {other}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_from_arrays() {
        let list = DataType::List(Arc::new(Field::new("element", DataType::Int32, true)));
        let columns = [
            (DataType::Int32, Value::Integer(-7)),
            (DataType::Utf8, Value::Text("a".to_owned())),
            (DataType::Timestamp(TimeUnit::Millisecond, None), Value::Time(1)),
            (list, Value::Array(vec![Value::Null, Value::Integer(2)])),
        ];
        for (data_type, value) in columns {
            let array = to_array(&[&value, &Value::Null], &data_type).unwrap();
            assert_eq!(of_array(array.as_ref(), 0).unwrap(), value);
            assert!(of_array(array.as_ref(), 1).unwrap().is_null());
        }
        assert_eq!(Value::Time(3_723_004).json(), "\"1970-01-01 01:02:03.004\"");
        let read = |text, of| Value::of_postgres(text, of).unwrap();
        assert_eq!(read("1970-01-01 01:02:03.004", Type::Timestamp), Value::Time(3_723_004));
        assert_eq!(read("1970-01-01 01:02:03.4", Type::Timestamp), Value::Time(3_723_400));
        assert_eq!(read("{1,NULL}", Type::IntArray), Value::Array(vec![Value::Integer(1), Value::Null]));
    }
}
