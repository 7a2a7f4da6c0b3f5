//! AVG: the mean of the values that are not NULL.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, i256};
use streamsql_core::{LogicalType, Result};
use streamsql_plan::average_sum;
use streamsql_state::tables::KeyBatch;

use super::count::{add_counts, count_array, load_counts};
use super::sum::{MAX_DECIMAL, Summable, Sums};
use super::{Aggregate, Changes, downcast};

/// A type that averages are computed in.
trait Averaged: Summable {
    /// The sum over its count, in the type of the results. `scale` is how many digits the result has more than the sum.
    fn divide(sum: Self::Native, count: i64, scale: u32) -> Option<Self::Native>;
}

impl Averaged for Int64Type {
    fn divide(sum: i64, count: i64, _scale: u32) -> Option<i64> {
        Some(sum.wrapping_div(count))
    }
}

impl Averaged for Float64Type {
    fn divide(sum: f64, count: i64, _scale: u32) -> Option<f64> {
        Some(sum / count as f64)
    }
}

impl Averaged for Decimal128Type {
    /// Half away from zero; NULL with more than 38 digits.
    fn divide(sum: i128, count: i64, scale: u32) -> Option<i128> {
        let count = i256::from_i128(i128::from(count));
        let dividend = i256::from_i128(sum).checked_mul(i256::from_i128(10i128.pow(scale)))?;
        let quotient = dividend.checked_div(count)?;
        let rest = dividend.wrapping_sub(quotient.wrapping_mul(count));
        let twice = rest.wrapping_abs().wrapping_mul(i256::from_i128(2));
        let is_negative = sum.is_negative() != count.is_negative();
        let away = match twice >= count.wrapping_abs() {
            true => i256::from_i128(if is_negative { -1 } else { 1 }),
            false => i256::ZERO,
        };
        let rounded = quotient.wrapping_add(away).to_i128()?;
        (rounded.unsigned_abs() <= MAX_DECIMAL.unsigned_abs()).then_some(rounded)
    }
}

/// The mean of the values that are not NULL (Flink `AvgAggFunction`): integers are cut towards zero.
struct Average<T: Averaged> {
    argument: usize,
    sum_type: DataType,
    /// Type of the division: that of the sum, but for decimals with the digits of the result.
    quotient_type: DataType,
    result: DataType,
    scale: u32,
    sums: Sums<T>,
    counts: Vec<i64>,
}

/// `argument` is a column of type `from`.
pub fn make(argument: usize, from: &LogicalType, result: &LogicalType) -> Result<Box<dyn Aggregate>> {
    fn average<T: Averaged>(
        argument: usize,
        sum_type: DataType,
        result: DataType,
        scale: u32,
    ) -> Box<dyn Aggregate> {
        let quotient_type = match &result {
            DataType::Decimal128(_, _) => result.clone(),
            _ => sum_type.clone(),
        };
        let (sums, counts) = (Sums::<T>::new(), Vec::new());
        Box::new(Average { argument, sum_type, quotient_type, result, scale, sums, counts })
    }
    let sum = average_sum(from);
    let (sum_type, result_type) = (sum.to_arrow(), result.to_arrow());
    Ok(match (&sum, result) {
        (LogicalType::Decimal { scale: from, .. }, LogicalType::Decimal { scale: to, .. }) => {
            let scale = u32::try_from(i32::from(*to) - i32::from(*from)).unwrap_or_default();
            average::<Decimal128Type>(argument, sum_type, result_type, scale)
        }
        (LogicalType::Double, _) => average::<Float64Type>(argument, sum_type, result_type, 0),
        _ => average::<Int64Type>(argument, sum_type, result_type, 0),
    })
}

impl<T: Averaged> Aggregate for Average<T> {
    fn begin(&mut self, _keys: &KeyBatch, accumulators: &[ArrayRef]) -> Result<()> {
        load_counts(&accumulators[1], &mut self.counts)?;
        self.sums.load(&accumulators[0], None)?;
        // A sum of nothing is 0; one of something that is NULL has overflowed and stays so.
        for group in 0..self.sums.len() {
            if self.counts[group] == 0 && self.sums.get(group).is_none() {
                self.sums.set(group, Some(T::ZERO));
            }
        }
        Ok(())
    }

    fn update(&mut self, _keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let column = cast(changes.column(self.argument), &self.sum_type)?;
        let values = downcast::<PrimitiveArray<T>>(&column)?;
        for (row, group, sign) in changes.iter() {
            if values.is_null(row) {
                continue;
            }
            let value = values.value(row);
            let change = if sign == 1 { T::plus } else { T::minus };
            let sum = self.sums.get(group).and_then(|sum| change(sum, value));
            self.sums.set(group, sum);
            self.counts[group] += sign;
        }
        Ok(())
    }

    fn merge(&mut self, _keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        for (from, into) in pairs {
            let (from, into) = (*from as usize, *into as usize);
            let both = self.sums.get(into).zip(self.sums.get(from));
            self.sums.set(into, both.and_then(|(sum, value)| T::plus(sum, value)));
        }
        add_counts(&mut self.counts, pairs);
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.sums.set(group, Some(T::ZERO));
        self.counts[group] = 0;
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        let quotient = |(group, count): (usize, &i64)| {
            self.sums.get(group).filter(|_| *count != 0).and_then(|sum| T::divide(sum, *count, self.scale))
        };
        let quotients = PrimitiveArray::<T>::from_iter(self.counts.iter().enumerate().map(quotient));
        let quotients: ArrayRef = Arc::new(quotients.with_data_type(self.quotient_type.clone()));
        let results =
            if self.quotient_type == self.result { quotients } else { cast(&quotients, &self.result)? };
        Ok(vec![results])
    }

    fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.sums.array(&self.sum_type), count_array(&self.counts)])
    }
}
