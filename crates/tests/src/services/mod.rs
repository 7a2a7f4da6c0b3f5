//! Real services for tests: private, on loopback, on free ports, gone when dropped.

pub mod kafka;
pub mod postgres;

use std::time::{Duration, Instant};

/// Waits until `condition` gives a value.
///
/// # Panics
/// After `limit`, naming what was waited for.
pub fn wait_for<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {limit:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
