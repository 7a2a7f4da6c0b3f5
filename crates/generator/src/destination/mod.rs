//! Where records go.

mod kafka;
mod lines;

use streamsql_core::Result;

use crate::Record;

pub use kafka::{KafkaDestination, KafkaOptions};
pub use lines::LinesDestination;

pub trait Destination {
    /// Takes one record; may buffer it.
    ///
    /// # Errors
    /// When the target refuses this or an earlier record.
    fn send(&mut self, record: &Record) -> Result<()>;

    /// Nobody reads what we write any more (a closed pipe): the load ends without an error.
    fn is_closed(&self) -> bool {
        false
    }

    /// Called while the pace makes us wait: what is buffered goes on.
    ///
    /// # Errors
    /// When the target refuses an earlier record.
    fn idle(&mut self) -> Result<()>;

    /// Returns when the target has every record.
    ///
    /// # Errors
    /// When it does not get them.
    fn finish(&mut self) -> Result<()>;
}
