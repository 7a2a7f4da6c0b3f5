//! REGEXP, REGEXP_EXTRACT, REGEXP_REPLACE, SIMILAR TO, STR_TO_MAP: Java's regular expressions row by row.

use std::sync::Arc;

use arrow::array::builder::{MapBuilder, StringBuilder};
use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use streamsql_core::{LogicalType, java_map};

use crate::body::{Body, Constants, PerText, PerTextReader};
use crate::call::{Arg, Eval};
use crate::cast::map_of;
use crate::regex::{JavaRegex, PatternError, similar_pattern};
use crate::resolve::Argument;
use crate::strings::{TextBuilder, any_null, int_at, str_at};

/// Checks a literal pattern when planning: what we do not have is refused there, what Java refuses too is a result.
pub fn check_literal(pattern: &Argument) -> Result<(), String> {
    match pattern.text().map(JavaRegex::new) {
        Some(Err(PatternError::Unsupported(message))) => Err(message),
        _ => Ok(()),
    }
}

/// Compiled patterns of an argument.
type Patterns = PerText<Result<JavaRegex, PatternError>>;

fn patterns(constants: &Constants<'_>, argument: usize) -> Patterns {
    PerText::new(constants, argument, JavaRegex::new)
}

/// The pattern of a row; `None` when it is bad.
fn pattern<'a>(
    reader: &'a mut PerTextReader<'_, Result<JavaRegex, PatternError>>,
    args: &[Arg],
    row: usize,
) -> Result<Option<&'a JavaRegex>, String> {
    match reader.get(args, row) {
        Ok(regex) => Ok(Some(regex)),
        Err(PatternError::Unsupported(message)) => Err(message.clone()),
        Err(PatternError::Bad(_)) => Ok(None),
    }
}

/// A function of a text and a pattern that makes a text; `f` appends to the buffer, false gives NULL.
fn texts(
    f: impl Fn(&JavaRegex, &[Arg], usize, &mut String) -> Result<bool, String> + Copy + Send + Sync + 'static,
) -> Body {
    Body::prepared(move |constants| -> Arc<Eval> {
        let patterns = patterns(constants, 1);
        Arc::new(move |args, rows| {
            let mut patterns = patterns.reader();
            let mut out = TextBuilder::new(rows, 16);
            let mut buffer = String::new();
            for row in 0..rows {
                buffer.clear();
                let mut found = false;
                if !any_null(args, row)
                    && let Some(regex) = pattern(&mut patterns, args, row)?
                {
                    found = f(regex, args, row, &mut buffer)?;
                }
                if found {
                    out.append(&buffer)?;
                } else {
                    out.append_null();
                }
            }
            Ok(Arc::new(out.finish()) as ArrayRef)
        })
    })
}

/// REGEXP_EXTRACT(text, pattern[, group]): NULL without a match or such a group, and for a bad pattern.
pub fn extract() -> Body {
    texts(|regex, args, row, out| {
        let group = args.get(2).map_or(0, |arg| int_at(arg, row));
        let Some(captures) = regex.captures(str_at(&args[0], row))? else { return Ok(false) };
        let found = usize::try_from(group).ok().and_then(|group| captures.get(group));
        Ok(found.inspect(|found| out.push_str(found.as_str())).is_some())
    })
}

/// REGEXP_REPLACE(text, pattern, replacement): the replacement is literal; NULL for a bad pattern.
pub fn replace() -> Body {
    texts(|regex, args, row, out| {
        regex.replace_all(str_at(&args[0], row), str_at(&args[2], row), out)?;
        Ok(true)
    })
}

/// REGEXP(text, pattern): whether it is found; false for a bad or empty pattern.
pub fn find() -> Body {
    Body::prepared(|constants| -> Arc<Eval> {
        let patterns = patterns(constants, 1);
        Arc::new(move |args, rows| {
            let mut patterns = patterns.reader();
            let mut out = BooleanArray::builder(rows);
            for row in 0..rows {
                if any_null(args, row) {
                    out.append_null();
                    continue;
                }
                out.append_value(match pattern(&mut patterns, args, row)? {
                    Some(regex) if !str_at(&args[1], row).is_empty() => {
                        regex.is_match(str_at(&args[0], row))?
                    }
                    _ => false,
                });
            }
            Ok(Arc::new(out.finish()))
        })
    })
}

/// SIMILAR TO: a bad pattern is an error.
pub fn similar(escape: Option<char>, negated: bool) -> Body {
    Body::prepared(move |constants| -> Arc<Eval> {
        let patterns = PerText::new(constants, 1, move |text| {
            let java = similar_pattern(text, escape)?;
            JavaRegex::whole(&java).map_err(|error| match error {
                PatternError::Unsupported(message) => message,
                PatternError::Bad(_) => format!("'{text}' is not a regular expression of SIMILAR TO"),
            })
        });
        Arc::new(move |args, rows| {
            let mut patterns = patterns.reader();
            let mut out = BooleanArray::builder(rows);
            for row in 0..rows {
                if any_null(args, row) {
                    out.append_null();
                    continue;
                }
                let regex = patterns.get(args, row).as_ref().map_err(Clone::clone)?;
                out.append_value(regex.is_match(str_at(&args[0], row))? != negated);
            }
            Ok(Arc::new(out.finish()))
        })
    })
}

/// STR_TO_MAP(text[, pair delimiter, value delimiter]): of a key that comes twice the last value counts; a pair without a
/// value delimiter is a key with NULL.
pub fn str_to_map(result: &LogicalType) -> Body {
    let map_type = result.to_arrow();
    let delimiter = |constants: &Constants<'_>, argument: usize, default: &str| {
        PerText::or_default(constants, argument, default, |text| {
            JavaRegex::new(text).map_err(|error| match error {
                PatternError::Unsupported(message) => message,
                PatternError::Bad(_) => format!("'{text}' is not a regular expression"),
            })
        })
    };
    Body::prepared(move |constants| -> Arc<Eval> {
        let (pairs, values) = (delimiter(constants, 1, ","), delimiter(constants, 2, "="));
        let map_type = map_type.clone();
        Arc::new(move |args, rows| {
            let (mut pairs, mut values) = (pairs.reader(), values.reader());
            let mut out = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
            for row in 0..rows {
                if any_null(args, row) {
                    out.append(false).map_err(|e| e.to_string())?;
                    continue;
                }
                let text = str_at(&args[0], row);
                if !text.is_empty() {
                    let pair = pairs.get(args, row).as_ref().map_err(Clone::clone)?;
                    let value = values.get(args, row).as_ref().map_err(Clone::clone)?;
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
                    let hashes: Vec<i32> =
                        entries.iter().map(|(key, _)| java_map::string_hash(key)).collect();
                    for position in java_map::iteration_order(&hashes, capacity) {
                        out.keys().append_value(entries[position].0);
                        out.values().append_option(entries[position].1);
                    }
                }
                out.append(true).map_err(|e| e.to_string())?;
            }
            with_type(out.finish(), &map_type)
        })
    })
}

/// The same entries under the declared type.
fn with_type(map: arrow::array::MapArray, map_type: &DataType) -> Result<ArrayRef, String> {
    let (_, offsets, entries, nulls, _) = map.into_parts();
    let (keys, values) = (Arc::clone(entries.column(0)), Arc::clone(entries.column(1)));
    map_of(map_type, offsets, keys, values, nulls)
}
