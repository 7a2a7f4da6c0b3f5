//! `print`: a line a change, `[identifier> ]+I[a, b, null]`, as Flink's `PrintTableSinkFactory` writes it.
//!
//! One subtask writes, so lines never carry a subtask's number. Values look as their Java classes print themselves.

use std::collections::BTreeMap;
use std::io::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalYearMonthType, Time32MillisecondType,
};
use streamsql_core::{ChangeBatch, Epoch, Error, Result, Sink, text};
use streamsql_formats::BigDecimal;
use streamsql_formats::temporal::{write_date, write_java_time};

use crate::options::{check, flag};
use crate::registry::{Factory, MadeSink};

const NANOS_PER_DAY: i64 = 86_400_000_000_000;

pub const FACTORY: Factory = Factory {
    name: "print",
    source: None,
    sink: Some(|spec| Ok(MadeSink::Direct(Box::new(PrintSink::new(spec.options)?)))),
    lookup: None,
};

/// Writes to stdout or stderr.
#[derive(Debug)]
pub struct PrintSink {
    prefix: String,
    standard_error: bool,
}

impl PrintSink {
    pub fn new(options: &BTreeMap<String, String>) -> Result<Self> {
        check(options, &["print-identifier", "standard-error"], &[])?;
        let identifier = options.get("print-identifier").filter(|id| !id.is_empty());
        Ok(Self {
            prefix: identifier.map(|id| format!("{id}> ")).unwrap_or_default(),
            standard_error: flag(options, "standard-error", false)?,
        })
    }

    /// Appends the lines of a batch.
    fn lines(&self, batch: &ChangeBatch, out: &mut String) -> Result<()> {
        for row in 0..batch.num_rows() {
            out.push_str(&self.prefix);
            out.push_str(batch.kind(row).short());
            let columns = batch.rows().columns().iter();
            list('[', columns.map(|column| (column.as_ref(), row)), ']', out)?;
            out.push('\n');
        }
        Ok(())
    }
}

impl Sink for PrintSink {
    fn write(&mut self, _epoch: Epoch, changes: &[ChangeBatch]) -> Result<()> {
        let mut out = String::new();
        changes.iter().try_for_each(|batch| self.lines(batch, &mut out))?;
        let written = if self.standard_error {
            std::io::stderr().write_all(out.as_bytes())
        } else {
            let mut stdout = std::io::stdout();
            stdout.write_all(out.as_bytes()).and_then(|()| stdout.flush())
        };
        written.map_err(|e| Error::failed(format!("cannot print: {e}")))
    }
}

fn list<'a>(
    open: char,
    items: impl Iterator<Item = (&'a dyn Array, usize)>,
    close: char,
    out: &mut String,
) -> Result<()> {
    out.push(open);
    for (i, (array, row)) in items.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        value(array, row, out)?;
    }
    out.push(close);
    Ok(())
}

