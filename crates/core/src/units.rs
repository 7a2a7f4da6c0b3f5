//! Durations and sizes as Flink's options spell them.

use std::time::Duration;

/// `10ms`, `10 s`, `5min`, `1h`, `2d`, and a bare number of milliseconds (Flink `TimeUtils.parseDuration`). Durations of
/// ISO 8601 (`PT1S`) come with later versions of Flink.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) =
        number_and_unit(text).ok_or_else(|| format!("'{text}' is not a duration such as 10s"))?;
    let too_long = || format!("'{text}' is too long");
    let number: u64 = number.parse().ok().filter(|n| i64::try_from(*n).is_ok()).ok_or_else(too_long)?;
    let nanoseconds: u64 = match unit.as_str() {
        "d" | "day" | "days" => 86_400_000_000_000,
        "h" | "hour" | "hours" => 3_600_000_000_000,
        "m" | "min" | "minute" | "minutes" => 60_000_000_000,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000_000_000,
        "" | "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1_000_000,
        "µs" | "micro" | "micros" | "microsecond" | "microseconds" => 1_000,
        "ns" | "nano" | "nanos" | "nanosecond" | "nanoseconds" => 1,
        unit => return Err(format!("'{unit}' is not a unit of time (d, h, min, s, ms, micros, ns)")),
    };
    let total = u128::from(number) * u128::from(nanoseconds);
    let seconds = u64::try_from(total / 1_000_000_000).map_err(|_| too_long())?;
    if i64::try_from(seconds).is_err() {
        return Err(too_long());
    }
    Ok(Duration::new(seconds, (total % 1_000_000_000) as u32))
}

/// `128mb`, `64 kb`, `1g`, in bytes (Flink `MemorySize`).
pub fn memory_size(text: &str) -> Result<u64, String> {
    let (number, unit) =
        number_and_unit(text).ok_or_else(|| format!("'{text}' is not a size such as 128mb"))?;
    let shift = match unit.as_str() {
        "" | "b" | "bytes" => 0,
        "k" | "kb" | "kibibytes" => 10,
        "m" | "mb" | "mebibytes" => 20,
        "g" | "gb" | "gibibytes" => 30,
        "t" | "tb" | "tebibytes" => 40,
        unit => return Err(format!("'{unit}' is not a unit of size (b, kb, mb, gb, tb)")),
    };
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    bytes.filter(|bytes| i64::try_from(*bytes).is_ok()).ok_or_else(|| format!("'{text}' is too large"))
}

/// A number of bytes for people: `1.5 KiB`.
pub fn size_text(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.2} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

/// A duration for people, as options spell it: `7 d`, `36 h`, `90 s`, in the largest unit that it is a whole number of.
pub fn duration_text(ms: i64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    match units.into_iter().find(|(unit, _)| ms != 0 && ms % unit == 0) {
        Some((unit, name)) => format!("{} {name}", ms / unit),
        None => format!("{ms} ms"),
    }
}

/// The digits at the start, and what stands behind them in lower case. None without digits.
fn number_and_unit(text: &str) -> Option<(&str, String)> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| (&text[..digits], text[digits..].trim().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of Flink 1.18.1's `Configuration.get`.
    #[test]
    fn durations() {
        let ms = |text: &str| duration(text).map(|d| d.as_millis()).ok();
        for (text, expected) in [
            ("10ms", 10),
            ("5", 5),
            (" 5 s ", 5_000),
            ("5\ts", 5_000),
            ("1 S", 1_000),
            ("1 MIN", 60_000),
            ("3 secs", 3_000),
            ("2 m", 120_000),
            ("1 d", 86_400_000),
            ("3000 µs", 3),
            ("5000000 nanos", 5),
        ] {
            assert_eq!(ms(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "  ",
            "s",
            "PT1S",
            "P1D",
            "-1 s",
            "+1 s",
            "1.5 s",
            "1 s 2",
            "1 min 30 s",
            "1_000 s",
            "3 mins",
            "3 us",
            "3 μs",
            "1 w",
            "1 month",
            "9223372036854775808 ms",
            "200000000000000 d",
            "99999999999999999999",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(duration("9223372036854775807 ms").is_ok() && duration("106751991167300 d").is_ok());
        assert!(duration("106751991167301 d").is_err());
    }

    #[test]
    fn durations_for_people_are_read_back() {
        let day = 86_400_000;
        for (ms, text) in [
            (7 * day, "7 d"),
            (day * 3 / 2, "36 h"),
            (90_000, "90 s"),
            (600_000, "10 min"),
            (1_500, "1500 ms"),
            (0, "0 ms"),
        ] {
            assert_eq!(duration_text(ms), text);
            assert_eq!(duration(text).unwrap(), Duration::from_millis(ms as u64));
        }
        assert_eq!(duration_text(i64::MAX), format!("{} ms", i64::MAX));
        assert_eq!(duration_text(-2_000), "-2 s");
    }

    #[test]
    fn sizes() {
        assert_eq!(memory_size("128mb"), Ok(128 << 20));
        assert_eq!(memory_size(" 5 kb "), Ok(5 << 10));
        assert!(memory_size("8388607 t").is_ok());
        for text in ["", "kb", "-1", "1.5 mb", "1 x", "3 byte", "3 kib", "8388608 t", "9223372036854775808"] {
            assert!(memory_size(text).is_err(), "{text}");
        }
    }
}
