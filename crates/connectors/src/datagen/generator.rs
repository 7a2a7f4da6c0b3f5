//! The values of one column (Flink `RandomGeneratorVisitor`, `SequenceGeneratorVisitor`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use streamsql_core::types::timestamp_unit;
use streamsql_core::{Error, LogicalType, Result, text};
use streamsql_formats::builder::{ColumnBuilder, Values};

use crate::options::{double, duration_ms, flag, number};

/// Characters of a random text and bytes of a random byte string, where the type sets no length.
const TEXT_LENGTH: i64 = 100;
/// Elements of a random list, map or multiset.
const COLLECTION_LENGTH: i64 = 3;

/// The generator of a column or of a part of one.
#[derive(Debug)]
pub struct Field {
    generator: Generator,
    null_rate: f64,
}

#[derive(Debug)]
enum Generator {
    Sequence { start: i64, end: i64, scale: u32 },
    Boolean,
    Integer { min: i64, max: i64 },
    Floating { min: f64, max: f64 },
    Decimal { min: f64, max: f64, precision: u32, scale: u32 },
    Text { length: i64, variable: bool },
    Bytes { length: i64, variable: bool },
    Date,
    Time,
    Timestamp { per_second: i64, max_past_ms: i64 },
    Array { item: Box<Field>, length: i64 },
    Map { key: Box<Field>, value: Box<Field>, length: i64 },
    Row(Vec<Field>),
}

/// The time at which a batch is made.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    ms: i64,
}

impl Moment {
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX) }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): cheap to start anew for every value.
pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u64, row: i64, column: usize) -> Self {
        let mut random = Self { state: seed ^ (column as u64).rotate_left(48) };
        random.state = random.next() ^ row.cast_unsigned();
        Self { state: random.next() }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// At least 0, less than 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Between both, which may come too.
    fn between(&mut self, min: i64, max: i64) -> i64 {
        let width = max.wrapping_sub(min).cast_unsigned();
        if width == u64::MAX {
            return self.next().cast_signed();
        }
        // The high half of a product spreads 64 bits evenly over a range.
        let offset = (u128::from(self.next()) * (u128::from(width) + 1)) >> 64;
        min.wrapping_add((offset as u64).cast_signed())
    }
}

/// Reads a column's options and remembers which there were.
struct Options<'a> {
    all: &'a BTreeMap<String, String>,
    used: &'a mut BTreeSet<String>,
    name: &'a str,
}

impl Options<'_> {
    fn key(&mut self, option: &str) -> String {
        let key = format!("fields.{}.{option}", self.name);
        self.used.insert(key.clone());
        key
    }

    fn number(&mut self, option: &str, default: i64) -> Result<i64> {
        let key = self.key(option);
        number(self.all, &key, default)
    }

    fn double(&mut self, option: &str, default: f64) -> Result<f64> {
        let key = self.key(option);
        double(self.all, &key, default)
    }

    fn length(&mut self, least: i64, default: i64) -> Result<i64> {
        let length = self.number("length", default)?;
        if (least..=1 << 24).contains(&length) {
            return Ok(length);
        }
        Err(Error::invalid(format!("'fields.{}.length' is between {least} and {}", self.name, 1 << 24)))
    }

    /// The length of a text, which is never empty.
    fn text_length(&mut self) -> Result<i64> {
        self.length(1, TEXT_LENGTH)
    }

    fn variable(&mut self) -> Result<bool> {
        let key = self.key("var-len");
        flag(self.all, &key, false)
    }

    fn range(&mut self, lowest: i64, highest: i64) -> Result<(i64, i64)> {
        let (min, max) = (self.number("min", lowest)?, self.number("max", highest)?);
        if min > max || min < lowest || max > highest {
            return Err(Error::invalid(format!(
                "'fields.{}.min' and '.max' leave no value: {min} to {max}",
                self.name
            )));
        }
        Ok((min, max))
    }

    fn double_range(&mut self, lowest: f64, highest: f64) -> Result<(f64, f64)> {
        let (min, max) = (self.double("min", lowest)?, self.double("max", highest)?);
        // Not a number is no bound either.
        if min <= max {
            return Ok((min, max));
        }
        Err(Error::invalid(format!("'fields.{}.min' and '.max' leave no value: {min} to {max}", self.name)))
    }
}

impl Field {
    /// The generator of the column or part `name` of a type. Option keys that were looked at go to `used`.
    pub fn parse(
        name: &str,
        logical_type: &LogicalType,
        all: &BTreeMap<String, String>,
        used: &mut BTreeSet<String>,
    ) -> Result<Self> {
        let mut options = Options { all, used, name };
        let kind = options.key("kind");
        match all.get(&kind).map(String::as_str) {
            None | Some("random") => Self::random(logical_type, &mut options),
            Some("sequence") => Self::sequence(logical_type, &mut options),
            Some(other) => Err(Error::invalid(format!("Unsupported generator kind: {other}"))
                .hint(format!("'{kind}' is random or sequence"))),
        }
    }

