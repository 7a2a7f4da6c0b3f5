//! Records: how a row of a table stands in a page.
//!
//! ```text
//! record = length of the record u32 (bit 31: the row is gone; only in open pages, never stored)
//!        | last write i64, ms                          tables with a time-to-live
//!        | number 8 bytes                              Ordered: arrival; Counted: count; Windows: end of the window
//!        | part of the key columns | part of the other columns
//! ```

use std::cmp::Ordering;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use streamsql_core::{Column, Error, OrderColumn, Result, StateForm, StateLayout};
use xxhash_rust::xxh3::xxh3_64;

use super::keys::{hash_in_window, hash_key};
use super::part::{PartLayout, read_u32};
use super::row::{Row, RowMut};

pub(super) const DEAD: u32 = 1 << 31;
const LENGTH: usize = 4;

/// Where the columns of a table's records are.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) key: PartLayout,
    pub(super) value: PartLayout,
    pub(super) form: StateForm,
    pub(super) ttl_ms: i64,
    has_number: bool,
    /// Where the key begins in a record.
    key_at: usize,
    /// For each column of the table whether it is in the key, and its index in the part.
    pub(super) columns: Vec<(bool, usize)>,
    /// The order columns as columns of the table.
    order: Vec<OrderColumn>,
    fields: Vec<Column>,
    /// Of a first order column of eight bytes that is never NULL: where it stands among the other columns, and what its bits
    /// are combined with to be a rank.
    ranked: Option<(usize, u64)>,
    /// Where the window stands in the key, where the key has one.
    window: Option<std::ops::Range<usize>>,
    /// Hash of everything that decides how records are read.
    pub(super) fingerprint: u64,
}

impl Shape {
    pub(super) fn new(layout: &StateLayout) -> Result<Self> {
        let value = layout.value();
        let columns = (0..layout.columns.len())
            .map(|column| match layout.key.iter().position(|key| *key == column) {
                Some(at) => (true, at),
                None => (false, value.iter().position(|other| *other == column).unwrap_or_default()),
            })
            .collect();
        let wrong =
            |order: &&OrderColumn| order.column >= layout.columns.len() || layout.key.contains(&order.column);
        if layout.order.iter().find(wrong).is_some()
            || layout.key.iter().any(|key| *key >= layout.columns.len())
        {
            return Err(Error::internal(format!(
                "state layout names columns that it does not have: {layout:?}"
            )));
        }
        let types: Vec<String> =
            layout.columns.iter().map(|column| column.logical_type.to_string()).collect();
        let order = layout.order.iter().map(|order| (order.column, order.descending, order.nulls_last));
        let form = match layout.form {
            StateForm::One => "one",
            StateForm::Ordered => "ordered",
            StateForm::Counted => "counted",
            StateForm::Windows => "windows",
        };
        let text = format!(
            "{form} {types:?} key {:?} order {:?} ttl {}{}",
            layout.key,
            order.collect::<Vec<_>>(),
            layout.ttl_ms > 0,
            if layout.is_windowed() { " windowed" } else { "" }
        );
        let key = PartLayout::new(layout.key.iter().map(|key| &layout.columns[*key]))?;
        let window = match layout.is_windowed() {
            true => Some(
                key.fixed_slot(layout.key.len() - 1)
                    .filter(|slot| slot.len() == 8)
                    .ok_or_else(|| Error::internal("the window of a key is no BIGINT"))?,
            ),
            false => None,
        };
        let value = PartLayout::new(value.iter().map(|column| &layout.columns[*column]))?;
        let has_number = layout.form != StateForm::One;
        let mut shape = Self {
            key,
            window,
            value,
            ranked: None,
            form: layout.form,
            ttl_ms: layout.ttl_ms,
            has_number,
            key_at: LENGTH + if layout.ttl_ms > 0 { 8 } else { 0 } + if has_number { 8 } else { 0 },
            columns,
            order: layout.order.clone(),
            fields: layout.columns.clone(),
            fingerprint: xxh3_64(text.as_bytes()),
        };
        shape.ranked = shape.ranked_by_word();
        Ok(shape)
    }

