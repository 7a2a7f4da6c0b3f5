//! State: the containers that operators keep it in, the delta format, and the store that makes it durable.

pub mod compaction;
pub mod containers;
pub mod delta;
pub mod hash;
pub mod manifest;
pub mod store;
pub mod store_committer;
pub mod tables;
