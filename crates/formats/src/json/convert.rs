//! One JSON value into a column builder (Flink `JsonParserToRowDataConverters`, `JsonToRowDataConverters`).
//!
//! Recursion follows the column's type, never the data.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::compact::{self, Floats};
use super::misplaced::{GoesOn, misplaced};
use super::scan::{Fault, Scanner, Text, unescape};
use crate::builder::{ColumnBuilder, Full, Kind, Values};
use crate::java;
use crate::names::Names;
use crate::temporal::{self, TimestampStandard};

/// What the format's options decide.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub standard: TimestampStandard,
    pub fail_on_missing: bool,
    pub ignore_errors: bool,
    /// `decode.json-parser.enabled = false`: Flink first builds a tree, which shows in a few conversions.
    pub tree: bool,
    pub floats: Floats,
}

/// Reads the value at the scanner. On a fault the builder may hold a part of it: the caller truncates.
// Four callers are too many for the compiler to put it where the columns of a record are read, which costs 150 instructions a
// click and 440 a checkout (callgrind under `streamsql-bench decode`, 200,000 against 400,000 events).
#[inline(always)]
pub fn value(rules: &Rules, scanner: &mut Scanner<'_>, column: &mut ColumnBuilder) -> Result<(), Fault> {
    let start = scanner.at;
    // What most values are.
    if column.kind() == Kind::Text
        && let Some(text) = scanner.plain_string()
    {
        if column.append_bytes(text.as_bytes()).is_ok() {
            return Ok(());
        }
        scanner.at = start;
    }
    if scanner.peek() == Some(b'n') {
        scanner.word("null")?;
        column.append_null();
        return Ok(());
    }
    let len = column.len();
    match convert(rules, scanner, column) {
        Err(Fault::Value { .. }) if rules.ignore_errors => {
            column.truncate(len);
            scanner.at = start;
            scanner.skip()?;
            column.append_null();
            Ok(())
        }
        done => done,
    }
}

/// Passes the key of an object's `ordinal`-th member, after `{` or `,`, and tells which field it names, if any. `None`
/// at the end of an object without members.
///
/// Most producers write the keys of all records in one order and spelling: what stands before each value (`"click_id":`)
/// is compared with the record before, instead of looking for quotes and names.
#[inline]
pub fn key(
    scanner: &mut Scanner<'_>,
    names: &mut Names,
    ordinal: usize,
    expected: usize,
) -> Result<Option<Option<usize>>, Fault> {
    if let Some((length, position)) = names.recall(ordinal, scanner.rest()) {
        scanner.at += length;
        scanner.space();
        return Ok(Some(position));
    }
    new_key(scanner, names, ordinal, expected)
}

fn new_key(
    scanner: &mut Scanner<'_>,
    names: &mut Names,
    ordinal: usize,
    expected: usize,
) -> Result<Option<Option<usize>>, Fault> {
    let start = scanner.at;
    scanner.space();
    if ordinal == 0 && scanner.take(b'}') {
        return Ok(None);
    }
    let key = scanner.key()?;
    let position = names.position(&key.unescaped(), expected);
    names.remember(ordinal, scanner.since(start).as_bytes(), position);
    Ok(Some(position))
}

fn convert(rules: &Rules, scanner: &mut Scanner<'_>, column: &mut ColumnBuilder) -> Result<(), Fault> {
    match scanner.peek() {
        Some(b'"') => {
            let text = scanner.string()?;
            from_string(rules, text, column)
        }
        Some(b'{' | b'[') => from_nested(rules, scanner, column),
        Some(b't') => {
            scanner.word("true")?;
            from_bool(rules, true, column)
        }
        Some(b'f') => {
            scanner.word("false")?;
            from_bool(rules, false, column)
        }
        Some(b'-' | b'0'..=b'9') => {
            if let Some((low, high)) = integer_range(column.kind())
                && let Some(number) = scanner.short_integer(low, high)
            {
                column.append_int(number);
                return Ok(());
            }
            if let Kind::Decimal { precision, scale } = column.kind()
                && let Some(units) = scanner.short_decimal(precision, scale)
            {
                column.append_decimal(units.into());
                return Ok(());
            }
            let (number, is_float) = scanner.number()?;
            from_number(rules, number, is_float, column)
        }
        _ => Err(scanner.unexpected("a value")),
    }
}

fn full(_: Full) -> Fault {
    Fault::value("the batch holds more text than a column can")
}

fn misfit(what: &'static str, kind: Kind) -> Fault {
    Fault::value(format!("{what} is not a value of {}", name(kind)))
}

