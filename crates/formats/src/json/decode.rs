//! JSON records to rows (Flink `JsonParserRowDataDeserializationSchema`, `JsonRowDataDeserializationSchema`).
//!
//! One pass over the record, values straight into the column builders.
//!
//! Of a key that comes twice the later value counts, but as in Flink's parser only until as many fields were met as
//! the table has columns: what follows is not looked at, only checked to be JSON. What comes behind the object is
//! not read.

use streamsql_core::{ChangeBatch, DecodedRecord, Decoder, Error, LogicalType, Result};

use super::OPTIONS;
use super::compact::Floats;
use super::convert::{self, Rules};
use super::misplaced::{GoesOn, misplaced};
use super::scan::{Fault, Scanner};
use crate::DecoderSpec;
use crate::builder::RowBuilder;
use crate::names::Names;
use crate::options::FormatOptions;
use crate::temporal::TimestampStandard;

/// Decodes objects into the wanted columns.
pub struct JsonDecoder {
    rules: Rules,
    /// Of all physical columns.
    names: Names,
    /// For each physical column where it goes; none when it is not read.
    targets: Vec<Option<usize>>,
    rows: RowBuilder,
}

impl JsonDecoder {
    pub fn new(spec: &DecoderSpec<'_>) -> Result<Self> {
        let options = FormatOptions::new("json", spec.options, OPTIONS)?;
        let rules = rules(&options, spec.physical.columns.iter().map(|c| &c.logical_type))?;
        let mut targets = vec![None; spec.physical.len()];
        for (target, physical) in spec.read.iter().enumerate() {
            targets[*physical] = Some(target);
        }
        Ok(Self {
            rules,
            names: Names::new(spec.physical.names()),
            targets,
            rows: RowBuilder::new(&spec.read_schema()),
        })
    }

    fn record(&mut self, json: &str) -> Result<(), Fault> {
        let Self { rules, names, targets, rows } = self;
        let row = rows.num_rows();
        let columns = rows.columns_mut();
        let arity = if rules.tree { usize::MAX } else { names.len() };
        let mut scanner = Scanner::new(json);
        scanner.space();
        if scanner.peek() != Some(b'{') {
            return Err(Fault::Syntax("the record is not a JSON object".to_owned()));
        }
        scanner.at += 1;
        let mut seen = 0;
        let mut ordinal = 0;
        let mut expected = 0;
        let mut overwritten: Vec<(usize, Fault)> = Vec::new();
        while let Some(column) = convert::key(&mut scanner, names, ordinal, expected)? {
            ordinal += 1;
            match column {
                Some(physical) if seen < arity => {
                    seen += 1;
                    expected = physical + 1;
                    match targets[physical] {
                        None => scanner.skip()?,
                        Some(target) => {
                            let column = &mut columns[target];
                            if column.len() > row {
                                column.truncate(row);
                            }
                            match misplaced(rules, &mut scanner, column, seen == arity)? {
                                Some(GoesOn::Inside) if scanner.ends_object() => break,
                                Some(GoesOn::Inside) => continue,
                                Some(GoesOn::Behind) => {}
                                None => {
                                    let start = scanner.at;
                                    match convert::value(rules, &mut scanner, column) {
                                        Ok(()) if overwritten.is_empty() => {}
                                        Ok(()) => overwritten.retain(|(position, _)| *position != physical),
                                        // In a tree only the last value of a key is looked at.
                                        Err(fault @ Fault::Value { .. }) if rules.tree => {
                                            column.truncate(row);
                                            overwritten.push((physical, fault));
                                            scanner.at = start;
                                            scanner.skip()?;
                                        }
                                        Err(fault) => return Err(fault.inside(names.name(physical))),
                                    }
                                }
                            }
                        }
                    }
                }
                _ => scanner.skip()?,
            }
            scanner.space();
            if scanner.take(b',') {
                continue;
            }
            if scanner.take(b'}') {
                break;
            }
            return Err(scanner.unexpected("',' or '}'"));
        }
        if let Some((physical, fault)) = overwritten.pop() {
            return Err(fault.inside(names.name(physical)));
        }
        if rules.fail_on_missing && (rules.tree || seen < arity) {
            let missing = |target: &Option<usize>| target.is_some_and(|target| columns[target].len() == row);
            if let Some(physical) = targets.iter().position(missing) {
                return Err(Fault::value("the field is missing").inside(names.name(physical)));
            }
        }
        Ok(())
    }
}

