//! What was read by a pattern, made into a time: as `ResolverStyle.SMART` does for a `DateTimeFormatter` and as a
//! lenient `GregorianCalendar` of weeks that begin on Sunday does for a `SimpleDateFormat`.

use streamsql_core::text;

use super::super::{MS_PER_DAY, civil};
use super::print::{sunday_week, week_of_month};
use super::{GREGORIAN, julian_days};

/// What a text says; what it does not say is 1970-01-01 00:00:00.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub year: Option<i64>,
    pub month: Option<i64>,
    pub day: Option<i64>,
    pub day_of_year: Option<i64>,
    /// Monday is 0.
    pub weekday: Option<i64>,
    /// The year to which a week belongs, and the week in it.
    pub week_year: Option<i64>,
    pub week: Option<i64>,
    pub week_of_month: Option<i64>,
    /// Letter F: the day's place in its row of seven (`DateTimeFormatter`), or the row (`SimpleDateFormat`).
    pub in_month: Option<i64>,
    pub quarter: Option<i64>,
    pub hour: Option<i64>,
    /// 0 to 11, of half a day.
    pub half_hour: Option<i64>,
    pub afternoon: Option<bool>,
    pub minute: Option<i64>,
    pub second: Option<i64>,
    pub ms: Option<i64>,
    /// Milliseconds of the day.
    pub ms_of_day: Option<i64>,
    pub before_christ: bool,
    /// Seconds east of UTC.
    pub offset: Option<i64>,
    /// The time at which the text is read, ms since 1970: years of two digits are near it.
    pub now_ms: i64,
    /// Letters of the date in the order in which they were read: the later ones win in a calendar.
    pub order: Vec<char>,
}

/// Sunday is 1.
fn sunday_first(weekday: i64) -> i64 {
    (weekday + 1) % 7 + 1
}

/// The day of the week, Sunday as 1.
fn day_of_week(days: i64) -> i64 {
    (days + 4).rem_euclid(7) + 1
}

impl Fields {
    /// Days of a year, month and day, a day beyond the month's end taken as its last.
    fn clamped(year: i64, month: i64, day: i64) -> Option<i64> {
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        (1..=day as u32).rev().find_map(|day| text::days_of(year, month as u32, day))
    }

    /// The day of a week of a year that has it (`WeekFields.resolveWBY`): no week goes beyond the year's last.
    fn of_week(year: i64, week: i64, weekday: i64) -> Option<i64> {
        let first = text::days_of(year, 1, 1)?;
        let length = text::days_of(year.checked_add(1)?, 1, 1)? - first;
        let before = day_of_week(first) - 1;
        let last = (7 + before + length) / 7 - 1;
        if week < 1 {
            return None;
        }
        Some(first - before + sunday_first(weekday) - 1 + (week.min(last) - 1) * 7)
    }

    /// As `ResolverStyle.SMART`: values within their ranges, 24:00 as the next day.
    pub fn smart(&self) -> Option<i64> {
        let year = self.year.unwrap_or(1970);
        let year = if self.before_christ { 1 - year } else { year };
        let mut dated = self.year.is_some();
        // A week that was read may be another than that of the day that it gives.
        let mut of_week = false;
        let days = match (self.month, self.day, self.day_of_year) {
            (None, None, Some(day)) => {
                let first = text::days_of(year, 1, 1)?;
                let length = text::days_of(year + 1, 1, 1)? - first;
                if !(1..=length).contains(&day) {
                    return None;
                }
                first + day - 1
            }
            (None, None, None)
                if self.week_year.is_some() && self.week.is_some() && self.weekday.is_some() =>
            {
                (dated, of_week) = (true, true);
                Self::of_week(self.week_year?, self.week?, self.weekday?)?
            }
            (Some(month), None, None) if dated && self.week_of_month.is_some() && self.weekday.is_some() => {
                of_week = true;
                let first = Self::clamped(year, month, 1)?;
                let weeks =
                    Some(self.week_of_month?).filter(|week| (0..=6).contains(week))? - week_of_month(first);
                first + weeks * 7 + sunday_first(self.weekday?) - day_of_week(first)
            }
            (month, day, of_year) => {
                dated &= of_year.is_some() || (month.is_some() && day.is_some());
                Self::clamped(year, month.unwrap_or(1), day.unwrap_or(1))?
            }
        };
        if dated && !of_week && !self.agrees_with(days) {
            return None;
        }
        let mut ms = self.smart_time()?;
        // The day that 24:00 adds needs a date to be added to.
        if ms == MS_PER_DAY && !dated {
            ms = 0;
        }
        Some(days * MS_PER_DAY + ms)
    }

    /// Whether what else was read of a date is true of it.
    fn agrees_with(&self, days: i64) -> bool {
        let (_, month, day) = civil(days);
        let (week_year, week) = sunday_week(days);
        let same = |read: Option<i64>, is: i64| read.is_none_or(|read| read == is);
        same(self.weekday, (days + 3).rem_euclid(7))
            && same(self.week_year, week_year)
            && same(self.week, week)
            && same(self.week_of_month, week_of_month(days))
            && same(self.in_month, (i64::from(day) - 1) % 7 + 1)
            && same(self.quarter, (i64::from(month) - 1) / 3 + 1)
    }

