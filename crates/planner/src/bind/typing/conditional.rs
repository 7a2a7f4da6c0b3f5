//! CASE and NULLIF, and what their branches become.

use datafusion_common::ScalarValue;
use datafusion_expr::expr::Case;
use streamsql_core::LogicalType;
use streamsql_functions::compare::Comparison;
use streamsql_functions::{cast, typing};

use crate::bind::typing::{Typed, Typer, literal, typed};
use crate::logical::scalar::{Scalar, ScalarKind};

impl Typer<'_> {
    pub(crate) fn case(&self, case: &Case) -> Typed {
        let base = case.expr.as_ref().map(|expr| self.typed(expr)).transpose()?;
        let mut whens = Vec::new();
        let mut thens = Vec::new();
        for (when, then) in &case.when_then_expr {
            let when = match &base {
                Some(base) => self.comparison(Comparison::Eq, base.clone(), self.typed(when)?)?,
                None => self.condition(when, "WHEN")?,
            };
            whens.push(when);
            thens.push(self.typed(then)?);
        }
        let otherwise = case.else_expr.as_ref().map(|expr| self.typed(expr)).transpose()?;
        // Calcite leaves the value of a CASE that always gives the same.
        if let Some(value) = &otherwise
            && value.is_deterministic()
            && thens.iter().all(|then| then.is_same(value))
            && value.logical_type != LogicalType::Null
        {
            return Ok(value.clone());
        }
        let types: Vec<LogicalType> =
            thens.iter().chain(&otherwise).map(|s| s.logical_type.clone()).collect();
        let logical_type =
            typing::least_restrictive(&types).map_err(|e| format!("the branches of CASE have {e}"))?;
        if logical_type == LogicalType::Null {
            return Err("all branches of CASE are NULL: cast one to a type".to_owned());
        }
        let nullable = otherwise.as_ref().is_none_or(|s| s.nullable) || thens.iter().any(|s| s.nullable);
        let branches = whens
            .into_iter()
            .zip(thens)
            .map(|(when, then)| Ok((when, self.branch(then, &logical_type)?)))
            .collect::<Result<_, String>>()?;
        let otherwise = otherwise.map(|s| self.branch(s, &logical_type)).transpose()?.map(Box::new);
        Ok(Scalar { kind: ScalarKind::Case { branches, otherwise }, logical_type, nullable })
    }

    /// `NULLIF(a, b)`: CASE WHEN a = b THEN NULL ELSE a END.
    pub(crate) fn null_if(&self, args: Vec<Scalar>) -> Typed {
        let [value, other]: [Scalar; 2] =
            args.try_into().map_err(|_| "NULLIF needs two arguments".to_owned())?;
        let value = typed(value, "NULLIF")?;
        let refused = matches!(value.logical_type, LogicalType::Array(_) | LogicalType::Multiset(_));
        if value.logical_type.is_interval() || refused {
            return Err(format!("NULLIF does not take {} in Flink 1.18; use CASE", value.logical_type));
        }
        let equal = self.comparison(Comparison::Eq, value.clone(), other)?;
        let nothing = self.cast(literal(&ScalarValue::Null)?, &value.logical_type)?;
        let logical_type = value.logical_type.clone();
        let value = self.branch(value, &logical_type)?;
        let kind = ScalarKind::Case { branches: vec![(equal, nothing)], otherwise: Some(Box::new(value)) };
        Ok(Scalar { kind, logical_type, nullable: true })
    }

    /// A branch of CASE, IF or NULLIF: Flink casts it to its own type too, which gives CHAR and BINARY their length.
    pub(crate) fn branch(&self, scalar: Scalar, to: &LogicalType) -> Typed {
        let sized = matches!(to, LogicalType::Binary(_) | LogicalType::Char(_));
        if scalar.logical_type == *to && sized && !matches!(scalar.kind, ScalarKind::Literal(_)) {
            return self.evaluated_cast(cast::cast, scalar, to, false);
        }
        self.cast(scalar, to)
    }
}
