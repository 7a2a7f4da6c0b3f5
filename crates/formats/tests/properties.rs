//! Decoders and encoders against independent ways to the same answer: serde_json with plain conversions, bigdecimal,
//! chrono, and their own opposites.

use std::collections::BTreeMap;
use std::str::FromStr;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type, TimestampMillisecondType};
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use proptest::prelude::*;
use serde_json::{Value, json};
use streamsql_core::{Column, DecodedRecord, LogicalType, Schema, text};
use streamsql_formats::temporal::{TimestampStandard, timestamp, write_timestamp};
use streamsql_formats::{DecoderSpec, decoder, encoder};

const PRECISION: u8 = 12;
const SCALE: u8 = 3;

fn schema() -> Schema {
    let column = |name: &str, logical_type| Column::new(name, logical_type, true);
    Schema::new(vec![
        column("l", LogicalType::BigInt),
        column("s", LogicalType::STRING),
        column("d", LogicalType::Double),
        column("c", LogicalType::Decimal { precision: PRECISION, scale: SCALE }),
        column("b", LogicalType::Boolean),
        column("t", LogicalType::Timestamp(3)),
    ])
}

/// A decimal text, the number rounded half up at `scale`; none where it needs more than `precision` digits.
fn decimal_by_bigdecimal(number: &str, precision: u8, scale: u8) -> Option<i128> {
    let rounded = BigDecimal::from_str(number).unwrap().with_scale_round(scale.into(), RoundingMode::HalfUp);
    let (unscaled, _) = rounded.as_bigint_and_exponent();
    unscaled.to_i128().filter(|n| n.unsigned_abs() < 10u128.pow(precision.into()))
}

fn decode_one(format: &str, record: &[u8]) -> Result<arrow::array::RecordBatch, String> {
    let (physical, options) = (schema(), BTreeMap::new());
    let read: Vec<usize> = (0..physical.len()).collect();
    let spec = DecoderSpec { format, options: &options, physical: &physical, read: &read, metadata: &[] };
    let mut decoder = decoder(&spec).unwrap();
    match decoder.decode(Some(record)).unwrap() {
        DecodedRecord::Rows(1) => Ok(decoder.finish().unwrap().rows().clone()),
        other => Err(format!("{other:?}")),
    }
}

/// What each column should hold, by serde_json's reading of the record.
fn naive(record: &str) -> Result<Vec<Value>, ()> {
    let Value::Object(fields) = serde_json::from_str::<Value>(record).map_err(|_| ())? else {
        return Err(());
    };
    let field = |name: &str| fields.get(name).cloned().unwrap_or(Value::Null);
    let long = match field("l") {
        Value::Null => Value::Null,
        Value::Number(n) => match n.as_i64() {
            Some(n) => json!(n),
            None => {
                let float = n.as_f64().filter(|f| f.abs() <= 9.223372036854775e18).ok_or(())?;
                json!(float as i64)
            }
        },
        Value::String(s) => json!(s.trim().parse::<i64>().map_err(|_| ())?),
        _ => return Err(()),
    };
    let string = match field("s") {
        Value::Number(n) => json!(n.to_string()),
        Value::Bool(b) => json!(b.to_string()),
        other => other,
    };
    let double = match field("d") {
        Value::Null => Value::Null,
        Value::Number(n) => json!(n.as_f64().ok_or(())?.to_bits()),
        Value::String(s) => json!(s.trim().parse::<f64>().map_err(|_| ())?.to_bits()),
        _ => return Err(()),
    };
    let decimal = match field("c") {
        Value::Null => Value::Null,
        Value::Number(n) => {
            json!(decimal_by_bigdecimal(&n.to_string(), PRECISION, SCALE).map(|n| n.to_string()))
        }
        Value::String(s) if BigDecimal::from_str(s.trim()).is_ok() => {
            json!(decimal_by_bigdecimal(s.trim(), PRECISION, SCALE).map(|n| n.to_string()))
        }
        _ => return Err(()),
    };
    let boolean = match field("b") {
        Value::Null => Value::Null,
        Value::Bool(b) => json!(b),
        Value::String(s) => json!(s.trim().eq_ignore_ascii_case("true")),
        _ => json!(false),
    };
    let time = match field("t") {
        Value::Null => Value::Null,
        Value::String(s) => {
            let parsed = NaiveDateTime::parse_from_str(&s, "%Y-%m-%d %H:%M:%S%.f").map_err(|_| ())?;
            json!(parsed.and_utc().timestamp_millis())
        }
        _ => return Err(()),
    };
    Ok(vec![long, string, double, decimal, boolean, time])
}

fn held(batch: &arrow::array::RecordBatch) -> Vec<Value> {
    let value = |i: usize, value: &dyn Fn(&dyn Array) -> Value| {
        let array = batch.column(i).as_ref();
        if array.is_null(0) { Value::Null } else { value(array) }
    };
    vec![
        value(0, &|a| json!(a.as_primitive::<Int64Type>().value(0))),
        value(1, &|a| json!(a.as_string::<i32>().value(0))),
        value(2, &|a| json!(a.as_primitive::<Float64Type>().value(0).to_bits())),
        value(3, &|a| json!(a.as_primitive::<Decimal128Type>().value(0).to_string())),
        value(4, &|a| json!(a.as_boolean().value(0))),
        value(5, &|a| json!(a.as_primitive::<TimestampMillisecondType>().value(0))),
    ]
}

