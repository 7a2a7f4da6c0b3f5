//! Waiting for other threads and processes: the only place of the tests that looks at a clock.
//!
//! A test never asks how fast something is: on another machine everything takes several times as long. What must be
//! quick is shown by growth on the same machine (`tests/hostile_sql.rs`) and measured by the bench. The one bound here,
//! `HANG`, only ends a test whose condition will never hold. `tests/clocks.rs` keeps clocks out of all other tests.

use std::time::{Duration, Instant};

/// How long anything may take before it counts as hanging, on the slowest machine.
pub const HANG: Duration = Duration::from_secs(600);

/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(2);

/// Looks at a condition until it holds; false when it hangs.
pub fn wait_until(mut holds: impl FnMut() -> bool) -> bool {
    wait_at_most(HANG, &mut holds)
}

/// Waits until `condition` gives a value.
///
/// # Panics
/// When it hangs, naming what was waited for.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let mut found = None;
    let holds = wait_until(|| {
        found = condition();
        found.is_some()
    });
    found.unwrap_or_else(|| panic!("waited {HANG:?} in vain for {what} ({holds})"))
}

/// Lets a moment pass that may end early: for faults whose place is random, where both ends are right.
///
/// No test's outcome depends on which end it was.
pub fn let_pass(moment_ms: u64, mut or_until: impl FnMut() -> bool) {
    wait_at_most(Duration::from_millis(moment_ms), &mut or_until);
}

fn wait_at_most(limit: Duration, holds: &mut dyn FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if holds() {
            return true;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        std::thread::sleep(PAUSE.min(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_looked_at_until_it_holds() {
        let mut looks = 0;
        let found = wait_for("the third look", || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(found, 3);
        let_pass(0, || false);
    }
}
