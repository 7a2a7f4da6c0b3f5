//! `java.lang.Math` where neither Rust's standard library nor `libm` gives the same last bit.
//!
//! Java's inverse and hyperbolic functions are those of fdlibm 5.3 (Java `StrictMath`). `libm` follows later versions
//! of it, which differ in `sinh`, `cosh`, `tanh` and at the edges of `atan2`. For sine, cosine, tangent, EXP and
//! powers Java's machine code is within 0.51 units of the last place, as the standard library's is: these two differ in
//! the last bit for a few arguments in a thousand. Logarithms are in `wide_log`.

/// Beyond this `exp` overflows.
const LARGEST_EXPONENT: f64 = 709.782712893384;
/// Beyond this `sinh` and `cosh` overflow.
const OVERFLOW: f64 = 710.4758600739439;
/// From here on the smaller of `exp(x)` and `exp(-x)` does not count.
const ONE_SIDED: f64 = 22.0;

/// `Math.sinh`.
pub fn sinh(x: f64) -> f64 {
    let (size, half) = (x.abs(), 0.5f64.copysign(x));
    if size < ONE_SIDED {
        if size < 2f64.powi(-28) {
            return x;
        }
        let t = libm::expm1(size);
        let grown = if size < 1.0 { 2.0 * t - t * t / (t + 1.0) } else { t + t / (t + 1.0) };
        return half * grown;
    }
    if size.is_nan() { x } else { large(size, half) }
}

/// `Math.cosh`.
pub fn cosh(x: f64) -> f64 {
    let size = x.abs();
    if high_word(size) < 0x3fd6_2e43 {
        let t = libm::expm1(size);
        let w = 1.0 + t;
        return if high_word(size) < 0x3c80_0000 { w } else { 1.0 + (t * t) / (w + w) };
    }
    if size < ONE_SIDED {
        let t = libm::exp(size);
        return 0.5 * t + 0.5 / t;
    }
    if size.is_nan() { x } else { large(size, 0.5) }
}

/// `half * exp(size)` without an early overflow.
fn large(size: f64, half: f64) -> f64 {
    if high_word(size) < high_word(LARGEST_EXPONENT) {
        return half * libm::exp(size);
    }
    if size <= OVERFLOW {
        let w = libm::exp(0.5 * size);
        return (half * w) * w;
    }
    half * f64::INFINITY
}

/// `Math.tanh`.
pub fn tanh(x: f64) -> f64 {
    let size = x.abs();
    if size.is_nan() {
        return x;
    }
    if size >= ONE_SIDED {
        return 1f64.copysign(x);
    }
    if high_word(size) < 0x3c80_0000 {
        return x * (1.0 + x);
    }
    let z = if size >= 1.0 {
        1.0 - 2.0 / (libm::expm1(2.0 * size) + 2.0)
    } else {
        let t = libm::expm1(-2.0 * size);
        -t / (t + 2.0)
    };
    if x < 0.0 { -z } else { z }
}

/// `Math.atan2`.
pub fn atan2(y: f64, x: f64) -> f64 {
    /// What π has beyond its 53 bits.
    const PI_LOW: f64 = 1.2246467991473532e-16;
    let exponents = (high_word(y.abs()) as i32 - high_word(x.abs()) as i32) >> 20;
    let steep = exponents > 60 && y.is_finite() && x.is_finite() && y != 0.0 && x != 0.0;
    if !steep {
        return libm::atan2(y, x);
    }
    let z = std::f64::consts::FRAC_PI_2 + 0.5 * PI_LOW;
    match (y < 0.0, x < 0.0) {
        (false, false) => z,
        (true, false) => -z,
        (false, true) => std::f64::consts::PI - (z - PI_LOW),
        (true, true) => (z - PI_LOW) - std::f64::consts::PI,
    }
}

/// `Math.pow`: other than in C, a base of one does not settle it when the exponent is infinite or no number.
pub fn pow(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) {
        return f64::NAN;
    }
    base.powf(exponent)
}

/// SQRT, which Flink computes as `Math.pow(x, 0.5)`.
pub fn sqrt(x: f64) -> f64 {
    if x == f64::NEG_INFINITY { f64::INFINITY } else { (x + 0.0).sqrt() }
}

/// Sign, exponent and the first bits of the fraction: fdlibm decides by them.
fn high_word(value: f64) -> u32 {
    (value.to_bits() >> 32) as u32
}