    /// Milliseconds of the day.
    fn smart_time(&self) -> Option<i64> {
        if let Some(ms) = self.ms_of_day {
            return (0..MS_PER_DAY).contains(&ms).then_some(ms);
        }
        let hour = match (self.hour, self.half_hour, self.afternoon) {
            (Some(hour), _, afternoon) if afternoon.is_none_or(|pm| pm == (hour >= 12)) => hour,
            (Some(_), ..) => return None,
            (None, Some(hour), Some(afternoon)) => hour + if afternoon { 12 } else { 0 },
            // Without AM or PM the hour is not known.
            _ => 0,
        };
        let (minute, second, ms) = (self.minute.unwrap_or(0), self.second.unwrap_or(0), self.ms.unwrap_or(0));
        let midnight = minute == 0 && second == 0 && ms == 0;
        if !(0..=24).contains(&hour) || (hour == 24 && !midnight) || minute > 59 || second > 59 || ms > 999 {
            return None;
        }
        Some(((hour * 60 + minute) * 60 + second) * 1_000 + ms)
    }

    /// As a lenient calendar: what is beyond its field runs over into the next larger one.
    pub fn lenient(&self) -> Option<i64> {
        let days = match self.week_year.filter(|_| self.stamp('Y') > self.stamp('y')) {
            Some(year) => {
                let first = text::days_of(year, 1, 1)?;
                let weekday = self.weekday.map_or(1, sunday_first);
                let weeks = self.week.unwrap_or(1).checked_sub(1)?.checked_mul(7)?;
                (first - (day_of_week(first) - 1)).checked_add(weeks)?.checked_add(weekday - 1)?
            }
            None => self.lenient_date()?,
        };
        let half = self.half_hour.or((self.hour.is_none() && self.afternoon.is_some()).then_some(0));
        let half = half.map(|hour| hour + if self.afternoon == Some(true) { 12 } else { 0 });
        let hour = half.or(self.hour).unwrap_or(0);
        let seconds = hour.checked_mul(3_600)?;
        let seconds = seconds.checked_add(self.minute.unwrap_or(0).checked_mul(60)?)?;
        let seconds = seconds.checked_add(self.second.unwrap_or(0))?;
        days.checked_mul(MS_PER_DAY)?
            .checked_add(seconds.checked_mul(1_000)?)?
            .checked_add(self.ms.unwrap_or(0))
    }

    /// When a letter was read; 0 for one that was not.
    fn stamp(&self, letter: char) -> usize {
        self.order.iter().rposition(|read| *read == letter).map_or(0, |at| at + 1)
    }

    /// The date by the fields that were read last (`GregorianCalendar.selectFields`, `getFixedDate`).
    fn lenient_date(&self) -> Option<i64> {
        let [weekday, day, of_year] = ['E', 'd', 'D'].map(|letter| self.stamp(letter));
        let [week, week_of_month, in_month] = ['w', 'W', 'F'].map(|letter| self.stamp(letter));
        // A week and its like count from when the day of the week is known, too.
        let with_weekday = |stamp: usize| if stamp == 0 || weekday == 0 { 0 } else { stamp.max(weekday) };
        let mut candidates = [
            (day, 'd'),
            (with_weekday(week_of_month), 'W'),
            (with_weekday(in_month), 'F'),
            (of_year, 'D'),
            (with_weekday(week), 'w'),
        ];
        if candidates.iter().all(|(stamp, _)| *stamp == 0) {
            candidates[1..3].copy_from_slice(&[(week_of_month, 'W'), (in_month.max(weekday), 'F')]);
            candidates[4] = (week, 'w');
        }
        let (stamp, by) = candidates.into_iter().rev().max_by_key(|(stamp, _)| *stamp)?;
        let by = if stamp == 0 { 'd' } else { by };
        let year = self.year.unwrap_or(1970);
        let year = if self.before_christ { 1 - year } else { year };
        let by_month = matches!(by, 'd' | 'W' | 'F');
        let month = self.month.filter(|_| by_month).unwrap_or(1);
        let months = year.checked_mul(12)?.checked_add(month - 1)?;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) as u32 + 1);
        let first = text::days_of(year, month, 1)?;
        // The last day up to `days` that is this day of the week.
        let up_to = |days: i64, weekday: i64| days - (day_of_week(days) - weekday).rem_euclid(7);
        let weekday = self.weekday.map(sunday_first);
        let week_start = || {
            let sunday = up_to(first + 6, 1);
            let start = if sunday > first { sunday - 7 } else { sunday };
            weekday.map_or(start, |weekday| up_to(start + 6, weekday))
        };
        let weeks = |count: Option<i64>| count.unwrap_or(1).checked_sub(1)?.checked_mul(7);
        match by {
            'W' => week_start().checked_add(weeks(self.week_of_month)?),
            'w' => week_start().checked_add(weeks(self.week)?),
            'F' => Some(up_to(first.checked_add(weeks(self.in_month)?)? + 6, weekday.unwrap_or(1))),
            _ => {
                let day = if by == 'D' { self.day_of_year } else { self.day }.unwrap_or(1) - 1;
                let days = first.checked_add(day)?;
                if days < GREGORIAN {
                    return julian_days(year, month.into(), 1).checked_add(day);
                }
                Some(days)
            }
        }
    }

    /// Puts a number where its letter says.
    pub fn set(&mut self, letter: char, value: i64) -> Option<()> {
        let slot = match letter {
            'y' | 'u' => &mut self.year,
            'Y' => &mut self.week_year,
            'M' | 'L' => &mut self.month,
            'd' => &mut self.day,
            'D' => &mut self.day_of_year,
            'E' => &mut self.weekday,
            'w' => &mut self.week,
            'W' => &mut self.week_of_month,
            'F' => &mut self.in_month,
            'Q' | 'q' => &mut self.quarter,
            'H' | 'k' => &mut self.hour,
            'h' | 'K' => &mut self.half_hour,
            'm' => &mut self.minute,
            's' => &mut self.second,
            'S' => &mut self.ms,
            'A' => &mut self.ms_of_day,
            _ => return None,
        };
        *slot = Some(match letter {
            'k' if value == 24 => 0,
            'h' if value == 12 => 0,
            _ => value,
        });
        self.order.push(letter);
        Some(())
    }
}
