//! From DataFusion's expressions to typed ones, by Flink's rules: casts where Flink has them, errors where it has none.

use std::sync::Arc;

use datafusion_common::{DFSchema, ScalarValue};
use datafusion_expr::expr::{Between, Case, InList, Like, ScalarFunction};
use datafusion_expr::{Expr, Operator};
use streamsql_core::LogicalType;
use streamsql_functions::call::result_field;
use streamsql_functions::compare::{self, Comparison};
use streamsql_functions::typing::{self, Arithmetic};
use streamsql_functions::{
    Argument, Eval, Function, SessionSettings, arithmetic, cast, conditional, regexp, resolve, temporal,
};

use crate::context::OPERATOR_PREFIX;
use crate::rel::RelColumn;
use crate::scalar::{Scalar, ScalarKind};

/// Types expressions over one input.
pub struct Typer<'a> {
    pub session: &'a SessionSettings,
    /// Resolves names to positions.
    pub names: &'a DFSchema,
    /// What stands at the positions.
    pub columns: &'a [RelColumn],
}

type Typed = Result<Scalar, String>;

impl Typer<'_> {
    /// An error is marked with the place of the first column that the failing part reads.
    pub fn typed(&self, expr: &Expr) -> Typed {
        self.typed_here(expr).map_err(|message| with_place(message, expr))
    }

    fn typed_here(&self, expr: &Expr) -> Typed {
        match expr {
            Expr::Alias(alias) => self.typed(&alias.expr),
            Expr::Column(column) => {
                let index = self
                    .names
                    .index_of_column(column)
                    .map_err(|_| format!("column '{}' not found", column.name))?;
                let column = &self.columns[index];
                Ok(Scalar::column(index, column.logical_type.clone(), column.nullable))
            }
            Expr::Literal(value, _) => literal(value),
            Expr::BinaryExpr(binary) => {
                let (left, right) = (self.typed(&binary.left)?, self.typed(&binary.right)?);
                match binary.op {
                    Operator::And | Operator::Or => self.logical(binary.op, left, right),
                    Operator::IsDistinctFrom => self.comparison(Comparison::Distinct, left, right),
                    Operator::IsNotDistinctFrom => self.comparison(Comparison::NotDistinct, left, right),
                    other => Err(format!("operator {other} is not supported")),
                }
            }
            Expr::Not(operand) => {
                let operand = self.boolean(self.typed(operand)?, "NOT")?;
                let nullable = operand.nullable;
                Ok(Scalar::boolean(ScalarKind::Not(Box::new(operand)), nullable))
            }
            Expr::IsNull(operand) | Expr::IsNotNull(operand) => {
                let negated = matches!(expr, Expr::IsNotNull(_));
                let operand = Box::new(self.typed(operand)?);
                Ok(Scalar::boolean(ScalarKind::IsNull { operand, negated }, false))
            }
            Expr::IsTrue(operand) => self.truth("IS TRUE", operand, Some(true), false),
            Expr::IsNotTrue(operand) => self.truth("IS NOT TRUE", operand, Some(true), true),
            Expr::IsFalse(operand) => self.truth("IS FALSE", operand, Some(false), false),
            Expr::IsNotFalse(operand) => self.truth("IS NOT FALSE", operand, Some(false), true),
            Expr::IsUnknown(operand) => self.truth("IS UNKNOWN", operand, None, false),
            Expr::IsNotUnknown(operand) => self.truth("IS NOT UNKNOWN", operand, None, true),
            Expr::Negative(operand) => self.negative(self.typed(operand)?),
            Expr::Between(between) => self.between(between),
            Expr::InList(list) => self.in_list(list),
            Expr::Like(like) => self.like(like),
            Expr::Case(case) => self.case(case),
            Expr::Cast(cast) => self.cast_to_field(&cast.expr, &cast.field, false),
            Expr::TryCast(cast) => self.cast_to_field(&cast.expr, &cast.field, true),
            Expr::ScalarFunction(function) => self.function(function),
            Expr::AggregateFunction(_) => Err("aggregate functions are not supported yet".to_owned()),
            Expr::WindowFunction(_) => {
                Err("OVER is supported only as ROW_NUMBER() with a filter on 1".to_owned())
            }
            Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) => {
                Err("subqueries in expressions are not supported yet".to_owned())
            }
            Expr::SimilarTo(similar) => self.similar(similar),
            other => Err(format!("the expression {other} is not supported yet")),
        }
    }

    /// A condition of WHERE, ON or CASE.
    pub fn condition(&self, expr: &Expr, of: &str) -> Typed {
        let typed = self.typed(expr)?;
        self.boolean(typed, of)
    }

    fn boolean(&self, scalar: Scalar, of: &str) -> Typed {
        match scalar.logical_type {
            LogicalType::Boolean => Ok(scalar),
            LogicalType::Null => self.cast(scalar, &LogicalType::Boolean),
            other => Err(format!("{of} needs a BOOLEAN, found {other}")),
        }
    }

    fn logical(&self, op: Operator, left: Scalar, right: Scalar) -> Typed {
        let word = if op == Operator::And { "AND" } else { "OR" };
        let (left, right) = (self.boolean(left, word)?, self.boolean(right, word)?);
        let nullable = left.nullable || right.nullable;
        let (left, right) = (Box::new(left), Box::new(right));
        let kind =
            if op == Operator::And { ScalarKind::And(left, right) } else { ScalarKind::Or(left, right) };
        Ok(Scalar::boolean(kind, nullable))
    }

    fn truth(&self, name: &str, operand: &Expr, value: Option<bool>, negated: bool) -> Typed {
        let operand = self.condition(operand, name)?;
        Ok(call(name, vec![operand], LogicalType::Boolean, false, conditional::truth(value, negated)))
    }

    fn negative(&self, operand: Scalar) -> Typed {
        if !operand.logical_type.is_numeric() && !operand.logical_type.is_interval() {
            return Err(format!("cannot apply '-' to {}", operand.logical_type));
        }
        if let ScalarKind::Literal(value) = &operand.kind
            && let Ok(value) = value.arithmetic_negate()
        {
            let narrowed = literal(&value)?;
            return Ok(Scalar { logical_type: operand.logical_type, ..narrowed });
        }
        let (logical_type, nullable) = (operand.logical_type.clone(), operand.nullable);
        Ok(call(
            "-",
            vec![operand],
            logical_type,
            nullable,
            Arc::new(|args, _| arithmetic::negate(&args[0].array)),
        ))
    }

    fn between(&self, between: &Between) -> Typed {
        let operand = self.typed(&between.expr)?;
        let low = self.comparison(Comparison::GtEq, operand.clone(), self.typed(&between.low)?)?;
        let high = self.comparison(Comparison::LtEq, operand, self.typed(&between.high)?)?;
        let inside = self.logical(Operator::And, low, high)?;
        if !between.negated {
            return Ok(inside);
        }
        let nullable = inside.nullable;
        Ok(Scalar::boolean(ScalarKind::Not(Box::new(inside)), nullable))
    }

    fn in_list(&self, list: &InList) -> Typed {
        let operand = self.typed(&list.expr)?;
        let items = list.list.iter().map(|item| self.typed(item)).collect::<Result<Vec<_>, _>>()?;
        let types: Vec<LogicalType> = items.iter().map(|item| item.logical_type.clone()).collect();
        typing::least_restrictive(&types).map_err(|e| format!("the values of IN have {e}"))?;
        let mut equal = items
            .into_iter()
            .map(|item| {
                self.comparison(Comparison::Eq, operand.clone(), self.as_operand_of_in(&operand, item)?)
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
        let plain = |t: &LogicalType| t.is_numeric() || *t == LogicalType::Boolean;
        let by_text = (plain(to) && from.is_character()) || (to.is_character() && plain(from));
        let nothing = *from == LogicalType::Null || *to == LogicalType::Null;
        if same_root || texts || nothing || !(by_text || typing::comparison(to, from).is_ok()) {
            return Ok(item);
        }
        self.cast(item, &to.clone())
    }

    fn like(&self, like: &Like) -> Typed {
        if like.case_insensitive {
            return Err("ILIKE does not exist in Flink 1.18; use LOWER(…) LIKE".to_owned());
        }
        let (text, pattern) = (self.typed(&like.expr)?, self.typed(&like.pattern)?);
        for side in [&text, &pattern] {
            if !side.logical_type.is_character() {
                return Err(format!("LIKE needs texts, found {}", side.logical_type));
            }
        }
        // Flink writes the escape of a literal pattern into Java code, where these take two characters or more.
        if matches!(&pattern.kind, ScalarKind::Literal(_))
            && like.escape_char.is_some_and(|c| matches!(c, '\\' | '"') || c.is_control())
        {
            return Err(format!(
                "Flink 1.18 does not take {:?} as the escape character of a literal pattern; use another one{}",
                like.escape_char.unwrap_or_default(),
                if like.escape_char == Some('\\') { ", or leave ESCAPE out: it is the default" } else { "" },
            ));
        }
        let nullable = text.nullable || pattern.nullable;
        let empty =
            matches!(&pattern.kind, ScalarKind::Literal(ScalarValue::Utf8(Some(text))) if text.is_empty());
        let eval = if empty {
            // Flink's short cut for literals takes '' for every text.
            streamsql_functions::like::always(!like.negated)
        } else {
            streamsql_functions::like::like(like.escape_char, like.negated)
        };
        let args = vec![self.cast(text, &LogicalType::STRING)?, self.cast(pattern, &LogicalType::STRING)?];
        Ok(call(if like.negated { "NOT LIKE" } else { "LIKE" }, args, LogicalType::Boolean, nullable, eval))
    }

    fn similar(&self, similar: &Like) -> Typed {
        let (text, pattern) = (self.typed(&similar.expr)?, self.typed(&similar.pattern)?);
        for side in [&text, &pattern] {
            if !side.logical_type.is_character() {
                return Err(format!("SIMILAR TO needs texts, found {}", side.logical_type));
            }
        }
        let nullable = text.nullable || pattern.nullable;
        let eval = regexp::similar(similar.escape_char, similar.negated);
        let args = vec![self.cast(text, &LogicalType::STRING)?, self.cast(pattern, &LogicalType::STRING)?];
        let name = if similar.negated { "NOT SIMILAR TO" } else { "SIMILAR TO" };
        Ok(call(name, args, LogicalType::Boolean, nullable, eval))
    }

    fn case(&self, case: &Case) -> Typed {
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
        let types: Vec<LogicalType> =
            thens.iter().chain(&otherwise).map(|s| s.logical_type.clone()).collect();
        let logical_type =
            typing::least_restrictive(&types).map_err(|e| format!("the branches of CASE have {e}"))?;
        let nullable = otherwise.as_ref().is_none_or(|s| s.nullable) || thens.iter().any(|s| s.nullable);
        let branches = whens
            .into_iter()
            .zip(thens)
            .map(|(when, then)| Ok((when, self.cast(then, &logical_type)?)))
            .collect::<Result<_, String>>()?;
        let otherwise = otherwise.map(|s| self.cast(s, &logical_type)).transpose()?.map(Box::new);
        Ok(Scalar { kind: ScalarKind::Case { branches, otherwise }, logical_type, nullable })
    }

    fn cast_to_field(&self, operand: &Expr, field: &arrow::datatypes::Field, try_cast: bool) -> Typed {
        let operand = self.typed(operand)?;
        let (target, _) =
            LogicalType::from_field(field).ok_or_else(|| format!("no type {}", field.data_type()))?;
        // A cast to its own type still takes the mark of a time attribute away.
        let is_time = operand.as_column().is_some_and(|c| self.columns[c].time.is_some());
        if is_time && operand.logical_type == target && !try_cast {
            return self.evaluated_cast(operand, &target, false);
        }
        self.cast_with(operand, &target, try_cast)
    }

    /// CAST, as far as one is needed.
    pub fn cast(&self, scalar: Scalar, to: &LogicalType) -> Typed {
        self.cast_with(scalar, to, false)
    }

    fn cast_with(&self, scalar: Scalar, to: &LogicalType, try_cast: bool) -> Typed {
        if scalar.logical_type == *to && !try_cast {
            return Ok(scalar);
        }
        // A longer text type needs no work.
        let longer = match (&scalar.logical_type, to) {
            (LogicalType::Char(from) | LogicalType::Varchar(from), LogicalType::Varchar(to)) => from <= to,
            _ => false,
        };
        if longer {
            return Ok(Scalar { logical_type: to.clone(), ..scalar });
        }
        let null = scalar.logical_type == LogicalType::Null && !to.to_arrow().is_nested();
        if let (ScalarKind::Literal(value), true) = (&scalar.kind, null) {
            debug_assert!(value.is_null());
            let value = ScalarValue::try_from(&to.to_arrow()).map_err(|e| e.strip_backtrace())?;
            return Ok(Scalar { kind: ScalarKind::Literal(value), logical_type: to.clone(), nullable: true });
        }
        self.evaluated_cast(scalar, to, try_cast)
    }

    fn evaluated_cast(&self, scalar: Scalar, to: &LogicalType, try_cast: bool) -> Typed {
        let eval = cast::cast(&scalar.logical_type, to, try_cast, self.session)?;
        let nullable = scalar.nullable || try_cast || self.session.legacy_cast;
        Ok(call(if try_cast { "TRY_CAST" } else { "CAST" }, vec![scalar], to.clone(), nullable, eval))
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
            return self.compare_rows(op, l, r);
        }
        let (l, r) = (&left.logical_type, &right.logical_type);
        let ordered = matches!(op, Comparison::Lt | Comparison::LtEq | Comparison::Gt | Comparison::GtEq);
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
        if ordered && (mixed || nested(l) || nested(r)) {
            return Err(format!("cannot apply '{}' to {l} and {r}", op.symbol()));
        }
        if let Some([l, r]) = typing::ordered_exactly(l, r).filter(|_| ordered) {
            let nullable = left.nullable || right.nullable;
            let sides = vec![self.cast_with(left, &l, false)?, self.cast_with(right, &r, false)?];
            let eval = compare::ordered_decimals(op);
            return Ok(call(op.symbol(), sides, LogicalType::Boolean, nullable, eval));
        }
        let common = typing::comparison(l, r).map_err(|e| format!("{e} (in '{}')", op.symbol()))?;
        // Against a time, a text that cannot be read is NULL and not an error (ScalarOperatorGens).
        let lenient = |scalar: Scalar| {
            let text_to_time = scalar.logical_type.is_character() && !common.is_character();
            let literal = matches!(scalar.kind, ScalarKind::Literal(_));
            self.cast_with(scalar, &common, text_to_time && !literal)
        };
        let nullable = left.nullable || right.nullable;
        let (left, right) = (lenient(left)?, lenient(right)?);
        let nullable = nullable && !matches!(op, Comparison::Distinct | Comparison::NotDistinct);
        Ok(call(op.symbol(), vec![left, right], LogicalType::Boolean, nullable, compare::eval(op)))
    }

    fn function(&self, function: &ScalarFunction) -> Typed {
        let args = function.args.iter().map(|arg| self.typed(arg)).collect::<Result<Vec<_>, _>>()?;
        let name = function.func.name();
        match name.strip_prefix(OPERATOR_PREFIX) {
            Some(symbol) => self.operator(symbol, args),
            None => self.named(&name.to_ascii_uppercase(), args),
        }
    }

    fn operator(&self, symbol: &str, args: Vec<Scalar>) -> Typed {
        let [left, right]: [Scalar; 2] =
            args.try_into().map_err(|_| format!("'{symbol}' needs two operands"))?;
        if symbol == "OVERLAPS" {
            return self.overlaps(&left, &right);
        }
        let comparison = match symbol {
            "=" => Some(Comparison::Eq),
            "<>" => Some(Comparison::NotEq),
            "<" => Some(Comparison::Lt),
            "<=" => Some(Comparison::LtEq),
            ">" => Some(Comparison::Gt),
            ">=" => Some(Comparison::GtEq),
            _ => None,
        };
        if let Some(comparison) = comparison {
            return self.comparison(comparison, left, right);
        }
        let op = match symbol {
            "+" => Arithmetic::Add,
            "-" => Arithmetic::Subtract,
            "*" => Arithmetic::Multiply,
            "/" => Arithmetic::Divide,
            "%" if left.logical_type.is_approximate() || right.logical_type.is_approximate() => {
                let (l, r) = (&left.logical_type, &right.logical_type);
                return Err(format!(
                    "cannot apply '%' to {l} and {r}: MOD is for whole numbers and decimals"
                ));
            }
            "%" => Arithmetic::Modulo,
            "||" => return self.named("||", vec![left, right]),
            other => return Err(format!("operator {other} is not supported")),
        };
        self.arithmetic(op, left, right)
    }

    pub(crate) fn arithmetic(&self, op: Arithmetic, left: Scalar, right: Scalar) -> Typed {
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
            _ if l == LogicalType::Null || r == LogicalType::Null => {}
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
        Ok(call(op.symbol(), args, result, nullable, eval))
    }

    fn named(&self, name: &str, mut args: Vec<Scalar>) -> Typed {
        if let Some(form) = self.form(name, &args) {
            return form;
        }
        match (name, args.len()) {
            ("MOD", 2) => return self.operator("%", args),
            // The second argument asks for the serialisable form, which is the same for all types here.
            ("TYPEOF", 1 | 2) => {
                let not_null = if args[0].nullable { "" } else { " NOT NULL" };
                let text = format!("{}{not_null}", args[0].logical_type);
                let value = ScalarKind::Literal(ScalarValue::Utf8(Some(text)));
                return Ok(Scalar { kind: value, logical_type: LogicalType::STRING, nullable: true });
            }
            ("TIMESTAMPADD", 3) => return self.timestamp_add(args),
            // The value itself, and both as they compare.
            ("NULLIF", 2) => {
                let first = args[0].clone();
                args.insert(0, first);
            }
            _ => {}
        }
        let arguments: Vec<Argument> = args.iter().map(Self::argument).collect();
        let resolved = resolve(name, &arguments, self.session)?;
        let args = args
            .into_iter()
            .zip(&resolved.casts)
            .map(|(scalar, target)| match target {
                Some(target) => self.cast(scalar, target),
                None => Ok(scalar),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let function = Function {
            name: name.to_owned(),
            result: result_field(&resolved.result, resolved.nullable),
            volatile: resolved.volatile,
            eval: resolved.eval,
        };
        Ok(Scalar {
            kind: ScalarKind::Call(function, args),
            logical_type: resolved.result,
            nullable: resolved.nullable,
        })
    }

    /// What a function's resolution sees of an argument.
    pub(crate) fn argument(scalar: &Scalar) -> Argument {
        Argument {
            logical_type: scalar.logical_type.clone(),
            nullable: scalar.nullable,
            literal: match &scalar.kind {
                ScalarKind::Literal(value) => Some(value.clone()),
                _ => None,
            },
        }
    }

    /// An interval times a whole number.
    fn times_interval(&self, interval: Scalar, count: Scalar) -> Typed {
        let (result, nullable) = (interval.logical_type.clone(), interval.nullable || count.nullable);
        let count = self.cast(count, &LogicalType::BigInt)?;
        Ok(call("*", vec![interval, count], result, nullable, temporal::times_interval()))
    }

    /// TIMESTAMPADD(unit, n, time) as time + n * INTERVAL '1' unit.
    fn timestamp_add(&self, args: Vec<Scalar>) -> Typed {
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
        if !count.logical_type.is_integer() && count.logical_type != LogicalType::Null {
            return Err(format!("TIMESTAMPADD needs a whole number of units, found {}", count.logical_type));
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

/// Stands between a message and the line and column that it is about.
const PLACE: char = '\u{F0004}';

/// Appends the place of the first column of an expression, unless the message has one already.
fn with_place(message: String, expr: &Expr) -> String {
    if message.contains(PLACE) {
        return message;
    }
    let mut place = None;
    let _ = datafusion_common::tree_node::TreeNode::apply(expr, |part| {
        if let Expr::Column(column) = part
            && let Some(span) = column.spans.first()
        {
            place = Some(span.start);
            return Ok(datafusion_common::tree_node::TreeNodeRecursion::Stop);
        }
        Ok(datafusion_common::tree_node::TreeNodeRecursion::Continue)
    });
    match place {
        Some(at) => format!("{message}{PLACE}{} {}", at.line, at.column),
        None => message,
    }
}

/// Takes a message apart into its text and, where it has one, line and column of the rendered text.
pub fn message_and_place(message: &str) -> (String, Option<(u64, u64)>) {
    let Some(start) = message.find(PLACE) else { return (message.to_owned(), None) };
    let rest = &message[start + PLACE.len_utf8()..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ' ').unwrap_or(rest.len());
    let mut numbers = rest[..end].split(' ').filter_map(|n| n.parse().ok());
    let place = numbers.next().zip(numbers.next());
    (format!("{}{}", &message[..start], &rest[end..]), place)
}

/// A message without its place.
pub fn message_only(message: &str) -> String {
    message_and_place(message).0
}

pub(crate) fn call(
    name: &str,
    args: Vec<Scalar>,
    logical_type: LogicalType,
    nullable: bool,
    eval: Arc<Eval>,
) -> Scalar {
    let function = Function {
        name: name.to_owned(),
        result: result_field(&logical_type, nullable),
        volatile: false,
        eval,
    };
    Scalar { kind: ScalarKind::Call(function, args), logical_type, nullable }
}

/// Flink's type of a literal: INT where it fits, CHAR(n) for texts, the two families of intervals.
pub(crate) fn literal(value: &ScalarValue) -> Typed {
    let with = |value: ScalarValue, logical_type: LogicalType| Scalar {
        nullable: value.is_null(),
        kind: ScalarKind::Literal(value),
        logical_type,
    };
    Ok(match value {
        ScalarValue::Null => with(value.clone(), LogicalType::Null),
        ScalarValue::Boolean(_) => with(value.clone(), LogicalType::Boolean),
        ScalarValue::Int64(Some(number)) => match i32::try_from(*number) {
            Ok(number) => with(ScalarValue::Int32(Some(number)), LogicalType::Int),
            Err(_) => with(value.clone(), LogicalType::BigInt),
        },
        ScalarValue::Int32(_) => with(value.clone(), LogicalType::Int),
        ScalarValue::UInt64(Some(number)) => {
            let value = ScalarValue::Decimal128(Some(i128::from(*number)), 20, 0);
            with(value, LogicalType::Decimal { precision: 20, scale: 0 })
        }
        ScalarValue::Float64(_) => with(value.clone(), LogicalType::Double),
        ScalarValue::Decimal128(Some(number), precision, scale) => {
            let scale = (*scale).max(0) as u8;
            let precision = *precision;
            let logical_type = LogicalType::Decimal { precision, scale };
            with(ScalarValue::Decimal128(Some(*number), precision, scale as i8), logical_type)
        }
        ScalarValue::Utf8(Some(text)) => with(value.clone(), LogicalType::Char(text.chars().count() as u32)),
        ScalarValue::Binary(Some(bytes)) => with(value.clone(), LogicalType::Binary(bytes.len() as u32)),
        ScalarValue::DurationMillisecond(_) => with(value.clone(), LogicalType::IntervalDayTime),
        ScalarValue::IntervalYearMonth(_) => with(value.clone(), LogicalType::IntervalYearMonth),
        ScalarValue::IntervalMonthDayNano(Some(interval)) => {
            if interval.months != 0 && (interval.days != 0 || interval.nanoseconds != 0) {
                return Err("an interval of months and days does not exist in Flink".to_owned());
            }
            if interval.months != 0 {
                return literal(&ScalarValue::IntervalYearMonth(Some(interval.months)));
            }
            let ms = i64::from(interval.days) * 86_400_000 + interval.nanoseconds / 1_000_000;
            return literal(&ScalarValue::DurationMillisecond(Some(ms)));
        }
        other => return Err(format!("the literal {other} is not supported yet")),
    })
}
