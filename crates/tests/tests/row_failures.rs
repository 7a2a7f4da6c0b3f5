//! Expressions between a source and the shards: the time that they see, and rows for which they have no value.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Int32Type, TimestampMillisecondType};
use streamsql_core::{ChangeBatch, KeptRecord, Message, Origins, SourceBatch, Split, SplitStart};
use streamsql_plan::{Dataflow, NodeId, NodeKind, TableSourceScan};
use streamsql_planner::plan_script;
use streamsql_runtime::ingest::Ingest;
use streamsql_runtime::row_checks::RowChecks;
use streamsql_sql::load::load_script;

const NOW_MS: i64 = 1_700_000_000_123;

fn plan(columns: &str, query: &str) -> Arc<Dataflow> {
    let sql = format!(
        "CREATE TABLE t (b INT, s STRING{columns}) WITH ('connector' = 'kafka', 'topic' = 't', \
         'properties.bootstrap.servers' = '127.0.0.1:1', 'format' = 'json', 'on-error' = 'dead-letter'); {query};"
    );
    let statements = load_script(&sql, "t.sql", None, &[]).unwrap();
    plan_script(&statements).unwrap().dataflows().last().cloned().map(Arc::new).unwrap()
}

fn scan(dataflow: &Dataflow) -> (NodeId, &TableSourceScan) {
    let found = dataflow.ids().find_map(|id| match &dataflow.node(id).kind {
        NodeKind::TableSourceScan(scan) => Some((id, scan)),
        _ => None,
    });
    found.expect("a scan")
}

fn ingest(dataflow: &Dataflow, aside: bool) -> Ingest {
    let (id, scan) = scan(dataflow);
    let ingest = Ingest::new(scan, dataflow.node(id).schema.to_arrow(), false);
    let mut ingest = if aside { ingest.put_aside(RowChecks::above(dataflow, id)) } else { ingest };
    ingest.add_split(SplitStart { split: split(), position: 0 }, Duration::ZERO);
    ingest
}

fn split() -> Split {
    Split { topic: Arc::from("t"), partition: 3 }
}

/// Rows of which the first is record 40; kept where `kept`.
fn batch(b: &[i32], s: &[&str], kept: bool) -> SourceBatch {
    let columns: [(&str, ArrayRef); 2] =
        [("b", Arc::new(Int32Array::from(b.to_vec()))), ("s", Arc::new(StringArray::from(s.to_vec())))];
    let record =
        |text: &&str| KeptRecord { key: None, value: Some(text.as_bytes().to_vec()), timestamp_ms: None };
    let positions: Vec<i64> = (40..40 + b.len() as i64).collect();
    let records = if kept { s.iter().map(record).collect() } else { Vec::new() };
    SourceBatch {
        split: split(),
        batch: ChangeBatch::inserts(RecordBatch::try_from_iter(columns).unwrap()),
        next_position: 40 + b.len() as i64,
        records: b.len() as u64,
        skipped: 0,
        bytes: 0,
        dead_letters: Vec::new(),
        cuts: Vec::new(),
        origins: Some(Arc::new(Origins { positions, lines: Vec::new(), records })),
    }
}

fn rows(messages: Vec<Message>) -> Vec<RecordBatch> {
    messages
        .into_iter()
        .filter_map(|message| match message {
            Message::Batch(batch) => Some(batch.rows().clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_computed_column_and_a_watermark_see_the_time_of_their_batch() {
    let columns = ", pt AS PROCTIME(), n AS CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)), \
                   WATERMARK FOR n AS CAST(LOCALTIMESTAMP AS TIMESTAMP(3)) - INTERVAL '1' SECOND";
    let dataflow = plan(columns, "SELECT pt, n FROM t");
    let mut ingest = ingest(&dataflow, false);
    let messages = ingest.on_batch(batch(&[1], &["x"], false), Duration::ZERO, NOW_MS).unwrap();
    assert_eq!(ingest.watermark().0, NOW_MS - 1_000);
    let rows = rows(messages);
    let (_, scan) = scan(&dataflow);
    assert!(scan.project.len() >= 2 && rows.len() == 1);
    for name in ["pt", "n"] {
        let column = rows[0].column_by_name(name).unwrap().as_primitive::<TimestampMillisecondType>();
        assert_eq!(column.value(0), NOW_MS, "{name}");
    }
}

#[test]
fn a_failing_row_is_told_of_with_its_record_and_its_values_however_the_batch_is_cut() {
    let dataflow = plan(", q AS 12 / b", "SELECT q FROM t");
    for b in [&[1, 2, 0, 4, 0][..], &[0]] {
        let mut ingest = ingest(&dataflow, false);
        let batch = batch(b, &vec!["x"; b.len()], false);
        let error = ingest.on_batch(batch, Duration::ZERO, NOW_MS).unwrap_err();
        assert_eq!(error.message, "12 / b: division by zero; b = 0");
        let place = error.place.unwrap_or_default();
        let record = if b.len() == 1 { "record t/3/40" } else { "record t/3/42" };
        assert!(place.ends_with(record), "{place}");
    }
}

#[test]
fn records_for_which_an_expression_fails_are_put_aside_before_a_shard_sees_them() {
    let queries = [
        ("", "SELECT b, CAST(s AS INT) FROM t WHERE b > 0"),
        ("", "SELECT v FROM (SELECT CAST(s AS INT) AS v FROM t WHERE b > 0) WHERE v / v = 1"),
        (", v AS IF(b > 0, CAST(s AS INT), 0)", "SELECT v FROM t"),
    ];
    for (columns, query) in queries {
        let dataflow = plan(columns, query);
        let mut ingest = ingest(&dataflow, true);
        let batch = batch(&[1, 0, 2, 3, 4], &["5", "no", "bad", "7", "worse"], true);
        let rows = rows(ingest.on_batch(batch, Duration::ZERO, NOW_MS).unwrap());
        let kept: usize = rows.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(kept, 3, "{query}");
        let letters = ingest.take_dead_letters();
        let found: Vec<(i64, &[u8])> =
            letters.iter().map(|l| (l.offset, l.value.as_deref().unwrap_or_default())).collect();
        assert_eq!(found, [(42, &b"bad"[..]), (44, b"worse")], "{query}");
        assert!(letters[0].error.contains("cannot be cast to INT; s = 'bad'"), "{}", letters[0].error);
        assert!(ingest.take_dead_letters().is_empty());
        assert_eq!(ingest.splits()[&split()].position, 45);
        if let Some(b) = rows[0].column_by_name("b") {
            assert_eq!(b.as_primitive::<Int32Type>().values(), &[1, 0, 3]);
        }
    }
}
