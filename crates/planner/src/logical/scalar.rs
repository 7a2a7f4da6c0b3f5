//! Typed scalar expressions over the columns of one input, before they become ones that can be evaluated.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion_common::ScalarValue;
use streamsql_core::LogicalType;
use streamsql_functions::Function;
use streamsql_functions::expression::{call_text, is_symbol};
use streamsql_functions::typing::sink_cast;
use streamsql_sql::limits::MAX_CHAIN;

use crate::logical::RelColumn;

/// An expression with its Flink type.
#[derive(Clone)]
pub struct Scalar {
    pub kind: ScalarKind,
    pub logical_type: LogicalType,
    pub nullable: bool,
}

#[derive(Clone)]
pub enum ScalarKind {
    /// Position in the input.
    Column(usize),
    Literal(ScalarValue),
    Call(Function, Vec<Scalar>),
    And(Box<Scalar>, Box<Scalar>),
    Or(Box<Scalar>, Box<Scalar>),
    Not(Box<Scalar>),
    IsNull {
        operand: Box<Scalar>,
        negated: bool,
    },
    Case {
        branches: Vec<(Scalar, Scalar)>,
        otherwise: Option<Box<Scalar>>,
    },
}

/// Whether each value of an integer type has its own value in another type (Calcite `RexUtil.isLosslessCast`).
fn is_lossless(from: &LogicalType, to: &LogicalType) -> bool {
    use LogicalType::{BigInt, Int, SmallInt, TinyInt};
    let bytes = |of: &LogicalType| match of {
        TinyInt => Some(1),
        SmallInt => Some(2),
        Int => Some(4),
        BigInt => Some(8),
        _ => None,
    };
    match (bytes(from), bytes(to)) {
        (Some(from), Some(to)) => from <= to,
        (Some(_), None) => *to == LogicalType::STRING,
        _ => false,
    }
}

impl Scalar {
    pub fn column(index: usize, logical_type: LogicalType, nullable: bool) -> Self {
        Self { kind: ScalarKind::Column(index), logical_type, nullable }
    }

    pub fn boolean(kind: ScalarKind, nullable: bool) -> Self {
        Self { kind, logical_type: LogicalType::Boolean, nullable }
    }

    /// The column, when this is a bare reference.
    pub fn as_column(&self) -> Option<usize> {
        match self.kind {
            ScalarKind::Column(index) => Some(index),
            _ => None,
        }
    }

    /// The column, when this is a reference to one, an implicit cast of that, or a cast there and back that loses nothing.
    pub fn key_column(&self) -> Option<usize> {
        match self.as_call() {
            Some(("CAST", [operand])) if sink_cast(&operand.logical_type, &self.logical_type) => {
                operand.as_column()
            }
            Some(("CAST", [operand])) => match operand.as_call() {
                Some(("CAST", [inner]))
                    if inner.logical_type == self.logical_type
                        && is_lossless(&inner.logical_type, &operand.logical_type) =>
                {
                    inner.as_column()
                }
                _ => None,
            },
            _ => self.as_column(),
        }
    }

    /// The name and arguments of a call.
    pub fn as_call(&self) -> Option<(&str, &[Scalar])> {
        match &self.kind {
            ScalarKind::Call(function, arguments) => Some((&function.name, arguments)),
            _ => None,
        }
    }

    /// Whether this is a literal, as Flink sees one: behind casts, too.
    pub fn is_literal(&self) -> bool {
        match self.as_call() {
            Some(("CAST", [operand])) => operand.is_literal(),
            _ => matches!(self.kind, ScalarKind::Literal(_)),
        }
    }

    /// Whether JSON_OBJECT or JSON_ARRAY made this text, as Flink's code generator sees it: behind a view's column, and
    /// where its planner leaves nothing else (the first value of a COALESCE that is never NULL).
    pub fn is_json(&self, columns: &[RelColumn]) -> bool {
        match (self.as_column(), self.as_call()) {
            (Some(index), _) => columns.get(index).is_some_and(|column| column.is_json),
            (_, Some(("JSON_OBJECT" | "JSON_ARRAY", _))) => true,
            (_, Some(("COALESCE", [first, ..]))) => !first.nullable && first.is_json(columns),
            _ => false,
        }
    }

    /// `file:line:col` of a call, where it is known.
    pub fn place(&self) -> Option<Arc<str>> {
        match &self.kind {
            ScalarKind::Call(function, _) => function.place.clone(),
            _ => None,
        }
    }

    pub(crate) fn children(&self) -> Vec<&Scalar> {
        match &self.kind {
            ScalarKind::Column(_) | ScalarKind::Literal(_) => Vec::new(),
            ScalarKind::Call(_, arguments) => arguments.iter().collect(),
            ScalarKind::And(l, r) | ScalarKind::Or(l, r) => vec![l, r],
            ScalarKind::Not(operand) | ScalarKind::IsNull { operand, .. } => vec![operand],
            ScalarKind::Case { branches, otherwise } => {
                let pairs = branches.iter().flat_map(|(when, then)| [when, then]);
                pairs.chain(otherwise.iter().map(Box::as_ref)).collect()
            }
        }
    }

