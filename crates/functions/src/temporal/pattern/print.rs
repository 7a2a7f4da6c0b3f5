//! Times printed by a pattern.

use std::fmt::Write;

use streamsql_core::text;

use super::super::{MS_PER_DAY, civil, extract_ms};
use super::{DAYS, Dialect, GREGORIAN, MONTHS, Offset, Pattern, Token, julian_civil, julian_days, names};

pub(super) const QUARTERS: [&str; 4] = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];

impl Pattern {
    /// Whether there are times that have a text.
    ///
    /// # Errors
    /// Letters that no time has a text for. How wide a field may be is up to the time.
    pub fn writable(&self, offset: Offset) -> Result<(), String> {
        let unpadded = |token: &Token| match token {
            Token::Field(letter, count, _) => Token::Field(*letter, *count, 0),
            other => other.clone(),
        };
        let tokens = self.tokens.iter().map(unpadded).collect();
        Self { dialect: self.dialect, tokens, unit_ms: 1 }.format(0, 0, offset).map(drop)
    }

    /// The text of wall milliseconds, with the nanoseconds below the millisecond and the offset of the zone.
    ///
    /// # Errors
    /// Letters of a zone in a `Formatter` pattern: a timestamp has none. A field that is wider than its padding.
    pub fn format(&self, ms: i64, nanos: i64, offset: Offset) -> Result<String, String> {
        let (mut out, mut sections, mut i) = (String::new(), Vec::new(), 0);
        while let Some(token) = self.tokens.get(i) {
            i += 1;
            match token {
                Token::Literal(text) => out.push_str(text),
                Token::Open => sections.push(out.len()),
                Token::Close => {
                    sections.pop();
                }
                Token::Field(letter, count, pad) => {
                    let field = match self.dialect {
                        Dialect::Formatter => field(*letter, *count, ms, nanos),
                        Dialect::Simple => simple_field(*letter, *count, ms, offset),
                    };
                    match (field, sections.pop()) {
                        (Some(field), section) => {
                            if *pad > 0 && field.len() > *pad {
                                return Err(format!(
                                    "'{field}' is wider than the {pad} characters to which the pattern pads it"
                                ));
                            }
                            let _ = write!(out, "{field:>pad$}");
                            sections.extend(section);
                        }
                        // An optional section that needs a zone is left out.
                        (None, Some(start)) => {
                            out.truncate(start);
                            let mut depth = 1;
                            while depth > 0
                                && let Some(token) = self.tokens.get(i)
                            {
                                depth += i32::from(*token == Token::Open) - i32::from(*token == Token::Close);
                                i += 1;
                            }
                        }
                        (None, None) => {
                            return Err(match self.dialect {
                                Dialect::Formatter => {
                                    format!(
                                        "the letter '{letter}' needs a zone, which the value does not have"
                                    )
                                }
                                Dialect::Simple => format!(
                                    "the zone has no name for the letter '{letter}'; 'XXX' prints the offset of any zone"
                                ),
                            });
                        }
                    }
                }
            }
        }
        Ok(out)
    }
}

/// Year and number of the week that begins on Sunday; week 1 has January 1 in it.
pub(super) fn sunday_week(days: i64) -> (i64, i64) {
    let start = days - (days + 4).rem_euclid(7);
    let year = civil(start + 6).0;
    let first = text::days_of(year, 1, 1).unwrap_or(start);
    let first = first - (first + 4).rem_euclid(7);
    (year, (start - first) / 7 + 1)
}

/// A year in at least `count` digits; from four on with `+` when it has more (`SignStyle.EXCEEDS_PAD`).
fn year_text(year: i64, count: usize) -> String {
    if count == 2 {
        return format!("{:02}", year.abs() % 100);
    }
    let digits = format!("{:0count$}", year.abs());
    let sign = match year {
        ..0 => "-",
        _ if count >= 4 && digits.len() > count => "+",
        _ => "",
    };
    format!("{sign}{digits}")
}

fn name(names: &[&str], at: i64, count: usize) -> String {
    let name = names.get(at.max(0) as usize).copied().unwrap_or_default();
    match count {
        4 => name,
        5 => &name[..1],
        _ => &name[..3],
    }
    .to_owned()
}

