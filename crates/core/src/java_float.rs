//! Digits of floating-point numbers as `Double.toString` and `Float.toString` of Java 17 choose them.
//!
//! Java before 19 does not print the shortest text: integers below 2^62 keep digits that the bits do not need
//! (`1.23456789012345677E18`), and the general case stops on a symmetric interval around the value and makes at least two
//! digits where the exponent is far from 0. Flink's texts are Java's, so these are the digits here.
//! The method is Steele and White's free-format algorithm with these stopping rules.

use std::cmp::Ordering;

/// Digits and exponent: the value is `0.d1d2d3… * 10^exponent`.
pub(crate) struct Digits {
    pub digits: Vec<u8>,
    pub exponent: i32,
}

/// The digits of a finite positive `f64`.
pub(crate) fn of_f64(value: f64) -> Digits {
    let bits = value.to_bits();
    let (fraction, exponent) = (bits & ((1 << 52) - 1), (bits >> 52) as i32 & 0x7ff);
    if exponent == 0 {
        let zeros = fraction.leading_zeros() as i32;
        let shift = zeros - 11;
        return develop(1 - shift - 1023, fraction << shift, 64 - zeros);
    }
    develop(exponent - 1023, fraction | 1 << 52, 53)
}

/// The digits of a finite positive `f32`.
pub(crate) fn of_f32(value: f32) -> Digits {
    let bits = value.to_bits();
    let (fraction, exponent) = (bits & ((1 << 23) - 1), (bits >> 23) as i32 & 0xff);
    if exponent == 0 {
        let zeros = fraction.leading_zeros() as i32;
        let shift = zeros - 8;
        return develop(1 - shift - 127, u64::from(fraction << shift) << 29, 32 - zeros);
    }
    develop(exponent - 127, u64::from(fraction | 1 << 23) << 29, 24)
}

/// `mantissa` has its highest bit at 52; the value is `mantissa / 2^52 * 2^exponent`, `significant` bits of it count.
fn develop(exponent: i32, mantissa: u64, significant: i32) -> Digits {
    let tail_zeros = mantissa.trailing_zeros() as i32;
    let bits = 53 - tail_zeros;
    let tiny_bits = (bits - exponent - 1).max(0);
    if (-21..=62).contains(&exponent) && tiny_bits == 0 && bits < 64 {
        let insignificant =
            if exponent > significant { insignificant_digits(exponent - significant - 1) } else { 0 };
        let whole = if exponent >= 52 { mantissa << (exponent - 52) } else { mantissa >> (52 - exponent) };
        return whole_digits(whole, insignificant);
    }
    let mut decimal = estimated_exponent(mantissa, exponent);
    let b5 = (-decimal).max(0);
    let s5 = decimal.max(0);
    let mut b2 = b5 + tiny_bits + exponent;
    let mut s2 = s5 + tiny_bits;
    let mut m2 = b2 - significant;
    b2 -= bits - 1;
    let common = b2.min(s2);
    b2 -= common;
    s2 -= common;
    m2 -= common;
    if bits == 1 {
        // Below a power of two the next number is half as far away.
        m2 -= 1;
    }
    if m2 < 0 {
        b2 -= m2;
        s2 -= m2;
        m2 = 0;
    }
    let b_bits = bits + b2 + bits_of_power_of_five(b5);
    let ten_s_bits = s2 + 1 + bits_of_power_of_five(s5 + 1);
    // Java computes in 32 or 64 bits where that seems to fit. There a remainder that just reaches the end of the
    // interval is inside, as is one whose sum overflows (an overflowing interval ends the digits on both sides); in big
    // numbers it is outside.
    let limit = match b_bits.max(ten_s_bits) {
        ..32 => Some(Big::from(1 << 31)),
        32..64 => Some(Big::from(1 << 63)),
        _ => None,
    };
    let mantissa = Big::from(mantissa >> tail_zeros);
    let mut b = mantissa.times_power(5, b5).shifted(b2);
    let s = Big::from(1).times_power(5, s5).shifted(s2);
    let mut m = Big::from(1).times_power(5, b5).shifted(m2);
    let ten_s = s.times(10);
    let mut digits = Vec::with_capacity(18);
    let step = |b: &mut Big, m: &mut Big| -> (u8, bool, bool) {
        let mut quotient = 0;
        while b.compare(&s) != Ordering::Less {
            b.subtract(&s);
            quotient += 1;
        }
        *b = b.times(10);
        *m = m.times(10);
        let low = b.compare(m) == Ordering::Less;
        let sum = b.plus(m);
        let end = sum.compare(&ten_s);
        let high = match &limit {
            Some(limit) if m.compare(limit) != Ordering::Less => return (quotient, true, true),
            Some(limit) => end == Ordering::Greater && sum.compare(limit) == Ordering::Less,
            None => end != Ordering::Less,
        };
        (quotient, low, high)
    };
    let (quotient, mut low, mut high) = step(&mut b, &mut m);
    if quotient == 0 && !high {
        decimal -= 1;
    } else {
        digits.push(quotient);
    }
    if !(-3..8).contains(&decimal) {
        low = false;
        high = false;
    }
    while !low && !high {
        let (quotient, is_low, is_high) = step(&mut b, &mut m);
        (low, high) = (is_low, is_high);
        digits.push(quotient);
    }
    let mut result = Digits { digits, exponent: decimal + 1 };
    if high {
        let up = !low
            || match b.times(2).compare(&ten_s) {
                Ordering::Greater => true,
                Ordering::Equal => result.digits.last().is_some_and(|d| d % 2 == 1),
                Ordering::Less => false,
            };
        if up {
            round_up(&mut result);
        }
    }
    result
}

