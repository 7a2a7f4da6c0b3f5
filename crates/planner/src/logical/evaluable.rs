//! Typed expressions as they run: constants folded as Flink folds them, lists of constants as sets.

use std::sync::Arc;

use arrow::array::ArrayRef;
use streamsql_core::Schema;
use streamsql_functions::call::result_field;
use streamsql_functions::{Expression, Function, constant};
use streamsql_plan::Expr;

use crate::logical::{Scalar, ScalarKind};

/// Least number of constants in an IN that become a set.
const LEAST_IN_SET: usize = 4;

impl Scalar {
    /// The evaluable form over an input of this schema.
    pub fn to_expr(&self, input: &Schema) -> Result<Expr, String> {
        let name = |i: usize| input.columns.get(i).map_or_else(|| format!("${i}"), |c| c.name.clone());
        Ok(Expr {
            text: self.text(&name),
            canonical: format!("{} {}", self.text(&|i| format!("${i}")), self.logical_type),
            logical_type: self.logical_type.clone(),
            nullable: self.nullable,
            deterministic: self.is_deterministic(),
            evaluator: Arc::new(self.expression(input)?),
            column: self.as_column(),
            key_column: self.key_column(),
        })
    }

    /// The tree itself.
    pub fn expression(&self, input: &Schema) -> Result<Expression, String> {
        self.folded(input)
    }

    /// A constant as the literal that Flink makes of it, as a whole; anything else with such constants in it.
    fn folded(&self, input: &Schema) -> Result<Expression, String> {
        if !self.is_constant() {
            return self.built(input, &Self::folded);
        }
        let expression = self.unfolded(input)?;
        // Flink does not fold the JSON functions, whose behaviours on errors are no constants for it.
        let json = self.as_call().is_some_and(|(name, _)| name.starts_with("JSON_"));
        if json || !constant::is_rounded(&self.logical_type) {
            return Ok(expression);
        }
        let function = Function {
            name: "LITERAL".to_owned(),
            result: result_field(&self.logical_type, self.nullable),
            volatile: false,
            total: false,
            body: constant::as_literal(&self.logical_type).into(),
            place: self.place(),
        };
        Ok(Expression::call(&function, vec![expression], &self.logical_type))
    }

    fn unfolded(&self, input: &Schema) -> Result<Expression, String> {
        self.built(input, &Self::unfolded)
    }

    /// The operator itself over operands as `operand` makes them.
    fn built(&self, input: &Schema, operand: &Build) -> Result<Expression, String> {
        let each = |scalar: &Scalar| operand(scalar, input);
        Ok(match &self.kind {
            ScalarKind::Column(index) => {
                Expression::column(*index, input.columns.get(*index).map_or("", |c| c.name.as_str()))
            }
            ScalarKind::Literal(value) => {
                Expression::constant(value.to_array().map_err(|e| e.strip_backtrace())?)
            }
            ScalarKind::Call(function, arguments) => {
                let mut list = arguments.iter().map(each).collect::<Result<Vec<_>, _>>()?;
                let lazy = arguments.iter().all(Self::is_deterministic);
                match (function.name.as_str(), list.len()) {
                    ("IF", 3) => {
                        let otherwise = list.pop();
                        let branch = list.pop().zip(list.pop()).map(|(then, when)| (when, then));
                        Expression::case(branch.into_iter().collect(), otherwise, &self.logical_type)
                    }
                    // Flink computes all arguments: one with a memory (RAND) must not miss a row.
                    ("COALESCE" | "IFNULL", _) if lazy => Expression::coalesce(list, &self.logical_type),
                    _ => Expression::call(function, list, &self.logical_type),
                }
            }
            ScalarKind::And(l, r) => Expression::and(each(l)?, each(r)?),
            ScalarKind::Or(l, r) => match self.as_set(input, operand)? {
                Some(set) => set,
                None => Expression::or(each(l)?, each(r)?),
            },
            ScalarKind::Not(operand) => Expression::not(each(operand)?),
            ScalarKind::IsNull { operand, negated } => Expression::is_null(each(operand)?, *negated),
            ScalarKind::Case { branches, otherwise } => {
                let branches = branches
                    .iter()
                    .map(|(when, then)| Ok((each(when)?, each(then)?)))
                    .collect::<Result<_, String>>()?;
                let otherwise = otherwise.as_ref().map(|scalar| each(scalar)).transpose()?;
                Expression::case(branches, otherwise, &self.logical_type)
            }
        })
    }

    /// `a = 1 OR a = 2 …` over one operand and constants as a test for a set.
    fn as_set(&self, input: &Schema, operand: &Build) -> Result<Option<Expression>, String> {
        let mut leaves = Vec::new();
        self.disjuncts(&mut leaves);
        if leaves.len() < LEAST_IN_SET {
            return Ok(None);
        }
        let mut values: Vec<ArrayRef> = Vec::with_capacity(leaves.len());
        let mut tested: Option<&Scalar> = None;
        for leaf in leaves {
            let Some(("=", [left, right])) = leaf.as_call() else { return Ok(None) };
            let same = tested.is_none_or(|tested| tested.is_same(left));
            if !same || left.columns().is_empty() || !left.is_deterministic() || !right.is_literal() {
                return Ok(None);
            }
            let Some(value) = operand(right, input)?.value_of_constant() else { return Ok(None) };
            values.push(value);
            tested = Some(left);
        }
        let Some(tested) = tested else { return Ok(None) };
        Ok(Expression::is_one_of(operand(tested, input)?, &values, &tested.logical_type))
    }

    fn disjuncts<'s>(&'s self, out: &mut Vec<&'s Scalar>) {
        match &self.kind {
            ScalarKind::Or(l, r) => {
                l.disjuncts(out);
                r.disjuncts(out);
            }
            _ => out.push(self),
        }
    }
}

/// Makes the evaluable form of an operand.
type Build = dyn Fn(&Scalar, &Schema) -> Result<Expression, String>;
