//! Expressions between a source and the shards: the time that they see, and rows for which they have no value.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Int32Type, TimestampMillisecondType};
use streamsql_core::{ChangeBatch, KeptRecord, Message, Origins, SourceBatch, Split, SplitStart};
use streamsql_plan::explain::{Format, explain};
use streamsql_plan::fingerprint::fingerprint;
use streamsql_plan::{Dataflow, NodeId, NodeKind, TableSourceScan};
use streamsql_planner::plan_script;
use streamsql_runtime::ingest::Ingest;
use streamsql_runtime::row_checks::RowChecks;
use streamsql_sql::load::load_script;

const NOW_MS: i64 = 1_700_000_000_123;

fn plan(columns: &str, query: &str) -> Arc<Dataflow> {
    plan_script_of(&script(columns, query))
}

fn script(columns: &str, statements: &str) -> String {
    format!(
        "CREATE TABLE t (b INT, s STRING{columns}) WITH ('connector' = 'kafka', 'topic' = 't', \
         'properties.bootstrap.servers' = '127.0.0.1:1', 'format' = 'json', 'on-error' = 'dead-letter');\n{statements};"
    )
}

fn plan_script_of(sql: &str) -> Arc<Dataflow> {
    let statements = load_script(sql, "t.sql", None, &[]).unwrap();
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
        assert_eq!(place, format!("t.sql:1:39, {record}"));
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

/// The script without its mark, and where that stood.
fn marked(sql: &str) -> (String, String) {
    let (before, after) = sql.split_once('▸').expect("a mark");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (format!("{before}{after}"), format!("t.sql:{line}:{column}"))
}

#[test]
fn a_failing_expression_is_told_of_where_the_user_wrote_it() {
    let cases = [
        (", q AS\n  ▸12 / b", "SELECT q FROM t"),
        (", q AS UPPER(CAST(\n▸12 / b AS STRING))", "SELECT q FROM t"),
        ("", "SELECT b,\n  é, ▸CAST(s AS INT) FROM (SELECT b, s, s AS é FROM t)"),
        ("", "SELECT UPPER(s), CAST(▸CAST(s AS INT) AS STRING) FROM t"),
        ("", "SELECT b + ▸CAST(s AS INT) * 2 FROM t"),
        // Conditions that are moved, projections that are merged.
        ("", "SELECT * FROM (SELECT s, b FROM t) WHERE b > 7 OR\n ▸CAST(s AS INT) > 1"),
        ("", "CREATE VIEW v AS\n SELECT\n ▸CAST(s AS INT) AS n, b FROM t;\nSELECT n FROM v WHERE n > 1"),
        ("", "WITH c AS (SELECT ▸12 / b AS n FROM t) SELECT n FROM c UNION ALL SELECT n FROM c"),
        ("", "SELECT CASE WHEN b = 0 THEN ▸12 / b ELSE 0 END FROM t"),
        ("", "CREATE FUNCTION f(x INT) RETURNS INT RETURN\n ▸12 / x;\nSELECT f(b) FROM t"),
        ("", "SELECT b FROM t WHERE b > 7 OR ▸CAST(s AS INT) BETWEEN 1 AND 2"),
        ("", "SELECT b FROM t WHERE ▸CAST(s AS INT) IN (1, 2, 3, 4, 5)"),
        ("", "SELECT ▸JSON_VALUE(s, 'strict $.a' ERROR ON ERROR) FROM t"),
        ("", "SELECT COUNT(*) FROM t GROUP BY\n  ▸CAST(s AS INT)"),
        ("", "SELECT CAST(s AS INT) AS n, COUNT(*) FROM t GROUP BY ▸CAST(s AS INT)"),
    ];
    for (columns, statements) in cases {
        let (sql, place) = marked(&script(columns, statements));
        let dataflow = plan_script_of(&sql);
        let mut ingest = ingest(&dataflow, true);
        let mut batch = batch(&[0], &["no"], true);
        let read: Vec<String> = scan(&dataflow).1.read_schema().columns.into_iter().map(|c| c.name).collect();
        let columns =
            read.iter().map(|name| (name, ArrayRef::clone(batch.batch.rows().column_by_name(name).unwrap())));
        batch.batch = ChangeBatch::inserts(RecordBatch::try_from_iter(columns).unwrap());
        ingest.on_batch(batch, Duration::ZERO, NOW_MS).unwrap();
        let letters = ingest.take_dead_letters();
        let found: Vec<&str> = letters.iter().map(|letter| letter.error.as_str()).collect();
        assert!(
            found.len() == 1 && found[0].ends_with(&format!(" (at {place})")),
            "{sql}\n{place}: {found:?}"
        );
    }
}

#[test]
fn places_count_neither_in_explain_nor_for_the_state() {
    let query =
        "SELECT CAST(s AS INT) AS n, SUM(12 / b) FROM t WHERE s BETWEEN '1' AND '9' GROUP BY CAST(s AS INT)";
    let shown = |statements: &str| {
        let dataflow = plan("", statements);
        // Behind the dashes is where the statement of a node stands.
        let explained = explain(&dataflow, Format::Text);
        let lines: Vec<&str> =
            explained.lines().map(|line| line.split(" -- ").next().unwrap_or(line)).collect();
        (lines.join("\n"), fingerprint(&dataflow))
    };
    let plain = shown(query);
    assert!(!plain.0.contains("t.sql") && !plain.1.contains("t.sql"), "{}{}", plain.0, plain.1);
    assert_eq!(plain, shown(&format!("\n\n   {}", query.replace(' ', "  "))));
}
