//! The vocabulary of `streamsql`: time, changes, messages, types and the traits that the other crates meet at.
//!
//! A row's path reads, in these words: a [`Source`] reads a [`Split`] and decodes it with a [`Decoder`] into Arrow
//! record batches; batches become [`ChangeBatch`]es and flow with [`Watermark`]s and barriers as [`Message`]s through
//! [`Operator`]s; the changes of an [`Epoch`] leave through an [`EpochCommitter`] or a [`Sink`].
//! Nothing here runs a thread, reads a clock or touches a file.

mod batch_bytes;
pub mod change;
pub mod commit;
pub mod connector;
mod digest;
pub mod digits;
pub mod error;
pub mod evaluation;
pub mod format;
mod java_float;
pub mod java_map;
pub mod java_parse;
pub mod key_group;
pub mod map;
pub mod operator;
pub mod origins;

pub mod panics;
pub mod schema;
pub mod secret;
pub mod state;
mod stop;
pub mod text;
pub mod time;
pub mod types;
pub mod units;

pub use change::{ChangeBatch, ChangelogMode, Message, RowKind};
pub use commit::{CommittedEpoch, DurableState, EpochCommit, EpochCommitter, TableChanges};
pub use connector::{
    Cut, DeadLetter, EpochRows, Lookup, LookupKeys, LookupRows, Sink, Source, SourceBatch, SourceEvent,
    Split, SplitStart, TwoPhaseSink,
};
pub use digest::digest;
pub use error::{Error, ErrorKind, Result};
pub use evaluation::{EvalContext, EvalError, Evaluate, all_failing, first_failing};
pub use format::{DecodedRecord, Decoder, Encoder};
pub use key_group::{KeyGroup, KeyGroupRange, MAX_KEY_GROUPS};
pub use operator::{Context, Operator, OperatorSpec, Port};
pub use origins::{KeptRecord, Origins};
pub use schema::{Column, Schema};
pub use secret::Secret;
pub use state::{
    KeyGroups, LargestKeys, OrderColumn, PageRange, Restores, SegmentId, StateDelta, StateForm, StateLayout,
    StateTable, StoredRow,
};
pub use stop::StopHandle;
pub use time::{Epoch, EventTime, WallClock, Watermark, timestamps_ms};
pub use types::LogicalType;
