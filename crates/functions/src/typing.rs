//! Flink's result types (Flink `LogicalTypeMerging`, `FlinkTypeSystem`, `LogicalTypeCasts`).

use streamsql_core::types::{ElementType, MAX_LENGTH};
use streamsql_core::{Column, LogicalType};

/// Digits of a DECIMAL at most.
const MAX_PRECISION: u8 = 38;

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Arithmetic {
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }
}

/// Precision and scale that a type counts as in decimal arithmetic; integers are decimals without a scale.
pub fn as_decimal(logical_type: &LogicalType) -> Option<(u8, u8)> {
    Some(match logical_type {
        LogicalType::TinyInt => (3, 0),
        LogicalType::SmallInt => (5, 0),
        LogicalType::Int => (10, 0),
        LogicalType::BigInt => (19, 0),
        LogicalType::Decimal { precision, scale } => (*precision, *scale),
        _ => return None,
    })
}

/// Result type of `left op right` for numbers; times and intervals are typed in `temporal`.
pub fn arithmetic(op: Arithmetic, left: &LogicalType, right: &LogicalType) -> Result<LogicalType, String> {
    if *left == LogicalType::Null || *right == LogicalType::Null {
        let other = if *left == LogicalType::Null { right } else { left };
        if *other != LogicalType::Null && !other.is_numeric() && !other.is_interval() {
            return Err(format!("cannot apply '{}' to {left} and {right}", op.symbol()));
        }
        return Ok(if *other == LogicalType::Null { LogicalType::Int } else { other.clone() });
    }
    if !left.is_numeric() || !right.is_numeric() {
        return Err(format!("cannot apply '{}' to {left} and {right}", op.symbol()));
    }
    if let Some(approximate) = approximate(left, right) {
        return Ok(approximate);
    }
    if left.is_integer() && right.is_integer() {
        // MOD has the type of its second operand.
        return Ok(if op == Arithmetic::Modulo { right.clone() } else { wider_integer(left, right) });
    }
    let (Some((p1, s1)), Some((p2, s2))) = (as_decimal(left), as_decimal(right)) else {
        return Err(format!("cannot apply '{}' to {left} and {right}", op.symbol()));
    };
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    let (precision, scale) = match op {
        Arithmetic::Add | Arithmetic::Subtract => {
            let scale = s1.max(s2);
            ((p1 - s1).max(p2 - s2) + scale + 1, scale)
        }
        Arithmetic::Multiply => (p1 + p2 + 1, s1 + s2),
        Arithmetic::Divide => {
            let scale = 6.max(s1 + p2 + 1);
            (p1 - s1 + s2 + scale, scale)
        }
        Arithmetic::Modulo if s1 == 0 && s2 == 0 => return Ok(right.clone()),
        Arithmetic::Modulo => {
            let scale = s1.max(s2);
            ((p1 - s1).min(p2 - s2) + scale, scale)
        }
    };
    Ok(adjusted_decimal(precision, scale))
}

/// Cuts a decimal type to 38 digits, keeping at least 6 of the scale where it has them.
pub fn adjusted_decimal(precision: i32, scale: i32) -> LogicalType {
    if precision <= 38 {
        return LogicalType::Decimal { precision: precision as u8, scale: scale as u8 };
    }
    let digits = precision - scale;
    let scale = (38 - digits).max(scale.min(6));
    LogicalType::Decimal { precision: 38, scale: scale as u8 }
}

fn wider_integer(left: &LogicalType, right: &LogicalType) -> LogicalType {
    let rank = |t: &LogicalType| as_decimal(t).map_or(0, |(p, _)| p);
    if rank(left) >= rank(right) { left.clone() } else { right.clone() }
}

/// FLOAT or DOUBLE where one side is: the first approximate type wins, but a decimal makes it DOUBLE (Calcite
/// `leastRestrictive`).
fn approximate(left: &LogicalType, right: &LogicalType) -> Option<LogicalType> {
    match (left.is_approximate(), right.is_approximate()) {
        (false, false) => None,
        (true, true) => Some(left.clone()),
        (true, false) => Some(if right.is_decimal() { LogicalType::Double } else { left.clone() }),
        (false, true) => Some(if left.is_decimal() { LogicalType::Double } else { right.clone() }),
    }
}

