//! Times read by a pattern.

use streamsql_core::text;

use super::super::{MS_PER_DAY, civil};
use super::{DAYS, Dialect, GREGORIAN, MONTHS, Pattern, Token, julian_days};

/// What a text says; what it does not say is 1970-01-01 00:00:00.
#[derive(Clone, Debug, Default)]
struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    /// Monday is 0.
    weekday: Option<i64>,
    hour: Option<i64>,
    /// 0 to 11, of half a day.
    half_hour: Option<i64>,
    afternoon: Option<bool>,
    minute: Option<i64>,
    second: Option<i64>,
    ms: Option<i64>,
    before_christ: bool,
    /// Seconds east of UTC.
    offset: Option<i64>,
    /// The time at which the text is read, ms since 1970: years of two digits are near it.
    now_ms: i64,
}

impl Pattern {
    /// Whether texts can be read by it here.
    ///
    /// # Errors
    /// Names the letter that is only supported in output.
    pub fn readable(&self) -> Result<(), String> {
        let formatter = self.dialect == Dialect::Formatter;
        let has = |letters: &[char]| {
            self.tokens
                .iter()
                .any(|token| matches!(token, Token::Field(letter, ..) if letters.contains(letter)))
        };
        for token in &self.tokens {
            let Token::Field(letter, count, pad) = token else { continue };
            let known = match letter {
                'y' | 'H' | 'h' | 'k' | 'K' | 'm' | 's' | 'd' | 'S' | 'a' => true,
                'M' | 'L' => !formatter || *count <= 4,
                'u' => formatter,
                'D' => formatter || !has(&['M', 'L', 'd']),
                'E' => {
                    if formatter {
                        *count <= 4
                    } else {
                        has(&['d'])
                    }
                }
                'z' => !formatter,
                'G' | 'X' | 'Z' => !formatter || *count <= 3,
                _ => false,
            };
            if !known || *pad > 0 {
                return Err(format!("the letter '{letter}' is not supported in a pattern to read by"));
            }
        }
        Ok(())
    }

    /// Whether what is read depends on the time at which it is read.
    pub fn reads_clock(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Field('y' | 'Y', ..=2, _)))
    }

    /// Wall milliseconds of a text; text behind the pattern's end is allowed for `SimpleDateFormat` alone.
    pub fn parse(&self, input: &str, now_ms: i64) -> Option<i64> {
        self.parse_zoned(input, now_ms).map(|(wall, _)| wall)
    }

    /// Wall milliseconds, and the seconds east of UTC where the text names a zone.
    pub fn parse_zoned(&self, input: &str, now_ms: i64) -> Option<(i64, Option<i64>)> {
        let (mut rest, mut fields) = (input, Fields { now_ms, ..Fields::default() });
        match self.dialect {
            Dialect::Simple => {
                for (i, token) in self.tokens.iter().enumerate() {
                    match token {
                        Token::Literal(text) => rest = rest.strip_prefix(text.as_str())?,
                        Token::Field(letter, count, _) => {
                            let exact = self.tokens.get(i + 1).is_some_and(is_number);
                            simple(*letter, *count, exact, &mut rest, &mut fields)?;
                        }
                        Token::Open | Token::Close => return None,
                    }
                }
                Some((fields.lenient()?, fields.offset))
            }
            Dialect::Formatter => {
                section(&self.tokens, &mut rest, &mut fields)?;
                if rest.is_empty() { Some((fields.smart()?, None)) } else { None }
            }
        }
    }
}

impl Fields {
    /// Days of a year, month and day, a day beyond the month's end taken as its last.
    fn clamped(year: i64, month: i64, day: i64) -> Option<i64> {
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        (1..=day as u32).rev().find_map(|day| text::days_of(year, month as u32, day))
    }

