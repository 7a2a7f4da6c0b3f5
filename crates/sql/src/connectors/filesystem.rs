//! `filesystem` (Flink `FileSystemConnectorOptions`).

use streamsql_core::ChangelogMode;

use super::{Connector, PLAIN, Takes};
use crate::options::{Options, need};
use crate::settings::value::Kind::{Duration, Flag, Int, MemorySize, OneOf, Text};

const OPTIONS: Options = &[
    ("path", Text),
    ("format", Text),
    ("source.monitor-interval", Duration),
    ("source.path.regex-pattern", Text),
    ("source.report-statistics", OneOf(&["ALL", "NONE"])),
    ("partition.default-name", Text),
    ("partition.time-extractor.kind", Text),
    ("partition.time-extractor.class", Text),
    ("partition.time-extractor.timestamp-pattern", Text),
    ("partition.time-extractor.timestamp-formatter", Text),
    ("sink.rolling-policy.file-size", MemorySize),
    ("sink.rolling-policy.rollover-interval", Duration),
    ("sink.rolling-policy.inactivity-interval", Duration),
    ("sink.rolling-policy.check-interval", Duration),
    ("sink.shuffle-by-partition.enable", Flag),
    ("sink.partition-commit.trigger", OneOf(&["process-time", "partition-time"])),
    ("sink.partition-commit.delay", Duration),
    ("sink.partition-commit.watermark-time-zone", Text),
    ("sink.partition-commit.policy.kind", Text),
    ("sink.partition-commit.policy.class", Text),
    ("sink.partition-commit.success-file.name", Text),
    ("auto-compaction", Flag),
    ("compaction.file-size", MemorySize),
    ("compaction.parallelism", Int),
    ("on-error", OneOf(&["fail", "dead-letter", "skip"])),
];

pub const CONNECTOR: Connector = Connector {
    name: "filesystem",
    options: OPTIONS,
    required: |table, _| {
        need(table, "path")?;
        need(table, "format")
    },
    reads: Some(ChangelogMode::INSERT_ONLY),
    writes: Some(Takes::Inserts),
    ..PLAIN
};
