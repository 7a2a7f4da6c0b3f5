//! `/api/v1`: the job in JSON. `openapi.json` describes it; a test holds the two together.

use serde_json::{Value, json};
use streamsql_plan::explain::{Format, explain};
use streamsql_runtime::{
    DISORDER_MS, EpochSpan, NodeSnapshot, RememberedLetter, SourceSnapshot, SplitSnapshot,
};

use crate::health::not_ready;
use crate::process;
use crate::reload;
use crate::times::iso;
use crate::view::{JobView, Moment};
use crate::why::Finding;

/// Rises when a field changes its meaning or goes; new fields may come.
const SCHEMA_VERSION: u32 = 1;

fn time(ms: Option<i64>) -> Option<String> {
    ms.and_then(iso)
}

/// What the job is and how it stands.
pub(crate) fn job(view: &JobView, moment: &Moment) -> Value {
    let (facts, standing) = (&view.facts, &moment.standing);
    let figures = process::figures();
    let reasons = not_ready(view, moment);
    let started = Some(standing.started_ms).filter(|ms| *ms > 0);
    let rate =
        |test: fn(&crate::view::NodeFacts) -> bool, of: fn(&crate::sampler::NodeRates) -> f64| -> f64 {
            moment
                .rates
                .nodes
                .iter()
                .zip(&view.nodes)
                .filter(|(_, node)| test(node))
                .map(|(rates, _)| of(rates))
                .sum()
        };
    json!({
        "schema_version": SCHEMA_VERSION,
        "name": facts.name,
        "version": facts.version,
        "state": standing.state.name(),
        "ready": reasons.is_empty(),
        "not_ready_because": reasons,
        "now": iso(moment.now_ms),
        "started_at": time(started),
        "uptime_ms": started.map_or(0, |ms| (moment.now_ms - ms).max(0)),
        "failure": standing.failure,
        "parallelism": facts.parallelism,
        "commit_interval_ms": facts.commit_interval.as_secs_f64() * 1_000.0,
        "operators": view.nodes.len(),
        "records_in": moment.job.records_in,
        "bytes_in": moment.job.bytes_in,
        "rows_out": moment.job.rows_out,
        "rows_in_per_second": rate(|node| node.is_source, |rates| rates.rows_out),
        "rows_out_per_second": rate(|node| node.is_sink, |rates| rates.rows_in),
        "late_rows": moment.job.late_rows,
        "skipped_records": moment.job.skipped_records,
        "dead_letters": moment.job.dead_letters,
        "lag_records": moment.job.lag_records,
        "watermark": time(moment.job.watermark_ms),
        "watermark_lag_ms": moment.job.watermark_ms.map(|ms| moment.now_ms - ms),
        "epoch": moment.job.epoch,
        "last_commit_at": time(moment.epochs.committed_ms),
        "last_commit_ms": moment.job.commit_us as f64 / 1_000.0,
        "state_bytes": moment.job.state_bytes,
        "shards": {
            "busy_seconds": moment.times.busy.as_secs_f64(),
            "blocked_seconds": moment.times.blocked.as_secs_f64(),
            "idle_seconds": moment.times.idle.as_secs_f64(),
        },
        "last_reload": reload::last(view),
        "process": {
            "cpu_seconds": figures.cpu_seconds,
            "resident_bytes": figures.resident_bytes,
            "threads": figures.threads,
            "open_files": figures.open_files,
        },
    })
}

/// The nodes of the plan with what they do.
pub(crate) fn nodes(view: &JobView, moment: &Moment) -> Value {
    let nodes: Vec<Value> = moment.nodes.iter().map(|node| one_node(view, moment, node)).collect();
    json!({ "schema_version": SCHEMA_VERSION, "nodes": nodes })
}

fn one_node(view: &JobView, moment: &Moment, node: &NodeSnapshot) -> Value {
    let facts = &view.nodes[node.node];
    let plan = &view.facts.dataflow.nodes[node.node];
    let rates = moment.rates.nodes.get(node.node);
    let shares = rates.map(|rates| rates.shares(view.facts.parallelism));
    let inputs: Vec<usize> = plan.inputs.iter().map(|input| input.node.0).collect();
    let state: Vec<Value> = plan
        .state
        .iter()
        .map(|table| json!({ "name": table.name, "holds": table.holds, "kept": table.retention.to_string() }))
        .collect();
    json!({
        "id": node.node,
        "address": facts.address,
        "kind": facts.kind,
        "description": facts.description,
        "table": facts.table,
        "location": facts.location,
        "inputs": inputs,
        "changelog_mode": plan.changelog.to_string(),
        "rows_in": node.rows_in,
        "rows_out": node.rows_out,
        "bytes_in": node.bytes_in,
        "bytes_out": node.bytes_out,
        "rows_in_per_second": rates.map(|rates| rates.rows_in),
        "rows_out_per_second": rates.map(|rates| rates.rows_out),
        "busy_seconds": node.busy.as_secs_f64(),
        "busy_ratio": shares.map(|shares| shares.busy),
        "blocked_seconds": node.blocked.as_secs_f64(),
        "blocked_ratio": shares.map(|shares| shares.blocked),
        "idle_ratio": shares.map(|shares| shares.idle),
        "late_rows": node.late_rows,
        "watermark": time(node.watermark_ms),
        "watermark_lag_ms": node.watermark_ms.map(|ms| moment.now_ms - ms),
        "state_bytes": node.state_bytes,
        "state_keys": node.state_keys,
        "state": state,
        "lookup": node.lookup.map(|lookup| json!({
            "requests": lookup.requests,
            "keys": lookup.keys,
            "rows": lookup.rows,
            "failed": lookup.failed,
            "seconds": lookup.time.as_secs_f64(),
        })),
    })
}