    fn sequence(logical_type: &LogicalType, options: &mut Options<'_>) -> Result<Self> {
        let scale = match logical_type {
            LogicalType::Boolean | LogicalType::Date | LogicalType::Time(_) => {
                return Self::random(logical_type, options);
            }
            LogicalType::Decimal { scale, .. } => u32::from(*scale),
            t if t.is_numeric() || t.is_character() || t.is_binary() => 0,
            other => {
                return Err(Error::invalid(format!("Unsupported type: {other}"))
                    .hint("a sequence has numbers, texts or bytes"));
            }
        };
        let (start_key, end_key) = (options.key("start"), options.key("end"));
        for key in [&start_key, &end_key] {
            if !options.all.contains_key(key) {
                return Err(Error::invalid(format!(
                    "Could not find required property '{key}' for sequence generator."
                )));
            }
        }
        let start = number(options.all, &start_key, 0)?;
        let end = number(options.all, &end_key, 0)?;
        let (lowest, highest) = match logical_type {
            LogicalType::TinyInt => (i8::MIN.into(), i8::MAX.into()),
            LogicalType::SmallInt => (i16::MIN.into(), i16::MAX.into()),
            LogicalType::Int => (i32::MIN.into(), i32::MAX.into()),
            _ => (i64::MIN, i64::MAX),
        };
        if start > end || start < lowest || end > highest {
            return Err(Error::invalid(format!(
                "'{start_key}' to '{end_key}' is no sequence of {logical_type}: {start} to {end}"
            )));
        }
        Ok(Self { generator: Generator::Sequence { start, end, scale }, null_rate: 0.0 })
    }

    fn random(logical_type: &LogicalType, options: &mut Options<'_>) -> Result<Self> {
        let generator = match logical_type {
            LogicalType::Boolean => Generator::Boolean,
            LogicalType::TinyInt => integer(options.range(i8::MIN.into(), i8::MAX.into())?),
            LogicalType::SmallInt => integer(options.range(i16::MIN.into(), i16::MAX.into())?),
            LogicalType::Int => integer(options.range(i32::MIN.into(), i32::MAX.into())?),
            LogicalType::IntervalYearMonth => {
                let (min, max) = (options.number("min", 0)?, options.number("max", 120_000)?);
                integer((min, max.max(min)))
            }
            LogicalType::BigInt | LogicalType::IntervalDayTime => integer(options.range(i64::MIN, i64::MAX)?),
            LogicalType::Float => {
                let (min, max) = options.double_range(1.4e-45, f32::MAX.into())?;
                Generator::Floating { min, max }
            }
            LogicalType::Double => {
                let (min, max) = options.double_range(f64::from_bits(1), f64::MAX)?;
                Generator::Floating { min, max }
            }
            LogicalType::Decimal { precision, scale } => {
                let (min, max) = options.double_range(f64::from_bits(1), f64::MAX)?;
                let largest = 10f64.powi(i32::from(*precision) - i32::from(*scale));
                let (min, max) = (min.clamp(-largest, largest), max.clamp(-largest, largest));
                Generator::Decimal { min, max, precision: (*precision).into(), scale: (*scale).into() }
            }
            // Not the declared length, as in Flink.
            LogicalType::Char(_) => Generator::Text { length: options.text_length()?, variable: false },
            LogicalType::Varchar(_) => {
                Generator::Text { length: options.text_length()?, variable: options.variable()? }
            }
            LogicalType::Binary(_) => {
                Generator::Bytes { length: options.length(0, TEXT_LENGTH)?, variable: false }
            }
            LogicalType::Varbinary(_) => {
                Generator::Bytes { length: options.length(0, TEXT_LENGTH)?, variable: options.variable()? }
            }
            LogicalType::Date => Generator::Date,
            LogicalType::Time(_) => Generator::Time,
            LogicalType::Timestamp(precision) | LogicalType::TimestampLtz(precision) => {
                let key = options.key("max-past");
                Generator::Timestamp {
                    per_second: text::ticks_per_second(timestamp_unit(*precision)),
                    max_past_ms: duration_ms(options.all, &key, 0)?,
                }
            }
            LogicalType::Array(element) => Generator::Array {
                length: options.length(0, COLLECTION_LENGTH)?,
                item: Box::new(options.part("element", &element.logical_type)?),
            },
            LogicalType::Multiset(element) => Generator::Map {
                length: options.length(0, COLLECTION_LENGTH)?,
                key: Box::new(options.part("element", &element.logical_type)?),
                value: Box::new(Self { generator: integer((0, 10)), null_rate: 0.0 }),
            },
            LogicalType::Map(key, value) => Generator::Map {
                length: options.length(0, COLLECTION_LENGTH)?,
                key: Box::new(options.part("key", &key.logical_type)?),
                value: Box::new(options.part("value", &value.logical_type)?),
            },
            LogicalType::Row(columns) => Generator::Row(
                columns.iter().map(|c| options.part(&c.name, &c.logical_type)).collect::<Result<_>>()?,
            ),
            LogicalType::Null => return Err(Error::invalid("Unsupported type: NULL")),
        };
        let null_rate = options.double("null-rate", 0.0)?;
        if !(0.0..=1.0).contains(&null_rate) {
            return Err(Error::invalid(format!("'fields.{}.null-rate' is between 0 and 1", options.name)));
        }
        Ok(Self { generator, null_rate })
    }

