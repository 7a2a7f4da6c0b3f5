//! Times and durations as people read them.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};

/// Now, ms since 1970.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

/// `2026-01-31T10:00:00.000Z`; none for what no calendar holds.
pub(crate) fn iso(ms: i64) -> Option<String> {
    DateTime::from_timestamp_millis(ms).map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// `10:00:00` of a day in UTC, for sentences.
pub(crate) fn clock(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .map_or_else(|| format!("{ms} ms"), |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// `4 min`, in the largest unit of which there are at least two.
pub(crate) fn span(ms: i64) -> String {
    match ms {
        ..0 => "0 ms".to_owned(),
        0..2_000 => format!("{ms} ms"),
        2_000..120_000 => format!("{} s", ms / 1_000),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        7_200_000..172_800_000 => format!("{} h", ms / 3_600_000),
        _ => format!("{} days", ms / 86_400_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(iso(1_769_853_600_000).as_deref(), Some("2026-01-31T10:00:00.000Z"));
        assert_eq!(iso(i64::MAX), None);
        assert_eq!(clock(1_769_853_600_999), "2026-01-31 10:00:00");
        let spans: Vec<String> = [-5, 7, 1_999, 61_000, 240_000, 7_200_000, 999_999_999].map(span).into();
        assert_eq!(spans, ["0 ms", "7 ms", "1999 ms", "61 s", "4 min", "2 h", "11 days"]);
    }
}