fn round_up(number: &mut Digits) {
    for digit in number.digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    number.digits[0] = 1;
    number.exponent += 1;
}

/// How many decimal digits `bits` binary ones below the last significant bit make worthless.
fn insignificant_digits(bits: i32) -> u32 {
    if (4..64).contains(&bits) { (f64::from(bits) * std::f64::consts::LOG10_2).floor() as u32 } else { 0 }
}

fn whole_digits(mut whole: u64, insignificant: u32) -> Digits {
    let mut dropped = 0;
    if insignificant > 0 {
        let power = 10u64.pow(insignificant);
        let residue = whole % power;
        whole = whole / power + u64::from(residue >= power / 2);
        dropped = insignificant as i32;
    }
    let text = whole.to_string();
    let trimmed = text.trim_end_matches('0');
    let digits = trimmed.bytes().map(|b| b - b'0').collect();
    Digits { digits, exponent: text.len() as i32 + dropped }
}

/// floor(log10(value)), perhaps one too high.
fn estimated_exponent(mantissa: u64, exponent: i32) -> i32 {
    let one_to_two = f64::from_bits(0x3ff0_0000_0000_0000 | (mantissa & ((1 << 52) - 1)));
    let estimate =
        (one_to_two - 1.5) * 0.289_529_654 + 0.176_091_259 + f64::from(exponent) * std::f64::consts::LOG10_2;
    estimate.floor() as i32
}

fn bits_of_power_of_five(exponent: i32) -> i32 {
    if exponent <= 26 {
        (64 - 5u64.pow(exponent.max(0) as u32).leading_zeros()) as i32 - i32::from(exponent == 0)
    } else {
        exponent * 3
    }
}

/// A natural number, least significant part first.
#[derive(Clone)]
struct Big(Vec<u32>);

impl Big {
    fn from(value: u64) -> Self {
        Self(vec![value as u32, (value >> 32) as u32])
    }

    fn times(&self, factor: u32) -> Self {
        let mut out = Vec::with_capacity(self.0.len() + 1);
        let mut carry = 0u64;
        for part in &self.0 {
            let product = u64::from(*part) * u64::from(factor) + carry;
            out.push(product as u32);
            carry = product >> 32;
        }
        if carry > 0 {
            out.push(carry as u32);
        }
        Self(out)
    }

    fn times_power(&self, base: u32, exponent: i32) -> Self {
        let mut out = self.clone();
        let mut left = exponent.max(0);
        while left > 0 {
            let step = left.min(13);
            out = out.times(base.pow(step as u32));
            left -= step;
        }
        out
    }

    fn shifted(&self, bits: i32) -> Self {
        let bits = bits.max(0) as usize;
        let mut out = vec![0; bits / 32];
        out.extend(&self.0);
        Self(out).times(1 << (bits % 32))
    }

    fn plus(&self, other: &Self) -> Self {
        let length = self.0.len().max(other.0.len());
        let mut out = Vec::with_capacity(length + 1);
        let mut carry = 0u64;
        for i in 0..length {
            let sum = u64::from(self.part(i)) + u64::from(other.part(i)) + carry;
            out.push(sum as u32);
            carry = sum >> 32;
        }
        out.push(carry as u32);
        Self(out)
    }

    /// `self` must not be less than `other`.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = 0i64;
        for i in 0..self.0.len() {
            let difference = i64::from(self.0[i]) - i64::from(other.part(i)) - borrow;
            borrow = i64::from(difference < 0);
            self.0[i] = difference as u32;
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let length = self.0.len().max(other.0.len());
        (0..length)
            .rev()
            .map(|i| self.part(i).cmp(&other.part(i)))
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    fn part(&self, i: usize) -> u32 {
        self.0.get(i).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use crate::text::{java_double, java_float};

    #[test]
    fn digits_of_java_17() {
        let cases: [(f64, &str); 8] = [
            (1.234_567_890_123_456_8e18, "1.23456789012345677E18"),
            (2.0e23, "1.9999999999999998E23"),
            (5e-324, "4.9E-324"),
            (f64::MAX, "1.7976931348623157E308"),
            (3.529_459_570_905_022_4e25, "3.5294595709050224E25"),
            (2e-3, "0.002"),
            (9_007_199_254_740_992.0, "9.007199254740992E15"),
            (0.1 + 0.2, "0.30000000000000004"),
        ];
        for (value, expected) in cases {
            let mut text = String::new();
            java_double(value, &mut text);
            assert_eq!(text, expected);
        }
        for (value, expected) in [(1.234_568e18f32, "1.23456794E18"), (0.1, "0.1"), (1e10, "1.0E10")] {
            let mut text = String::new();
            java_float(value, &mut text);
            assert_eq!(text, expected);
        }
    }
}
