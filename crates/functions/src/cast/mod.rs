//! CAST, TRY_CAST and the implicit casts (flink-docs `dev/table/types`, Flink `casting/*`).
//!
//! A bad value fails CAST and is NULL for TRY_CAST, with all that it stands in; a number with too many digits for a
//! decimal is NULL in both, a text with too many is a bad value.

mod nested;
mod number;
pub(crate) mod text;
mod text_decimal;
mod time;

use std::cell::RefCell;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, IntervalYearMonthType,
};
use streamsql_core::{LogicalType, java_parse};

pub use nested::retyped;
pub(crate) use nested::{map_of, nulls};

use crate::SessionSettings;
use crate::call::Eval;
use crate::zone::Zone;

/// The evaluation of a cast, or why there is none.
pub fn cast(
    from: &LogicalType,
    to: &LogicalType,
    try_cast: bool,
    session: &SessionSettings,
) -> Result<Arc<Eval>, String> {
    evaluation(from, to, try_cast, session, false)
}

/// As `cast`, of the side of a comparison: a time that the target's type cannot hold is its least or greatest one.
pub fn cast_to_compare(
    from: &LogicalType,
    to: &LogicalType,
    try_cast: bool,
    session: &SessionSettings,
) -> Result<Arc<Eval>, String> {
    evaluation(from, to, try_cast, session, true)
}

fn evaluation(
    from: &LogicalType,
    to: &LogicalType,
    try_cast: bool,
    session: &SessionSettings,
    compares: bool,
) -> Result<Arc<Eval>, String> {
    let (from, to, zone, legacy) = (from.clone(), to.clone(), session.time_zone, session.legacy_cast);
    let try_cast = try_cast || legacy;
    if !is_castable(&from, &to) {
        return Err(format!("a cast from {from} to {to} does not exist"));
    }
    Ok(Arc::new(move |args, rows| {
        let array = &args[0].array;
        if array.data_type() == &DataType::Null {
            return Ok(arrow::array::new_null_array(&to.to_arrow(), rows));
        }
        let failed = RefCell::default();
        Cast { array, from: &from, to: &to, try_cast, legacy, compares, zone, failed }.run()
    }))
}

/// Whether Flink has the cast.
pub fn is_castable(from: &LogicalType, to: &LogicalType) -> bool {
    use LogicalType::{Array, Boolean, Date, Map, Multiset, Null, Row, Time};
    if from == to || *from == Null {
        return true;
    }
    let temporal = |t: &LogicalType| matches!(t, Date | Time(_)) || t.is_timestamp();
    match (from, to) {
        (f, t) if f.is_character() => {
            t.is_character() || t.is_numeric() || temporal(t) || matches!(t, Boolean) || t.is_binary()
        }
        // All that is not a text can be shown as one.
        (_, t) if t.is_character() => true,
        (f, t) if f.is_binary() => t.is_binary(),
        (f, t) if f.is_numeric() && t.is_numeric() => true,
        (f, t) if f.is_integer() && t.is_interval() => true,
        (LogicalType::IntervalYearMonth, LogicalType::IntervalDayTime)
        | (LogicalType::IntervalDayTime, LogicalType::IntervalYearMonth) => false,
        (f, t) if f.is_interval() => t.is_integer(),
        (Boolean, t) => t.is_numeric(),
        (f, Boolean) => f.is_numeric(),
        (Date, t) => t.is_timestamp(),
        (Time(_), t) => t.is_timestamp() || matches!(t, Time(_)),
        (f, t) if f.is_timestamp() => t.is_timestamp() || matches!(t, Date | Time(_)),
        (Array(f), Array(t)) | (Multiset(f), Multiset(t)) => is_castable(&f.logical_type, &t.logical_type),
        (Map(fk, fv), Map(tk, tv)) => {
            is_castable(&fk.logical_type, &tk.logical_type) && is_castable(&fv.logical_type, &tv.logical_type)
        }
        (Row(f), Row(t)) => {
            f.len() == t.len() && f.iter().zip(t).all(|(f, t)| is_castable(&f.logical_type, &t.logical_type))
        }
        _ => false,
    }
}

struct Cast<'a> {
    array: &'a ArrayRef,
    from: &'a LogicalType,
    to: &'a LogicalType,
    try_cast: bool,
    /// Texts and bytes keep their length, truth values are `true` and `false` (Flink `CastRule.Context`).
    legacy: bool,
    /// Times beyond the target's range are its least and greatest.
    compares: bool,
    zone: Zone,
    /// Rows of TRY_CAST that could not be cast.
    failed: RefCell<Vec<usize>>,
}

/// A value, NULL, or why there is neither.
type Cell<T> = Result<Option<T>, Failure>;

enum Failure {
    /// The value cannot be cast: an error of CAST, NULL of TRY_CAST.
    Bad,
    /// Flink has a value here and this engine cannot hold it: always an error.
    Unsupported(String),
}