/// The options as rules, for a row of these types.
pub fn rules<'a>(
    options: &FormatOptions<'_>,
    types: impl Iterator<Item = &'a LogicalType> + Clone,
) -> Result<Rules> {
    let fail_on_missing = options.flag("fail-on-missing-field", false)?;
    let ignore_errors = options.flag("ignore-parse-errors", false)?;
    if fail_on_missing && ignore_errors {
        return Err(Error::invalid(
            "json.fail-on-missing-field and json.ignore-parse-errors shouldn't both be true",
        ));
    }
    options.flag("encode.decimal-as-plain-number", false)?;
    for logical_type in types.clone() {
        supported(logical_type)?;
    }
    let has_decimal = types.clone().any(holds_decimal);
    Ok(Rules {
        standard: TimestampStandard::parse(options.get("timestamp-format.standard"))?,
        fail_on_missing,
        ignore_errors,
        tree: !options.flag("decode.json-parser.enabled", true)?,
        floats: if has_decimal { Floats::Decimal } else { Floats::Double },
    })
}

/// The types inside a type.
fn children(logical_type: &LogicalType) -> Vec<&LogicalType> {
    match logical_type {
        LogicalType::Array(element) | LogicalType::Multiset(element) => vec![&element.logical_type],
        LogicalType::Map(key, value) => vec![&key.logical_type, &value.logical_type],
        LogicalType::Row(columns) => columns.iter().map(|c| &c.logical_type).collect(),
        _ => Vec::new(),
    }
}

fn holds_decimal(logical_type: &LogicalType) -> bool {
    logical_type.is_decimal() || children(logical_type).into_iter().any(holds_decimal)
}

/// Refuses maps whose keys are no texts, as Flink does for either direction.
pub fn supported(logical_type: &LogicalType) -> Result<()> {
    if let LogicalType::Map(key, _) | LogicalType::Multiset(key) = logical_type
        && !key.logical_type.is_character()
    {
        return Err(Error::invalid(format!(
            "JSON format doesn't support non-string as key type of map. The type is: {logical_type}"
        )));
    }
    children(logical_type).into_iter().try_for_each(supported)
}

impl Decoder for JsonDecoder {
    fn decode(&mut self, record: Option<&[u8]>) -> Result<DecodedRecord> {
        let Some(record) = record.filter(|record| !record.is_empty()) else {
            return Ok(DecodedRecord::Skipped);
        };
        let record = record.strip_prefix(b"\xef\xbb\xbf").unwrap_or(record);
        let decoded = match simdutf8::basic::from_utf8(record) {
            Ok(json) if self.rules.tree && json.trim_ascii() == "null" => return Ok(DecodedRecord::Skipped),
            Ok(json) => self.record(json),
            Err(_) => Err(Fault::Syntax("the record is not valid UTF-8".to_owned())),
        };
        let fault = match decoded {
            Ok(()) => {
                self.rows.commit();
                return Ok(DecodedRecord::Rows(1));
            }
            Err(fault) => fault,
        };
        self.rows.roll_back();
        Ok(match fault {
            _ if self.rules.ignore_errors => DecodedRecord::Skipped,
            Fault::Syntax(error) => DecodedRecord::Bad { field: None, error },
            Fault::Value { path, reason } => DecodedRecord::Bad { field: path, error: reason.into_owned() },
        })
    }

    fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    fn finish(&mut self) -> Result<ChangeBatch> {
        Ok(ChangeBatch::inserts(self.rows.finish()?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Int32Type;
    use streamsql_core::{Column, Schema};

    use super::*;

    fn decoder(types: &[(&str, LogicalType)], options: &[(&str, &str)]) -> JsonDecoder {
        let physical = Schema::new(types.iter().map(|(n, t)| Column::new(*n, t.clone(), true)).collect());
        let options: BTreeMap<String, String> =
            options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let read: Vec<usize> = (0..types.len()).collect();
        JsonDecoder::new(&DecoderSpec {
            format: "json",
            options: &options,
            physical: &physical,
            read: &read,
            metadata: &[],
        })
        .unwrap()
    }

    #[test]
    fn bad_records_leave_nothing_behind() {
        let mut decoder = decoder(&[("s", LogicalType::STRING), ("i", LogicalType::Int)], &[]);
        for (record, field) in
            [(r#"{"s":"x","i":"y"}"#, Some("i")), (r#"{"s":"x""#, None), (r#"{"i":3000000000}"#, Some("i"))]
        {
            let DecodedRecord::Bad { field: found, .. } = decoder.decode(Some(record.as_bytes())).unwrap()
            else {
                panic!("{record} was accepted");
            };
            assert_eq!(found.as_deref(), field);
        }
        assert_eq!(decoder.decode(None).unwrap(), DecodedRecord::Skipped);
        assert_eq!(decoder.decode(Some(b"")).unwrap(), DecodedRecord::Skipped);
        assert_eq!(
            decoder.decode(Some(b"\xff")).unwrap(),
            DecodedRecord::Bad { field: None, error: "the record is not valid UTF-8".into() }
        );
        assert_eq!(decoder.num_rows(), 0);
        assert_eq!(decoder.decode(Some(br#"{"s":"good"}"#)).unwrap(), DecodedRecord::Rows(1));
        let batch = decoder.finish().unwrap();
        assert_eq!(batch.rows().column(0).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("good")]);
    }

    #[test]
    fn a_layout_never_changes_what_is_read() {
        let mut decoder = decoder(&[("a", LogicalType::Int), ("b", LogicalType::Int)], &[]);
        let records = [
            r#"{"a":1,"b":2}"#,
            r#"{"b":4,"a":3}"#,
            r#"{ "a": 5, "x": {"b":0}, "b": 6}"#,
            r#"{ "a": 7, "x": [], "b": 8 }"#,
            r#"{}"#,
            r#"{"a":9}"#,
            r#"{ }"#,
            r#"{"\u0062":10,"a":11}"#,
        ];
        for record in records {
            assert_eq!(decoder.decode(Some(record.as_bytes())).unwrap(), DecodedRecord::Rows(1), "{record}");
        }
        let batch = decoder.finish().unwrap();
        let column = |i: usize| batch.rows().column(i).as_primitive::<Int32Type>().iter().collect::<Vec<_>>();
        assert_eq!(column(0), [Some(1), Some(3), Some(5), Some(7), None, Some(9), None, Some(11)]);
        assert_eq!(column(1), [Some(2), Some(4), Some(6), Some(8), None, None, None, Some(10)]);
    }

    #[test]
    fn hostile_records_are_answered_in_linear_time() {
        let mut decoder = decoder(&[("s", LogicalType::STRING), ("i", LogicalType::Int)], &[]);
        let deep = "[".repeat(10_000);
        let closed = format!("{deep}{}", "]".repeat(10_000));
        let keys: Vec<String> = (0..200_000).map(|i| format!("\"k{i}\":{i}")).collect();
        let long = "x".repeat(20 << 20);
        for good in [
            format!("{{\"s\":{closed}}}"),
            format!("{{\"x\":{closed},\"i\":1}}"),
            format!("{{{},\"i\":1}}", keys.join(",")),
            format!("{{\"s\":\"{long}\"}}"),
        ] {
            assert_eq!(decoder.decode(Some(good.as_bytes())).unwrap(), DecodedRecord::Rows(1));
        }
        for bad in [
            format!("{{\"s\":{deep}"),
            format!("{{\"i\":{closed}}}"),
            format!("{{\"x\":{}", "{\"a\":".repeat(10_000)),
            format!("{{\"i\":{}}}", "9".repeat(1 << 20)),
        ] {
            assert!(matches!(decoder.decode(Some(bad.as_bytes())).unwrap(), DecodedRecord::Bad { .. }));
        }
        let batch = decoder.finish().unwrap();
        assert_eq!(batch.rows().column(0).as_string::<i32>().value(0), closed);
        assert!(batch.rows().column(0).is_null(1));
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        let physical = Schema::new(vec![Column::new("i", LogicalType::Int, true)]);
        let refused = |options: &[(&str, &str)]| {
            let options: BTreeMap<String, String> =
                options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            JsonDecoder::new(&DecoderSpec {
                format: "json",
                options: &options,
                physical: &physical,
                read: &[0],
                metadata: &[],
            })
            .err()
            .map(|error| error.message)
        };
        assert!(refused(&[]).is_none());
        for options in [
            &[("json.fail-on-missing-field", "true"), ("json.ignore-parse-errors", "true")][..],
            &[("json.timestamp-format.standard", "RFC")],
            &[("json.fail-on-missing-field", "maybe")],
            &[("json.unknown", "true")],
        ] {
            assert!(refused(options).is_some(), "{options:?}");
        }
    }
}
