//! Time per record of the decoders, on the reference job's records and on other types: `cargo bench -p streamsql-formats`.
//!
//! Prints `ns/record` and, for the types, how they compare with a record of texts of the same length (the plain path).
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{SystemTime, UNIX_EPOCH};

use streamsql_core::types::ElementType;
use streamsql_core::{Column, LogicalType, Schema};
use streamsql_formats::{DecoderSpec, decoder};

const RECORDS: usize = 200_000;
const BATCH: usize = 8_192;

fn schema(columns: &[(&str, LogicalType)]) -> Schema {
    Schema::new(columns.iter().map(|(name, t)| Column::new(*name, t.clone(), true)).collect())
}

/// CPU time of this thread so far, in nanoseconds; other processes do not count. Wall clock where Linux does not tell.
fn cpu_nanos() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = spent.as_deref().and_then(|line| line.split(' ').next()).and_then(|nanos| nanos.parse().ok());
    spent.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_nanos() as f64))
}

/// Best of five runs, in nanoseconds of CPU time a record.
fn measure(format: &str, physical: &Schema, read: &[usize], record: impl Fn(usize) -> String) -> f64 {
    let records: Vec<String> = (0..RECORDS).map(record).collect();
    let options = BTreeMap::new();
    let spec = DecoderSpec { format, options: &options, physical, read };
    let Ok(mut decoder) = decoder(&spec) else { return f64::NAN };
    let mut best = f64::MAX;
    for _ in 0..5 {
        let began = cpu_nanos();
        for record in &records {
            black_box(decoder.decode(Some(record.as_bytes())).ok());
            if decoder.num_rows() == BATCH {
                black_box(decoder.finish().ok());
            }
        }
        black_box(decoder.finish().ok());
        best = best.min((cpu_nanos() - began) / RECORDS as f64);
    }
    best
}

fn click(i: usize) -> String {
    format!(
        r#"{{"click_id": "{i:08x}-3c4d-4e5f-8a9b-0123456789ab", "user_id": "{:08x}-1a2b-4c3d-9e8f-abcdef012345", "source": "Facebook", "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)", "ip_address": "192.168.{}.{}", "click_timestamp": "2024-03-01 10:{:02}:{:02}.{:03}"}}"#,
        i % 10_000,
        i % 256,
        i / 256 % 256,
        i / 60_000 % 60,
        i / 1_000 % 60,
        i % 1_000
    )
}

fn checkout(i: usize) -> String {
    format!(
        r#"{{"checkout_id": "{i:08x}-3c4d-4e5f-8a9b-0123456789ab", "user_id": "{:08x}-1a2b-4c3d-9e8f-abcdef012345", "product_id": "{:08x}-5a6b-4c7d-8e9f-fedcba987654", "quantity": {}, "shipping_cost": {}.{:02}, "discount": 0.{:02}, "payment_method": "MasterCard", "payment_status": "Success", "payment_description": "None", "shipping_address": "{} Long Street\nApt. {}\nSpringfield, 12345", "checkout_timestamp": "2024-03-01 10:{:02}:{:02}.{:03}"}}"#,
        i % 10_000,
        i % 300,
        1 + i % 5,
        i % 90,
        i % 100,
        1 + i % 99,
        i % 1_000,
        i % 77,
        i / 60_000 % 60,
        i / 1_000 % 60,
        i % 1_000
    )
}

