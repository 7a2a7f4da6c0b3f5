//! Java's date patterns: those of `java.time.format.DateTimeFormatter` (timestamps) and of `java.text.SimpleDateFormat`
//! (texts and unix times), with English names and weeks that begin on Sunday, as in a JVM of locale `en`.

mod names;
mod print;
mod read;
mod resolve;
mod zones;

use chrono_tz::Tz;

use super::{MS_PER_DAY, civil};
use crate::zone::Zone;

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

/// The class whose letters a pattern uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `DateTimeFormatter.ofPattern`: DATE_FORMAT of a timestamp, TO_TIMESTAMP.
    Formatter,
    /// `SimpleDateFormat`: DATE_FORMAT of a text, FROM_UNIXTIME, UNIX_TIMESTAMP, TO_DATE.
    Simple,
}

/// What a printed time can say of its zone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offset {
    /// East of UTC.
    pub seconds: i64,
    /// The region with names of its own, and whether it saves daylight at the time.
    region: Option<(Tz, bool)>,
}

impl Offset {
    /// Of `zone` at an instant at which its clocks are `seconds` before UTC's.
    pub fn of(zone: Zone, instant: i64, seconds: i64) -> Self {
        let region = match zone {
            Zone::Region(region) => Some((region, zone.saves_daylight(instant))),
            Zone::Fixed(_) => None,
        };
        Self { seconds, region }
    }
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
    /// Times between two multiples of so many milliseconds have one text.
    unit_ms: i64,
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
        let units = tokens.iter().filter_map(|token| match token {
            Token::Field(letter, ..) => Some(unit_ms(*letter)),
            _ => None,
        });
        let unit_ms = units.min().unwrap_or(MS_PER_DAY);
        Ok(Self { dialect, tokens, unit_ms })
    }

    /// Whether the text of two times of one zone offset is surely the same.
    pub fn is_same(&self, one_ms: i64, other_ms: i64) -> bool {
        self.unit_ms > 1 && one_ms.div_euclid(self.unit_ms) == other_ms.div_euclid(self.unit_ms)
    }
}

/// How long the field of a letter surely stays the same, from one multiple on.
fn unit_ms(letter: char) -> i64 {
    match letter {
        'G' | 'y' | 'u' | 'Y' | 'Q' | 'q' | 'M' | 'L' | 'w' | 'W' | 'D' | 'd' | 'F' | 'E' | 'e' | 'c' => {
            MS_PER_DAY
        }
        'a' | 'H' | 'h' | 'k' | 'K' => 3_600_000,
        'm' => 60_000,
        's' => 1_000,
        _ => 1,
    }
}

/// 1582-10-15, from which on `SimpleDateFormat` counts in the Gregorian calendar.
const GREGORIAN: i64 = -141_427;

/// The day (since 1970-01-01) of a date of the Julian calendar.
fn julian_days(year: i64, month: i64, day: i64) -> i64 {
    // Years from March on, so that the leap day is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) + (153 * month + 2) / 5 + day - 719_471
}

/// Year, month and day by the Julian calendar.
fn julian_civil(days: i64) -> (i64, i64, i64) {
    let (year, ..) = civil(days);
    let year = (year - 1..=year + 1).rev().find(|year| julian_days(*year, 1, 1) <= days).unwrap_or(year);
    let month = (1..=12).rev().find(|month| julian_days(year, *month, 1) <= days).unwrap_or(1);
    (year, month, days - julian_days(year, month, 1) + 1)
}