/// Whether `=` takes values of these types, which have no type in common, and is never true: Flink compares the Java
/// objects that hold them (`ScalarOperatorGens.generateEquals`).
pub fn is_never_equal(left: &LogicalType, right: &LogicalType) -> bool {
    let whole = |t: &LogicalType| *t == LogicalType::Boolean || t.is_interval();
    match (left, right) {
        (text, other) | (other, text) if text.is_character() && whole(other) => true,
        (LogicalType::Array(_), LogicalType::Array(_)) => true,
        (LogicalType::Row(l), LogicalType::Row(r)) => l.len() == r.len(),
        _ => false,
    }
}

/// The type in which two values are compared; Flink casts neither numbers to texts nor texts to numbers.
pub fn comparison(left: &LogicalType, right: &LogicalType) -> Result<LogicalType, String> {
    use LogicalType::{Array, Map, Multiset, Null, Row, Timestamp, TimestampLtz};
    let temporal =
        |t: &LogicalType| matches!(t, LogicalType::Date | LogicalType::Time(_)) || t.is_timestamp();
    if left == right {
        return Ok(left.clone());
    }
    match (left, right) {
        (Null, other) | (other, Null) => return Ok(other.clone()),
        // The first approximate type counts: FLOAT = DOUBLE is decided in FLOAT, DOUBLE = FLOAT in DOUBLE.
        (l, r) if l.is_numeric() && r.is_numeric() => {
            return Ok(approximate(l, r).unwrap_or_else(|| exact(l, r)));
        }
        (l, r) if l.is_character() && r.is_character() => return Ok(LogicalType::STRING),
        (l, r) if l.is_binary() && r.is_binary() => return Ok(LogicalType::BYTES),
        (l, r) if temporal(l) && r.is_character() => return Ok(l.clone()),
        (l, r) if l.is_character() && temporal(r) => return Ok(r.clone()),
        (Timestamp(a), Timestamp(b)) => return Ok(Timestamp(*a.max(b))),
        (TimestampLtz(a), TimestampLtz(b)) => return Ok(TimestampLtz(*a.max(b))),
        // An instant is compared by the wall clock of the session's zone.
        (Timestamp(a), TimestampLtz(b)) | (TimestampLtz(b), Timestamp(a)) => {
            return Ok(Timestamp(*a.max(b)));
        }
        (LogicalType::Time(a), LogicalType::Time(b)) => return Ok(LogicalType::Time(*a.max(b))),
        (Array(l), Array(r)) => return Ok(Array(compared_element(l, r)?)),
        (Multiset(l), Multiset(r)) => return Ok(Multiset(compared_element(l, r)?)),
        (Map(lk, lv), Map(rk, rv)) => return Ok(Map(compared_element(lk, rk)?, compared_element(lv, rv)?)),
        (Row(l), Row(r)) if l.len() == r.len() => {
            let columns = l.iter().zip(r).map(|(l, r)| {
                let logical_type = comparison(&l.logical_type, &r.logical_type)?;
                Ok(Column::new(&l.name, logical_type, l.nullable || r.nullable))
            });
            return columns.collect::<Result<_, String>>().map(Row);
        }
        _ => {}
    }
    Err(format!("implicit type conversion between {left} and {right} is not supported"))
}

fn compared_element(left: &ElementType, right: &ElementType) -> Result<Box<ElementType>, String> {
    Ok(Box::new(ElementType {
        logical_type: comparison(&left.logical_type, &right.logical_type)?,
        nullable: left.nullable || right.nullable,
    }))
}

/// Common type of integers and decimals.
fn exact(left: &LogicalType, right: &LogicalType) -> LogicalType {
    if left.is_integer() && right.is_integer() {
        return wider_integer(left, right);
    }
    let (Some((p1, s1)), Some((p2, s2))) = (as_decimal(left), as_decimal(right)) else {
        return LogicalType::Double;
    };
    // Digits before the point have precedence over those behind it.
    let whole = (p1 - s1).max(p2 - s2);
    let scale = s1.max(s2).min(MAX_PRECISION - whole);
    LogicalType::Decimal { precision: whole + scale, scale }
}

