//! The part of Flink's REST API that scripts read, in the shapes of Flink 1.18.1; nothing of it changes anything.
//!
//! Shapes: recorded from Flink 1.18.1, `crates/tests/goldens/flink-rest`. One node of the plan is one vertex. Epochs are
//! checkpoints; those committed in the same second are one entry of the history. Where we have nothing to tell Flink's
//! own words for that are used: -1, null, NaN.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{MethodRouter, get};
use serde_json::{Map, Value, json};
use streamsql_plan::Exchange;
use streamsql_plan::explain::describe;
use streamsql_plan::{Input, NodeId};
use streamsql_runtime::{EpochSpan, JobState, NodeSnapshot};

use crate::routes::{Shared, json_answer};
use crate::view::{JobView, Moment};

/// The version whose shapes these are.
const FLINK: &str = "1.18.1";

/// Flink's states of a task, in the order in which it lists them.
const TASK_STATES: [&str; 10] = [
    "CANCELING",
    "INITIALIZING",
    "RUNNING",
    "FAILED",
    "CANCELED",
    "SCHEDULED",
    "CREATED",
    "RECONCILING",
    "DEPLOYING",
    "FINISHED",
];
/// Flink's states of a job.
const JOB_STATES: [&str; 11] = [
    "INITIALIZING",
    "RESTARTING",
    "RUNNING",
    "CANCELLING",
    "FINISHED",
    "FAILING",
    "SUSPENDED",
    "CREATED",
    "CANCELED",
    "RECONCILING",
    "FAILED",
];

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/overview", get(async |State(s): State<Shared>| of_moment(&s, overview)))
        .route("/config", get(async || json_answer(StatusCode::OK, &config())))
        .route("/jobs", get(async |State(s): State<Shared>| of_moment(&s, jobs)))
        .route("/jobs/overview", get(async |State(s): State<Shared>| of_moment(&s, jobs_overview)))
        .route("/jobs/{id}", of_job(job))
        .route("/jobs/{id}/checkpoints", of_job(checkpoints))
        .route("/jobs/{id}/plan", of_job(|view, _| json!({ "plan": plan(view) })))
        .route("/jobs/{id}/config", of_job(job_config))
        .route("/jobs/{id}/exceptions", of_job(exceptions))
        .route("/jobs/{id}/vertices/{vertex}/watermarks", get(watermarks))
        .route("/jobs/{id}/vertices/{vertex}/backpressure", get(backpressure))
}

fn of_moment(shared: &Shared, of: fn(&JobView, &Moment) -> Value) -> Response<Body> {
    json_answer(StatusCode::OK, &of(&shared.view, &shared.view.now()))
}

/// What hangs below the job.
fn of_job(of: fn(&JobView, &Moment) -> Value) -> MethodRouter<Shared> {
    get(async move |State(shared): State<Shared>, Path(id): Path<String>| match is_job(&shared.view, &id) {
        Ok(()) => of_moment(&shared, of),
        Err(refused) => *refused,
    })
}

/// Flink's form of errors.
fn errors(status: StatusCode, message: String) -> Response<Body> {
    json_answer(status, &json!({ "errors": [message] }))
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_job(view: &JobView, id: &str) -> Result<(), Box<Response<Body>>> {
    if !is_id(id) {
        let message = format!(
            "Bad request, could not parse parameters: Cannot resolve path parameter (jobid) from value \"{id}\"."
        );
        return Err(Box::new(errors(StatusCode::BAD_REQUEST, message)));
    }
    if id != job_id(view) {
        return Err(Box::new(errors(StatusCode::NOT_FOUND, format!("Job {id} not found"))));
    }
    Ok(())
}

/// The job's identity is its name, so its id stays over restarts.
fn job_id(view: &JobView) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(view.facts.name.as_bytes()))
}

fn vertex_id(view: &JobView, node: usize) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(view.nodes[node].address.as_bytes()))
}

