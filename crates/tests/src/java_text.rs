//! Values of Arrow arrays as the objects of a row of Flink show themselves in Java, where recordings hold such texts.

use std::fmt::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType,
};
use streamsql_core::text;

/// A value as Flink's `toString` shows it.
pub fn shown(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    let mut out = String::new();
    match array.data_type() {
        DataType::Boolean => out = array.as_boolean().value(row).to_string(),
        DataType::Int8 => out = array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => out = array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => out = array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => out = array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => text::java_float(array.as_primitive::<Float32Type>().value(row), &mut out),
        DataType::Float64 => text::java_double(array.as_primitive::<Float64Type>().value(row), &mut out),
        DataType::Decimal128(_, scale) => {
            text::decimal(array.as_primitive::<Decimal128Type>().value(row), *scale as u32, &mut out);
        }
        DataType::Utf8 => out = array.as_string::<i32>().value(row).to_owned(),
        DataType::Binary => {
            for byte in array.as_binary::<i32>().value(row) {
                let _ = write!(out, "{byte:02x}");
            }
        }
        DataType::Date32 => date(array.as_primitive::<Date32Type>().value(row).into(), &mut out),
        DataType::Time32(_) => {
            time(i64::from(array.as_primitive::<Time32MillisecondType>().value(row)) * 1_000_000, &mut out);
        }
        DataType::Timestamp(unit, _) => {
            let per_second = text::ticks_per_second(*unit);
            let ticks = text::timestamp_ticks(array, row).unwrap();
            let seconds = ticks.div_euclid(per_second);
            date(seconds.div_euclid(86_400), &mut out);
            out.push('T');
            let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
            time(seconds.rem_euclid(86_400) * 1_000_000_000 + nanos, &mut out);
        }
        DataType::List(_) => {
            let elements = array.as_list::<i32>().value(row);
            let texts: Vec<String> = (0..elements.len())
                .map(|i| shown(elements.as_ref(), i).unwrap_or_else(|| "null".to_owned()))
                .collect();
            out = format!("[{}]", texts.join(", "));
        }
        other => panic!("{other}"),
    }
    Some(out)
}

/// `LocalDate.toString`
fn date(days: i64, out: &mut String) {
    if text::civil(days).0 > 9_999 {
        out.push('+');
    }
    text::date(days, out);
}

/// `LocalTime.toString`
fn time(nanos: i64, out: &mut String) {
    let mut long = String::new();
    text::time(nanos, &mut long);
    out.push_str(long.strip_suffix(":00").filter(|short| short.len() == 5).unwrap_or(&long));
}
