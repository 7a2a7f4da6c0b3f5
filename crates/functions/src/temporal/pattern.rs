//! Java's date patterns: those of `java.time.format.DateTimeFormatter` (timestamps) and of `java.text.SimpleDateFormat`
//! (texts and unix times), with English names and weeks that begin on Sunday, as in a JVM of locale `en`.

use std::fmt::Write;

use streamsql_core::text;

use super::{MS_PER_DAY, civil, extract_ms};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const QUARTERS: [&str; 4] = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];

/// The class whose letters a pattern uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `DateTimeFormatter.ofPattern`: DATE_FORMAT of a timestamp, TO_TIMESTAMP.
    Formatter,
    /// `SimpleDateFormat`: DATE_FORMAT of a text, FROM_UNIXTIME, UNIX_TIMESTAMP, TO_DATE.
    Simple,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(String),
    /// A letter, how often it stands there and the width to which `p` pads it.
    Field(char, usize, usize),
    /// `[` and `]` of an optional section.
    Open,
    Close,
}

/// A pattern taken apart.
#[derive(Clone, Debug)]
pub struct Pattern {
    dialect: Dialect,
    tokens: Vec<Token>,
}

impl Pattern {
    /// # Errors
    /// What Java refuses, and letters that are not supported here.
    pub fn new(pattern: &str, dialect: Dialect) -> Result<Self, String> {
        let characters: Vec<char> = pattern.chars().collect();
        let (mut tokens, mut i, mut depth, mut pad) = (Vec::new(), 0, 0, 0);
        let literal = |tokens: &mut Vec<Token>, c: char| match tokens.last_mut() {
            Some(Token::Literal(text)) => text.push(c),
            _ => tokens.push(Token::Literal(c.to_string())),
        };
        while let Some(&c) = characters.get(i) {
            if c.is_ascii_alphabetic() {
                let count = characters[i..].iter().take_while(|other| **other == c).count();
                i += count;
                if c == 'p' && dialect == Dialect::Formatter {
                    if pad > 0 || !characters.get(i).is_some_and(char::is_ascii_alphabetic) {
                        return Err(format!("'p' of the pattern '{pattern}' pads no letter"));
                    }
                    pad = count;
                    continue;
                }
                check(c, count, dialect).map_err(|what| format!("{what} of the pattern '{pattern}'"))?;
                tokens.push(Token::Field(c, count, std::mem::take(&mut pad)));
                continue;
            }
            i += 1;
            match c {
                '\'' if characters.get(i) == Some(&'\'') => {
                    literal(&mut tokens, '\'');
                    i += 1;
                }
                '\'' => loop {
                    match (characters.get(i), characters.get(i + 1)) {
                        (None, _) => return Err(format!("a quote is not closed in the pattern '{pattern}'")),
                        (Some('\''), Some('\'')) => {
                            literal(&mut tokens, '\'');
                            i += 2;
                        }
                        (Some('\''), _) => {
                            i += 1;
                            break;
                        }
                        (Some(quoted), _) => {
                            literal(&mut tokens, *quoted);
                            i += 1;
                        }
                    }
                },
                '[' if dialect == Dialect::Formatter => {
                    depth += 1;
                    tokens.push(Token::Open);
                }
                ']' if dialect == Dialect::Formatter => {
                    if depth == 0 {
                        return Err(format!("']' has no '[' in the pattern '{pattern}'"));
                    }
                    depth -= 1;
                    tokens.push(Token::Close);
                }
                '{' | '}' | '#' if dialect == Dialect::Formatter => {
                    return Err(format!("'{c}' is reserved in the pattern '{pattern}'; quote it"));
                }
                other => literal(&mut tokens, other),
            }
        }
        Ok(Self { dialect, tokens })
    }

    /// Whether texts can be read by it here.
    ///
    /// # Errors
    /// Names the letter that is only supported in output.
    pub fn readable(&self) -> Result<(), String> {
        for token in &self.tokens {
            match token {
                Token::Field('y' | 'u' | 'H' | 'h' | 'k' | 'K' | 'm' | 's' | 'd' | 'S' | 'a', ..)
                    if !(self.dialect == Dialect::Simple && matches!(token, Token::Field('u', ..))) => {}
                Token::Field('M' | 'L', 1..=4, _) | Token::Literal(_) => {}
                Token::Field(letter, ..) => {
                    return Err(format!("the letter '{letter}' is not supported in a pattern to read by"));
                }
                Token::Open | Token::Close => {
                    return Err("optional sections are not supported in a pattern to read by".to_owned());
                }
            }
        }
        Ok(())
    }

