//! Text functions (Flink `SqlFunctionUtils`, `BinaryStringDataUtil`): positions are 1-based and count characters.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int32Array, StringBuilder};
use arrow::datatypes::{Int32Type, Int64Type};

use crate::call::{Arg, Eval};

/// The text of a row.
pub fn str_at(arg: &Arg, row: usize) -> &str {
    arg.array.as_string::<i32>().value(arg.index(row))
}

/// The INT of a row.
pub fn int_at(arg: &Arg, row: usize) -> i32 {
    arg.array.as_primitive::<Int32Type>().value(arg.index(row))
}

/// Whether an argument of the row is NULL.
pub fn any_null(args: &[Arg], row: usize) -> bool {
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

/// As `int`, for a function that may fail.
pub fn fallible_int(f: impl Fn(&[Arg], usize) -> Result<i32, String> + Send + Sync + 'static) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let array: Int32Array = (0..rows)
            .map(|row| if any_null(args, row) { Ok(None) } else { f(args, row).map(Some) })
            .collect::<Result<_, String>>()?;
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
        let mut out = StringBuilder::with_capacity(rows, rows * 16);
        let mut buffer = String::new();
        for row in 0..rows {
            if args[0].is_null(row) {
                out.append_null();
                continue;
            }
            buffer.clear();
            let mut first = true;
            for arg in args[1..].iter().filter(|a| !a.is_null(row)) {
                if !std::mem::take(&mut first) {
                    buffer.push_str(str_at(&args[0], row));
                }
                buffer.push_str(str_at(arg, row));
            }
            out.append_value(&buffer);
        }
        Ok(Arc::new(out.finish()))
    })
}

/// Longest text that a padding or repeating function makes: one call must not bring a job down.
const LONGEST: usize = 64 << 20;
/// Most bytes that the texts of one batch take together: Arrow's offsets are 32 bits wide.
const BATCH: usize = i32::MAX as usize;

/// A text function that is NULL when an argument is and may fail; `f` appends to the buffer, false gives NULL.
pub fn fallible_text(
    f: impl Fn(&[Arg], usize, &mut String) -> Result<bool, String> + Send + Sync + 'static,
) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut out = StringBuilder::with_capacity(rows, rows * 16);
        let mut buffer = String::new();
        let mut total = 0;
        for row in 0..rows {
            buffer.clear();
            if !any_null(args, row) && f(args, row, &mut buffer)? {
                total += buffer.len();
                if total > BATCH {
                    return Err("the texts of a batch get longer than 2 GiB together".to_owned());
                }
                out.append_value(&buffer);
            } else {
                out.append_null();
            }
        }
        Ok(Arc::new(out.finish()) as ArrayRef)
    })
}

/// The number of characters.
pub fn char_count(s: &str) -> usize {
    if s.is_ascii() { s.len() } else { s.chars().count() }
}

/// The part of `s` from character `from`, `length` characters long.
fn slice(s: &str, from: usize, length: usize) -> &str {
    if s.is_ascii() {
        let from = from.min(s.len());
        return &s[from..from.saturating_add(length).min(s.len())];
    }
    let at = |s: &str, n: usize| s.char_indices().nth(n).map_or(s.len(), |(at, _)| at);
    let rest = &s[at(s, from)..];
    &rest[..at(rest, length)]
}

/// The length in UTF-16, in which Flink counts where it works on Java strings.
fn utf16_length(s: &str) -> usize {
    if s.is_ascii() { s.len() } else { s.encode_utf16().count() }
}

/// The part of `s` between two UTF-16 positions; half of a surrogate pair is left out.
fn utf16_slice(s: &str, from: usize, to: usize) -> &str {
    if s.is_ascii() {
        let to = to.min(s.len());
        return &s[from.min(to)..to];
    }
    let (mut start, mut end, mut position) = (s.len(), 0, 0);
    for (at, c) in s.char_indices() {
        let next = position + c.len_utf16();
        if position >= from && next <= to {
            start = start.min(at);
            end = at + c.len_utf8();
        }
        position = next;
    }
    if start < end { &s[start..end] } else { "" }
}

