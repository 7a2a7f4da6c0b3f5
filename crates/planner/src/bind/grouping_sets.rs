//! GROUPING SETS, CUBE and ROLLUP: every row once for each set, with NULL in the keys that the set leaves out (Flink
//! `ExpandUtil`, `DecomposeGroupingSetsRule`).

use datafusion_common::ScalarValue;
use datafusion_expr::Expr;
use streamsql_core::LogicalType;

use super::aggregate::big_int;
use crate::error::PlanError;
use crate::logical::{Columns, Op, Rel, Relation, Scalar, ScalarKind, plain};

pub struct GroupingSets {
    /// For each set the keys that it has.
    sets: Vec<Vec<usize>>,
    /// Number of all keys.
    keys: usize,
}

impl GroupingSets {
    /// A set that stands twice gives its groups twice.
    pub fn new(sets: Vec<Vec<usize>>, keys: usize) -> Self {
        Self { sets, keys }
    }

    /// Whether all sets have a key.
    pub fn has_everywhere(&self, key: usize) -> bool {
        self.sets.iter().all(|set| set.contains(&key))
    }

    /// How many sets of the same keys stand before one.
    fn before(&self, set: usize) -> i64 {
        let is_same = |one: &Vec<usize>, other: &Vec<usize>| {
            one.iter().all(|key| other.contains(key)) && other.iter().all(|key| one.contains(key))
        };
        self.sets[..set].iter().filter(|other| is_same(other, &self.sets[set])).count() as i64
    }

    /// The input's columns, the keys, and the number of the set.
    pub fn expand(&self, input: &Rel, keys: &[Scalar]) -> Rel {
        let mut columns = input.columns.clone();
        for (i, key) in keys.iter().enumerate() {
            let nullable = key.nullable || !self.has_everywhere(i);
            columns.push(plain(&format!("$key{i}"), key.logical_type.clone(), nullable));
        }
        columns.push(plain("$e", LogicalType::BigInt, false));
        let project = |(number, set): (usize, &Vec<usize>)| {
            let mut project = input.references();
            project.extend(keys.iter().enumerate().map(|(i, key)| match set.contains(&i) {
                true => key.clone(),
                false => null(&key.logical_type),
            }));
            project.push(big_int(number as i64));
            project
        };
        let projects = self.sets.iter().enumerate().map(project).collect();
        Relation::new(Op::Expand(projects), vec![Rel::clone(input)], columns)
    }

    /// GROUPING, GROUPING_ID or GROUP_ID over the columns of the aggregate: the number of the set decides. `keys` are the
    /// keys as they are written.
    pub fn function(&self, name: &str, arguments: &[Expr], keys: &[Expr]) -> Result<Scalar, PlanError> {
        let is_group_id = name == "GROUP_ID";
        if is_group_id && (0..self.sets.len()).all(|set| self.before(set) == 0) {
            return Ok(big_int(0));
        }
        let position = |argument: &Expr| {
            let wrong = || PlanError::new(format!("{name} takes columns of GROUP BY, found {argument}"));
            keys.iter().position(|key| key == argument).ok_or_else(wrong)
        };
        let positions = arguments.iter().map(position).collect::<Result<Vec<_>, _>>()?;
        let value = |set: &Vec<usize>| {
            positions.iter().fold(0, |bits, key| bits << 1 | i64::from(!set.contains(key)))
        };
        let number = || Scalar::column(self.keys, LogicalType::BigInt, false);
        let mut branches = Vec::with_capacity(self.sets.len());
        for (i, set) in self.sets.iter().enumerate() {
            let function = crate::bind::typing::call(
                "=",
                vec![number(), big_int(i as i64)],
                LogicalType::Boolean,
                false,
                streamsql_functions::compare::eval(streamsql_functions::compare::Comparison::Eq),
            );
            let value = if is_group_id { self.before(i) } else { value(set) };
            branches.push((function, big_int(value)));
        }
        let otherwise = Some(Box::new(big_int(0)));
        let kind = ScalarKind::Case { branches, otherwise };
        Ok(Scalar { kind, logical_type: LogicalType::BigInt, nullable: false })
    }

    /// The same functions where there are no grouping sets: every key is there.
    pub fn none(name: &str, _arguments: &[Expr]) -> Result<Scalar, PlanError> {
        match name {
            "GROUPING" | "GROUPING_ID" | "GROUP_ID" => Ok(big_int(0)),
            other => Err(PlanError::new(format!("the aggregate {other} is not supported yet"))),
        }
    }
}

/// NULL of a type.
pub fn null(logical_type: &LogicalType) -> Scalar {
    let value = ScalarValue::try_new_null(&logical_type.to_arrow()).unwrap_or(ScalarValue::Null);
    Scalar { kind: ScalarKind::Literal(value), logical_type: logical_type.clone(), nullable: true }
}
