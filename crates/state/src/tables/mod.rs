//! Tables of keyed state: rows by key, changed by operators, kept by the runtime.
//!
//! The plan declares a table (`streamsql_core::StateLayout`): its form, its columns, which of them are the key and which
//! order the rows, and its time-to-live. An operator works on it in batches; it sees rows and columns, never bytes:
//!
//! 1. A [`KeyCodec`] encodes and hashes the keys of a batch once ([`KeyBatch`]) and numbers the distinct ones, so that
//!    several tables are asked with the same keys and a hot key is looked up once a batch.
//! 2. `probe` finds a [`Slot`] for each distinct key: what the table has for it. Slots are read (`get`, `scan`, `range`)
//!    and written through (`put`, `edit`, `insert`, `add`, `remove`); a method that changes the table takes the slot as
//!    `&mut` and keeps it up to date. Slots are good until the table's next `probe` or barrier.
//! 3. A [`RowRef`] is where a row stands. It is read by column with `row`, or with others as columns with `gather`, also
//!    after the row was replaced or removed; it is good as long as a slot. Only `edit` overwrites what was there.
//!
//! | form | type | read | write |
//! |---|---|---|---|
//! | `One`: key → row | [`OneTable`] | `get` | `put`, `edit` (fixed widths in place), `set_bytes`, `remove` |
//! | `Ordered`: key → rows in order | [`OrderedTable`] | `scan`, `range`, `backwards` | `insert`, `put`, `edit`, `replace`, `remove`, `remove_until` |
//! | `Counted`: key → row → count, also in order | [`CountedTable`] | `scan`, `count`, `find_value` | `add`, `add_to`, `remove` |
//! | `Windows`: (window end, key) → row | [`WindowsTable`] | `get`, `first_window`, `rows_of` | `put`, `edit`, `drop_window` |
//!
//! An operator that needs timers derives them from its tables when it is restored ([`Timers`]); they are not stored.
//! The runtime's side is the trait `streamsql_core::StateTable`: barriers, restore, metering.
//!
//! A count of rows by user:
//!
//! ```
//! # use std::sync::Arc;
//! # use arrow::array::{ArrayRef, RecordBatch, StringArray};
//! # use streamsql_core::{Column, Epoch, KeyGroupRange, LogicalType, Schema, StateForm, StateLayout, StateTable};
//! # use streamsql_state::tables::{KeyBatch, KeyCodec, OneTable};
//! # fn main() -> streamsql_core::Result<()> {
//! let user = Column::new("user", LogicalType::STRING, true);
//! let count = Column::new("count", LogicalType::BigInt, false);
//! let layout = StateLayout {
//!     form: StateForm::One, columns: vec![user.clone(), count], key: vec![0], order: vec![], ttl_ms: 0,
//! };
//! let mut table = OneTable::new("groups", 0, &layout, KeyGroupRange::ALL)?;
//! let input = Schema::new(vec![user]).to_arrow();
//! let mut codec = KeyCodec::new(&input, &[0])?;
//! let (mut keys, mut slots) = (KeyBatch::default(), Vec::new());
//!
//! let users: ArrayRef = Arc::new(StringArray::from(vec!["ann", "bob", "ann"]));
//! let batch = RecordBatch::try_new(input, vec![users])?;
//! codec.encode(&batch, &mut keys)?;                         // two distinct keys of three rows
//! table.probe(&keys, &mut slots)?;
//! let mut added = vec![0; keys.len()];
//! keys.ids().iter().for_each(|id| added[*id as usize] += 1);
//! for (id, slot) in slots.iter_mut().enumerate() {
//!     let before = table.get(slot).and_then(|row| table.row(row).i64(1)).unwrap_or(0);
//!     table.edit(&keys, id, slot)?.set_i64(1, before + added[id])?;
//! }
//! let rows: Vec<_> = slots.iter().filter_map(|slot| table.get(slot)).collect();
//! let columns = table.gather(&rows, &[0, 1])?;              // user, count: ann 2, bob 1
//! # assert_eq!(format!("{:?}", columns[1].slice(0, 1)), "PrimitiveArray<Int64>\n[\n  2,\n]");
//! let delta = table.barrier(Epoch(1), 0)?;                  // the runtime's: what the epoch changed
//! # assert!(delta.is_some());
//! # Ok(())
//! # }
//! ```

mod blocks;
mod counted;
mod hashed;
mod index;
mod kept;
mod keys;
mod largest;
mod line;
mod lines;
mod nested;
mod one;
mod ordered;
mod pages;
pub(crate) mod part;
mod prefetch;
mod record;
mod row;
pub mod segment;
mod slab;
mod timers;
mod wider;
mod windows;

pub use counted::{CountedTable, FoundValue};
pub use index::Slot;
#[doc(hidden)]
pub use kept::KeptSegments;
pub use keys::{KeyBatch, KeyCodec, hash_key};
pub use one::{Key, OneTable};
pub use ordered::OrderedTable;
pub use pages::{Limits, PAGE_BYTES, RowRef};
pub use part::Parts;
pub use row::{Row, RowMut};
pub use timers::{Due, Timers};
pub use wider::{StoredColumn, StoredForm, StoredOrder, StoredRows, StoredSlot, WiderTable};
pub use windows::{WindowSlot, WindowsTable};