    /// The text of wall milliseconds, with the nanoseconds below the millisecond and the zone's offset in seconds.
    ///
    /// # Errors
    /// Letters of a zone in a `Formatter` pattern: a timestamp has none.
    pub fn format(&self, ms: i64, nanos: i64, offset: i64) -> Result<String, String> {
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
                            return Err(format!(
                                "the letter '{letter}' needs a zone, which the value does not have"
                            ));
                        }
                    }
                }
            }
        }
        Ok(out)
    }

    /// Wall milliseconds of a text; text behind the pattern's end is allowed for `SimpleDateFormat` alone.
    pub fn parse(&self, input: &str) -> Option<i64> {
        let (mut year, mut month, mut day) = (1970i64, 1i64, 1i64);
        let (mut hour, mut minute, mut second, mut ms) = (0i64, 0i64, 0i64, 0i64);
        let (mut half_day, mut afternoon) = (false, false);
        let simple = self.dialect == Dialect::Simple;
        let mut rest = input;
        for (i, token) in self.tokens.iter().enumerate() {
            let (letter, count) = match token {
                Token::Literal(text) => {
                    rest = rest.strip_prefix(text.as_str())?;
                    continue;
                }
                Token::Field(letter, count, _) => (*letter, *count),
                Token::Open | Token::Close => return None,
            };
            if letter == 'a' {
                let half = rest.get(..2)?;
                afternoon = half == "PM" || (simple && half.eq_ignore_ascii_case("PM"));
                if !afternoon && half != "AM" && !(simple && half.eq_ignore_ascii_case("AM")) {
                    return None;
                }
                rest = &rest[2..];
                continue;
            }
            if matches!(letter, 'M' | 'L') && count > 2 {
                let begins = |name: &str| {
                    rest.get(..name.len()).is_some_and(|text| {
                        if simple { text.eq_ignore_ascii_case(name) } else { text == name }
                    })
                };
                let long = MONTHS.iter().position(|name| begins(name)).filter(|_| simple || count == 4);
                let short =
                    MONTHS.iter().position(|name| begins(&name[..3])).filter(|_| simple || count == 3);
                let (at, length) = match (long, short) {
                    (Some(at), _) => (at, MONTHS[at].len()),
                    (None, Some(at)) => (at, 3),
                    (None, None) => return None,
                };
                month = at as i64 + 1;
                rest = &rest[length..];
                continue;
            }
            let adjacent = matches!(self.tokens.get(i + 1), Some(Token::Field(..)));
            let most = if adjacent { count } else { count.max(if letter == 'y' { 4 } else { 2 }) };
            let most = if letter == 'S' { 9 } else { most };
            let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
            if length == 0 {
                return None;
            }
            let value: i64 = rest[..length].parse().ok()?;
            rest = &rest[length..];
            match letter {
                'y' | 'u' => year = if count == 2 && length <= 2 { 2000 + value } else { value },
                'M' | 'L' => month = value,
                'd' => day = value,
                'H' => hour = value,
                'k' => hour = value % 24,
                'h' | 'K' => {
                    half_day = true;
                    hour = if letter == 'h' { value % 12 } else { value };
                }
                'm' => minute = value,
                's' => second = value,
                'S' => {
                    ms = if length >= 3 {
                        value / 10i64.pow(length as u32 - 3)
                    } else {
                        value * 10i64.pow(3 - length as u32)
                    }
                }
                _ => return None,
            }
        }
        if half_day && afternoon {
            hour += 12;
        }
        if simple {
            // Lenient: what is beyond its field runs over into the next larger one.
            let months = year.checked_mul(12)?.checked_add(month - 1)?;
            let first = text::days_of(months.div_euclid(12), months.rem_euclid(12) as u32 + 1, 1)?;
            let seconds =
                hour.checked_mul(3_600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
            let days = first.checked_add(day - 1)?;
            return days.checked_mul(MS_PER_DAY)?.checked_add(seconds.checked_mul(1_000)?)?.checked_add(ms);
        }
        if !rest.is_empty()
            || !(1..=12).contains(&month)
            || !(1..=31).contains(&day)
            || hour > 24
            || minute > 59
            || second > 59
        {
            return None;
        }
        // Lenient as Flink: the 31st of a shorter month is its last day.
        let days = (1..=day as u32).rev().find_map(|d| text::days_of(year, month as u32, d))?;
        Some(days * MS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1_000 + ms)
    }
}

/// Whether the class knows the letter in this number.
fn check(letter: char, count: usize, dialect: Dialect) -> Result<(), String> {
    let most = match (dialect, letter) {
        (Dialect::Simple, 'G' | 'y' | 'Y' | 'M' | 'L' | 'w' | 'W' | 'D' | 'd' | 'F' | 'E' | 'u' | 'a')
        | (Dialect::Simple, 'H' | 'k' | 'K' | 'h' | 'm' | 's' | 'S' | 'Z') => 100,
        (Dialect::Simple, 'X') => 3,
        (Dialect::Formatter, 'y' | 'u' | 'Y' | 'A' | 'n' | 'N') => 19,
        (Dialect::Formatter, 'S') => 9,
        (Dialect::Formatter, 'G' | 'M' | 'L' | 'Q' | 'q' | 'E' | 'e' | 'X' | 'x' | 'Z') => 5,
        (Dialect::Formatter, 'c') if count != 2 => 5,
        (Dialect::Formatter, 'D') => 3,
        (Dialect::Formatter, 'd' | 'H' | 'h' | 'k' | 'K' | 'm' | 's' | 'w') => 2,
        (Dialect::Formatter, 'W' | 'F' | 'a') => 1,
        (Dialect::Formatter, 'z') => 4,
        (Dialect::Formatter, 'V') if count == 2 => 2,
        (Dialect::Formatter, 'O' | 'v') if count == 1 || count == 4 => 4,
        _ => 0,
    };
    if count > most {
        let letters = letter.to_string().repeat(count.min(20));
        return Err(format!("'{letters}' is no letter, or not so often supported,"));
    }
    Ok(())
}