fn main() {
    let text = LogicalType::STRING;
    let decimal = LogicalType::Decimal { precision: 6, scale: 2 };
    let time = LogicalType::Timestamp(3);
    let clicks = schema(&[
        ("click_id", text.clone()),
        ("user_id", text.clone()),
        ("source", text.clone()),
        ("user_agent", text.clone()),
        ("ip_address", text.clone()),
        ("click_timestamp", time.clone()),
    ]);
    let checkouts = schema(&[
        ("checkout_id", text.clone()),
        ("user_id", text.clone()),
        ("product_id", text.clone()),
        ("quantity", LogicalType::Int),
        ("shipping_cost", decimal.clone()),
        ("discount", decimal.clone()),
        ("payment_method", text.clone()),
        ("payment_status", text.clone()),
        ("payment_description", text.clone()),
        ("shipping_address", text.clone()),
        ("checkout_timestamp", time.clone()),
    ]);
    println!(
        "json  clicks     6 of 6 columns  {:6.0} ns",
        measure("json", &clicks, &[0, 1, 2, 3, 4, 5], click)
    );
    println!("json  clicks     3 of 6 columns  {:6.0} ns", measure("json", &clicks, &[1, 2, 5], click));
    let all: Vec<usize> = (0..11).collect();
    println!("json  checkouts 11 of 11 columns {:6.0} ns", measure("json", &checkouts, &all, checkout));
    let used = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10];
    println!("json  checkouts 10 of 11 columns {:6.0} ns", measure("json", &checkouts, &used, checkout));

    let element = ElementType::nullable;
    let row = LogicalType::Row(vec![
        Column::new("x", LogicalType::Int, true),
        Column::new("y", LogicalType::STRING, true),
    ]);
    // Ten values a record; texts of the same length are the plain path.
    let types: [(&str, LogicalType, &str, &str); 14] = [
        ("BOOLEAN", LogicalType::Boolean, "true", "true"),
        ("INT", LogicalType::Int, "12345", "12345"),
        ("BIGINT", LogicalType::BigInt, "1234567890123", "1234567890123"),
        ("DOUBLE", LogicalType::Double, "1234.5678", "1234.5678"),
        ("FLOAT", LogicalType::Float, "1234.5", "1234.5"),
        ("DECIMAL(6,2)", decimal, "123.45", "123.45"),
        (
            "DECIMAL(38,18)",
            LogicalType::Decimal { precision: 38, scale: 18 },
            "12345678901234.567890123456",
            "12345678901234.567890123456",
        ),
        ("DATE", LogicalType::Date, "\"2024-03-01\"", "2024-03-01"),
        ("TIME", LogicalType::Time(0), "\"10:11:12\"", "10:11:12"),
        ("TIMESTAMP(3)", time, "\"2024-03-01 10:11:12.345\"", "2024-03-01 10:11:12.345"),
        (
            "TIMESTAMP_LTZ(6)",
            LogicalType::TimestampLtz(6),
            "\"2024-03-01 10:11:12.345678Z\"",
            "2024-03-01 10:11:12.345678Z",
        ),
        ("BYTES", LogicalType::BYTES, "\"aGVsbG8gd29ybGQ=\"", "aGVsbG8gd29ybGQ="),
        ("ARRAY<INT>", LogicalType::Array(element(LogicalType::Int)), "[1,2,3,4,5]", "1;2;3;4;5"),
        ("ROW<x INT,y STRING>", row, "{\"x\":1,\"y\":\"abcdef\"}", "1;abcdef"),
    ];
    let read: Vec<usize> = (0..10).collect();
    let ten = |t: &LogicalType| {
        schema(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|name| (name, t.clone())))
    };
    for (name, logical_type, json_value, csv_value) in types {
        let json = |value: &str| {
            let fields: Vec<String> = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
                .iter()
                .map(|name| format!("\"{name}\":{value}"))
                .collect();
            format!("{{{}}}", fields.join(","))
        };
        let csv = |value: &str| [value; 10].join(",");
        let plain_text = format!("\"{}\"", "x".repeat(json_value.trim_matches('"').len()));
        let typed = measure("json", &ten(&logical_type), &read, |_| json(json_value));
        let plain = measure("json", &ten(&text), &read, |_| json(&plain_text));
        let typed_csv = measure("csv", &ten(&logical_type), &read, |_| csv(csv_value));
        let plain_csv = measure("csv", &ten(&text), &read, |_| csv(&"x".repeat(csv_value.len())));
        println!(
            "10 x {name:<20} json {typed:6.0} ns ({:4.2} of plain)   csv {typed_csv:6.0} ns ({:4.2} of plain)",
            typed / plain,
            typed_csv / plain_csv
        );
    }
}
