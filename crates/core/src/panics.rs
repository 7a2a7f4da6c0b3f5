//! Panics as errors: what was said, where, and a request to report it.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::{Error, Result};

thread_local! {
    /// How many calls of `caught` are open on this thread.
    static OPEN: Cell<usize> = const { Cell::new(0) };
    /// Where this thread panicked last.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs work and turns its panic into an error of kind `Internal` that names `who` ran it, what was said and where.
/// What the work changed may be half done: it is not to be used again.
pub fn caught<R, E: From<Error>>(who: &str, work: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
    listen();
    OPEN.with(|open| open.set(open.get() + 1));
    let result = catch_unwind(AssertUnwindSafe(work));
    OPEN.with(|open| open.set(open.get() - 1));
    result.unwrap_or_else(|payload| {
        let error = Error::internal(format!("{who} panicked: {}", said(payload.as_ref())));
        Err(E::from(match PLACE.take() {
            Some(place) => error.at(place),
            None => error,
        }))
    })
}

fn said(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// Remembers the places of panics that are caught here; they are told in the error and, where backtraces are asked for,
/// also as they happen. All others are told as before.
fn listen() {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if OPEN.with(Cell::get) == 0 {
                return before(info);
            }
            let place =
                info.location().map(|at| format!("{}:{}:{}", shortened(at.file()), at.line(), at.column()));
            PLACE.with_borrow_mut(|last| *last = place);
            if Backtrace::capture().status() == BacktraceStatus::Captured {
                before(info);
            }
        }));
    });
}

/// A source file without the folders of the machine that it was built on.
fn shortened(file: &str) -> &str {
    match file.split_once("/registry/src/").and_then(|(_, rest)| rest.split_once('/')) {
        Some((_, file)) => file,
        None => file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_panic_is_an_error_with_its_place_and_a_request_to_report_it() {
        let values: Vec<i32> = Vec::new();
        let error = caught("the thread that counts", || Ok::<_, Error>(values[3])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Internal);
        assert!(error.message.starts_with("the thread that counts panicked: index out of bounds"), "{error}");
        assert!(error.place.as_ref().is_some_and(|place| place.contains("panics.rs:")), "{error}");
        assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("report")), "{error}");
    }

    #[test]
    fn what_is_no_panic_passes() {
        assert_eq!(caught("it", || Ok::<_, Error>(1)).unwrap(), 1);
        let error = caught("it", || Err::<(), _>(Error::failed("refused"))).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Failed, "refused"));
        assert_eq!(shortened("/home/x/.cargo/registry/src/index/arrow-1/src/lib.rs"), "arrow-1/src/lib.rs");
    }
}
