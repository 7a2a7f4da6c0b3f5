//! What the fuzz targets run: hostile bytes into everything that reads bytes from outside. Nothing may panic, hang or
//! break the promises that are asserted here.
//!
//! Also included by `crates/tests` (`streamsql-mutate`), which runs the same functions without libFuzzer.

use std::collections::BTreeMap;
use std::sync::Arc;

use streamsql_core::types::ElementType;
use streamsql_core::{Column, DecodedRecord, Decoder, LogicalType, Schema, text};
use streamsql_formats::csv::Dialect;
use streamsql_formats::temporal::{self, TimestampStandard};
use streamsql_formats::{DecoderSpec, decoder, encoder};
use streamsql_sql::template::{Rendered, render};
use streamsql_state::manifest::Manifest;
use streamsql_state::tables::segment::read_head;

/// A target: takes any bytes, panics only where we are wrong.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("template", template),
    ("statements", statements),
    ("json_decoder", json_decoder),
    ("csv_decoder", csv_decoder),
    ("raw_decoder", raw_decoder),
    ("changelog_decoders", changelog_decoders),
    ("timestamps", timestamps),
    ("decimals", decimals),
    ("manifest", manifest),
    ("segment_head", segment_head),
];

/// A template with a variable; the value may only become part of a literal.
pub fn template(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    let variables = BTreeMap::from([
        ("name".to_owned(), "x'; DROP TABLE t; --".to_owned()),
        ("topic".to_owned(), "clicks".to_owned()),
    ]);
    if let Ok(rendered) = render("f.sql", source, &variables) {
        let _ = streamsql_sql::parse::parse(&Arc::new(rendered));
    }
}

/// A file of statements without template variables.
pub fn statements(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    let rendered: Result<Rendered, _> = render("f.sql", source, &BTreeMap::new());
    if let Ok(rendered) = rendered {
        let _ = streamsql_sql::parse::parse(&Arc::new(rendered));
    }
}

fn wide_schema(nested: bool) -> Schema {
    let element = ElementType::nullable;
    let decimal = LogicalType::Decimal { precision: 10, scale: 2 };
    let row = LogicalType::Row(vec![
        Column::new("x", LogicalType::Int, true),
        Column::new("y", LogicalType::STRING, true),
    ]);
    let mut columns = vec![
        Column::new("a", LogicalType::Int, true),
        Column::new("b", LogicalType::STRING, true),
        Column::new("c", decimal, true),
        Column::new("d", LogicalType::Timestamp(3), true),
        Column::new("e", LogicalType::Array(element(LogicalType::BigInt)), true),
        Column::new("f", row.clone(), true),
        Column::new("g", LogicalType::BYTES, true),
        Column::new("h", LogicalType::Double, true),
        Column::new("i", LogicalType::TimestampLtz(9), true),
        Column::new("j", LogicalType::Date, true),
    ];
    if nested {
        columns.push(Column::new("k", LogicalType::Map(element(LogicalType::STRING), element(row)), true));
        columns.push(Column::new("l", LogicalType::Multiset(element(LogicalType::STRING)), true));
    }
    Schema::new(columns)
}

/// The first byte chooses the format and options; the rest are messages, one a line.
pub fn changelog_decoders(data: &[u8]) {
    let Some((choice, messages)) = data.split_first() else { return };
    let (format, metadata): (&str, &[(&str, LogicalType)]) = match choice & 3 {
        0 => (
            "debezium-json",
            &[
                ("schema", LogicalType::STRING),
                ("ingestion-timestamp", LogicalType::TimestampLtz(3)),
                ("source.timestamp", LogicalType::TimestampLtz(3)),
                ("source.table", LogicalType::STRING),
            ],
        ),
        1 => (
            "canal-json",
            &[("database", LogicalType::STRING), ("event-timestamp", LogicalType::TimestampLtz(3))],
        ),
        2 => (
            "maxwell-json",
            &[("table", LogicalType::STRING), ("ingestion-timestamp", LogicalType::TimestampLtz(3))],
        ),
        _ => (
            "ogg-json",
            &[
                ("ingestion-timestamp", LogicalType::TimestampLtz(6)),
                ("event-timestamp", LogicalType::TimestampLtz(6)),
            ],
        ),
    };
    let mut options = BTreeMap::new();
    for (bit, option, value) in [
        (4, "ignore-parse-errors", "true"),
        (8, "schema-include", "true"),
        (16, "database.include", "(a|b)*c?.*"),
    ] {
        let fits = match option {
            "schema-include" => format == "debezium-json",
            "database.include" => format == "canal-json",
            _ => true,
        };
        if choice & bit != 0 && fits {
            options.insert(format!("{format}.{option}"), value.to_owned());
        }
    }
    let physical = wide_schema(true);
    let read: Vec<usize> = (0..physical.len()).collect();
    let metadata: Vec<(String, Column)> = metadata
        .iter()
        .filter(|_| choice & 32 != 0)
        .map(|(key, t)| ((*key).to_owned(), Column::new(*key, t.clone(), true)))
        .collect();
    let spec =
        DecoderSpec { format, options: &options, physical: &physical, read: &read, metadata: &metadata };
    let mut made = decoder(&spec).expect("these options and keys exist");
    let mut rows = 0;
    for message in messages.split(|byte| *byte == b'\n') {
        if let DecodedRecord::Rows(decoded) =
            made.decode(Some(message)).expect("only our own faults are errors")
        {
            assert!(decoded > 0, "no rows are no rows");
            rows += decoded;
        }
        assert_eq!(made.num_rows(), rows, "a bad message left something behind");
    }
    let batch = made.finish().expect("the rows were good");
    assert_eq!(batch.num_rows(), rows);
    options.remove("debezium-json.schema-include");
    // What is written is read again: one row, inserted or deleted.
    let mut writer = encoder(format, &options, &physical).expect("these options exist");
    options.remove("canal-json.database.include");
    let spec = DecoderSpec { format, options: &options, physical: &physical, read: &read, metadata: &[] };
    let mut reader = decoder(&spec).expect("these options exist");
    let mut out = Vec::new();
    for row in 0..rows {
        out.clear();
        writer.encode_change(batch.kind(row), batch.rows(), row, &mut out).expect("no map has a NULL key");
        let decoded = reader.decode(Some(&out)).expect("only our own faults are errors");
        assert_eq!(decoded, DecodedRecord::Rows(1), "{}", String::from_utf8_lossy(&out));
    }
}