fn vertex_name(view: &JobView, node: usize) -> String {
    let facts = &view.nodes[node];
    match (&facts.table, facts.is_source, facts.is_sink) {
        (Some(table), true, _) => format!("Source: {table}[{node}]"),
        (Some(table), _, true) => format!("Sink: {table}[{node}]"),
        _ => format!("{}[{node}]", facts.kind),
    }
}

/// Our state in the words of Flink's jobs and tasks.
fn job_state(state: JobState) -> &'static str {
    match state {
        JobState::Starting => "INITIALIZING",
        JobState::Running => "RUNNING",
        // A stop with a savepoint: Flink's job runs until the savepoint is there.
        JobState::Stopping => "RUNNING",
        JobState::Finished => "FINISHED",
        JobState::Failed => "FAILED",
    }
}

/// For each of these names how many are it.
fn counts<'a>(names: &[&'a str], is: &str, count: usize) -> Map<String, Value> {
    names
        .iter()
        .map(|name: &&'a str| ((*name).to_owned(), json!(if *name == is { count } else { 0 })))
        .collect()
}

fn end_time(moment: &Moment) -> i64 {
    let ended = matches!(moment.standing.state, JobState::Finished | JobState::Failed);
    if ended { moment.standing.since_ms } else { -1 }
}

fn duration(moment: &Moment) -> i64 {
    let end = end_time(moment);
    ((if end < 0 { moment.now_ms } else { end }) - moment.standing.started_ms).max(0)
}

fn overview(view: &JobView, moment: &Moment) -> Value {
    let state = job_state(moment.standing.state);
    let is = |name: &str| usize::from(state == name);
    let running = usize::from(matches!(state, "RUNNING" | "INITIALIZING"));
    json!({
        "taskmanagers": 1,
        "slots-total": view.facts.parallelism,
        "slots-available": if running == 1 { 0 } else { view.facts.parallelism },
        "jobs-running": running,
        "jobs-finished": is("FINISHED"),
        "jobs-cancelled": 0,
        "jobs-failed": is("FAILED"),
        "flink-version": FLINK,
        "flink-commit": format!("streamsql-{}", view.facts.version),
    })
}

fn config() -> Value {
    json!({
        "refresh-interval": 3_000,
        "timezone-name": "Coordinated Universal Time",
        "timezone-offset": 0,
        "flink-version": FLINK,
        "flink-revision": "streamsql",
        "features": { "web-submit": false, "web-cancel": false, "web-rescale": false, "web-history": false },
    })
}

fn jobs(view: &JobView, moment: &Moment) -> Value {
    json!({ "jobs": [{ "id": job_id(view), "status": job_state(moment.standing.state) }] })
}

fn jobs_overview(view: &JobView, moment: &Moment) -> Value {
    let (state, total) = (job_state(moment.standing.state), view.nodes.len());
    let names = [
        "running",
        "canceling",
        "canceled",
        "total",
        "created",
        "scheduled",
        "deploying",
        "reconciling",
        "finished",
        "initializing",
        "failed",
    ];
    let mut tasks = counts(&names, &state.to_lowercase(), total);
    tasks.insert("total".to_owned(), json!(total));
    json!({ "jobs": [{
        "jid": job_id(view),
        "name": view.facts.name,
        "start-time": moment.standing.started_ms,
        "end-time": end_time(moment),
        "duration": duration(moment),
        "state": state,
        "last-modification": moment.standing.since_ms,
        "tasks": tasks,
    }] })
}

fn job(view: &JobView, moment: &Moment) -> Value {
    let state = job_state(moment.standing.state);
    let mut timestamps = counts(&JOB_STATES, "", 0);
    timestamps.insert("INITIALIZING".to_owned(), json!(moment.standing.started_ms));
    timestamps.insert("CREATED".to_owned(), json!(moment.standing.started_ms));
    if let Some(running) = moment.standing.running_ms {
        timestamps.insert("RUNNING".to_owned(), json!(running));
    }
    if end_time(moment) >= 0 {
        timestamps.insert(state.to_owned(), json!(end_time(moment)));
    }
    let vertices: Vec<Value> = (0..view.nodes.len()).map(|node| vertex(view, moment, node, state)).collect();
    json!({
        "jid": job_id(view),
        "name": view.facts.name,
        "isStoppable": false,
        "state": state,
        "start-time": moment.standing.started_ms,
        "end-time": end_time(moment),
        "duration": duration(moment),
        "maxParallelism": 128,
        "now": moment.now_ms,
        "timestamps": timestamps,
        "vertices": vertices,
        "status-counts": counts(&TASK_STATES, state, view.nodes.len()),
        "plan": plan(view),
    })
}

fn vertex(view: &JobView, moment: &Moment, node: usize, state: &str) -> Value {
    let started = moment.standing.running_ms.unwrap_or(moment.standing.started_ms);
    json!({
        "id": vertex_id(view, node),
        "name": vertex_name(view, node),
        "maxParallelism": 128,
        "parallelism": view.facts.parallelism,
        "status": state,
        "start-time": started,
        "end-time": end_time(moment),
        "duration": (moment.now_ms - started).max(0),
        "tasks": counts(&TASK_STATES, state, view.facts.parallelism),
        "metrics": vertex_metrics(moment.nodes.get(node), view, moment),
    })
}

fn vertex_metrics(node: Option<&NodeSnapshot>, view: &JobView, moment: &Moment) -> Value {
    let rows = |of: fn(&NodeSnapshot) -> u64| node.map_or(0, of);
    let busy = node.map(|node| node.busy.as_millis() as f64);
    let running = moment.standing.running_ms.map_or(0, |since| (moment.now_ms - since).max(0));
    let all = running * view.facts.parallelism as i64;
    // As in Flink none of the three times is counted twice.
    let blocked = node.map_or(0, |node| node.blocked.as_millis() as i64);
    let blocked = blocked.min((all - busy.unwrap_or(0.0) as i64).max(0));
    json!({
        "read-bytes": rows(|n| n.bytes_in),
        "read-bytes-complete": node.is_some(),
        "write-bytes": rows(|n| n.bytes_out),
        "write-bytes-complete": node.is_some(),
        "read-records": rows(|n| n.rows_in),
        "read-records-complete": node.is_some(),
        "write-records": rows(|n| n.rows_out),
        "write-records-complete": node.is_some(),
        "accumulated-backpressured-time": blocked,
        "accumulated-idle-time": (all - busy.unwrap_or(0.0) as i64 - blocked).max(0),
        "accumulated-busy-time": busy.map_or(json!("NaN"), |busy| json!(busy)),
    })
}

fn plan(view: &JobView) -> Value {
    let dataflow = &view.facts.dataflow;
    let one = |id: NodeId| {
        let input = |(number, input): (usize, &Input)| {
            let strategy = match input.exchange {
                Exchange::Forward => "FORWARD",
                Exchange::Hash(_) => "HASH",
                Exchange::Single => "GLOBAL",
                Exchange::Broadcast => "BROADCAST",
            };
            let from = vertex_id(view, input.node.0);
            json!({ "num": number, "id": from, "ship_strategy": strategy, "exchange": "pipelined_bounded" })
        };
        let mut node = json!({
            "id": vertex_id(view, id.0),
            "parallelism": view.facts.parallelism,
            "operator": "",
            "operator_strategy": "",
            "description": format!("[{}]:{}<br/>", id.0, describe(dataflow, id)),
        });
        let inputs = &dataflow.node(id).inputs;
        if !inputs.is_empty() {
            node["inputs"] = inputs.iter().enumerate().map(input).collect();
        }
        node["optimizer_properties"] = json!({});
        node
    };
    // Flink lists what is downstream first.
    let ids: Vec<NodeId> = dataflow.ids().collect();
    let nodes: Vec<Value> = ids.into_iter().rev().map(one).collect();
    json!({ "jid": job_id(view), "name": view.facts.name, "type": "STREAMING", "nodes": nodes })
}

fn job_config(view: &JobView, _: &Moment) -> Value {
    json!({
        "jid": job_id(view),
        "name": view.facts.name,
        "execution-config": {
            "execution-mode": "PIPELINED",
            "restart-strategy": "Cluster level default restart strategy",
            "job-parallelism": view.facts.parallelism,
            "object-reuse-mode": false,
            "user-config": {},
        },
    })
}

fn exceptions(_: &JobView, moment: &Moment) -> Value {
    let failure = moment.standing.failure.as_ref();
    json!({
        "root-exception": failure,
        "timestamp": failure.map(|_| moment.standing.since_ms),
        "all-exceptions": [],
        "truncated": false,
        "exceptionHistory": { "entries": [], "truncated": false },
    })
}

fn checkpoints(view: &JobView, moment: &Moment) -> Value {
    let spans = view.metrics.epochs.history(60);
    let milliseconds = |of: &dyn Fn(&EpochSpan) -> f64| statistics(spans.iter().map(of).collect());
    let pending = usize::from(moment.epochs.pending_ms.is_some());
    let completed: Vec<Value> = spans.iter().rev().take(10).map(|span| checkpoint(view, span)).collect();
    let epochs = &moment.epochs;
    json!({
        "counts": {
            "restored": 0,
            "total": epochs.completed + epochs.failed + pending as u64,
            "in_progress": pending,
            "completed": epochs.completed,
            "failed": epochs.failed,
        },
        "summary": {
            "checkpointed_size": milliseconds(&|span| span.state_bytes as f64),
            "state_size": milliseconds(&|span| span.state_bytes as f64),
            "end_to_end_duration": milliseconds(&took_ms),
            "alignment_buffered": milliseconds(&|_| 0.0),
            "processed_data": milliseconds(&|_| 0.0),
            "persisted_data": milliseconds(&|_| 0.0),
        },
        "latest": { "completed": completed.first(), "savepoint": null, "failed": null, "restored": null },
        "history": completed,
    })
}

fn took_ms(span: &EpochSpan) -> f64 {
    (span.barrier + span.state + span.transaction).as_millis() as f64
}

fn checkpoint(view: &JobView, span: &EpochSpan) -> Value {
    let took = took_ms(span) as i64;
    let tasks = view.nodes.len() * view.facts.parallelism;
    json!({
        "className": "completed",
        "id": span.last,
        "status": "COMPLETED",
        "is_savepoint": false,
        "savepointFormat": null,
        "trigger_timestamp": span.ended_ms - took,
        "latest_ack_timestamp": span.ended_ms,
        "checkpointed_size": span.state_bytes,
        "state_size": span.state_bytes,
        "end_to_end_duration": took,
        "alignment_buffered": 0,
        "processed_data": 0,
        "persisted_data": 0,
        "num_subtasks": tasks,
        "num_acknowledged_subtasks": tasks,
        "checkpoint_type": "CHECKPOINT",
        "tasks": {},
        "external_path": "<checkpoint-not-externally-addressable>",
        "discarded": false,
    })
}

/// Flink's summary of a series: whole numbers, and quantiles with fractions (nearest rank).
fn statistics(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    let quantile = |q: f64| {
        let rank = (q * values.len() as f64).ceil() as usize;
        values.get(rank.max(1) - 1).copied().unwrap_or(0.0)
    };
    let average = values.iter().sum::<f64>() / values.len().max(1) as f64;
    json!({
        "min": values.first().map_or(0, |v| *v as i64),
        "max": values.last().map_or(0, |v| *v as i64),
        "avg": average as i64,
        "p50": quantile(0.5),
        "p90": quantile(0.9),
        "p95": quantile(0.95),
        "p99": quantile(0.99),
        "p999": quantile(0.999),
    })
}

/// The node that a vertex id means.
fn vertex_of(view: &JobView, id: &str) -> Option<usize> {
    (0..view.nodes.len()).find(|node| vertex_id(view, *node) == id)
}

async fn watermarks(
    State(shared): State<Shared>,
    Path((id, vertex)): Path<(String, String)>,
) -> Response<Body> {
    let view = &shared.view;
    if let Err(refused) = is_job(view, &id) {
        return *refused;
    }
    let Some(node) = vertex_of(view, &vertex) else {
        return errors(StatusCode::NOT_FOUND, format!("No vertex with ID '{vertex}' exists."));
    };
    let moment = view.now();
    let watermark = moment.nodes.get(node).and_then(|node| node.watermark_ms);
    // Sources have no input, so Flink tells none for them; so does it before the first.
    let shown = watermark.filter(|_| !view.nodes[node].is_source);
    let of_shard = |shard: usize| json!({ "id": format!("{shard}.currentInputWatermark"), "value": shown.unwrap_or(i64::MIN).to_string() });
    let list: Vec<Value> =
        if shown.is_none() { Vec::new() } else { (0..view.facts.parallelism).map(of_shard).collect() };
    json_answer(StatusCode::OK, &json!(list))
}

async fn backpressure(
    State(shared): State<Shared>,
    Path((id, vertex)): Path<(String, String)>,
) -> Response<Body> {
    let view = &shared.view;
    if let Err(refused) = is_job(view, &id) {
        return *refused;
    }
    let Some(node) = vertex_of(view, &vertex) else {
        return json_answer(StatusCode::OK, &json!({ "status": "deprecated" }));
    };
    let moment = view.now();
    let shares = moment.rates.nodes.get(node).map(|rates| rates.shares(view.facts.parallelism));
    let ratio = shares.map_or(0.0, |shares| shares.blocked);
    let level = backpressure_level(ratio);
    let subtask = |shard: usize| {
        json!({
            "subtask": shard,
            "backpressureLevel": level,
            "ratio": ratio,
            "idleRatio": shares.map_or(0.0, |shares| shares.idle),
            "busyRatio": shares.map_or(json!("NaN"), |shares| json!(shares.busy)),
            "backpressure-level": level,
        })
    };
    let subtasks: Vec<Value> = (0..view.facts.parallelism).map(subtask).collect();
    let answer = json!({
        "status": "ok",
        "backpressureLevel": level,
        "end-timestamp": moment.now_ms,
        "subtasks": subtasks,
        "backpressure-level": level,
    });
    json_answer(StatusCode::OK, &answer)
}

/// Flink's words for the share of time that is spent waiting (`JobVertexBackPressureHandler`).
fn backpressure_level(ratio: f64) -> &'static str {
    match ratio {
        ratio if ratio <= 0.10 => "ok",
        ratio if ratio <= 0.5 => "low",
        _ => "high",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backpressure_has_flinks_levels() {
        assert_eq!(
            [0.0, 0.1, 0.11, 0.5, 0.51, 1.0].map(backpressure_level),
            ["ok", "ok", "low", "low", "high", "high"]
        );
    }

    #[test]
    fn a_series_has_flinks_quantiles() {
        let values = statistics((1..=100).map(f64::from).collect());
        assert_eq!((&values["min"], &values["max"], &values["avg"]), (&json!(1), &json!(100), &json!(50)));
        assert_eq!((&values["p50"], &values["p999"]), (&json!(50.0), &json!(100.0)));
        assert_eq!(statistics(Vec::new())["p99"], json!(0.0));
    }

    #[test]
    fn ids_are_32_hex_digits() {
        assert!(is_id("cbc357ccb763df2852fee8c4fc7d55f2"));
        assert!(!is_id("nonsense") && !is_id("gbc357ccb763df2852fee8c4fc7d55f2"));
    }
}