    /// As `ResolverStyle.SMART`: values within their ranges, 24:00 as the next day.
    fn smart(&self) -> Option<i64> {
        let year = self.year.unwrap_or(1970);
        let year = if self.before_christ { 1 - year } else { year };
        let days = match (self.month, self.day, self.day_of_year) {
            (None, None, Some(day)) => {
                let first = text::days_of(year, 1, 1)?;
                let length = text::days_of(year + 1, 1, 1)? - first;
                if !(1..=length).contains(&day) {
                    return None;
                }
                first + day - 1
            }
            (month, day, _) => Self::clamped(year, month.unwrap_or(1), day.unwrap_or(1))?,
        };
        if self.weekday.is_some_and(|weekday| weekday != (days + 3).rem_euclid(7)) {
            return None;
        }
        let dated = self.year.is_some() && (self.day_of_year.is_some() || self.day.is_some());
        let hour = match (self.hour, self.half_hour, self.afternoon) {
            (Some(hour), _, afternoon) if afternoon.is_none_or(|pm| pm == (hour >= 12)) => hour,
            (Some(_), ..) => return None,
            (None, Some(hour), Some(afternoon)) => hour + if afternoon { 12 } else { 0 },
            // Without AM or PM the hour is not known.
            _ => 0,
        };
        let (minute, second, ms) = (self.minute.unwrap_or(0), self.second.unwrap_or(0), self.ms.unwrap_or(0));
        let midnight = minute == 0 && second == 0 && ms == 0;
        if !(0..=24).contains(&hour) || (hour == 24 && !midnight) || minute > 59 || second > 59 {
            return None;
        }
        // The day that 24:00 adds needs a date to be added to.
        let hour = if hour == 24 && !dated { 0 } else { hour };
        Some(days * MS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1_000 + ms)
    }

    /// As a lenient calendar: what is beyond its field runs over into the next larger one.
    fn lenient(&self) -> Option<i64> {
        let year = self.year.unwrap_or(1970);
        let year = if self.before_christ { 1 - year } else { year };
        let months = year.checked_mul(12)?.checked_add(self.month.unwrap_or(1) - 1)?;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) as u32 + 1);
        let day = self.day.or(self.day_of_year).unwrap_or(1) - 1;
        let mut days = text::days_of(year, month, 1)?.checked_add(day)?;
        if days < GREGORIAN {
            days = julian_days(year, month.into(), 1).checked_add(day)?;
        }
        let half = self.half_hour.map(|hour| hour + if self.afternoon == Some(true) { 12 } else { 0 });
        let hour = half.or(self.hour).unwrap_or(0);
        let seconds = hour.checked_mul(3_600)?;
        let seconds = seconds.checked_add(self.minute.unwrap_or(0).checked_mul(60)?)?;
        let seconds = seconds.checked_add(self.second.unwrap_or(0))?;
        days.checked_mul(MS_PER_DAY)?
            .checked_add(seconds.checked_mul(1_000)?)?
            .checked_add(self.ms.unwrap_or(0))
    }

    /// Puts a number where its letter says.
    fn set(&mut self, letter: char, value: i64) -> Option<()> {
        let slot = match letter {
            'y' | 'u' => &mut self.year,
            'M' | 'L' => &mut self.month,
            'd' => &mut self.day,
            'D' => &mut self.day_of_year,
            'H' | 'k' => &mut self.hour,
            'h' | 'K' => &mut self.half_hour,
            'm' => &mut self.minute,
            's' => &mut self.second,
            'S' => &mut self.ms,
            _ => return None,
        };
        *slot = Some(match letter {
            'k' if value == 24 => 0,
            'h' if value == 12 => 0,
            _ => value,
        });
        Some(())
    }
}

/// Fewest and most digits of a number of `DateTimeFormatter`; `None` for a text.
fn width(letter: char, count: usize) -> Option<(usize, usize)> {
    Some(match (letter, count) {
        ('y' | 'u', 2) => (2, 2),
        ('y' | 'u', _) => (count, 19),
        ('M' | 'L', 3..) | ('E' | 'a' | 'G' | 'X' | 'Z', _) => return None,
        ('D', 2) => (2, 3),
        (_, 1) if letter != 'S' => (1, 19),
        _ => (count, count),
    })
}

