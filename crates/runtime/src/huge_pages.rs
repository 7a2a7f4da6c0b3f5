//! Huge pages: not for a small job, and as the kernel is configured for one with much state.
//!
//! The allocator asks the kernel for huge pages (2 MiB) wherever it takes memory. With much state that saves time: 3 % of
//! the reference job's CPU. A job that waits with a few rows would hold 22 MB for nothing, a huge page for each place
//! where a thread once had a few bytes. So they are off (`PR_SET_THP_DISABLE`, prctl(2)) until the state is large; the processes
//! that the program starts (the demo's database) have the same switch.

use std::sync::atomic::{AtomicBool, Ordering};

/// State of so many bytes is worth huge pages.
const MUCH_STATE: u64 = 32 << 20;

static ARE_OFF: AtomicBool = AtomicBool::new(false);

/// Turns huge pages off for this process: to be called before it has taken much memory. Where the kernel has no such switch,
/// nothing changes.
pub fn off_while_small() {
    if disable(true) {
        ARE_OFF.store(true, Ordering::Relaxed);
    }
}

/// Turns them on again where the state of the job needs `state_bytes`, for the memory that is taken from then on.
pub(crate) fn on_for(state_bytes: u64) {
    if state_bytes >= MUCH_STATE {
        on();
    }
}

/// Turns them on again, for the memory that is taken from then on.
pub fn on() {
    if ARE_OFF.swap(false, Ordering::Relaxed) {
        disable(false);
    }
}

#[cfg(target_os = "linux")]
fn disable(off: bool) -> bool {
    rustix::thread::disable_transparent_huge_pages(off).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn disable(_off: bool) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn huge_pages_come_with_the_state() {
        let are_off = || rustix::thread::transparent_huge_pages_are_disabled().unwrap();
        off_while_small();
        assert!(are_off());
        on_for(MUCH_STATE - 1);
        assert!(are_off());
        on_for(MUCH_STATE);
        assert!(!are_off());
    }
}
