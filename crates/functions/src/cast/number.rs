//! Casts to numbers and BOOLEAN, and of numbers to intervals.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, Decimal128Array};
use arrow::datatypes::{Decimal128Type, DurationMillisecondType, IntervalYearMonthType};
use streamsql_core::text;

use super::Cast;
use super::text_decimal::from_text;
use crate::arithmetic::{POWERS, fit, round};

impl Cast<'_> {
    pub(super) fn to_integer<T: ArrowPrimitiveType>(
        &self,
        narrow: impl Fn(i64) -> T::Native,
        min: i64,
        max: i64,
    ) -> Result<ArrayRef, String> {
        let array = self.primitive::<T>(|row| {
            if let Some(value) = self.integer(row) {
                return Ok(Some(narrow(value)));
            }
            if let Some(value) = self.float(row) {
                // Java narrows floats to int or long, saturating, and from there wraps.
                return Ok(Some(narrow(if max > i64::from(i32::MAX) {
                    value as i64
                } else {
                    i64::from(value as i32)
                })));
            }
            if let Some((value, scale)) = self.decimal(row) {
                return Ok(Some(narrow((value / POWERS[usize::from(scale)]) as i64)));
            }
            match whole_number(self.str(row).trim_matches(' ')) {
                Some(value) if (min..=max).contains(&value) => Ok(Some(narrow(value))),
                _ => self.bad(),
            }
        })?;
        Ok(Arc::new(array))
    }

    pub(super) fn to_float<T: ArrowPrimitiveType>(
        &self,
        narrow: impl Fn(f64) -> T::Native,
        parse: impl Fn(&str) -> Option<T::Native>,
    ) -> Result<ArrayRef, String> {
        let array = self.primitive::<T>(|row| {
            if let Some(value) = self.integer(row) {
                return Ok(Some(narrow(value as f64)));
            }
            if let Some(value) = self.float(row) {
                return Ok(Some(narrow(value)));
            }
            if let Some((value, scale)) = self.decimal(row) {
                let mut rendered = String::new();
                text::decimal(value, scale.into(), &mut rendered);
                return Ok(rendered.parse().ok().map(&narrow));
            }
            parse(self.str(row)).map_or_else(|| self.bad(), |value| Ok(Some(value)))
        })?;
        Ok(Arc::new(array))
    }

    pub(super) fn to_decimal(&self, precision: u8, scale: u8) -> Result<ArrayRef, String> {
        let array: Decimal128Array = self.primitive::<Decimal128Type>(|row| {
            if let Some(value) = self.integer(row) {
                return Ok(i128::from(value)
                    .checked_mul(POWERS[usize::from(scale)])
                    .and_then(|v| fit(v, precision)));
            }
            if let Some((value, from)) = self.decimal(row) {
                return Ok(round(value, from.into(), scale.into(), precision));
            }
            let Some(value) = self.float(row) else {
                return from_text(self.str(row), precision, scale)
                    .map_or_else(|| self.bad(), |v| Ok(Some(v)));
            };
            if !value.is_finite() {
                return self.bad();
            }
            let mut rendered = String::new();
            text::java_double(value, &mut rendered);
            text::parse_decimal(&rendered, precision, scale).or_else(|_| self.bad())
        })?;
        Ok(Arc::new(array.with_precision_and_scale(precision, scale as i8).map_err(|e| e.to_string())?))
    }

    pub(super) fn to_boolean(&self) -> Result<ArrayRef, String> {
        let rows = self.array.len();
        let mut out = BooleanArray::builder(rows);
        for row in 0..rows {
            if self.array.is_null(row) {
                out.append_null();
                continue;
            }
            let cell = if let Some(value) = self.integer(row) {
                Ok(Some(value != 0))
            } else if let Some(value) = self.float(row) {
                Ok(Some(value != 0.0))
            } else if let Some((value, _)) = self.decimal(row) {
                Ok(Some(value != 0))
            } else {
                match self.str(row).to_ascii_lowercase().as_str() {
                    "t" | "true" | "y" | "yes" | "1" => Ok(Some(true)),
                    "f" | "false" | "n" | "no" | "0" => Ok(Some(false)),
                    _ => self.bad(),
                }
            };
            out.append_option(self.settle(row, cell)?);
        }
        Ok(Arc::new(out.finish()))
    }

    /// Numbers count months, the smallest unit of the family.
    pub(super) fn to_months(&self) -> Result<ArrayRef, String> {
        let array = self.primitive::<IntervalYearMonthType>(|row| {
            self.integer(row).map_or_else(|| self.bad(), |months| Ok(Some(months as i32)))
        })?;
        Ok(Arc::new(array))
    }

    /// Numbers count milliseconds.
    pub(super) fn to_milliseconds(&self) -> Result<ArrayRef, String> {
        let array = self.primitive::<DurationMillisecondType>(|row| {
            self.integer(row).map_or_else(|| self.bad(), |ms| Ok(Some(ms)))
        })?;
        Ok(Arc::new(array))
    }
}

/// A whole number, perhaps with a fraction, which is checked and dropped (Flink `BinaryStringDataUtil.toLong`).
fn whole_number(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || text.is_empty() {
        return None;
    }
    match whole {
        "" => text.starts_with('.').then_some(0),
        "-" | "+" => text.contains('.').then_some(0),
        whole => whole.parse().ok(),
    }
}
