//! How time is cut into windows (Flink `WindowSpec`, `SliceAssigners`): the windows of a time, and the slices that they are
//! made of.
//!
//! Times here are ms of wall time: of a TIMESTAMP its own, of a TIMESTAMP_LTZ what clocks of the session's zone show.
//! A window holds times from its start to before its end.

use std::fmt;
use std::sync::Arc;

use streamsql_core::WallClock;

use crate::nodes::TimeDomain;

/// The form of the windows; lengths are in ms and above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowShape {
    Tumble {
        size: i64,
    },
    Hop {
        slide: i64,
        size: i64,
    },
    /// Windows of every multiple of the step up to the size, which is a multiple of it; they begin together.
    Cumulate {
        step: i64,
        size: i64,
    },
    /// Rows with less than the gap between them, or just as much, are in one window.
    Session {
        gap: i64,
    },
}

/// Windows, and how far they begin behind 1970-01-01 00:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowSpec {
    pub shape: WindowShape,
    pub offset: i64,
}

/// Windows over a kind of time.
#[derive(Clone, Debug)]
pub struct Windowing {
    pub spec: WindowSpec,
    pub domain: TimeDomain,
    /// The clocks by which a TIMESTAMP_LTZ is cut; none for a TIMESTAMP.
    pub clock: Option<Arc<dyn WallClock>>,
}

impl WindowSpec {
    /// The largest multiple of `length`, counted from the offset, that is not above `time`.
    fn floor(&self, time: i64, length: i64) -> i64 {
        time.saturating_sub(time.saturating_sub(self.offset).rem_euclid(length))
    }

    /// Length of a slice: the largest that all windows are made of.
    ///
    /// # Panics
    /// Sessions have no slices; their gap is given.
    pub fn slice(&self) -> i64 {
        match self.shape {
            WindowShape::Tumble { size } => size,
            WindowShape::Hop { slide, size } => greatest_common_divisor(slide, size),
            WindowShape::Cumulate { step, .. } => step,
            WindowShape::Session { gap } => gap,
        }
    }

    /// End of the slice that a time is in.
    pub fn slice_end(&self, time: i64) -> i64 {
        self.floor(time, self.slice()).saturating_add(self.slice())
    }

    /// How far the ends of windows are apart.
    pub fn interval(&self) -> i64 {
        match self.shape {
            WindowShape::Hop { slide, .. } => slide,
            _ => self.slice(),
        }
    }

    /// The longest window.
    pub fn size(&self) -> i64 {
        match self.shape {
            WindowShape::Tumble { size }
            | WindowShape::Hop { size, .. }
            | WindowShape::Cumulate { size, .. } => size,
            WindowShape::Session { gap } => gap,
        }
    }

    /// Ends of the first and the last window that hold a slice; none where none does (a slide above the size).
    pub fn ends_over(&self, slice_end: i64) -> Option<(i64, i64)> {
        match self.shape {
            WindowShape::Tumble { .. } | WindowShape::Session { .. } => Some((slice_end, slice_end)),
            WindowShape::Hop { slide, size } => {
                let last_start = self.floor(slice_end.saturating_sub(1), slide);
                let last = last_start.saturating_add(size);
                if last < slice_end {
                    return None;
                }
                let before = (last - slice_end) / slide;
                Some((last - before * slide, last))
            }
            WindowShape::Cumulate { size, .. } => {
                let start = self.floor(slice_end.saturating_sub(1), size);
                Some((slice_end, start.saturating_add(size)))
            }
        }
    }

    /// Ends of windows in `from..=to`, of windows that all have the same length.
    pub fn ends_between(&self, from: i64, to: i64) -> impl Iterator<Item = i64> + use<> {
        let (size, interval) = (self.size(), self.interval());
        let before = self.floor(from.saturating_sub(size), interval).saturating_add(size);
        let first = if before < from { before.saturating_add(interval) } else { before };
        std::iter::successors(Some(first), move |end| end.checked_add(interval))
            .skip_while(move |end| *end < from)
            .take_while(move |end| *end <= to)
    }