/// The first byte chooses options; the rest are records, one a line.
fn decode(format: &str, nested: bool, flags: &[(&str, &str)], data: &[u8]) {
    let Some((choice, records)) = data.split_first() else { return };
    let options: BTreeMap<String, String> = flags
        .iter()
        .enumerate()
        .filter(|(bit, _)| choice >> bit & 1 == 1)
        .map(|(_, (key, value))| (format!("{format}.{key}"), (*value).to_owned()))
        .collect();
    let physical = wide_schema(nested);
    let all: Vec<usize> = (0..physical.len()).collect();
    let read = if choice & 0x80 == 0 { &all[..] } else { &all[1..4] };
    let spec = DecoderSpec { format, options: &options, physical: &physical, read, metadata: &[] };
    let Ok(mut made) = decoder(&spec) else { return };
    let mut rows = 0;
    for record in records.split(|byte| *byte == b'\n') {
        if let DecodedRecord::Rows(decoded) =
            made.decode(Some(record)).expect("only our own faults are errors")
        {
            rows += decoded;
        }
        assert_eq!(made.num_rows(), rows, "a bad record left something behind");
    }
    write_again(format, &options, &physical, read, made.as_mut(), rows);
}

/// What was read can be written, and JSON is read again as the same rows.
fn write_again(
    format: &str,
    options: &BTreeMap<String, String>,
    physical: &Schema,
    read: &[usize],
    made: &mut dyn Decoder,
    rows: usize,
) {
    let batch = made.finish().expect("the rows were good");
    assert_eq!(batch.num_rows(), rows);
    let columns = Schema::new(read.iter().map(|i| physical.columns[*i].clone()).collect());
    let Ok(mut writer) = encoder(format, options, &columns) else { return };
    let again: Vec<usize> = (0..columns.len()).collect();
    let spec = DecoderSpec { format, options, physical: &columns, read: &again, metadata: &[] };
    let mut reader = decoder(&spec).expect("these options were accepted before");
    let mut out = Vec::new();
    for row in 0..rows {
        out.clear();
        writer.encode(batch.rows(), row, &mut out).expect("no map has a NULL key");
        if format == "json" {
            let decoded = reader.decode(Some(&out)).expect("only our own faults are errors");
            assert_eq!(decoded, DecodedRecord::Rows(1), "{}", String::from_utf8_lossy(&out));
        }
    }
    if format == "json" {
        assert_eq!(reader.finish().expect("the rows were good").rows(), batch.rows());
    }
}

/// JSON records in every option, into all kinds of types, and written again.
pub fn json_decoder(data: &[u8]) {
    let flags = [
        ("ignore-parse-errors", "true"),
        ("decode.json-parser.enabled", "false"),
        ("timestamp-format.standard", "ISO-8601"),
        ("fail-on-missing-field", "true"),
        ("encode.decimal-as-plain-number", "true"),
    ];
    decode("json", true, &flags, data);
}

