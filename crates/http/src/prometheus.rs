//! `/metrics`. Names, units and labels are frozen in `docs/operations.md`.

use streamsql_runtime::{
    CLASSES_MS, DISORDER_MS, JobState, LookupSnapshot, NodeSnapshot, SourceSnapshot, SplitSnapshot,
};

use crate::exposition::Exposition;
use crate::process;
use crate::view::{JobView, Moment, NodeFacts};

/// Splits of a source that have samples of their own; the others are summed. A folder may have any number of files.
const MOST_SPLITS: usize = 500;

/// All metrics of a job.
pub(crate) fn text(view: &JobView) -> String {
    let moment = view.now();
    let mut out = Exposition::new(&[("job", &view.facts.name)]);
    job(&mut out, view, &moment);
    operators(&mut out, view, &moment.nodes);
    sources(&mut out, &moment);
    disorder(&mut out, &moment);
    lookups(&mut out, view, &moment.nodes);
    sinks(&mut out, view, &moment.nodes);
    checkpoints(&mut out, &moment);
    reloads(&mut out, view);
    shards(&mut out, &moment);
    let mut text = out.finish();
    text.push_str(&process_text(&moment));
    text
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

/// None before it is started.
fn started(moment: &Moment) -> Option<f64> {
    Some(moment.standing.started_ms).filter(|ms| *ms > 0).map(seconds)
}

fn job(out: &mut Exposition, view: &JobView, moment: &Moment) {
    out.gauge("streamsql_build_info", "Always 1; the version is a label.");
    out.sample(&[("version", view.facts.version)], 1);
    out.gauge("streamsql_job_state", "1 for the state that the job is in.");
    for state in JobState::ALL {
        out.sample(&[("state", state.name())], u8::from(state == moment.standing.state));
    }
    out.gauge("streamsql_job_parallelism", "Shards of the job.");
    out.sample(&[], view.facts.parallelism);
    out.gauge("streamsql_job_start_time_seconds", "When the job was started, since 1970.");
    out.known(&[], started(moment));
    out.gauge(
        "streamsql_job_watermark_timestamp_seconds",
        "Lowest watermark of the sources, event time since 1970.",
    );
    out.known(&[], moment.job.watermark_ms.map(seconds));
    out.gauge("streamsql_job_state_bytes", "Memory of all state tables at the last barrier.");
    out.sample(&[], moment.job.state_bytes);
    out.counter("streamsql_dead_letters_total", "Records that were put aside with their error.");
    out.sample(&[], moment.job.dead_letters);
    out.counter("streamsql_skipped_records_total", "Records left out because their table's options say so.");
    out.sample(&[], moment.job.skipped_records);
}

fn operators(out: &mut Exposition, view: &JobView, nodes: &[NodeSnapshot]) {
    let mut family = |head: &dyn Fn(&mut Exposition), value: &dyn Fn(&NodeSnapshot) -> Option<String>| {
        head(out);
        for node in nodes {
            let NodeFacts { address, kind, table, .. } = &view.nodes[node.node];
            let mut labels = vec![("operator", address.as_str()), ("kind", *kind)];
            labels.extend(table.as_deref().map(|table| ("table", table)));
            out.known(&labels, value(node));
        }
    };
    macro_rules! family {
        ($kind:ident, $name:literal, $help:literal, $value:expr) => {
            family(&|out| out.$kind(concat!("streamsql_operator_", $name), $help), &$value)
        };
    }
    let some = |value: u64| Some(value.to_string());
    family!(counter, "records_in_total", "Rows that came to the operator.", |n| some(n.rows_in));
    family!(counter, "records_out_total", "Rows that left the operator.", |n| some(n.rows_out));
    family!(counter, "bytes_in_total", "Memory of the rows that came.", |n| some(n.bytes_in));
    family!(counter, "bytes_out_total", "Memory of the rows that left.", |n| some(n.bytes_out));
    family!(counter, "busy_seconds_total", "Time in the operator itself, over all shards.", |n| {
        Some(n.busy.as_secs_f64().to_string())
    });
    family!(
        counter,
        "backpressured_seconds_total",
        "Time in which rows waited for room behind the operator, over all shards.",
        |n| { Some(n.blocked.as_secs_f64().to_string()) }
    );
    family!(
        counter,
        "late_records_dropped_total",
        "Rows dropped because the watermark had passed them.",
        |n| { some(n.late_rows) }
    );
    family!(
        gauge,
        "watermark_timestamp_seconds",
        "Event time at the operator, lowest of its shards, since 1970.",
        |n| { n.watermark_ms.map(|ms| seconds(ms).to_string()) }
    );
    family!(gauge, "state_bytes", "Memory of the operator's state at the last barrier.", |n| some(
        n.state_bytes
    ));
    family!(gauge, "state_keys", "Keys in the operator's state tables at the last barrier.", |n| some(
        n.state_keys
    ));
}

/// Labels and figures of a source's splits; those beyond the bound are one.
fn splits(source: &SourceSnapshot) -> Vec<(String, String, SplitSnapshot)> {
    let own = source.splits.iter().take(MOST_SPLITS);
    let mut all: Vec<_> =
        own.map(|s| (s.split.topic.to_string(), s.split.partition.to_string(), s.clone())).collect();
    let rest = &source.splits[source.splits.len().min(MOST_SPLITS)..];
    let sum = rest.iter().cloned().reduce(|mut sum, split| {
        sum.records += split.records;
        sum.bytes += split.bytes;
        sum.skipped += split.skipped;
        sum.dead_letters += split.dead_letters;
        sum.lag = sum.lag.zip(split.lag).map(|(a, b)| a + b);
        sum.watermark_ms = sum.watermark_ms.min(split.watermark_ms);
        sum.idle &= split.idle;
        sum
    });
    all.extend(sum.map(|sum| ("others".to_owned(), "others".to_owned(), sum)));
    all
}

fn sources(out: &mut Exposition, moment: &Moment) {
    let all: Vec<_> = moment.sources.iter().map(|source| (source, splits(source))).collect();
    let mut family = |head: &dyn Fn(&mut Exposition), value: &dyn Fn(&SplitSnapshot) -> Option<String>| {
        head(out);
        for (source, splits) in &all {
            for (topic, partition, split) in splits {
                let labels = [("table", source.table.as_str()), ("topic", topic), ("partition", partition)];
                out.known(&labels, value(split));
            }
        }
    };
    macro_rules! family {
        ($kind:ident, $name:literal, $help:literal, $value:expr) => {
            family(&|out| out.$kind(concat!("streamsql_source_", $name), $help), &$value)
        };
    }
    let some = |value: u64| Some(value.to_string());
    family!(counter, "records_total", "Records read.", |s| some(s.records));
    family!(counter, "bytes_total", "Bytes of the records read.", |s| some(s.bytes));
    family!(counter, "skipped_records_total", "Records left out because the table's options say so.", |s| {
        some(s.skipped)
    });
    family!(counter, "dead_letters_total", "Records that were put aside with their error.", |s| some(
        s.dead_letters
    ));
    family!(gauge, "lag_records", "Records that wait at the source.", |s| s.lag.map(|lag| lag.to_string()));
    family!(gauge, "position", "Position of the next record.", |s| Some(s.position.to_string()));
    family!(gauge, "watermark_timestamp_seconds", "Watermark, event time since 1970.", |s| {
        s.watermark_ms.map(|ms| seconds(ms).to_string())
    });
    family!(gauge, "event_time_lag_seconds", "From the watermark to the clock.", |s| {
        s.watermark_ms.map(|ms| seconds(moment.now_ms - ms).to_string())
    });
    family!(gauge, "last_record_timestamp_seconds", "When the last record was taken, since 1970.", |s| {
        s.last_record_ms.map(|ms| seconds(ms).to_string())
    });
    family!(gauge, "idle", "1 while it counts as idle and holds no watermark back.", |s| some(u64::from(
        s.idle
    )));
}

/// How far records are out of order, for tables with a watermark.
fn disorder(out: &mut Exposition, moment: &Moment) {
    out.histogram(
        "streamsql_source_disorder_seconds",
        "What sampled records lie behind the latest one of their partition, in event time.",
    );
    let bounds = DISORDER_MS.map(seconds);
    for source in moment.sources.iter().filter(|source| source.disorder.delay_ms.is_some()) {
        let seen = &source.disorder;
        out.classes(&[("table", &source.table)], &bounds, &seen.classes, seconds(seen.sum_ms as i64));
    }
}

fn lookups(out: &mut Exposition, view: &JobView, nodes: &[NodeSnapshot]) {
    let asked: Vec<_> =
        nodes.iter().filter_map(|node| Some((&view.nodes[node.node], node.lookup?))).collect();
    let mut family = |name: &'static str, help: &str, value: &dyn Fn(&LookupSnapshot) -> String| {
        out.counter(name, help);
        for (facts, lookup) in &asked {
            let table = facts.table.as_deref().unwrap_or_default();
            out.sample(&[("operator", &facts.address), ("table", table)], value(lookup));
        }
    };
    family(
        "streamsql_lookup_requests_total",
        "Requests to a dimension table, one for all keys of a batch.",
        &|l| l.requests.to_string(),
    );
    family("streamsql_lookup_keys_total", "Keys that were asked for, from a cache or not.", &|l| {
        l.keys.to_string()
    });
    family("streamsql_lookup_rows_total", "Rows that were found.", &|l| l.rows.to_string());
    family("streamsql_lookup_failed_total", "Requests that failed.", &|l| l.failed.to_string());
    family("streamsql_lookup_seconds_total", "Time until the answers were there.", &|l| {
        l.time.as_secs_f64().to_string()
    });
    out.gauge("streamsql_lookup_cache_bytes", "What the cache of looked-up keys takes, over all shards.");
    for (facts, lookup) in &asked {
        let table = facts.table.as_deref().unwrap_or_default();
        out.sample(&[("operator", &facts.address), ("table", table)], lookup.cache_bytes);
    }
}

