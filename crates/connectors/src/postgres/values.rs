//! Texts of PostgreSQL as values of Flink's types, as its driver and Flink's converters read them.
//!
//! Source: recorded from Flink's JDBC connector (`docs/postgres-types.md`). What goes through `java.sql.Date`, `Time` and
//! `Timestamp` there keeps their ways: a time has whole seconds, 24:00:00 is 00:00:00, years before Christ lose their
//! era, the ten days that the Gregorian calendar left out in 1582 come ten days later, and infinity is a day far in the
//! past.

use std::borrow::Cow;

use streamsql_core::text;
use streamsql_core::types::timestamp_unit;
use streamsql_formats::builder::{ColumnBuilder, Kind, Values};
use streamsql_formats::scalar_text;

/// What `infinity` and `-infinity` become: -1701532-04-05 and -1711471-07-22, at 23:00 o'clock.
const INFINITY_DAYS: i64 = -622_191_234;
const MINUS_INFINITY_DAYS: i64 = -625_821_272;
const INFINITY_SECOND: i64 = 23 * 3_600;

const SECONDS_PER_DAY: i64 = 86_400;

/// Appends a value as PostgreSQL writes it (`DateStyle` ISO, UTC, bytes in hex).
///
/// # Errors
/// Why it is no value of the column's type. The column may hold a part of it: the caller truncates.
pub fn append(value: Option<&str>, column: &mut ColumnBuilder) -> Result<(), String> {
    let Some(value) = value else {
        column.append_null();
        return Ok(());
    };
    let missing = |what: &str| format!("there is no such {what}");
    match column.kind() {
        // Narrowed as Java narrows an Integer.
        Kind::TinyInt | Kind::SmallInt => match value.parse::<i64>() {
            Ok(number) => column.append_int(number),
            Err(_) => return Err("not a whole number".to_owned()),
        },
        Kind::Boolean => column.append_bool(matches!(value, "t" | "true" | "1")),
        Kind::Date => column.append_int(days(value).ok_or_else(|| missing("day"))?),
        Kind::Time(_) => {
            let clock = value.split(['+', '-']).next().unwrap_or(value);
            let clock = if clock == "24:00:00" { "00:00:00" } else { clock };
            let nanos = text::parse_time(clock).ok_or_else(|| missing("time"))?;
            column.append_int(nanos / 1_000_000_000 * 1_000);
        }
        Kind::Timestamp(precision) => {
            let (seconds, nanos) = timestamp(value).ok_or_else(|| missing("day or time"))?;
            let per_second = text::ticks_per_second(timestamp_unit(precision));
            let ticks = seconds.checked_mul(per_second);
            let ticks = ticks.and_then(|ticks| ticks.checked_add(nanos / (1_000_000_000 / per_second)));
            column.append_int(ticks.ok_or("it is out of range")?);
        }
        Kind::Bytes => {
            let digits = value.strip_prefix("\\x").unwrap_or(value);
            let byte = |i: usize| u8::from_str_radix(digits.get(2 * i..2 * i + 2).unwrap_or(""), 16);
            let bytes = (0..digits.len() / 2).map(byte).collect::<Result<Vec<u8>, _>>();
            let bytes = bytes.map_err(|e| e.to_string())?;
            column.append_bytes(&bytes).map_err(|_| "the answer holds too many bytes".to_owned())?;
        }
        Kind::Array => {
            let elements = elements(value)?;
            let Values::List { item, .. } = column.values_mut() else {
                return Err("not an array".to_owned());
            };
            for element in &elements {
                append(element.as_deref(), item)?;
            }
            column.end_nested();
        }
        _ => scalar_text::append(value, column)?,
    }
    Ok(())
}

