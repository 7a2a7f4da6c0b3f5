//! GROUP BY: ROLLUP and CUBE are the grouping sets that they stand for, also with a key that is written twice and with
//! several keys that come and go together, as in `ROLLUP ((a, b), c)`.

use std::collections::BTreeSet;

use datafusion_sql::sqlparser::ast::{
    CastKind, DataType, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned, Value,
};
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::parse::grouping::DISTINCT_SETS;

use super::{Checked, Shape, text};

/// Most elements of a CUBE, which has 2 to their power sets.
const MAX_CUBE: usize = 12;

/// Most grouping sets before repeated ones are left out, as of elements without DISTINCT (DataFusion's limit).
const MAX_SETS: usize = 4_096;

impl Shape<'_> {
    /// The keys of GROUP BY. A number is a constant in Flink, no position of a column; `()` is one group of all rows.
    pub(super) fn group_keys(&mut self, keys: &mut Vec<Expr>) -> Checked {
        let distinct = matches!(keys.first(), Some(Expr::Identifier(name)) if name.value == DISTINCT_SETS);
        *keys = keys.iter().skip(usize::from(distinct)).flat_map(parts).collect();
        for key in keys.iter_mut() {
            let span = key.span();
            if let Some(sets) = sets_of(key).map_err(|error| self.at(error, span))? {
                *key = Expr::GroupingSets(sets);
            }
        }
        if distinct && keys.iter().any(|key| matches!(key, Expr::GroupingSets(_))) {
            let counts = keys.iter().map(|key| match key {
                Expr::GroupingSets(sets) => sets.len(),
                _ => 1,
            });
            if counts.fold(1usize, usize::saturating_mul) > MAX_SETS {
                let error = Diagnostic::error(format!("GROUP BY of more than {MAX_SETS} grouping sets"));
                return Err(self.at(error, keys[0].span()));
            }
            *keys = vec![Expr::GroupingSets(without_repeated(combined(keys)))];
        }
        for key in keys {
            if let Expr::GroupingSets(sets) = key {
                sets.iter_mut().flatten().try_for_each(|key| self.group_key(key))?;
            } else {
                self.group_key(key)?;
            }
        }
        Ok(())
    }

    fn group_key(&mut self, key: &mut Expr) -> Checked {
        self.expr(key)?;
        if let Expr::Value(value) = key
            && matches!(value.value, Value::Number(..))
        {
            let constant = std::mem::replace(key, text(String::new()));
            *key = Expr::Cast {
                kind: CastKind::Cast,
                expr: Box::new(constant),
                data_type: DataType::Int(None),
                array: false,
                format: None,
            };
        }
        Ok(())
    }
}

/// The grouping sets of an element of GROUP BY; none of a plain key.
fn sets_of(element: &Expr) -> Result<Option<Vec<Vec<Expr>>>, Diagnostic> {
    Ok(Some(match element {
        Expr::GroupingSets(sets) => {
            let mut all = Vec::new();
            for set in sets {
                match set.as_slice() {
                    [only] => match sets_of(only)? {
                        Some(inner) => all.extend(inner),
                        None => all.push(parts(only)),
                    },
                    several => all.push(several.iter().flat_map(parts).collect()),
                }
            }
            all
        }
        Expr::Rollup(groups) => rollup(groups),
        Expr::Cube(groups) => cube(groups)?,
        // Inside GROUPING SETS the parser takes both for functions.
        Expr::Function(function) if function.over.is_none() => {
            let FunctionArguments::List(list) = &function.args else { return Ok(None) };
            let group = |argument: &FunctionArg| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(parts(expr)),
                _ => None,
            };
            let Some(groups) = list.args.iter().map(group).collect::<Option<Vec<_>>>() else {
                return Ok(None);
            };
            match function.name.to_string().to_ascii_uppercase().as_str() {
                "ROLLUP" => rollup(&groups),
                "CUBE" => cube(&groups)?,
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    }))
}

/// ROLLUP (a, b): (a, b), (a), (). Equal sets are one.
fn rollup(groups: &[Vec<Expr>]) -> Vec<Vec<Expr>> {
    let set = |length: usize| groups[..length].iter().flatten().flat_map(parts).collect();
    without_repeated((0..=groups.len()).rev().map(set).collect())
}

/// CUBE (a, b): (a, b), (a), (b), (). Equal sets are one.
fn cube(groups: &[Vec<Expr>]) -> Result<Vec<Vec<Expr>>, Diagnostic> {
    let count = groups.len();
    if count > MAX_CUBE {
        return Err(Diagnostic::error(format!("CUBE of more than {MAX_CUBE} columns")));
    }
    let of = |mask: usize| {
        let kept = groups.iter().enumerate().filter(|(i, _)| mask >> (count - 1 - i) & 1 == 1);
        kept.flat_map(|(_, group)| group).flat_map(parts).collect()
    };
    Ok(without_repeated((0..1usize << count).rev().map(of).collect()))
}

/// The first of each sets that have the same keys.
fn without_repeated(sets: Vec<Vec<Expr>>) -> Vec<Vec<Expr>> {
    let mut known = BTreeSet::new();
    let keys = |set: &Vec<Expr>| set.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
    sets.into_iter().filter(|set| known.insert(keys(set))).collect()
}

/// Several elements of GROUP BY stand for each combination of their sets.
fn combined(keys: &[Expr]) -> Vec<Vec<Expr>> {
    keys.iter().fold(vec![Vec::new()], |all, key| {
        let sets = match key {
            Expr::GroupingSets(sets) => sets.clone(),
            key => vec![vec![key.clone()]],
        };
        let with = |set: &Vec<Expr>| {
            sets.iter().map(|more| set.iter().chain(more).cloned().collect()).collect::<Vec<Vec<Expr>>>()
        };
        all.iter().flat_map(with).collect()
    })
}

/// The keys of `(a, b)`, which the parser may give as a row.
fn parts(expr: &Expr) -> Vec<Expr> {
    row_of(expr).unwrap_or_else(|| vec![expr.clone()])
}

fn row_of(expr: &Expr) -> Option<Vec<Expr>> {
    match expr {
        Expr::Tuple(parts) => Some(parts.clone()),
        Expr::Function(row) if row.name.to_string() == "ROW" => {
            let FunctionArguments::List(list) = &row.args else { return None };
            let part = |argument: &FunctionArg| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
                _ => None,
            };
            list.args.iter().map(part).collect()
        }
        _ => None,
    }
}