/// The plan as `streamsql explain --format json` prints it.
pub(crate) fn plan(view: &JobView) -> String {
    explain(&view.facts.dataflow, Format::Json)
}

/// The epochs of the last minutes, by the second in which they were committed.
pub(crate) fn epochs(view: &JobView, moment: &Moment, seconds: usize) -> Value {
    let ms = |duration: std::time::Duration| duration.as_secs_f64() * 1_000.0;
    let one = |span: &EpochSpan| {
        json!({
            "ended_at": iso(span.ended_ms),
            "first": span.first,
            "last": span.last,
            "barrier_ms": ms(span.barrier),
            "state_ms": ms(span.state),
            "transaction_ms": ms(span.transaction),
            "rows": span.rows,
            "bytes": span.bytes,
            "state_bytes": span.state_bytes,
        })
    };
    let history = view.metrics.epochs.history(seconds);
    json!({
        "schema_version": SCHEMA_VERSION,
        "last": moment.job.epoch,
        "completed": moment.epochs.completed,
        "failed": moment.epochs.failed,
        "last_commit_at": time(moment.epochs.committed_ms),
        "pending_ms": moment.epochs.pending_ms.map(|since| (moment.now_ms - since).max(0)),
        "history": history.iter().map(one).collect::<Vec<_>>(),
    })
}

/// The sources, partition by partition.
pub(crate) fn sources(view: &JobView, moment: &Moment) -> Value {
    let sources: Vec<Value> = moment.sources.iter().map(|source| one_source(view, moment, source)).collect();
    json!({ "schema_version": SCHEMA_VERSION, "sources": sources })
}

fn one_source(view: &JobView, moment: &Moment, source: &SourceSnapshot) -> Value {
    let spec = match &view.facts.dataflow.nodes[source.node].kind {
        streamsql_plan::NodeKind::TableSourceScan(scan) => scan.watermark.as_ref(),
        _ => None,
    };
    let one = |split: &SplitSnapshot| {
        json!({
            "topic": &*split.split.topic,
            "partition": split.split.partition,
            "records": split.records,
            "bytes": split.bytes,
            "skipped": split.skipped,
            "dead_letters": split.dead_letters,
            "position": split.position,
            "lag_records": split.lag,
            "watermark": time(split.watermark_ms),
            "watermark_lag_ms": split.watermark_ms.map(|ms| moment.now_ms - ms),
            "idle": split.idle,
            "ended": split.ended,
            "last_record_at": time(split.last_record_ms),
            "silent_ms": split.last_record_ms.map(|ms| (moment.now_ms - ms).max(0)),
        })
    };
    json!({
        "node": source.node,
        "table": source.table,
        "watermark_expression": spec.map(|spec| spec.expr.text.clone()),
        "idle_timeout_ms": spec.map(|spec| spec.idle_timeout_ms).filter(|ms| *ms > 0),
        "records": source.records(),
        "lag_records": source.lag(),
        "watermark": time(source.watermark_ms),
        "watermark_lag_ms": source.watermark_ms.map(|ms| moment.now_ms - ms),
        "idle": source.idle,
        "ended": source.ended,
        "disorder": disorder(source, spec.is_some()),
        "partitions": source.splits.iter().map(one).collect::<Vec<_>>(),
    })
}

/// How far records are out of order; none without a watermark.
fn disorder(source: &SourceSnapshot, has_watermark: bool) -> Option<Value> {
    let seen = &source.disorder;
    let share = |part: u64| part as f64 / seen.sampled().max(1) as f64;
    has_watermark.then(|| {
        json!({
            "bounds_ms": DISORDER_MS,
            "records": seen.classes,
            "delay_ms": seen.delay_ms,
            "late_share": share(seen.late),
            "enough_ms": seen.bound_of(0.999),
        })
    })
}

/// Why nothing comes out.
pub(crate) fn why(view: &JobView, moment: &Moment) -> Value {
    let one = |Finding { node, code, text }: Finding| json!({ "node": node, "code": code, "text": text });
    let findings: Vec<Value> = view.why(moment).into_iter().map(one).collect();
    json!({ "schema_version": SCHEMA_VERSION, "findings": findings })
}

/// What went wrong: the failure, and the last dead letters.
pub(crate) fn errors(view: &JobView, moment: &Moment) -> Value {
    let one = |letter: &RememberedLetter| {
        json!({
            "at": iso(letter.at_ms),
            "topic": letter.topic,
            "partition": letter.partition,
            "offset": letter.offset,
            "field": letter.field,
            "error": letter.error,
            "key": letter.key,
            "value": letter.value,
        })
    };
    json!({
        "schema_version": SCHEMA_VERSION,
        "failure": moment.standing.failure,
        "dead_letters": moment.job.dead_letters,
        "last": view.metrics.standing.dead_letters().iter().map(one).collect::<Vec<_>>(),
    })
}

/// The job's files, with secrets as stars.
pub(crate) fn files(view: &JobView) -> Value {
    let files: Vec<Value> =
        view.facts.files.iter().map(|file| json!({ "path": file.path, "text": file.text })).collect();
    json!({ "schema_version": SCHEMA_VERSION, "files": files })
}

/// What the page shows, in one message.
pub(crate) fn event(view: &JobView) -> Value {
    let moment = view.now();
    json!({
        "schema_version": SCHEMA_VERSION,
        "job": job(view, &moment),
        "nodes": nodes(view, &moment)["nodes"],
        "sources": sources(view, &moment)["sources"],
        "epochs": epochs(view, &moment, 2),
        "why": why(view, &moment)["findings"],
    })
}
