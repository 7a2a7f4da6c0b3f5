//! RAND, RAND_INTEGER and UUID: `java.util.Random`'s sequences for seeds, chance without one.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, AsArray, Float64Array, Int32Array, StringBuilder};
use arrow::datatypes::Int32Type;

use crate::call::{Arg, Eval};
use crate::strings::any_null;

/// The linear congruential generator that the documentation of `java.util.Random` lays down.
#[derive(Clone, Debug)]
pub struct JavaRandom(u64);

const MASK: u64 = (1 << 48) - 1;
const MULTIPLIER: u64 = 0x5_DEEC_E66D;

impl JavaRandom {
    pub fn new(seed: i64) -> Self {
        Self((seed as u64 ^ MULTIPLIER) & MASK)
    }

    /// One that nobody can foretell.
    fn by_chance() -> Self {
        Self::new(uuid::Uuid::new_v4().as_u64_pair().0 as i64)
    }

    fn next(&mut self, bits: u32) -> i32 {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(0xB) & MASK;
        (self.0 >> (48 - bits)) as i32
    }

    /// From 0 to below 1.
    pub fn next_double(&mut self) -> f64 {
        let high = i64::from(self.next(26)) << 27;
        (high + i64::from(self.next(27))) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// From 0 to below `bound`, which is positive.
    pub fn next_int(&mut self, bound: i32) -> i32 {
        let mut random = self.next(31);
        if bound & (bound - 1) == 0 {
            return ((i64::from(bound) * i64::from(random)) >> 31) as i32;
        }
        loop {
            let result = random % bound;
            // The last, incomplete stretch of numbers would favour small results.
            if random.wrapping_sub(result).wrapping_add(bound - 1) >= 0 {
                return result;
            }
            random = self.next(31);
        }
    }
}

/// Where the numbers of a call come from.
pub enum Seed {
    None,
    Literal(i32),
    /// The first argument: a new generator a row.
    Argument,
}

fn generate<T>(
    seed: Seed,
    each: impl Fn(&mut JavaRandom, &[Arg], usize) -> Result<T, String> + Send + Sync + 'static,
) -> impl Fn(&[Arg], usize) -> Result<Vec<Option<T>>, String> {
    let (per_row, generator) = match seed {
        Seed::None => (false, JavaRandom::by_chance()),
        Seed::Literal(seed) => (false, JavaRandom::new(seed.into())),
        Seed::Argument => (true, JavaRandom::new(0)),
    };
    let generator = Mutex::new(generator);
    move |args, rows| {
        let mut generator = generator.lock().unwrap_or_else(PoisonError::into_inner);
        (0..rows)
            .map(|row| {
                if any_null(args, row) {
                    return Ok(None);
                }
                if per_row {
                    *generator = JavaRandom::new(int(&args[0], row).into());
                }
                each(&mut generator, args, row).map(Some)
            })
            .collect()
    }
}

fn int(arg: &Arg, row: usize) -> i32 {
    arg.array.as_primitive::<Int32Type>().value(arg.index(row))
}

/// RAND([seed]).
pub fn rand(seed: Seed) -> Arc<Eval> {
    let numbers = generate(seed, |generator, _, _| Ok(generator.next_double()));
    Arc::new(move |args, rows| Ok(Arc::new(Float64Array::from(numbers(args, rows)?)) as ArrayRef))
}

/// RAND_INTEGER([seed,] bound); the bound is the last argument.
pub fn rand_integer(seed: Seed) -> Arc<Eval> {
    let numbers = generate(seed, |generator, args, row| {
        match args.last().map(|bound| int(bound, row)).filter(|bound| *bound > 0) {
            Some(bound) => Ok(generator.next_int(bound)),
            None => Err("the bound must be positive".to_owned()),
        }
    });
    Arc::new(move |args, rows| Ok(Arc::new(Int32Array::from(numbers(args, rows)?)) as ArrayRef))
}

/// UUID(): version 4.
pub fn uuid() -> Arc<Eval> {
    Arc::new(|_, rows| {
        let mut out = StringBuilder::with_capacity(rows, rows * 36);
        let mut buffer = uuid::Uuid::encode_buffer();
        for _ in 0..rows {
            out.append_value(&*uuid::Uuid::new_v4().hyphenated().encode_lower(&mut buffer));
        }
        Ok(Arc::new(out.finish()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_give_javas_numbers() {
        // `new Random(42).nextInt(10)` thrice and `new Random(1).nextDouble()`, from Java.
        let mut random = JavaRandom::new(42);
        assert_eq!([random.next_int(10), random.next_int(10), random.next_int(10)], [0, 3, 8]);
        assert_eq!(JavaRandom::new(1).next_double(), 0.7308781907032909);
    }
}
