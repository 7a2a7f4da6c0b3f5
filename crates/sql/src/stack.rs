//! Runs planning on a stack that deep statements cannot exhaust.

use crate::diagnostic::{Diagnostic, Diagnostics};

/// Address space only; pages are used as far as a statement is deep.
const STACK_BYTES: usize = 512 << 20;

/// Runs `work` on a thread of its own. Syntax trees are walked and dropped by recursion, and the limits on depth are
/// checked only once a tree exists.
///
/// # Errors
/// The thread could not be started, or `work` panicked (a defect of ours, reported as such).
pub fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Diagnostics> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("planning".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(|e| Diagnostic::error(format!("cannot start the planning thread: {e}")))?;
        thread.join().map_err(|_| {
            Diagnostic::error("planning failed unexpectedly; this is a defect of streamsql, please report it")
                .into()
        })
    })
}