/// Days since 1970 of `2026-01-02`, `0044-03-15 BC`, `infinity`.
fn days(value: &str) -> Option<i64> {
    match value {
        "infinity" => Some(INFINITY_DAYS),
        "-infinity" => Some(MINUS_INFINITY_DAYS),
        _ => {
            let mut parts = value.strip_suffix(" BC").unwrap_or(value).splitn(3, '-');
            let mut number = || parts.next()?.parse::<u32>().ok();
            let (year, month, day) = (number()?, number()?, number()?);
            let left_out = (year, month) == (1582, 10) && (5..15).contains(&day);
            text::days_of(year.into(), month, if left_out { day + 10 } else { day })
        }
    }
}

/// Seconds since 1970 and nanoseconds of the second.
fn timestamp(value: &str) -> Option<(i64, i64)> {
    if matches!(value, "infinity" | "-infinity") {
        return Some((days(value)? * SECONDS_PER_DAY + INFINITY_SECOND, 0));
    }
    let (date, time) = value.strip_suffix(" BC").unwrap_or(value).split_once(' ')?;
    let nanos = text::parse_time(time)?;
    Some((days(date)? * SECONDS_PER_DAY + nanos / 1_000_000_000, nanos % 1_000_000_000))
}

/// The elements of an array of one dimension, as PostgreSQL writes it: `{5,NULL,"a b"}`, with bounds `[5:6]={1,2}`.
fn elements(value: &str) -> Result<Vec<Option<Cow<'_, str>>>, String> {
    let broken = || "not an array".to_owned();
    let bare = match value.strip_prefix('[') {
        Some(bounded) => bounded.split_once('=').ok_or_else(broken)?.1,
        None => value,
    };
    let mut rest = bare.strip_prefix('{').and_then(|b| b.strip_suffix('}')).ok_or_else(broken)?;
    let mut found = Vec::new();
    while !rest.is_empty() {
        if rest.starts_with('{') {
            return Err("an array of several dimensions".to_owned());
        }
        if let Some(quoted) = rest.strip_prefix('"') {
            let (text, after) = unquoted(quoted).ok_or_else(broken)?;
            found.push(Some(Cow::Owned(text)));
            rest = after;
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            found.push((text != "NULL").then_some(Cow::Borrowed(text)));
            rest = after;
        }
        rest = match rest.strip_prefix(',') {
            Some(more) => more,
            None if rest.is_empty() => rest,
            None => return Err(broken()),
        };
    }
    Ok(found)
}

/// A text up to its closing quote, without backslashes, and what comes behind the quote.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_as_the_driver_of_java_hands_them_over() {
        assert_eq!(days("2026-01-01"), Some(20_454));
        assert_eq!(days("0044-03-15 BC"), text::days_of(44, 3, 15));
        assert_eq!(days("1582-10-10"), text::days_of(1582, 10, 20));
        assert_eq!(days("1582-10-15"), text::days_of(1582, 10, 15));
        assert_eq!(days("5874897-12-31"), text::days_of(5_874_897, 12, 31));
        assert_eq!(days("infinity"), text::days_of(-1_701_532, 4, 5));
        assert_eq!(days("-infinity"), text::days_of(-1_711_471, 7, 22));
        // 1 BC was a leap year, 1 AD was not.
        assert_eq!(days("0001-02-29 BC"), None);
        assert_eq!(timestamp("2026-01-01 00:00:01.5"), Some((20_454 * 86_400 + 1, 500_000_000)));
    }

    #[test]
    fn arrays_as_the_server_writes_them() {
        let texts = |value: &str| -> Result<Vec<Option<String>>, String> {
            Ok(elements(value)?.into_iter().map(|e| e.map(Cow::into_owned)).collect())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(texts("{}").unwrap(), []);
        assert_eq!(texts("{5,NULL}").unwrap(), [some("5"), None]);
        assert_eq!(
            texts(r#"{ab,"NULL","a,\"b\\}"}"#).unwrap(),
            [some("ab"), some("NULL"), some(r#"a,"b\}"#)]
        );
        assert_eq!(texts("[5:6]={1,2}").unwrap(), [some("1"), some("2")]);
        for wrong in ["{{1,2},{3,4}}", "5", r#"{"a}"#, r#"{"a"b}"#] {
            assert!(texts(wrong).is_err(), "{wrong}");
        }
    }
}
