//! Zones in texts: offsets in Java's forms, identifiers and names.

use chrono_tz::TZ_VARIANTS;

use super::names::{self, Names};

/// Names that tell no standard time from daylight saving, which `DateTimeFormatter` reads as well.
const GENERIC: &[&str] = &[
    "Central European Time",
    "Eastern European Time",
    "Western European Time",
    "Coordinated Universal Time",
    "UTC",
];

/// The length of the longest name that a text begins with.
fn longest_name(text: &str) -> Option<usize> {
    let all = names::all().iter().flat_map(|names| names.names);
    all.chain(GENERIC.iter().copied()).filter(|name| text.starts_with(name)).map(str::len).max()
}

/// The first of Java's names, in its order, that a text begins with: its length and its seconds east of UTC.
fn simple_name(text: &str) -> Option<(usize, i64)> {
    let begins = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let position = |names: &Names| names.names.iter().position(|name| begins(name));
    let found = names::all().iter().find_map(|names| position(names).map(|at| (names, at)));
    found.map(|(names, at)| (names.names[at].len(), names.offset(at)))
}

/// Digits of an offset behind its sign.
struct Offset {
    hours: i64,
    minutes: i64,
    seconds: i64,
    length: usize,
}

impl Offset {
    /// Hours of `least` to two digits, minutes and seconds of two digits, with or without colons; `parts` says how many
    /// must and how many may stand there.
    fn read(text: &str, least: usize, colon: bool, parts: (usize, usize)) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take(2).take_while(|b| b.is_ascii_digit()).count();
        let number = |from: usize, count: usize| text[from..from + count].parse::<i64>().ok();
        let count = digits(0);
        if count < least {
            return None;
        }
        let mut found = [number(0, count)?, 0, 0];
        let (mut at, mut read) = (count, 1);
        while read < parts.1 {
            let behind = match (colon, bytes.get(at)) {
                (true, Some(b':')) => at + 1,
                (true, _) => break,
                (false, _) => at,
            };
            if behind > bytes.len() || digits(behind) < 2 {
                break;
            }
            found[read] = number(behind, 2)?;
            at = behind + 2;
            read += 1;
        }
        let [hours, minutes, seconds] = found;
        (read >= parts.0).then_some(Self { hours, minutes, seconds, length: at })
    }

    fn total(&self) -> i64 {
        self.hours * 3_600 + self.minutes * 60 + self.seconds
    }

    fn is_within(&self, hours: i64) -> bool {
        self.hours <= hours && self.minutes <= 59 && self.seconds <= 59
    }
}

fn sign(text: &str) -> Option<i64> {
    match text.as_bytes().first()? {
        b'+' => Some(1),
        b'-' => Some(-1),
        _ => None,
    }
}

/// A signed offset of at most 18 hours; takes it off the text.
fn signed(rest: &mut &str, least: usize, colon: bool, parts: (usize, usize)) -> Option<i64> {
    let sign = sign(rest)?;
    let offset = Offset::read(&rest[1..], least, colon, parts).filter(|offset| offset.is_within(18))?;
    *rest = &rest[1 + offset.length..];
    Some(sign * offset.total())
}

/// A zone of `DateTimeFormatter`, which is read and not used: the time stays as it is written.
pub(super) fn of_formatter(letter: char, count: usize, rest: &mut &str) -> Option<()> {
    match (letter, count) {
        ('X', _) | ('Z', 5) if rest.starts_with('Z') => *rest = &rest[1..],
        ('X' | 'x', 1) => drop(signed(rest, 2, false, (1, 2))?),
        ('X' | 'x', 2) | ('Z', 1..=3) => drop(signed(rest, 2, false, (2, 2))?),
        ('X' | 'x', 3) => drop(signed(rest, 2, true, (2, 2))?),
        ('X' | 'x', 4) => drop(signed(rest, 2, false, (2, 3))?),
        ('X' | 'x' | 'Z', _) if letter != 'Z' || count == 5 => drop(signed(rest, 2, true, (2, 3))?),
        ('O' | 'Z', _) => {
            *rest = rest.strip_prefix("GMT")?;
            if sign(rest).is_some() {
                let short = letter == 'O' && count == 1;
                signed(rest, if short { 1 } else { 2 }, true, (if short { 1 } else { 2 }, 3))?;
            }
        }
        ('V' | 'z', _) => identifier(letter == 'z', rest)?,
        _ => return None,
    }
    Some(())
}

/// `ZoneIdPrinterParser`: an offset, UTC, GMT or UT with an offset or without, an identifier; `named` also a name.
fn identifier(named: bool, rest: &mut &str) -> Option<()> {
    if sign(rest).is_some() {
        signed(rest, 2, true, (1, 3))?;
        return Some(());
    }
    let region =
        TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| rest.starts_with(name)).map(str::len).max();
    let name = named.then(|| longest_name(rest)).flatten();
    for prefix in ["UTC", "GMT", "UT"] {
        let Some(behind) = rest.strip_prefix(prefix) else { continue };
        let mut offset = behind;
        *rest = if signed(&mut offset, 2, true, (2, 3)).is_some() { offset } else { behind };
        return Some(());
    }
    match region.max(name) {
        Some(length) => *rest = &rest[length..],
        None => *rest = rest.strip_prefix('Z')?,
    }
    Some(())
}

/// The offset of letters z, Z and X of `SimpleDateFormat`, in seconds.
pub(super) fn of_simple(letter: char, count: usize, rest: &mut &str) -> Option<i64> {
    if letter == 'X' {
        if let Some(behind) = rest.strip_prefix('Z') {
            *rest = behind;
            return Some(0);
        }
        let sign = sign(rest)?;
        let parts = if count == 1 { (1, 1) } else { (2, 2) };
        let offset = Offset::read(&rest[1..], 2, count == 3, parts).filter(|offset| offset.is_within(23))?;
        *rest = &rest[1 + offset.length..];
        return Some(sign * offset.total());
    }
    let is_gmt = rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("GMT"));
    let (found, behind) = match simple_name(rest) {
        Some((length, offset)) => (Some(offset), &rest[length..]),
        None => (None, *rest),
    };
    if let Some(offset) = found
        && (!is_gmt || sign(behind).is_none())
    {
        *rest = behind;
        return Some(offset);
    }
    let sign = sign(behind)?;
    let offset = Offset::read(&behind[1..], if is_gmt { 1 } else { 2 }, is_gmt, (2, 2));
    let offset = offset.filter(|offset| offset.is_within(23))?;
    *rest = &behind[1 + offset.length..];
    Some(sign * offset.total())
}