impl Cast<'_> {
    fn run(&self) -> Result<ArrayRef, String> {
        if *self.from == LogicalType::Null {
            return Ok(arrow::array::new_null_array(&self.to.to_arrow(), self.array.len()));
        }
        // A column's text or the bytes of an ENCODE may be longer or shorter than their types say.
        let sized = matches!(self.to, LogicalType::Binary(_) | LogicalType::Char(_));
        if self.from == self.to && !sized {
            return Ok(Arc::clone(self.array));
        }
        match self.to {
            LogicalType::Char(_) | LogicalType::Varchar(_) => self.to_text(),
            LogicalType::Boolean => self.to_boolean(),
            LogicalType::TinyInt => self.to_integer::<Int8Type>(|v| v as i8, i8::MIN.into(), i8::MAX.into()),
            LogicalType::SmallInt => {
                self.to_integer::<Int16Type>(|v| v as i16, i16::MIN.into(), i16::MAX.into())
            }
            LogicalType::Int => self.to_integer::<Int32Type>(|v| v as i32, i32::MIN.into(), i32::MAX.into()),
            LogicalType::BigInt => self.to_integer::<Int64Type>(|v| v, i64::MIN, i64::MAX),
            LogicalType::Float => self.to_float::<Float32Type>(|v| v as f32, java_parse::float),
            LogicalType::Double => self.to_float::<Float64Type>(|v| v, java_parse::double),
            LogicalType::Decimal { precision, scale } => self.to_decimal(*precision, *scale),
            LogicalType::Date => self.to_date(),
            LogicalType::Time(_) => self.to_time(),
            LogicalType::Timestamp(precision) | LogicalType::TimestampLtz(precision) => {
                self.to_timestamp(*precision)
            }
            LogicalType::Binary(_) | LogicalType::Varbinary(_) => self.to_binary(),
            LogicalType::IntervalYearMonth => self.to_months(),
            LogicalType::IntervalDayTime => self.to_milliseconds(),
            LogicalType::Array(_) | LogicalType::Map(..) | LogicalType::Multiset(_) | LogicalType::Row(_) => {
                self.to_nested()
            }
            LogicalType::Null => Err(format!("a cast from {} to NULL does not exist", self.from)),
        }
    }

    /// One value a row; a bad one is an error, or NULL in TRY_CAST.
    fn primitive<T: ArrowPrimitiveType>(
        &self,
        value: impl Fn(usize) -> Cell<T::Native>,
    ) -> Result<PrimitiveArray<T>, String> {
        let rows = self.array.len();
        let mut out = PrimitiveArray::<T>::builder(rows);
        for row in 0..rows {
            if self.array.is_null(row) {
                out.append_null();
            } else {
                out.append_option(self.settle(row, value(row))?);
            }
        }
        Ok(out.finish())
    }

    fn settle<T>(&self, row: usize, cell: Cell<T>) -> Result<Option<T>, String> {
        match cell {
            Ok(value) => Ok(value),
            Err(Failure::Bad) if self.try_cast => {
                self.failed.borrow_mut().push(row);
                Ok(None)
            }
            Err(Failure::Bad) => Err(format!("a value of type {} cannot be cast to {}", self.from, self.to)),
            Err(Failure::Unsupported(message)) => Err(message),
        }
    }

    fn bad<T>(&self) -> Cell<T> {
        Err(Failure::Bad)
    }

    fn str(&self, row: usize) -> &str {
        self.array.as_string::<i32>().value(row)
    }

    fn integer(&self, row: usize) -> Option<i64> {
        integer(self.array.as_ref(), row)
    }

    fn float(&self, row: usize) -> Option<f64> {
        match self.array.data_type() {
            DataType::Float32 => Some(self.array.as_primitive::<Float32Type>().value(row).into()),
            DataType::Float64 => Some(self.array.as_primitive::<Float64Type>().value(row)),
            _ => None,
        }
    }

    fn decimal(&self, row: usize) -> Option<(i128, u8)> {
        match self.from {
            LogicalType::Decimal { scale, .. } => {
                Some((self.array.as_primitive::<Decimal128Type>().value(row), *scale))
            }
            _ => None,
        }
    }
}

/// A whole number, truth value or interval as a number.
fn integer(array: &dyn Array, row: usize) -> Option<i64> {
    Some(match array.data_type() {
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row),
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Interval(_) => array.as_primitive::<IntervalYearMonthType>().value(row).into(),
        DataType::Duration(_) => array.as_primitive::<DurationMillisecondType>().value(row),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;

    use crate::call::Arg;

    use super::*;

    fn texts(values: &[&str]) -> Arg {
        Arg::column(Arc::new(StringArray::from(values.to_vec())))
    }

    fn run(from: LogicalType, to: LogicalType, arg: Arg, try_cast: bool) -> Result<ArrayRef, String> {
        cast(&from, &to, try_cast, &SessionSettings::default())?(std::slice::from_ref(&arg), arg.array.len())
    }

    #[test]
    fn texts_to_integers() {
        let array = run(LogicalType::STRING, LogicalType::Int, texts(&[" 42.7 ", "-1"]), false).unwrap();
        assert_eq!(array.as_primitive::<Int32Type>().values(), &[42, -1]);
        assert!(run(LogicalType::STRING, LogicalType::Int, texts(&["2147483648"]), false).is_err());
        assert_eq!(run(LogicalType::STRING, LogicalType::Int, texts(&["x"]), true).unwrap().null_count(), 1);
    }

    #[test]
    fn decimals_and_char_lengths() {
        let to = LogicalType::Decimal { precision: 5, scale: 2 };
        assert!(run(LogicalType::STRING, to.clone(), texts(&["12345.6"]), false).is_err());
        let array = run(LogicalType::STRING, to, texts(&["1.005"]), false).unwrap();
        assert_eq!(array.as_primitive::<Decimal128Type>().value(0), 101);
        let array = run(LogicalType::STRING, LogicalType::Char(3), texts(&["abcd", "a"]), false).unwrap();
        assert_eq!(array.as_string::<i32>().value(0), "abc");
        assert_eq!(array.as_string::<i32>().value(1), "a  ");
    }

    #[test]
    fn timestamps_print_their_precision() {
        let array =
            run(LogicalType::STRING, LogicalType::Timestamp(3), texts(&["2020-1-2 3:4:5"]), false).unwrap();
        let array = run(LogicalType::Timestamp(3), LogicalType::STRING, Arg::column(array), false).unwrap();
        assert_eq!(array.as_string::<i32>().value(0), "2020-01-02 03:04:05.000");
    }
}
