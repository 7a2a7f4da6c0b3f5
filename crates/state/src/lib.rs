//! State: the tables that operators keep it in, and the store that makes it durable.

pub mod hash;
pub mod manifest;
pub mod store;
pub mod store_committer;
pub mod tables;