fn sinks(out: &mut Exposition, view: &JobView, nodes: &[NodeSnapshot]) {
    out.counter("streamsql_sink_rows_total", "Rows that came to a sink, committed or in the open epoch.");
    for node in nodes.iter().filter(|node| view.nodes[node.node].is_sink) {
        let NodeFacts { address, table, .. } = &view.nodes[node.node];
        out.sample(&[("operator", address), ("sink", table.as_deref().unwrap_or("query"))], node.rows_in);
    }
    out.counter("streamsql_sink_committed_rows_total", "Rows of committed epochs, over all sinks.");
    out.sample(&[], view.metrics.snapshot().rows_out);
}

fn checkpoints(out: &mut Exposition, moment: &Moment) {
    let epochs = &moment.epochs;
    out.counter("streamsql_checkpoint_completed_total", "Epochs committed by this process.");
    out.sample(&[], epochs.completed);
    out.counter("streamsql_checkpoint_failed_total", "Epochs whose commit failed; the job ends with it.");
    out.sample(&[], epochs.failed);
    out.gauge("streamsql_checkpoint_epoch", "Number of the last committed epoch.");
    out.sample(&[], moment.job.epoch);
    out.gauge("streamsql_checkpoint_size_bytes", "State that the last epoch wrote.");
    out.sample(&[], epochs.size);
    out.gauge("streamsql_checkpoint_last_completed_timestamp_seconds", "End of the last commit, since 1970.");
    out.known(&[], epochs.committed_ms.map(seconds));
    out.gauge(
        "streamsql_checkpoint_pending_seconds",
        "How long an epoch has been waiting for its commit; 0 when none is.",
    );
    out.sample(&[], epochs.pending_ms.map_or(0.0, |since| seconds((moment.now_ms - since).max(0))));
    let bounds = CLASSES_MS.map(|ms| ms as f64 / 1_000.0);
    out.histogram(
        "streamsql_checkpoint_duration_seconds",
        "Duration of commits: state store and transaction.",
    );
    out.classes(&[], &bounds, &epochs.classes, epochs.sum.as_secs_f64());
}

