//! CPU time per record of the decoders: `cargo bench -p streamsql-formats [-- WORD]`, with a word only of the rows that
//! hold it.
//!
//! First the reference job's clicks and checkouts; then every type compared with the plain path. The plain path of a
//! record is what a record of texts costs that has as many values of the same lengths: a list's elements, a row's
//! fields, a map's keys and values each count as one value, since each is found, converted and stored like any other.
//! In JSON a text of the plain record has quotes and a key of one letter; in CSV both records have the same bytes.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{SystemTime, UNIX_EPOCH};

use streamsql_core::types::ElementType;
use streamsql_core::{Column, Decoder, LogicalType, Schema};
use streamsql_formats::{DecoderSpec, decoder};

const RECORDS: usize = 40_000;
/// How often a run decodes them: the kernel counts CPU time in steps of up to 4 ms.
const ROUNDS: usize = 10;
const BATCH: usize = 8_192;
const RUNS: usize = 7;

fn schema(columns: &[(&str, LogicalType)]) -> Schema {
    Schema::new(columns.iter().map(|(name, t)| Column::new(*name, t.clone(), true)).collect())
}

/// CPU time of this thread so far, in nanoseconds; other processes do not count. Wall clock where Linux does not tell.
fn cpu_nanos() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = spent.as_deref().and_then(|line| line.split(' ').next()).and_then(|nanos| nanos.parse().ok());
    spent.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_nanos() as f64))
}

/// A decoder and its records.
struct Run {
    decoder: Box<dyn Decoder>,
    records: Vec<String>,
    /// Nanoseconds of CPU time a record, in the best run.
    best: f64,
}

impl Run {
    fn new(format: &str, physical: &Schema, read: &[usize], record: impl Fn(usize) -> String) -> Self {
        let options = BTreeMap::new();
        let spec = DecoderSpec { format, options: &options, physical, read, metadata: &[] };
        let decoder = decoder(&spec).unwrap_or_else(|error| panic!("{format} of {physical:?}: {error}"));
        Self { decoder, records: (0..RECORDS).map(record).collect(), best: f64::MAX }
    }

    fn once(&mut self) {
        let began = cpu_nanos();
        for record in (0..ROUNDS).flat_map(|_| &self.records) {
            black_box(self.decoder.decode(Some(record.as_bytes())).ok());
            if self.decoder.num_rows() == BATCH {
                black_box(self.decoder.finish().ok());
            }
        }
        black_box(self.decoder.finish().ok());
        self.best = self.best.min((cpu_nanos() - began) / (RECORDS * ROUNDS) as f64);
    }
}

