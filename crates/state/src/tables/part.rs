//! Parts: the byte form of several columns of one row (`docs/state-format.md`).
//!
//! ```text
//! part = null bits, one a column, lowest bit first, 1 = NULL | fixed area | variable area
//! ```
//! The fixed area has one slot a column: the value in little-endian, or for columns of variable width the end of the
//! value in the variable area (u32). A part is prefix-free: no part of a layout begins with another one of it, so parts
//! are compared as bytes and follow each other without a length.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use streamsql_core::{Column, Error, LogicalType, Result};

use super::nested;

/// How a column is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// No value but NULL.
    Null,
    /// One byte, 0 or 1.
    Boolean,
    /// So many bytes, as Arrow has them.
    Fixed,
    /// UTF-8 or bytes.
    Variable,
    /// ARRAY, MAP, MULTISET, ROW in the form of `nested`.
    Nested,
}

#[derive(Clone, Debug)]
struct Slot {
    kind: Kind,
    /// Where the slot begins in the part.
    at: usize,
    width: usize,
    /// The slot that holds the end of the variable value before this one; none for the first.
    before: Option<usize>,
    data_type: DataType,
}

/// Where the columns of a part are.
#[derive(Clone, Debug)]
pub struct PartLayout {
    slots: Vec<Slot>,
    /// Bytes of null bits and fixed area.
    fixed: usize,
    /// Slot of the end of the last variable value.
    last_end: Option<usize>,
}

/// Parts of many rows, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    cursors: Vec<usize>,
}

