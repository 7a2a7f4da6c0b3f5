//! Arithmetic over numbers, times and intervals.

use std::sync::Arc;

use datafusion_common::ScalarValue;
use streamsql_core::LogicalType;
use streamsql_functions::typing::{self, Arithmetic};
use streamsql_functions::{Arg, Body, Eval, arithmetic, temporal};

use crate::bind::typing::{Typed, Typer, call, literal, typed};
use crate::logical::scalar::{Scalar, ScalarKind};

impl Typer<'_> {
    pub(crate) fn negative(&self, operand: Scalar) -> Typed {
        if !operand.logical_type.is_numeric() && !operand.logical_type.is_interval() {
            return Err(format!("cannot apply '-' to {}", operand.logical_type));
        }
        if let ScalarKind::Literal(value) = &operand.kind
            && let Ok(value) = value.arithmetic_negate()
        {
            // The negative of a literal zero is a literal zero.
            let value = match value {
                ScalarValue::Float64(Some(number)) => ScalarValue::Float64(Some(number + 0.0)),
                other => other,
            };
            let narrowed = literal(&value)?;
            return Ok(Scalar { logical_type: operand.logical_type, ..narrowed });
        }
        let (logical_type, nullable) = (operand.logical_type.clone(), operand.nullable);
        Ok(call(
            "-",
            vec![operand],
            logical_type,
            nullable,
            Body::from(Arc::new(|args: &[Arg], _: usize| arithmetic::negate(&args[0].array)) as Arc<Eval>),
        ))
    }

    pub fn arithmetic(&self, op: Arithmetic, left: Scalar, right: Scalar) -> Typed {
        let (left, right) = (typed(left, op.symbol())?, typed(right, op.symbol())?);
        let (l, r) = (left.logical_type.clone(), right.logical_type.clone());
        let nullable = left.nullable || right.nullable;
        let moved =
            |t: &LogicalType| matches!(t, LogicalType::Date | LogicalType::Time(_)) || t.is_timestamp();
        let refused = || Err(format!("cannot apply '{}' to {l} and {r}", op.symbol()));
        let sign = matches!(op, Arithmetic::Add | Arithmetic::Subtract);
        match (l.is_interval(), r.is_interval()) {
            (true, true) if l == r && sign => {
                let eval = temporal::add_interval(op == Arithmetic::Subtract);
                return Ok(call(op.symbol(), vec![left, right], l, nullable, eval));
            }
            (false, true) if moved(&l) && sign => {
                let eval = temporal::add_interval(op == Arithmetic::Subtract);
                return Ok(call(op.symbol(), vec![left, right], l, nullable, eval));
            }
            // Flink moves an instant only with the interval behind it.
            (true, false) if moved(&r) && op == Arithmetic::Add => {
                if matches!(r, LogicalType::TimestampLtz(_)) {
                    return refused();
                }
                return Ok(call("+", vec![right, left], r, nullable, temporal::add_interval(false)));
            }
            (true, false) if r.is_integer() && op == Arithmetic::Multiply => {
                return self.times_interval(left, right);
            }
            (false, true) if l.is_integer() && op == Arithmetic::Multiply => {
                return self.times_interval(right, left);
            }
            (false, false) if !moved(&l) && !moved(&r) => {}
            (false, false) if moved(&l) && moved(&r) => {
                return Err(format!("cannot apply '{}' to {l} and {r}; use TIMESTAMPDIFF", op.symbol()));
            }
            _ => return refused(),
        }
        let result = typing::arithmetic(op, &l, &r)?;
        let prepare = |scalar: Scalar| match (&result, &scalar.logical_type) {
            (LogicalType::Decimal { .. }, LogicalType::Decimal { .. }) => Ok(scalar),
            (LogicalType::Decimal { .. }, other) => match typing::as_decimal(other) {
                Some((precision, scale)) => self.cast(scalar, &LogicalType::Decimal { precision, scale }),
                None => self.cast(scalar, &result),
            },
            _ => self.cast(scalar, &result),
        };
        let args = if op == Arithmetic::Modulo && result.is_integer() {
            // Computed in the wider type, then narrowed to the second operand's.
            let wide = typing::arithmetic(Arithmetic::Add, &l, &r)?;
            let computed = call(
                "%",
                vec![self.cast(left, &wide)?, self.cast(right, &wide)?],
                wide.clone(),
                nullable,
                arithmetic::eval(op, &wide),
            );
            return self.cast(computed, &result);
        } else {
            vec![prepare(left)?, prepare(right)?]
        };
        let eval = arithmetic::eval(op, &result);
        let computed = call(op.symbol(), args, result, nullable, eval);
        Ok(if sign || op == Arithmetic::Multiply { computed.total() } else { computed })
    }

    /// An interval times a whole number.
    fn times_interval(&self, interval: Scalar, count: Scalar) -> Typed {
        let (result, nullable) = (interval.logical_type.clone(), interval.nullable || count.nullable);
        let count = self.cast(count, &LogicalType::BigInt)?;
        Ok(call("*", vec![interval, count], result, nullable, temporal::times_interval()))
    }

    /// TIMESTAMPADD(unit, n, time) as time + n * INTERVAL '1' unit.
    pub(crate) fn timestamp_add(&self, args: Vec<Scalar>) -> Typed {
        let [unit, count, time]: [Scalar; 3] =
            args.try_into().map_err(|_| "TIMESTAMPADD needs three arguments".to_owned())?;
        let ScalarKind::Literal(ScalarValue::Utf8(Some(unit))) = &unit.kind else {
            return Err("TIMESTAMPADD needs a unit".to_owned());
        };
        let unit = unit.to_ascii_uppercase();
        let (months, ms) = match unit.strip_prefix("SQL_TSI_").unwrap_or(&unit) {
            "YEAR" => (12, 0),
            "QUARTER" => (3, 0),
            "MONTH" => (1, 0),
            "WEEK" => (0, 604_800_000),
            "DAY" => (0, 86_400_000),
            "HOUR" => (0, 3_600_000),
            "MINUTE" => (0, 60_000),
            "SECOND" => (0, 1_000),
            other => return Err(format!("TIMESTAMPADD has no unit {other}")),
        };
        if !count.logical_type.is_integer() {
            return Err(format!("TIMESTAMPADD needs a whole number of units, found {}", count.logical_type));
        }
        if time.logical_type.is_interval() {
            return Err(format!("TIMESTAMPADD needs a date or time, found {}", time.logical_type));
        }
        let interval = if months > 0 {
            ScalarValue::IntervalYearMonth(Some(months))
        } else {
            ScalarValue::DurationMillisecond(Some(ms))
        };
        // Hours of a day make a time of it.
        let time = if time.logical_type == LogicalType::Date && ms % 86_400_000 != 0 {
            self.cast(time, &LogicalType::Timestamp(6))?
        } else {
            time
        };
        let count = self.cast(count, &LogicalType::BigInt)?;
        let interval = self.times_interval(literal(&interval)?, count)?;
        self.arithmetic(Arithmetic::Add, time, interval)
    }
}
