//! Text functions (Flink `SqlFunctionUtils`, `BinaryStringDataUtil`): positions are 1-based and count characters.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int32Array, StringArray, StringBuilder};
use arrow::datatypes::{Int32Type, Int64Type};
use fancy_regex::Regex;

use crate::call::{Arg, Eval};

/// The text of a row.
pub fn str_at(arg: &Arg, row: usize) -> &str {
    arg.array.as_string::<i32>().value(arg.index(row))
}

/// The INT of a row.
pub fn int_at(arg: &Arg, row: usize) -> i32 {
    arg.array.as_primitive::<Int32Type>().value(arg.index(row))
}

fn any_null(args: &[Arg], row: usize) -> bool {
    args.iter().any(|arg| arg.is_null(row))
}

/// A text function that is NULL when an argument is; `f` appends to the buffer, false gives NULL.
pub fn text(f: impl Fn(&[Arg], usize, &mut String) -> bool + Send + Sync + 'static) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut out = StringBuilder::with_capacity(rows, rows * 16);
        let mut buffer = String::new();
        for row in 0..rows {
            buffer.clear();
            if !any_null(args, row) && f(args, row, &mut buffer) {
                out.append_value(&buffer);
            } else {
                out.append_null();
            }
        }
        Ok(Arc::new(out.finish()) as ArrayRef)
    })
}

/// An INT function of texts that is NULL when an argument is.
pub fn int(f: impl Fn(&[Arg], usize) -> i32 + Send + Sync + 'static) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let array: Int32Array = (0..rows).map(|row| (!any_null(args, row)).then(|| f(args, row))).collect();
        Ok(Arc::new(array) as ArrayRef)
    })
}

/// A BOOLEAN function of texts that is NULL when an argument is.
pub fn boolean(f: impl Fn(&[Arg], usize) -> bool + Send + Sync + 'static) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let array: BooleanArray = (0..rows).map(|row| (!any_null(args, row)).then(|| f(args, row))).collect();
        Ok(Arc::new(array) as ArrayRef)
    })
}

/// `||` and CONCAT.
pub fn concat() -> Arc<Eval> {
    text(|args, row, out| {
        for arg in args {
            out.push_str(str_at(arg, row));
        }
        true
    })
}

/// CONCAT_WS skips NULLs; a NULL separator gives NULL.
pub fn concat_ws() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut out = StringBuilder::new();
        for row in 0..rows {
            if args[0].is_null(row) {
                out.append_null();
                continue;
            }
            let parts: Vec<&str> =
                args[1..].iter().filter(|a| !a.is_null(row)).map(|a| str_at(a, row)).collect();
            out.append_value(parts.join(str_at(&args[0], row)));
        }
        Ok(Arc::new(out.finish()))
    })
}

/// SUBSTRING: 0 acts as 1, a negative start counts from the end; a negative length is NULL.
pub fn substring() -> Arc<Eval> {
    text(|args, row, out| {
        let s = str_at(&args[0], row);
        let characters = s.chars().count() as i64;
        let start = i64::from(int_at(&args[1], row));
        let length = args.get(2).map_or(i64::MAX, |arg| i64::from(int_at(arg, row)));
        if length < 0 {
            return false;
        }
        let from = match start {
            0 => 0,
            s if s > 0 => s - 1,
            s => characters + s,
        };
        if from < 0 || from >= characters {
            return true;
        }
        out.extend(s.chars().skip(from as usize).take(length.min(characters) as usize));
        true
    })
}

/// LEFT and RIGHT; a negative length gives ''.
pub fn side(left: bool) -> Arc<Eval> {
    text(move |args, row, out| {
        let s = str_at(&args[0], row);
        let length = int_at(&args[1], row).max(0) as usize;
        let skip = if left { 0 } else { s.chars().count().saturating_sub(length) };
        out.extend(s.chars().skip(skip).take(length));
        true
    })
}

/// Which ends TRIM cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Both,
    Leading,
    Trailing,
}