    fn ranked_by_word(&self) -> Option<(usize, u64)> {
        let order = self.order.first()?;
        let slot = self.value.fixed_slot(self.columns[order.column].1)?;
        let is_word = self.is_integer(order.column) && slot.len() == 8;
        is_word.then_some((slot.start, if order.descending { !(1 << 63) } else { 1 << 63 }))
    }

    /// What it was made of.
    pub(super) fn layout(&self) -> StateLayout {
        StateLayout {
            form: self.form,
            columns: self.fields.clone(),
            key: self.key_columns(),
            order: self.order.clone(),
            ttl_ms: self.ttl_ms,
        }
    }

    /// The column that says how often a row is there.
    pub(super) fn times(&self) -> Option<usize> {
        self.fields.iter().position(|column| column.name == StateLayout::TIMES)
    }

    pub(super) fn order(&self) -> &[OrderColumn] {
        &self.order
    }

    /// Appends a record.
    ///
    /// # Errors
    /// When it would be longer than 2 GiB.
    pub(super) fn push(
        &self,
        out: &mut Vec<u8>,
        written_ms: i64,
        number: u64,
        key: &[u8],
        value: &[u8],
    ) -> Result<()> {
        let length = self.length_of(key, value);
        if length >= DEAD as usize {
            return Err(Error::failed(format!("a row of state has {length} bytes; 2 GiB is the most")));
        }
        out.extend_from_slice(&(length as u32).to_le_bytes());
        if self.ttl_ms > 0 {
            out.extend_from_slice(&written_ms.to_le_bytes());
        }
        if self.has_number {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(key);
        out.extend_from_slice(value);
        Ok(())
    }

    pub(super) fn length_of(&self, key: &[u8], value: &[u8]) -> usize {
        self.key_at + key.len() + value.len()
    }

    /// The record at the start of `bytes`, which were checked or written by us.
    pub(super) fn record<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[..record_length(bytes)]
    }

    /// Whether a whole record stands at the start of `bytes`; its length.
    pub(super) fn check(&self, bytes: &[u8]) -> Option<usize> {
        let length = read_u32(bytes, 0)? as usize;
        let body = bytes.get(..length)?.get(self.key_at..)?;
        let key = self.key.is_sound(body).then(|| self.key.length(body))??;
        let value = &body[key..];
        (self.value.is_sound(value) && self.value.length(value)? == value.len()).then_some(length)
    }

    #[inline]
    pub(super) fn written_ms(&self, record: &[u8]) -> i64 {
        if self.ttl_ms > 0 { read_i64(record, LENGTH) } else { i64::MAX }
    }

    #[inline]
    pub(super) fn set_written_ms(&self, record: &mut [u8], written_ms: i64) {
        if self.ttl_ms > 0 {
            record[LENGTH..LENGTH + 8].copy_from_slice(&written_ms.to_le_bytes());
        }
    }

    #[inline]
    pub(super) fn number(&self, record: &[u8]) -> u64 {
        if self.has_number { read_i64(record, self.key_at - 8) as u64 } else { 0 }
    }

    pub(super) fn set_number(&self, record: &mut [u8], number: u64) {
        if self.has_number {
            let at = self.key_at;
            record[at - 8..at].copy_from_slice(&number.to_le_bytes());
        }
    }

    pub(super) fn has_key(&self, record: &[u8], key: &[u8]) -> bool {
        record[self.key_at..].starts_with(key)
    }

