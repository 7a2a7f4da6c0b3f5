//! Scalar expressions of the model: made at random for a type, written as SQL, evaluated value by value.
//!
//! Evaluation follows Flink: AND, OR, CASE and IF look at a side only where it decides, NULL is neither true nor false,
//! integers wrap. What can fail (a division, a cast of a text) is made behind a guard only, so that every query of the
//! model has a result; an engine that looks behind the guard fails.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::relation::{Column, Dialect, Time};
use super::value::{Row, Type, Value};
use super::world::START_S;

/// An expression over the columns of one input.
#[derive(Clone, Debug)]
pub enum Expr {
    Column(usize),
    Literal(Value, Type),
    /// `+ - * / %` over INT or BIGINT.
    Arithmetic(char, Box<Expr>, Box<Expr>, Type),
    Compare(&'static str, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    IsNull(Box<Expr>),
    /// Written as CASE or as IF.
    Choice {
        as_if: bool,
        when: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    Coalesce(Box<Expr>, Box<Expr>),
    Concat(Box<Expr>, Box<Expr>),
    Upper(Box<Expr>),
    CharLength(Box<Expr>),
    /// `SIMILAR TO '[0-9]+'`.
    IsDigits(Box<Expr>),
    TextToInt(Box<Expr>),
    IntToText(Box<Expr>),
}

/// Why an evaluation has no value.
pub type Failure = &'static str;

/// How an expression must not be looked at: what Flink would answer is not the model's to say.
const FAILS: &str = "it fails";

impl Expr {
    /// The expressions that it is made of.
    fn parts(&self) -> Vec<&Expr> {
        match self {
            Self::Column(_) | Self::Literal(..) => Vec::new(),
            Self::Arithmetic(_, a, b, _)
            | Self::Compare(_, a, b)
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::Coalesce(a, b)
            | Self::Concat(a, b) => vec![a, b],
            Self::Choice { when, then, otherwise, .. } => vec![when, then, otherwise],
            Self::Not(a)
            | Self::IsNull(a)
            | Self::Upper(a)
            | Self::CharLength(a)
            | Self::IsDigits(a)
            | Self::TextToInt(a)
            | Self::IntToText(a) => vec![a],
        }
    }

    /// The input's columns that it reads.
    pub fn columns(&self) -> BTreeSet<usize> {
        let below = self.parts().into_iter().flat_map(Self::columns);
        below
            .chain(match self {
                Self::Column(column) => Some(*column),
                _ => None,
            })
            .collect()
    }

    /// Without the sides of its AND and OR that constants decide, as Calcite's `RexSimplify` leaves a condition.
    pub fn simplified(&self) -> Expr {
        let (a, b, deciding) = match self {
            Self::Or(a, b) => (a.simplified(), b.simplified(), true),
            Self::And(a, b) => (a.simplified(), b.simplified(), false),
            other => return other.clone(),
        };
        let truth = |expr: &Expr| expr.columns().is_empty().then(|| expr.holds(&Row::new()).ok()).flatten();
        match (truth(&a), truth(&b)) {
            (Some(holds), _) if holds == deciding => a,
            (_, Some(holds)) if holds == deciding => b,
            (Some(_), _) => b,
            (_, Some(_)) => a,
            (None, None) if deciding => Self::Or(Box::new(a), Box::new(b)),
            (None, None) => Self::And(Box::new(a), Box::new(b)),
        }
    }

    /// Whether an OR in it reads one of the first columns.
    pub fn has_or_over(&self, first: usize) -> bool {
        let own = matches!(self, Self::Or(..)) && self.columns().iter().any(|column| *column < first);
        own || self.parts().into_iter().any(|part| part.has_or_over(first))
    }

    /// The text, over the names of the input's columns.
    pub fn sql(&self, names: &[String], dialect: Dialect) -> String {
        let of = |expr: &Expr| expr.sql(names, dialect);
        match self {
            Self::Column(i) => names[*i].clone(),
            Self::Literal(value, of) => value.literal(*of, dialect),
            // PostgreSQL promises no order in which it looks at conditions, so that a guard alone is none.
            Self::Arithmetic(op @ ('/' | '%'), a, b, _) if dialect == Dialect::Postgres => {
                format!("({} {op} NULLIF({}, 0))", of(a), of(b))
            }
            Self::Arithmetic(op, a, b, _) => format!("({} {op} {})", of(a), of(b)),
            Self::Compare(op, a, b) => format!("({} {op} {})", of(a), of(b)),
            Self::And(a, b) => format!("({} AND {})", of(a), of(b)),
            Self::Or(a, b) => format!("({} OR {})", of(a), of(b)),
            Self::Not(a) => format!("(NOT {})", of(a)),
            Self::IsNull(a) => format!("({} IS NULL)", of(a)),
            Self::Choice { as_if: true, when, then, otherwise } if dialect == Dialect::Flink => {
                format!("IF({}, {}, {})", of(when), of(then), of(otherwise))
            }
            Self::Choice { when, then, otherwise, .. } => {
                format!("(CASE WHEN {} THEN {} ELSE {} END)", of(when), of(then), of(otherwise))
            }
            Self::Coalesce(a, b) => format!("COALESCE({}, {})", of(a), of(b)),
            Self::Concat(a, b) => format!("({} || {})", of(a), of(b)),
            Self::Upper(a) => format!("UPPER({})", of(a)),
            Self::CharLength(a) => format!("CHAR_LENGTH({})", of(a)),
            Self::IsDigits(a) => format!("({} SIMILAR TO '[0-9]+')", of(a)),
            Self::TextToInt(a) if dialect == Dialect::Postgres => {
                format!("CAST(SUBSTRING({} FROM '^[0-9]+$') AS INT)", of(a))
            }
            Self::TextToInt(a) => format!("CAST({} AS INT)", of(a)),
            Self::IntToText(a) => format!("CAST({} AS {})", of(a), Type::String.sql(dialect)),
        }
    }

    /// # Errors
    /// Where Flink would end the job.
    pub fn evaluate(&self, row: &Row) -> Result<Value, Failure> {
        Ok(match self {
            Self::Column(i) => row[*i].clone(),
            Self::Literal(value, _) => value.clone(),
            Self::Arithmetic(op, a, b, of) => match (a.evaluate(row)?, b.evaluate(row)?) {
                (Value::Integer(a), Value::Integer(b)) => arithmetic(*op, a, b, *of)?,
                _ => Value::Null,
            },
            Self::Compare(op, a, b) => {
                let (a, b) = (a.evaluate(row)?, b.evaluate(row)?);
                if a.is_null() || b.is_null() {
                    return Ok(Value::Null);
                }
                Value::Boolean(match *op {
                    "=" => a == b,
                    "<>" => a != b,
                    "<" => a < b,
                    _ => a >= b,
                })
            }
            Self::And(a, b) => match a.evaluate(row)? {
                Value::Boolean(false) => Value::Boolean(false),
                a => match (a, b.evaluate(row)?) {
                    (_, Value::Boolean(false)) => Value::Boolean(false),
                    (Value::Boolean(_), Value::Boolean(_)) => Value::Boolean(true),
                    _ => Value::Null,
                },
            },
            Self::Or(a, b) => match a.evaluate(row)? {
                Value::Boolean(true) => Value::Boolean(true),
                a => match (a, b.evaluate(row)?) {
                    (_, Value::Boolean(true)) => Value::Boolean(true),
                    (Value::Boolean(_), Value::Boolean(_)) => Value::Boolean(false),
                    _ => Value::Null,
                },
            },
            Self::Not(a) => match a.evaluate(row)? {
                Value::Boolean(a) => Value::Boolean(!a),
                _ => Value::Null,
            },
            Self::IsNull(a) => Value::Boolean(a.evaluate(row)?.is_null()),
            Self::Choice { when, then, otherwise, .. } => {
                let taken = if when.holds(row)? { then } else { otherwise };
                taken.evaluate(row)?
            }
            Self::Coalesce(a, b) => match a.evaluate(row)? {
                Value::Null => b.evaluate(row)?,
                a => a,
            },
            Self::Concat(a, b) => match (a.evaluate(row)?, b.evaluate(row)?) {
                (Value::Text(a), Value::Text(b)) => Value::Text(a + &b),
                _ => Value::Null,
            },
            Self::Upper(a) => a.text(row, |text| Ok(Value::Text(text.to_ascii_uppercase())))?,
            Self::CharLength(a) => a.text(row, |text| Ok(Value::Integer(text.len() as i64)))?,
            Self::IsDigits(a) => {
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                a.text(row, |text| Ok(Value::Boolean(digits(text))))?
            }
            Self::TextToInt(a) => a.text(row, |text| match text.parse::<i32>() {
                Ok(i) => Ok(Value::Integer(i64::from(i))),
                Err(_) => Err(FAILS),
            })?,
            Self::IntToText(a) => match a.evaluate(row)? {
                Value::Integer(i) => Value::Text(i.to_string()),
                _ => Value::Null,
            },
        })
    }

    /// Whether a condition is true; neither false nor NULL is.
    ///
    /// # Errors
    /// As `evaluate`.
    pub fn holds(&self, row: &Row) -> Result<bool, Failure> {
        Ok(self.evaluate(row)? == Value::Boolean(true))
    }

    fn text(&self, row: &Row, then: impl FnOnce(&str) -> Result<Value, Failure>) -> Result<Value, Failure> {
        match self.evaluate(row)? {
            Value::Text(text) => then(&text),
            _ => Ok(Value::Null),
        }
    }
}

fn arithmetic(op: char, a: i64, b: i64, of: Type) -> Result<Value, Failure> {
    let wide = match op {
        '+' => a.wrapping_add(b),
        '-' => a.wrapping_sub(b),
        '*' => a.wrapping_mul(b),
        _ if b == 0 => return Err(FAILS),
        '/' => a.wrapping_div(b),
        _ => a.wrapping_rem(b),
    };
    Ok(Value::Integer(if of == Type::Int { i64::from(wide as i32) } else { wide }))
}

/// Makes expressions over the columns of an input.
pub struct Expressions<'a> {
    pub random: &'a mut ChaCha8Rng,
    pub columns: &'a [Column],
}

impl Expressions<'_> {
    /// An expression of a type, at most `depth` deep.
    pub fn of(&mut self, of: Type, depth: usize) -> Expr {
        if depth == 0 || of == Type::IntArray || of == Type::Timestamp || self.random.random_bool(0.3) {
            return self.leaf(of);
        }
        if self.random.random_bool(0.15) {
            return self.choice(of, depth);
        }
        match of {
            Type::Boolean => self.condition(depth),
            Type::Int | Type::BigInt => self.number(of, depth),
            _ => self.words(depth),
        }
    }