/// TRIM of a set of characters (a space by default).
pub fn trim(ends: Ends) -> Arc<Eval> {
    text(move |args, row, out| {
        let set: Vec<char> = args.get(1).map_or(vec![' '], |arg| str_at(arg, row).chars().collect());
        let s = str_at(&args[0], row);
        out.push_str(match ends {
            Ends::Both => s.trim_matches(|c| set.contains(&c)),
            Ends::Leading => s.trim_start_matches(|c| set.contains(&c)),
            Ends::Trailing => s.trim_end_matches(|c| set.contains(&c)),
        });
        true
    })
}

/// 1-based place of `needle` in `hay` from `start`, 0 where it is not.
pub fn position(hay: &str, needle: &str, start: i32) -> i32 {
    if start < 1 {
        return 0;
    }
    let skipped = start as usize - 1;
    let Some((offset, _)) =
        hay.char_indices().map(Some).chain([None]).nth(skipped).map(|c| c.unwrap_or((hay.len(), ' ')))
    else {
        return 0;
    };
    match hay[offset..].find(needle) {
        Some(at) => (skipped + hay[offset..offset + at].chars().count()) as i32 + 1,
        None => 0,
    }
}

/// LPAD and RPAD: shortens a longer text; a negative length or an empty pad gives NULL.
pub fn pad(left: bool) -> Arc<Eval> {
    text(move |args, row, out| {
        let (s, length, pad) = (str_at(&args[0], row), int_at(&args[1], row), str_at(&args[2], row));
        if length < 0 || pad.is_empty() {
            return false;
        }
        let length = length as usize;
        let present = s.chars().count();
        let filling: String = pad.chars().cycle().take(length.saturating_sub(present)).collect();
        if left {
            out.push_str(&filling);
        }
        out.extend(s.chars().take(length));
        if !left {
            out.push_str(&filling);
        }
        true
    })
}

/// SPLIT_INDEX(text, separator, 0-based index): keeps empty tokens; NULL beyond the last and for an empty text.
pub fn split_index() -> Arc<Eval> {
    text(|args, row, out| {
        let (s, separator, index) = (str_at(&args[0], row), str_at(&args[1], row), int_at(&args[2], row));
        if index < 0 || s.is_empty() {
            return false;
        }
        let token = if separator.is_empty() {
            (index == 0).then_some(s)
        } else {
            s.split(separator).nth(index as usize)
        };
        match token {
            Some(token) => {
                out.push_str(token);
                true
            }
            None => false,
        }
    })
}

/// OVERLAY(a PLACING b FROM i [FOR n]); a start outside the text leaves it.
pub fn overlay() -> Arc<Eval> {
    text(|args, row, out| {
        let (s, placed, start) = (str_at(&args[0], row), str_at(&args[1], row), int_at(&args[2], row));
        let characters = s.chars().count();
        let length = args.get(3).map_or(placed.chars().count() as i32, |arg| int_at(arg, row));
        if start <= 0 || start as usize > characters {
            out.push_str(s);
            return true;
        }
        let before = start as usize - 1;
        out.extend(s.chars().take(before));
        out.push_str(placed);
        out.extend(s.chars().skip(before + length.max(0) as usize));
        true
    })
}

/// INITCAP: a word is a run of letters and digits.
pub fn init_cap(s: &str, out: &mut String) {
    let mut in_word = false;
    for c in s.chars() {
        if in_word {
            out.extend(c.to_lowercase())
        } else {
            out.extend(c.to_uppercase())
        }
        in_word = c.is_alphanumeric();
    }
}

/// LIKE as a regular expression: `%` any text, `_` one character.
pub fn like(escape: Option<char>, negated: bool) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut compiled: Option<(String, Regex)> = None;
        let mut out = BooleanArray::builder(rows);
        for row in 0..rows {
            if any_null(args, row) {
                out.append_null();
                continue;
            }
            let pattern = str_at(&args[1], row);
            if compiled.as_ref().is_none_or(|(text, _)| text != pattern) {
                let regex = Regex::new(&like_regex(pattern, escape)?).map_err(|e| e.to_string())?;
                compiled = Some((pattern.to_owned(), regex));
            }
            let matched = match &compiled {
                Some((_, regex)) => regex.is_match(str_at(&args[0], row)).map_err(|e| e.to_string())?,
                None => false,
            };
            out.append_value(matched != negated);
        }
        Ok(Arc::new(out.finish()))
    })
}

