//! JSON_EXISTS, JSON_VALUE, JSON_QUERY and IS JSON row by row.

use std::sync::Arc;

use arrow::array::builder::{BooleanBuilder, Float64Builder, Int32Builder};
use arrow::array::{ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{Float64Type, Int32Type};
use streamsql_core::LogicalType;

use super::Json;
use super::path::{Mode, Path, PathError};
use super::walk::{Found, read};
use crate::body::{Body, Constants, PerText, PerTextReader};
use crate::call::{Arg, Eval};
use crate::strings::{TextBuilder, any_null, str_at};

/// What a clause `… ON EMPTY` or `… ON ERROR` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorOr<T> {
    Error,
    Give(T),
}

/// What stands at a path of a row.
enum AtPath {
    Value(Json, Mode),
    Nothing,
    /// Broken JSON in strict mode, a bad path, a missing part.
    Broken(&'static str),
}

/// The paths of the second argument, taken apart.
type Paths = PerText<(Mode, Result<Path, PathError>)>;

fn paths(constants: &Constants<'_>) -> Paths {
    PerText::new(constants, 1, |path| (Mode::of(path), Path::parse(path)))
}

/// What stands at the path of a row.
fn at_path(
    args: &[Arg],
    row: usize,
    paths: &mut PerTextReader<'_, (Mode, Result<Path, PathError>)>,
) -> Result<AtPath, String> {
    let path = match paths.get(args, row) {
        (_, Err(PathError::Unsupported(message))) => return Err(message.clone()),
        (mode, path) => path.as_ref().map_err(|_| *mode),
    };
    let Some(root) = Json::parse(str_at(&args[0], row)) else {
        return Ok(match path.map_or_else(|mode| mode, |path| path.mode) {
            Mode::Lax => AtPath::Nothing,
            Mode::Strict => AtPath::Broken("the text is not JSON"),
        });
    };
    let Ok(path) = path else { return Ok(AtPath::Broken("the JSON path is not valid")) };
    if root == Json::Null {
        return Ok(AtPath::Broken("the JSON value is null"));
    }
    Ok(match read(path, &root) {
        Ok(Found::Value(value)) => AtPath::Value(value, path.mode),
        Ok(Found::Nothing) if path.mode == Mode::Strict => AtPath::Broken("strict mode needs a value"),
        Ok(Found::Nothing) => AtPath::Nothing,
        Err(_) => AtPath::Broken("the path does not exist in the JSON value"),
    })
}

/// `IS JSON`: never NULL.
pub fn is_json(kind: &str) -> Arc<Eval> {
    let fits: fn(&Json) -> bool = match kind {
        "OBJECT" => |value| matches!(value, Json::Object(_)),
        "ARRAY" => |value| matches!(value, Json::Array(_)),
        "SCALAR" => Json::is_scalar,
        _ => |_| true,
    };
    Arc::new(move |args, rows| {
        let test = |row| {
            !args[0].is_null(row) && Json::parse(str_at(&args[0], row)).is_some_and(|value| fits(&value))
        };
        let array: BooleanArray = (0..rows).map(|row| Some(test(row))).collect();
        Ok(Arc::new(array) as ArrayRef)
    })
}

/// JSON_EXISTS over input and path.
pub fn exists(on_error: ErrorOr<Option<bool>>) -> Body {
    Body::prepared(move |constants| -> Arc<Eval> {
        let paths = paths(constants);
        Arc::new(move |args, rows| {
            let mut paths = paths.reader();
            let mut out = BooleanBuilder::with_capacity(rows);
            for row in 0..rows {
                if any_null(&args[..2], row) {
                    out.append_null();
                    continue;
                }
                out.append_option(match at_path(args, row, &mut paths)? {
                    AtPath::Value(..) => Some(true),
                    AtPath::Nothing => Some(false),
                    AtPath::Broken(message) => match on_error {
                        ErrorOr::Give(value) => value,
                        ErrorOr::Error => return Err(message.to_owned()),
                    },
                });
            }
            Ok(Arc::new(out.finish()) as ArrayRef)
        })
    })
}

/// JSON_QUERY over input and path; the behaviours give a text or NULL.
pub fn query(
    wrapper: &str,
    on_empty: ErrorOr<Option<&'static str>>,
    on_error: ErrorOr<Option<&'static str>>,
) -> Body {
    let (wrap, wrap_arrays) = (wrapper != "WITHOUT", wrapper == "UNCONDITIONAL");
    Body::prepared(move |constants| -> Arc<Eval> {
        let paths = paths(constants);
        Arc::new(move |args, rows| {
            let mut paths = paths.reader();
            let mut out = TextBuilder::new(rows, 32);
            let mut buffer = String::new();
            for row in 0..rows {
                if any_null(&args[..2], row) {
                    out.append_null();
                    continue;
                }
                let found = match at_path(args, row, &mut paths)? {
                    AtPath::Value(value, mode) => {
                        let wrapped = wrap && (wrap_arrays || !matches!(value, Json::Array(_)));
                        let value = if wrapped { Json::Array(vec![value]) } else { value };
                        match (value.is_scalar(), mode) {
                            (false, _) => AtPath::Value(value, mode),
                            (true, Mode::Lax) => AtPath::Nothing,
                            (true, Mode::Strict) => AtPath::Broken("strict mode needs an array or an object"),
                        }
                    }
                    other => other,
                };
                let behaviour = match found {
                    AtPath::Value(value, _) => {
                        buffer.clear();
                        value.write(&mut buffer);
                        out.append(&buffer)?;
                        continue;
                    }
                    AtPath::Nothing => (on_empty, "nothing is found"),
                    AtPath::Broken(message) => (on_error, message),
                };
                match behaviour {
                    (ErrorOr::Give(text), _) => out.append_option(text)?,
                    (ErrorOr::Error, message) => return Err(message.to_owned()),
                }
            }
            Ok(Arc::new(out.finish()) as ArrayRef)
        })
    })
}

/// Where the value of a row comes from.
enum Cell {
    Json(Json),
    /// The argument with this number.
    Argument(usize),
    Null,
}

/// JSON_VALUE; `on_empty` and `on_error` give the argument that holds the default, `None` for NULL.
pub fn value(
    result: &LogicalType,
    on_empty: ErrorOr<Option<usize>>,
    on_error: ErrorOr<Option<usize>>,
) -> Body {
    let result = result.clone();
    Body::prepared(move |constants| -> Arc<Eval> {
        let (paths, result) = (paths(constants), result.clone());
        Arc::new(move |args, rows| json_values(args, rows, &paths, &result, on_empty, on_error))
    })
}

fn json_values(
    args: &[Arg],
    rows: usize,
    paths: &Paths,
    result: &LogicalType,
    on_empty: ErrorOr<Option<usize>>,
    on_error: ErrorOr<Option<usize>>,
) -> Result<ArrayRef, String> {
    let mut paths = paths.reader();
    let mut cell = |row: usize| -> Result<Cell, String> {
        if any_null(&args[..2], row) {
            return Ok(Cell::Null);
        }
        let (behaviour, message) = match at_path(args, row, &mut paths)? {
            AtPath::Value(value, _) if value.is_scalar() => return Ok(Cell::Json(value)),
            AtPath::Value(_, Mode::Strict) => (on_error, "strict mode needs a scalar"),
            AtPath::Value(..) | AtPath::Nothing => (on_empty, "nothing is found"),
            AtPath::Broken(message) => (on_error, message),
        };
        match behaviour {
            ErrorOr::Give(Some(argument)) if !args[argument].is_null(row) => Ok(Cell::Argument(argument)),
            ErrorOr::Give(_) => Ok(Cell::Null),
            ErrorOr::Error => Err(message.to_owned()),
        }
    };
    let wrong = || Err(format!("the JSON value is not of the type {result} that RETURNING asks for"));
    let at = |argument: usize, row: usize| -> (&Arg, usize) { (&args[argument], args[argument].index(row)) };
    Ok(match result {
        LogicalType::Boolean => {
            let mut out = BooleanBuilder::with_capacity(rows);
            for row in 0..rows {
                out.append_option(match cell(row)? {
                    Cell::Json(Json::Bool(value)) => Some(value),
                    Cell::Json(_) => return wrong(),
                    Cell::Argument(argument) => {
                        let (arg, i) = at(argument, row);
                        Some(arg.array.as_boolean().value(i))
                    }
                    Cell::Null => None,
                });
            }
            Arc::new(out.finish()) as ArrayRef
        }
        LogicalType::Int => {
            let mut out = Int32Builder::with_capacity(rows);
            for row in 0..rows {
                out.append_option(match cell(row)? {
                    Cell::Json(Json::Int(value)) => match i32::try_from(value) {
                        Ok(value) => Some(value),
                        Err(_) => return wrong(),
                    },
                    Cell::Json(_) => return wrong(),
                    Cell::Argument(argument) => {
                        let (arg, i) = at(argument, row);
                        Some(arg.array.as_primitive::<Int32Type>().value(i))
                    }
                    Cell::Null => None,
                });
            }
            Arc::new(out.finish())
        }
        LogicalType::Double => {
            let mut out = Float64Builder::with_capacity(rows);
            for row in 0..rows {
                out.append_option(match cell(row)? {
                    Cell::Json(Json::Double(value)) => Some(value),
                    Cell::Json(_) => return wrong(),
                    Cell::Argument(argument) => {
                        let (arg, i) = at(argument, row);
                        Some(arg.array.as_primitive::<Float64Type>().value(i))
                    }
                    Cell::Null => None,
                });
            }
            Arc::new(out.finish())
        }
        _ => {
            let mut out = TextBuilder::new(rows, 16);
            let mut buffer = String::new();
            for row in 0..rows {
                match cell(row)? {
                    Cell::Json(value) => {
                        buffer.clear();
                        value.plain(&mut buffer);
                        out.append(&buffer)?;
                    }
                    Cell::Argument(argument) => out.append(str_at(&args[argument], row))?,
                    Cell::Null => out.append_null(),
                }
            }
            Arc::new(out.finish())
        }
    })
}
