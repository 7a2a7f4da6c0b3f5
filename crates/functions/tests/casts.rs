//! Casts against independent ways to the same answer: bigdecimal for numbers, chrono for times, Rust's parser for the
//! texts of floats. The cases are the same in every run.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Float32Array, Float64Array, Int64Array, StringArray,
};
use arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, IntervalYearMonthType, Time32MillisecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType,
};
use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use streamsql_core::LogicalType;
use streamsql_functions::cast::cast;
use streamsql_functions::{Arg, SessionSettings};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(118),
        ..ProptestConfig::default()
    }
}

fn run(array: ArrayRef, from: &LogicalType, to: &LogicalType, try_cast: bool) -> Result<ArrayRef, String> {
    let rows = array.len();
    cast(from, to, try_cast, &SessionSettings::default())?(&[Arg::column(array)], rows)
}

fn text_array(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

fn decimal_array(value: i128, precision: u8, scale: u8) -> ArrayRef {
    let array = Decimal128Array::from(vec![value]);
    Arc::new(array.with_precision_and_scale(precision, scale as i8).unwrap())
}

fn decimal(precision: u8, scale: u8) -> LogicalType {
    LogicalType::Decimal { precision, scale }
}

fn unscaled(array: &ArrayRef) -> Option<i128> {
    array.is_valid(0).then(|| array.as_primitive::<Decimal128Type>().value(0))
}

fn as_text(array: ArrayRef, from: &LogicalType) -> String {
    run(array, from, &LogicalType::STRING, false).unwrap().as_string::<i32>().value(0).to_owned()
}

/// HALF_UP at `scale`; none where more than `precision` digits are left.
fn rounded(number: &BigDecimal, precision: u8, scale: u8) -> Option<i128> {
    let (digits, _) = number.with_scale_round(scale.into(), RoundingMode::HalfUp).into_bigint_and_exponent();
    digits.to_i128().filter(|n| n.unsigned_abs() < 10u128.pow(precision.into()))
}

/// Precision and scale of a DECIMAL.
fn decimal_type() -> impl Strategy<Value = (u8, u8)> {
    (1u8..=38).prop_flat_map(|precision| (Just(precision), 0..=precision))
}

/// A DECIMAL type and an unscaled value of it, with as many long as short ones.
fn decimal_value() -> impl Strategy<Value = (u8, u8, i128)> {
    (decimal_type(), any::<i128>(), 0u32..=38).prop_map(|((precision, scale), value, digits)| {
        let digits = digits.min(u32::from(precision));
        (precision, scale, value % 10i128.pow(digits))
    })
}

fn number(value: i128, scale: u8) -> BigDecimal {
    BigDecimal::new(BigInt::from(value), scale.into())
}

/// Whether Flink reads a text as a decimal of this precision by way of a long.
fn quick(text: &str, precision: u8) -> bool {
    precision <= 18 && text.len() <= 18
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn decimals_to_decimals((p, s, value) in decimal_value(), (precision, scale) in decimal_type()) {
        let array = run(decimal_array(value, p, s), &decimal(p, s), &decimal(precision, scale), false).unwrap();
        prop_assert_eq!(unscaled(&array), rounded(&number(value, s), precision, scale));
    }

    #[test]
    fn decimals_to_integers_drop_the_fraction_and_wrap((p, s, value) in decimal_value()) {
        let (whole, _) = number(value, s).with_scale_round(0, RoundingMode::Down).into_bigint_and_exponent();
        // Java's narrowing keeps the low bits.
        let low = whole.to_i128().unwrap() as i64;
        let cast = |to| run(decimal_array(value, p, s), &decimal(p, s), &to, false).unwrap();
        prop_assert_eq!(cast(LogicalType::BigInt).as_primitive::<Int64Type>().value(0), low);
        prop_assert_eq!(cast(LogicalType::Int).as_primitive::<Int32Type>().value(0), low as i32);
        prop_assert_eq!(cast(LogicalType::SmallInt).as_primitive::<Int16Type>().value(0), low as i16);
        prop_assert_eq!(cast(LogicalType::TinyInt).as_primitive::<Int8Type>().value(0), low as i8);
    }

    #[test]
    fn decimals_to_texts_doubles_and_back((p, s, value) in decimal_value()) {
        let exact = number(value, s);
        let written = as_text(decimal_array(value, p, s), &decimal(p, s));
        prop_assert_eq!(&BigDecimal::from_str(&written).unwrap(), &exact);
        let digits = written.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        prop_assert_eq!(digits, usize::from(s), "{}", written);
        let again = run(text_array(&written), &LogicalType::STRING, &decimal(p, s), true).unwrap();
        // The quick reader counts the zero before the point as a digit.
        let read = (p > s || !quick(&written, p)).then_some(value);
        prop_assert_eq!(unscaled(&again), read);
        let double = run(decimal_array(value, p, s), &decimal(p, s), &LogicalType::Double, false).unwrap();
        prop_assert_eq!(double.as_primitive::<Float64Type>().value(0), written.parse::<f64>().unwrap());
    }

    #[test]
    fn integers_to_decimals_and_narrower_integers(value in any::<i64>(), shift in 0u32..64, (p, s) in decimal_type()) {
        let value = value >> shift;
        let cast = |to| run(Arc::new(Int64Array::from(vec![value])), &LogicalType::BigInt, &to, false).unwrap();
        prop_assert_eq!(unscaled(&cast(decimal(p, s))), rounded(&BigDecimal::from(value), p, s));
        prop_assert_eq!(cast(LogicalType::Int).as_primitive::<Int32Type>().value(0), value as i32);
        prop_assert_eq!(cast(LogicalType::SmallInt).as_primitive::<Int16Type>().value(0), value as i16);
        prop_assert_eq!(cast(LogicalType::TinyInt).as_primitive::<Int8Type>().value(0), value as i8);
        prop_assert_eq!(cast(LogicalType::Double).as_primitive::<Float64Type>().value(0), value as f64);
        prop_assert_eq!(cast(LogicalType::IntervalYearMonth).as_primitive::<IntervalYearMonthType>().value(0), value as i32);
        let days = cast(LogicalType::IntervalDayTime);
        prop_assert_eq!(days.as_primitive::<DurationMillisecondType>().value(0), value);
        let back = run(days, &LogicalType::IntervalDayTime, &LogicalType::BigInt, false).unwrap();
        prop_assert_eq!(back.as_primitive::<Int64Type>().value(0), value);
    }

    #[test]
    fn doubles_to_integers_saturate_and_wrap(bits in any::<u64>(), near in -70_000i32..70_000) {
        for value in [f64::from_bits(bits), f64::from(near) / 8.0, f64::from(near) * 1e5, f64::from(near) * 1e15] {
            let cast = |to| run(Arc::new(Float64Array::from(vec![value])), &LogicalType::Double, &to, false).unwrap();
            let exact = if value.is_nan() { 0.0 } else { value.trunc() };
            let long = if exact >= 9.3e18 { i64::MAX } else if exact <= -9.3e18 { i64::MIN } else {
                BigDecimal::from_str(&format!("{exact:.0}")).unwrap().to_i128().unwrap()
                    .clamp(i64::MIN.into(), i64::MAX.into()) as i64
            };
            let int = long.clamp(i32::MIN.into(), i32::MAX.into());
            prop_assert_eq!(cast(LogicalType::BigInt).as_primitive::<Int64Type>().value(0), long);
            prop_assert_eq!(i64::from(cast(LogicalType::Int).as_primitive::<Int32Type>().value(0)), int);
            prop_assert_eq!(cast(LogicalType::SmallInt).as_primitive::<Int16Type>().value(0), int as i16);
            prop_assert_eq!(cast(LogicalType::TinyInt).as_primitive::<Int8Type>().value(0), int as i8);
        }
    }

    #[test]
    fn doubles_to_texts_decimals_and_back(mantissa in any::<i64>(), exponent in -330i32..310, bits in any::<u64>()) {
        for value in [f64::from_bits(bits), format!("{mantissa}e{}", exponent - 18).parse().unwrap()] {
            let array: ArrayRef = Arc::new(Float64Array::from(vec![value]));
            let written = as_text(Arc::clone(&array), &LogicalType::Double);
            java_form(&written, value)?;
            let again = run(text_array(&written), &LogicalType::STRING, &LogicalType::Double, false).unwrap();
            let again = again.as_primitive::<Float64Type>().value(0);
            prop_assert!(again == value || (again.is_nan() && value.is_nan()), "{} is read as {}", written, again);
            if value.is_finite() {
                // Its decimal is that of its text.
                let to = decimal(38, 18);
                let array = run(array, &LogicalType::Double, &to, false).unwrap();
                prop_assert_eq!(unscaled(&array), rounded(&BigDecimal::from_str(&written).unwrap(), 38, 18));
            }
        }
    }

    #[test]
    fn floats_to_texts_and_back(bits in any::<u32>()) {
        let value = f32::from_bits(bits);
        let written = as_text(Arc::new(Float32Array::from(vec![value])), &LogicalType::Float);
        java_form(&written, value.into())?;
        let again = run(text_array(&written), &LogicalType::STRING, &LogicalType::Float, false).unwrap();
        let again = again.as_primitive::<Float32Type>().value(0);
        prop_assert!(again == value || (again.is_nan() && value.is_nan()), "{} is read as {}", written, again);
    }

    #[test]
    fn texts_to_numbers(text in " {0,2}[+-]?[0-9]{0,21}(\\.[0-9]{0,21})?([eE][+-]?[0-9]{1,2})? {0,2}", (p, s) in decimal_type()) {
        let trimmed = text.trim();
        let exact = BigDecimal::from_str(trimmed.trim_start_matches('+')).ok()
            .filter(|_| trimmed.contains(|c: char| c.is_ascii_digit()) && !trimmed.starts_with("+-"));
        let tried = |to: &LogicalType| run(text_array(&text), &LogicalType::STRING, to, true).unwrap();
        let strict = |to: &LogicalType| run(text_array(&text), &LogicalType::STRING, to, false);
        // A bad text and too many digits are errors of CAST. The quick reader takes bad texts, too, and may round up to a
        // digit more; what it makes of a good text is right.
        let to = decimal(p, s);
        let read = unscaled(&tried(&to));
        prop_assert_eq!(strict(&to).is_ok(), read.is_some(), "'{}'", text);
        let precision = if quick(&text, p) { 38 } else { p };
        let expected = exact.as_ref().and_then(|n| rounded(n, precision, s));
        if !quick(&text, p) || (exact.is_some() && read.is_some()) {
            prop_assert_eq!(read, expected, "'{}'", text);
        }
        // Integers take no exponent and drop a fraction.
        let has_exponent = trimmed.contains(['e', 'E']);
        let long = exact.as_ref().filter(|_| !has_exponent)
            .map(|n| n.with_scale_round(0, RoundingMode::Down).into_bigint_and_exponent().0)
            .and_then(|n| n.to_i64());
        if exact.is_some() {
            let array = tried(&LogicalType::BigInt);
            prop_assert_eq!(array.is_valid(0).then(|| array.as_primitive::<Int64Type>().value(0)), long, "'{}'", text);
            let array = tried(&LogicalType::TinyInt);
            let tiny = long.and_then(|n| i8::try_from(n).ok());
            prop_assert_eq!(array.is_valid(0).then(|| array.as_primitive::<Int8Type>().value(0)), tiny, "'{}'", text);
            let array = tried(&LogicalType::Double);
            prop_assert_eq!(array.as_primitive::<Float64Type>().value(0), trimmed.parse::<f64>().unwrap(), "'{}'", text);
        } else {
            prop_assert!(tried(&LogicalType::Double).is_null(0), "'{}'", text);
            prop_assert!(strict(&LogicalType::Double).is_err(), "'{}'", text);
        }
    }

    #[test]
    fn timestamps_of_every_precision(
        days in -700_000i64..2_900_000, second in 0i64..86_400, nanos in 0u32..1_000_000_000, digits in 0usize..=9,
    ) {
        let date = NaiveDate::from_num_days_from_ce_opt(719_163 + days as i32).unwrap();
        let time = date.and_hms_opt(0, 0, 0).unwrap() + chrono::Duration::seconds(second);
        let fraction = &format!("{nanos:09}")[..digits];
        let written = format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}{fraction}",
            time.year(), time.month(), time.day(), time.hour(), time.minute(), time.second(),
            if digits > 0 { "." } else { "" },
        );
        let given: u32 = format!("{fraction:0<9}").parse().unwrap();
        for precision in 0u8..=9 {
            let to = LogicalType::Timestamp(precision);
            let kept = given - given % 10u32.pow(9 - u32::from(precision));
            let expected = time.with_nanosecond(kept).unwrap();
            let Ok(array) = run(text_array(&written), &LogicalType::STRING, &to, false) else {
                // Nanoseconds reach from 1677 to 2262.
                prop_assert!(precision > 6 && expected.and_utc().timestamp_nanos_opt().is_none(), "{}", written);
                continue;
            };
            prop_assert_eq!(instant(&array, precision), expected, "{} as TIMESTAMP({})", written, precision);
            // The text has as many digits as the precision, or more where they count.
            let again = as_text(Arc::clone(&array), &to);
            prop_assert_eq!(&again[..19], &written[..19]);
            let shown = again.get(20..).unwrap_or_default();
            prop_assert_eq!(shown, &format!("{kept:09}")[..usize::from(precision)], "{}", again);
            // DATE and TIME of it.
            let day = run(Arc::clone(&array), &to, &LogicalType::Date, false).unwrap();
            // Milliseconds are divided towards 1970.
            let towards_1970 = expected.and_utc().timestamp_millis() / 86_400_000;
            prop_assert_eq!(i64::from(day.as_primitive::<Date32Type>().value(0)), towards_1970);
            let clock = run(Arc::clone(&array), &to, &LogicalType::Time(0), false).unwrap();
            let ms = second * 1_000 + i64::from(kept / 1_000_000);
            prop_assert_eq!(i64::from(clock.as_primitive::<Time32MillisecondType>().value(0)), ms);
            // A lower precision truncates: digits of the milliseconds towards 1970, others towards the past.
            for lower in 0..precision {
                let shorter = run(Arc::clone(&array), &to, &LogicalType::Timestamp(lower), false).unwrap();
                let cut = if lower < 3 {
                    let ms = expected.and_utc().timestamp_millis();
                    let unit = 10i64.pow(3 - u32::from(lower));
                    chrono::DateTime::from_timestamp_millis(ms / unit * unit).unwrap().naive_utc()
                } else {
                    time.with_nanosecond(kept - kept % 10u32.pow(9 - u32::from(lower))).unwrap()
                };
                prop_assert_eq!(instant(&shorter, lower), cut);
            }
        }
    }
}