fn name(kind: Kind) -> Cow<'static, str> {
    match kind {
        Kind::Text => "STRING".into(),
        Kind::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})").into(),
        Kind::Time(p) => format!("TIME({p})").into(),
        Kind::Timestamp(p) => format!("TIMESTAMP({p})").into(),
        Kind::TimestampLtz(p) => format!("TIMESTAMP_LTZ({p})").into(),
        Kind::Months => "INTERVAL YEAR TO MONTH".into(),
        Kind::Millis => "INTERVAL DAY TO SECOND".into(),
        other => format!("{other:?}").to_ascii_uppercase().into(),
    }
}

fn from_bool(rules: &Rules, value: bool, column: &mut ColumnBuilder) -> Result<(), Fault> {
    match column.kind() {
        Kind::Boolean => column.append_bool(value),
        Kind::Text => {
            column.append_bytes(if value { b"true" } else { b"false" }).map_err(full)?;
        }
        kind => return other_scalar(rules, "a boolean", kind, column),
    }
    Ok(())
}

/// What the tree makes of a scalar that fits no conversion: bytes are NULL, a map is empty.
fn other_scalar(
    rules: &Rules,
    what: &'static str,
    kind: Kind,
    column: &mut ColumnBuilder,
) -> Result<(), Fault> {
    match kind {
        Kind::Null => column.append_null(),
        Kind::Bytes if rules.tree => column.append_null(),
        Kind::Map | Kind::Multiset if rules.tree => column.end_nested(),
        _ => return Err(misfit(what, kind)),
    }
    Ok(())
}

#[inline]
fn from_string(rules: &Rules, text: Text<'_>, column: &mut ColumnBuilder) -> Result<(), Fault> {
    match column.kind() {
        Kind::Text if text.escaped => column.append_with(|data| unescape(text.raw, data)).map_err(full),
        Kind::Text => column.append_bytes(text.raw.as_bytes()).map_err(full),
        _ => parsed(rules, text, column),
    }
}

/// A text as the value of a column of another type.
fn parsed(rules: &Rules, text: Text<'_>, column: &mut ColumnBuilder) -> Result<(), Fault> {
    let value = text.unescaped();
    let value = value.as_ref();
    let kind = column.kind();
    match kind {
        Kind::Bytes => {
            let mut good = true;
            column.append_with(|data| good = java::base64(value.as_bytes(), data)).map_err(full)?;
            // Flink's parser loses its place where the text ends inside a group, and in characters beyond ASCII.
            if !good
                && rules.ignore_errors
                && !rules.tree
                && (!text.raw.is_ascii() || java::base64_is_cut(value))
            {
                return Err(Fault::Syntax("the text is not base64 with padding".to_owned()));
            }
            if !good {
                return Err(Fault::value("the text is not base64 with padding"));
            }
        }
        Kind::Boolean => column.append_bool(java::boolean(java::trim(value))),
        Kind::Float => column.append_float(java::float(value).ok_or_else(|| misfit("the text", kind))?),
        Kind::Double => column.append_double(java::double(value).ok_or_else(|| misfit("the text", kind))?),
        Kind::Decimal { precision, scale } => {
            let number = if rules.tree { value } else { java::trim(value) };
            append_decimal(number, precision, scale, column)?;
        }
        Kind::Date => column.append_int(
            temporal::iso_date(value)
                .ok_or_else(|| Fault::value("the text is not a DATE, expected yyyy-MM-dd"))?,
        ),
        Kind::Time(_) => column.append_int(
            temporal::json_time(value)
                .ok_or_else(|| Fault::value("the text is not a TIME, expected HH:mm:ss[.fraction]"))?,
        ),
        Kind::Timestamp(p) | Kind::TimestampLtz(p) => {
            let zoned = matches!(kind, Kind::TimestampLtz(_));
            let ticks = temporal::timestamp(value, p, rules.standard, zoned);
            column.append_int(ticks.ok_or_else(|| not_a_timestamp(kind, rules.standard, zoned))?);
        }
        _ => match integer_range(kind) {
            Some((low, high)) => {
                let number = java::integer(java::trim(value)).filter(|n| (low..=high).contains(n));
                column.append_int(number.ok_or_else(|| misfit("the text", kind))?);
            }
            None => return other_scalar(rules, "a text", kind, column),
        },
    }
    Ok(())
}

#[cold]
fn not_a_timestamp(kind: Kind, standard: TimestampStandard, zoned: bool) -> Fault {
    Fault::value(format!("the text is not a {}, expected {}", name(kind), standard.expected(zoned)))
}

fn integer_range(kind: Kind) -> Option<(i64, i64)> {
    Some(match kind {
        Kind::TinyInt => (i8::MIN.into(), i8::MAX.into()),
        Kind::SmallInt => (i16::MIN.into(), i16::MAX.into()),
        Kind::Int | Kind::Months => (i32::MIN.into(), i32::MAX.into()),
        Kind::BigInt | Kind::Millis => (i64::MIN, i64::MAX),
        _ => return None,
    })
}

