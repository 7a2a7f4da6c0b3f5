//! What `streamsql demo` brings along: a broker inside the process, a private PostgreSQL and the reference job's files.
//! Everything lives on loopback and in one temporary folder, and is gone when the process is, however it ends.

mod broker;
mod folder;
mod postgres;
mod reference_job;
mod watch;

pub use broker::Broker;
pub use folder::DemoFolder;
pub use postgres::PrivatePostgres;
pub use reference_job::{INIT_SQL, write_data, write_job};
pub use watch::{AttributedRow, RowWatch};