/// A timestamp array's first value.
fn instant(array: &ArrayRef, precision: u8) -> NaiveDateTime {
    let time = match precision {
        0..=3 => DateTime::from_timestamp_millis(array.as_primitive::<TimestampMillisecondType>().value(0)),
        4..=6 => DateTime::from_timestamp_micros(array.as_primitive::<TimestampMicrosecondType>().value(0)),
        _ => Some(DateTime::from_timestamp_nanos(array.as_primitive::<TimestampNanosecondType>().value(0))),
    };
    time.unwrap().naive_utc()
}

/// `Double.toString`: plain from 10^-3 to below 10^7, else one digit before the point and an exponent.
fn java_form(written: &str, value: f64) -> Result<(), TestCaseError> {
    if !value.is_finite() || value == 0.0 {
        let special = if value.is_nan() {
            "NaN"
        } else if value == 0.0 {
            "0.0"
        } else {
            "Infinity"
        };
        prop_assert_eq!(written.trim_start_matches('-'), special);
        prop_assert_eq!(written.starts_with('-'), value.is_sign_negative() && !value.is_nan());
        return Ok(());
    }
    let digits = written.trim_start_matches('-');
    prop_assert_eq!(written.len() > digits.len(), value < 0.0);
    let (mantissa, exponent) = digits.split_once('E').map_or((digits, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap();
    let is_plain = (1e-3..1e7).contains(&value.abs());
    prop_assert_eq!(exponent.is_none(), is_plain, "{}", written);
    prop_assert!(fraction == "0" || !(fraction.is_empty() || fraction.ends_with('0')), "{}", written);
    if let Some(exponent) = exponent {
        prop_assert!(whole.len() == 1 && whole != "0" && !exponent.starts_with('+'), "{}", written);
    }
    // No more digits than a double has.
    let significant = format!("{whole}{fraction}");
    prop_assert!(significant.trim_start_matches('0').len() <= 18, "{}", written);
    Ok(())
}
