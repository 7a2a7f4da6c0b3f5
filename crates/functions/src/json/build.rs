//! JSON_OBJECT, JSON_ARRAY, JSON_STRING: SQL values as JSON (Flink `JsonGenerateUtils`).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use base64::Engine;
use streamsql_core::{LogicalType, map, text};

use super::Json;
use crate::call::{Arg, Eval};
use crate::strings::{TextBuilder, str_at};

/// Turns the value of a row, which is not NULL, into JSON.
type Convert = Box<dyn Fn(&dyn Array, usize) -> Result<Json, String> + Send + Sync>;

/// JSON_STRING(a).
pub fn string(given: &LogicalType) -> Result<Arc<Eval>, String> {
    let convert = convert(given)?;
    Ok(Arc::new(move |args, rows| {
        let mut out = TextBuilder::new(rows, 16);
        let mut buffer = String::new();
        for row in 0..rows {
            if args[0].is_null(row) {
                out.append_null();
                continue;
            }
            buffer.clear();
            let mut value = convert(args[0].array.as_ref(), args[0].index(row))?;
            sort(&mut value);
            value.write(&mut buffer);
            out.append(&buffer)?;
        }
        Ok(Arc::new(out.finish()) as ArrayRef)
    }))
}

/// A value inside of an object or an array; `kinds` has a `j` for each text that is JSON already.
struct Member {
    convert: Convert,
    is_json: bool,
}

impl Member {
    fn all(types: &[LogicalType], kinds: &str) -> Result<Vec<Self>, String> {
        let kinds = kinds.chars().chain(std::iter::repeat('v'));
        let member = |(given, kind)| Ok(Self { convert: convert(given)?, is_json: kind == 'j' });
        types.iter().zip(kinds).map(member).collect()
    }

    fn json(&self, arg: &Arg, row: usize) -> Result<Json, String> {
        if arg.is_null(row) {
            return Ok(Json::Null);
        }
        if self.is_json {
            return Ok(Json::parse(str_at(arg, row)).unwrap_or(Json::Null));
        }
        (self.convert)(arg.array.as_ref(), arg.index(row))
    }
}

/// JSON_OBJECT: two arguments with the clauses, then keys and values in turn; keys are sorted, of a key that comes twice
/// the last value counts.
pub fn object(types: &[LogicalType], kinds: &str, absent: bool) -> Result<Arc<Eval>, String> {
    let members = Member::all(types, kinds)?;
    Ok(build(move |args, row| {
        let mut object: Vec<(String, Json)> = Vec::with_capacity(members.len());
        for (member, pair) in members.iter().zip(args[2..].chunks(2)) {
            let [key, value] = pair else { continue };
            if key.is_null(row) {
                return Err("a key is NULL".to_owned());
            }
            let value = member.json(value, row)?;
            if absent && value == Json::Null {
                continue;
            }
            put(&mut object, str_at(key, row), value);
        }
        Ok(Json::Object(object))
    }))
}

/// JSON_ARRAY: two arguments with the clauses, then the values.
pub fn array(types: &[LogicalType], kinds: &str, absent: bool) -> Result<Arc<Eval>, String> {
    let members = Member::all(types, kinds)?;
    Ok(build(move |args, row| {
        let mut items = Vec::with_capacity(members.len());
        for (member, value) in members.iter().zip(&args[2..]) {
            let value = member.json(value, row)?;
            if !(absent && value == Json::Null) {
                items.push(value);
            }
        }
        Ok(Json::Array(items))
    }))
}

fn build(json: impl Fn(&[Arg], usize) -> Result<Json, String> + Send + Sync + 'static) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut out = TextBuilder::new(rows, 32);
        let mut buffer = String::new();
        for row in 0..rows {
            buffer.clear();
            let mut value = json(args, row)?;
            sort(&mut value);
            value.write(&mut buffer);
            out.append(&buffer)?;
        }
        Ok(Arc::new(out.finish()) as ArrayRef)
    })
}

fn put(object: &mut Vec<(String, Json)>, key: &str, value: Json) {
    match object.iter_mut().find(|(known, _)| known == key) {
        Some((_, known)) => *known = value,
        None => object.push((key.to_owned(), value)),
    }
}