    /// A condition.
    pub fn condition(&mut self, depth: usize) -> Expr {
        let below = depth.saturating_sub(1);
        match self.random.random_range(0..8) {
            0 => Expr::And(self.boxed(Type::Boolean, below), self.boxed(Type::Boolean, below)),
            1 => Expr::Or(self.boxed(Type::Boolean, below), self.boxed(Type::Boolean, below)),
            2 => Expr::Not(self.boxed(Type::Boolean, below)),
            3 => {
                let of = *[Type::Int, Type::String, Type::Boolean].choose(self.random).unwrap_or(&Type::Int);
                Expr::IsNull(self.boxed(of, below))
            }
            4 => self.guarded_condition(below),
            _ => {
                let types = [Type::Int, Type::Int, Type::BigInt, Type::String, Type::Timestamp];
                let of = *types.choose(self.random).unwrap_or(&Type::Int);
                let op = *["=", "<>", "<", ">="].choose(self.random).unwrap_or(&"=");
                Expr::Compare(op, self.boxed(of, below), self.boxed(of, below))
            }
        }
    }

    fn number(&mut self, of: Type, depth: usize) -> Expr {
        let below = depth - 1;
        match self.random.random_range(0..6) {
            0 if of == Type::Int => Expr::CharLength(self.boxed(Type::String, below)),
            1 => Expr::Coalesce(self.boxed(of, below), self.boxed(of, below)),
            2 => self.guarded_number(of, below),
            _ => {
                let op = *['+', '-', '*'].choose(self.random).unwrap_or(&'+');
                Expr::Arithmetic(op, self.boxed(of, below), self.boxed(of, below), of)
            }
        }
    }

