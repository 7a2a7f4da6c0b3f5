//! Values of literals: numbers, dates, times, timestamps, intervals, binary (Calcite's parser as Flink 1.18 uses it).

use datafusion_common::ScalarValue;
use streamsql_core::types::timestamp_unit;
use streamsql_core::{LogicalType, text};

/// A number with a point (DECIMAL), an exponent (DOUBLE) or too many digits for BIGINT (an error, as in Flink).
pub fn number(digits: &str) -> Result<ScalarValue, String> {
    let out_of_range = || format!("the number {digits} is out of range");
    if digits.contains(['e', 'E']) {
        return match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(ScalarValue::Float64(Some(value))),
            _ => Err(out_of_range()),
        };
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let unscaled: i128 = format!("0{whole}{fraction}").parse().map_err(|_| out_of_range())?;
    // Calcite asks the unscaled value to fit BIGINT.
    i64::try_from(unscaled).map_err(|_| out_of_range())?;
    let scale = fraction.len() as u8;
    if scale == 0 {
        return Ok(ScalarValue::Int64(Some(unscaled as i64)));
    }
    // Flink counts the zero before the point of 0.908, but not one that is not written.
    let precision = (whole.trim_start_matches('0').len().max(usize::from(!whole.is_empty())) as u8) + scale;
    Ok(ScalarValue::Decimal128(Some(unscaled), precision.max(scale), scale as i8))
}

/// Days since 1970 of `DATE '…'`.
pub fn date(value: &str) -> Result<i32, String> {
    let full = value.split('-').count() == 3;
    match text::parse_date(value.trim()) {
        Some(days) if full => Ok(days as i32),
        _ => Err(format!("'{value}' is no date; the form is DATE 'yyyy-MM-dd'")),
    }
}

/// Milliseconds of the day of `TIME '…'`; digits beyond milliseconds are dropped.
pub fn time(value: &str) -> Result<i32, String> {
    let full = value.split(':').count() == 3;
    match text::parse_time(value.trim()) {
        Some(nanos) if full => Ok((nanos / 1_000_000) as i32),
        _ => Err(format!("'{value}' is no time; the form is TIME 'HH:mm:ss'")),
    }
}

/// `TIMESTAMP '…'` with as many fraction digits as are written, at most nine.
pub fn timestamp(value: &str) -> Result<(ScalarValue, u8), String> {
    let trimmed = value.trim();
    let bad = || format!("'{value}' is no timestamp; the form is TIMESTAMP 'yyyy-MM-dd HH:mm:ss[.f]'");
    let (day, clock) = trimmed.split_once(' ').unwrap_or((trimmed, "00:00:00"));
    if day.split('-').count() != 3 || clock.split(':').count() != 3 {
        return Err(bad());
    }
    let digits = clock.split_once('.').map_or(0, |(_, fraction)| fraction.len().min(9)) as u8;
    let point = trimmed.strip_suffix('.').unwrap_or(trimmed);
    let (seconds, nanos) = text::parse_timestamp(point).filter(|_| !trimmed.contains('T')).ok_or_else(bad)?;
    let logical_type = LogicalType::Timestamp(digits);
    let per_second = text::ticks_per_second(timestamp_unit(digits));
    let ticks = seconds
        .checked_mul(per_second)
        .and_then(|t| t.checked_add(nanos / (1_000_000_000 / per_second)))
        .ok_or_else(|| {
            format!("'{value}' is outside 1677-09-21 to 2262-04-11, the range of {logical_type}")
        })?;
    let value = match per_second {
        1_000_000 => ScalarValue::TimestampMicrosecond(Some(ticks), None),
        1_000_000_000 => ScalarValue::TimestampNanosecond(Some(ticks), None),
        _ => ScalarValue::TimestampMillisecond(Some(ticks), None),
    };
    Ok((value, digits))
}

/// The bytes of `X'…'`.
pub fn binary(digits: &str) -> Result<Vec<u8>, String> {
    if digits.len() % 2 == 1 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!("X'{digits}' needs an even number of hexadecimal digits"));
    }
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).map_err(|e| e.to_string())?;
            u8::from_str_radix(pair, 16).map_err(|e| e.to_string())
        })
        .collect()
}

/// `U&'…' UESCAPE 'c'`: `cXXXX` is a character by its code, `cc` the escape character.
pub fn unescape(source: &str, escape: char) -> Result<String, String> {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find(escape) {
        out.push_str(&rest[..at]);
        rest = &rest[at + escape.len_utf8()..];
        if let Some(behind) = rest.strip_prefix(escape) {
            out.push(escape);
            rest = behind;
            continue;
        }
        let code = rest.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        let Some(character) = code else {
            return Err(format!("'{escape}' must be followed by four hexadecimal digits"));
        };
        out.push(character);
        rest = &rest[4..];
    }
    out.push_str(rest);
    Ok(out)
}

/// A unit of an INTERVAL literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntervalUnit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl IntervalUnit {
    /// A unit's word, in singular or plural.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "YEAR" | "YEARS" => Self::Year,
            "MONTH" | "MONTHS" => Self::Month,
            "DAY" | "DAYS" => Self::Day,
            "HOUR" | "HOURS" => Self::Hour,
            "MINUTE" | "MINUTES" => Self::Minute,
            "SECOND" | "SECONDS" => Self::Second,
            _ => return None,
        })
    }

    pub fn word(self) -> String {
        format!("{self:?}").to_ascii_uppercase()
    }

    /// 0 for the units of milliseconds.
    pub fn months(self) -> i64 {
        match self {
            Self::Year => 12,
            Self::Month => 1,
            _ => 0,
        }
    }

    /// 0 for the units of months.
    pub fn milliseconds(self) -> i64 {
        match self {
            Self::Year | Self::Month => 0,
            Self::Day => 86_400_000,
            Self::Hour => 3_600_000,
            Self::Minute => 60_000,
            Self::Second => 1_000,
        }
    }

    /// The largest value behind a larger unit.
    fn most(self) -> i64 {
        match self {
            Self::Month => 11,
            Self::Hour => 23,
            Self::Minute | Self::Second => 59,
            Self::Year | Self::Day => i64::MAX,
        }
    }
}

