//! Functions of texts row by row, and the bounds on the texts that they make.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int32Array, StringArray, StringBuilder};
use arrow::datatypes::Int32Type;

use crate::call::{Arg, Eval};

/// The text of a row.
pub fn str_at(arg: &Arg, row: usize) -> &str {
    arg.array.as_string::<i32>().value(arg.index(row))
}

/// The INT of a row.
pub fn int_at(arg: &Arg, row: usize) -> i32 {
    arg.array.as_primitive::<Int32Type>().value(arg.index(row))
}

/// The bytes of a row: of a binary argument, or the UTF-8 of a text.
pub fn bytes_at(arg: &Arg, row: usize) -> &[u8] {
    match arg.array.as_binary_opt::<i32>() {
        Some(array) => array.value(arg.index(row)),
        None => str_at(arg, row).as_bytes(),
    }
}

/// Whether an argument of the row is NULL.
pub fn any_null(args: &[Arg], row: usize) -> bool {
    args.iter().any(|arg| arg.is_null(row))
}

/// How long texts may get, in bytes of UTF-8.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// One text that a padding or repeating function makes: one call must not bring a job down.
    pub longest: usize,
    /// All texts of a batch together: Arrow's offsets are 32 bits wide.
    pub batch: usize,
}

impl Bounds {
    /// The bounds that hold; a test may have set smaller ones for its thread.
    pub fn current() -> Self {
        #[cfg(test)]
        if let Some(bounds) = tests::BOUNDS.get() {
            return bounds;
        }
        Self { longest: 64 << 20, batch: i32::MAX as usize }
    }

    /// An error when a text of `length` bytes is longer than one may be.
    pub fn check(self, length: Option<usize>) -> Result<(), String> {
        match length {
            Some(length) if length <= self.longest => Ok(()),
            _ => Err(format!("the text gets longer than {} MiB", self.longest >> 20)),
        }
    }
}

/// The texts of a result column; refuses more than Arrow's offsets can count.
pub struct TextBuilder {
    texts: StringBuilder,
    /// Bytes of all texts so far.
    total: usize,
    bounds: Bounds,
}

impl TextBuilder {
    /// For `rows` texts of about `length` bytes each.
    pub fn new(rows: usize, length: usize) -> Self {
        let texts = StringBuilder::with_capacity(rows, rows.saturating_mul(length));
        Self { texts, total: 0, bounds: Bounds::current() }
    }

    pub fn append(&mut self, text: &str) -> Result<(), String> {
        self.total += text.len();
        if self.total > self.bounds.batch {
            return Err("the texts of a batch get longer than 2 GiB together".to_owned());
        }
        self.texts.append_value(text);
        Ok(())
    }

    pub fn append_null(&mut self) {
        self.texts.append_null();
    }

    pub fn append_option(&mut self, text: Option<&str>) -> Result<(), String> {
        match text {
            Some(text) => self.append(text),
            None => {
                self.append_null();
                Ok(())
            }
        }
    }

    pub fn finish(mut self) -> StringArray {
        self.texts.finish()
    }
}

/// A text function that is NULL when an argument is; `f` appends to the buffer, false gives NULL.
pub fn text(f: impl Fn(&[Arg], usize, &mut String) -> bool + Send + Sync + 'static) -> Arc<Eval> {
    fallible_text(move |args, row, out| Ok(f(args, row, out)))
}

/// As `text`, for a function that may fail.
pub fn fallible_text(
    f: impl Fn(&[Arg], usize, &mut String) -> Result<bool, String> + Send + Sync + 'static,
) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut out = TextBuilder::new(rows, 16);
        let mut buffer = String::new();
        for row in 0..rows {
            buffer.clear();
            if !any_null(args, row) && f(args, row, &mut buffer)? {
                out.append(&buffer)?;
            } else {
                out.append_null();
            }
        }
        Ok(Arc::new(out.finish()) as ArrayRef)
    })
}

/// An INT function of texts that is NULL when an argument is.
pub fn int(f: impl Fn(&[Arg], usize) -> i32 + Send + Sync + 'static) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let array: Int32Array = (0..rows).map(|row| (!any_null(args, row)).then(|| f(args, row))).collect();
        Ok(Arc::new(array) as ArrayRef)
    })
}

/// As `int`, for a function that may fail.
pub fn fallible_int(f: impl Fn(&[Arg], usize) -> Result<i32, String> + Send + Sync + 'static) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let array: Int32Array = (0..rows)
            .map(|row| if any_null(args, row) { Ok(None) } else { f(args, row).map(Some) })
            .collect::<Result<_, String>>()?;
        Ok(Arc::new(array) as ArrayRef)
    })
}