    /// Whether both are the same expression.
    pub fn is_same(&self, other: &Scalar) -> bool {
        let position = |index: usize| format!("${index}");
        self.logical_type == other.logical_type && self.text(&position) == other.text(&position)
    }

    /// Adds the columns that it reads.
    pub fn collect_columns(&self, columns: &mut BTreeSet<usize>) {
        columns.extend(self.as_column());
        for child in self.children() {
            child.collect_columns(columns);
        }
    }

    /// The columns that it reads.
    pub fn columns(&self) -> BTreeSet<usize> {
        let mut columns = BTreeSet::new();
        self.collect_columns(&mut columns);
        columns
    }

    /// Whether it gives the same for the same row.
    pub fn is_deterministic(&self) -> bool {
        let volatile = matches!(&self.kind, ScalarKind::Call(function, _) if function.volatile);
        !volatile && self.children().into_iter().all(Self::is_deterministic)
    }

    /// The same with columns replaced.
    pub fn replace(&self, column: &impl Fn(usize) -> Scalar) -> Scalar {
        let each = |scalar: &Scalar| scalar.replace(column);
        let boxed = |scalar: &Scalar| Box::new(scalar.replace(column));
        let kind = match &self.kind {
            ScalarKind::Column(index) => {
                let replaced = column(*index);
                // A column may be read in a longer type than it has.
                let same = self.logical_type.to_arrow() == replaced.logical_type.to_arrow();
                let logical_type = if same { self.logical_type.clone() } else { replaced.logical_type };
                return Scalar {
                    kind: replaced.kind,
                    logical_type,
                    nullable: self.nullable || replaced.nullable,
                };
            }
            ScalarKind::Literal(value) => ScalarKind::Literal(value.clone()),
            ScalarKind::Call(function, arguments) => {
                ScalarKind::Call(function.clone(), arguments.iter().map(each).collect())
            }
            ScalarKind::And(l, r) => ScalarKind::And(boxed(l), boxed(r)),
            ScalarKind::Or(l, r) => ScalarKind::Or(boxed(l), boxed(r)),
            ScalarKind::Not(operand) => ScalarKind::Not(boxed(operand)),
            ScalarKind::IsNull { operand, negated } => {
                ScalarKind::IsNull { operand: boxed(operand), negated: *negated }
            }
            ScalarKind::Case { branches, otherwise } => ScalarKind::Case {
                branches: branches.iter().map(|(when, then)| (each(when), each(then))).collect(),
                otherwise: otherwise.as_ref().map(|scalar| boxed(scalar)),
            },
        };
        Scalar { kind, logical_type: self.logical_type.clone(), nullable: self.nullable }
    }

    /// The same with columns at other positions.
    pub fn shift(&self, position: &impl Fn(usize) -> usize) -> Scalar {
        self.replace(&|index| Scalar::column(position(index), self.type_of(index), false))
    }

    /// The type that a column has where this expression reads it.
    fn type_of(&self, index: usize) -> LogicalType {
        fn find(scalar: &Scalar, index: usize) -> Option<LogicalType> {
            if scalar.as_column() == Some(index) {
                return Some(scalar.logical_type.clone());
            }
            scalar.children().into_iter().find_map(|child| find(child, index))
        }
        find(self, index).unwrap_or(LogicalType::Null)
    }

    /// Text in Flink's manner; `name` gives a column's.
    pub fn text(&self, name: &dyn Fn(usize) -> String) -> String {
        let operand = |scalar: &Scalar| match &scalar.kind {
            ScalarKind::And(..) | ScalarKind::Or(..) => format!("({})", scalar.text(name)),
            ScalarKind::Call(f, _) if is_symbol(&f.name) => format!("({})", scalar.text(name)),
            _ => scalar.text(name),
        };
        match &self.kind {
            ScalarKind::Column(index) => name(*index),
            ScalarKind::Literal(value) => literal_text(value, &self.logical_type),
            ScalarKind::Call(function, arguments) => call_text(
                &function.name,
                arguments.len(),
                &self.logical_type,
                |i| operand(&arguments[i]),
                |i| arguments[i].text(name),
            ),
            ScalarKind::And(l, r) => format!("{} AND {}", operand(l), operand(r)),
            ScalarKind::Or(l, r) => format!("{} OR {}", operand(l), operand(r)),
            ScalarKind::Not(scalar) => format!("NOT {}", operand(scalar)),
            ScalarKind::IsNull { operand: scalar, negated } => {
                format!("{} IS {}NULL", operand(scalar), if *negated { "NOT " } else { "" })
            }
            ScalarKind::Case { branches, otherwise } => {
                let mut text = String::from("CASE");
                for (when, then) in branches {
                    text.push_str(&format!(" WHEN {} THEN {}", when.text(name), then.text(name)));
                }
                if let Some(otherwise) = otherwise {
                    text.push_str(&format!(" ELSE {}", otherwise.text(name)));
                }
                text + " END"
            }
        }
    }