    /// Start of the window with this end. Not for sessions, whose start their rows say.
    pub fn start_of(&self, end: i64) -> i64 {
        match self.shape {
            WindowShape::Cumulate { size, .. } => self.floor(end.saturating_sub(1), size),
            _ => end.saturating_sub(self.size()),
        }
    }

    /// Whether windows have slices in common, so that a slice is kept until the last of them ends.
    pub fn shares_slices(&self) -> bool {
        match self.shape {
            WindowShape::Tumble { .. } | WindowShape::Session { .. } => false,
            WindowShape::Hop { slide, size } => slide != size,
            WindowShape::Cumulate { step, size } => step != size,
        }
    }

    /// Starts and ends of the windows that a time is in, in the order in which Flink assigns them.
    pub fn windows_of(&self, time: i64, out: &mut Vec<(i64, i64)>) {
        out.clear();
        match self.shape {
            WindowShape::Tumble { size } => {
                let start = self.floor(time, size);
                out.push((start, start.saturating_add(size)));
            }
            WindowShape::Hop { slide, size } => {
                let mut start = self.floor(time, slide);
                while start > time.saturating_sub(size) {
                    out.push((start, start.saturating_add(size)));
                    start -= slide;
                }
            }
            WindowShape::Cumulate { step, size } => {
                let start = self.floor(time, size);
                let mut end = self.slice_end(time);
                while end <= start.saturating_add(size) {
                    out.push((start, end));
                    end += step;
                }
            }
            WindowShape::Session { gap } => out.push((time, time.saturating_add(gap))),
        }
    }

    /// As Flink's EXPLAIN prints it; `over` names the columns of time (`time_col=[ts]`).
    pub fn describe(&self, over: &str) -> String {
        let (name, lengths) = match self.shape {
            WindowShape::Tumble { size } => ("TUMBLE", vec![("size", size)]),
            WindowShape::Hop { slide, size } => ("HOP", vec![("size", size), ("slide", slide)]),
            WindowShape::Cumulate { step, size } => ("CUMULATE", vec![("max_size", size), ("step", step)]),
            WindowShape::Session { gap } => ("SESSION", vec![("gap", gap)]),
        };
        let lengths: Vec<String> =
            lengths.into_iter().map(|(name, ms)| format!("{name}=[{}]", Duration(ms))).collect();
        let offset = match self.offset {
            0 => String::new(),
            offset => format!(", offset=[{}]", Duration(offset)),
        };
        format!("{name}({over}, {}{offset})", lengths.join(", "))
    }
}

impl Windowing {
    /// The wall time of a time, by which windows are cut.
    pub fn wall_ms(&self, time_ms: i64) -> i64 {
        self.clock.as_ref().map_or(time_ms, |clock| clock.wall_ms(time_ms))
    }

    pub fn by_event_time(&self) -> bool {
        self.domain == TimeDomain::EventTime
    }

    /// The watermark, or the processing time, at which a window with this end is complete (Flink
    /// `TimeWindowUtil.isWindowFired`): a watermark of its last millisecond, or a clock that shows its end.
    pub fn fires_at(&self, end: i64) -> i64 {
        let last = end.saturating_sub(1);
        let last = match &self.clock {
            Some(clock) if last < i64::MAX - 1 => clock.passed_ms(last),
            _ => last,
        };
        if self.by_event_time() { last } else { last.saturating_add(1) }
    }

    /// The time attribute of a window with this end (`window_time`).
    pub fn time_of(&self, end: i64) -> i64 {
        let last = end.saturating_sub(1);
        self.clock.as_ref().map_or(last, |clock| clock.instant_ms(last))
    }