/// Reads the tokens of a `DateTimeFormatter`; a section in brackets that does not fit is left out.
fn section(tokens: &[Token], rest: &mut &str, fields: &mut Fields) -> Option<()> {
    let mut i = 0;
    while let Some(token) = tokens.get(i) {
        i += 1;
        match token {
            Token::Literal(text) => *rest = rest.strip_prefix(text.as_str())?,
            Token::Close => {}
            Token::Open => {
                let mut depth = 1;
                let end = tokens[i..].iter().position(|token| {
                    depth += i32::from(*token == Token::Open) - i32::from(*token == Token::Close);
                    depth == 0
                });
                let end = end.map_or(tokens.len(), |end| i + end);
                let (mut inner_rest, mut inner) = (*rest, fields.clone());
                if section(&tokens[i..end], &mut inner_rest, &mut inner).is_some() {
                    (*rest, *fields) = (inner_rest, inner);
                }
                i = end + 1;
            }
            Token::Field(letter, count, _) => match width(*letter, *count) {
                // Read and not used: the time stays as it is written.
                None if matches!(letter, 'X' | 'Z') => {
                    // Names are letter z's.
                    if *letter == 'Z' && !rest.starts_with(['+', '-']) {
                        return None;
                    }
                    zone(*letter, *count, rest)?;
                }
                None => name(*letter, *count, false, rest, fields)?,
                Some((least, most)) => {
                    // A number of no fixed width leaves their digits to the fixed ones right behind it.
                    let reserved: usize = tokens[i..]
                        .iter()
                        .map_while(|token| match token {
                            Token::Field(letter, count, _) => {
                                width(*letter, *count).filter(|(least, most)| least == most)
                            }
                            _ => None,
                        })
                        .map(|(width, _)| width)
                        .sum();
                    let year = matches!(letter, 'y' | 'u') && *count >= 4;
                    let plus = year && rest.starts_with('+');
                    let digits = if plus { &rest[1..] } else { *rest };
                    let found = digits.bytes().take_while(u8::is_ascii_digit).count();
                    let taken = if least == most { least } else { least.max(found.saturating_sub(reserved)) };
                    let signed_well = !year || plus == (taken > *count);
                    if found < taken || taken > most || !signed_well {
                        return None;
                    }
                    let value: i64 = digits[..taken].parse().ok()?;
                    *rest = &digits[taken..];
                    let in_range = match letter {
                        'y' | 'M' | 'L' | 'd' | 'D' | 'k' => value >= 1,
                        'h' => (1..=12).contains(&value),
                        'K' => value <= 11,
                        _ => true,
                    };
                    // The year of two digits counts from 2000.
                    if !in_range && (*letter != 'y' || *count != 2) {
                        return None;
                    }
                    let value = match letter {
                        'y' | 'u' if *count == 2 => 2000 + value,
                        'S' if taken < 3 => value * 10i64.pow(3 - taken as u32),
                        'S' => value / 10i64.pow(taken as u32 - 3),
                        _ => value,
                    };
                    fields.set(*letter, value)?;
                }
            },
        }
    }
    Some(())
}

/// Reads the name of a month or day, or AM and PM; `any_case` for `SimpleDateFormat`, which takes long and short names.
fn name(letter: char, count: usize, any_case: bool, rest: &mut &str, fields: &mut Fields) -> Option<()> {
    let begins = |name: &str| {
        rest.get(..name.len())
            .is_some_and(|text| if any_case { text.eq_ignore_ascii_case(name) } else { text == name })
    };
    let of = |names: &[&str]| -> Option<(i64, usize)> {
        let long = names.iter().position(|name| begins(name)).filter(|_| any_case || count == 4);
        let short = || names.iter().position(|name| begins(&name[..3])).filter(|_| any_case || count < 4);
        long.map(|at| (at as i64, names[at].len())).or_else(|| short().map(|at| (at as i64, 3)))
    };
    let length = match letter {
        'M' | 'L' => {
            let (at, length) = of(&MONTHS)?;
            fields.month = Some(at + 1);
            length
        }
        'E' => {
            let (at, length) = of(&DAYS)?;
            fields.weekday = Some(at);
            length
        }
        'a' if begins("AM") || begins("PM") => {
            fields.afternoon = Some(begins("PM"));
            2
        }
        'G' if begins("AD") || begins("BC") => {
            fields.before_christ = begins("BC");
            2
        }
        _ => return None,
    };
    *rest = &rest[length..];
    Some(())
}