/// JSON texts of values, good and bad ones, for any column.
fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        "-?(0|[1-9][0-9]{0,11})(\\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?",
        "[ -~é😀]{0,12}".prop_map(|s| json!(s).to_string()),
        "-?[0-9]{1,12}(\\.[0-9]{1,5})?".prop_map(|s| json!(s).to_string()),
        (1970i32..2100, 1u32..13, 1u32..29, 0u32..24, 0u32..60, 0u32..60, 0u32..1000).prop_map(
            |(y, mo, d, h, mi, s, ms)| {
                json!(format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02}.{ms:03}")).to_string()
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_as_serde_reads_it(
        values in proptest::collection::vec((0usize..7, any_value()), 0..6),
        space in "[ \\t]{0,2}",
    ) {
        let names = ["l", "s", "d", "c", "b", "t", "other"];
        // Each key once: of keys that come twice Flink's parser has its own idea.
        let fields: BTreeMap<usize, String> = values.into_iter().collect();
        let fields: Vec<String> =
            fields.iter().map(|(i, value)| format!("{space}\"{}\"{space}:{space}{value}", names[*i])).collect();
        let record = format!("{{{}}}", fields.join(","));
        match (decode_one("json", record.as_bytes()), naive(&record)) {
            (Ok(batch), Ok(mut expected)) => {
                let mut found = held(&batch);
                // serde_json writes exponents in a form of its own.
                for texts in [&mut found, &mut expected] {
                    if let Ok(number) = texts[1].as_str().unwrap_or_default().parse::<serde_json::Number>() {
                        texts[1] = json!(number.to_string());
                    }
                }
                prop_assert_eq!(found, expected, "{}", record);
            }
            (Err(_), Err(())) => {}
            (ours, theirs) => prop_assert!(false, "{}: {:?} / {:?}", record, ours, theirs),
        }
    }

    #[test]
    fn decimals_as_bigdecimal_rounds_them(
        number in "[+-]?[0-9]{1,40}(\\.[0-9]{0,30})?([eE][+-]?[0-9]{1,2})?",
        precision in 1u8..39,
        scale in 0u8..39,
    ) {
        let scale = scale.min(precision);
        prop_assert_eq!(
            text::parse_decimal(&number, precision, scale),
            Ok(decimal_by_bigdecimal(number.trim_start_matches('+'), precision, scale)),
            "{} as DECIMAL({}, {})", number, precision, scale
        );
    }

    #[test]
    fn timestamps_as_chrono_counts_them(
        days in -719_162i64..2_932_896, seconds in 0i64..86_400, nanos in 0u32..1_000_000_000, digits in 0usize..10,
    ) {
        let date = NaiveDate::from_num_days_from_ce_opt(719_163 + days as i32).unwrap();
        let time = date.and_hms_opt(0, 0, 0).unwrap() + chrono::Duration::seconds(seconds);
        let fraction = &format!("{nanos:09}")[..digits];
        let written = format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}{fraction}",
            time.year(), time.month(), time.day(), time.hour(), time.minute(), time.second(),
            if digits > 0 { "." } else { "" },
        );
        let kept: i64 = format!("{fraction:0<9}").parse().unwrap();
        let seconds = time.and_utc().timestamp();
        for (precision, per_second) in [(0, 1_000), (3, 1_000), (6, 1_000_000), (9, 1_000_000_000)] {
            let expected = seconds
                .checked_mul(per_second)
                .and_then(|ticks| ticks.checked_add(kept / (1_000_000_000 / per_second)));
            prop_assert_eq!(timestamp(&written, precision, TimestampStandard::Sql, false), expected, "{}", written);
            let iso = written.replace(' ', "T");
            prop_assert_eq!(timestamp(&iso, precision, TimestampStandard::Iso8601, false), expected);
            if let Some(ticks) = expected {
                let mut out = String::new();
                write_timestamp(ticks, per_second, TimestampStandard::Sql, &mut out);
                prop_assert_eq!(timestamp(&out, precision, TimestampStandard::Sql, false), expected);
            }
        }
    }

    #[test]
    fn rows_survive_being_written(
        l in any::<i64>(), s in "[ -~\\n\\t\"é😀]{0,40}", d in any::<f64>(), c in -999_999_999_999i64..1_000_000_000_000,
        b in any::<bool>(), days in 0i64..40_000, ms in 0i64..86_400_000, missing in 0u8..64,
    ) {
        let mut time = String::new();
        write_timestamp(days * 86_400_000 + ms, 1_000, TimestampStandard::Sql, &mut time);
        let mut decimal = String::new();
        text::decimal(c.into(), SCALE.into(), &mut decimal);
        let mut double = String::new();
        text::java_double(d, &mut double);
        let mut record = serde_json::Map::new();
        let values = [json!(l), json!(s), json!(double), json!(decimal), json!(b), json!(time)];
        for (i, (name, value)) in ["l", "s", "d", "c", "b", "t"].iter().zip(values).enumerate() {
            if missing >> i & 1 == 0 {
                record.insert((*name).to_owned(), value);
            }
        }
        let batch = decode_one("json", Value::Object(record).to_string().as_bytes()).unwrap();
        for (format, options) in [("json", BTreeMap::new()), ("csv", BTreeMap::from([("csv.null-literal".to_owned(), "\u{1}".to_owned())]))] {
            let columns = schema();
            let mut out = Vec::new();
            encoder(format, &options, &columns).unwrap().encode(&batch, 0, &mut out).unwrap();
            let read: Vec<usize> = (0..columns.len()).collect();
            let spec = DecoderSpec { format, options: &options, physical: &columns, read: &read, metadata: &[] };
            let mut decoder = decoder(&spec).unwrap();
            prop_assert_eq!(decoder.decode(Some(&out)).unwrap(), DecodedRecord::Rows(1), "{}", String::from_utf8_lossy(&out));
            let again = decoder.finish().unwrap();
            prop_assert_eq!(held(again.rows()), held(&batch), "{}", String::from_utf8_lossy(&out));
        }
    }
}