/// A BOOLEAN function of texts that is NULL when an argument is.
pub fn boolean(f: impl Fn(&[Arg], usize) -> bool + Send + Sync + 'static) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let array: BooleanArray = (0..rows).map(|row| (!any_null(args, row)).then(|| f(args, row))).collect();
        Ok(Arc::new(array) as ArrayRef)
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{Argument, SessionSettings, resolve};
    use datafusion_common::ScalarValue;
    use streamsql_core::LogicalType;

    thread_local! {
        pub(crate) static BOUNDS: Cell<Option<Bounds>> = const { Cell::new(None) };
    }

    /// Calls a function over two rows of the same literals under small bounds.
    fn call(name: &str, args: &[ScalarValue], bounds: Bounds) -> Result<ArrayRef, String> {
        let session = SessionSettings::default();
        let typed: Vec<Argument> = args
            .iter()
            .map(|value| Argument {
                logical_type: match value {
                    ScalarValue::Int32(_) => LogicalType::Int,
                    _ => LogicalType::STRING,
                },
                nullable: false,
                literal: Some(value.clone()),
            })
            .collect();
        let resolved = resolve(name, &typed, &session)?;
        let args: Vec<Arg> = args.iter().map(|v| Arg::column(v.to_array_of_size(2).unwrap())).collect();
        BOUNDS.set(Some(bounds));
        let result = resolved.body.run(&args, 2);
        BOUNDS.set(None);
        result
    }

    #[test]
    fn no_function_makes_more_text_than_offsets_can_count() {
        let s = |text: &str| ScalarValue::from(text);
        let n = |number: i32| ScalarValue::from(number);
        // Each gives 12 bytes a row, two rows fit into 24 bytes and not into 23.
        let calls = [
            ("||", vec![s("123456"), s("123456")]),
            ("CONCAT", vec![s("123456"), s("123456")]),
            ("CONCAT_WS", vec![s("--"), s("12345"), s("12345")]),
            ("LPAD", vec![s("ab"), n(12), s("xyz")]),
            ("RPAD", vec![s("ab"), n(12), s("xyz")]),
            ("REPEAT", vec![s("abcd"), n(3)]),
            ("REPLACE", vec![s("aaa"), s("a"), s("1234")]),
            ("REPLACE", vec![s(""), s(""), s("123456789012")]),
            ("OVERLAY", vec![s("123456"), s("1234567890"), n(3), n(4)]),
            ("REGEXP_REPLACE", vec![s("aaa"), s("a"), s("1234")]),
            ("JSON_STRING", vec![s("1234567890")]),
            ("JSON_OBJECT", vec![s("NULL"), s("v"), s("123"), s("56")]),
            ("JSON_ARRAY", vec![s("NULL"), s("vv"), s("12345"), s("")]),
            ("JSON_QUERY", vec![s("[\"12345678\"]"), s("$"), s("WITHOUT"), s("NULL"), s("NULL")]),
            ("TO_BASE64", vec![s("123456789")]),
            ("HEX", vec![s("123456")]),
            ("UPPER", vec![s("ßßßßßß")]),
            ("SUBSTRING", vec![s("0123456789abc"), n(2)]),
        ];
        for (name, args) in calls {
            let longest = 1 << 20;
            let fits = call(name, &args, Bounds { longest, batch: 24 });
            let length = fits.map(|array| array.as_string::<i32>().value_data().len());
            assert_eq!(length, Ok(24), "{name}");
            let error = call(name, &args, Bounds { longest, batch: 23 }).unwrap_err();
            assert!(error.contains("2 GiB"), "{name}: {error}");
        }
    }

    #[test]
    fn padding_and_repeating_are_bounded() {
        let s = |text: &str| ScalarValue::from(text);
        let n = |number: i32| ScalarValue::from(number);
        let bounds = |longest| Bounds { longest, batch: 1 << 20 };
        for (name, args, length) in [
            ("LPAD", vec![s("ab"), n(10), s("é")], 18),
            ("RPAD", vec![s("ab"), n(10), s("é")], 18),
            ("REPEAT", vec![s("abc"), n(6)], 18),
        ] {
            let array = call(name, &args, bounds(length)).unwrap();
            assert_eq!(array.as_string::<i32>().value(1).len(), length, "{name}");
            assert!(call(name, &args, bounds(length - 1)).unwrap_err().contains("longer than"), "{name}");
        }
        for name in ["LPAD", "RPAD"] {
            let huge = call(name, &[s("ab"), n(i32::MAX), s("xy")], Bounds::current());
            assert!(huge.unwrap_err().contains("64 MiB"), "{name}");
        }
        let huge = call("REPEAT", &[s("abcde"), n(i32::MAX)], Bounds::current());
        assert!(huge.unwrap_err().contains("64 MiB"));
    }
}
