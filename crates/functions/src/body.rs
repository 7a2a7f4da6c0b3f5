//! How a function is evaluated: by its arguments alone, with the time as well, or after its constants were prepared.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use streamsql_core::EvalContext;

use crate::call::{Arg, Eval};
use crate::strings::str_at;

/// As [`Eval`], for functions that read a clock or the watermark.
pub type EvalInContext =
    dyn Fn(&[Arg], usize, &EvalContext) -> std::result::Result<ArrayRef, String> + Send + Sync;

/// Makes the evaluation of a call whose constant arguments are known.
pub type Prepare = dyn Fn(&Constants<'_>) -> Body + Send + Sync;

/// The evaluation of a function.
#[derive(Clone)]
pub enum Body {
    /// The same for the same arguments.
    Pure(Arc<Eval>),
    /// Depends on the context as well.
    InContext(Arc<EvalInContext>),
    /// What depends on constant arguments only (a pattern, a path, a format) is made once, when the call is planned.
    Prepared(Arc<Prepare>),
}

impl Body {
    /// Prepares `prepare` with the constants of each call.
    pub fn prepared<B: Into<Self>>(prepare: impl Fn(&Constants<'_>) -> B + Send + Sync + 'static) -> Self {
        Self::Prepared(Arc::new(move |constants| prepare(constants).into()))
    }

    pub fn in_context(
        eval: impl Fn(&[Arg], usize, &EvalContext) -> Result<ArrayRef, String> + Send + Sync + 'static,
    ) -> Self {
        Self::InContext(Arc::new(eval))
    }

    /// Tells bodies of one process apart: the same for clones, else another.
    pub fn address(&self) -> usize {
        match self {
            Self::Pure(eval) => Arc::as_ptr(eval).cast::<()>() as usize,
            Self::InContext(eval) => Arc::as_ptr(eval).cast::<()>() as usize,
            Self::Prepared(prepare) => Arc::as_ptr(prepare).cast::<()>() as usize,
        }
    }

    /// The evaluation for these constants: no longer `Prepared`.
    pub fn prepare(&self, constants: &Constants<'_>) -> Self {
        let mut body = self.clone();
        while let Self::Prepared(prepare) = &body {
            body = prepare(constants);
        }
        body
    }
}

#[cfg(test)]
impl Body {
    /// The call over these arguments, the constants among them prepared; at the start of 1970.
    pub fn run(&self, args: &[Arg], rows: usize) -> Result<ArrayRef, String> {
        let constants: Vec<Option<ArrayRef>> =
            args.iter().map(|arg| arg.scalar.then(|| Arc::clone(&arg.array))).collect();
        let cx = EvalContext { processing_time_ms: 0, watermark: streamsql_core::Watermark::MIN };
        match self.prepare(&Constants::new(&constants)) {
            Self::Pure(eval) => eval(args, rows),
            Self::InContext(eval) => eval(args, rows, &cx),
            Self::Prepared(_) => Err("not prepared".to_owned()),
        }
    }
}

impl From<Arc<Eval>> for Body {
    fn from(eval: Arc<Eval>) -> Self {
        Self::Pure(eval)
    }
}

/// What is known of the arguments of a call when it is planned: the constants, each as an array of one row.
#[derive(Clone, Copy)]
pub struct Constants<'a>(&'a [Option<ArrayRef>]);

impl<'a> Constants<'a> {
    pub fn new(arguments: &'a [Option<ArrayRef>]) -> Self {
        Self(arguments)
    }

    /// Number of arguments, constant or not.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The text of a constant text that is not NULL.
    pub fn text(&self, argument: usize) -> Option<&'a str> {
        let array = self.0.get(argument)?.as_ref()?;
        let is_text = *array.data_type() == DataType::Utf8 && array.is_valid(0);
        is_text.then(|| array.as_string::<i32>().value(0))
    }
}

/// What is made of the text of an argument: made once where that is a constant, else whenever the text changes.
pub struct PerText<T> {
    argument: usize,
    constant: Option<T>,
    make: Box<dyn Fn(&str) -> T + Send + Sync>,
}

static MADE: AtomicU64 = AtomicU64::new(0);

/// How many patterns, paths, formats and zones this process has taken apart so far: for tests of what must not be done
/// again for every batch.
pub fn preparations() -> u64 {
    MADE.load(Ordering::Relaxed)
}

impl<T> PerText<T> {
    /// For an argument that must be there.
    pub fn new(
        constants: &Constants<'_>,
        argument: usize,
        make: impl Fn(&str) -> T + Send + Sync + 'static,
    ) -> Self {
        let make = Box::new(move |text: &str| {
            MADE.fetch_add(1, Ordering::Relaxed);
            make(text)
        });
        Self { argument, constant: constants.text(argument).map(&make), make }
    }

    /// For an argument that stands for `default` where the call has none.
    pub fn or_default(
        constants: &Constants<'_>,
        argument: usize,
        default: &str,
        make: impl Fn(&str) -> T + Send + Sync + 'static,
    ) -> Self {
        let mut made = Self::new(constants, argument, make);
        if argument >= constants.count() {
            made.constant = Some((made.make)(default));
        }
        made
    }

    /// What was made of the constant.
    pub fn constant(&self) -> Option<&T> {
        self.constant.as_ref()
    }

    /// Reads it row by row.
    pub fn reader(&self) -> PerTextReader<'_, T> {
        PerTextReader { of: self, known: Vec::new(), last: 0 }
    }
}

/// Walks along the rows of a batch, with what was made of the last texts.
pub struct PerTextReader<'a, T> {
    of: &'a PerText<T>,
    known: Vec<(String, T)>,
    last: usize,
}

/// Texts of a column that a batch remembers; a column rarely has more patterns than that.
const REMEMBERED: usize = 64;

impl<T> PerTextReader<'_, T> {
    /// For the text of the row, which is not NULL.
    pub fn get(&mut self, args: &[Arg], row: usize) -> &T {
        if let Some(constant) = &self.of.constant {
            return constant;
        }
        let text = args.get(self.of.argument).map_or("", |arg| str_at(arg, row));
        if self.known.get(self.last).is_none_or(|(known, _)| known != text) {
            self.last = match self.known.iter().position(|(known, _)| known == text) {
                Some(at) => at,
                None => {
                    if self.known.len() == REMEMBERED {
                        self.known.clear();
                    }
                    self.known.push((text.to_owned(), (self.of.make)(text)));
                    self.known.len() - 1
                }
            };
        }
        &self.known[self.last].1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use arrow::array::StringArray;

    use super::*;

    #[test]
    fn constants_are_made_once_and_columns_once_a_text() {
        let column = Arg::column(Arc::new(StringArray::from(vec!["a", "b", "a", "b"])));
        let constant: ArrayRef = Arc::new(StringArray::from(vec!["p"]));
        for (constants, expected) in [([Some(constant)], 1), ([None], 10)] {
            static MADE: AtomicUsize = AtomicUsize::new(0);
            MADE.store(0, Ordering::Relaxed);
            let lengths = PerText::new(&Constants::new(&constants), 0, |text| {
                MADE.fetch_add(1, Ordering::Relaxed);
                text.len()
            });
            for _ in 0..5 {
                let mut reader = lengths.reader();
                for row in 0..4 {
                    assert_eq!(*reader.get(std::slice::from_ref(&column), row), 1);
                }
            }
            assert_eq!(MADE.load(Ordering::Relaxed), expected);
        }
    }
}