    /// What must be equal for windows to be the same.
    pub fn fingerprint(&self) -> String {
        format!("{:?} {:?} {:?}", self.spec, self.domain, self.clock)
    }
}

/// A length of time in the largest unit that gives a whole number, as Flink prints it.
pub struct Duration(pub i64);

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
        let unit = units.into_iter().find(|(ms, _)| self.0 != 0 && self.0 % ms == 0).unwrap_or((1, "ms"));
        write!(f, "{} {}", self.0 / unit.0, unit.1)
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(shape: WindowShape, offset: i64, time: i64) -> Vec<(i64, i64)> {
        let mut out = Vec::new();
        WindowSpec { shape, offset }.windows_of(time, &mut out);
        out
    }

    #[test]
    fn windows_of_a_time() {
        assert_eq!(windows(WindowShape::Tumble { size: 10 }, 0, 20), [(20, 30)]);
        assert_eq!(windows(WindowShape::Tumble { size: 10 }, 3, 20), [(13, 23)]);
        assert_eq!(windows(WindowShape::Tumble { size: 10 }, -3, -21), [(-23, -13)]);
        assert_eq!(windows(WindowShape::Hop { slide: 5, size: 10 }, 0, 12), [(10, 20), (5, 15)]);
        assert_eq!(windows(WindowShape::Hop { slide: 4, size: 10 }, 0, 9), [(8, 18), (4, 14), (0, 10)]);
        assert_eq!(windows(WindowShape::Hop { slide: 10, size: 4 }, 0, 5), []);
        assert_eq!(windows(WindowShape::Cumulate { step: 5, size: 15 }, 0, 6), [(0, 10), (0, 15)]);
    }

    #[test]
    fn ends_of_windows() {
        let ends = |shape, offset, from, to| {
            WindowSpec { shape, offset }.ends_between(from, to).collect::<Vec<i64>>()
        };
        assert_eq!(ends(WindowShape::Tumble { size: 10 }, 0, 0, 20), [0, 10, 20]);
        assert_eq!(ends(WindowShape::Tumble { size: 10 }, 3, 4, 23), [13, 23]);
        assert!(ends(WindowShape::Tumble { size: 10 }, 0, 1, 9).is_empty());
        assert_eq!(ends(WindowShape::Hop { slide: 4, size: 10 }, 0, -3, 6), [-2, 2, 6]);
    }

    /// The windows over the slice of a time are the windows of the time.
    #[test]
    fn slices_make_up_the_windows() {
        let shapes = [
            WindowShape::Tumble { size: 10 },
            WindowShape::Hop { slide: 5, size: 15 },
            WindowShape::Hop { slide: 4, size: 10 },
            WindowShape::Hop { slide: 10, size: 4 },
            WindowShape::Hop { slide: 6, size: 4 },
            WindowShape::Cumulate { step: 5, size: 15 },
        ];
        for shape in shapes {
            for offset in [0, 3, -3] {
                let spec = WindowSpec { shape, offset };
                for time in -40..40 {
                    let mut expected = Vec::new();
                    spec.windows_of(time, &mut expected);
                    expected.sort_unstable();
                    let slice_end = spec.slice_end(time);
                    assert!(slice_end > time && slice_end - spec.slice() <= time);
                    let found: Vec<(i64, i64)> = match spec.ends_over(slice_end) {
                        Some((first, last)) => (first..=last)
                            .step_by(spec.interval() as usize)
                            .map(|end| (spec.start_of(end), end))
                            .collect(),
                        None => Vec::new(),
                    };
                    assert_eq!(found, expected, "{shape:?} {offset} {time}");
                }
            }
        }
    }

    #[test]
    fn durations() {
        let shown =
            [0, 1, 1_500, 60_000, 5_400_000, 7_200_000, 86_400_000].map(|ms| Duration(ms).to_string());
        assert_eq!(shown, ["0 ms", "1 ms", "1500 ms", "1 min", "90 min", "2 h", "1 d"]);
    }
}