    fn words(&mut self, depth: usize) -> Expr {
        let below = depth - 1;
        match self.random.random_range(0..4) {
            0 => Expr::Upper(self.boxed(Type::String, below)),
            1 => Expr::IntToText(self.boxed(Type::Int, below)),
            2 => Expr::Coalesce(self.boxed(Type::String, below), self.boxed(Type::String, below)),
            _ => Expr::Concat(self.boxed(Type::String, below), self.boxed(Type::String, below)),
        }
    }

    fn choice(&mut self, of: Type, depth: usize) -> Expr {
        Expr::Choice {
            as_if: self.random.random(),
            when: self.boxed(Type::Boolean, depth - 1),
            then: self.boxed(of, depth - 1),
            otherwise: self.boxed(of, depth - 1),
        }
    }

    /// `b <> 0 AND a / b >= c` and its kind: the right side has a value only where the left one lets it be looked at.
    fn guarded_condition(&mut self, depth: usize) -> Expr {
        if self.random.random_bool(0.3) {
            let text = self.boxed(Type::String, depth);
            let number = Box::new(Expr::TextToInt(text.clone()));
            let bound = self.boxed(Type::Int, 0);
            let right = Box::new(Expr::Compare(">=", number, bound));
            return Expr::And(Box::new(Expr::IsDigits(text)), right);
        }
        let divisor = self.boxed(Type::Int, depth);
        let quotient = self.quotient(&divisor, Type::Int, depth);
        let right = Box::new(Expr::Compare(">=", Box::new(quotient), self.boxed(Type::Int, 0)));
        let zero = Box::new(Expr::Literal(Value::Integer(0), Type::Int));
        if self.random.random() {
            Expr::And(Box::new(Expr::Compare("<>", divisor, zero)), right)
        } else {
            Expr::Or(Box::new(Expr::Compare("=", divisor, zero)), right)
        }
    }

