//! Types and meanings of the forms that the parser turned into calls ([`streamsql_sql::parse::expression`]) and of value
//! constructors and access.

use datafusion_common::ScalarValue;
use streamsql_core::types::ElementType;
use streamsql_core::{Column, LogicalType};
use streamsql_functions::compare::Comparison;
use streamsql_functions::typing::{self, Arithmetic};
use streamsql_functions::{collection, temporal};
use streamsql_sql::literal;
use streamsql_sql::parse::expression as form;

use crate::bind::typing::{Typer, call, typed};
use crate::logical::scalar::{Scalar, ScalarKind};

type Typed = Result<Scalar, String>;

fn constant(value: ScalarValue, logical_type: LogicalType) -> Scalar {
    Scalar { nullable: value.is_null(), kind: ScalarKind::Literal(value), logical_type }
}

/// The text of a text literal.
pub fn literal_text(scalar: &Scalar) -> Option<&str> {
    match &scalar.kind {
        ScalarKind::Literal(ScalarValue::Utf8(Some(text))) => Some(text),
        _ => None,
    }
}

impl Typer<'_> {
    /// A form; `None` for an ordinary function.
    pub(crate) fn form(&self, name: &str, args: &[Scalar]) -> Option<Typed> {
        let text = || args.first().and_then(literal_text).unwrap_or_default();
        Some(match (name, args) {
            (form::NUMBER, _) => {
                literal::number(text()).and_then(|value| crate::bind::typing::literal(&value))
            }
            (form::DATE, _) => {
                literal::date(text()).map(|days| constant(ScalarValue::Date32(Some(days)), LogicalType::Date))
            }
            (form::TIME, _) => literal::time(text())
                .map(|ms| constant(ScalarValue::Time32Millisecond(Some(ms)), LogicalType::Time(0))),
            (form::TIMESTAMP, _) => literal::timestamp(text())
                .map(|(value, digits)| constant(value, LogicalType::Timestamp(digits))),
            (form::INTERVAL_MONTHS, _) => text()
                .parse()
                .map_err(|_| "a bad INTERVAL".to_owned())
                .map(|n| constant(ScalarValue::IntervalYearMonth(Some(n)), LogicalType::IntervalYearMonth)),
            (form::INTERVAL_MS, _) => text()
                .parse()
                .map_err(|_| "a bad INTERVAL".to_owned())
                .map(|n| constant(ScalarValue::DurationMillisecond(Some(n)), LogicalType::IntervalDayTime)),
            (form::BINARY, _) => literal::binary(text()).map(|bytes| {
                let length = bytes.len() as u32;
                constant(ScalarValue::Binary(Some(bytes)), LogicalType::Binary(length))
            }),
            (form::UNKNOWN, _) => Ok(constant(ScalarValue::Boolean(None), LogicalType::Boolean)),
            (form::UNITS, [interval, unit]) => Self::units(interval, literal_text(unit).unwrap_or_default()),
            (form::FLOOR_TO | form::CEIL_TO, [_, time]) => self.round_to(name, text(), time),
            (form::MINUS_INTERVAL, [_, left, right]) => self.interval_between(text(), left, right),
            (form::BETWEEN_SYMMETRIC, [operand, low, high]) => self.between_symmetric(operand, low, high),
            (form::DISTINCT, [left, right]) => {
                self.comparison(Comparison::Distinct, left.clone(), right.clone())
            }
            (form::NOT_DISTINCT, [left, right]) => {
                self.comparison(Comparison::NotDistinct, left.clone(), right.clone())
            }
            // Flink cannot plan the sign before any other interval than a literal.
            (form::PLUS, [operand])
                if operand.logical_type.is_numeric()
                    || (operand.logical_type.is_interval()
                        && matches!(operand.kind, ScalarKind::Literal(_))) =>
            {
                Ok(operand.clone())
            }
            (form::PLUS, [operand]) => Err(format!("cannot apply '+' to {}", operand.logical_type)),
            (form::ITEM, [value, index]) => self.item(value, index),
            (form::FIELD, [row, field]) => self.field(row, literal_text(field).unwrap_or_default()),
            (form::ROW_VALUE, [value]) => Ok(value.clone()),
            ("ROW", [_, ..]) => Ok(self.row(args)),
            ("ROW", []) => Err("ROW needs at least one value".to_owned()),
            ("ARRAY", _) => self.array(args),
            ("MAP", _) => self.map(args),
            ("MULTISET", _) => {
                Err("MULTISET[…] does not run in Flink either; COLLECT makes a multiset".to_owned())
            }
            _ => return None,
        })
    }

    fn round_to(&self, name: &str, unit: &str, time: &Scalar) -> Typed {
        let up = name == form::CEIL_TO;
        let word = if up { "CEIL" } else { "FLOOR" };
        let result = time.logical_type.clone();
        if !(result == LogicalType::Date || result.is_timestamp() || matches!(result, LogicalType::Time(_))) {
            return Err(format!("{word}(… TO {unit}) needs a date or timestamp, found {result}"));
        }
        // Units that Flink takes for a date and leaves it as it is.
        if result == LogicalType::Date && matches!(unit, "DOW" | "DOY" | "ISODOW" | "ISOYEAR" | "EPOCH") {
            return Ok(time.clone());
        }
        // Flink rounds a TIME to a number of milliseconds that has nothing to do with such a unit.
        if matches!(result, LogicalType::Time(_))
            && !matches!(unit, "HOUR" | "MINUTE" | "SECOND" | "MILLISECOND")
        {
            return Err(format!("{word}(… TO {unit}): a TIME has no such unit"));
        }
        let eval = temporal::round_to(unit, up, self.session.time_zone)
            .ok_or_else(|| format!("{word}(… TO {unit}): there is no such unit"))?;
        Ok(call(&format!("{word} TO {unit}"), vec![time.clone()], result, time.nullable, eval))
    }

    /// The number of whole units that CAST makes of an interval.
    fn units(interval: &Scalar, unit: &str) -> Typed {
        let known = literal::IntervalUnit::parse(unit).filter(|_| interval.logical_type.is_interval());
        let unit = known.ok_or_else(|| format!("{} has no units to count", interval.logical_type))?;
        let eval = temporal::count_units(unit.months().max(unit.milliseconds()));
        Ok(call("UNITS", vec![interval.clone()], LogicalType::BigInt, interval.nullable, eval))
    }

    /// `(left - right) unit`, of two dates or timestamps of one family.
    fn interval_between(&self, unit: &str, left: &Scalar, right: &Scalar) -> Typed {
        let (l, r) = (&left.logical_type, &right.logical_type);
        let family = |t: &LogicalType| match t {
            LogicalType::Date => Some(0),
            LogicalType::Timestamp(_) => Some(1),
            LogicalType::TimestampLtz(_) => Some(2),
            _ => None,
        };
        if family(l).is_none() || family(l) != family(r) {
            return Err(format!("({l} - {r}) {unit} needs two dates or two timestamps; CAST one of them"));
        }
        let (result, eval) = if unit.starts_with("YEAR") || unit.starts_with("MONTH") {
            (LogicalType::IntervalYearMonth, temporal::months_apart())
        } else {
            (LogicalType::IntervalDayTime, temporal::difference())
        };
        let nullable = left.nullable || right.nullable;
        Ok(call(&format!("MINUS {unit}"), vec![left.clone(), right.clone()], result, nullable, eval))
    }

    fn between_symmetric(&self, operand: &Scalar, low: &Scalar, high: &Scalar) -> Typed {
        let [operand, low, high] = self.unified_for_order([operand.clone(), low.clone(), high.clone()])?;
        let inside = |low: &Scalar, high: &Scalar| {
            let above = self.comparison(Comparison::GtEq, operand.clone(), low.clone())?;
            let below = self.comparison(Comparison::LtEq, operand.clone(), high.clone())?;
            Ok::<_, String>(logical(above, below, true))
        };
        Ok(logical(inside(&low, &high)?, inside(&high, &low)?, false))
    }

    fn item(&self, value: &Scalar, index: &Scalar) -> Typed {
        if index.logical_type == LogicalType::Null {
            return Err("illegal use of NULL in […]; cast it to a type".to_owned());
        }
        match &value.logical_type {
            LogicalType::Array(element) => {
                if index.logical_type != LogicalType::Int {
                    return Err(format!("an array is accessed by an INT, not {}", index.logical_type));
                }
                if let ScalarKind::Literal(ScalarValue::Int32(Some(position))) = index.kind
                    && position < 1
                {
                    return Err(format!("array elements are counted from 1, there is none at {position}"));
                }
                let result = element.logical_type.clone();
                Ok(call("ITEM", vec![value.clone(), index.clone()], result, true, collection::element_at()))
            }
            LogicalType::Map(key, item) => {
                let index = typed(index.clone(), "[…]")?;
                let key = self.implicit(index, &key.logical_type)?;
                let result = item.logical_type.clone();
                Ok(call("ITEM", vec![value.clone(), key], result, true, collection::value_at()))
            }
            LogicalType::Row(columns) => match (&index.kind, literal_text(index)) {
                (_, Some(name)) => self.field(value, name),
                (ScalarKind::Literal(ScalarValue::Int32(Some(number))), None) => {
                    let position = usize::try_from(i64::from(*number) - 1).ok();
                    match position.filter(|position| *position < columns.len()) {
                        Some(position) => Ok(Self::field_at(value, columns, position)),
                        None => {
                            Err(format!("the row has {} fields, there is none at {number}", columns.len()))
                        }
                    }
                }
                _ => Err("a ROW is accessed by the name or the number of a field".to_owned()),
            },
            other => Err(format!("[…] takes an ARRAY, MAP or ROW, found {other}")),
        }
    }

    /// A cast of an argument that Flink makes by itself.
    fn implicit(&self, scalar: Scalar, to: &LogicalType) -> Typed {
        let from = &scalar.logical_type;
        let same_family = (from.is_character() && to.is_character())
            || (from.is_numeric() && to.is_numeric())
            || (from.is_binary() && to.is_binary())
            || from == to
            || *from == LogicalType::Null;
        if !same_family {
            return Err(format!("expected {to}, found {from}"));
        }
        let shorter = to.is_character() || to.is_binary();
        // A CHAR(n) key would be cut to n otherwise.
        if shorter && from.to_arrow() == to.to_arrow() {
            return Ok(scalar);
        }
        self.cast(scalar, to)
    }

    /// `row.field`.
    pub(crate) fn field(&self, row: &Scalar, name: &str) -> Typed {
        let LogicalType::Row(columns) = &row.logical_type else {
            return Err(format!("'.{name}' is a field of a ROW, found {}", row.logical_type));
        };
        let Some(position) = columns.iter().position(|column| column.name == name) else {
            let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            return Err(format!("the row has no field '{name}', it has {}", known.join(", ")));
        };
        Ok(Self::field_at(row, columns, position))
    }

    fn field_at(row: &Scalar, columns: &[Column], position: usize) -> Scalar {
        if let Some(("ROW", arguments)) = row.as_call() {
            return arguments[position].clone();
        }
        let column = &columns[position];
        let nullable = row.nullable || column.nullable;
        let (name, eval) = (format!(".{}", column.name), collection::field(position));
        call(&name, vec![row.clone()], column.logical_type.clone(), nullable, eval)
    }

    fn row(&self, args: &[Scalar]) -> Scalar {
        let column = |(i, arg): (usize, &Scalar)| {
            Column::new(format!("EXPR${i}"), arg.logical_type.clone(), arg.nullable)
        };
        let result = LogicalType::Row(args.iter().enumerate().map(column).collect());
        let eval = collection::row(&result);
        call("ROW", args.to_vec(), result, false, eval)
    }

    /// The common type of values and the values in it.
    fn unified(&self, what: &str, values: &[Scalar]) -> Result<(Box<ElementType>, Vec<Scalar>), String> {
        let types: Vec<LogicalType> = values.iter().map(|value| value.logical_type.clone()).collect();
        let logical_type = typing::least_restrictive(&types).map_err(|e| format!("{what} have {e}"))?;
        if logical_type == LogicalType::Null {
            return Err(format!("{what} are all NULL: cast one to a type"));
        }
        let nullable = values.iter().any(|value| value.nullable);
        let values = values
            .iter()
            .map(|value| self.cast(value.clone(), &logical_type))
            .collect::<Result<Vec<_>, _>>()?;
        Ok((Box::new(ElementType { logical_type, nullable }), values))
    }

    fn array(&self, args: &[Scalar]) -> Typed {
        if args.is_empty() {
            return Err("ARRAY[…] needs at least one element".to_owned());
        }
        let (element, values) = self.unified("the elements of ARRAY[…]", args)?;
        let result = LogicalType::Array(element);
        let eval = collection::array(&result);
        Ok(call("ARRAY", values, result, false, eval))
    }

    fn map(&self, args: &[Scalar]) -> Typed {
        if args.is_empty() || args.len() % 2 == 1 {
            return Err("MAP[…] needs pairs of a key and a value".to_owned());
        }
        let every_second = |from: usize| args.iter().skip(from).step_by(2).cloned().collect::<Vec<_>>();
        let (key, keys) = self.unified("the keys of MAP[…]", &every_second(0))?;
        let mut items = every_second(1);
        let untyped = items.iter().filter(|item| item.logical_type == LogicalType::Null).count();
        if untyped == items.len() {
            // Flink gives values that are all NULL the type of the keys.
            items = items.into_iter().map(|v| self.cast(v, &key.logical_type)).collect::<Result<_, _>>()?;
        } else if untyped > 0 {
            return Err("the values of MAP[…] are NULL and others: cast NULL to their type".to_owned());
        }
        let (value, values) = self.unified("the values of MAP[…]", &items)?;
        let result = LogicalType::Map(key, value);
        let eval = collection::of_pairs(&result);
        let pairs = keys.into_iter().zip(values).flat_map(|(key, value)| [key, value]).collect();
        Ok(call("MAP", pairs, result, false, eval))
    }

    /// `(a, b) OVERLAPS (c, d)`, where b and d may be the length of the period.
    pub(crate) fn overlaps(&self, left: &Scalar, right: &Scalar) -> Typed {
        let period = |side: &Scalar| match side.as_call() {
            Some(("ROW", [start, end])) => {
                let time = |t: &LogicalType| {
                    matches!(t, LogicalType::Date | LogicalType::Time(_)) || t.is_timestamp()
                };
                if !time(&start.logical_type) || !(time(&end.logical_type) || end.logical_type.is_interval())
                {
                    return Err(format!(
                        "OVERLAPS needs a date or time and another one or an interval, found ({}, {})",
                        start.logical_type, end.logical_type
                    ));
                }
                let end = if end.logical_type.is_interval() {
                    self.arithmetic(Arithmetic::Add, start.clone(), end.clone())?
                } else {
                    end.clone()
                };
                let (_, times) = self.unified("the ends of a period", &[start.clone(), end])?;
                let [start, end] =
                    times.try_into().map_err(|_| "OVERLAPS needs a start and an end".to_owned())?;
                let ordered = self.comparison(Comparison::LtEq, start.clone(), end.clone())?;
                let pick = |then: &Scalar, otherwise: &Scalar| Scalar {
                    kind: ScalarKind::Case {
                        branches: vec![(ordered.clone(), then.clone())],
                        otherwise: Some(Box::new(otherwise.clone())),
                    },
                    logical_type: then.logical_type.clone(),
                    nullable: then.nullable || otherwise.nullable,
                };
                Ok((pick(&start, &end), pick(&end, &start)))
            }
            _ => Err("OVERLAPS needs two periods: (start, end) OVERLAPS (start, end)".to_owned()),
        };
        let ((s1, e1), (s2, e2)) = (period(left)?, period(right)?);
        let first = self.comparison(Comparison::GtEq, e1, s2)?;
        let second = self.comparison(Comparison::GtEq, e2, s1)?;
        Ok(logical(first, second, true))
    }

    /// ROW = ROW compares field by field, with unknown results for NULLs.
    pub(crate) fn compare_rows(&self, op: Comparison, left: &[Scalar], right: &[Scalar]) -> Typed {
        let pairs = left.iter().zip(right);
        let compared =
            pairs.map(|(l, r)| self.comparison(op, l.clone(), r.clone())).collect::<Result<Vec<_>, _>>()?;
        let all = matches!(op, Comparison::Eq | Comparison::NotDistinct);
        compared.into_iter().reduce(|l, r| logical(l, r, all)).ok_or_else(|| "an empty ROW".to_owned())
    }
}

fn logical(left: Scalar, right: Scalar, and: bool) -> Scalar {
    let nullable = left.nullable || right.nullable;
    let (left, right) = (Box::new(left), Box::new(right));
    Scalar::boolean(if and { ScalarKind::And(left, right) } else { ScalarKind::Or(left, right) }, nullable)
}
