//! Casts to texts and bytes.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Time32MillisecondType};
use streamsql_core::types::MAX_LENGTH;
use streamsql_core::{LogicalType, map, text};

use super::Cast;
use crate::strings::{Bounds, TextBuilder};
use crate::zone::Zone;

impl Cast<'_> {
    pub(super) fn to_binary(&self) -> Result<ArrayRef, String> {
        let array = self.array;
        let rows = array.len();
        let mut out = arrow::array::BinaryBuilder::with_capacity(rows, rows * 8);
        let length = match self.to {
            LogicalType::Binary(n) | LogicalType::Varbinary(n) => *n as usize,
            _ => usize::MAX,
        };
        // Flink looks at the types: bytes that might have to be cut get exactly the target's length, VARBINARY too, and
        // others stay, even the bytes of an ENCODE, which are more than its type says.
        let (shortens, stays) = match (self.from, self.to) {
            (LogicalType::Binary(from) | LogicalType::Varbinary(from), LogicalType::Varbinary(to)) => {
                (from > to, from <= to)
            }
            _ => (false, false),
        };
        for row in 0..rows {
            if array.is_null(row) {
                out.append_null();
                continue;
            }
            let bytes = if self.from.is_character() {
                self.str(row).as_bytes()
            } else {
                array.as_binary::<i32>().value(row)
            };
            if self.legacy || stays {
                out.append_value(bytes);
                continue;
            }
            let kept = &bytes[..bytes.len().min(length)];
            if matches!(self.to, LogicalType::Binary(_)) || shortens {
                let mut padded = kept.to_vec();
                padded.resize(length, 0);
                out.append_value(padded);
            } else {
                out.append_value(kept);
            }
        }
        Ok(Arc::new(out.finish()))
    }

    pub(super) fn to_text(&self) -> Result<ArrayRef, String> {
        let array = self.array;
        let (length, pad) = match self.to {
            LogicalType::Char(n) => (*n, true),
            LogicalType::Varchar(n) => (*n, false),
            _ => (MAX_LENGTH, false),
        };
        if self.from.is_character() && (self.legacy || !pad && length == MAX_LENGTH) {
            return Ok(Arc::clone(array));
        }
        let rows = array.len();
        // What becomes a text has its length in UTF-16 units, a text in characters.
        let width = if self.from.is_character() { |_| 1 } else { char::len_utf16 };
        let mut out = TextBuilder::new(rows, 16);
        let mut buffer = String::new();
        for row in 0..rows {
            if array.is_null(row) {
                out.append_null();
                continue;
            }
            buffer.clear();
            if self.legacy {
                match self.from {
                    LogicalType::Boolean => buffer.push_str(&array.as_boolean().value(row).to_string()),
                    _ => render(array.as_ref(), self.from, row, self.zone, &mut buffer)?,
                }
                out.append(&buffer)?;
                continue;
            }
            render(array.as_ref(), self.from, row, self.zone, &mut buffer)?;
            if pad {
                Bounds::current().check(Some(length as usize))?;
            }
            fit_length(&mut buffer, length as usize, pad, width);
            out.append(&buffer)?;
        }
        Ok(Arc::new(out.finish()))
    }
}

