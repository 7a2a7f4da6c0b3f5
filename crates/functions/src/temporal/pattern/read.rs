//! Times read by a pattern.

use super::super::{MS_PER_DAY, civil};
use super::print::QUARTERS;
use super::resolve::Fields;
use super::{DAYS, Dialect, MONTHS, Pattern, Token, zones};

impl Pattern {
    /// Whether texts can be read by it here.
    ///
    /// # Errors
    /// Names the letter that is only supported in output.
    pub fn readable(&self) -> Result<(), String> {
        for token in &self.tokens {
            let Token::Field(letter, ..) = token else { continue };
            if matches!(letter, 'v' | 'g' | 'B') {
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

/// Fewest and most digits of a number of `DateTimeFormatter`; `None` for a text.
fn width(letter: char, count: usize) -> Option<(usize, usize)> {
    Some(match (letter, count) {
        ('y' | 'u' | 'Y', 2) => (2, 2),
        ('y' | 'u' | 'Y' | 'A' | 'n' | 'N', _) => (count, 19),
        ('M' | 'L' | 'Q' | 'q' | 'e' | 'c', 3..) => return None,
        ('E' | 'a' | 'G' | 'X' | 'x' | 'Z' | 'z' | 'V' | 'O', _) => return None,
        ('w' | 'W' | 'e' | 'c', _) => (count, 2),
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
            Token::Field(letter, count, pad) if *pad > 0 => {
                // The field fills its width, blanks before it.
                let padded = rest.get(..*pad)?;
                let mut inner = padded.trim_start_matches(' ');
                field(*letter, *count, 0, &mut inner, fields)?;
                if !inner.is_empty() {
                    return None;
                }
                *rest = &rest[*pad..];
            }
            Token::Field(letter, count, _) => {
                // A number of no fixed width leaves their digits to the fixed ones right behind it.
                let reserved = tokens[i..]
                    .iter()
                    .map_while(|token| match token {
                        Token::Field(letter, count, _) => {
                            width(*letter, *count).filter(|(least, most)| least == most)
                        }
                        _ => None,
                    })
                    .map(|(width, _)| width)
                    .sum();
                field(*letter, *count, reserved, rest, fields)?;
            }
        }
    }
    Some(())
}

/// Reads a field of `DateTimeFormatter`; `reserved` digits belong to the fields behind it.
fn field(letter: char, count: usize, reserved: usize, rest: &mut &str, fields: &mut Fields) -> Option<()> {
    let Some((least, most)) = width(letter, count) else {
        return match letter {
            'X' | 'x' | 'Z' | 'z' | 'V' | 'O' => zones::of_formatter(letter, count, rest),
            _ => name(letter, count, false, rest, fields),
        };
    };
    let year = matches!(letter, 'y' | 'u' | 'Y') && count >= 4;
    let plus = year && rest.starts_with('+');
    let digits = if plus { &rest[1..] } else { *rest };
    let found = digits.bytes().take_while(u8::is_ascii_digit).count();
    let taken = if least == most { least } else { least.max(found.saturating_sub(reserved)) };
    let taken = if most == 2 { taken.min(2) } else { taken };
    let signed_well = !year || plus == (taken > count);
    if found < taken || taken > most || !signed_well {
        return None;
    }
    let value: i64 = digits[..taken].parse().ok()?;
    *rest = &digits[taken..];
    let in_range = match letter {
        'y' | 'M' | 'L' | 'd' | 'D' => value >= 1,
        // An hour of 0 is taken for the last one.
        'h' => value <= 12,
        'k' => value <= 24,
        'K' => value <= 11,
        'e' | 'c' => (1..=7).contains(&value),
        'n' => value < 1_000_000_000,
        _ => true,
    };
    // The year of two digits counts from 2000.
    if !in_range && (letter != 'y' || count != 2) {
        return None;
    }
    match letter {
        'y' | 'u' | 'Y' if count == 2 => fields.set(letter, 2000 + value),
        'S' if taken < 3 => fields.set('S', value * 10i64.pow(3 - taken as u32)),
        'S' => fields.set('S', value / 10i64.pow(taken as u32 - 3)),
        'e' | 'c' => fields.set('E', (value + 5) % 7),
        'n' => fields.set('S', value / 1_000_000),
        'N' => fields.set('A', value.div_euclid(1_000_000)),
        _ => fields.set(letter, value),
    }
}

/// Reads the name of a month or day, or AM and PM; `any_case` for `SimpleDateFormat`, which takes long and short names.
fn name(letter: char, count: usize, any_case: bool, rest: &mut &str, fields: &mut Fields) -> Option<()> {
    let begins = |name: &str| {
        rest.get(..name.len())
            .is_some_and(|text| if any_case { text.eq_ignore_ascii_case(name) } else { text == name })
    };
    let of = |names: &[&str]| -> Option<(i64, usize)> {
        if count == 5 && !any_case {
            // Of equal first letters the last name counts.
            return names.iter().rposition(|name| begins(&name[..1])).map(|at| (at as i64, 1));
        }
        let long = names.iter().position(|name| begins(name)).filter(|_| any_case || count == 4);
        let short = || names.iter().position(|name| begins(&name[..3])).filter(|_| any_case || count < 4);
        long.map(|at| (at as i64, names[at].len())).or_else(|| short().map(|at| (at as i64, 3)))
    };
    let length = match letter {
        'M' | 'L' => {
            let (at, length) = of(&MONTHS)?;
            fields.set('M', at + 1)?;
            length
        }
        'E' | 'e' | 'c' => {
            let (at, length) = of(&DAYS)?;
            fields.set('E', at)?;
            length
        }
        'Q' | 'q' => {
            let at = match count {
                3 => (1..=4).find(|quarter| begins(&format!("Q{quarter}")))?,
                4 => QUARTERS.iter().position(|name| begins(name))? as i64 + 1,
                _ => (1..=4).find(|quarter| begins(&quarter.to_string()))?,
            };
            fields.set('Q', at)?;
            match count {
                3 => 2,
                4 => QUARTERS[0].len(),
                _ => 1,
            }
        }
        'G' if count == 4 && !any_case => {
            let eras = ["Anno Domini", "Before Christ"];
            let at = eras.iter().position(|era| begins(era))?;
            fields.before_christ = at == 1;
            eras[at].len()
        }
        'G' if count == 5 && !any_case => {
            fields.before_christ = begins("B");
            if !begins("A") && !begins("B") {
                return None;
            }
            1
        }
        'G' if any_case && (begins("Anno Domini") || begins("Before Christ")) => {
            fields.before_christ = begins("B");
            if begins("A") { "Anno Domini".len() } else { "Before Christ".len() }
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
        fields.offset = Some(zones::of_simple(letter, count, rest)?);
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
        'y' | 'Y' if count <= 2 && length == 2 && !negative => century(value, fields.now_ms),
        _ if negative => -value,
        _ => value,
    };
    match letter {
        // Monday is 1; what is beyond 7 goes on.
        'u' => fields.set('E', (value - 1).rem_euclid(7)),
        _ => fields.set(letter, value),
    }
}

/// The year of two digits that is within 80 years before and 20 years after now.
fn century(two_digits: i64, now_ms: i64) -> i64 {
    let start = civil(now_ms.div_euclid(MS_PER_DAY)).0 - 80;
    let year = start.div_euclid(100) * 100 + two_digits;
    if year < start { year + 100 } else { year }
}
