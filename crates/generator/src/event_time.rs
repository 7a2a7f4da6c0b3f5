//! Event time as text: `yyyy-MM-dd HH:mm:ss.SSS`, UTC.

use streamsql_core::text::civil;

const DAY_MS: i64 = 86_400_000;

/// Milliseconds since 1970 as `yyyy-MM-dd HH:mm:ss.SSS`; for years 0 to 9999.
pub fn format_ms(ms: i64) -> [u8; 23] {
    let (days, of_day) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS));
    let (year, month, day) = civil(days);
    let mut out = *b"0000-00-00 00:00:00.000";
    let mut put = |at: usize, digits: usize, mut value: i64| {
        for position in (at..at + digits).rev() {
            out[position] = b'0' + (value.rem_euclid(10)) as u8;
            value /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, month.into());
    put(8, 2, day.into());
    put(11, 2, of_day / 3_600_000);
    put(14, 2, of_day / 60_000 % 60);
    put(17, 2, of_day / 1_000 % 60);
    put(20, 3, of_day % 1_000);
    out
}

/// Reads `yyyy-MM-dd HH:mm:ss[.SSS]`.
pub fn parse_ms(text: &str) -> Option<i64> {
    let time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    let years = chrono::Datelike::year(&time);
    (0..=9_999).contains(&years).then(|| time.and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in [
            "1970-01-01 00:00:00.000",
            "2024-02-29 23:59:59.999",
            "1999-12-31 12:34:56.007",
            "2100-03-01 00:00:00.100",
        ] {
            let ms = parse_ms(text).unwrap();
            assert_eq!(std::str::from_utf8(&format_ms(ms)).unwrap(), text);
        }
        assert_eq!(parse_ms("2024-01-01 00:00:00"), Some(1_704_067_200_000));
        assert_eq!(parse_ms("yesterday"), None);
    }

    #[test]
    fn every_day_of_four_centuries_agrees_with_chrono() {
        let mut date = chrono::NaiveDate::from_ymd_opt(1800, 1, 1).unwrap();
        let end = chrono::NaiveDate::from_ymd_opt(2200, 1, 1).unwrap();
        while date < end {
            let ms = date.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_millis();
            let expected = date.format("%Y-%m-%d 00:00:00.000").to_string();
            assert_eq!(std::str::from_utf8(&format_ms(ms)).unwrap(), expected);
            date = date.succ_opt().unwrap();
        }
    }
}
