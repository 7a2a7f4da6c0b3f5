//! What is worked out only because somebody looks: the largest keys of a node's state, and the Board.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use streamsql_core::{ChangeBatch, Schema};
use streamsql_runtime::TableKeys;

use crate::routes::{RowFormat, Shared, TOO_MANY, error, json_answer};

/// The shards answer at their next barrier; without rows there is none.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The Board is not read more often than this, however many look.
const BOARD_FOR: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
pub(crate) struct KeysQuery {
    node: String,
    turn: Option<usize>,
}

pub(crate) async fn keys(State(shared): State<Shared>, Query(query): Query<KeysQuery>) -> Response<Body> {
    let node = match shared.view.node_named(&query.node) {
        Ok(node) => node,
        Err(message) => return error(StatusCode::NOT_FOUND, &message),
    };
    let Some(_open) = shared.open_stream() else { return error(StatusCode::SERVICE_UNAVAILABLE, TOO_MANY) };
    let plan = &shared.view.facts.dataflow.nodes[node];
    let mut tables = Vec::new();
    let mut complete = true;
    if !plan.state.is_empty() {
        let look = shared.view.metrics.taps.keys.ask(node, query.turn.unwrap_or(0));
        let deadline = Instant::now() + PATIENCE;
        while look.shards() < shared.view.facts.parallelism && Instant::now() < deadline {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        complete = look.shards() >= shared.view.facts.parallelism;
        tables = look.tables();
    }
    let names = plan.state.iter().map(|table| table.name.as_str());
    let shown: Vec<Value> = names.map(|name| one_table(name, &tables, &shared.hooks.rows)).collect();
    json_answer(
        StatusCode::OK,
        &json!({ "schema_version": 1, "node": node, "complete": complete, "tables": shown }),
    )
}

/// The largest keys of a table over its shards.
fn one_table(name: &str, tables: &[TableKeys], rows: &RowFormat) -> Value {
    let mut keys: Vec<(u64, Value)> = Vec::new();
    let (mut looked_at, mut of) = (0, 0);
    for table in tables.iter().filter(|table| table.table == name) {
        looked_at += table.largest.looked_at;
        of += table.of;
        let found = &table.largest;
        for ((key, count), bytes) in written(table, rows).into_iter().zip(&found.rows).zip(&found.bytes) {
            keys.push((*bytes, json!({ "key": key, "rows": count, "bytes": bytes, "shard": table.shard })));
        }
    }
    keys.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    let keys: Vec<Value> = keys.into_iter().map(|(_, key)| key).collect();
    json!({ "name": name, "keys": keys, "looked_at": looked_at, "of": of })
}

/// The keys as objects. A key without columns is that of everything.
fn written(table: &TableKeys, rows: &RowFormat) -> Vec<Value> {
    let found = &table.largest;
    let schema = Schema::new(found.columns.clone());
    let Ok(batch) = RecordBatch::try_new(schema.to_arrow(), found.keys.clone()) else {
        return vec![json!({}); found.rows.len()];
    };
    let mut lines = Vec::new();
    if rows(&schema, &ChangeBatch::inserts(batch), &mut lines).is_err() {
        return vec![Value::Null; found.rows.len()];
    }
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice::<Value>(line).unwrap_or_default()["row"].take()).collect()
}

/// The Board as it was last read, and whether it is being read.
#[derive(Default)]
pub(crate) struct LastBoard {
    read: Mutex<Option<(Instant, Value)>>,
    being_read: AtomicBool,
}

impl LastBoard {
    fn last(&self) -> Option<(Instant, Value)> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Frees the Board, however its reading ends.
struct Reading(Arc<LastBoard>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.being_read.store(false, Ordering::Release);
    }
}

pub(crate) async fn board(State(shared): State<Shared>) -> Response<Body> {
    let last = shared.board.last();
    if let Some((_, board)) = last.as_ref().filter(|(read, _)| read.elapsed() < BOARD_FOR) {
        return json_answer(StatusCode::OK, board);
    }
    if shared.board.being_read.swap(true, Ordering::AcqRel) {
        // One reader is enough; whoever comes meanwhile sees what was read before, or is read now for the first time.
        let deadline = Instant::now() + BOARD_FOR;
        while shared.board.last().is_none() && Instant::now() < deadline {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        return match shared.board.last() {
            Some((_, board)) => json_answer(StatusCode::OK, &board),
            None => error(StatusCode::SERVICE_UNAVAILABLE, "the Board is being read; ask again"),
        };
    }
    let reading = Reading(Arc::clone(&shared.board));
    let look = Arc::clone(&shared.hooks.board);
    let read = tokio::task::spawn_blocking(move || {
        let board = look();
        *reading.0.read.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), board.clone()));
        board
    });
    match read.await {
        Ok(board) => json_answer(StatusCode::OK, &board),
        Err(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "the Board cannot be read"),
    }
}
