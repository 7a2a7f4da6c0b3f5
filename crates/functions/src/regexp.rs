//! REGEXP, REGEXP_EXTRACT, REGEXP_REPLACE, SIMILAR TO, STR_TO_MAP: Java's regular expressions row by row.

use std::sync::Arc;

use arrow::array::builder::{MapBuilder, StringBuilder};
use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use streamsql_core::{LogicalType, java_map};

use crate::call::{Arg, Eval};
use crate::cast::map_of;
use crate::regex::{JavaRegex, PatternCache, PatternError, similar_pattern};
use crate::resolve::Argument;
use crate::strings::{TextBuilder, any_null, int_at, str_at};

/// Checks a literal pattern when planning: what we do not have is refused there, what Java refuses too is a result.
pub fn check_literal(pattern: &Argument) -> Result<(), String> {
    match pattern.text().map(JavaRegex::new) {
        Some(Err(PatternError::Unsupported(message))) => Err(message),
        _ => Ok(()),
    }
}

fn texts(
    f: impl Fn(&mut PatternCache, &[Arg], usize, &mut String) -> Result<bool, String> + Send + Sync + 'static,
) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut cache = PatternCache::default();
        let mut out = TextBuilder::new(rows, 16);
        let mut buffer = String::new();
        for row in 0..rows {
            buffer.clear();
            if !any_null(args, row) && f(&mut cache, args, row, &mut buffer)? {
                out.append(&buffer)?;
            } else {
                out.append_null();
            }
        }
        Ok(Arc::new(out.finish()) as ArrayRef)
    })
}

/// REGEXP_EXTRACT(text, pattern[, group]): NULL without a match or such a group, and for a bad pattern.
pub fn extract() -> Arc<Eval> {
    texts(|cache, args, row, out| {
        let group = args.get(2).map_or(0, |arg| int_at(arg, row));
        let Some(regex) = cache.get(str_at(&args[1], row))? else { return Ok(false) };
        let Some(captures) = regex.captures(str_at(&args[0], row))? else { return Ok(false) };
        let found = usize::try_from(group).ok().and_then(|group| captures.get(group));
        Ok(found.inspect(|found| out.push_str(found.as_str())).is_some())
    })
}

/// REGEXP_REPLACE(text, pattern, replacement): the replacement is literal; NULL for a bad pattern.
pub fn replace() -> Arc<Eval> {
    texts(|cache, args, row, out| {
        let Some(regex) = cache.get(str_at(&args[1], row))? else { return Ok(false) };
        regex.replace_all(str_at(&args[0], row), str_at(&args[2], row), out)?;
        Ok(true)
    })
}

/// REGEXP(text, pattern): whether it is found; false for a bad or empty pattern.
pub fn find() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut cache = PatternCache::default();
        let mut out = BooleanArray::builder(rows);
        for row in 0..rows {
            if any_null(args, row) {
                out.append_null();
                continue;
            }
            let pattern = str_at(&args[1], row);
            out.append_value(match cache.get(pattern)? {
                Some(regex) if !pattern.is_empty() => regex.is_match(str_at(&args[0], row))?,
                _ => false,
            });
        }
        Ok(Arc::new(out.finish()))
    })
}

/// SIMILAR TO: a bad pattern is an error.
pub fn similar(escape: Option<char>, negated: bool) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut cache = PatternCache::whole();
        let mut known: Option<(String, String)> = None;
        let mut out = BooleanArray::builder(rows);
        for row in 0..rows {
            if any_null(args, row) {
                out.append_null();
                continue;
            }
            let pattern = str_at(&args[1], row);
            if known.as_ref().is_none_or(|(last, _)| last != pattern) {
                known = Some((pattern.to_owned(), similar_pattern(pattern, escape)?));
            }
            let java = known.as_ref().map_or("", |(_, java)| java);
            let Some(regex) = cache.get(java)? else {
                return Err(format!("'{pattern}' is not a regular expression of SIMILAR TO"));
            };
            out.append_value(regex.is_match(str_at(&args[0], row))? != negated);
        }
        Ok(Arc::new(out.finish()))
    })
}

/// STR_TO_MAP(text[, pair delimiter, value delimiter]): of a key that comes twice the last value counts; a pair without a
/// value delimiter is a key with NULL.
pub fn str_to_map(result: &LogicalType) -> Arc<Eval> {
    let map_type = result.to_arrow();
    Arc::new(move |args, rows| {
        let (mut pairs, mut values) = (PatternCache::default(), PatternCache::default());
        let mut out = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        let regex = |cache: &mut PatternCache, arg: Option<&Arg>, default: &str, row: usize| {
            let pattern = arg.map_or(default, |arg| str_at(arg, row)).to_owned();
            let found = cache.get(&pattern)?.cloned();
            found.ok_or_else(|| format!("'{pattern}' is not a regular expression"))
        };
        for row in 0..rows {
            if any_null(args, row) {
                out.append(false).map_err(|e| e.to_string())?;
                continue;
            }
            let text = str_at(&args[0], row);
            if !text.is_empty() {
                let pair = regex(&mut pairs, args.get(1), ",", row)?;
                let value = regex(&mut values, args.get(2), "=", row)?;
                let mut entries: Vec<(&str, Option<&str>)> = Vec::new();
                let pieces = pair.split(text, 0)?;
                let capacity = pieces.len();
                for piece in pieces {
                    let parts = value.split(piece, 2)?;
                    let entry = match parts.as_slice() {
                        [key, value] => (*key, Some(*value)),
                        _ => (piece, None),
                    };
                    match entries.iter_mut().find(|(key, _)| *key == entry.0) {
                        Some(known) => *known = entry,
                        None => entries.push(entry),
                    }
                }
                let hashes: Vec<i32> = entries.iter().map(|(key, _)| java_map::string_hash(key)).collect();
                for position in java_map::iteration_order(&hashes, capacity) {
                    out.keys().append_value(entries[position].0);
                    out.values().append_option(entries[position].1);
                }
            }
            out.append(true).map_err(|e| e.to_string())?;
        }
        with_type(out.finish(), &map_type)
    })
}

/// The same entries under the declared type.
fn with_type(map: arrow::array::MapArray, map_type: &DataType) -> Result<ArrayRef, String> {
    let (_, offsets, entries, nulls, _) = map.into_parts();
    let (keys, values) = (Arc::clone(entries.column(0)), Arc::clone(entries.column(1)));
    map_of(map_type, offsets, keys, values, nulls)
}
