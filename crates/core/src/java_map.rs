//! The order of a `java.util.HashMap`'s entries.
//!
//! Flink reads maps into a HashMap and casts them into one, so its order shows wherever entries are listed: in
//! MAP_KEYS, in casts to text, in written JSON. It follows from the keys' hashes alone.

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType,
};

/// The capacity of a HashMap that was made without one.
const DEFAULT_CAPACITY: usize = 16;

/// The positions of distinct keys with these hashes, put in this order, as a HashMap lists them.
/// `capacity` is what the map was made for.
pub fn iteration_order(hashes: &[i32], capacity: usize) -> Vec<usize> {
    let mut table = capacity.max(1).next_power_of_two();
    while hashes.len() > table * 3 / 4 {
        table *= 2;
    }
    let bucket = |hash: i32| (hash ^ (hash as u32 >> 16) as i32) as usize & (table - 1);
    let mut order: Vec<usize> = (0..hashes.len()).collect();
    order.sort_by_key(|position| bucket(hashes[*position]));
    order
}

/// Where to take the entries of maps with these keys from, for the order of a HashMap; `None` where they have it already
/// or the keys' hashes are not known. Every map has each of its keys once; `offsets` has one more value than there are
/// maps.
pub fn entries_in_order(offsets: &OffsetBuffer<i32>, keys: &ArrayRef) -> Option<UInt32Array> {
    if offsets.windows(2).all(|ends| ends[1] - ends[0] < 2) {
        return None;
    }
    let hash = hasher(keys)?;
    let mut indices: Vec<u32> = (0..offsets[0] as u32).collect();
    let mut hashes = Vec::new();
    for ends in offsets.windows(2) {
        let (start, end) = (ends[0] as usize, ends[1] as usize);
        hashes.clear();
        hashes.extend((start..end).map(|i| if keys.is_null(i) { 0 } else { hash(i) }));
        indices.extend(iteration_order(&hashes, DEFAULT_CAPACITY).into_iter().map(|i| (start + i) as u32));
    }
    indices.extend(indices.len() as u32..keys.len() as u32);
    let in_order = indices.iter().enumerate().all(|(i, from)| i as u32 == *from);
    (!in_order).then(|| UInt32Array::from(indices))
}

/// `hashCode()` of the objects in which Flink holds the values of a column, none for bytes and nested values.
fn hasher(keys: &ArrayRef) -> Option<Box<dyn Fn(usize) -> i32 + '_>> {
    macro_rules! of {
        ($kind:ty, $hash:expr) => {{
            let values = keys.as_primitive::<$kind>();
            Box::new(move |i| $hash(values.value(i)))
        }};
    }
    let timestamp = |per_ms: i64| {
        move |t: i64| timestamp_hash(t.div_euclid(per_ms), t.rem_euclid(per_ms) * 1_000_000 / per_ms)
    };
    Some(match keys.data_type() {
        DataType::Utf8 => {
            let values = keys.as_string::<i32>();
            Box::new(move |i| binary_string_hash(values.value(i).as_bytes()))
        }
        DataType::Boolean => {
            let values = keys.as_boolean();
            Box::new(move |i| if values.value(i) { 1231 } else { 1237 })
        }
        DataType::Int8 => of!(Int8Type, i32::from),
        DataType::Int16 => of!(Int16Type, i32::from),
        DataType::Int32 => of!(Int32Type, i32::from),
        DataType::Date32 => of!(Date32Type, i32::from),
        DataType::Time32(_) => of!(Time32MillisecondType, i32::from),
        DataType::Int64 => of!(Int64Type, long_hash),
        DataType::Float32 => of!(Float32Type, |v: f32| v.to_bits() as i32),
        DataType::Float64 => of!(Float64Type, |v: f64| long_hash(v.to_bits() as i64)),
        DataType::Decimal128(_, scale) => {
            let scale = i32::from(*scale);
            of!(Decimal128Type, |v: i128| big_integer_hash(v).wrapping_mul(31).wrapping_add(scale))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => of!(TimestampMillisecondType, timestamp(1)),
        DataType::Timestamp(TimeUnit::Microsecond, _) => of!(TimestampMicrosecondType, timestamp(1000)),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => of!(TimestampNanosecondType, timestamp(1_000_000)),
        _ => return None,
    })
}

/// `java.lang.String.hashCode`.
pub fn string_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

fn long_hash(value: i64) -> i32 {
    (value ^ (value >> 32)) as i32
}

fn big_integer_hash(value: i128) -> i32 {
    let magnitude = value.unsigned_abs();
    let words = (0..4).rev().map(|word| (magnitude >> (32 * word)) as i32);
    words
        .fold(0, |hash: i32, word| hash.wrapping_mul(31).wrapping_add(word))
        .wrapping_mul(value.signum() as i32)
}

fn timestamp_hash(milliseconds: i64, nanos_of_millisecond: i64) -> i32 {
    long_hash(milliseconds).wrapping_mul(31).wrapping_add(nanos_of_millisecond as i32)
}

/// Murmur3 with seed 42 whose last bytes are mixed one by one (Flink's `MurmurHashUtils`, of `BinaryStringData`).
fn binary_string_hash(bytes: &[u8]) -> i32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let words = words.iter().map(|word| u32::from_le_bytes(*word));
    let rest = rest.iter().map(|byte| *byte as i8 as u32);
    let mut hash = words.chain(rest).fold(42_u32, |hash, word| {
        let mixed = word.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
        (hash ^ mixed).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
    });
    hash ^= bytes.len() as u32;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    (hash ^ (hash >> 16)) as i32
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;

    use super::*;

    /// As Apache Flink 1.18.1 lists the keys of a map read from JSON.
    #[test]
    fn texts_come_in_the_order_of_their_hashes() {
        let keys: ArrayRef =
            Arc::new(StringArray::from(vec!["é", "", "ab", "abc", "abcd", "abcde", "日本", "b", "a", "k"]));
        let order = entries_in_order(&OffsetBuffer::from_lengths([7, 0, 3]), &keys).unwrap();
        let names: Vec<&str> =
            order.values().iter().map(|i| keys.as_string::<i32>().value(*i as usize)).collect();
        assert_eq!(names, ["", "abc", "abcde", "é", "ab", "abcd", "日本", "a", "k", "b"]);
        assert_eq!(entries_in_order(&OffsetBuffer::from_lengths([1; 10]), &keys), None);
    }

    #[test]
    fn the_table_grows_with_its_entries() {
        let hashes = [16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        assert_eq!(iteration_order(&hashes[..12], 16)[0], 0);
        assert_eq!(iteration_order(&hashes, 16)[0], 1);
    }
}