/// The types in which `< <= > >=` compare two exact numbers whose common type cannot hold all their digits: Flink
/// orders such decimals by their exact values (`DecimalDataUtils.compare`), but decides `=` in the common type.
pub fn ordered_exactly(left: &LogicalType, right: &LogicalType) -> Option<[LogicalType; 2]> {
    let ((p1, s1), (p2, s2)) = (as_decimal(left)?, as_decimal(right)?);
    let needed = (p1 - s1).max(p2 - s2) + s1.max(s2);
    let decimal = |(precision, scale)| LogicalType::Decimal { precision, scale };
    (needed > MAX_PRECISION).then(|| [decimal((p1, s1)), decimal((p2, s2))])
}

/// Rule of a pair of different types that are neither NULL nor nested.
type PairRule = fn(&LogicalType, &LogicalType) -> Option<LogicalType>;

/// The type that CASE, UNION, VALUES, IN and ARRAY[…] give to values of these types (Calcite `leastRestrictive`).
pub fn least_restrictive(types: &[LogicalType]) -> Result<LogicalType, String> {
    fold(types, |left, right| {
        if left.is_numeric() && right.is_numeric() {
            return Some(approximate(left, right).unwrap_or_else(|| exact(left, right)));
        }
        match (left, right) {
            // The first timestamp type wins, whatever the precisions and zones.
            (l, r) if l.is_timestamp() && r.is_timestamp() => Some(l.clone()),
            (LogicalType::Time(_), LogicalType::Time(_)) => Some(left.clone()),
            _ => None,
        }
    })
}

/// The type that COALESCE, IF, GREATEST and the like give to values of these types (Flink
/// `LogicalTypeMerging.findCommonType`).
pub fn common_type(types: &[LogicalType]) -> Result<LogicalType, String> {
    use LogicalType::{Date, Double, Time, Timestamp, TimestampLtz};
    fold(types, |left, right| {
        if left.is_numeric() && right.is_numeric() {
            return Some(match (left.is_approximate(), right.is_approximate()) {
                (true, true) => Double,
                (true, false) if right.is_decimal() => Double,
                (true, false) => left.clone(),
                (false, true) => right.clone(),
                (false, false) => exact(left, right),
            });
        }
        Some(match (left, right) {
            (Timestamp(a), Timestamp(b)) => Timestamp(*a.max(b)),
            (TimestampLtz(a), TimestampLtz(b)) => TimestampLtz(*a.max(b)),
            (Timestamp(a), TimestampLtz(b)) | (TimestampLtz(b), Timestamp(a)) => TimestampLtz(*a.max(b)),
            (Date, Timestamp(_)) | (Timestamp(_), Date) => Date,
            (Time(p), Timestamp(_)) | (Timestamp(_), Time(p)) => Time(*p),
            (Time(a), Time(b)) => Time(*a.max(b)),
            _ => return None,
        })
    })
}

fn fold(types: &[LogicalType], rule: PairRule) -> Result<LogicalType, String> {
    let mut known = types.iter().filter(|t| **t != LogicalType::Null);
    let Some(first) = known.next() else { return Ok(LogicalType::Null) };
    known.try_fold(first.clone(), |left, right| pair(&left, right, rule))
}

fn pair(left: &LogicalType, right: &LogicalType, rule: PairRule) -> Result<LogicalType, String> {
    use LogicalType::{Array, Binary, Char, Map, Multiset, Null, Row, Varbinary, Varchar};
    if left == right {
        return Ok(left.clone());
    }
    let length = |t: &LogicalType| match t {
        Char(n) | Varchar(n) | Binary(n) | Varbinary(n) => *n,
        _ => MAX_LENGTH,
    };
    let element = |l: &ElementType, r: &ElementType| -> Result<Box<ElementType>, String> {
        Ok(Box::new(ElementType {
            logical_type: pair(&l.logical_type, &r.logical_type, rule)?,
            nullable: l.nullable || r.nullable,
        }))
    };
    match (left, right) {
        (Null, other) | (other, Null) => Ok(other.clone()),
        (l, r) if l.is_character() && r.is_character() => Ok(Varchar(length(l).max(length(r)))),
        (l, r) if l.is_binary() && r.is_binary() => Ok(Varbinary(length(l).max(length(r)))),
        (Array(l), Array(r)) => Ok(Array(element(l, r)?)),
        (Multiset(l), Multiset(r)) => Ok(Multiset(element(l, r)?)),
        (Map(lk, lv), Map(rk, rv)) => Ok(Map(element(lk, rk)?, element(lv, rv)?)),
        (Row(l), Row(r)) if l.len() == r.len() => {
            let columns = l.iter().zip(r).map(|(l, r)| {
                let logical_type = pair(&l.logical_type, &r.logical_type, rule)?;
                Ok(Column::new(&l.name, logical_type, l.nullable || r.nullable))
            });
            columns.collect::<Result<_, String>>().map(Row)
        }
        (l, r) => rule(l, r).ok_or_else(|| format!("no common type of {l} and {r}")),
    }
}