fn reloads(out: &mut Exposition, view: &JobView) {
    let Some(reloads) = &view.reloads else { return };
    out.counter("streamsql_reload_total", "Reloads of this process by what they came to.");
    for (result, count) in reloads.counts() {
        out.sample(&[("result", result.name())], count);
    }
}

fn shards(out: &mut Exposition, moment: &Moment) {
    out.counter("streamsql_shards_busy_seconds_total", "Time in operators, over all shards.");
    out.sample(&[], moment.times.busy.as_secs_f64());
    out.counter(
        "streamsql_shards_backpressured_seconds_total",
        "Time with work that waits for room between shards.",
    );
    out.sample(&[], moment.times.blocked.as_secs_f64());
    out.counter(
        "streamsql_shards_idle_seconds_total",
        "Time without work, of shards on threads of their own.",
    );
    out.sample(&[], moment.times.idle.as_secs_f64());
}

/// The names that Prometheus' own client libraries use, without labels.
fn process_text(moment: &Moment) -> String {
    let figures = process::figures();
    let mut out = Exposition::new(&[]);
    out.counter("process_cpu_seconds_total", "User and system time of the process.");
    out.sample(&[], figures.cpu_seconds);
    out.gauge("process_resident_memory_bytes", "Resident memory.");
    out.known(&[], figures.resident_bytes);
    out.gauge("process_open_fds", "Open files and sockets.");
    out.known(&[], figures.open_files);
    out.gauge("process_threads", "Threads.");
    out.known(&[], figures.threads);
    out.gauge("process_start_time_seconds", "When the process began its job, since 1970.");
    out.known(&[], started(moment));
    out.finish()
}