fn like_regex(pattern: &str, escape: Option<char>) -> Result<String, String> {
    let mut regex = String::from("(?s)^");
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        if Some(c) == escape {
            match characters.next() {
                Some(next) if next == '%' || next == '_' || Some(next) == escape => {
                    regex.push_str(&fancy_regex::escape(&next.to_string()))
                }
                _ => return Err("the escape character of LIKE stands before no wildcard".to_owned()),
            }
            continue;
        }
        match c {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            other => regex.push_str(&fancy_regex::escape(&other.to_string())),
        }
    }
    regex.push('$');
    Ok(regex)
}

/// Compiles a pattern once as long as it does not change; a bad one gives `None`.
fn regex<'a>(compiled: &'a mut Option<(String, Option<Regex>)>, pattern: &str) -> Option<&'a Regex> {
    if compiled.as_ref().is_none_or(|(text, _)| text != pattern) {
        *compiled = Some((pattern.to_owned(), Regex::new(pattern).ok()));
    }
    compiled.as_ref().and_then(|(_, regex)| regex.as_ref())
}

/// REGEXP_EXTRACT(text, pattern[, group]).
pub fn regexp_extract() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut compiled = None;
        let array: StringArray = (0..rows)
            .map(|row| {
                if any_null(args, row) {
                    return None;
                }
                let group = args.get(2).map_or(0, |arg| int_at(arg, row));
                let regex = regex(&mut compiled, str_at(&args[1], row))?;
                let captures = regex.captures(str_at(&args[0], row)).ok().flatten()?;
                captures.get(usize::try_from(group).ok()?).map(|m| m.as_str().to_owned())
            })
            .collect();
        Ok(Arc::new(array))
    })
}

/// REGEXP_REPLACE(text, pattern, replacement): the replacement is literal.
pub fn regexp_replace() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut compiled = None;
        let array: StringArray = (0..rows)
            .map(|row| {
                if any_null(args, row) {
                    return None;
                }
                let regex = regex(&mut compiled, str_at(&args[1], row))?;
                let replacement = fancy_regex::NoExpand(str_at(&args[2], row));
                Some(regex.replace_all(str_at(&args[0], row), replacement).into_owned())
            })
            .collect();
        Ok(Arc::new(array))
    })
}

/// REGEXP(text, pattern): whether the pattern is found.
pub fn regexp() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut compiled = None;
        let array: BooleanArray = (0..rows)
            .map(|row| {
                if any_null(args, row) {
                    return None;
                }
                let found = regex(&mut compiled, str_at(&args[1], row))
                    .is_some_and(|regex| regex.is_match(str_at(&args[0], row)).unwrap_or(false));
                Some(found)
            })
            .collect();
        Ok(Arc::new(array))
    })
}

/// CHR: the low eight bits; a negative number gives ''.
pub fn chr() -> Arc<Eval> {
    text(|args, row, out| {
        let code = args[0].array.as_primitive::<Int64Type>().value(args[0].index(row));
        if code >= 0 {
            out.push(char::from((code & 0xff) as u8));
        }
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        assert_eq!(position("äbc", "c", 1), 3);
        assert_eq!(position("abcabc", "bc", 3), 5);
        assert_eq!(position("abc", "", 1), 1);
        assert_eq!(position("abc", "x", 1), 0);
    }

    #[test]
    fn like_patterns() {
        let run = |s: &str, p: &str| {
            let args = [s, p].map(|t| Arg::column(Arc::new(StringArray::from(vec![t])) as ArrayRef));
            like(Some('\\'), false)(&args, 1).unwrap().as_boolean().value(0)
        };
        assert!(run("a.c", "a.c") && !run("abc", "a.c") && run("a\nb", "a%") && run("5%", "5\\%"));
    }
}