/// SUBSTRING: 0 acts as 1, a negative start counts from the end; a negative length is NULL.
pub fn substring() -> Arc<Eval> {
    text(|args, row, out| {
        let s = str_at(&args[0], row);
        let start = i64::from(int_at(&args[1], row));
        let length = args.get(2).map_or(i64::MAX, |arg| i64::from(int_at(arg, row)));
        if length < 0 {
            return false;
        }
        let from = match start {
            0 => 0,
            s if s > 0 => s - 1,
            back => char_count(s) as i64 + back,
        };
        if from >= 0 {
            out.push_str(slice(s, from as usize, length as usize));
        }
        true
    })
}

/// LEFT and RIGHT; a length below 1 gives ''.
pub fn side(left: bool) -> Arc<Eval> {
    text(move |args, row, out| {
        let s = str_at(&args[0], row);
        let length = int_at(&args[1], row).max(0) as usize;
        let from = if left { 0 } else { char_count(s).saturating_sub(length) };
        out.push_str(slice(s, from, length));
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

/// TRIM of a set of characters, a space by default; `text` and `set` are the places of the arguments.
pub fn trim(ends: Ends, of: usize, set: usize) -> Arc<Eval> {
    text(move |args, row, out| {
        let set = args.get(set).map_or(" ", |arg| str_at(arg, row));
        let s = str_at(&args[of], row);
        let cut = |c: char| set.contains(c);
        out.push_str(match ends {
            Ends::Both => s.trim_matches(cut),
            Ends::Leading => s.trim_start_matches(cut),
            Ends::Trailing => s.trim_end_matches(cut),
        });
        true
    })
}

/// 1-based place of `needle` in `hay` from the 1-based `start`, 0 where it is not; an empty needle is always at 1.
pub fn position(hay: &str, needle: &str, start: i32) -> i32 {
    if needle.is_empty() {
        return 1;
    }
    let skipped = i64::from(start).max(1) as usize - 1;
    let rest = slice(hay, skipped, usize::MAX);
    match rest.find(needle) {
        Some(at) => (skipped + char_count(&rest[..at])) as i32 + 1,
        None => 0,
    }
}

/// INSTR(text, sought, start, n): place of the n-th appearance from `start`, from the end for a negative one.
pub fn instr(hay: &str, needle: &str, start: i32, appearance: i32) -> Result<i32, String> {
    if appearance <= 0 {
        return Err("the number of the appearance must be positive".to_owned());
    }
    if start == 0 {
        return Ok(0);
    }
    if start < 0 {
        let reversed = |s: &str| s.chars().rev().collect::<String>();
        let found = instr(&reversed(hay), &reversed(needle), start.saturating_neg(), appearance)?;
        let back = char_count(hay) as i32 + 2 - found - char_count(needle) as i32;
        return Ok(if found == 0 { 0 } else { back });
    }
    let (mut from, mut found) = (start, 0);
    for _ in 0..appearance {
        found = position(hay, needle, from);
        if found == 0 {
            return Ok(0);
        }
        from = found + 1;
    }
    Ok(found)
}

/// LPAD and RPAD, counting in UTF-16: shortens a longer text; a negative length or an empty pad gives NULL.
pub fn pad(left: bool) -> Arc<Eval> {
    fallible_text(move |args, row, out| {
        let (s, length, pad) = (str_at(&args[0], row), int_at(&args[1], row), str_at(&args[2], row));
        if length < 0 || pad.is_empty() {
            return Ok(false);
        }
        let length = length as usize;
        let kept = utf16_slice(s, 0, length);
        let mut missing = length.saturating_sub(utf16_length(s));
        if !left {
            out.push_str(kept);
        }
        let unit = utf16_length(pad);
        if missing > 0 && missing / unit > LONGEST / pad.len() {
            return Err(too_long());
        }
        while missing >= unit {
            out.push_str(pad);
            missing -= unit;
        }
        out.push_str(utf16_slice(pad, 0, missing));
        if left {
            out.push_str(kept);
        }
        Ok(true)
    })
}

fn too_long() -> String {
    "the text gets longer than 64 MiB".to_owned()
}

/// REPEAT(text, n): '' for n below 1.
pub fn repeat() -> Arc<Eval> {
    fallible_text(|args, row, out| {
        let (s, times) = (str_at(&args[0], row), int_at(&args[1], row).max(0) as usize);
        if s.len().checked_mul(times).is_none_or(|length| length > LONGEST) {
            return Err(too_long());
        }
        out.reserve(s.len() * times);
        for _ in 0..times {
            out.push_str(s);
        }
        Ok(true)
    })
}

/// REPLACE of every appearance.
pub fn replace() -> Arc<Eval> {
    text(|args, row, out| {
        let (s, from, to) = (str_at(&args[0], row), str_at(&args[1], row), str_at(&args[2], row));
        if from.is_empty() {
            // Java's `String.replace` puts the text before, between and behind all characters.
            out.push_str(to);
            for c in s.chars() {
                out.push(c);
                out.push_str(to);
            }
            return true;
        }
        let mut copied = 0;
        for (at, found) in s.match_indices(from) {
            out.push_str(&s[copied..at]);
            out.push_str(to);
            copied = at + found.len();
        }
        out.push_str(&s[copied..]);
        true
    })
}

/// SPLIT_INDEX(text, separator, 0-based index): keeps empty tokens; NULL beyond the last and for an empty text; an empty
/// separator splits at white space.
pub fn split_index() -> Arc<Eval> {
    text(|args, row, out| {
        let (s, separator, index) = (str_at(&args[0], row), str_at(&args[1], row), int_at(&args[2], row));
        if index < 0 || s.is_empty() {
            return false;
        }
        let index = index as usize;
        let token = if separator.is_empty() {
            s.split(java_whitespace).nth(index)
        } else {
            s.split(separator).nth(index)
        };
        token.inspect(|token| out.push_str(token)).is_some()
    })
}

/// SPLIT_INDEX with the separator as a character code from 1 to 255.
pub fn split_index_by_code() -> Arc<Eval> {
    text(|args, row, out| {
        let (s, code, index) = (str_at(&args[0], row), int_at(&args[1], row), int_at(&args[2], row));
        let Some(separator) = u8::try_from(code).ok().filter(|code| *code > 0).map(char::from) else {
            return false;
        };
        if index < 0 || s.is_empty() {
            return false;
        }
        s.split(separator).nth(index as usize).inspect(|token| out.push_str(token)).is_some()
    })
}

/// Java's `Character.isWhitespace`.
fn java_whitespace(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\x1c'..='\x1f')
        || (c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}'))
}

/// OVERLAY(a PLACING b FROM i [FOR n]), counting in UTF-16; a start outside the text leaves it.
pub fn overlay() -> Arc<Eval> {
    text(|args, row, out| {
        let (s, placed, start) =
            (str_at(&args[0], row), str_at(&args[1], row), i64::from(int_at(&args[2], row)));
        let length = utf16_length(s) as i64;
        let count = args.get(3).map_or(utf16_length(placed) as i64, |arg| i64::from(int_at(arg, row)));
        if start <= 0 || start > length {
            out.push_str(s);
            return true;
        }
        out.push_str(utf16_slice(s, 0, start as usize - 1));
        out.push_str(placed);
        if start + count <= length && count > 0 {
            out.push_str(utf16_slice(s, (start - 1 + count) as usize, length as usize));
        }
        true
    })
}

/// INITCAP: a word is a run of ASCII letters and digits; only ASCII letters change.
pub fn init_cap(s: &str, out: &mut String) {
    let mut in_word = false;
    for c in s.chars() {
        out.push(if in_word { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() });
        in_word = c.is_ascii_alphanumeric();
    }
}

/// UPPER and LOWER.
pub fn change_case(s: &str, upper: bool, out: &mut String) {
    if s.is_ascii() {
        let start = out.len();
        out.push_str(s);
        let changed = &mut out[start..];
        if upper { changed.make_ascii_uppercase() } else { changed.make_ascii_lowercase() }
    } else {
        out.push_str(&if upper { s.to_uppercase() } else { s.to_lowercase() });
    }
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
        assert_eq!(position("abc", "", 9), 1);
        assert_eq!(position("abc", "x", 1), 0);
        assert_eq!(instr("abcabc", "b", -1, 1), Ok(5));
        assert_eq!(instr("abcabc", "b", 1, 2), Ok(5));
    }

    #[test]
    fn slices_never_cut_a_character() {
        assert_eq!(utf16_slice("a😀b", 0, 2), "a");
        assert_eq!(utf16_slice("a😀b", 1, 3), "😀");
        assert_eq!(utf16_slice("a😀b", 2, 4), "b");
        assert_eq!(slice("日本語", 1, 1), "本");
        assert_eq!(slice("abc", 5, 2), "");
    }
}