    /// `IF(b = 0, x, a / b)`, or as CASE.
    fn guarded_number(&mut self, of: Type, depth: usize) -> Expr {
        let divisor = self.boxed(of, depth);
        let zero = Box::new(Expr::Literal(Value::Integer(0), of));
        let otherwise = Box::new(self.quotient(&divisor, of, depth));
        Expr::Choice {
            as_if: self.random.random(),
            when: Box::new(Expr::Compare("=", divisor, zero)),
            then: self.boxed(of, depth),
            otherwise,
        }
    }

    fn quotient(&mut self, divisor: &Expr, of: Type, depth: usize) -> Expr {
        let op = if self.random.random() { '/' } else { '%' };
        Expr::Arithmetic(op, self.boxed(of, depth), Box::new(divisor.clone()), of)
    }

    fn boxed(&mut self, of: Type, depth: usize) -> Box<Expr> {
        Box::new(self.of(of, depth))
    }

    fn leaf(&mut self, of: Type) -> Expr {
        let fitting = |(_, column): &(usize, &Column)| column.of == of && column.time != Time::Processing;
        let fitting: Vec<usize> = self.columns.iter().enumerate().filter(fitting).map(|(i, _)| i).collect();
        match fitting.choose(self.random) {
            Some(column) if self.random.random_bool(0.8) => Expr::Column(*column),
            _ => Expr::Literal(literal(self.random, of), of),
        }
    }
}

/// A value of a type: few different ones, so that rows meet.
pub fn literal(random: &mut ChaCha8Rng, of: Type) -> Value {
    if random.random_bool(0.12) && of != Type::IntArray {
        return Value::Null;
    }
    match of {
        Type::Boolean => Value::Boolean(random.random()),
        Type::Int => Value::Integer(random.random_range(-3..=5)),
        Type::BigInt => Value::Integer(random.random_range(-2..=3) * 1_000_000_007),
        Type::String => {
            let words = ["", "a", "b", "ab", "Ba", "0", "7", "12", "x1"];
            Value::Text((*words.choose(random).unwrap_or(&"")).to_owned())
        }
        Type::Timestamp => Value::Time((START_S + random.random_range(0..60)) * 1_000),
        Type::IntArray => {
            let items = (0..random.random_range(0..4)).map(|_| literal(random, Type::Int));
            Value::Array(items.collect())
        }
    }
}