/// A field of `DateTimeFormatter`; `None` for one of a zone.
fn field(letter: char, count: usize, ms: i64, nanos: i64) -> Option<String> {
    let unit = |name: &str| extract_ms(name, ms).unwrap_or(0);
    let number = |value: i64| format!("{value:0count$}");
    let days = ms.div_euclid(MS_PER_DAY);
    let of_day = ms.rem_euclid(MS_PER_DAY);
    let nano_of_second = of_day % 1_000 * 1_000_000 + nanos;
    let weekday = unit("ISODOW") - 1;
    let hour = of_day / 3_600_000;
    Some(match letter {
        'u' => year_text(unit("YEAR"), count),
        'y' => year_text(if unit("YEAR") > 0 { unit("YEAR") } else { 1 - unit("YEAR") }, count),
        'Y' => year_text(sunday_week(days).0, count),
        'G' => match (count, unit("YEAR") > 0) {
            (4, true) => "Anno Domini",
            (4, false) => "Before Christ",
            (5, true) => "A",
            (5, false) => "B",
            (_, true) => "AD",
            (_, false) => "BC",
        }
        .to_owned(),
        'M' | 'L' if count > 2 => name(&MONTHS, unit("MONTH") - 1, count),
        'M' | 'L' => number(unit("MONTH")),
        'Q' | 'q' => match count {
            3 => format!("Q{}", unit("QUARTER")),
            4 => QUARTERS[(unit("QUARTER") - 1).clamp(0, 3) as usize].to_owned(),
            5 => unit("QUARTER").to_string(),
            _ => number(unit("QUARTER")),
        },
        'E' => name(&DAYS, weekday, count),
        'e' | 'c' if count > 2 => name(&DAYS, weekday, count),
        'e' | 'c' => number(unit("DOW")),
        'w' => number(sunday_week(days).1),
        'W' => week_of_month(days).to_string(),
        'F' => ((unit("DAY") - 1) % 7 + 1).to_string(),
        'D' => number(unit("DOY")),
        'd' => number(unit("DAY")),
        'a' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        'H' => number(hour),
        'k' => number(if hour == 0 { 24 } else { hour }),
        'K' => number(hour % 12),
        'h' => number(if hour % 12 == 0 { 12 } else { hour % 12 }),
        'm' => number(unit("MINUTE")),
        's' => number(unit("SECOND")),
        'S' => format!("{nano_of_second:09}")[..count.min(9)].to_owned(),
        'A' => number(of_day),
        'n' => number(nano_of_second),
        'N' => number(of_day / 1_000 * 1_000_000_000 + nano_of_second),
        _ => return None,
    })
}

pub(super) fn week_of_month(days: i64) -> i64 {
    let day = i64::from(civil(days).2);
    let first = days - day + 1;
    (day - 1 + (first + 4).rem_euclid(7)) / 7 + 1
}

/// A date as `GregorianCalendar` tells it: by the Julian calendar before 1582-10-15.
struct Hybrid {
    days: i64,
    year: i64,
    month: i64,
    day: i64,
}

impl Hybrid {
    fn of(days: i64) -> Self {
        let (year, month, day) = if days < GREGORIAN {
            julian_civil(days)
        } else {
            let (year, month, day) = civil(days);
            (year, i64::from(month), i64::from(day))
        };
        Self { days, year, month, day }
    }

    /// The first day of a month.
    fn start(year: i64, month: i64) -> i64 {
        let gregorian = text::days_of(year, month as u32, 1).filter(|days| *days >= GREGORIAN);
        gregorian.unwrap_or_else(|| julian_days(year, month, 1))
    }

    /// The week, from Sunday on, counted from the one that has this day in it.
    fn week_since(&self, start: i64) -> i64 {
        (self.days - (start - (start + 4).rem_euclid(7))) / 7 + 1
    }

    /// Year and number of the week; week 1 has January 1 in it.
    fn week(&self) -> (i64, i64) {
        let next = Self::start(self.year + 1, 1);
        if self.days >= next - (next + 4).rem_euclid(7) {
            return (self.year + 1, 1);
        }
        (self.year, self.week_since(Self::start(self.year, 1)))
    }
}

/// A field of `SimpleDateFormat`; `None` for the name of a zone that has none.
fn simple_field(letter: char, count: usize, ms: i64, zone: Offset) -> Option<String> {
    let offset = zone.seconds;
    let date = Hybrid::of(ms.div_euclid(MS_PER_DAY));
    let number = |value: i64| format!("{value:0count$}");
    let year = |value: i64| if count == 2 { format!("{:02}", value.abs() % 100) } else { number(value) };
    let text_length = if count >= 4 { 4 } else { 3 };
    Some(match letter {
        'y' => year(if date.year > 0 { date.year } else { 1 - date.year }),
        'Y' => year(date.week().0),
        'G' => if date.year > 0 { "AD" } else { "BC" }.to_owned(),
        'M' | 'L' if count >= 3 => name(&MONTHS, date.month - 1, text_length),
        'M' | 'L' => number(date.month),
        'w' => number(date.week().1),
        'W' => number(date.week_since(Hybrid::start(date.year, date.month))),
        'D' => number(date.days - Hybrid::start(date.year, 1) + 1),
        'd' => number(date.day),
        'F' => number((date.days - Hybrid::start(date.year, date.month)) / 7 + 1),
        // Days of the week go on through all calendars.
        'E' => return field(letter, text_length, ms, 0),
        'u' => number(extract_ms("ISODOW", ms).unwrap_or(0)),
        'a' => return field('a', 1, ms, 0),
        'S' => number(ms.rem_euclid(1_000)),
        'H' | 'k' | 'K' | 'h' | 'm' | 's' => return field(letter, count, ms, 0),
        'X' if offset == 0 => "Z".to_owned(),
        'z' if zone.region.is_some() => {
            let (region, daylight) = zone.region?;
            names::of(region.name())?.shown(count >= 4, daylight).to_owned()
        }
        'z' if offset == 0 && count >= 4 => "Coordinated Universal Time".to_owned(),
        'z' if offset == 0 => "UTC".to_owned(),
        'X' | 'Z' | 'z' => {
            let sign = if offset < 0 { '-' } else { '+' };
            let (hours, minutes) = (offset.abs() / 3_600, offset.abs() / 60 % 60);
            match (letter, count) {
                ('X', 1) => format!("{sign}{hours:02}"),
                ('X', 3) => format!("{sign}{hours:02}:{minutes:02}"),
                ('z', _) => format!("GMT{sign}{hours:02}:{minutes:02}"),
                _ => format!("{sign}{hours:02}{minutes:02}"),
            }
        }
        _ => return None,
    })
}
