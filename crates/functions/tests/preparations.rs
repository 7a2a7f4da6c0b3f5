//! What depends on constants only is prepared once, however many batches there are. Alone in its process: it counts.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion_common::ScalarValue;
use streamsql_core::{EvalContext, Evaluate, LogicalType, Watermark};
use streamsql_functions::call::result_field;
use streamsql_functions::{
    Argument, Expression, Function, SessionSettings, like, preparations, regexp, resolve,
};

const BATCHES: u64 = 100;

/// A call over a column of texts and these constants, or columns of the same texts instead.
fn expression(function: &Function, result: &LogicalType, constants: &[&str], as_columns: bool) -> Expression {
    let mut arguments = vec![Expression::column(0, "c")];
    for (i, text) in constants.iter().enumerate() {
        let constant: ArrayRef = Arc::new(StringArray::from(vec![*text]));
        arguments.push(if as_columns {
            Expression::column(i + 1, "p")
        } else {
            Expression::constant(constant)
        });
    }
    Expression::call(function, arguments, result)
}

fn named(name: &str, constants: &[&str]) -> (Function, LogicalType) {
    let argument = |literal| Argument { logical_type: LogicalType::STRING, nullable: true, literal };
    let mut arguments = vec![argument(None)];
    arguments.extend(constants.iter().map(|text| argument(Some(ScalarValue::from(*text)))));
    let resolved = resolve(name, &arguments, &SessionSettings::default()).unwrap();
    let function = Function {
        name: name.to_owned(),
        result: result_field(&resolved.result, true),
        volatile: resolved.volatile,
        total: false,
        body: resolved.body,
        place: None,
    };
    (function, resolved.result)
}

/// Preparations while `BATCHES` batches of one row are evaluated.
fn counted(expression: &Expression, constants: &[&str]) -> u64 {
    let cx = EvalContext { processing_time_ms: 0, watermark: Watermark::MIN };
    let before = preparations();
    for i in 0..BATCHES {
        let mut columns: Vec<(String, ArrayRef)> = vec![(
            "c".to_owned(),
            Arc::new(StringArray::from(vec![format!("2024-01-{:02} 00:00:07", 1 + i % 28)])),
        )];
        for (at, text) in constants.iter().enumerate() {
            columns.push((format!("p{at}"), Arc::new(StringArray::from(vec![*text]))));
        }
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        assert_eq!(expression.evaluate(&batch, &cx).unwrap().len(), 1);
    }
    preparations() - before
}

#[test]
fn constants_are_prepared_once() {
    let boolean = |name: &str, body| {
        let result = LogicalType::Boolean;
        let field = result_field(&result, true);
        (
            Function {
                name: name.to_owned(),
                result: field,
                volatile: false,
                total: false,
                body,
                place: None,
            },
            result,
        )
    };
    let calls: Vec<((Function, LogicalType), Vec<&str>)> = vec![
        (named("REGEXP", &["^[0-9-]+"]), vec!["^[0-9-]+"]),
        (named("REGEXP_EXTRACT", &["([0-9]+)-"]), vec!["([0-9]+)-"]),
        (named("REGEXP_REPLACE", &["[0-9]", "d"]), vec!["[0-9]", "d"]),
        (named("STR_TO_MAP", &["-", " "]), vec!["-", " "]),
        (named("TO_TIMESTAMP", &["yyyy-MM-dd"]), vec!["yyyy-MM-dd"]),
        (named("TO_TIMESTAMP", &["yy-MM-dd"]), vec!["yy-MM-dd"]),
        (named("TO_DATE", &["yyyy-MM-dd"]), vec!["yyyy-MM-dd"]),
        (named("UNIX_TIMESTAMP", &["yyyy-MM-dd"]), vec!["yyyy-MM-dd"]),
        (named("DATE_FORMAT", &["yyyy"]), vec!["yyyy"]),
        (named("CONVERT_TZ", &["Europe/Berlin", "UTC"]), vec!["Europe/Berlin", "UTC"]),
        (boolean("LIKE", like::like(Some('\\'), false)), vec!["%-0_ 00%"]),
        (boolean("SIMILAR TO", regexp::similar(None, false)), vec!["[0-9:-]+ [0-9:]+"]),
    ];
    for ((function, result), constants) in &calls {
        let constant = expression(function, result, constants, false);
        assert_eq!(counted(&constant, constants), 0, "{} {constants:?}", function.name);
        let column = expression(function, result, constants, true);
        assert!(counted(&column, constants) >= BATCHES, "{} is not counted", function.name);
    }
}
