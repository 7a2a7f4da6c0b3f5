//! Instants and wall clocks.

use chrono::{Offset, TimeZone};

/// The wall time (as seconds "in UTC") that clocks of `zone` show at an instant.
pub fn wall_time(zone: chrono_tz::Tz, instant: i64) -> i64 {
    if zone == chrono_tz::UTC {
        return instant;
    }
    match zone.timestamp_opt(instant, 0).single() {
        Some(moment) => instant + i64::from(moment.offset().fix().local_minus_utc()),
        None => instant,
    }
}

/// The instant at which clocks of `zone` show a wall time: the earlier one where it comes twice, and in a gap the time
/// after the gap (java.time `ZonedDateTime.ofLocal`).
pub fn instant(zone: chrono_tz::Tz, wall: i64) -> i64 {
    if zone == chrono_tz::UTC {
        return wall;
    }
    let Some(naive) = chrono::DateTime::from_timestamp(wall, 0).map(|t| t.naive_utc()) else { return wall };
    match zone.from_local_datetime(&naive) {
        chrono::LocalResult::Single(moment) | chrono::LocalResult::Ambiguous(moment, _) => moment.timestamp(),
        chrono::LocalResult::None => {
            // In a gap the offset before it applies.
            let before = zone.timestamp_opt(wall - 86_400, 0).single();
            before.map_or(wall, |moment| wall - i64::from(moment.offset().fix().local_minus_utc()))
        }
    }
}