impl Parts {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The part of a row.
    #[inline]
    pub fn get(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    /// The part of a row, to be changed in place.
    pub(super) fn get_mut(&mut self, row: usize) -> &mut [u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &mut self.bytes[start..self.ends[row]]
    }

    /// Adds one part.
    pub(super) fn push(&mut self, part: &[u8]) {
        self.bytes.extend_from_slice(part);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

impl PartLayout {
    /// # Errors
    /// For types that state cannot hold.
    pub fn new<'c>(columns: impl IntoIterator<Item = &'c Column>) -> Result<Self> {
        Self::of_types(columns.into_iter().map(|column| column.logical_type.to_arrow()).collect())
    }

    pub(crate) fn of_types(types: Vec<DataType>) -> Result<Self> {
        let mut at = types.len().div_ceil(8);
        let mut last_end = None;
        let mut slots = Vec::with_capacity(types.len());
        for data_type in types {
            let (kind, width) = kind_of(&data_type)?;
            let mut slot = Slot { kind, at, width, before: None, data_type };
            if matches!(kind, Kind::Variable | Kind::Nested) {
                slot.before = last_end.replace(at);
            }
            at += width;
            slots.push(slot);
        }
        Ok(Self { slots, fixed: at, last_end })
    }

    pub fn columns(&self) -> usize {
        self.slots.len()
    }

    /// Bytes of null bits and fixed area.
    pub(super) fn fixed(&self) -> usize {
        self.fixed
    }

    pub(super) fn data_type(&self, column: usize) -> &DataType {
        &self.slots[column].data_type
    }

    /// Encodes `rows` rows of these columns, in the order of the layout; what `parts` held is dropped.
    ///
    /// # Errors
    /// When a column has another type, or a row's variable values are longer than 4 GiB.
    pub fn encode(&self, columns: &[ArrayRef], rows: usize, parts: &mut Parts) -> Result<()> {
        if columns.len() != self.slots.len()
            || columns.iter().zip(&self.slots).any(|(c, s)| *c.data_type() != s.data_type || c.len() != rows)
        {
            let found: Vec<String> =
                columns.iter().map(|c| format!("{} × {}", c.data_type(), c.len())).collect();
            return Err(Error::internal(format!(
                "state rows of {:?} were given as {found:?} for {rows} rows",
                self.slots.iter().map(|s| &s.data_type).collect::<Vec<_>>()
            )));
        }
        let mut nested = Vec::new();
        for (column, slot) in columns.iter().zip(&self.slots) {
            nested.push(if slot.kind == Kind::Nested { Some(nested::encode(column)?) } else { None });
        }
        let Parts { bytes, ends, cursors } = parts;
        ends.clear();
        ends.resize(rows, self.fixed);
        for (index, (column, slot)) in columns.iter().zip(&self.slots).enumerate() {
            match (slot.kind, &nested[index]) {
                (Kind::Nested, Some(values)) => add_lengths(ends, |row| values.get(row).len()),
                (Kind::Variable, _) => match variable(column) {
                    Texts::Text(texts) => {
                        let offsets = texts.value_offsets();
                        add_offsets(ends, offsets, texts.nulls());
                    }
                    Texts::Bytes(values) => add_offsets(ends, values.value_offsets(), values.nulls()),
                },
                _ => {}
            }
        }
        cursors.clear();
        let mut total = 0;
        for end in ends.iter_mut() {
            cursors.push(total + self.fixed);
            total += *end;
            *end = total;
        }
        // All is written below but the null bits, so what stood here before may stay until then.
        bytes.resize(total, 0);
        let null_bytes = self.slots.len().div_ceil(8);
        let mut start = 0;
        for end in ends.iter() {
            bytes[start..start + null_bytes].fill(0);
            start = *end;
        }
        for (index, (column, slot)) in columns.iter().zip(&self.slots).enumerate() {
            let mut target = Target { bytes, ends, cursors, fixed: self.fixed };
            match slot.kind {
                Kind::Null => {}
                Kind::Boolean => {
                    let values = column.as_boolean();
                    target
                        .each_start(|bytes, start, row| bytes[start + slot.at] = u8::from(values.value(row)));
                }
                Kind::Fixed => write_fixed(&mut target, column, slot),
                Kind::Variable => match variable(column) {
                    Texts::Text(texts) => {
                        target.variable(slot.at, |row| texts.value(row).as_bytes(), texts.nulls())?;
                    }
                    Texts::Bytes(values) => {
                        target.variable(slot.at, |row| values.value(row), values.nulls())?
                    }
                },
                Kind::Nested => {
                    if let Some(values) = &nested[index] {
                        target.variable(slot.at, |row| values.get(row), None)?;
                    }
                }
            }
            // What stood in the slot of a NULL is wiped, so that equal rows have equal bytes.
            let (byte, bit) = (index / 8, 1u8 << (index % 8));
            let wiped = if matches!(slot.kind, Kind::Boolean | Kind::Fixed) { slot.width } else { 0 };
            let mut mark = |start: usize| {
                target.bytes[start + byte] |= bit;
                target.bytes[start + slot.at..start + slot.at + wiped].fill(0);
            };
            if slot.kind == Kind::Null {
                (0..rows).for_each(|row| mark(if row == 0 { 0 } else { target.ends[row - 1] }));
            } else if let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) {
                (0..rows)
                    .filter(|row| nulls.is_null(*row))
                    .for_each(|row| mark(if row == 0 { 0 } else { target.ends[row - 1] }));
            }
        }
        Ok(())
    }

    /// Length of the part at the start of `bytes`; none when it is cut.
    #[inline]
    pub fn length(&self, bytes: &[u8]) -> Option<usize> {
        let variable = match self.last_end {
            None => 0,
            Some(at) => read_u32(bytes, at)? as usize,
        };
        let length = self.fixed + variable;
        (length <= bytes.len()).then_some(length)
    }

    /// Whether the part at the start of `bytes` is whole and all its values are within it.
    pub(super) fn is_sound(&self, bytes: &[u8]) -> bool {
        let Some(length) = self.length(bytes) else { return false };
        let mut before = 0;
        self.slots.iter().all(|slot| match slot.kind {
            Kind::Variable | Kind::Nested => match read_u32(bytes, slot.at) {
                Some(end) if end >= before && self.fixed + end as usize <= length => {
                    before = end;
                    true
                }
                _ => false,
            },
            _ => true,
        })
    }

    #[inline]
    pub fn is_null(&self, part: &[u8], column: usize) -> bool {
        part[column / 8] >> (column % 8) & 1 == 1
    }

    /// The bytes of a value; meaningless where it is NULL.
    #[inline]
    pub fn value<'p>(&self, part: &'p [u8], column: usize) -> &'p [u8] {
        let slot = &self.slots[column];
        match slot.kind {
            Kind::Variable | Kind::Nested => {
                let end = |at| read_u32(part, at).unwrap_or(0) as usize;
                let start = slot.before.map_or(0, end);
                &part[self.fixed + start..self.fixed + end(slot.at)]
            }
            _ => &part[slot.at..slot.at + slot.width],
        }
    }

    /// A column of parts; `None` is a part of NULLs.
    pub(super) fn column<'p>(&self, parts: &[Option<&'p [u8]>], column: usize) -> Result<ArrayRef> {
        let slot = &self.slots[column];
        let valid = |part: &Option<&'p [u8]>| part.filter(|part| !self.is_null(part, column));
        if slot.kind == Kind::Fixed {
            let value = |row: usize| valid(&parts[row]).map(|part| &part[slot.at..]);
            return nested::fixed_column(&slot.data_type, parts.len(), value);
        }
        let value = |part: &Option<&'p [u8]>| valid(part).map(|part| self.value(part, column));
        let values: Vec<Option<&[u8]>> = parts.iter().map(value).collect();
        nested::column(&slot.data_type, &values)
    }

    /// Where a value of fixed width stands in the part; none for others.
    #[inline]
    pub(super) fn fixed_slot(&self, column: usize) -> Option<std::ops::Range<usize>> {
        let slot = &self.slots[column];
        matches!(slot.kind, Kind::Boolean | Kind::Fixed).then(|| slot.at..slot.at + slot.width)
    }

    /// The part of values that are given by their bytes; `None` is NULL.
    ///
    /// # Errors
    /// When a value has another width than its column, or all are longer than 4 GiB.
    pub(super) fn of_values(&self, values: &[Option<&[u8]>]) -> Result<Vec<u8>> {
        let mut part = vec![0; self.fixed];
        for (column, (slot, value)) in self.slots.iter().zip(values).enumerate() {
            if value.is_none() {
                part[column / 8] |= 1 << (column % 8);
            }
            match (slot.kind, value) {
                (Kind::Variable | Kind::Nested, value) => {
                    part.extend_from_slice(value.unwrap_or_default());
                    let end = u32::try_from(part.len() - self.fixed)
                        .map_err(|_| Error::failed("a row of state is longer than 4 GiB"))?;
                    part[slot.at..slot.at + slot.width].copy_from_slice(&end.to_le_bytes());
                }
                (_, Some(value)) if value.len() == slot.width => {
                    part[slot.at..slot.at + slot.width].copy_from_slice(value);
                }
                (_, Some(_)) => return Err(Error::internal("a value of state has another width")),
                (_, None) => {}
            }
        }
        Ok(part)
    }

    /// The slot of a column, as the type of a column that has the same one.
    pub(super) fn stand_in(&self, column: usize) -> LogicalType {
        let slot = &self.slots[column];
        match (slot.kind, slot.width) {
            (Kind::Null, _) => LogicalType::Null,
            (Kind::Boolean, _) => LogicalType::Boolean,
            (Kind::Fixed, 1) => LogicalType::TinyInt,
            (Kind::Fixed, 2) => LogicalType::SmallInt,
            (Kind::Fixed, 4) => LogicalType::Int,
            (Kind::Fixed, 8) => LogicalType::BigInt,
            (Kind::Fixed, _) => LogicalType::Decimal { precision: 38, scale: 0 },
            (Kind::Variable | Kind::Nested, _) => LogicalType::BYTES,
        }
    }

    /// A part of NULLs.
    pub(super) fn nulls(&self) -> Vec<u8> {
        let mut part = vec![0; self.fixed];
        for column in 0..self.slots.len() {
            part[column / 8] |= 1 << (column % 8);
        }
        part
    }

    /// `part` with another value of variable width in `column`; `None` is NULL.
    pub(super) fn with_variable(&self, part: &[u8], column: usize, value: Option<&[u8]>) -> Result<Vec<u8>> {
        let mut out = part[..self.fixed].to_vec();
        let bit = 1u8 << (column % 8);
        if value.is_none() {
            out[column / 8] |= bit
        } else {
            out[column / 8] &= !bit
        }
        for (index, slot) in self.slots.iter().enumerate() {
            if !matches!(slot.kind, Kind::Variable | Kind::Nested) {
                continue;
            }
            let bytes = if index == column { value.unwrap_or_default() } else { self.value(part, index) };
            out.extend_from_slice(bytes);
            let end = u32::try_from(out.len() - self.fixed).map_err(|_| too_long())?;
            out[slot.at..slot.at + 4].copy_from_slice(&end.to_le_bytes());
        }
        Ok(out)
    }
}

