//! JSON (flink-docs `connectors/table/formats/json`).

mod decode;
mod encode;
mod scan;

pub use decode::JsonDecoder;
pub use encode::JsonEncoder;

/// Options after the prefix `json.`.
pub(crate) const OPTIONS: &[&str] = &[
    "fail-on-missing-field",
    "ignore-parse-errors",
    "timestamp-format.standard",
    "map-null-key.mode",
    "map-null-key.literal",
    "encode.decimal-as-plain-number",
    "decode.json-parser.enabled",
];
