//! SUM and $SUM0: sums of the values that are not NULL.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow::datatypes::{
    DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use streamsql_core::{Error, LogicalType, Result};
use streamsql_state::tables::KeyBatch;

use super::count::{add_counts, count_array, load_counts};
use super::{Aggregate, Changes, downcast};

/// The largest unscaled DECIMAL(38, s).
pub const MAX_DECIMAL: i128 = 10i128.pow(38) - 1;

/// A type whose values add up as in Flink: integers wrap, decimals of more than 38 digits become NULL.
pub trait Summable: ArrowPrimitiveType {
    const ZERO: Self::Native;
    fn plus(a: Self::Native, b: Self::Native) -> Option<Self::Native>;
    fn minus(a: Self::Native, b: Self::Native) -> Option<Self::Native>;
}

macro_rules! wrapping {
    ($($type:ty),*) => {$(
        impl Summable for $type {
            const ZERO: Self::Native = 0;
            fn plus(a: Self::Native, b: Self::Native) -> Option<Self::Native> {
                Some(a.wrapping_add(b))
            }
            fn minus(a: Self::Native, b: Self::Native) -> Option<Self::Native> {
                Some(a.wrapping_sub(b))
            }
        }
    )*};
}

macro_rules! floating {
    ($($type:ty),*) => {$(
        impl Summable for $type {
            const ZERO: Self::Native = 0.0;
            fn plus(a: Self::Native, b: Self::Native) -> Option<Self::Native> {
                Some(a + b)
            }
            fn minus(a: Self::Native, b: Self::Native) -> Option<Self::Native> {
                Some(a - b)
            }
        }
    )*};
}

wrapping!(Int8Type, Int16Type, Int32Type, Int64Type);
floating!(Float32Type, Float64Type);

impl Summable for Decimal128Type {
    const ZERO: i128 = 0;

    fn plus(a: i128, b: i128) -> Option<i128> {
        a.checked_add(b).filter(|sum| sum.unsigned_abs() <= MAX_DECIMAL.unsigned_abs())
    }

    fn minus(a: i128, b: i128) -> Option<i128> {
        Self::plus(a, -b)
    }
}

/// Sums of the groups of a batch; `None` is NULL.
pub struct Sums<T: Summable>(Vec<Option<T::Native>>);

impl<T: Summable> Sums<T> {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Elements that are NULL become `absent`.
    pub fn load(&mut self, array: &ArrayRef, absent: Option<T::Native>) -> Result<()> {
        let array = downcast::<PrimitiveArray<T>>(array)?;
        self.0.clear();
        self.0.extend(array.iter().map(|value| value.or(absent)));
        Ok(())
    }

    pub fn get(&self, group: usize) -> Option<T::Native> {
        self.0[group]
    }

