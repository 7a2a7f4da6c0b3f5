//! From DataFusion's expressions to typed ones, by Flink's rules: casts where Flink has them, errors where it has none.

mod arithmetic;
pub mod comparison;
mod conditional;
mod forms;
pub mod place;

use std::sync::Arc;

use datafusion_common::{DFSchema, ScalarValue};
use datafusion_expr::expr::{Like, ScalarFunction};
use datafusion_expr::{Expr, Operator};
use streamsql_core::LogicalType;
use streamsql_functions::call::result_field;
use streamsql_functions::compare::Comparison;
use streamsql_functions::typing::Arithmetic;
use streamsql_functions::{Argument, Body, Eval, Function, SessionSettings, cast, constant, regexp, resolve};
use streamsql_plan::TimeAttribute;

use crate::bind::names::placeholders::OPERATOR_PREFIX;
use crate::bind::names::places::{self, AT};
use crate::bind::typing::place::with_place;
use crate::logical::RelColumn;
use crate::logical::scalar::{Scalar, ScalarKind};

/// Types expressions over one input.
pub struct Typer<'a> {
    pub session: &'a SessionSettings,
    /// Resolves names to positions.
    pub names: &'a DFSchema,
    /// What stands at the positions.
    pub columns: &'a [RelColumn],
}

pub type Typed = Result<Scalar, String>;

/// A cast's evaluation by its types and whether it is TRY_CAST.
type CastRule = fn(&LogicalType, &LogicalType, bool, &SessionSettings) -> Result<Arc<Eval>, String>;