    #[inline]
    pub(super) fn key<'r>(&self, record: &'r [u8]) -> &'r [u8] {
        let at = self.key_at;
        &record[at..self.value_at(record)]
    }

    /// The hash of a key; that of a key in a window has the key group of the key alone.
    pub(super) fn hash(&self, key: &[u8]) -> u64 {
        let Some(window) = &self.window else { return hash_key(key) };
        let mut alone = Vec::with_capacity(key.len());
        alone.extend_from_slice(&key[..(self.key.columns() - 1).div_ceil(8)]);
        alone.extend_from_slice(&key[self.key.columns().div_ceil(8)..window.start]);
        alone.extend_from_slice(&key[window.end..]);
        hash_in_window(hash_key(&alone), read_i64(key, window.start))
    }

    pub(super) fn value<'r>(&self, record: &'r [u8]) -> &'r [u8] {
        &record[self.value_at(record)..]
    }

    #[inline]
    pub(super) fn value_at(&self, record: &[u8]) -> usize {
        let at = self.key_at;
        at + self.key.length(&record[at..]).unwrap_or_default()
    }

    /// The row that stands in a record.
    #[inline]
    pub(super) fn row<'r>(&'r self, record: &'r [u8]) -> Row<'r> {
        let (key, value) = record[self.key_at..].split_at(self.value_at(record) - self.key_at);
        Row { shape: self, key, value, written_ms: self.written_ms(record) }
    }

    /// A row that is not stored.
    pub(super) fn unstored<'r>(&'r self, key: &'r [u8], value: &'r [u8]) -> Row<'r> {
        Row { shape: self, key, value, written_ms: i64::MAX }
    }

    /// The values of a row that is not stored, to be changed in place.
    pub(super) fn unstored_mut<'r>(&'r self, value: &'r mut [u8]) -> RowMut<'r> {
        RowMut { shape: self, value }
    }

    /// Columns of rows; `None` is a row of NULLs.
    pub(super) fn gather(&self, records: &[Option<&[u8]>], columns: &[usize]) -> Result<Vec<ArrayRef>> {
        let parts = |part: &dyn Fn(&[u8]) -> usize| -> Vec<Option<&[u8]>> {
            records.iter().map(|record| record.map(|record| &record[part(record)..])).collect()
        };
        let (mut keys, mut values) = (None, None);
        let mut column = |column: &usize| match self.columns[*column] {
            (true, at) => self.key.column(keys.get_or_insert_with(|| parts(&|_| self.key_at)), at),
            (false, at) => self.value.column(values.get_or_insert_with(|| parts(&|r| self.value_at(r))), at),
        };
        columns.iter().map(&mut column).collect()
    }

    /// The columns of the key, in its order.
    pub(super) fn key_columns(&self) -> Vec<usize> {
        let mut key: Vec<usize> = (0..self.columns.len()).filter(|column| self.columns[*column].0).collect();
        key.sort_by_key(|column| self.columns[*column].1);
        key
    }

    pub(super) fn field(&self, column: usize) -> &Column {
        &self.fields[column]
    }

    fn data_type(&self, column: usize) -> &DataType {
        match self.columns[column] {
            (true, at) => self.key.data_type(at),
            (false, at) => self.value.data_type(at),
        }
    }

    /// The part and the index in it of a column that is not in the key.
    #[inline]
    pub(super) fn value_column(&self, column: usize) -> Result<usize> {
        match self.columns.get(column) {
            Some((false, at)) => Ok(*at),
            _ => Err(Error::internal(format!("column {column} of a state table cannot be written"))),
        }
    }

    /// A number that grows with the place of a row in the order; rows with equal numbers are compared by `compare`.
    #[inline]
    pub(super) fn rank(&self, value: &[u8], number: u64) -> u64 {
        match self.ranked {
            Some((at, bits)) => read_i64(value, at) as u64 ^ bits,
            None => self.rank_of_any(value, number),
        }
    }

    fn rank_of_any(&self, value: &[u8], number: u64) -> u64 {
        match (self.form, self.order.first()) {
            (StateForm::Counted, None) => xxh3_64(value),
            (_, None) => number,
            (_, Some(order)) => {
                let column = self.columns[order.column].1;
                if self.value.is_null(value, column) {
                    return if order.nulls_last { u64::MAX } else { 0 };
                }
                let rank = rank_of(self.value.data_type(column), self.value.value(value, column));
                if order.descending { !rank } else { rank }
            }
        }
    }

    /// Whether a column's values are integers to `rank`, and none is NULL.
    pub(super) fn is_integer(&self, column: usize) -> bool {
        let exact = matches!(
            self.data_type(column),
            DataType::Int8
                | DataType::Int16
                | DataType::Int32
                | DataType::Int64
                | DataType::Date32
                | DataType::Time32(_)
                | DataType::Timestamp(_, _)
                | DataType::Duration(_)
        );
        exact && !self.fields[column].nullable
    }

    /// Whether rows with equal ranks are equal in all order columns.
    pub(super) fn rank_is_exact(&self) -> bool {
        match self.order.as_slice() {
            [] => self.form != StateForm::Counted,
            [order] => self.is_integer(order.column),
            _ => false,
        }
    }

    /// Whether rows have no order of their own: ranks are hashes of the values then, spread evenly over all numbers.
    pub(super) fn rank_is_hash(&self) -> bool {
        self.form == StateForm::Counted && self.order.is_empty()
    }

    /// How two value parts stand in the order.
    pub(super) fn compare(&self, one: &[u8], other: &[u8]) -> Ordering {
        if self.rank_is_hash() {
            return one.cmp(other);
        }
        for order in &self.order {
            let column = self.columns[order.column].1;
            let nulls = [self.value.is_null(one, column), self.value.is_null(other, column)];
            let ordering = match nulls {
                [true, true] => Ordering::Equal,
                [true, false] if order.nulls_last => Ordering::Greater,
                [true, false] => Ordering::Less,
                [false, true] if order.nulls_last => Ordering::Less,
                [false, true] => Ordering::Greater,
                [false, false] => {
                    let (one, other) = (self.value.value(one, column), self.value.value(other, column));
                    let ordering = compare_values(self.value.data_type(column), one, other);
                    if order.descending { ordering.reverse() } else { ordering }
                }
            };
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        Ordering::Equal
    }
}