#[inline]
fn from_number(rules: &Rules, number: &str, is_float: bool, column: &mut ColumnBuilder) -> Result<(), Fault> {
    let kind = column.kind();
    match kind {
        Kind::Decimal { precision, scale } => {
            let infinite = rules.tree && is_float && number.parse::<f64>().is_ok_and(f64::is_infinite);
            if infinite {
                return Err(misfit("the number", kind));
            }
            append_decimal(number, precision, scale, column)?;
        }
        Kind::Double => {
            let value = java::plain_double(number).or_else(|| number.parse().ok()).unwrap_or(f64::NAN);
            column.append_double(if rules.tree && number == "-0" { 0.0 } else { value });
        }
        Kind::Float if rules.tree && (is_float || number == "-0") => {
            let number = if is_float { number } else { "0" };
            column.append_float(number.parse::<f64>().unwrap_or(f64::NAN) as f32);
        }
        Kind::Float => {
            let value = java::plain_float(number).or_else(|| number.parse().ok());
            column.append_float(value.unwrap_or(f32::NAN));
        }
        Kind::Boolean => column.append_bool(false),
        Kind::Text if rules.tree => {
            column
                .append_with(|data| compact::write_number(number, is_float, rules.floats, data))
                .map_err(full)?;
        }
        Kind::Text => column.append_bytes(number.as_bytes()).map_err(full)?,
        _ => match integer_range(kind) {
            Some(range) => column.append_int(integer(number, is_float, kind, range)?),
            None => return other_scalar(rules, "a number", kind, column),
        },
    }
    Ok(())
}

fn integer(number: &str, is_float: bool, kind: Kind, (low, high): (i64, i64)) -> Result<i64, Fault> {
    let value = if !is_float {
        number.parse::<i64>().ok()
    } else if matches!(kind, Kind::TinyInt | Kind::SmallInt) {
        // Only INT and BIGINT take numbers with a fraction.
        return Err(misfit("a number with a fraction or exponent", kind));
    } else {
        let double = number.parse::<f64>().unwrap_or(f64::NAN);
        // The bounds as doubles, as Jackson compares; `as` saturates at 2^63 as Java does.
        (double >= low as f64 && double <= high as f64).then_some(double as i64)
    };
    value
        .filter(|value| (low..=high).contains(value))
        .ok_or_else(|| Fault::value(format!("the number is out of range for {}", name(kind))))
}

#[inline]
fn append_decimal(number: &str, precision: u8, scale: u8, column: &mut ColumnBuilder) -> Result<(), Fault> {
    match java::decimal(number, precision, scale) {
        Ok(Some(value)) => column.append_decimal(value),
        Ok(None) => column.append_null(),
        Err(_) => return Err(misfit("the text", Kind::Decimal { precision, scale })),
    }
    Ok(())
}

fn from_nested(rules: &Rules, scanner: &mut Scanner<'_>, column: &mut ColumnBuilder) -> Result<(), Fault> {
    let kind = column.kind();
    let is_object = scanner.peek() == Some(b'{');
    match kind {
        Kind::Text => {
            let mut result = Ok(());
            column
                .append_with(|data| {
                    let before = data.len();
                    result = compact::compact(scanner, rules.floats, data);
                    if result.is_err() {
                        data.truncate(before);
                    }
                })
                .map_err(full)?;
            result
        }
        Kind::Array if !is_object => array(rules, scanner, column),
        Kind::Map | Kind::Multiset if is_object => map(rules, scanner, column),
        Kind::Row if is_object => {
            let row = column.len();
            if let Values::Row { names, fields } = column.values_mut() {
                nested_row(rules, scanner, names, fields, row)?;
            }
            column.end_nested();
            Ok(())
        }
        // Neither parser nor tree finds `true` in it.
        Kind::Boolean => {
            scanner.skip()?;
            column.append_bool(false);
            Ok(())
        }
        Kind::Null | Kind::Bytes | Kind::Map | Kind::Multiset if rules.tree || kind == Kind::Null => {
            scanner.skip()?;
            other_scalar(rules, "a nested value", kind, column)
        }
        _ => Err(misfit(if is_object { "an object" } else { "an array" }, kind)),
    }
}

fn array(rules: &Rules, scanner: &mut Scanner<'_>, column: &mut ColumnBuilder) -> Result<(), Fault> {
    scanner.at += 1;
    scanner.space();
    let Values::List { item, .. } = column.values_mut() else { return Ok(()) };
    if !scanner.take(b']') {
        loop {
            scanner.space();
            value(rules, scanner, item)?;
            scanner.space();
            if scanner.take(b']') {
                break;
            }
            if !scanner.take(b',') {
                return Err(scanner.unexpected("',' or ']'"));
            }
        }
    }
    column.end_nested();
    Ok(())
}

