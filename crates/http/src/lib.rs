//! One port of a running job: health for probes, metrics for Prometheus, REST for programs, a page for people.
//!
//! Everything is read from what the runtime counts anyway ([`streamsql_runtime::Metrics`]): no request waits for the job,
//! and the job waits for no request. The server has a thread and a single-threaded runtime of its own; when it ends, for
//! whatever reason, the job goes on. What may change anything are two requests, to stop the job and to go on with its
//! changed files, and they are guarded ([`guard`]). See `docs/operations.md`.

mod address;
mod api;
pub mod client;
mod connections;
mod exposition;
mod flink;
mod guard;
mod health;
mod looks;
mod openapi;
mod page;
mod process;
mod prometheus;
mod reload;
mod routes;
mod sampler;
mod server;
mod timed_stream;
mod times;
mod view;
pub mod why;

pub use address::{DEFAULT_ADDRESS, Listen, parse_address};
pub use reload::{Reload, ReloadResult, Reloads};
pub use routes::{Hooks, RowFormat};
pub use sampler::Sampler;
pub use server::Server;
pub use view::{JobFacts, JobView, SourceFile};