/// Runs that are compared take turns: what the machine does meanwhile meets them all.
fn measure<const N: usize>(mut runs: [Run; N]) -> [f64; N] {
    for _ in 0..RUNS {
        runs.iter_mut().for_each(Run::once);
    }
    runs.map(|run| run.best)
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

/// Columns a record.
const WIDTH: usize = 10;
/// What decoding a type may cost at most, as a multiple of the plain path.
const TARGET: f64 = 1.5;

/// A type and values of it, which the records take in turn.
struct Case {
    name: &'static str,
    logical_type: LogicalType,
    values: Vec<Value>,
}

struct Value {
    json: String,
    /// Empty where CSV cannot hold the type.
    csv: String,
    /// The scalars in it.
    scalars: Vec<String>,
}

/// Values written the same in both formats, but for the quotes.
fn scalars(name: &'static str, logical_type: LogicalType, quoted: bool, values: [&str; 4]) -> Case {
    let value = |text: &str| Value {
        json: if quoted { format!("\"{text}\"") } else { text.to_owned() },
        csv: text.to_owned(),
        scalars: vec![text.to_owned()],
    };
    Case { name, logical_type, values: values.map(value).into() }
}

/// Nested values: JSON, CSV, and the scalars parted by spaces.
fn nested(name: &'static str, logical_type: LogicalType, values: [(&str, &str, &str); 2]) -> Case {
    let value = |(json, csv, scalars): (&str, &str, &str)| Value {
        json: json.to_owned(),
        csv: csv.to_owned(),
        scalars: scalars.split(' ').map(str::to_owned).collect(),
    };
    Case { name, logical_type, values: values.map(value).into() }
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    use LogicalType as T;
    let element = ElementType::nullable;
    let row = T::Row(vec![Column::new("x", T::Int, true), Column::new("y", T::STRING, true)]);
    vec![
        scalars("BOOLEAN", T::Boolean, false, ["true", "false", "false", "true"]),
        scalars("TINYINT", T::TinyInt, false, ["7", "-128", "42", "0"]),
        scalars("SMALLINT", T::SmallInt, false, ["1234", "-5", "32767", "88"]),
        scalars("INT", T::Int, false, ["12345", "-7", "2000000000", "0"]),
        scalars("BIGINT", T::BigInt, false, ["1234567890123", "-42", "9007199254740993", "70000"]),
        scalars("FLOAT", T::Float, false, ["1234.5", "-0.25", "3.1415927", "100.0"]),
        scalars("DOUBLE", T::Double, false, ["1234.5678", "-0.001", "2.718281828459045", "65536.0"]),
        scalars("DECIMAL(6, 2)", T::Decimal { precision: 6, scale: 2 }, false, ["123.45", "-7.5", "0.01", "9999.99"]),
        scalars("DECIMAL(38, 18)", T::Decimal { precision: 38, scale: 18 }, false,
            ["12345678901234.567890123456", "-0.000000000000000001", "42", "98765432109876543210.5"]),
        scalars("DATE", T::Date, true, ["2024-03-01", "1999-12-31", "1970-01-01", "2038-01-19"]),
        scalars("TIME", T::Time(0), true, ["10:11:12", "23:59:59", "00:00:00", "07:30:15"]),
        scalars("TIMESTAMP(3)", T::Timestamp(3), true,
            ["2024-03-01 10:11:12.345", "1999-12-31 23:59:59.999", "1970-01-01 00:00:00", "2038-01-19 03:14:07.5"]),
        scalars("TIMESTAMP(9)", T::Timestamp(9), true,
            ["2024-03-01 10:11:12.345678901", "1999-12-31 23:59:59", "1970-01-01 00:00:00.1", "2038-01-19 03:14:07.123456"]),
        scalars("TIMESTAMP_LTZ(6)", T::TimestampLtz(6), true,
            ["2024-03-01 10:11:12.345678Z", "1999-12-31 23:59:59.999Z", "1970-01-01 00:00:00Z", "2038-01-19 03:14:07.5Z"]),
        scalars("BYTES", T::BYTES, true, ["aGVsbG8gd29ybGQ=", "AAECAwQFBgcICQoLDA0ODw==", "/w==", "c3RyZWFtc3Fs"]),
        nested("ARRAY<INT>", T::Array(element(T::Int)),
            [("[1,2,3,4,5]", "1;2;3;4;5", "1 2 3 4 5"), ("[70000,-8]", "70000;-8", "70000 -8")]),
        nested("ARRAY<STRING>", T::Array(element(T::STRING)),
            [(r#"["red","green","blue"]"#, "red;green;blue", "red green blue"), (r#"["x"]"#, "x", "x")]),
        nested("ROW<x INT, y STRING>", row,
            [(r#"{"x":1,"y":"abcdef"}"#, "1;abcdef", "1 abcdef"), (r#"{"x":-70000,"y":"z"}"#, "-70000;z", "-70000 z")]),
        nested("MAP<STRING, INT>", T::Map(element(T::STRING), element(T::Int)),
            [(r#"{"one":1,"two":2}"#, "", "one 1 two 2"), (r#"{"k":-70000}"#, "", "k -70000")]),
        nested("MULTISET<STRING>", T::Multiset(element(T::STRING)),
            [(r#"{"one":1,"two":2}"#, "", "one 1 two 2"), (r#"{"k":7}"#, "", "k 7")]),
    ]
}

/// Names of one letter.
fn letter(i: usize) -> char {
    char::from(if i < 26 { b'a' + i as u8 } else { b'A' + (i - 26) as u8 })
}

fn letters(count: usize, logical_type: &LogicalType) -> Schema {
    Schema::new((0..count).map(|i| Column::new(letter(i).to_string(), logical_type.clone(), true)).collect())
}

fn object<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let members: Vec<String> =
        values.enumerate().map(|(i, value)| format!("\"{}\":{value}", letter(i))).collect();
    format!("{{{}}}", members.join(","))
}

/// Nanoseconds a record of a format: typed, and plain.
fn compare(format: &str, case: &Case) -> (f64, f64) {
    let of_record = |i: usize| (0..WIDTH).map(move |column| &case.values[(i + column) % case.values.len()]);
    let texts: Vec<&str> = of_record(0).flat_map(|value| &value.scalars).map(String::as_str).collect();
    let typed = |i: usize| match format {
        "json" => object(of_record(i).map(|value| value.json.as_str())),
        _ => of_record(i).map(|value| value.csv.as_str()).collect::<Vec<_>>().join(","),
    };
    let plain = |i: usize| {
        // The same lengths in the same order as in the typed record.
        let mut scalars: Vec<&str> =
            of_record(i).flat_map(|value| &value.scalars).map(String::as_str).collect();
        scalars.resize(texts.len(), "");
        match format {
            "json" => {
                let quoted: Vec<String> = scalars.iter().map(|text| format!("\"{text}\"")).collect();
                object(quoted.iter().map(String::as_str))
            }
            _ => scalars.join(","),
        }
    };
    let all: Vec<usize> = (0..texts.len()).collect();
    let [typed, plain] = measure([
        Run::new(format, &letters(WIDTH, &case.logical_type), &all[..WIDTH], typed),
        Run::new(format, &letters(texts.len(), &LogicalType::STRING), &all, plain),
    ]);
    (typed, plain)
}

fn reference_records(wanted: &dyn Fn(&str) -> bool) {
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
        ("discount", decimal),
        ("payment_method", text.clone()),
        ("payment_status", text.clone()),
        ("payment_description", text.clone()),
        ("shipping_address", text),
        ("checkout_timestamp", time),
    ]);
    let report = |name: &str, schema: &Schema, read: &[usize], record: fn(usize) -> String| {
        if wanted(name) {
            let [nanos] = measure([Run::new("json", schema, read, record)]);
            println!("| {name} | {nanos:.0} ns |");
        }
    };
    println!("| reference job, JSON | CPU per record |\n|---|---:|");
    report("clicks, 6 of 6 columns", &clicks, &[0, 1, 2, 3, 4, 5], click);
    report("clicks, 3 of 6 columns", &clicks, &[1, 2, 5], click);
    report("checkouts, 11 of 11 columns", &checkouts, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], checkout);
    report("checkouts, 10 of 11 columns", &checkouts, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 10], checkout);
}

fn main() {
    // Cargo itself passes `--bench`.
    let words: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    reference_records(&wanted);
    println!(
        "\n| ten columns of | JSON, CPU per record | of plain | CSV, CPU per record | of plain | ≤ {TARGET} |"
    );
    println!("|---|---:|---:|---:|---:|---|");
    for case in cases().into_iter().filter(|case| wanted(case.name)) {
        let (json, plain_json) = compare("json", &case);
        let mut slowest = json / plain_json;
        let mut csv = "| |".to_owned();
        if case.values.iter().all(|value| !value.csv.is_empty()) {
            let (typed, plain) = compare("csv", &case);
            slowest = slowest.max(typed / plain);
            csv = format!("{typed:.0} ns | {:.2} |", typed / plain);
        }
        let verdict = if slowest <= TARGET { "met" } else { "missed" };
        println!("| {} | {json:.0} ns | {:.2} | {csv} {verdict} |", case.name, json / plain_json);
    }
}