fn map(rules: &Rules, scanner: &mut Scanner<'_>, column: &mut ColumnBuilder) -> Result<(), Fault> {
    let start = scanner.at;
    entries(rules, scanner, column, |_| true)?;
    if let Values::Map { offsets, key, value } = column.values_mut() {
        let first = offsets.last().map_or(0, |end| *end as usize);
        if let Some(last) = last_of_each_key(key, first) {
            // A key came twice: the last value counts. Read again, without the others.
            key.truncate(first);
            value.truncate(first);
            scanner.at = start;
            entries(rules, scanner, column, |entry| last.contains(&entry))?;
        }
    }
    column.end_nested();
    Ok(())
}

/// Appends the entries for whose number `keep` is true.
fn entries(
    rules: &Rules,
    scanner: &mut Scanner<'_>,
    column: &mut ColumnBuilder,
    keep: impl Fn(usize) -> bool,
) -> Result<(), Fault> {
    scanner.at += 1;
    scanner.space();
    let is_multiset = column.kind() == Kind::Multiset;
    let Values::Map { key, value: mapped, .. } = column.values_mut() else { return Ok(()) };
    if scanner.take(b'}') {
        return Ok(());
    }
    for entry in 0.. {
        scanner.space();
        let name = scanner.key()?;
        if keep(entry) {
            from_string(rules, name, key)?;
            if is_multiset && scanner.peek() == Some(b'n') {
                return Err(Fault::value("the count of a multiset's element is null"));
            }
            value(rules, scanner, mapped)?;
        } else {
            scanner.skip()?;
        }
        scanner.space();
        if scanner.take(b'}') {
            break;
        }
        if !scanner.take(b',') {
            return Err(scanner.unexpected("',' or '}'"));
        }
    }
    Ok(())
}

/// The numbers of the entries to keep, when a key comes twice among those from `first` on.
fn last_of_each_key(key: &ColumnBuilder, first: usize) -> Option<HashSet<usize>> {
    let count = key.len() - first;
    let key_of = |entry: usize| key.bytes_at(first + entry);
    // Most maps are small and have every key once.
    if count <= 8 && (1..count).all(|entry| (0..entry).all(|earlier| key_of(earlier) != key_of(entry))) {
        return None;
    }
    let last: HashMap<&[u8], usize> = (0..count).map(|entry| (key_of(entry), entry)).collect();
    (last.len() < count).then(|| last.into_values().collect())
}

/// Reads the object at the scanner into the fields of a row, of which `row` are there already.
pub fn nested_row(
    rules: &Rules,
    scanner: &mut Scanner<'_>,
    names: &mut Names,
    fields: &mut [ColumnBuilder],
    row: usize,
) -> Result<(), Fault> {
    scanner.at += 1;
    let (mut seen, mut expected) = (0, 0);
    let mut overwritten: Vec<(usize, Fault)> = Vec::new();
    for ordinal in 0.. {
        let Some(position) = key(scanner, names, ordinal, expected)? else { break };
        // The parser stops looking once it met as many fields as the row has.
        match position.filter(|_| rules.tree || seen < names.len()) {
            None => scanner.skip()?,
            Some(i) => {
                seen += 1;
                expected = i + 1;
                if fields[i].len() > row {
                    fields[i].truncate(row);
                }
                match misplaced(rules, scanner, &mut fields[i], seen == names.len())? {
                    Some(GoesOn::Inside) if scanner.ends_object() => break,
                    Some(GoesOn::Inside) => continue,
                    Some(GoesOn::Behind) => {}
                    None => {
                        let start = scanner.at;
                        match value(rules, scanner, &mut fields[i]) {
                            Ok(()) if overwritten.is_empty() => {}
                            Ok(()) => overwritten.retain(|(position, _)| *position != i),
                            // In a tree only the last value of a key is looked at.
                            Err(fault @ Fault::Value { .. }) if rules.tree => {
                                fields[i].truncate(row);
                                overwritten.push((i, fault));
                                scanner.at = start;
                                scanner.skip()?;
                            }
                            Err(fault) => return Err(fault.inside(names.name(i))),
                        }
                    }
                }
            }
        }
        scanner.space();
        if scanner.take(b'}') {
            break;
        }
        if !scanner.take(b',') {
            return Err(scanner.unexpected("',' or '}'"));
        }
    }
    if let Some((i, fault)) = overwritten.pop() {
        return Err(fault.inside(names.name(i)));
    }
    let must_be_there = rules.fail_on_missing && (rules.tree || seen < names.len());
    for (i, field) in fields.iter_mut().enumerate() {
        if field.len() == row {
            if must_be_there {
                return Err(Fault::value("the field is missing").inside(names.name(i)));
            }
            field.append_null();
        }
    }
    Ok(())
}