/// Year and number of the week that begins on Sunday; week 1 has January 1 in it.
fn sunday_week(days: i64) -> (i64, i64) {
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

fn week_of_month(days: i64) -> i64 {
    let day = i64::from(civil(days).2);
    let first = days - day + 1;
    (day - 1 + (first + 4).rem_euclid(7)) / 7 + 1
}

/// A field of `SimpleDateFormat`; `None` for a letter that it does not have.
fn simple_field(letter: char, count: usize, ms: i64, offset: i64) -> Option<String> {
    let number = |value: i64| format!("{value:0count$}");
    let unit = |name: &str| extract_ms(name, ms).unwrap_or(0);
    let text_length = if count >= 4 { 4 } else { 3 };
    Some(match letter {
        'y' if count != 2 => number(if unit("YEAR") > 0 { unit("YEAR") } else { 1 - unit("YEAR") }),
        'Y' if count != 2 => number(sunday_week(ms.div_euclid(MS_PER_DAY)).0),
        'G' => if unit("YEAR") > 0 { "AD" } else { "BC" }.to_owned(),
        'M' | 'L' | 'E' if count >= 3 || letter == 'E' => return field(letter, text_length, ms, 0),
        'M' | 'L' | 'y' | 'Y' => return field(letter, count, ms, 0),
        'a' => return field('a', 1, ms, 0),
        'u' => number(unit("ISODOW")),
        'F' => number((unit("DAY") - 1) / 7 + 1),
        'W' => number(week_of_month(ms.div_euclid(MS_PER_DAY))),
        'S' => number(unit("MILLISECOND")),
        'w' | 'D' | 'd' | 'H' | 'k' | 'K' | 'h' | 'm' | 's' => return field(letter, count, ms, 0),
        'X' if offset == 0 => "Z".to_owned(),
        'X' | 'Z' => {
            let sign = if offset < 0 { '-' } else { '+' };
            let (hours, minutes) = (offset.abs() / 3_600, offset.abs() / 60 % 60);
            match (letter, count) {
                ('X', 1) => format!("{sign}{hours:02}"),
                ('X', 3) => format!("{sign}{hours:02}:{minutes:02}"),
                _ => format!("{sign}{hours:02}{minutes:02}"),
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pattern: &str, dialect: Dialect) -> String {
        let ms = text::days_of(2024, 2, 29).unwrap() * MS_PER_DAY + 45_296_789;
        Pattern::new(pattern, dialect).unwrap().format(ms, 123_456, 19_800).unwrap()
    }

    #[test]
    fn letters_of_the_formatter() {
        let all = "G u yy Y D M LLLL Q qqqq w W E eeee c F a h K k H m s SSSS A n ppppd[XXX]''''";
        let expected = "AD 2024 24 2024 60 2 February 1 1st quarter 9 5 Thu Thursday 5 1 PM 12 0 12 12 34 56 7891 \
                        45296789 789123456   29''";
        assert_eq!(shown(all, Dialect::Formatter), expected);
        for bad in ["ddd", "b", "p", "{", "]", "'x", "cc", "MMMMMM"] {
            assert!(Pattern::new(bad, Dialect::Formatter).is_err(), "{bad}");
        }
        assert!(Pattern::new("XXX", Dialect::Formatter).unwrap().format(0, 0, 0).is_err());
    }

    #[test]
    fn letters_of_the_simple_format() {
        assert_eq!(
            shown("u F W ddd SSSS EEEEE XXX Z [y]", Dialect::Simple),
            "4 5 5 029 0789 Thursday +05:30 +0530 [2024]"
        );
        assert!(Pattern::new("Q", Dialect::Simple).is_err());
    }

    #[test]
    fn reading() {
        let read =
            |input: &str, pattern: &str| Pattern::new(pattern, Dialect::Formatter).unwrap().parse(input);
        let noon = read("2024-02-03 12:05:06", "yyyy-MM-dd HH:mm:ss");
        assert!(noon.is_some());
        assert_eq!(read("2024-02-03T12:05:06Z", "yyyy-MM-dd'T'HH:mm:ss'Z'"), noon);
        assert_eq!(read("03 Feb 2024 12:05:06 PM", "dd MMM yyyy hh:mm:ss a"), noon);
        assert_eq!(read("2023-06-31", "yyyy-MM-dd"), read("2023-06-30", "yyyy-MM-dd"));
        assert_eq!(read("x", "yyyy"), None);
        let lenient = |input: &str| Pattern::new("yyyy-MM-dd", Dialect::Simple).unwrap().parse(input);
        assert_eq!(lenient("2024-13-45 and more"), lenient("2025-02-14"));
        assert!(Pattern::new("EEE", Dialect::Simple).unwrap().readable().is_err());
    }
}
