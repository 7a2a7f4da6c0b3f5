//! A text as a value of a scalar type, in SQL's forms: what CSV fields and texts of a database hold.

use crate::builder::{ColumnBuilder, Kind};
use crate::java;
use crate::temporal::{self, TimestampStandard};

/// Appends the value of a text (Flink `CsvToRowDataConverters`). Bytes are base64.
///
/// # Errors
/// What the text should have been. The column is as it was, but for bytes: there the caller truncates.
pub fn append(field: &str, column: &mut ColumnBuilder) -> Result<(), String> {
    let kind = column.kind();
    let misfit = |expected: &str| Err(format!("the text is not {expected}"));
    match kind {
        Kind::Text => {
            return column.append_bytes(field.as_bytes()).map_err(|_| "the batch holds too much text".into());
        }
        Kind::Null => column.append_null(),
        Kind::Boolean => column.append_bool(java::boolean(java::trim(field))),
        Kind::TinyInt | Kind::SmallInt | Kind::Int | Kind::BigInt => {
            let (low, high, name) = match kind {
                Kind::TinyInt => (i8::MIN.into(), i8::MAX.into(), "a TINYINT"),
                Kind::SmallInt => (i16::MIN.into(), i16::MAX.into(), "a SMALLINT"),
                Kind::Int => (i32::MIN.into(), i32::MAX.into(), "an INT"),
                _ => (i64::MIN, i64::MAX, "a BIGINT"),
            };
            match java::integer(java::trim(field)).filter(|number| (low..=high).contains(number)) {
                Some(number) => column.append_int(number),
                None => return misfit(name),
            }
        }
        Kind::Float => match java::float(field) {
            Some(number) => column.append_float(number),
            None => return misfit("a FLOAT"),
        },
        Kind::Double => match java::double(field) {
            Some(number) => column.append_double(number),
            None => return misfit("a DOUBLE"),
        },
        Kind::Decimal { precision, scale } => match java::decimal(field, precision, scale) {
            Ok(Some(number)) => column.append_decimal(number),
            Ok(None) => column.append_null(),
            Err(_) => return misfit("a DECIMAL"),
        },
        Kind::Date => match temporal::sql_date(field) {
            Some(days) => column.append_int(days),
            None => return misfit("a DATE, expected yyyy-M-d"),
        },
        Kind::Time(precision) => match temporal::csv_time(field, precision) {
            Some(ms) => column.append_int(ms),
            None => return misfit("a TIME, expected HH:mm[:ss[.fraction]]"),
        },
        Kind::Timestamp(precision) | Kind::TimestampLtz(precision) => {
            let zoned = matches!(kind, Kind::TimestampLtz(_));
            let standard = TimestampStandard::Sql;
            match temporal::timestamp(java::trim(field), precision, standard, zoned) {
                Some(ticks) => column.append_int(ticks),
                None => return misfit(&format!("a timestamp, expected {}", standard.expected(zoned))),
            }
        }
        Kind::Bytes => {
            let mut good = true;
            let appended = column.append_with(|data| good = java::base64(field.as_bytes(), data));
            if appended.is_err() || !good {
                return misfit("base64 with padding");
            }
        }
        other => return Err(format!("a text cannot be read as {other:?}")),
    }
    Ok(())
}
