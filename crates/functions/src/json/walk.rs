//! Walks a JSON path over a value: what is found, or that a part is missing, by Jayway JsonPath's rules.

use super::Json;
use super::filter::{Filter, Surroundings};
use super::path::{FunctionKind, Mode, Path, PathFunction, Token};

/// What a path gives.
pub enum Found {
    /// A definite path's value; an indefinite one gives the array of its matches.
    Value(Json),
    /// Nothing there, which is no error in lax mode.
    Nothing,
}

/// A part of the path is missing where that is an error.
#[derive(Debug)]
pub struct Missing;

struct Walk<'a> {
    root: &'a Json,
    suppress: bool,
    results: Vec<Json>,
}

/// Reads a path; an error is for the row's error behaviour.
pub fn read(path: &Path, root: &Json) -> Result<Found, Missing> {
    let mut walk = Walk { root, suppress: path.mode == Mode::Lax, results: Vec::new() };
    // Behind a path that starts with `..` a function works on the whole document, what is found being its argument.
    if let (Some(function), Some(Token::Scan)) = (&path.function, path.tokens.first()) {
        walk.step(&path.tokens, root, true)?;
        let found = PathFunction { kind: function.kind, literals: vec![Json::Array(walk.results)] };
        return Ok(found.apply(root.clone())?.map_or(Found::Nothing, Found::Value));
    }
    walk.step(&path.tokens, root, true)?;
    let definite = path.is_definite();
    if let Some(function) = &path.function {
        if !definite {
            let figure = |of: Json| Ok(function.apply(of)?.unwrap_or(Json::Null));
            return Ok(Found::Value(Json::Array(
                walk.results.into_iter().map(figure).collect::<Result<_, _>>()?,
            )));
        }
        return match walk.results.pop() {
            Some(of) => Ok(function.apply(of)?.map_or(Found::Nothing, Found::Value)),
            None if walk.suppress => Ok(Found::Nothing),
            None => Err(Missing),
        };
    }
    if !definite {
        return Ok(Found::Value(Json::Array(walk.results)));
    }
    match walk.results.pop() {
        Some(Json::Null) => Ok(Found::Nothing),
        Some(value) => Ok(Found::Value(value)),
        None if walk.suppress => Ok(Found::Nothing),
        None => Err(Missing),
    }
}

/// Reads a path inside a filter; `None` when a part is missing.
pub fn read_or_none(path: &Path, from: &Json) -> Option<Json> {
    let mut walk = Walk { root: from, suppress: false, results: Vec::new() };
    walk.step(&path.tokens, from, true).ok()?;
    let found = if path.is_definite() { walk.results.pop() } else { Some(Json::Array(walk.results)) };
    match (&path.function, found) {
        (Some(function), Some(found)) => Some(function.apply(found).ok()?.unwrap_or(Json::Null)),
        (_, found) => found,
    }
}

impl Walk<'_> {
    /// Takes the tokens from `model` on; `upstream` says that the path was definite up to here.
    fn step(&mut self, tokens: &[Token], model: &Json, upstream: bool) -> Result<(), Missing> {
        let Some((token, rest)) = tokens.split_first() else {
            self.results.push(model.clone());
            return Ok(());
        };
        let last = rest.is_empty();
        let definite = upstream && token.is_definite(last);
        match token {
            Token::Properties(names) => {
                let Json::Object(members) = model else {
                    return if !upstream || self.suppress { Ok(()) } else { Err(Missing) };
                };
                if names.len() > 1 && last {
                    let mut merged: Vec<(String, Json)> = Vec::new();
                    for name in names {
                        if let Some((key, value)) = members.iter().find(|(key, _)| key == name) {
                            merged.retain(|(known, _)| known != key);
                            merged.push((key.clone(), value.clone()));
                        }
                    }
                    self.results.push(Json::Object(merged));
                    return Ok(());
                }
                for name in names {
                    match model.member(name) {
                        Some(value) => self.step(rest, value, definite)?,
                        // A missing last part gives no result; one before is an error on a definite path.
                        None if last || self.suppress || !definite => {}
                        None => return Err(Missing),
                    }
                }
                Ok(())
            }
            Token::Indices(indices) => {
                let Some(items) = self.array(model, upstream)? else { return Ok(()) };
                for index in indices {
                    self.item(rest, items, *index, definite)?;
                }
                Ok(())
            }
            Token::Slice(from, to) => {
                let Some(items) = self.array(model, upstream)? else { return Ok(()) };
                let length = items.len() as i64;
                let back = |n: i64| if n < 0 { length + n } else { n };
                let (start, end) = match (from, to) {
                    (Some(from), None) => (back(*from).max(0), length),
                    (None, Some(to)) => (0, back(*to).min(length)),
                    (Some(from), Some(to)) => (*from, (*to).min(length)),
                    (None, None) => (0, 0),
                };
                for index in start..end.max(start) {
                    self.item(rest, items, index, false)?;
                }
                Ok(())
            }
            Token::Wildcard => {
                let each: Vec<&Json> = match model {
                    Json::Object(members) => members.iter().map(|(_, value)| value).collect(),
                    Json::Array(items) => items.iter().collect(),
                    _ => Vec::new(),
                };
                for value in each {
                    // What lacks the rest of the path is left out.
                    let found = self.results.len();
                    if self.step(rest, value, false).is_err() {
                        self.results.truncate(found);
                    }
                }
                Ok(())
            }
            Token::Filter(filter) => {
                match model {
                    Json::Object(_) if self.holds(filter, model) => self.step(rest, model, false)?,
                    Json::Object(_) => {}
                    Json::Array(items) => {
                        for item in items {
                            if self.holds(filter, item) {
                                self.step(rest, item, false)?;
                            }
                        }
                    }
                    _ if upstream => return Err(Missing),
                    _ => {}
                }
                Ok(())
            }
            Token::Scan => self.scan(rest, model),
        }
    }

    /// Applies the tokens at every place below where the first of them fits.
    fn scan(&mut self, tokens: &[Token], model: &Json) -> Result<(), Missing> {
        let Some((token, rest)) = tokens.split_first() else { return Ok(()) };
        let fits = match token {
            Token::Properties(names) => match model {
                Json::Object(_) => {
                    !token.is_definite(rest.is_empty())
                        || names.iter().all(|name| model.member(name).is_some())
                }
                _ => false,
            },
            Token::Indices(_) | Token::Slice(..) => matches!(model, Json::Array(_)),
            Token::Wildcard => true,
            Token::Filter(filter) => self.holds(filter, model),
            Token::Scan => false,
        };
        if fits {
            match model {
                Json::Array(items) if !rest.is_empty() => {
                    for item in items {
                        self.step(rest, item, false)?;
                    }
                }
                // A filter that holds for an element gives that element.
                _ if matches!(token, Token::Filter(_)) => self.step(rest, model, false)?,
                _ => self.step(tokens, model, false)?,
            }
        }
        match model {
            Json::Object(members) => members.iter().try_for_each(|(_, value)| self.scan(tokens, value)),
            Json::Array(items) => items.iter().try_for_each(|value| self.scan(tokens, value)),
            _ => Ok(()),
        }
    }

    fn holds(&self, filter: &Filter, element: &Json) -> bool {
        filter.holds(&Surroundings { element, root: self.root, missing_is_null: self.suppress })
    }

    fn array<'j>(&self, model: &'j Json, upstream: bool) -> Result<Option<&'j [Json]>, Missing> {
        match model {
            Json::Array(items) => Ok(Some(items)),
            _ if !upstream || self.suppress => Ok(None),
            _ => Err(Missing),
        }
    }

    fn item(&mut self, rest: &[Token], items: &[Json], index: i64, definite: bool) -> Result<(), Missing> {
        let index = if index < 0 { items.len() as i64 + index } else { index };
        match usize::try_from(index).ok().and_then(|index| items.get(index)) {
            Some(item) => self.step(rest, item, definite),
            None => Ok(()),
        }
    }
}

