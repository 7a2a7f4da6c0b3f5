//! Text functions (Flink `SqlFunctionUtils`, `BinaryStringDataUtil`): positions are 1-based and count characters.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

use crate::call::Eval;

mod case;
mod eval;
mod position;

pub use case::{change_case, init_cap};
pub use eval::{
    Bounds, TextBuilder, any_null, boolean, bytes_at, fallible_int, fallible_text, int, int_at, str_at, text,
};
pub use position::{char_count, instr, position};
use position::{push_utf16, slice, utf16_length};

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
        let mut out = TextBuilder::new(rows, 16);
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
            out.append(&buffer)?;
        }
        Ok(Arc::new(out.finish()))
    })
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

/// LPAD and RPAD, counting in UTF-16: shortens a longer text; a negative length or an empty pad gives NULL.
pub fn pad(left: bool) -> Arc<Eval> {
    fallible_text(move |args, row, out| {
        let (s, length, pad) = (str_at(&args[0], row), int_at(&args[1], row), str_at(&args[2], row));
        if length < 0 || pad.is_empty() {
            return Ok(false);
        }
        let length = length as usize;
        let mut missing = length.saturating_sub(utf16_length(s));
        if !left {
            push_utf16(&[(s, 0, length)], out);
        }
        let unit = utf16_length(pad);
        Bounds::current()
            .check((missing / unit).checked_mul(pad.len()).and_then(|n| n.checked_add(s.len())))?;
        while missing >= unit {
            out.push_str(pad);
            missing -= unit;
        }
        push_utf16(&[(pad, 0, missing)], out);
        if left {
            push_utf16(&[(s, 0, length)], out);
        }
        Ok(true)
    })
}

/// REPEAT(text, n): '' for n below 1.
pub fn repeat() -> Arc<Eval> {
    fallible_text(|args, row, out| {
        let (s, times) = (str_at(&args[0], row), int_at(&args[1], row).max(0) as usize);
        Bounds::current().check(s.len().checked_mul(times))?;
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
        let behind = start - 1 + count;
        let rest = if behind < length && count > 0 { (behind as usize, length as usize) } else { (0, 0) };
        push_utf16(&[(s, 0, start as usize - 1), (placed, 0, usize::MAX), (s, rest.0, rest.1)], out);
        true
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
        assert_eq!(position("abc", "", 9), 1);
        assert_eq!(position("abc", "x", 1), 0);
        assert_eq!(instr("abcabc", "b", -1, 1), Ok(5));
        assert_eq!(instr("abcabc", "b", 1, 2), Ok(5));
    }

    #[test]
    fn a_cut_character_becomes_a_question_mark_unless_its_halves_meet() {
        let pushed = |parts: &[(&str, usize, usize)]| {
            let mut out = String::new();
            push_utf16(parts, &mut out);
            out
        };
        assert_eq!(pushed(&[("a😀b", 0, 2)]), "a?");
        assert_eq!(pushed(&[("a😀b", 1, 3), ("abc", 1, 9)]), "😀bc");
        assert_eq!(pushed(&[("a😀b", 2, 4)]), "?b");
        assert_eq!(pushed(&[("a😀", 0, 2), ("", 0, 0), ("b😀c", 2, 4)]), "a😀c");
        assert_eq!(pushed(&[("abc", 2, 1), ("abc", 7, 9), ("abc", 0, usize::MAX)]), "abc");
        assert_eq!(slice("日本語", 1, 1), "本");
        assert_eq!(slice("abc", 5, 2), "");
    }
}