    /// Rows after which the column has no more values.
    pub fn length(&self) -> Option<i64> {
        match &self.generator {
            Generator::Sequence { start, end, .. } => Some(end.saturating_sub(*start).saturating_add(1)),
            _ => None,
        }
    }

    /// Appends the value of a row.
    ///
    /// # Errors
    /// `Failed` when a batch would hold more than 2 GiB of text.
    pub fn append(
        &self,
        row: i64,
        random: &mut Random,
        moment: Moment,
        column: &mut ColumnBuilder,
    ) -> Result<()> {
        if self.null_rate > 0.0 && random.fraction() < self.null_rate {
            column.append_null();
            return Ok(());
        }
        match &self.generator {
            Generator::Sequence { start, scale, .. } => sequence_value(start + row, *scale, column)?,
            Generator::Boolean => column.append_bool(random.next() & 1 == 1),
            Generator::Integer { min, max } => column.append_int(random.between(*min, *max)),
            Generator::Floating { min, max } => {
                let value = uniform(random, *min, *max);
                column.append_double(value);
                column.append_float(value as f32);
            }
            Generator::Decimal { min, max, precision, scale } => {
                let limit = 10i128.pow(*precision) - 1;
                let unscaled = uniform(random, *min, *max) * 10f64.powi(*scale as i32);
                column.append_decimal((unscaled as i128).clamp(-limit, limit));
            }
            Generator::Text { length, variable } => {
                let length = varied(*length, *variable, random);
                let hexadecimal = |data: &mut Vec<u8>| {
                    data.extend((0..length).map(|_| b"0123456789abcdef"[(random.next() & 15) as usize]));
                };
                column.append_with(hexadecimal).map_err(|_| too_long())?;
            }
            Generator::Bytes { length, variable } => {
                let length = varied(*length, *variable, random);
                let bytes = |data: &mut Vec<u8>| data.extend((0..length).map(|_| random.next() as u8));
                column.append_with(bytes).map_err(|_| too_long())?;
            }
            Generator::Date => column.append_int(moment.ms.div_euclid(86_400_000)),
            Generator::Time => column.append_int(moment.ms.rem_euclid(86_400_000)),
            Generator::Timestamp { per_second, max_past_ms } => {
                let past = if *max_past_ms > 0 { random.between(0, *max_past_ms) } else { 0 };
                column.append_int((moment.ms - past).saturating_mul(per_second / 1_000));
            }
            Generator::Array { item, length } => {
                if let Values::List { item: items, .. } = column.values_mut() {
                    for _ in 0..*length {
                        item.append(row, random, moment, items)?;
                    }
                }
                column.end_nested();
            }
            Generator::Map { key, value, length } => {
                if let Values::Map { key: keys, value: values, .. } = column.values_mut() {
                    let first = keys.len();
                    for _ in 0..*length {
                        let last = keys.len();
                        key.append(row, random, moment, keys)?;
                        if (first..last).any(|earlier| keys.are_equal(earlier, last)) {
                            keys.truncate(last);
                            continue;
                        }
                        value.append(row, random, moment, values)?;
                    }
                }
                column.end_nested();
            }
            Generator::Row(fields) => {
                if let Values::Row { fields: columns, .. } = column.values_mut() {
                    for (field, column) in fields.iter().zip(columns) {
                        field.append(row, random, moment, column)?;
                    }
                }
                column.end_nested();
            }
        }
        Ok(())
    }
}

impl Options<'_> {
    /// The generator of a part of this column.
    fn part(&mut self, part: &str, logical_type: &LogicalType) -> Result<Field> {
        Field::parse(&format!("{}.{part}", self.name), logical_type, self.all, self.used)
    }
}

fn integer((min, max): (i64, i64)) -> Generator {
    Generator::Integer { min, max }
}

fn uniform(random: &mut Random, min: f64, max: f64) -> f64 {
    let fraction = random.fraction();
    // Not min + fraction * (max - min), which overflows.
    (min * (1.0 - fraction) + max * fraction).clamp(min, max)
}

fn varied(length: i64, variable: bool, random: &mut Random) -> i64 {
    if variable && length > 1 { random.between(1, length) } else { length }
}

fn too_long() -> Error {
    Error::failed("a batch of generated rows holds more than 2 GiB").hint("a smaller 'length'")
}

/// Each append takes the value only where the column is of its kind.
fn sequence_value(value: i64, scale: u32, column: &mut ColumnBuilder) -> Result<()> {
    let len = column.len();
    column.append_int(value);
    column.append_float(value as f32);
    column.append_double(value as f64);
    column.append_decimal(i128::from(value) * 10i128.pow(scale));
    if column.len() == len {
        let is_text = column.kind() == streamsql_formats::builder::Kind::Text;
        let bytes = if is_text { value.to_string().into_bytes() } else { value.to_be_bytes().to_vec() };
        column.append_bytes(&bytes).map_err(|_| too_long())?;
    }
    Ok(())
}
