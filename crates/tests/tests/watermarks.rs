//! Watermarks between a source and the shards: per row, per split, idle, restored, with times that are missing.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, TimestampMillisecondArray};
use streamsql_core::{ChangeBatch, Message, SourceBatch, Split, SplitStart, Watermark};
use streamsql_plan::NodeKind;
use streamsql_planner::plan_script;
use streamsql_runtime::ingest::{Ingest, SplitState};
use streamsql_sql::load::load_script;

const KAFKA: &str = "'connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = '127.0.0.1:1', \
    'properties.group.id' = 'g', 'format' = 'json', 'scan.watermark.idle-timeout' = '10 s'";
const FILES: &str = "'connector' = 'filesystem', 'path' = 't', 'format' = 'json'";

fn ingest(options: &str, every_row: bool) -> Ingest {
    let sql = format!(
        "CREATE TABLE t (ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ({options}); SELECT ts FROM t;"
    );
    let statements = load_script(&sql, "t.sql", None, &[]).unwrap();
    let dataflow = plan_script(&statements).unwrap().dataflows().last().cloned().unwrap();
    let node = dataflow.nodes.iter().find(|node| matches!(node.kind, NodeKind::TableSourceScan(_))).unwrap();
    let NodeKind::TableSourceScan(scan) = &node.kind else { panic!("no scan") };
    Ingest::new(scan, node.schema.to_arrow(), every_row)
}

fn split(partition: i32) -> Split {
    Split { topic: Arc::from("t"), partition }
}

fn seconds(at: u64) -> Duration {
    Duration::from_secs(at)
}

fn add(ingest: &mut Ingest, partition: i32, now: u64) {
    ingest.add_split(SplitStart { split: split(partition), position: 0 }, seconds(now));
}

/// Rows at these seconds of event time; what comes out in short.
fn feed(ingest: &mut Ingest, partition: i32, now: u64, times: &[Option<i64>]) -> Result<Vec<String>, String> {
    let column: ArrayRef =
        Arc::new(times.iter().map(|t| t.map(|t| t * 1_000)).collect::<TimestampMillisecondArray>());
    let rows = RecordBatch::try_from_iter([("ts", column)]).unwrap();
    let batch = SourceBatch {
        split: split(partition),
        batch: ChangeBatch::inserts(rows),
        next_position: times.len() as i64,
        records: times.len() as u64,
        skipped: 0,
        bytes: 0,
        dead_letters: Vec::new(),
        origins: None,
        cuts: Vec::new(),
    };
    ingest.on_batch(batch, seconds(now), 0).map(said).map_err(|error| error.message)
}

fn said(messages: Vec<Message>) -> Vec<String> {
    messages
        .iter()
        .map(|message| match message {
            Message::Batch(batch) => format!("{} rows", batch.num_rows()),
            Message::Watermark(watermark) => format!("watermark {}", watermark.0),
            Message::Idle(idle) => format!("idle {idle}"),
            Message::Barrier(epoch) => format!("barrier {epoch}"),
        })
        .collect()
}

fn rows(times: &[i64]) -> Vec<Option<i64>> {
    times.iter().copied().map(Some).collect()
}

#[test]
fn a_watermark_follows_the_row_that_moves_it() {
    let mut every_row = ingest(KAFKA, true);
    add(&mut every_row, 0, 0);
    let out = feed(&mut every_row, 0, 0, &rows(&[10, 9, 12, 11, 5])).unwrap();
    assert_eq!(out, ["1 rows", "watermark 9000", "2 rows", "watermark 11000", "2 rows"]);
    let mut every_batch = ingest(KAFKA, false);
    add(&mut every_batch, 0, 0);
    let out = feed(&mut every_batch, 0, 0, &rows(&[10, 9, 12, 11, 5])).unwrap();
    assert_eq!(out, ["5 rows", "watermark 11000"]);
}

#[test]
fn the_slowest_split_counts_and_one_without_data_holds_back_all() {
    let mut ingest = ingest(KAFKA, false);
    add(&mut ingest, 0, 0);
    add(&mut ingest, 1, 0);
    assert_eq!(feed(&mut ingest, 0, 0, &rows(&[100])).unwrap(), ["1 rows"]);
    assert_eq!(feed(&mut ingest, 1, 0, &rows(&[20])).unwrap(), ["1 rows", "watermark 19000"]);
    assert_eq!(feed(&mut ingest, 1, 0, &rows(&[30, 25])).unwrap(), ["2 rows", "watermark 29000"]);
    add(&mut ingest, 2, 0);
    // A new partition starts from nothing, and the watermark stays where it was.
    assert_eq!(feed(&mut ingest, 1, 0, &rows(&[90])).unwrap(), ["1 rows"]);
    assert_eq!(ingest.watermark(), Watermark(29_000));
}