/// Sorts the keys of all objects, as Flink's JSON functions write them.
fn sort(value: &mut Json) {
    match value {
        Json::Object(members) => {
            members.iter_mut().for_each(|(_, value)| sort(value));
            members.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
        }
        Json::Array(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}

/// A decimal without its trailing zeros, as `BigDecimal.stripTrailingZeros().toString()` writes it: 100.00 is 1E+2.
fn stripped(mut unscaled: i128, mut scale: i32) -> String {
    if unscaled == 0 {
        return "0".to_owned();
    }
    while unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    let digits = unscaled.unsigned_abs().to_string();
    let exponent = digits.len() as i32 - 1 - scale;
    let mut out = String::new();
    if scale >= 0 && exponent >= -6 {
        text::decimal(unscaled, scale as u32, &mut out);
        return out;
    }
    if unscaled < 0 {
        out.push('-');
    }
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    out + &format!("E{exponent:+}")
}

fn convert(given: &LogicalType) -> Result<Convert, String> {
    let element = |t: &LogicalType| convert(t);
    Ok(match given {
        LogicalType::Null => Box::new(|_, _| Ok(Json::Null)),
        LogicalType::Char(_) | LogicalType::Varchar(_) => {
            Box::new(|array, row| Ok(Json::Text(array.as_string::<i32>().value(row).to_owned())))
        }
        LogicalType::Boolean => Box::new(|array, row| Ok(Json::Bool(array.as_boolean().value(row)))),
        LogicalType::TinyInt => {
            Box::new(|array, row| Ok(Json::Int(array.as_primitive::<Int8Type>().value(row).into())))
        }
        LogicalType::SmallInt => {
            Box::new(|array, row| Ok(Json::Int(array.as_primitive::<Int16Type>().value(row).into())))
        }
        LogicalType::Int => {
            Box::new(|array, row| Ok(Json::Int(array.as_primitive::<Int32Type>().value(row).into())))
        }
        LogicalType::BigInt => {
            Box::new(|array, row| Ok(Json::Int(array.as_primitive::<Int64Type>().value(row))))
        }
        LogicalType::Float => Box::new(|array, row| {
            let value = array.as_primitive::<Float32Type>().value(row);
            let mut digits = String::new();
            text::java_float(value, &mut digits);
            Ok(if value.is_finite() { Json::Number(digits) } else { Json::Text(digits) })
        }),
        LogicalType::Double => {
            Box::new(|array, row| Ok(Json::Double(array.as_primitive::<Float64Type>().value(row))))
        }
        LogicalType::Decimal { scale, .. } => {
            let scale = i32::from(*scale);
            Box::new(move |array, row| {
                Ok(Json::Number(stripped(array.as_primitive::<Decimal128Type>().value(row), scale)))
            })
        }
        LogicalType::Binary(_) | LogicalType::Varbinary(_) => Box::new(|array, row| {
            let bytes = array.as_binary::<i32>().value(row);
            Ok(Json::Text(base64::engine::general_purpose::STANDARD.encode(bytes)))
        }),
        LogicalType::Timestamp(_) | LogicalType::TimestampLtz(_) => {
            let zoned = matches!(given, LogicalType::TimestampLtz(_));
            Box::new(move |array, row| {
                let DataType::Timestamp(unit, _) = array.data_type() else {
                    return Err("no timestamp".to_owned());
                };
                let per_second = text::ticks_per_second(*unit);
                let ticks = text::timestamp_ticks(array, row).map_err(|e| e.message)?;
                let mut out = String::new();
                text::timestamp(ticks, per_second, &mut out);
                // An instant is written in UTC, whatever the session's zone.
                if zoned {
                    out.push('Z');
                }
                Ok(Json::Text(out.replacen(' ', "T", 1)))
            })
        }
        LogicalType::Array(of) => {
            let item = element(&of.logical_type)?;
            Box::new(move |array, row| {
                let items = array.as_list::<i32>().value(row);
                let json = |i| if items.is_null(i) { Ok(Json::Null) } else { item(items.as_ref(), i) };
                (0..items.len()).map(json).collect::<Result<_, _>>().map(Json::Array)
            })
        }
        LogicalType::Map(key, of) if key.logical_type.is_character() => {
            let item = element(&of.logical_type)?;
            Box::new(move |array, row| {
                let entries = array.as_map().value(row);
                let (keys, values) = (map::entry_keys(&entries), entries.column(1));
                let mut object = Vec::with_capacity(entries.len());
                for i in 0..entries.len() {
                    if keys.is_null(i) {
                        return Err("JSON has no place for the NULL key of a map".to_owned());
                    }
                    let value = if values.is_null(i) { Json::Null } else { item(values.as_ref(), i)? };
                    put(&mut object, keys.as_string::<i32>().value(i), value);
                }
                Ok(Json::Object(object))
            })
        }
        LogicalType::Row(columns) => {
            let fields = columns
                .iter()
                .map(|column| Ok((column.name.clone(), element(&column.logical_type)?)))
                .collect::<Result<Vec<_>, String>>()?;
            Box::new(move |array, row| {
                let array = array.as_struct();
                let mut object = Vec::with_capacity(fields.len());
                for (i, (name, field)) in fields.iter().enumerate() {
                    let column = array.column(i);
                    let value = if column.is_null(row) { Json::Null } else { field(column.as_ref(), row)? };
                    put(&mut object, name, value);
                }
                Ok(Json::Object(object))
            })
        }
        other => return Err(format!("a value of type {other} cannot become JSON; CAST it to STRING")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_as_java_writes_them_stripped() {
        assert_eq!(stripped(10_000, 2), "1E+2");
        assert_eq!(stripped(150, 2), "1.5");
        assert_eq!(stripped(-1, 7), "-1E-7");
        assert_eq!(stripped(123_400, 0), "1.234E+5");
        assert_eq!(stripped(0, 2), "0");
        assert_eq!(stripped(42, 0), "42");
    }
}