impl Typer<'_> {
    /// An error is marked with the place of the first column that the failing part reads.
    pub fn typed(&self, expr: &Expr) -> Typed {
        let scalar = self.typed_here(expr).map_err(|message| with_place(message, expr))?;
        Ok(match expr {
            Expr::ScalarFunction(function) => match places::split(function.func.name()).1 {
                Some(place) => scalar.placed(&Arc::from(place)),
                None => scalar,
            },
            _ => scalar,
        })
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
                    other => Err(format!("operator {other} is not supported")),
                }
            }
            Expr::Not(operand) => {
                let operand = self.boolean(typed(self.typed(operand)?, "NOT")?, "NOT")?;
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
            Expr::Exists(_) => Err("EXISTS is not supported yet".to_owned()),
            Expr::InSubquery(_) => Err("IN with a subquery is not supported yet".to_owned()),
            Expr::ScalarSubquery(_) => Err("subqueries in expressions are not supported yet".to_owned()),
            Expr::SimilarTo(similar) => self.similar(similar),
            other => Err(format!("the expression {other} is not supported yet")),
        }
    }

    /// A column of SELECT: it must have a type.
    pub fn projected(&self, expr: &Expr) -> Typed {
        let typed = self.typed(expr)?;
        refuse_untyped_nulls(&typed.logical_type).map_err(|message| with_place(message, expr))?;
        Ok(typed)
    }

    /// A condition of WHERE, ON or CASE.
    pub fn condition(&self, expr: &Expr, of: &str) -> Typed {
        let typed = self.typed(expr)?;
        self.boolean(typed, of).map_err(|message| with_place(message, expr))
    }

    fn boolean(&self, scalar: Scalar, of: &str) -> Typed {
        match scalar.logical_type {
            LogicalType::Boolean => Ok(scalar),
            LogicalType::Null => self.cast(scalar, &LogicalType::Boolean),
            other => Err(format!("{of} needs a BOOLEAN, found {other}")),
        }
    }

    pub(crate) fn logical(&self, op: Operator, left: Scalar, right: Scalar) -> Typed {
        let word = if op == Operator::And { "AND" } else { "OR" };
        let (left, right) =
            (self.boolean(typed(left, word)?, word)?, self.boolean(typed(right, word)?, word)?);
        let nullable = left.nullable || right.nullable;
        let (left, right) = (Box::new(left), Box::new(right));
        let kind =
            if op == Operator::And { ScalarKind::And(left, right) } else { ScalarKind::Or(left, right) };
        Ok(Scalar::boolean(kind, nullable))
    }

    fn truth(&self, name: &str, operand: &Expr, value: Option<bool>, negated: bool) -> Typed {
        let operand = self.boolean(typed(self.typed(operand)?, name)?, name)?;
        let truth = streamsql_functions::conditional::truth(value, negated);
        Ok(call(name, vec![operand], LogicalType::Boolean, false, truth).total())
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
            streamsql_functions::like::always(!like.negated).into()
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

    fn cast_to_field(&self, operand: &Expr, field: &arrow::datatypes::Field, try_cast: bool) -> Typed {
        let operand = self.typed(operand)?;
        if operand.logical_type != LogicalType::Null {
            refuse_untyped_nulls(&operand.logical_type)?;
        }
        let (target, _) =
            LogicalType::from_field(field).ok_or_else(|| format!("no type {}", field.data_type()))?;
        // Flink counts the unit of the interval, which its type here does not tell.
        if operand.logical_type.is_interval() && target.is_integer() && !try_cast {
            return Err(format!(
                "CAST of an interval to {target} takes an INTERVAL literal of one unit; use TIMESTAMPDIFF or TRY_CAST"
            ));
        }
        // A cast to its own type still takes the mark of a time attribute away.
        let is_time = operand.as_column().is_some_and(|c| self.columns[c].time.is_some());
        if is_time && operand.logical_type == target && !try_cast {
            return self.evaluated_cast(cast::cast, operand, &target, false);
        }
        self.cast_with(operand, &target, try_cast)
    }

    /// CAST, as far as one is needed.
    pub fn cast(&self, scalar: Scalar, to: &LogicalType) -> Typed {
        self.cast_with(scalar, to, false)
    }

    pub(crate) fn cast_with(&self, scalar: Scalar, to: &LogicalType, try_cast: bool) -> Typed {
        self.cast_by(cast::cast, scalar, to, try_cast)
    }

    /// A side of a comparison in the type in which both are compared.
    pub(crate) fn cast_to_compare(&self, scalar: Scalar, to: &LogicalType, try_cast: bool) -> Typed {
        self.cast_by(cast::cast_to_compare, scalar, to, try_cast)
    }

    fn cast_by(&self, rule: CastRule, scalar: Scalar, to: &LogicalType, try_cast: bool) -> Typed {
        if scalar.logical_type == *to && !try_cast {
            return Ok(scalar);
        }
        // A longer text type needs no work.
        let longer = match (&scalar.logical_type, to) {
            (LogicalType::Char(from) | LogicalType::Varchar(from), LogicalType::Varchar(to)) => from <= to,
            _ => false,
        };
        if longer && !try_cast {
            return Ok(Scalar { logical_type: to.clone(), ..scalar });
        }
        let null = scalar.logical_type == LogicalType::Null && !to.to_arrow().is_nested();
        if let (ScalarKind::Literal(value), true) = (&scalar.kind, null) {
            debug_assert!(value.is_null());
            let value = ScalarValue::try_from(&to.to_arrow()).map_err(|e| e.strip_backtrace())?;
            return Ok(Scalar { kind: ScalarKind::Literal(value), logical_type: to.clone(), nullable: true });
        }
        let shorter = matches!((&scalar.logical_type, to), (LogicalType::Timestamp(from), LogicalType::Timestamp(to)) if from > to);
        if shorter && !try_cast && scalar.is_literal() {
            // Digits of a literal are cut off its text (Calcite `RexBuilder.makeCast`).
            let (from, nullable) = (scalar.logical_type.clone(), scalar.nullable);
            let cut = call("LITERAL", vec![scalar], from, nullable, constant::as_literal(to));
            return self.evaluated_cast(rule, cut, to, try_cast);
        }
        self.evaluated_cast(rule, scalar, to, try_cast)
    }

    pub(crate) fn evaluated_cast(
        &self,
        rule: CastRule,
        scalar: Scalar,
        to: &LogicalType,
        try_cast: bool,
    ) -> Typed {
        let eval = rule(&scalar.logical_type, to, try_cast, self.session)?;
        let nullable = scalar.nullable || try_cast;
        let total = is_total_cast(&scalar.logical_type, to);
        let cast = call(if try_cast { "TRY_CAST" } else { "CAST" }, vec![scalar], to.clone(), nullable, eval);
        Ok(if total { cast.total() } else { cast })
    }

    fn function(&self, function: &ScalarFunction) -> Typed {
        let name = places::split(function.func.name()).0;
        if let (AT, [operand]) = (name, function.args.as_slice()) {
            return self.typed(operand);
        }
        let args = function.args.iter().map(|arg| self.typed(arg)).collect::<Result<Vec<_>, _>>()?;
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

    /// A function by its name; its arguments are cast to what it takes.
    pub fn named(&self, name: &str, mut args: Vec<Scalar>) -> Typed {
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
            ("JSON_OBJECT" | "JSON_ARRAY", 2..) => {
                let step = if name == "JSON_OBJECT" { 2 } else { 1 };
                let values = args[2..].iter().skip(step - 1).step_by(step);
                let kind = |value: &Scalar| if value.is_json(self.columns) { 'j' } else { 'v' };
                let kinds: String = values.map(kind).collect();
                args[1] = literal(&ScalarValue::from(kinds.as_str()))?;
            }
            ("NULLIF", 2) => return self.null_if(args),
            ("CURRENT_WATERMARK", 1) => {
                let column = args[0].as_column().map(|index| &self.columns[index]);
                if column.and_then(|column| column.time) != Some(TimeAttribute::Rowtime) {
                    return Err(format!(
                        "the argument of CURRENT_WATERMARK must be a column with a watermark, found {}",
                        args[0].logical_type
                    ));
                }
            }
            _ => {}
        }
        let arguments: Vec<Argument> = args.iter().map(Self::argument).collect();
        let resolved = resolve(name, &arguments, self.session)?;
        let mut args = args
            .into_iter()
            .zip(&resolved.casts)
            .map(|(scalar, target)| match target {
                Some(target) if name == "IF" => self.branch(scalar, target),
                Some(target) => self.cast(scalar, target),
                None => Ok(scalar),
            })
            .collect::<Result<Vec<_>, _>>()?;
        if name == "COALESCE" {
            // Nothing behind a NOT NULL value is reached, whatever a cast makes of that.
            let reached = args.iter().position(|arg| !arg.nullable).map_or(args.len(), |last| last + 1);
            args.truncate(reached);
        }
        let function = Function {
            name: name.to_owned(),
            result: result_field(&resolved.result, resolved.nullable),
            volatile: resolved.volatile,
            total: resolved.total,
            body: resolved.body,
            place: None,
        };
        Ok(Scalar {
            kind: ScalarKind::Call(function, args),
            logical_type: resolved.result,
            nullable: resolved.nullable,
        })
    }

    /// What a function's resolution sees of an argument.
    pub fn argument(scalar: &Scalar) -> Argument {
        Argument {
            logical_type: scalar.logical_type.clone(),
            nullable: scalar.nullable,
            literal: match &scalar.kind {
                ScalarKind::Literal(value) => Some(value.clone()),
                _ => None,
            },
        }
    }
}