#[test]
fn a_silent_split_becomes_idle_and_comes_back() {
    let mut ingest = ingest(KAFKA, false);
    add(&mut ingest, 0, 0);
    add(&mut ingest, 1, 0);
    feed(&mut ingest, 0, 5, &rows(&[100])).unwrap();
    assert!(said(ingest.on_tick(seconds(9))).is_empty());
    assert_eq!(said(ingest.on_tick(seconds(10))), ["watermark 99000"]);
    assert_eq!(said(ingest.on_tick(seconds(15))), ["idle true"]);
    assert!(said(ingest.on_tick(seconds(60))).is_empty());
    // Behind what was told: it speaks again, and nothing goes back.
    assert_eq!(feed(&mut ingest, 1, 61, &rows(&[50])).unwrap(), ["idle false", "1 rows"]);
    assert_eq!(feed(&mut ingest, 1, 62, &rows(&[120])).unwrap(), ["1 rows", "watermark 119000"]);
}

#[test]
fn a_partition_that_appears_while_all_others_are_idle_wakes_event_time() {
    let mut ingest = ingest(KAFKA, false);
    add(&mut ingest, 0, 0);
    feed(&mut ingest, 0, 0, &rows(&[100])).unwrap();
    assert_eq!(said(ingest.on_tick(seconds(10))), ["idle true"]);
    add(&mut ingest, 1, 20);
    // Without a row it has nothing to say, and does not hold back the others.
    assert!(said(ingest.on_tick(seconds(21))).is_empty());
    let out = feed(&mut ingest, 1, 22, &rows(&[200])).unwrap();
    assert_eq!(out, ["idle false", "1 rows", "watermark 199000"]);
}

#[test]
fn event_time_stands_still_while_all_splits_are_idle() {
    let mut ingest = ingest(KAFKA, false);
    add(&mut ingest, 0, 0);
    add(&mut ingest, 1, 0);
    feed(&mut ingest, 0, 1, &rows(&[100])).unwrap();
    feed(&mut ingest, 1, 2, &rows(&[50])).unwrap();
    // The one that was ahead fell silent first; the other one still held it back then.
    assert_eq!(said(ingest.on_tick(seconds(30))), ["idle true"]);
    assert_eq!(ingest.watermark(), Watermark(49_000));
}

#[test]
fn rows_without_a_time_move_nothing_or_fail() {
    let mut kafka = ingest(KAFKA, true);
    add(&mut kafka, 0, 0);
    assert_eq!(
        feed(&mut kafka, 0, 0, &[None, Some(3), None]).unwrap(),
        ["2 rows", "watermark 2000", "1 rows"]
    );
    let mut files = ingest(FILES, true);
    add(&mut files, 0, 0);
    assert!(
        feed(&mut files, 0, 0, &[Some(1), None]).unwrap_err().contains("RowTime field should not be null")
    );
}

#[test]
fn files_have_one_running_maximum_that_starts_at_zero() {
    let mut ingest = ingest(FILES, true);
    add(&mut ingest, 0, 0);
    add(&mut ingest, 1, 0);
    assert_eq!(feed(&mut ingest, 0, 0, &rows(&[-5, 1])).unwrap(), ["2 rows"]);
    assert_eq!(feed(&mut ingest, 0, 0, &rows(&[2])).unwrap(), ["1 rows", "watermark 1000"]);
    assert_eq!(feed(&mut ingest, 1, 0, &rows(&[9])).unwrap(), ["1 rows", "watermark 8000"]);
}

#[test]
fn a_restart_goes_on_where_event_time_stood() {
    let mut ingest = ingest(KAFKA, false);
    let state =
        |watermark, idle| SplitState { position: 7, watermark: Watermark(watermark), idle, ended: false };
    ingest.restore_split(split(0), state(99_000, false));
    // An idle one behind what was told while it slept, awake since.
    ingest.restore_split(split(1), state(49_000, false));
    ingest.restore_watermark(Watermark(80_000));
    assert_eq!(said(ingest.resume()), ["watermark 80000"]);
    add(&mut ingest, 0, 0);
    add(&mut ingest, 1, 0);
    assert_eq!(feed(&mut ingest, 0, 0, &rows(&[200])).unwrap(), ["1 rows"]);
    assert_eq!(feed(&mut ingest, 1, 0, &rows(&[101])).unwrap(), ["1 rows", "watermark 100000"]);
}