pub fn value(array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
    use std::fmt::Write;
    if array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    // Writing to a String cannot fail.
    let _ = match array.data_type() {
        DataType::Null => write!(out, "null"),
        DataType::Utf8 => write!(out, "{}", array.as_string::<i32>().value(row)),
        DataType::Boolean => write!(out, "{}", array.as_boolean().value(row)),
        DataType::Int8 => write!(out, "{}", array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => write!(out, "{}", array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => write!(out, "{}", array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => write!(out, "{}", array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => {
            text::java_float(array.as_primitive::<Float32Type>().value(row), out);
            Ok(())
        }
        DataType::Float64 => {
            text::java_double(array.as_primitive::<Float64Type>().value(row), out);
            Ok(())
        }
        DataType::Decimal128(_, scale) => {
            let unscaled = array.as_primitive::<Decimal128Type>().value(row);
            BigDecimal::new(unscaled, u8::try_from(*scale).unwrap_or(0)).write(out);
            Ok(())
        }
        DataType::Binary => {
            let bytes = array.as_binary::<i32>().value(row).iter().map(|byte| byte.cast_signed().to_string());
            write!(out, "[{}]", bytes.collect::<Vec<_>>().join(", "))
        }
        DataType::Date32 => {
            write_date(i64::from(array.as_primitive::<Date32Type>().value(row)), out);
            Ok(())
        }
        DataType::Time32(_) => {
            let ms = i64::from(array.as_primitive::<Time32MillisecondType>().value(row));
            write_java_time((ms * 1_000_000).rem_euclid(NANOS_PER_DAY), out);
            Ok(())
        }
        DataType::Timestamp(unit, zone) => {
            timestamp(text::timestamp_ticks(array, row)?, text::ticks_per_second(*unit), zone.is_some(), out);
            Ok(())
        }
        DataType::Duration(_) => {
            duration(array.as_primitive::<DurationMillisecondType>().value(row), out);
            Ok(())
        }
        DataType::Interval(_) => {
            period(array.as_primitive::<IntervalYearMonthType>().value(row), out);
            Ok(())
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            return list('[', (0..items.len()).map(|i| (items.as_ref(), i)), ']', out);
        }
        DataType::Struct(_) => {
            out.push_str("+I");
            let fields = array.as_struct().columns().iter();
            return list('[', fields.map(|field| (field.as_ref(), row)), ']', out);
        }
        DataType::Map(..) => return map(array, row, out),
        other => return Err(Error::internal(format!("no printed form for {other}"))),
    };
    Ok(())
}

/// `{k=1, l=null}`; Java's order of a map is by hash, here entries stand as they are held.
fn map(array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
    let entries = array.as_map().value(row);
    let keys = streamsql_core::map::entry_keys(&entries);
    out.push('{');
    for i in 0..entries.len() {
        if i > 0 {
            out.push_str(", ");
        }
        value(keys.as_ref(), i, out)?;
        out.push('=');
        value(entries.column(1).as_ref(), i, out)?;
    }
    out.push('}');
    Ok(())
}

/// `LocalDateTime.toString`, or `Instant.toString`, which always has seconds.
fn timestamp(ticks: i64, per_second: i64, is_instant: bool, out: &mut String) {
    let seconds = ticks.div_euclid(per_second);
    let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
    write_date(seconds.div_euclid(86_400), out);
    out.push('T');
    let of_day = seconds.rem_euclid(86_400) * 1_000_000_000 + nanos;
    write_java_time(of_day, out);
    if is_instant {
        out.push_str(if of_day % 60_000_000_000 == 0 { ":00Z" } else { "Z" });
    }
}

/// `java.time.Duration.toString`: `PT26H3M4.567S`.
fn duration(ms: i64, out: &mut String) {
    use std::fmt::Write;
    if ms == 0 {
        return out.push_str("PT0S");
    }
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    out.push_str("PT");
    if hours != 0 {
        let _ = write!(out, "{hours}H");
    }
    if minutes != 0 {
        let _ = write!(out, "{minutes}M");
    }
    let rest = ms % 60_000;
    if rest != 0 {
        let fraction = format!("{:03}", rest.unsigned_abs() % 1_000);
        let fraction = fraction.trim_end_matches('0');
        let (sign, point) = (if rest < 0 { "-" } else { "" }, if fraction.is_empty() { "" } else { "." });
        let _ = write!(out, "{sign}{}{point}{fraction}S", rest.unsigned_abs() / 1_000);
    }
}

/// `java.time.Period.toString` of whole months: `P1Y2M`.
fn period(months: i32, out: &mut String) {
    use std::fmt::Write;
    let (years, months) = (months / 12, months % 12);
    out.push('P');
    if years != 0 {
        let _ = write!(out, "{years}Y");
    }
    if months != 0 {
        let _ = write!(out, "{months}M");
    }
    if years == 0 && months == 0 {
        out.push_str("0D");
    }
}

#[cfg(test)]
mod tests {
    use streamsql_core::types::ElementType;
    use streamsql_core::{Column, Decoder, LogicalType, Schema};
    use streamsql_formats::{DecoderSpec, decoder};

    use super::*;

    fn printed(types: Vec<(&str, LogicalType)>, record: &str) -> String {
        let columns = types.into_iter().map(|(name, t)| Column::new(name, t, true)).collect();
        let physical = Schema::new(columns);
        let read: Vec<usize> = (0..physical.len()).collect();
        let options = BTreeMap::new();
        let spec = DecoderSpec {
            format: "json",
            options: &options,
            physical: &physical,
            read: &read,
            metadata: &[],
        };
        let mut decoder: Box<dyn Decoder> = decoder(&spec).unwrap();
        decoder.decode(Some(record.as_bytes())).unwrap();
        let mut out = String::new();
        let sink = PrintSink { prefix: "id> ".into(), standard_error: false };
        sink.lines(&decoder.finish().unwrap(), &mut out).unwrap();
        out
    }

    /// Recorded from Apache Flink 1.18.1.
    #[test]
    fn values_look_as_java_prints_them() {
        let decimal = |precision, scale| LogicalType::Decimal { precision, scale };
        let row = LogicalType::Row(vec![
            Column::new("x", LogicalType::Int, true),
            Column::new("y", LogicalType::Row(vec![Column::new("z", LogicalType::STRING, true)]), true),
        ]);
        let element = ElementType::nullable;
        let types = vec![
            ("f", LogicalType::Float),
            ("g", LogicalType::Double),
            ("h", decimal(20, 10)),
            ("h2", decimal(5, 2)),
            ("i", LogicalType::STRING),
            ("k", LogicalType::BYTES),
            ("l", LogicalType::Date),
            ("m", LogicalType::Time(0)),
            ("n", LogicalType::Timestamp(3)),
            ("n6", LogicalType::Timestamp(6)),
            ("n9", LogicalType::Timestamp(9)),
            ("o", LogicalType::TimestampLtz(3)),
            ("o9", LogicalType::TimestampLtz(9)),
            ("p", LogicalType::Array(element(LogicalType::Int))),
            ("q", LogicalType::Map(element(LogicalType::STRING), element(LogicalType::Int))),
            ("r", row),
            ("s", LogicalType::Multiset(element(LogicalType::STRING))),
            ("y", LogicalType::Array(element(LogicalType::BYTES))),
        ];
        let record = r#"{"f":1.5,"g":1e10,"h":"0.00000001","h2":"10.00","i":"x, y","k":"aGn/","l":"2020-01-02",
            "m":"10:00:00","n":"2020-01-02 00:00:00","n6":"2020-01-02 03:04:05.12",
            "n9":"2020-01-02 03:04:05.000000001","o":"2020-01-02 03:04:00Z","o9":"2020-01-02 03:04:05.1Z",
            "p":[1,null],"q":{"j":null,"k":1},"r":{"x":1,"y":{"z":"w"}},"s":{"m":2},"y":["aGk="]}"#;
        assert_eq!(
            printed(types, record),
            "id> +I[1.5, 1.0E10, 1.00E-8, 10.00, x, y, [104, 105, -1], 2020-01-02, 10:00, 2020-01-02T00:00, \
             2020-01-02T03:04:05.120, 2020-01-02T03:04:05.000000001, 2020-01-02T03:04:00Z, \
             2020-01-02T03:04:05.100Z, [1, null], {j=null, k=1}, +I[1, +I[w]], {m=2}, [[104, 105]]]\n"
        );
        let types = vec![
            ("h", decimal(20, 10)),
            ("l", LogicalType::Date),
            ("n", LogicalType::Timestamp(3)),
            ("r", LogicalType::Row(vec![Column::new("x", LogicalType::Int, true)])),
        ];
        let record = r#"{"h":"0","l":"+10000-01-01","n":"2020-01-02 03:04:05.678","r":{}}"#;
        assert_eq!(
            printed(types, record),
            "id> +I[0E-10, +10000-01-01, 2020-01-02T03:04:05.678, +I[null]]\n"
        );
    }

    #[test]
    fn intervals_as_java_time_prints_them() {
        let printed = |ms| {
            let mut out = String::new();
            duration(ms, &mut out);
            out
        };
        assert_eq!(printed(93_784_567), "PT26H3M4.567S");
        assert_eq!(printed(-500), "PT-0.5S");
        assert_eq!(printed(0), "PT0S");
        let mut out = String::new();
        period(14, &mut out);
        assert_eq!(out, "P1Y2M");
    }

    #[test]
    fn options() {
        let sink = |key: &str, value: &str| {
            PrintSink::new(&BTreeMap::from([(key.to_owned(), value.to_owned())])).map(|sink| sink.prefix)
        };
        assert_eq!(sink("print-identifier", "a").unwrap(), "a> ");
        assert_eq!(sink("print-identifier", "").unwrap(), "");
        assert!(sink("standard-error", "maybe").is_err());
        assert!(sink("standard-out", "true").is_err());
    }
}