    pub fn set(&mut self, group: usize, sum: Option<T::Native>) {
        self.0[group] = sum;
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn array(&self, data_type: &DataType) -> ArrayRef {
        Arc::new(PrimitiveArray::<T>::from_iter(self.0.iter().copied()).with_data_type(data_type.clone()))
    }
}

/// The sum of the values that are not NULL (Flink `SumAggFunction`, `SumWithRetractAggFunction`, `Sum0AggFunction`).
struct Sum<T: Summable> {
    argument: usize,
    data_type: DataType,
    sums: Sums<T>,
    /// Values in each sum; only where rows are taken back.
    counts: Option<Vec<i64>>,
    /// What a sum of nothing is.
    absent: Option<T::Native>,
    /// Whether a sum is never begun anew: without a value, but with a count, it has become NULL for ever.
    lasting: bool,
}

/// How sums are made: what a sum of nothing is, whether rows are taken back, whether a sum is never begun anew.
#[derive(Clone, Copy)]
struct Manner {
    zero: bool,
    retracts: bool,
    lasting: bool,
}

pub fn make(argument: usize, result: &LogicalType, zero: bool, retracts: bool) -> Result<Box<dyn Aggregate>> {
    of(argument, result, Manner { zero, retracts, lasting: false })
}

/// The sum of OVER.
pub fn over(argument: usize, result: &LogicalType) -> Result<Box<dyn Aggregate>> {
    of(argument, result, Manner { zero: false, retracts: true, lasting: true })
}

fn of(argument: usize, result: &LogicalType, manner: Manner) -> Result<Box<dyn Aggregate>> {
    fn sum<T: Summable>(argument: usize, data_type: DataType, manner: Manner) -> Box<dyn Aggregate> {
        let counts = (manner.retracts && !manner.zero).then(Vec::new);
        let absent = manner.zero.then_some(T::ZERO);
        let lasting = manner.lasting;
        Box::new(Sum::<T> { argument, data_type, sums: Sums::new(), counts, absent, lasting })
    }
    let data_type = result.to_arrow();
    Ok(match data_type {
        DataType::Int8 => sum::<Int8Type>(argument, data_type, manner),
        DataType::Int16 => sum::<Int16Type>(argument, data_type, manner),
        DataType::Int32 => sum::<Int32Type>(argument, data_type, manner),
        DataType::Int64 => sum::<Int64Type>(argument, data_type, manner),
        DataType::Float32 => sum::<Float32Type>(argument, data_type, manner),
        DataType::Float64 => sum::<Float64Type>(argument, data_type, manner),
        DataType::Decimal128(_, _) => sum::<Decimal128Type>(argument, data_type, manner),
        other => return Err(Error::internal(format!("SUM of {other}"))),
    })
}

impl<T: Summable> Aggregate for Sum<T> {
    fn begin(&mut self, _keys: &KeyBatch, accumulators: &[ArrayRef]) -> Result<()> {
        self.sums.load(&accumulators[0], self.absent)?;
        let Some(counts) = &mut self.counts else { return Ok(()) };
        load_counts(&accumulators[1], counts)?;
        if self.lasting {
            let begins = (0..counts.len()).filter(|group| accumulators[1].is_null(*group));
            begins.for_each(|group| self.sums.set(group, Some(T::ZERO)));
        }
        Ok(())
    }

    fn update(&mut self, _keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let values = downcast::<PrimitiveArray<T>>(changes.column(self.argument))?;
        for (row, group, sign) in changes.iter() {
            if values.is_null(row) {
                continue;
            }
            let value = values.value(row);
            let sum = match (self.sums.get(group), sign) {
                (Some(sum), 1) => T::plus(sum, value),
                (Some(sum), _) => T::minus(sum, value),
                (None, _) if self.lasting => None,
                (None, 1) => Some(value),
                (None, _) => T::minus(T::ZERO, value),
            };
            self.sums.set(group, sum);
            if let Some(counts) = &mut self.counts {
                counts[group] += sign;
            }
        }
        Ok(())
    }

    fn merge(&mut self, _keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        for (from, into) in pairs {
            let (from, into) = (*from as usize, *into as usize);
            let sum = match (self.sums.get(into), self.sums.get(from)) {
                (Some(sum), Some(value)) => T::plus(sum, value),
                (sum, value) => sum.or(value),
            };
            self.sums.set(into, sum);
        }
        if let Some(counts) = &mut self.counts {
            add_counts(counts, pairs);
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.sums.set(group, if self.lasting { Some(T::ZERO) } else { self.absent });
        if let Some(counts) = &mut self.counts {
            counts[group] = 0;
        }
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        let Some(counts) = &self.counts else {
            return Ok(vec![self.sums.array(&self.data_type)]);
        };
        let mut results = Sums::<T>(Vec::with_capacity(counts.len()));
        results.0.extend(counts.iter().zip(&self.sums.0).map(|(count, sum)| sum.filter(|_| *count != 0)));
        Ok(vec![results.array(&self.data_type)])
    }

    fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        let mut columns = vec![self.sums.array(&self.data_type)];
        columns.extend(self.counts.as_deref().map(count_array));
        Ok(columns)
    }
}
