//! What is evaluated, for which rows, and what is said of a row that fails.

use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{AsArray, Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use streamsql_core::{Evaluate, Watermark};

use super::*;
use crate::call::{Eval, result_field};
use crate::compare::{self, Comparison};
use crate::typing::Arithmetic;
use crate::{Argument, SessionSettings, arithmetic, resolve};

const CX: EvalContext = EvalContext { processing_time_ms: 1_700_000_000_123, watermark: Watermark(5) };

fn function(name: &str, result: &LogicalType, total: bool, eval: Arc<Eval>) -> Function {
    Function {
        name: name.to_owned(),
        result: result_field(result, true),
        volatile: false,
        total,
        body: eval.into(),
        place: None,
    }
}

fn compare(op: Comparison, left: Expression, right: Expression) -> Expression {
    let function = function(op.symbol(), &LogicalType::Boolean, true, compare::eval(op));
    Expression::call(&function, vec![left, right], &LogicalType::Boolean)
}

fn divide(left: Expression, right: Expression) -> Expression {
    let int = LogicalType::Int;
    let function = function("/", &int, false, arithmetic::eval(Arithmetic::Divide, &int));
    let function = Function { place: Some("q.sql:3:7".into()), ..function };
    Expression::call(&function, vec![left, right], &int)
}

fn int(value: i32) -> Expression {
    Expression::constant(Arc::new(Int32Array::from(vec![value])))
}

fn a() -> Expression {
    Expression::column(0, "a")
}

fn b() -> Expression {
    Expression::column(1, "b")
}

fn rows(a: Vec<Option<i32>>, b: Vec<Option<i32>>) -> RecordBatch {
    let field = |name| Field::new(name, DataType::Int32, true);
    let schema = Arc::new(Schema::new(vec![field("a"), field("b")]));
    RecordBatch::try_new(schema, vec![Arc::new(Int32Array::from(a)), Arc::new(Int32Array::from(b))]).unwrap()
}

fn sample() -> RecordBatch {
    rows(
        vec![Some(6), Some(6), Some(6), None, Some(1), Some(0)],
        vec![Some(2), Some(0), None, Some(3), Some(-1), Some(0)],
    )
}

fn truths_of(expression: &Expression, rows: &RecordBatch) -> Vec<Option<bool>> {
    expression.evaluate(rows, &CX).unwrap().as_boolean().iter().collect()
}

/// A batch gives what its rows give one by one, which is what `expected` says.
fn check(expression: &Expression, expected: &[Option<bool>]) {
    let batch = sample();
    assert_eq!(truths_of(expression, &batch), expected);
    let one_by_one: Vec<_> =
        (0..batch.num_rows()).flat_map(|row| truths_of(expression, &batch.slice(row, 1))).collect();
    assert_eq!(one_by_one, expected);
}

#[test]
fn and_and_or_leave_the_right_side_of_settled_rows_alone() {
    let more = || compare(Comparison::Gt, divide(a(), b()), int(1));
    let zero = || compare(Comparison::Eq, b(), int(0));
    let and = Expression::and(compare(Comparison::NotEq, b(), int(0)), more());
    check(&and, &[Some(true), Some(false), None, None, Some(false), Some(false)]);
    let or = Expression::or(zero(), more());
    check(&or, &[Some(true), Some(true), None, None, Some(false), Some(true)]);
    check(&Expression::not(or), &[Some(false), Some(false), None, None, Some(true), Some(false)]);
    let later = Expression::and(more(), compare(Comparison::NotEq, b(), int(0)));
    assert!(later.evaluate(&sample(), &CX).is_err());
}

#[test]
fn branches_are_computed_for_the_rows_that_take_them() {
    let int_type = LogicalType::Int;
    let zero = compare(Comparison::Eq, b(), int(0));
    let null = Expression::is_null(b(), false);
    let case = Expression::case(vec![(zero, int(-1)), (null, a())], Some(divide(int(12), b())), &int_type);
    let expected = [Some(6), Some(-1), Some(6), Some(4), Some(-12), Some(-1)];
    let values = |rows: &RecordBatch| -> Vec<Option<i32>> {
        case.evaluate(rows, &CX).unwrap().as_primitive::<Int32Type>().iter().collect()
    };
    assert_eq!(values(&sample()), expected);
    let one_by_one: Vec<_> = (0..6).flat_map(|row| values(&sample().slice(row, 1))).collect();
    assert_eq!(one_by_one, expected);
    let coalesce = Expression::coalesce(vec![a(), divide(int(9), b())], &int_type);
    let array = coalesce.evaluate(&sample(), &CX).unwrap();
    let values: Vec<_> = array.as_primitive::<Int32Type>().iter().collect();
    assert_eq!(values, [Some(6), Some(6), Some(6), Some(3), Some(1), Some(0)]);
}

#[test]
fn a_part_sees_no_more_rows_than_need_it() {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    let eval: Arc<Eval> = Arc::new(|_, rows| {
        SEEN.fetch_add(rows, Ordering::Relaxed);
        Ok(Arc::new(BooleanArray::from(vec![true; rows])))
    });
    let watched = function("WATCHED", &LogicalType::Boolean, false, eval);
    let watched = || Expression::call(&watched, vec![a()], &LogicalType::Boolean);
    let seen = |expression: Expression, rows: &RecordBatch| {
        SEEN.store(0, Ordering::Relaxed);
        expression.evaluate(rows, &CX).unwrap();
        SEEN.load(Ordering::Relaxed)
    };
    let zero = || compare(Comparison::Eq, b(), int(0));
    assert_eq!(seen(Expression::and(zero(), watched()), &sample()), 3);
    assert_eq!(seen(Expression::or(zero(), watched()), &sample()), 4);
    let chain = Expression::and(Expression::and(zero(), Expression::is_null(a(), true)), watched());
    assert_eq!(seen(chain, &sample()), 3);
    assert_eq!(seen(Expression::and(zero(), watched()), &sample().slice(0, 0)), 0);
    let case = Expression::case(vec![(zero(), watched())], None, &LogicalType::Boolean);
    assert_eq!(seen(case, &sample()), 2);
}

#[test]
fn sets_of_constants_are_lists_of_equalities() {
    for with_null in [false, true] {
        let mut values: Vec<ArrayRef> =
            [2, 3, 7, 9].map(|value| Arc::new(Int32Array::from(vec![value])) as ArrayRef).to_vec();
        if with_null {
            values.push(Arc::new(Int32Array::from(vec![None])));
        }
        let set = Expression::is_one_of(b(), &values, &LogicalType::Int).unwrap();
        let list = values
            .iter()
            .map(|value| compare(Comparison::Eq, b(), Expression::constant(ArrayRef::clone(value))))
            .reduce(Expression::or)
            .unwrap();
        assert_eq!(truths_of(&set, &sample()), truths_of(&list, &sample()));
    }
}

#[test]
fn an_error_names_expression_values_and_place() {
    let error = divide(a(), b()).evaluate(&rows(vec![Some(6)], vec![Some(0)]), &CX).unwrap_err();
    assert_eq!(error.message, "a / b: division by zero; a = 6, b = 0");
    assert_eq!(error.place.as_deref(), Some("q.sql:3:7"));
    let error = divide(int(1), b()).evaluate(&rows(vec![None], vec![Some(0)]), &CX).unwrap_err();
    assert_eq!(error.message, "1 / b: division by zero; b = 0");
}

#[test]
fn constants_are_computed_while_planning_unless_they_fail() {
    assert!(divide(int(6), int(3)).value_of_constant().is_some());
    let failing = divide(int(6), int(0));
    assert!(failing.value_of_constant().is_none() && failing.can_fail());
    assert!(failing.value().unwrap().is_err());
    // No row, no error.
    assert_eq!(failing.evaluate(&sample().slice(0, 0), &CX).unwrap().len(), 0);
}

#[test]
fn time_is_that_of_the_context() {
    let call = |name: &str, args: &[&str]| {
        let values: Vec<ArrayRef> = args
            .iter()
            .map(|text| Arc::new(arrow::array::StringArray::from(vec![*text])) as ArrayRef)
            .collect();
        let arguments: Vec<Argument> = args
            .iter()
            .map(|text| Argument {
                logical_type: LogicalType::STRING,
                nullable: false,
                literal: Some(datafusion_common::ScalarValue::from(*text)),
            })
            .collect();
        let resolved = resolve(name, &arguments, &SessionSettings::default()).unwrap();
        let function = Function {
            name: name.to_owned(),
            result: result_field(&resolved.result, true),
            volatile: resolved.volatile,
            total: false,
            body: resolved.body,
            place: None,
        };
        let arguments = values.into_iter().map(Expression::constant).collect();
        Expression::call(&function, arguments, &resolved.result)
    };
    let shown = |expression: &Expression| {
        let array = expression.evaluate(&rows(vec![None], vec![None]), &CX).unwrap();
        arrow::util::display::array_value_to_string(array.as_ref(), 0).unwrap()
    };
    let now = "2023-11-14T22:13:20.123";
    for name in ["PROCTIME", "NOW", "CURRENT_TIMESTAMP", "CURRENT_ROW_TIMESTAMP"] {
        let expression = call(name, &[]);
        assert!(expression.value().is_none(), "{name} is no constant");
        assert_eq!(shown(&expression), format!("{now}Z"), "{name}");
    }
    assert_eq!(shown(&call("LOCALTIMESTAMP", &[])), now);
    assert_eq!(shown(&call("CURRENT_DATE", &[])), "2023-11-14");
    assert_eq!(shown(&call("LOCALTIME", &[])), "22:13:20");
    assert_eq!(shown(&call("UNIX_TIMESTAMP", &[])), "1700000000");
    // A year of two digits lies within 80 years before now.
    let century = call("TO_DATE", &["1/2/45", "d/M/yy"]);
    assert!(century.value().is_none());
    assert_eq!(shown(&century), "1945-02-01");
    assert_eq!(shown(&call("TO_DATE", &["1/2/2045", "d/M/yyyy"])), "2045-02-01");
    assert!(call("TO_DATE", &["1/2/2045", "d/M/yyyy"]).value_of_constant().is_some());
}