#[inline]
pub(super) fn record_length(bytes: &[u8]) -> usize {
    (read_u32(bytes, 0).unwrap_or_default() & !DEAD) as usize
}

pub(super) fn is_dead(record: &[u8]) -> bool {
    record[3] & 0x80 != 0
}

fn read_i64(bytes: &[u8], at: usize) -> i64 {
    bytes.get(at..).and_then(|b| b.first_chunk::<8>()).map_or(0, |b| i64::from_le_bytes(*b))
}

/// A little-endian integer of any width, with its sign.
pub(super) fn i128_of(value: &[u8]) -> i128 {
    let mut bytes = [if value.last().is_some_and(|b| b & 0x80 != 0) { 0xff } else { 0 }; 16];
    let width = value.len().min(16);
    bytes[..width].copy_from_slice(&value[..width]);
    i128::from_le_bytes(bytes)
}

/// Grows with the value; exact for integers of up to eight bytes.
fn rank_of(data_type: &DataType, value: &[u8]) -> u64 {
    match data_type {
        DataType::Utf8 | DataType::Binary => {
            let mut bytes = [0; 8];
            let width = value.len().min(8);
            bytes[..width].copy_from_slice(&value[..width]);
            u64::from_be_bytes(bytes)
        }
        DataType::Float32 | DataType::Float64 => (float_rank(value) as u64) ^ (1 << 63),
        DataType::Decimal128(_, _) => ((i128_of(value) >> 64) as i64 as u64) ^ (1 << 63),
        DataType::List(_) | DataType::Map(_, _) | DataType::Struct(_) | DataType::Null => 0,
        _ => (i128_of(value) as i64 as u64) ^ (1 << 63),
    }
}

/// A float's bits as an integer that is ordered as the floats are (IEEE 754 total order).
fn float_rank(value: &[u8]) -> i64 {
    let bits = match (value.first_chunk::<8>(), value.first_chunk::<4>()) {
        (Some(bytes), _) => i64::from_le_bytes(*bytes),
        (None, Some(bytes)) => f64::from(f32::from_le_bytes(*bytes)).to_bits() as i64,
        _ => 0,
    };
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

fn compare_values(data_type: &DataType, one: &[u8], other: &[u8]) -> Ordering {
    match data_type {
        DataType::Float32 | DataType::Float64 => float_rank(one).cmp(&float_rank(other)),
        DataType::Utf8 | DataType::Binary => one.cmp(other),
        DataType::List(_) | DataType::Map(_, _) | DataType::Struct(_) => one.cmp(other),
        _ => i128_of(one).cmp(&i128_of(other)),
    }
}
