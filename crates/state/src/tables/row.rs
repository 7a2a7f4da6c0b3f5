//! A row of a table as operators read it and change it: by column.

use streamsql_core::{Error, Result};

use super::part::PartLayout;
use super::record::{Shape, i128_of};

/// A row as it stands in a table.
#[derive(Clone, Copy)]
pub struct Row<'r> {
    pub(super) shape: &'r Shape,
    pub(super) key: &'r [u8],
    pub(super) value: &'r [u8],
    pub(super) written_ms: i64,
}

impl<'r> Row<'r> {
    #[inline]
    fn part(&self, column: usize) -> (&'r PartLayout, &'r [u8], usize) {
        match self.shape.columns[column] {
            (true, at) => (&self.shape.key, self.key, at),
            (false, at) => (&self.shape.value, self.value, at),
        }
    }

    #[inline]
    pub fn is_null(&self, column: usize) -> bool {
        let (layout, part, at) = self.part(column);
        layout.is_null(part, at)
    }

    /// The value's bytes: of texts and bytes themselves, of fixed widths little-endian; none for NULL.
    #[inline]
    pub fn bytes(&self, column: usize) -> Option<&'r [u8]> {
        let (layout, part, at) = self.part(column);
        (!layout.is_null(part, at)).then(|| layout.value(part, at))
    }

    /// An integer, time or duration of at most eight bytes, or a BOOLEAN as 0 or 1; none for NULL.
    #[inline]
    pub fn i64(&self, column: usize) -> Option<i64> {
        self.bytes(column).map(|value| match value.first_chunk::<8>() {
            Some(word) => i64::from_le_bytes(*word),
            None => i128_of(value) as i64,
        })
    }

    /// A number of at most sixteen bytes, such as an unscaled DECIMAL; none for NULL.
    pub fn i128(&self, column: usize) -> Option<i128> {
        self.bytes(column).map(i128_of)
    }

    /// A DOUBLE; none for NULL.
    pub fn f64(&self, column: usize) -> Option<f64> {
        self.bytes(column)?.first_chunk::<8>().map(|bytes| f64::from_le_bytes(*bytes))
    }

    pub fn bool(&self, column: usize) -> Option<bool> {
        self.bytes(column).map(|value| value.first() == Some(&1))
    }

    /// Whether all columns outside of the key are equal.
    pub fn has_values_of(&self, other: &Row<'_>) -> bool {
        self.value == other.value
    }

    /// Processing time of the last write, ms; `i64::MAX` in tables without a time-to-live.
    pub fn written_ms(&self) -> i64 {
        self.written_ms
    }
}

/// A row whose values of fixed width are changed in place.
pub struct RowMut<'r> {
    pub(super) shape: &'r Shape,
    /// The part of the columns outside of the key.
    pub(super) value: &'r mut [u8],
}

impl<'r> RowMut<'r> {
    #[inline]
    pub(super) fn new(shape: &'r Shape, record: &'r mut [u8]) -> Self {
        let at = shape.value_at(record);
        Self { shape, value: &mut record[at..] }
    }

    #[inline]
    fn set(&mut self, column: usize, bytes: &[u8]) -> Result<()> {
        let at = self.shape.value_column(column)?;
        let slot = self.shape.value.fixed_slot(at);
        let place = slot.and_then(|slot| self.value.get_mut(slot)).filter(|place| place.len() <= bytes.len());
        let Some(place) = place else {
            return Err(Error::internal(format!("column {column} has no such fixed width")));
        };
        match (place.len(), bytes.first_chunk::<8>()) {
            // Nearly all are words.
            (8, Some(word)) => place.copy_from_slice(word),
            (width, _) => place.copy_from_slice(&bytes[..width]),
        }
        self.value[at / 8] &= !(1 << (at % 8));
        Ok(())
    }

    /// Writes an integer, time, duration or BOOLEAN (0 or 1); the column's width decides how much of it.
    #[inline]
    pub fn set_i64(&mut self, column: usize, value: i64) -> Result<()> {
        self.set(column, &value.to_le_bytes())
    }

    #[inline]
    pub fn set_i128(&mut self, column: usize, value: i128) -> Result<()> {
        self.set(column, &value.to_le_bytes())
    }

    #[inline]
    pub fn set_f64(&mut self, column: usize, value: f64) -> Result<()> {
        self.set(column, &value.to_le_bytes())
    }

    /// Writes NULL into a column of fixed width.
    pub fn set_null(&mut self, column: usize) -> Result<()> {
        self.set(column, &[0; 16])?;
        let at = self.shape.value_column(column)?;
        self.value[at / 8] |= 1 << (at % 8);
        Ok(())
    }
}