impl PathFunction {
    /// The result on a value, `None` for null.
    fn apply(&self, of: Json) -> Result<Option<Json>, Missing> {
        Ok(Some(match (self.kind, of) {
            (FunctionKind::Length, _) if !self.literals.is_empty() => return Err(Missing),
            (FunctionKind::Length, Json::Array(items)) => Json::Int(items.len() as i64),
            (FunctionKind::Length, Json::Object(members)) => Json::Int(members.len() as i64),
            (FunctionKind::Keys, Json::Object(members)) => {
                Json::Array(members.into_iter().map(|(key, _)| Json::Text(key)).collect())
            }
            (FunctionKind::Length | FunctionKind::Keys, _) | (FunctionKind::Append, Json::Null) => {
                return Ok(None);
            }
            (FunctionKind::Append, Json::Array(mut items)) => {
                items.extend(self.literals.iter().cloned());
                Json::Array(items)
            }
            (FunctionKind::Append, other) => other,
            (FunctionKind::Concat, of) => Json::Text(self.concat(&of)),
            (FunctionKind::Failing, _) => return Err(Missing),
            (_, of) => Json::Double(self.aggregate(&of)?),
        }))
    }

    /// The literals, arrays among them element by element.
    fn arguments(&self) -> impl Iterator<Item = &Json> {
        self.literals.iter().flat_map(|literal| match literal {
            Json::Array(items) => items.iter(),
            other => std::slice::from_ref(other).iter(),
        })
    }

    /// The texts of an array and all arguments in one text.
    fn concat(&self, of: &Json) -> String {
        let mut out = String::new();
        if let Json::Array(items) = of {
            items.iter().filter(|item| matches!(item, Json::Text(_))).for_each(|text| text.plain(&mut out));
        }
        self.arguments().filter(|value| **value != Json::Null).for_each(|value| value.plain(&mut out));
        out
    }

    /// A figure of the numbers among the elements and arguments; an error without any.
    fn aggregate(&self, of: &Json) -> Result<f64, Missing> {
        let elements: &[Json] = if let Json::Array(items) = of { items } else { &[] };
        let number = |item: &Json| match item {
            Json::Int(number) => Some(*number as f64),
            Json::Double(number) => Some(*number),
            Json::Number(digits) => digits.parse().ok(),
            _ => None,
        };
        let numbers: Vec<f64> = elements.iter().chain(self.arguments()).filter_map(number).collect();
        if numbers.is_empty() {
            return Err(Missing);
        }
        let total = |power: i32| numbers.iter().fold(0.0, |sum, n| sum + n.powi(power));
        let (sum, count) = (total(1), numbers.len() as f64);
        Ok(match self.kind {
            FunctionKind::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            FunctionKind::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            FunctionKind::Average => sum / count,
            FunctionKind::Deviation => (total(2) / count - sum * sum / count / count).sqrt(),
            _ => sum,
        })
    }
}
