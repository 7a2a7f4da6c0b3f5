//! Rows in PostgreSQL's binary COPY format (PostgreSQL documentation, "COPY", Binary Format).

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType,
};
use streamsql_core::{ChangeBatch, Error, Result, text};

/// Days from 1970-01-01 to 2000-01-01, where PostgreSQL's times start.
const EPOCH_DAYS: i64 = 10_957;

/// A column of a COPY: where it is in the batch and how it travels.
#[derive(Clone, Debug)]
pub struct CopyColumn {
    pub index: usize,
    /// `pg_type.typname` of the value on the wire.
    pub type_name: String,
    /// For a target of type numeric: NaN and infinities are refused.
    pub finite: bool,
}

/// Builds the data of one COPY.
pub struct CopyData {
    bytes: Vec<u8>,
    finished: bool,
}

impl Default for CopyData {
    fn default() -> Self {
        Self::new()
    }
}

impl CopyData {
    pub fn new() -> Self {
        let mut bytes = b"PGCOPY\n\xff\r\n\0".to_vec();
        bytes.extend_from_slice(&[0; 8]);
        Self { bytes, finished: false }
    }

    /// Appends a row: the given columns, each for a target column of that `pg_type.typname`.
    pub fn row(&mut self, batch: &ChangeBatch, row: usize, columns: &[CopyColumn]) -> Result<()> {
        self.bytes.extend_from_slice(&(columns.len() as i16).to_be_bytes());
        for CopyColumn { index, type_name, finite } in columns {
            let array = batch.rows().column(*index);
            if array.is_null(row) {
                self.bytes.extend_from_slice(&(-1i32).to_be_bytes());
                continue;
            }
            let start = self.bytes.len();
            self.bytes.extend_from_slice(&[0; 4]);
            self.value(array, row, type_name, *finite)
                .map_err(|error| error.context(format!("column {}", batch.schema().field(*index).name())))?;
            let length = (self.bytes.len() - start - 4) as i32;
            self.bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    /// Appends a row of texts.
    pub fn texts(&mut self, values: &[Option<&[u8]>]) {
        self.bytes.extend_from_slice(&(values.len() as i16).to_be_bytes());
        for value in values {
            match value {
                None => self.bytes.extend_from_slice(&(-1i32).to_be_bytes()),
                Some(value) => {
                    self.bytes.extend_from_slice(&(value.len() as i32).to_be_bytes());
                    self.bytes.extend_from_slice(value);
                }
            }
        }
    }

    /// All of it, to be sent once or again.
    pub fn finish(&mut self) -> &[u8] {
        if !std::mem::replace(&mut self.finished, true) {
            self.bytes.extend_from_slice(&(-1i16).to_be_bytes());
        }
        &self.bytes
    }

    fn value(&mut self, array: &ArrayRef, row: usize, type_name: &str, finite: bool) -> Result<()> {
        match array.data_type() {
            DataType::Utf8 => {
                let value = array.as_string::<i32>().value(row);
                if value.contains('\0') {
                    return Err(Error::failed(
                        "a text holds the character U+0000, which PostgreSQL cannot store",
                    )
                    .hint("remove it in the query: REPLACE(c, CHR(0), '')"));
                }
                if type_name == "uuid" {
                    return self.uuid(value);
                }
                if type_name == "jsonb" {
                    self.bytes.push(1);
                }
                self.bytes.extend_from_slice(value.as_bytes());
            }
            DataType::Binary => self.bytes.extend_from_slice(array.as_binary::<i32>().value(row)),
            DataType::Boolean => self.bytes.push(u8::from(array.as_boolean().value(row))),
            DataType::Int8 => self.integer(array.as_primitive::<Int8Type>().value(row).into(), type_name)?,
            DataType::Int16 => {
                self.integer(array.as_primitive::<Int16Type>().value(row).into(), type_name)?
            }
            DataType::Int32 => {
                self.integer(array.as_primitive::<Int32Type>().value(row).into(), type_name)?
            }
            DataType::Int64 => self.integer(array.as_primitive::<Int64Type>().value(row), type_name)?,
            DataType::Float32 => {
                self.checked_float(array.as_primitive::<Float32Type>().value(row).into(), type_name, finite)?
            }
            DataType::Float64 => {
                self.checked_float(array.as_primitive::<Float64Type>().value(row), type_name, finite)?
            }
            DataType::Decimal128(_, scale) => {
                let value = array.as_primitive::<Decimal128Type>().value(row);
                let scale = (*scale).max(0) as u32;
                if type_name == "numeric" {
                    self.numeric(value, scale);
                } else {
                    let mut rendered = String::new();
                    text::decimal(value, scale, &mut rendered);
                    self.float(rendered.parse().unwrap_or(f64::NAN), type_name);
                }
            }
            DataType::Date32 => {
                let days = i64::from(array.as_primitive::<Date32Type>().value(row)) - EPOCH_DAYS;
                self.bytes.extend_from_slice(&(days as i32).to_be_bytes());
            }
            DataType::Time32(_) => {
                let ms = i64::from(array.as_primitive::<Time32MillisecondType>().value(row));
                self.bytes.extend_from_slice(&(ms * 1_000).to_be_bytes());
            }
            DataType::Timestamp(unit, None) => {
                let ticks = text::timestamp_ticks(array.as_ref(), row)?;
                let per_second = text::ticks_per_second(*unit);
                let micros = if per_second > 1_000_000 {
                    Some(ticks.div_euclid(per_second / 1_000_000))
                } else {
                    ticks.checked_mul(1_000_000 / per_second)
                };
                let micros = micros.and_then(|m| m.checked_sub(EPOCH_DAYS * 86_400_000_000));
                let micros =
                    micros.ok_or_else(|| Error::failed("a timestamp is out of PostgreSQL's range"))?;
                self.bytes.extend_from_slice(&micros.to_be_bytes());
            }
            other => {
                return Err(Error::failed(format!("a value of {other} cannot be written to PostgreSQL")));
            }
        }
        Ok(())
    }

    fn integer(&mut self, value: i64, type_name: &str) -> Result<()> {
        match type_name {
            "int2" => self.bytes.extend_from_slice(
                &i16::try_from(value)
                    .map_err(|_| Error::failed("a number is out of range of int2"))?
                    .to_be_bytes(),
            ),
            "int4" => self.bytes.extend_from_slice(
                &i32::try_from(value)
                    .map_err(|_| Error::failed("a number is out of range of int4"))?
                    .to_be_bytes(),
            ),
            "int8" => self.bytes.extend_from_slice(&value.to_be_bytes()),
            "numeric" => self.numeric(value.into(), 0),
            _ => self.float(value as f64, type_name),
        }
        Ok(())
    }

    fn checked_float(&mut self, value: f64, type_name: &str, finite: bool) -> Result<()> {
        if finite && !value.is_finite() {
            return Err(Error::failed(format!("{value} cannot be stored as numeric"))
                .hint("declare the column DOUBLE PRECISION in the database, or filter such rows"));
        }
        self.float(value, type_name);
        Ok(())
    }

    fn float(&mut self, value: f64, type_name: &str) {
        if type_name == "float4" {
            self.bytes.extend_from_slice(&(value as f32).to_be_bytes());
        } else {
            self.bytes.extend_from_slice(&value.to_be_bytes());
        }
    }

    fn uuid(&mut self, value: &str) -> Result<()> {
        let digits: String = value.chars().filter(|c| *c != '-').collect();
        let number = (digits.len() == 32).then(|| u128::from_str_radix(&digits, 16).ok()).flatten();
        let number = number.ok_or_else(|| Error::failed("a text is not a UUID"))?;
        self.bytes.extend_from_slice(&number.to_be_bytes());
        Ok(())
    }

    /// `numeric`: base-10000 digits, weight of the first, sign, display scale.
    fn numeric(&mut self, value: i128, scale: u32) {
        let fraction_groups = scale.div_ceil(4);
        // Shift so that the fraction fills whole groups of four digits.
        let shift = 10u128.pow(fraction_groups * 4 - scale);
        let magnitude = value.unsigned_abs();
        let mut groups: Vec<u16> = Vec::new();
        let (mut high, mut low) = (magnitude / 10u128.pow(19), magnitude % 10u128.pow(19));
        // 38 digits times the shift may pass 128 bits: two halves of 19 digits, multiplied apart.
        (high, low) = (high * shift, low * shift);
        high += low / 10u128.pow(19);
        low %= 10u128.pow(19);
        while high > 0 || low > 0 {
            groups.push((low % 10_000) as u16);
            // (high * 10^19 + low) / 10^4, with 10^19 = 10^4 * 10^15.
            let borrowed = high % 10_000;
            high /= 10_000;
            low = low / 10_000 + borrowed * 10u128.pow(15);
        }
        let weight = groups.len() as i32 - 1 - fraction_groups as i32;
        let trailing = groups.iter().take_while(|g| **g == 0).count();
        let digits: Vec<u16> = groups[trailing..].iter().rev().copied().collect();
        let weight = if digits.is_empty() { 0 } else { weight };
        let sign: u16 = if value < 0 { 0x4000 } else { 0 };
        self.bytes.extend_from_slice(&(digits.len() as u16).to_be_bytes());
        self.bytes.extend_from_slice(&(weight as i16).to_be_bytes());
        self.bytes.extend_from_slice(&sign.to_be_bytes());
        self.bytes.extend_from_slice(&(scale as u16).to_be_bytes());
        for digit in digits {
            self.bytes.extend_from_slice(&digit.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(value: i128, scale: u32) -> Vec<u16> {
        let mut data = CopyData { bytes: Vec::new(), finished: false };
        data.numeric(value, scale);
        data.bytes.chunks(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect()
    }

    #[test]
    fn numerics_in_groups_of_four_digits() {
        assert_eq!(numeric(1234567, 2), [3, 1, 0, 2, 1, 2345, 6700]);
        assert_eq!(numeric(-5, 2), [1, 0xffff, 0x4000, 2, 500]);
        assert_eq!(numeric(0, 2), [0, 0, 0, 2]);
        assert_eq!(numeric(10_000, 0), [1, 1, 0, 0, 1]);
        let largest = numeric(10i128.pow(38) - 1, 1);
        assert_eq!((largest[0], largest[1], largest[3]), (11, 9, 1));
        assert_eq!(largest[4..6], [9, 9999]);
        assert_eq!(largest[14], 9000);
    }
}
