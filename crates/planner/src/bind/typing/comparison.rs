//! Comparisons: `=` and its kin, BETWEEN and IN, over operands that are cast as Flink casts them.

use datafusion_common::ScalarValue;
use datafusion_expr::Operator;
use datafusion_expr::expr::{Between, InList};
use streamsql_core::LogicalType;
use streamsql_functions::compare::{self, Comparison, UNLIKE_NOT_DISTINCT};
use streamsql_functions::typing;
use streamsql_sql::diagnostic::shorten;

use crate::bind::typing::{Typed, Typer, call};
use crate::logical::scalar::{Scalar, ScalarKind};

impl Typer<'_> {
    pub(crate) fn between(&self, between: &Between) -> Typed {
        let operands = [&between.expr, &between.low, &between.high];
        let operands = operands.into_iter().map(|e| self.typed(e)).collect::<Result<Vec<_>, _>>()?;
        let [operand, low, high] = self.unified_for_order(operands.try_into().map_err(|_| "BETWEEN")?)?;
        let low = self.comparison(Comparison::GtEq, operand.clone(), low)?;
        let high = self.comparison(Comparison::LtEq, operand, high)?;
        let inside = self.logical(Operator::And, low, high)?;
        if !between.negated {
            return Ok(inside);
        }
        let nullable = inside.nullable;
        Ok(Scalar::boolean(ScalarKind::Not(Box::new(inside)), nullable))
    }

    pub(crate) fn in_list(&self, list: &InList) -> Typed {
        let operand = self.typed(&list.expr)?;
        let items = list.list.iter().map(|item| self.typed(item)).collect::<Result<Vec<_>, _>>()?;
        let types: Vec<LogicalType> = items.iter().map(|item| item.logical_type.clone()).collect();
        typing::least_restrictive(&types).map_err(|e| format!("the values of IN have {e}"))?;
        let several = items.iter().filter(|item| item.is_literal()).count() > 1;
        let mut equal = items
            .into_iter()
            .map(|item| {
                let item = self.as_operand_of_in(&operand, item)?;
                let (to, from) = (&operand.logical_type, &item.logical_type);
                if to == from || !to.is_timestamp() || !from.is_timestamp() {
                    return self.comparison(Comparison::Eq, operand.clone(), item);
                }
                // Several literals are one set of exact times; any other value is compared as it is, which Flink cannot.
                if !several || !item.is_literal() {
                    return Err(format!("IN does not compare {to} with {from}: CAST one of them"));
                }
                let common = typing::comparison(to, from)?;
                let exact = [operand.clone(), item].map(|side| self.cast_to_compare(side, &common, false));
                let [operand, item] = exact;
                self.comparison(Comparison::Eq, operand?, item?)
            })
            .collect::<Result<Vec<_>, _>>()?;
        // A balanced tree: a list of thousands must not nest thousands deep.
        while equal.len() > 1 {
            let mut halved = Vec::with_capacity(equal.len().div_ceil(2));
            let mut items = equal.into_iter();
            while let Some(left) = items.next() {
                halved.push(match items.next() {
                    Some(right) => self.logical(Operator::Or, left, right)?,
                    None => left,
                });
            }
            equal = halved;
        }
        let any = equal.pop().ok_or_else(|| "IN needs at least one value".to_owned())?;
        if !list.negated {
            return Ok(any);
        }
        let nullable = any.nullable;
        Ok(Scalar::boolean(ScalarKind::Not(Box::new(any)), nullable))
    }

    /// A value of IN takes the type of the operand before it compares, even where `=` would not compare them or would
    /// compare them in a wider type (Calcite `SqlToRelConverter.convertInToOr`).
    fn as_operand_of_in(&self, operand: &Scalar, item: Scalar) -> Typed {
        if let (Some(("ROW", keys)), Some(("ROW", values))) = (operand.as_call(), item.as_call())
            && keys.len() == values.len()
        {
            let fields =
                keys.iter().zip(values).map(|(key, value)| self.as_operand_of_in(key, value.clone()));
            return self.named("ROW", fields.collect::<Result<_, _>>()?);
        }
        let (to, from) = (&operand.logical_type, &item.logical_type);
        let same_root = std::mem::discriminant(to) == std::mem::discriminant(from);
        let texts = to.is_character() && from.is_character();
        let plain = |t: &LogicalType| t.is_numeric() || t.is_interval() || *t == LogicalType::Boolean;
        let by_text = (plain(to) && from.is_character()) || (to.is_character() && plain(from));
        let nothing = *from == LogicalType::Null || *to == LogicalType::Null;
        if same_root || texts || nothing || !(by_text || typing::comparison(to, from).is_ok()) {
            return Ok(item);
        }
        self.cast(item, &to.clone())
    }

    /// Where a text is compared by order with values of another kind, it is cast to their type; beside numbers to one
    /// that BIGINT fits too (Calcite `StandardConvertletTable`, `Consistency.COMPARE`).
    pub(crate) fn unified_for_order<const N: usize>(
        &self,
        operands: [Scalar; N],
    ) -> Result<[Scalar; N], String> {
        let others = operands.iter().map(|s| &s.logical_type).filter(|t| !t.is_character());
        let mut others: Vec<LogicalType> = others.filter(|t| **t != LogicalType::Null).cloned().collect();
        let texts = operands.iter().any(|s| s.logical_type.is_character());
        let taken = |t: &LogicalType| {
            t.is_numeric()
                || t.is_interval()
                || t.is_timestamp()
                || matches!(t, LogicalType::Boolean | LogicalType::Date | LogicalType::Time(_))
        };
        if !texts || others.is_empty() || !others.iter().all(taken) {
            return Ok(operands);
        }
        if others[0].is_numeric() {
            others.push(LogicalType::BigInt);
        }
        let Ok(common) = typing::least_restrictive(&others) else { return Ok(operands) };
        let cast = operands.into_iter().map(|s| self.cast_to_compare(s, &common, false));
        let cast = cast.collect::<Result<Vec<_>, _>>()?;
        cast.try_into().map_err(|_| "operands were lost".to_owned())
    }

    /// A comparison; both sides are cast to the type in which Flink compares them.
    pub fn comparison(&self, op: Comparison, left: Scalar, right: Scalar) -> Typed {
        if let (Some(("ROW", l)), Some(("ROW", r))) = (left.as_call(), right.as_call())
            && l.len() == r.len()
            && matches!(
                op,
                Comparison::Eq | Comparison::NotEq | Comparison::Distinct | Comparison::NotDistinct
            )
        {
            // Flink takes `=` of row constructors apart into their fields, but leaves `<>` whole: NULLs are equal there.
            let op = if op == Comparison::NotEq { Comparison::Distinct } else { op };
            return self.compare_rows(op, l, r);
        }
        let ordered = matches!(op, Comparison::Lt | Comparison::LtEq | Comparison::Gt | Comparison::GtEq);
        let [left, right] = if ordered { self.unified_for_order([left, right])? } else { [left, right] };
        let (l, r) = (&left.logical_type, &right.logical_type);
        let mixed = matches!(
            (l, r),
            (LogicalType::Timestamp(_), LogicalType::TimestampLtz(_))
                | (LogicalType::TimestampLtz(_), LogicalType::Timestamp(_))
        );
        let nested = |t: &LogicalType| {
            matches!(
                t,
                LogicalType::Array(_) | LogicalType::Map(..) | LogicalType::Multiset(_) | LogicalType::Row(_)
            )
        };
        let distinct = matches!(op, Comparison::Distinct | Comparison::NotDistinct);
        if nested(l) && left.is_deterministic() && left.is_same(&right) {
            // How a value compares with itself Flink knows without looking inside, at NULL elements and for order too.
            let nullable = left.nullable && !distinct;
            let eval = compare::with_itself(op);
            return Ok(call(op.symbol(), vec![left, right], LogicalType::Boolean, nullable, eval).total());
        }
        // Of a NULL Flink knows the result before it looks for an order; but a row must not stand behind one.
        let nothing = |scalar: &Scalar| matches!(&scalar.kind, ScalarKind::Literal(value) if value.is_null());
        let row_behind_null = *l == LogicalType::Null && matches!(r, LogicalType::Row(_));
        if ordered && (nothing(&left) || nothing(&right)) && !row_behind_null {
            let null = ScalarKind::Literal(ScalarValue::Boolean(None));
            return Ok(Scalar::boolean(null, true));
        }
        if ordered && (mixed || nested(l) || nested(r)) {
            let advice = if mixed { self.cast_advice(&left, &right) } else { String::new() };
            return Err(format!("cannot apply '{}' to {l} and {r}{advice}", op.symbol()));
        }
        if let Some([l, r]) = typing::ordered_exactly(l, r).filter(|_| ordered) {
            let nullable = left.nullable || right.nullable;
            let sides = vec![self.cast_with(left, &l, false)?, self.cast_with(right, &r, false)?];
            let eval = compare::ordered_decimals(op);
            return Ok(call(op.symbol(), sides, LogicalType::Boolean, nullable, eval).total());
        }
        let unlike = op == Comparison::NotDistinct && !are_interoperable(l, r);
        let times = l.is_timestamp() && r.is_timestamp();
        if times && distinct && l != r {
            return Err(format!("'{}' does not take {l} and {r}: CAST one of them", op.symbol()));
        }
        let common = match typing::comparison(l, r) {
            // Equality is decided in the type of the left side (Calcite `leastRestrictive`), order by all digits.
            Ok(_) if times && !ordered => l.clone(),
            Ok(common) => common,
            Err(_) if !ordered && typing::is_never_equal(l, r) => {
                let nullable = (left.nullable || right.nullable) && !distinct;
                let eval = compare::never_equal(op);
                return Ok(call(op.symbol(), vec![left, right], LogicalType::Boolean, nullable, eval).total());
            }
            Err(e) => return Err(format!("{e} (in '{}'){}", op.symbol(), self.cast_advice(&left, &right))),
        };
        // Against a time, a text that cannot be read is NULL and not an error (ScalarOperatorGens).
        let lenient = |scalar: Scalar| {
            let text_to_time = scalar.logical_type.is_character() && !common.is_character();
            let literal = matches!(scalar.kind, ScalarKind::Literal(_));
            self.cast_to_compare(scalar, &common, text_to_time && !literal)
        };
        let nullable = left.nullable || right.nullable;
        let (left, right) = (lenient(left)?, lenient(right)?);
        let nullable = nullable && !distinct;
        let symbol = if unlike { UNLIKE_NOT_DISTINCT } else { op.symbol() };
        Ok(call(symbol, vec![left, right], LogicalType::Boolean, nullable, compare::eval(op)).total())
    }

    /// Which side of a comparison to CAST: a text, a date or an instant beside a timestamp.
    fn cast_advice(&self, left: &Scalar, right: &Scalar) -> String {
        let (l, r) = (&left.logical_type, &right.logical_type);
        let timestamp = |t: &LogicalType| matches!(t, LogicalType::Timestamp(_));
        let to_timestamp = |t: &LogicalType| matches!(t, LogicalType::Date | LogicalType::TimestampLtz(_));
        let odd = |one: &LogicalType, other: &LogicalType| {
            one.is_character() != other.is_character() && one.is_character()
                || to_timestamp(one) && timestamp(other)
        };
        let (text, other, side) = match (odd(l, r), odd(r, l)) {
            (true, _) => (left, right, "left"),
            (_, true) => (right, left, "right"),
            _ => return String::new(),
        };
        // Of a subquery's comparison the columns have no names here.
        let name =
            |column: usize| self.columns.get(column).map_or_else(|| "…".to_owned(), |c| c.name.clone());
        let written = if is_as_written(text) { shorten(&text.text(&name)) } else { "…".to_owned() };
        format!(": write CAST({written} AS {}) on the {side} side", other.logical_type)
    }
}

/// Whether Flink joins by values of both types without a cast (`PlannerTypeUtils.isInteroperable`).
fn are_interoperable(l: &LogicalType, r: &LogicalType) -> bool {
    l == r || l.is_character() && r.is_character() || l.is_binary() && r.is_binary()
}

/// Whether the text of an expression is one that a user could have written: intervals and times are not.
fn is_as_written(scalar: &Scalar) -> bool {
    let call = scalar.as_call();
    !scalar.logical_type.is_interval()
        && call.is_none_or(|(_, arguments)| !arguments.is_empty())
        && scalar.children().into_iter().all(is_as_written)
}