/// Appends a value as CAST(… AS STRING) writes it.
pub(crate) fn render(
    array: &dyn Array,
    of: &LogicalType,
    row: usize,
    zone: Zone,
    out: &mut String,
) -> Result<(), String> {
    if array.is_null(row) {
        out.push_str("NULL");
        return Ok(());
    }
    match of {
        LogicalType::Boolean => out.push_str(if array.as_boolean().value(row) { "TRUE" } else { "FALSE" }),
        f if f.is_character() => out.push_str(array.as_string::<i32>().value(row)),
        f if f.is_binary() => out.push_str(&String::from_utf8_lossy(array.as_binary::<i32>().value(row))),
        f if f.is_integer() => {
            if let Some(value) = super::integer(array, row) {
                let _ = write!(out, "{value}");
            }
        }
        LogicalType::Float => text::java_float(array.as_primitive::<Float32Type>().value(row), out),
        LogicalType::Double => text::java_double(array.as_primitive::<Float64Type>().value(row), out),
        LogicalType::Timestamp(precision) | LogicalType::TimestampLtz(precision) => {
            let DataType::Timestamp(unit, _) = array.data_type() else {
                return Err("no timestamp".to_owned());
            };
            let per_second = text::ticks_per_second(*unit);
            let ticks = text::timestamp_ticks(array, row).map_err(|e| e.message)?;
            let mut seconds = ticks.div_euclid(per_second);
            let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
            if matches!(of, LogicalType::TimestampLtz(_)) {
                seconds = zone.wall_time(seconds);
            }
            text::timestamp(seconds, 1, out);
            fraction(nanos, usize::from(*precision), out);
        }
        LogicalType::Time(precision) => {
            let ms = i64::from(array.as_primitive::<Time32MillisecondType>().value(row));
            text::time(ms.div_euclid(1_000) * 1_000_000_000, out);
            if *precision > 0 {
                fraction(ms.rem_euclid(1_000) * 1_000_000, usize::from(*precision), out);
            }
        }
        LogicalType::Array(element) => {
            let items = array.as_list::<i32>().value(row);
            sequence(out, '[', ']', items.len(), |i, out| {
                render(items.as_ref(), &element.logical_type, i, zone, out)
            })?;
        }
        LogicalType::Map(..) | LogicalType::Multiset(_) => {
            let (key_type, value_type) = match of {
                LogicalType::Map(key, value) => (&key.logical_type, &value.logical_type),
                LogicalType::Multiset(element) => (&element.logical_type, &LogicalType::Int),
                _ => return Err(format!("no entries in {of}")),
            };
            let entries = array.as_map().value(row);
            let (keys, values) = (map::entry_keys(&entries), entries.column(1));
            sequence(out, '{', '}', entries.len(), |i, out| {
                render(keys.as_ref(), key_type, i, zone, out)?;
                out.push('=');
                render(values.as_ref(), value_type, i, zone, out)
            })?;
        }
        LogicalType::Row(columns) => {
            let fields = array.as_struct();
            sequence(out, '(', ')', columns.len(), |i, out| {
                render(fields.column(i).as_ref(), &columns[i].logical_type, row, zone, out)
            })?;
        }
        _ => text::scalar(array, row, out).map_err(|e| e.message)?,
    }
    Ok(())
}

fn sequence(
    out: &mut String,
    open: char,
    close: char,
    length: usize,
    mut item: impl FnMut(usize, &mut String) -> Result<(), String>,
) -> Result<(), String> {
    out.push(open);
    for i in 0..length {
        if i > 0 {
            out.push_str(", ");
        }
        item(i, out)?;
    }
    out.push(close);
    Ok(())
}

/// Appends at least `least` digits of a fraction, more where there are more.
fn fraction(nanos: i64, least: usize, out: &mut String) {
    let mut digits = [0u8; 9];
    let mut rest = nanos;
    for digit in digits.iter_mut().rev() {
        *digit = (rest % 10) as u8;
        rest /= 10;
    }
    let needed = digits.iter().rposition(|d| *d != 0).map_or(0, |i| i + 1).max(least);
    if needed > 0 {
        out.push('.');
        out.extend(digits[..needed].iter().map(|d| char::from(b'0' + d)));
    }
}

/// Cuts to a length in characters of this width; CHAR is padded with spaces.
fn fit_length(text: &mut String, length: usize, pad: bool, width: fn(char) -> usize) {
    let mut taken = 0;
    if text.len() > length
        && let Some((end, _)) = text.char_indices().find(|(_, c)| {
            let fits = taken + width(*c) <= length;
            taken += if fits { width(*c) } else { 0 };
            !fits
        })
    {
        text.truncate(end);
        // Java writes half of a surrogate pair so.
        if taken < length {
            text.push('?');
        }
    }
    if pad {
        let present = text.chars().map(width).sum();
        text.extend(std::iter::repeat_n(' ', length.saturating_sub(present)));
    }
}
