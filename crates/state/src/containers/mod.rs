//! Where operators keep state: containers with a delta since the last barrier, restore, and memory accounting.

mod key_index;
mod keyed_list;
mod keyed_rows;
mod keyed_timeline;
mod row_store;

pub use key_index::{KeyCodec, KeyIndex, Keys};
pub use keyed_list::KeyedList;
pub use keyed_rows::KeyedRows;
pub use keyed_timeline::{KeyedTimeline, TimedRow};
pub use row_store::{RowRef, RowStore};