    pub(crate) fn is_constant(&self) -> bool {
        !matches!(self.kind, ScalarKind::Literal(_)) && self.columns().is_empty() && self.is_deterministic()
    }

    /// Whether there are rows for which it has no value.
    pub fn can_fail(&self) -> bool {
        // These take every text; those with a pattern fail at planning where it is a constant.
        const TEXTS: &[&str] = &[
            "UPPER",
            "LOWER",
            "CHAR_LENGTH",
            "CHARACTER_LENGTH",
            "||",
            "CONCAT",
            "TRIM",
            "COALESCE",
            "IFNULL",
            "IF",
        ];
        const PATTERNS: &[&str] = &["LIKE", "NOT LIKE", "SIMILAR TO", "NOT SIMILAR TO", "REGEXP"];
        let call_fails = match &self.kind {
            ScalarKind::Call(function, _) if function.total => false,
            ScalarKind::Call(function, arguments) if PATTERNS.contains(&function.name.as_str()) => {
                arguments.iter().skip(1).any(|pattern| !pattern.columns().is_empty())
            }
            ScalarKind::Call(function, _) => !TEXTS.contains(&function.name.as_str()),
            _ => false,
        };
        call_fails || self.children().into_iter().any(Self::can_fail)
    }

    /// The same; its calls that have no place yet stand at this one.
    pub fn placed(mut self, place: &Arc<str>) -> Self {
        self.place_calls(place);
        self
    }

    fn place_calls(&mut self, place: &Arc<str>) {
        match &mut self.kind {
            ScalarKind::Column(_) | ScalarKind::Literal(_) => {}
            // What stands below a call that has a place has one, too.
            ScalarKind::Call(function, _) if function.place.is_some() => {}
            ScalarKind::Call(function, arguments) => {
                function.place = Some(Arc::clone(place));
                arguments.iter_mut().for_each(|argument| argument.place_calls(place));
            }
            ScalarKind::And(l, r) | ScalarKind::Or(l, r) => {
                l.place_calls(place);
                r.place_calls(place);
            }
            ScalarKind::Not(operand) | ScalarKind::IsNull { operand, .. } => operand.place_calls(place),
            ScalarKind::Case { branches, otherwise } => {
                for (when, then) in branches {
                    when.place_calls(place);
                    then.place_calls(place);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.place_calls(place);
                }
            }
        }
    }

    /// A call of a function that has a value for all arguments and costs little.
    pub fn total(mut self) -> Self {
        if let ScalarKind::Call(function, _) = &mut self.kind {
            function.total = true;
        }
        self
    }
}

fn literal_text(value: &ScalarValue, logical_type: &LogicalType) -> String {
    match value {
        value if value.is_null() => "NULL".to_owned(),
        ScalarValue::Utf8(Some(text)) => format!("'{}'", text.replace('\'', "''")),
        ScalarValue::Decimal128(Some(value), _, scale) => {
            let mut text = String::new();
            streamsql_core::text::decimal(*value, (*scale).max(0) as u32, &mut text);
            text
        }
        ScalarValue::DurationMillisecond(Some(ms)) => format!("INTERVAL {ms} ms"),
        ScalarValue::IntervalYearMonth(Some(months)) => format!("INTERVAL {months} months"),
        other if *logical_type == LogicalType::Boolean => other.to_string().to_uppercase(),
        other => other.to_string(),
    }
}

/// Splits a conjunction.
pub fn conjuncts(scalar: Scalar, out: &mut Vec<Scalar>) {
    match scalar.kind {
        ScalarKind::And(l, r) => {
            conjuncts(*l, out);
            conjuncts(*r, out);
        }
        kind => out.push(Scalar { kind, ..scalar }),
    }
}

/// Joins conditions with AND; `None` for none. Many become a balanced tree: evaluation goes as deep as the tree.
pub fn conjunction(mut conditions: Vec<Scalar>) -> Option<Scalar> {
    let and = |l: Scalar, r: Scalar| {
        let nullable = l.nullable || r.nullable;
        Scalar::boolean(ScalarKind::And(Box::new(l), Box::new(r)), nullable)
    };
    while conditions.len() > MAX_CHAIN {
        let mut rest = conditions.into_iter();
        let mut halved = Vec::with_capacity(rest.len().div_ceil(2));
        while let Some(left) = rest.next() {
            halved.push(match rest.next() {
                Some(right) => and(left, right),
                None => left,
            });
        }
        conditions = halved;
    }
    conditions.into_iter().reduce(and)
}
