//! Logarithms rounded correctly: computed to about 100 bits, then cut to 53. `Math.log` and `Math.log10`, which Java's
//! compiler replaces by machine code, agree with them but for one number in 100,000.

/// The unevaluated sum of two doubles, the second below half a unit of the last place of the first.
#[derive(Clone, Copy)]
struct Wide(f64, f64);

const LN_2: Wide = Wide(std::f64::consts::LN_2, 2.3190468138462996e-17);
const LOG10_E: Wide = Wide(std::f64::consts::LOG10_E, 1.098319650216765e-17);

impl Wide {
    /// The exact sum of two doubles (Knuth).
    fn sum(a: f64, b: f64) -> Self {
        let sum = a + b;
        let of_b = sum - a;
        Self(sum, (a - (sum - of_b)) + (b - of_b))
    }

    fn add(self, other: Self) -> Self {
        let high = Self::sum(self.0, other.0);
        Self::sum(high.0, high.1 + (self.1 + other.1))
    }

    fn times(self, other: Self) -> Self {
        let high = self.0 * other.0;
        let rest = self.0.mul_add(other.0, -high) + (self.0 * other.1 + self.1 * other.0);
        Self::sum(high, rest)
    }

    /// A double over a sum.
    fn ratio(a: f64, b: Self) -> Self {
        let high = a / b.0;
        let rest = (-high).mul_add(b.0, a) - high * b.1;
        Self::sum(high, rest / b.0)
    }
}

/// The natural logarithm of a positive, finite number.
fn wide(x: f64) -> Wide {
    // x = m * 2^exponent with m near 1; a subnormal number is made normal first.
    let (x, shift) = if x < f64::MIN_POSITIVE { (x * 2f64.powi(54), -54) } else { (x, 0) };
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) as i32) - 1023 + shift;
    let mut m = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    if m > std::f64::consts::SQRT_2 {
        m *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh s = 2 s (1 + s²/3 + s⁴/5 + …), s = (m - 1) / (m + 1) at most 0.172; the first terms are wide.
    const FIRST: [Wide; 5] = [
        Wide(1.0, 0.0),
        Wide(1.0 / 3.0, 1.850371707708594e-17),
        Wide(0.2, -1.1102230246251566e-17),
        Wide(1.0 / 7.0, 7.93016446160826e-18),
        Wide(1.0 / 9.0, 6.1679056923619804e-18),
    ];
    let s = Wide::ratio(m - 1.0, Wide::sum(m, 1.0));
    let square = s.times(s);
    let tail = (5..17).rev().fold(0.0, |sum, n| sum * square.0 + 1.0 / f64::from(2 * n + 1));
    let series = FIRST.iter().rev().fold(Wide(tail, 0.0), |sum, term| sum.times(square).add(*term));
    let of_m = s.times(series);
    LN_2.times(Wide(f64::from(exponent), 0.0)).add(Wide(2.0 * of_m.0, 2.0 * of_m.1))
}

/// `Math.log`.
pub fn ln(x: f64) -> f64 {
    if x > 0.0 && x.is_finite() { wide(x).0 } else { x.ln() }
}

/// `Math.log10`.
pub fn log10(x: f64) -> f64 {
    if x > 0.0 && x.is_finite() { wide(x).times(LOG10_E).0 } else { x.log10() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_bits_are_javas() {
        for (x, natural, decimal) in [
            (1.0, 0.0, 0.0),
            (10.0, std::f64::consts::LN_10, 1.0),
            (1e22, 50.65687204586901, 22.0),
            (1e-5, -11.512925464970229, -5.0),
            (0.4068536114306505, -0.8993018353134242, -0.39056182464208705),
            (24417.413578944772, 10.103051828007281, 4.387699659286123),
            (f64::MIN_POSITIVE / 8.0, -710.475860073944, -308.5557455555807),
        ] {
            assert_eq!((ln(x), log10(x)), (natural, decimal), "{x}");
        }
        assert!(ln(-1.0).is_nan() && log10(f64::NAN).is_nan());
        assert_eq!((ln(0.0), log10(f64::INFINITY)), (f64::NEG_INFINITY, f64::INFINITY));
    }
}
