//! Keys as texts that PostgreSQL casts back.

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type};
use streamsql_core::{Result, text};

/// Each key column as texts. What the database cannot hold becomes NULL, which equals nothing there: a text with U+0000,
/// a day out of its calendar.
pub fn key_texts(keys: &[ArrayRef]) -> Result<Vec<Vec<Option<String>>>> {
    keys.iter().map(column).collect()
}

fn column(array: &ArrayRef) -> Result<Vec<Option<String>>> {
    match array.data_type() {
        DataType::Utf8 => {
            let storable = |value: &&str| !value.contains('\0');
            let values = array.as_string::<i32>().iter();
            Ok(values.map(|value| value.filter(storable).map(str::to_owned)).collect())
        }
        DataType::Binary => {
            let hex = |bytes: &[u8]| {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("\\x{digits}")
            };
            Ok(array.as_binary::<i32>().iter().map(|value| value.map(hex)).collect())
        }
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().iter();
            Ok(days.map(|days| day_and_time(i64::from(days?), None, LAST_DAY)).collect())
        }
        DataType::Timestamp(unit, _) => {
            let per_second = text::ticks_per_second(*unit);
            let value = |row| -> Result<Option<String>> {
                if array.is_null(row) {
                    return Ok(None);
                }
                let ticks = text::timestamp_ticks(array.as_ref(), row)?;
                let seconds = ticks.div_euclid(per_second);
                let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
                let nanos_of_day = seconds.rem_euclid(86_400) * 1_000_000_000 + nanos;
                Ok(day_and_time(seconds.div_euclid(86_400), Some(nanos_of_day), LAST_TIMESTAMP))
            };
            (0..array.len()).map(value).collect()
        }
        _ => {
            let formatter =
                arrow::util::display::ArrayFormatter::try_new(array.as_ref(), &Default::default())?;
            let value = |row| array.is_valid(row).then(|| formatter.value(row).to_string());
            Ok((0..array.len()).map(value).collect())
        }
    }
}

/// Last years of `date` and `timestamp`, and the first of both.
const LAST_DAY: i64 = 5_874_897;
const LAST_TIMESTAMP: i64 = 294_276;
const FIRST: i64 = -4_712;

/// `2026-01-02 10:11:12.5`, `0044-03-15 BC`.
fn day_and_time(days: i64, nanos_of_day: Option<i64>, last: i64) -> Option<String> {
    let (year, month, day) = text::civil(days);
    if !(FIRST..=last).contains(&year) {
        return None;
    }
    let shown = if year > 0 { year } else { 1 - year };
    let mut out = String::new();
    let _ = write!(out, "{shown:04}-{month:02}-{day:02}");
    if let Some(nanos) = nanos_of_day {
        out.push(' ');
        text::time(nanos, &mut out);
    }
    if year <= 0 {
        out.push_str(" BC");
    }
    Some(out)
}

/// A UUID in one of the forms that PostgreSQL takes; other texts equal no UUID.
pub fn uuid(text: &str) -> Option<&str> {
    let inner = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}')?,
        None => text,
    };
    let mut digits = 0;
    for byte in inner.bytes() {
        match byte {
            b'-' if digits > 0 && digits % 4 == 0 && digits < 32 => {}
            _ if byte.is_ascii_hexdigit() => digits += 1,
            _ => return None,
        }
    }
    (digits == 32 && !inner.contains("--")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_the_database_can_hold() {
        assert_eq!(day_and_time(20_454, None, LAST_DAY).as_deref(), Some("2026-01-01"));
        let caesar = text::days_of(-43, 3, 15).unwrap();
        assert_eq!(
            day_and_time(caesar, Some(1_500_000_000), LAST_DAY).as_deref(),
            Some("0044-03-15 00:00:01.5 BC")
        );
        let far = text::days_of(294_277, 1, 1).unwrap();
        assert_eq!(day_and_time(far, Some(0), LAST_TIMESTAMP), None);
        assert_eq!(day_and_time(far, None, LAST_DAY).as_deref(), Some("294277-01-01"));
    }

    #[test]
    fn uuids() {
        for good in [
            "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
            "6F9619FF8B86D011B42D00CF4FC964FF",
            "{6f9619ff-8b86-d011-b42d-00cf4fc964ff}",
            "6f96-19ff-8b86-d011-b42d-00cf-4fc9-64ff",
        ] {
            assert_eq!(uuid(good), Some(good));
        }
        for bad in
            ["", "6f9619ff", "6f9619ff-8b86-d011-b42d-00cf4fc964fg", "{6f9619ff-8b86-d011-b42d-00cf4fc964ff"]
        {
            assert_eq!(uuid(bad), None, "{bad}");
        }
    }
}