/// Whether a number stands there, so that the number before it takes exactly its letters' count of digits.
fn is_number(token: &Token) -> bool {
    match token {
        Token::Field('M' | 'L', count, _) => *count <= 2,
        Token::Field(letter, ..) => !matches!(letter, 'E' | 'a' | 'G' | 'z' | 'Z' | 'X'),
        _ => false,
    }
}

/// Reads a field of `SimpleDateFormat`.
fn simple(letter: char, count: usize, exact: bool, rest: &mut &str, fields: &mut Fields) -> Option<()> {
    let before = rest.len();
    *rest = rest.trim_start_matches([' ', '\t']);
    if matches!(letter, 'z' | 'Z' | 'X') {
        fields.offset = Some(zone(letter, count, rest)?);
        return Some(());
    }
    if matches!(letter, 'E' | 'a' | 'G') || (matches!(letter, 'M' | 'L') && count > 2) {
        return name(letter, count, true, rest, fields);
    }
    let most = if exact { count.checked_sub(before - rest.len())? } else { usize::MAX };
    if exact && rest.len() < most {
        return None;
    }
    let negative = rest.starts_with('-');
    let digits = if negative { &rest[1..] } else { *rest };
    let length = digits.bytes().take(most - usize::from(negative)).take_while(u8::is_ascii_digit).count();
    let value: i64 = digits[..length].parse().ok()?;
    *rest = &digits[length..];
    // Java keeps the low 32 bits.
    let value = i64::from(value as i32);
    let value = match letter {
        'y' if count <= 2 && length == 2 && !negative => century(value, fields.now_ms),
        _ if negative => -value,
        _ => value,
    };
    fields.set(letter, value)
}

/// The year of two digits that is within 80 years before and 20 years after now.
fn century(two_digits: i64, now_ms: i64) -> i64 {
    let start = civil(now_ms.div_euclid(MS_PER_DAY)).0 - 80;
    let year = start.div_euclid(100) * 100 + two_digits;
    if year < start { year + 100 } else { year }
}

/// The offset of `UTC`, `GMT`, `GMT±hh:mm` and `±hhmm` (letters z and Z) or of ISO 8601 (X), in seconds.
fn zone(letter: char, count: usize, rest: &mut &str) -> Option<i64> {
    let mut colon = letter == 'X' && count == 3;
    if letter == 'X' {
        if let Some(behind) = rest.strip_prefix('Z') {
            *rest = behind;
            return Some(0);
        }
    } else if let Some(behind) = rest.strip_prefix("UTC").or_else(|| rest.strip_prefix("GMT")) {
        let gmt = rest.starts_with("GMT");
        *rest = behind;
        if !gmt || !behind.starts_with(['+', '-']) {
            return Some(0);
        }
        colon = true;
    }
    let sign = match rest.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let two = |from: &str| -> Option<i64> {
        let digits = from.get(..2)?;
        if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
    };
    let digits = &rest[1..];
    let hours = two(digits)?;
    let (minutes, used) = if letter == 'X' && count == 1 {
        (0, 2)
    } else {
        let behind = digits.get(2..)?;
        let behind = if colon { behind.strip_prefix(':')? } else { behind };
        (two(behind)?, if colon { 5 } else { 4 })
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    *rest = &digits[used..];
    Some(sign * (hours * 3_600 + minutes * 60))
}
