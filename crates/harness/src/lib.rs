//! What `streamsql test` does: the files of a job on the real engine, with rows from `tests/*.yaml`, a time of their own
//! and tables in memory in place of Kafka and Postgres.
//!
//! [`TestFile`] reads a file, [`run`] plays one of its tests on a planned job, [`Outcome`] tells what differs,
//! [`Coverage`] what of the job no test came by. The form of the files is described in `docs/testing-your-job.md`.

mod compare;
mod coverage;
mod file;
mod junit;
mod play;
mod tables;
mod update;
mod values;

pub use compare::Difference;
pub use coverage::Coverage;
pub use file::{Expected, Step, Test, TestFile};
pub use junit::{Suite, junit};
pub use play::{Outcome, Rendered, SinkRows, run};
pub use update::updated;
