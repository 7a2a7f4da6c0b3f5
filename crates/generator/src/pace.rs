//! How fast events are sent: as fast as they go, so many a second, or when their time has come.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use streamsql_core::Result;

use crate::{Destination, Record, Records};

/// Longest sleep, so that a stop is noticed.
const NAP: Duration = Duration::from_millis(10);

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    Unlimited,
    /// Records per second of wall time.
    Rate(f64),
    /// Event time runs as fast as wall time; this event time is now.
    Live {
        start_ms: i64,
    },
}

/// Sends the records until it ends, `duration` has passed or `stop` is set, then waits for the destination to have it all.
/// Returns the number of records sent.
///
/// # Errors
/// What the destination reports.
pub fn send(
    records: &mut dyn Records,
    destination: &mut dyn Destination,
    pace: Pace,
    duration: Option<Duration>,
    stop: &AtomicBool,
) -> Result<u64> {
    let begin = Instant::now();
    let mut sent = 0u64;
    let mut record = Record::default();
    'records: while records.next(&mut record) {
        loop {
            // Unlimited: the clock and the flag are read now and then only.
            let looks = pace != Pace::Unlimited || sent.is_multiple_of(256);
            let is_over = || stop.load(Ordering::Relaxed) || duration.is_some_and(|d| begin.elapsed() >= d);
            if looks && is_over() {
                break 'records;
            }
            let due = match pace {
                Pace::Unlimited => Duration::ZERO,
                Pace::Rate(rate) => Duration::from_secs_f64(sent as f64 / rate),
                Pace::Live { start_ms } => Duration::from_millis((record.sent_ms - start_ms).max(0) as u64),
            };
            let wait = due.saturating_sub(begin.elapsed());
            if pace == Pace::Unlimited || wait.is_zero() {
                break;
            }
            destination.idle()?;
            std::thread::sleep(wait.min(NAP));
        }
        destination.send(&record)?;
        sent += 1;
        if destination.is_closed() {
            return Ok(sent);
        }
    }
    destination.finish()?;
    Ok(sent)
}
