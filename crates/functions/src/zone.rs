//! Time zones: how Flink names them, and the two rules by which Java turns instants into wall time.
//!
//! `java.time` keeps local mean time before 1900 and takes the earlier instant of a wall time that comes twice.
//! `java.util.TimeZone` has the zone's standard offset before 1900 and takes the later one.

use chrono::{Offset, TimeZone};
use chrono_tz::{OffsetComponents, Tz};

/// A region of the zone database or a fixed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Seconds east of UTC.
    Fixed(i32),
    Region(Tz),
}

/// 1900-01-01 in UTC, where the tables of `java.util.TimeZone` begin.
const TABLES_BEGIN: i64 = -2_208_988_800;
/// 2100-01-01 in UTC: from there on the rules of the years before it are repeated.
const TABLES_END: i64 = 4_102_444_800;
/// 2060-01-01 in UTC and the first day of its 28 years in which every calendar occurs.
const PATTERN_BEGIN: i64 = 2_840_140_800;

/// Names that `java.util.TimeZone` alone has (`ZoneId.SHORT_IDS`).
const SHORT: [(&str, &str); 28] = [
    ("ACT", "Australia/Darwin"),
    ("AET", "Australia/Sydney"),
    ("AGT", "America/Argentina/Buenos_Aires"),
    ("ART", "Africa/Cairo"),
    ("AST", "America/Anchorage"),
    ("BET", "America/Sao_Paulo"),
    ("BST", "Asia/Dhaka"),
    ("CAT", "Africa/Harare"),
    ("CNT", "America/St_Johns"),
    ("CST", "America/Chicago"),
    ("CTT", "Asia/Shanghai"),
    ("EAT", "Africa/Addis_Ababa"),
    ("ECT", "Europe/Paris"),
    ("EST", "Etc/GMT+5"),
    ("HST", "Etc/GMT+10"),
    ("IET", "America/Indiana/Indianapolis"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MIT", "Pacific/Apia"),
    ("MST", "Etc/GMT+7"),
    ("NET", "Asia/Yerevan"),
    ("NST", "Pacific/Auckland"),
    ("PLT", "Asia/Karachi"),
    ("PNT", "America/Phoenix"),
    ("PRT", "America/Puerto_Rico"),
    ("PST", "America/Los_Angeles"),
    ("SST", "Pacific/Guadalcanal"),
    ("VST", "Asia/Ho_Chi_Minh"),
];

impl Zone {
    pub const UTC: Self = Self::Fixed(0);

    /// A zone of `table.local-time-zone`: a region, `UTC`, or `GMT` with an offset, the names that mean the same to
    /// `java.util.TimeZone` and to `java.time.ZoneId` (Flink `TableConfigUtils.validateTimeZone`).
    pub fn of_setting(name: &str) -> Option<Self> {
        if SHORT.iter().any(|(short, _)| *short == name) {
            return None;
        }
        if let Some(region) = region(name) {
            return Some(region);
        }
        let offset = name.strip_prefix("GMT")?;
        // ZoneId wants two digits before and behind a colon, and at most 18 hours.
        let shape = matches!(offset.len(), 2 | 3 | 5 | 6)
            && offset.find(':').is_none_or(|colon| colon == 3 && offset.len() == 6);
        custom(name).filter(|seconds| shape && seconds.abs() <= 18 * 3_600).map(Self::Fixed)
    }

    /// A zone as functions take it (`java.util.TimeZone.getTimeZone`): unknown names are GMT.
    pub fn of_function(name: &str) -> Self {
        let long = SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
        region(long).or_else(|| custom(name).map(Self::Fixed)).unwrap_or(Self::UTC)
    }

    /// The wall time (as seconds "in UTC") that clocks show at an instant, by `java.time`.
    pub fn wall_time(self, instant: i64) -> i64 {
        match self {
            Self::Fixed(offset) => instant + i64::from(offset),
            Self::Region(zone) => instant + region_offset(zone, instant),
        }
    }

    /// The instant at which clocks show a wall time: the earlier one where it comes twice, and in a gap the time
    /// after the gap (java.time `ZonedDateTime.ofLocal`).
    pub fn instant(self, wall: i64) -> i64 {
        match self {
            Self::Fixed(offset) => wall - i64::from(offset),
            Self::Region(zone) => {
                let shift = repeated(wall);
                let Some(naive) = chrono::DateTime::from_timestamp(wall - shift, 0) else { return wall };
                match zone.from_local_datetime(&naive.naive_utc()) {
                    chrono::LocalResult::Single(moment) | chrono::LocalResult::Ambiguous(moment, _) => {
                        moment.timestamp() + shift
                    }
                    // In a gap the offset before it applies.
                    chrono::LocalResult::None => wall - region_offset(zone, wall - 86_400),
                }
            }
        }
    }

    /// Whether clocks of the zone save daylight at an instant.
    pub fn saves_daylight(self, instant: i64) -> bool {
        let Self::Region(zone) = self else { return false };
        let moment = chrono::DateTime::from_timestamp(instant - repeated(instant), 0);
        moment.is_some_and(|moment| {
            instant >= TABLES_BEGIN
                && !zone.offset_from_utc_datetime(&moment.naive_utc()).dst_offset().is_zero()
        })
    }

    /// Wall time by `java.util.TimeZone`: functions on instants and `SimpleDateFormat`.
    pub fn table_wall_time(self, instant: i64) -> i64 {
        match self {
            Self::Region(zone) if instant < TABLES_BEGIN => instant + standard_offset(zone),
            _ => self.wall_time(instant),
        }
    }

    /// The instant of a wall time by `java.util.GregorianCalendar`: the later one where it comes twice.
    pub fn table_instant(self, wall: i64) -> i64 {
        let Self::Region(zone) = self else { return self.instant(wall) };
        let standard = wall - standard_offset(zone);
        if standard < TABLES_BEGIN {
            return standard;
        }
        let earlier = self.instant(wall);
        // The offset that holds a day later gives the second of two instants.
        let later = wall - region_offset(zone, earlier + 86_400);
        if later > earlier && self.wall_time(later) == wall { later } else { earlier }
    }
}

impl streamsql_core::WallClock for Zone {
    fn wall_ms(&self, instant_ms: i64) -> i64 {
        let seconds = instant_ms.div_euclid(1_000);
        self.wall_time(seconds).saturating_mul(1_000).saturating_add(instant_ms.rem_euclid(1_000))
    }

    fn instant_ms(&self, wall_ms: i64) -> i64 {
        let seconds = wall_ms.div_euclid(1_000);
        self.instant(seconds).saturating_mul(1_000).saturating_add(wall_ms.rem_euclid(1_000))
    }
}

/// A name of the zone database that Java has as well.
fn region(name: &str) -> Option<Zone> {
    match name {
        "UTC" | "GMT" => Some(Zone::UTC),
        "ROC" => None,
        _ => name.parse().ok().filter(|zone: &Tz| zone.name() == name).map(Zone::Region),
    }
}

/// Seconds of `GMT±h`, `GMT±hh`, `GMT±hmm`, `GMT±hhmm`, `GMT±h:mm` or `GMT±hh:mm`.
fn custom(name: &str) -> Option<i32> {
    let offset = name.strip_prefix("GMT")?;
    let negative = offset.starts_with('-');
    let digits = offset.strip_prefix(['+', '-'])?;
    let number = |digits: &str| -> Option<i32> {
        let digits_only = digits.bytes().all(|byte| byte.is_ascii_digit());
        if digits_only && digits.len() < 9 { digits.parse().ok() } else { None }
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if hours.len() <= 2 && minutes.len() == 2 => {
            (if hours.is_empty() { 0 } else { number(hours)? }, number(minutes)?)
        }
        Some(_) => return None,
        None if digits.len() <= 2 => (number(digits)?, 0),
        None => (number(digits)? / 100, number(digits)? % 100),
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    Some(if negative { -seconds } else { seconds })
}

/// The seconds by which a time after the tables is moved back to a year with the same calendar, 0 before.
fn repeated(seconds: i64) -> i64 {
    if seconds < TABLES_END {
        return 0;
    }
    let Some(moment) = chrono::DateTime::from_timestamp(seconds, 0) else { return 0 };
    let start = |year: i32| chrono::NaiveDate::from_ymd_opt(year, 1, 1);
    let year = chrono::Datelike::year(&moment);
    let same = |other: &i32| {
        let (a, b) = (start(year), start(*other));
        a.zip(b).is_some_and(|(a, b)| {
            a.leap_year() == b.leap_year() && chrono::Datelike::weekday(&a) == chrono::Datelike::weekday(&b)
        })
    };
    let first =
        chrono::DateTime::from_timestamp(PATTERN_BEGIN, 0).map_or(2060, |t| chrono::Datelike::year(&t));
    let days = (first..first + 28)
        .find(same)
        .and_then(|other| start(year).zip(start(other)))
        .map_or(0, |(a, b)| (a - b).num_days());
    days * 86_400
}

fn region_offset(zone: Tz, instant: i64) -> i64 {
    let moment = zone.timestamp_opt(instant - repeated(instant), 0).single();
    moment.map_or(0, |moment| i64::from(moment.offset().fix().local_minus_utc()))
}

/// The offset of standard time in our days.
fn standard_offset(zone: Tz) -> i64 {
    let moment = zone.timestamp_opt(PATTERN_BEGIN, 0).single();
    moment.map_or(0, |moment| moment.offset().base_utc_offset().num_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: Zone = Zone::Region(Tz::Europe__Berlin);
    const NEW_YORK: Zone = Zone::Region(Tz::America__New_York);

    #[test]
    fn names_of_the_setting() {
        for good in ["UTC", "GMT", "GMT0", "Asia/Tokyo", "EST5EDT", "Zulu", "Etc/GMT-8", "Europe/Kyiv"] {
            assert!(Zone::of_setting(good).is_some(), "{good}");
        }
        for (name, seconds) in
            [("GMT+8", 28_800), ("GMT-08:00", -28_800), ("GMT+0530", 19_800), ("GMT-00:00", 0)]
        {
            assert_eq!(Zone::of_setting(name), Some(Zone::Fixed(seconds)), "{name}");
        }
        let bad =
            "UTC+8 +05:30 Z EST PST UT asia/tokyo Mars/X GMT+5:30 GMT+530 GMT+19 GMT+008 gmt+8 GMT+8:60 ROC";
        for bad in bad.split(' ').chain([""]) {
            assert_eq!(Zone::of_setting(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_of_functions() {
        for (name, minutes) in
            [("GMT-5:30", -330), ("GMT+23:59", 1_439), ("GMT+008", 8), ("GMT+25", 0), ("UTC+8", 0)]
        {
            assert_eq!(Zone::of_function(name), Zone::Fixed(minutes * 60), "{name}");
        }
        assert_eq!(Zone::of_function("EST").wall_time(0), -18_000);
        assert_eq!(Zone::of_function("asia/tokyo"), Zone::UTC);
        assert_eq!(Zone::of_function("PST"), Zone::Region(Tz::America__Los_Angeles));
    }

    #[test]
    fn gaps_and_times_that_come_twice() {
        // 2024-03-31 02:30 does not exist in Berlin; 2024-10-27 02:30 comes twice.
        let (gap, twice) = (1_711_852_200, 1_729_996_200);
        assert_eq!(BERLIN.wall_time(BERLIN.instant(gap)), gap + 3_600);
        assert_eq!(BERLIN.table_instant(gap), BERLIN.instant(gap));
        assert_eq!(BERLIN.instant(twice), twice - 7_200);
        assert_eq!(BERLIN.table_instant(twice), twice - 3_600);
    }

    #[test]
    fn before_and_after_the_tables() {
        let long_ago = -3_000_000_000;
        assert_eq!(NEW_YORK.table_wall_time(long_ago), long_ago - 18_000);
        assert_eq!(NEW_YORK.wall_time(long_ago), long_ago - 17_762);
        assert_eq!(NEW_YORK.table_instant(long_ago), long_ago + 18_000);
        // 9999-07-01 is in summer.
        let summer = 253_386_403_200;
        assert_eq!(NEW_YORK.wall_time(summer), summer - 14_400);
        assert_eq!(NEW_YORK.instant(summer - 14_400), summer);
    }
}