fn kind_of(data_type: &DataType) -> Result<(Kind, usize)> {
    Ok(match data_type {
        DataType::Null => (Kind::Null, 0),
        DataType::Boolean => (Kind::Boolean, 1),
        DataType::Utf8 | DataType::Binary => (Kind::Variable, 4),
        DataType::List(_) | DataType::Map(_, _) | DataType::Struct(_) => {
            nested::check(data_type)?;
            (Kind::Nested, 4)
        }
        other => match other.primitive_width() {
            Some(width) => (Kind::Fixed, width),
            None => return Err(nested::unsupported(other)),
        },
    })
}

enum Texts<'a> {
    Text(&'a arrow::array::StringArray),
    Bytes(&'a arrow::array::BinaryArray),
}

fn variable(column: &ArrayRef) -> Texts<'_> {
    match column.data_type() {
        DataType::Utf8 => Texts::Text(column.as_string()),
        _ => Texts::Bytes(column.as_binary()),
    }
}

fn add_lengths(lengths: &mut [usize], of: impl Fn(usize) -> usize) {
    for (row, length) in lengths.iter_mut().enumerate() {
        *length += of(row);
    }
}

/// Adds the lengths of values; those of NULLs are 0, whatever stands there.
fn add_offsets(lengths: &mut [usize], offsets: &[i32], nulls: Option<&arrow::buffer::NullBuffer>) {
    match nulls.filter(|nulls| nulls.null_count() > 0) {
        None => {
            for (length, pair) in lengths.iter_mut().zip(offsets.windows(2)) {
                *length += (pair[1] - pair[0]) as usize;
            }
        }
        Some(nulls) => add_lengths(lengths, |row| {
            if nulls.is_null(row) { 0 } else { (offsets[row + 1] - offsets[row]) as usize }
        }),
    }
}