/// CSV records in every option; the records of a file are the same however it is cut.
pub fn csv_decoder(data: &[u8]) {
    let flags = [
        ("ignore-parse-errors", "true"),
        ("escape-character", "\\"),
        ("allow-comments", "true"),
        ("field-delimiter", ";"),
        ("null-literal", "x"),
        ("disable-quote-character", "true"),
    ];
    decode("csv", false, &flags, data);
    let Some((choice, file)) = data.split_first() else { return };
    let dialect = Dialect {
        delimiter: if choice & 8 == 0 { ',' } else { 'é' },
        quote: (choice & 1 == 0).then_some('"'),
        escape: (choice & 2 == 0).then_some('\\'),
        comments: choice & 4 == 0,
        elements: ';',
    };
    assert_eq!(frames(&dialect, file, file.len()), frames(&dialect, file, 1 + usize::from(choice >> 4)));
}

fn frames(dialect: &Dialect, file: &[u8], piece: usize) -> Vec<(usize, usize)> {
    let (mut at, mut seen, mut found) = (0, 0, Vec::new());
    loop {
        match dialect.frame(&file[at..seen], seen == file.len()) {
            Some(frame) => {
                assert!(frame.end > 0, "a record without bytes would come for ever");
                found.push((at + frame.start, at + frame.end));
                at += frame.end;
            }
            None if seen == file.len() => return found,
            None => seen = (seen + piece.max(1)).min(file.len()),
        }
    }
}

/// Single values of every type and character set.
pub fn raw_decoder(data: &[u8]) {
    let Some((choice, record)) = data.split_first() else { return };
    let types = [
        LogicalType::STRING,
        LogicalType::BYTES,
        LogicalType::Boolean,
        LogicalType::SmallInt,
        LogicalType::BigInt,
        LogicalType::Float,
    ];
    let charsets = ["UTF-8", "US-ASCII", "ISO-8859-1", "UTF-16", "UTF-16BE", "UTF-16LE"];
    let logical_type = types[usize::from(choice & 7) % types.len()].clone();
    let charset = charsets[usize::from(choice >> 3 & 7) % charsets.len()];
    let options = BTreeMap::from([("raw.charset".to_owned(), charset.to_owned())]);
    let physical = Schema::new(vec![Column::new("v", logical_type, true)]);
    let spec =
        DecoderSpec { format: "raw", options: &options, physical: &physical, read: &[0], metadata: &[] };
    let mut made = decoder(&spec).expect("these options are good");
    if made.decode(Some(record)).expect("only our own faults are errors") == DecodedRecord::Rows(1) {
        let batch = made.finish().expect("the row was good");
        let mut out = Vec::new();
        let mut writer = encoder("raw", &options, &physical).expect("these options are good");
        writer.encode(batch.rows(), 0, &mut out).expect("the row was good");
    }
}

/// A timestamp that is read and written reads as the same again.
pub fn timestamps(data: &[u8]) {
    let Ok(value) = std::str::from_utf8(data) else { return };
    for standard in [TimestampStandard::Sql, TimestampStandard::Iso8601] {
        for precision in [0, 3, 6, 9] {
            for zoned in [false, true] {
                let Some(ticks) = temporal::timestamp(value, precision, standard, zoned) else { continue };
                let per_second = text::ticks_per_second(streamsql_core::types::timestamp_unit(precision));
                let mut written = String::new();
                temporal::write_timestamp(ticks, per_second, standard, &mut written);
                if zoned {
                    written.push('Z');
                }
                assert_eq!(
                    temporal::timestamp(&written, precision, standard, zoned),
                    Some(ticks),
                    "{written}"
                );
            }
        }
    }
    if let Some(days) = temporal::iso_date(value) {
        let mut written = String::new();
        temporal::write_date(days, &mut written);
        assert_eq!(temporal::iso_date(&written), Some(days), "{written}");
    }
    let _ = (temporal::sql_date(value), temporal::json_time(value), temporal::csv_time(value, 3));
    let _ = (text::parse_timestamp(value), text::parse_date(value), text::parse_time(value));
}

/// A decimal that is read fits its precision and reads the same when it is written.
pub fn decimals(data: &[u8]) {
    let Ok(value) = std::str::from_utf8(data) else { return };
    for (precision, scale) in [(38, 18), (38, 0), (5, 2), (10, 0), (38, 38)] {
        let Ok(Some(number)) = text::parse_decimal(value, precision, scale) else { continue };
        assert!(number.unsigned_abs() < 10u128.pow(precision.into()), "{value}");
        let mut written = String::new();
        text::decimal(number, scale.into(), &mut written);
        assert_eq!(text::parse_decimal(&written, precision, scale), Ok(Some(number)), "{written}");
    }
}

/// A state file's head: damage is an error, never a wrong manifest.
pub fn manifest(data: &[u8]) {
    if let Ok(read) = Manifest::decode(data, "f") {
        let bytes = read.encode().expect("a manifest that was read can be written");
        assert!(Manifest::decode(&bytes, "f").is_ok());
    }
}

/// The head of a state segment: what is read whole is written the same.
pub fn segment_head(data: &[u8]) {
    let _ = read_head(data);
}
