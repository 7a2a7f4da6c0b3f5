//! Objects and arrays as values of columns that cannot take them, where that is no error: errors are ignored, or the
//! column is a BOOLEAN, whose conversion never fails.
//!
//! Flink's parser (`JsonParserToRowDataConverters`) gives such a column its value at the opening bracket and goes on
//! with the next token, as if the row's next field came there. So the members of the object are taken for the row's
//! own, and its end for the end of the row; the elements of an array are taken for names and values in turn.

use super::convert::Rules;
use super::scan::{Fault, Scanner};
use crate::builder::{ColumnBuilder, Kind};

/// Where the row goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoesOn {
    /// Inside the object, before its first member or its end.
    Inside,
    /// Behind the value, as usual.
    Behind,
}

/// Reads the misplaced value at the scanner, if there is one. Not for the `last` field that the row needs: behind it
/// nothing is looked at.
#[inline]
pub fn misplaced(
    rules: &Rules,
    scanner: &mut Scanner<'_>,
    column: &mut ColumnBuilder,
    last: bool,
) -> Result<Option<GoesOn>, Fault> {
    match scanner.peek() {
        Some(bracket @ (b'{' | b'[')) if !rules.tree && !last => {
            read(rules, scanner, bracket == b'{', column)
        }
        _ => Ok(None),
    }
}

fn read(
    rules: &Rules,
    scanner: &mut Scanner<'_>,
    is_object: bool,
    column: &mut ColumnBuilder,
) -> Result<Option<GoesOn>, Fault> {
    let kind = column.kind();
    let fits = match kind {
        Kind::Text => true,
        Kind::Array => !is_object,
        Kind::Map | Kind::Multiset | Kind::Row => is_object,
        _ => false,
    };
    if fits || !(rules.ignore_errors || matches!(kind, Kind::Boolean | Kind::Null)) {
        return Ok(None);
    }
    if kind == Kind::Boolean {
        column.append_bool(false);
    } else {
        column.append_null();
    }
    if is_object {
        scanner.at += 1;
        return Ok(Some(GoesOn::Inside));
    }
    let start = scanner.at;
    if elements_end_with_a_value(scanner)? {
        return Err(Fault::Syntax(format!("a misplaced array at byte {start}")));
    }
    Ok(Some(GoesOn::Behind))
}

/// Passes over an array. True when its elements pair up as names and values, so that its end would be a name itself
/// and every later field would be read askew, up to the end of the record.
fn elements_end_with_a_value(scanner: &mut Scanner<'_>) -> Result<bool, Fault> {
    scanner.at += 1;
    scanner.space();
    let mut elements = 0;
    let mut nested_name = false;
    if !scanner.take(b']') {
        loop {
            scanner.space();
            nested_name |= elements % 2 == 0 && matches!(scanner.peek(), Some(b'{' | b'['));
            scanner.skip()?;
            elements += 1;
            scanner.space();
            if scanner.take(b']') {
                break;
            }
            if !scanner.take(b',') {
                return Err(scanner.unexpected("',' or ']'"));
            }
        }
    }
    Ok(elements % 2 == 0 && !nested_name)
}