/// The two families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    Months(i32),
    Milliseconds(i64),
}

/// `INTERVAL [-]'…' from [(precision)] [TO to]`. The first field has at most `precision` digits, by default two.
pub fn interval(
    value: &str,
    negative: bool,
    from: IntervalUnit,
    to: Option<IntervalUnit>,
    precision: Option<u8>,
) -> Result<Interval, String> {
    use IntervalUnit::{Day, Hour, Minute, Month, Second, Year};
    let bad = || format!("'{value}' does not fit the units of this INTERVAL");
    let last = to.unwrap_or(from);
    let by_months = from <= Month;
    if last < from || to == Some(from) || by_months != (last <= Month) {
        return Err(bad());
    }
    let trimmed = value.trim();
    let (inner_negative, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let units: &[IntervalUnit] = &[Year, Month, Day, Hour, Minute, Second];
    let units: Vec<IntervalUnit> = units.iter().copied().filter(|u| (from..=last).contains(u)).collect();
    let mut rest = digits;
    let mut months: i64 = 0;
    let mut ms: i64 = 0;
    for (i, unit) in units.iter().enumerate() {
        let field = if i + 1 == units.len() {
            std::mem::take(&mut rest)
        } else {
            let separator = match unit {
                Year => '-',
                Day => ' ',
                _ => ':',
            };
            let (field, behind) = rest.split_once(separator).ok_or_else(bad)?;
            rest = behind;
            field
        };
        let (whole, fraction) = match field.split_once('.') {
            Some((whole, fraction)) if *unit == Second => (whole, Some(fraction)),
            Some(_) => return Err(bad()),
            None => (field, None),
        };
        if whole.is_empty() || whole.len() > 18 || !whole.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let number: i64 = whole.parse().map_err(|_| bad())?;
        if i == 0 {
            let most = usize::from(precision.unwrap_or(2));
            if whole.trim_start_matches('0').len() > most {
                let word = unit.word();
                return Err(format!("{number} has more digits than {word}({most}) of this INTERVAL allows"));
            }
        } else if number > unit.most() {
            return Err(bad());
        }
        let overflow = || format!("the INTERVAL '{value}' is too long");
        match unit {
            Year => months = number.checked_mul(12).ok_or_else(overflow)?,
            Month => months += number,
            _ => {
                let part = number.checked_mul(unit.milliseconds()).ok_or_else(overflow)?;
                ms = ms.checked_add(part).ok_or_else(overflow)?;
            }
        }
        if let Some(fraction) = fraction {
            if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
                return Err(bad());
            }
            ms += format!("{fraction:0<3}")[..3].parse::<i64>().map_err(|_| bad())?;
        }
    }
    let sign = if negative != inner_negative { -1 } else { 1 };
    Ok(if by_months {
        let months =
            i32::try_from(months * sign).map_err(|_| format!("the INTERVAL '{value}' is too long"))?;
        Interval::Months(months)
    } else {
        Interval::Milliseconds(ms * sign)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number("0.908"), Ok(ScalarValue::Decimal128(Some(908), 4, 3)));
        assert_eq!(number(".5"), Ok(ScalarValue::Decimal128(Some(5), 1, 1)));
        assert_eq!(number("5."), Ok(ScalarValue::Int64(Some(5))));
        assert_eq!(number("1E2"), Ok(ScalarValue::Float64(Some(100.0))));
        assert!(number("1E400").is_err() && number("9223372036854775808").is_err());
        assert!(number("123456789012345678901.5").is_err());
    }

    #[test]
    fn intervals() {
        use IntervalUnit::{Day, Minute, Month, Second, Year};
        assert_eq!(interval("1-2", false, Year, Some(Month), None), Ok(Interval::Months(14)));
        assert_eq!(interval("-1-2", false, Year, Some(Month), None), Ok(Interval::Months(-14)));
        assert_eq!(
            interval("10 00:00:00.004", true, Day, Some(Second), None),
            Ok(Interval::Milliseconds(-864_000_004))
        );
        assert_eq!(interval("10:20", false, Minute, Some(Second), None), Ok(Interval::Milliseconds(620_000)));
        assert!(interval("1-12", false, Year, Some(Month), None).is_err());
        assert!(interval("100", false, Day, None, None).is_err());
        assert_eq!(interval("100", false, Day, None, Some(3)), Ok(Interval::Milliseconds(8_640_000_000)));
    }

    #[test]
    fn times() {
        assert_eq!(timestamp("2024-02-29 12:34:56.7").unwrap().1, 1);
        assert!(timestamp("2024-02-30 00:00:00").is_err());
        assert!(timestamp("1500-01-01 00:00:00.123456789").unwrap_err().contains("range"));
        assert!(date("2023-02-29").is_err() && time("24:00:00").is_err());
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape("!0041b!!", '!').as_deref(), Ok("Ab!"));
        assert!(unescape("!00", '!').is_err());
    }
}
