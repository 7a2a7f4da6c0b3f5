//! Which values of a column are there and which are NULL. Nothing is held until the first NULL.

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::NullBuffer;

/// One bit a value, from the first NULL on. Unlike Arrow's own builder its length is at hand without a call, which
/// decoders ask for at every value.
#[derive(Default)]
pub struct Validity {
    len: usize,
    bits: Option<BooleanBufferBuilder>,
}

impl Validity {
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub fn append_value(&mut self) {
        if let Some(bits) = &mut self.bits {
            bits.append(true);
        }
        self.len += 1;
    }

    pub fn append_null(&mut self) {
        let len = self.len;
        let bits = self.bits.get_or_insert_with(|| {
            let mut bits = BooleanBufferBuilder::new(len + 1);
            bits.append_n(len, true);
            bits
        });
        bits.append(false);
        self.len += 1;
    }

    pub fn is_null(&self, index: usize) -> bool {
        self.bits.as_ref().is_some_and(|bits| !bits.get_bit(index))
    }

    /// Forgets the values from `len` on.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.len = len;
            if let Some(bits) = &mut self.bits {
                bits.truncate(len);
            }
        }
    }

    /// Takes the bits out; none when every value is there.
    pub fn finish(&mut self) -> Option<NullBuffer> {
        self.len = 0;
        let nulls = NullBuffer::new(self.bits.take()?.finish());
        (nulls.null_count() > 0).then_some(nulls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_begin_with_the_first_null() {
        let mut validity = Validity::default();
        validity.append_value();
        validity.append_null();
        validity.append_value();
        validity.append_null();
        validity.truncate(3);
        validity.append_value();
        let nulls = validity.finish().unwrap();
        assert_eq!(nulls.iter().collect::<Vec<_>>(), [true, false, true, true]);
        assert_eq!(validity.len(), 0);

        validity.append_value();
        validity.append_null();
        validity.truncate(1);
        assert_eq!(validity.len(), 1);
        assert!(validity.finish().is_none());
    }
}