/// Whether every value of a type has one in the other, at little cost.
fn is_total_cast(from: &LogicalType, to: &LogicalType) -> bool {
    use LogicalType::{BigInt, Decimal, Double, Float, Int, SmallInt, Timestamp, TimestampLtz, TinyInt};
    match (from, to) {
        (TinyInt | SmallInt | Int | BigInt, BigInt | Float | Double | Decimal { .. })
        | (TinyInt | SmallInt, Int)
        | (Float, Double)
        | (Decimal { .. }, Decimal { .. }) => true,
        (Timestamp(from), Timestamp(to)) | (TimestampLtz(from), TimestampLtz(to)) => to <= from,
        (from, to) => from.is_character() && matches!(to, LogicalType::Varchar(_)),
    }
}

/// An operand that is not a NULL without a type, which Flink's validator takes only where it can tell the type.
pub(crate) fn typed(scalar: Scalar, of: &str) -> Typed {
    if scalar.logical_type == LogicalType::Null {
        return Err(format!("illegal use of NULL in {of}: cast it to a type"));
    }
    Ok(scalar)
}

/// Refuses a NULL without a type as a value or as a field of a ROW.
pub(crate) fn refuse_untyped_nulls(logical_type: &LogicalType) -> Result<(), String> {
    match logical_type {
        LogicalType::Null => Err("illegal use of NULL: write CAST(NULL AS type)".to_owned()),
        LogicalType::Row(fields) => fields.iter().try_for_each(|f| refuse_untyped_nulls(&f.logical_type)),
        _ => Ok(()),
    }
}

/// A call of a function that is evaluated like this.
pub fn call(
    name: &str,
    args: Vec<Scalar>,
    logical_type: LogicalType,
    nullable: bool,
    body: impl Into<Body>,
) -> Scalar {
    let function = Function {
        name: name.to_owned(),
        result: result_field(&logical_type, nullable),
        volatile: false,
        total: false,
        body: body.into(),
        place: None,
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