/// The rows being encoded.
struct Target<'a> {
    bytes: &'a mut [u8],
    ends: &'a [usize],
    /// Where the next variable value of each row goes.
    cursors: &'a mut [usize],
    fixed: usize,
}

impl Target<'_> {
    fn each_start(&mut self, mut write: impl FnMut(&mut [u8], usize, usize)) {
        let mut start = 0;
        for (row, end) in self.ends.iter().enumerate() {
            write(self.bytes, start, row);
            start = *end;
        }
    }

    fn variable<'v>(
        &mut self,
        at: usize,
        value: impl Fn(usize) -> &'v [u8],
        nulls: Option<&arrow::buffer::NullBuffer>,
    ) -> Result<()> {
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        let mut start = 0;
        for (row, end) in self.ends.iter().enumerate() {
            let mut cursor = self.cursors[row];
            if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                let value = value(row);
                self.bytes[cursor..cursor + value.len()].copy_from_slice(value);
                cursor += value.len();
                self.cursors[row] = cursor;
            }
            let relative = u32::try_from(cursor - start - self.fixed).map_err(|_| too_long())?;
            self.bytes[start + at..start + at + 4].copy_from_slice(&relative.to_le_bytes());
            start = *end;
        }
        Ok(())
    }
}

fn write_fixed(target: &mut Target<'_>, column: &ArrayRef, slot: &Slot) {
    /// Copies values of a width that is known to the compiler.
    fn copy<const WIDTH: usize>(target: &mut Target<'_>, values: &[u8], at: usize) {
        target.each_start(|bytes, start, row| {
            let value: &[u8] = &values[row * WIDTH..(row + 1) * WIDTH];
            bytes[start + at..start + at + WIDTH].copy_from_slice(value);
        });
    }
    let data = column.to_data();
    let buffer = data.buffers()[0].as_slice();
    let values = &buffer[data.offset() * slot.width..];
    match slot.width {
        1 => copy::<1>(target, values, slot.at),
        2 => copy::<2>(target, values, slot.at),
        4 => copy::<4>(target, values, slot.at),
        8 => copy::<8>(target, values, slot.at),
        _ => copy::<16>(target, values, slot.at),
    }
}

fn too_long() -> Error {
    Error::failed("a row of state has more than 4 GiB of values of variable width")
}

pub(super) fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
}