/// Whether the class knows the letter in this number.
fn check(letter: char, count: usize, dialect: Dialect) -> Result<(), String> {
    let most = match (dialect, letter) {
        (Dialect::Simple, 'G' | 'y' | 'Y' | 'M' | 'L' | 'w' | 'W' | 'D' | 'd' | 'F' | 'E' | 'u' | 'a')
        | (Dialect::Simple, 'H' | 'k' | 'K' | 'h' | 'm' | 's' | 'S' | 'Z' | 'z') => 100,
        (Dialect::Simple, 'X') => 3,
        (Dialect::Formatter, 'y' | 'u' | 'A' | 'n' | 'N') => 19,
        (Dialect::Formatter, 'Y') => 100,
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
#[cfg(test)]
mod tests {
    use streamsql_core::text;

    use super::super::MS_PER_DAY;
    use super::*;

    fn shown(pattern: &str, dialect: Dialect) -> String {
        let ms = text::days_of(2024, 2, 29).unwrap() * MS_PER_DAY + 45_296_789;
        Pattern::new(pattern, dialect)
            .unwrap()
            .format(ms, 123_456, Offset { seconds: 19_800, region: None })
            .unwrap()
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
        assert!(Pattern::new("XXX", Dialect::Formatter).unwrap().format(0, 0, Offset::default()).is_err());
    }

    #[test]
    fn letters_of_the_simple_format() {
        assert_eq!(
            shown("u F W ddd SSSS EEEEE XXX Z z [y]", Dialect::Simple),
            "4 5 5 029 0789 Thursday +05:30 +0530 GMT+05:30 [2024]"
        );
        assert!(Pattern::new("Q", Dialect::Simple).is_err());
    }

    #[test]
    fn reading() {
        let read =
            |input: &str, pattern: &str| Pattern::new(pattern, Dialect::Formatter).unwrap().parse(input, 0);
        let noon = read("2024-02-03 12:05:06", "yyyy-MM-dd HH:mm:ss");
        assert!(noon.is_some());
        assert_eq!(read("2024-02-03T12:05:06Z", "yyyy-MM-dd'T'HH:mm:ss'Z'"), noon);
        assert_eq!(read("03 Feb 2024 12:05:06 PM", "dd MMM yyyy hh:mm:ss a"), noon);
        assert_eq!(read("2023-06-31", "yyyy-MM-dd"), read("2023-06-30", "yyyy-MM-dd"));
        assert_eq!(read("x", "yyyy"), None);
        let lenient = |input: &str| Pattern::new("yyyy-MM-dd", Dialect::Simple).unwrap().parse(input, 0);
        assert_eq!(lenient("2024-13-45 and more"), lenient("2025-02-14"));
        assert_eq!(read("2024-02-03", "yyyy-MM-dd[ HH:mm:ss]"), read("20240203", "yyyyMMdd"));
        assert_eq!(read("Sat 2024-02-03 12:05:06", "EEE yyyy-MM-dd[ HH:mm:ss]"), noon);
        assert_eq!(read("Sun 2024-02-03", "EEE yyyy-MM-dd"), None);
        assert_eq!(read("2024-034", "yyyy-DDD"), read("2024-2-3", "y-M-d"));
        for (input, pattern) in [("2024-2-3", "yyyy-MM-dd"), ("12024", "yyyy"), ("24", "yyyy"), ("13", "hh")]
        {
            assert_eq!(read(input, pattern), None, "{input}");
        }
    }

    #[test]
    fn reading_leniently() {
        let read = |input: &str, pattern: &str| {
            Pattern::new(pattern, Dialect::Simple).unwrap().parse_zoned(input, 0)
        };
        let new_year = Some((1_704_067_200_000, None));
        assert_eq!(read("Mon, 1 JANUARY 2024 12:00 am", "EEE, d MMM yyyy hh:mm a"), new_year);
        assert_eq!(read("20240101", "yyyyMMdd"), new_year);
        assert_eq!(read("2024 1  1", "yyyy MM dd"), new_year);
        assert_eq!(read("1.5", "d.SSS"), Some((5, None)));
        assert_eq!(read("2024 -0530", "yyyy Z"), Some((1_704_067_200_000, Some(-19_800))));
        assert_eq!(read("2024 GMT+01:00", "yyyy z").map(|read| read.1), Some(Some(3_600)));
        assert_eq!(read("2024Z", "yyyyXXX").map(|read| read.1), Some(Some(0)));
        assert_eq!(read("2024 CET", "yyyy z").map(|read| read.1), Some(Some(3_600)));
        assert_eq!(read("2024 XYZ", "yyyy z"), None);
        assert_eq!(read("0001-01-01", "yyyy-MM-dd"), Some((-62_135_769_600_000, None)));
        assert_eq!(read("1582-10-04", "yyyy-MM-dd"), Some((-12_219_379_200_000, None)));
        assert_eq!(read("1582-10-15", "yyyy-MM-dd"), Some((-12_219_292_800_000, None)));
        let shown =
            |ms| Pattern::new("yyyy-MM-dd D", Dialect::Simple).unwrap().format(ms, 0, Offset::default());
        assert_eq!(shown(-62_135_596_800_000).unwrap(), "0001-01-03 3");
        assert_eq!(shown(-12_219_379_200_000).unwrap(), "1582-10-04 277");
    }
}