/// Whether INSERT INTO casts `from` to `to` by itself (Flink `LogicalTypeCasts.supportsImplicitCast`). Lengths and
/// precisions do not matter, nor do the names of a row's fields; a text becomes no CHAR, bytes become no BINARY.
pub fn sink_cast(from: &LogicalType, to: &LogicalType) -> bool {
    use LogicalType::{
        Array, BigInt, Binary, Char, Date, Decimal, Double, Float, Int, Map, Multiset, Null, Row, SmallInt,
        Time, Timestamp, TimestampLtz, TinyInt, Varbinary, Varchar,
    };
    if from == to || *from == Null {
        return true;
    }
    let element = |f: &ElementType, t: &ElementType| sink_cast(&f.logical_type, &t.logical_type);
    match (from, to) {
        (Char(_), Char(_)) | (Binary(_), Binary(_)) => true,
        (f, Varchar(_)) => f.is_character(),
        (f, Varbinary(_)) => f.is_binary(),
        (f, Decimal { .. } | Double) => f.is_numeric(),
        (f, Float) => f.is_integer() || f.is_decimal(),
        (TinyInt, SmallInt | Int | BigInt) | (SmallInt, Int | BigInt) | (Int, BigInt) => true,
        (Timestamp(_), Timestamp(_) | TimestampLtz(_) | Date | Time(_)) => true,
        (TimestampLtz(_), Timestamp(_) | TimestampLtz(_)) | (Time(_), Time(_)) => true,
        (Array(f), Array(t)) | (Multiset(f), Multiset(t)) => element(f, t),
        (Map(fk, fv), Map(tk, tv)) => element(fk, tk) && element(fv, tv),
        (Row(f), Row(t)) => {
            f.len() == t.len() && f.iter().zip(t).all(|(f, t)| sink_cast(&f.logical_type, &t.logical_type))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(precision: u8, scale: u8) -> LogicalType {
        LogicalType::Decimal { precision, scale }
    }

    #[test]
    fn decimal_types_of_the_reference_job() {
        let price = decimal(6, 2);
        let times_quantity = arithmetic(Arithmetic::Multiply, &price, &LogicalType::Int).unwrap();
        assert_eq!(times_quantity, decimal(17, 2));
        let total = arithmetic(Arithmetic::Multiply, &times_quantity, &price).unwrap();
        assert_eq!(total, decimal(24, 4));
        let less = arithmetic(Arithmetic::Subtract, &total, &price).unwrap();
        assert_eq!(less, decimal(25, 4));
        assert_eq!(arithmetic(Arithmetic::Multiply, &less, &price).unwrap(), decimal(32, 6));
        assert_eq!(arithmetic(Arithmetic::Divide, &price, &LogicalType::Int).unwrap(), decimal(17, 13));
    }

    #[test]
    fn numbers_and_texts_do_not_compare() {
        assert!(comparison(&LogicalType::Int, &LogicalType::STRING).is_err());
        assert_eq!(comparison(&LogicalType::Date, &LogicalType::STRING).unwrap(), LogicalType::Date);
    }

    #[test]
    fn sink_casts() {
        assert!(!sink_cast(&LogicalType::BigInt, &LogicalType::Int));
        assert!(!sink_cast(&LogicalType::Int, &LogicalType::STRING));
        assert!(sink_cast(&decimal(32, 6), &decimal(6, 2)));
        assert!(sink_cast(&LogicalType::Timestamp(3), &LogicalType::Timestamp(6)));
    }
}
