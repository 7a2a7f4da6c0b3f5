//! Real services for tests: private, on loopback, on free ports, gone when dropped.

pub mod kafka;
pub mod postgres;
