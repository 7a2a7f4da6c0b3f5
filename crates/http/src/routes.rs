//! Paths and what answers them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::routing::{get, post};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use streamsql_core::{ChangeBatch, Schema};
use tokio::sync::watch;

use crate::guard::{Guard, protect, refused};
use crate::looks::{self, LastBoard};
use crate::view::JobView;
use crate::{api, exposition, flink, health, openapi, page, prometheus, reload};

/// The paths of `/api/v1`.
#[cfg(test)]
pub(crate) const API: [&str; 15] = [
    "/api/v1/job",
    "/api/v1/nodes",
    "/api/v1/plan",
    "/api/v1/epochs",
    "/api/v1/sources",
    "/api/v1/why",
    "/api/v1/errors",
    "/api/v1/files",
    "/api/v1/events",
    "/api/v1/tap",
    "/api/v1/keys",
    "/api/v1/board",
    "/api/v1/stop",
    "/api/v1/reload",
    "/api/v1/openapi.json",
];

/// Streams at the same time.
const MOST_STREAMS: usize = 32;
/// Between two looks at a tapped node.
const TAP_EVERY: Duration = Duration::from_millis(50);

/// Writes rows as JSON lines, in the form of `query --output json`.
pub type RowFormat =
    Arc<dyn Fn(&Schema, &ChangeBatch, &mut Vec<u8>) -> streamsql_core::Result<()> + Send + Sync>;

/// What the server asks of whoever started it.
#[derive(Clone)]
pub struct Hooks {
    /// Asks the job to end well.
    pub stop: Arc<dyn Fn() + Send + Sync>,
    /// Writes tapped rows.
    pub rows: RowFormat,
    /// Reads what the Board shows; may wait for a database, on a thread for that.
    pub board: Arc<dyn Fn() -> Value + Send + Sync>,
}

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub view: Arc<JobView>,
    pub guard: Arc<Guard>,
    pub hooks: Hooks,
    /// The Board as it was last read.
    pub board: Arc<LastBoard>,
    /// Tells those who follow events.
    pub events: Arc<watch::Sender<Bytes>>,
    pub streams: Arc<AtomicUsize>,
}

/// A stream that is open.
pub(crate) struct OpenStream(Arc<AtomicUsize>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    pub(crate) fn open_stream(&self) -> Option<OpenStream> {
        let before = self.streams.fetch_add(1, Ordering::Relaxed);
        let stream = OpenStream(Arc::clone(&self.streams));
        (before < MOST_STREAMS).then_some(stream)
    }
}

pub(crate) fn router(shared: Shared) -> Router {
    let guarded = Arc::clone(&shared.guard);
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/api/v1/job", get(async |State(s): State<Shared>| of_moment(&s, api::job)))
        .route("/api/v1/nodes", get(async |State(s): State<Shared>| of_moment(&s, api::nodes)))
        .route("/api/v1/sources", get(async |State(s): State<Shared>| of_moment(&s, api::sources)))
        .route("/api/v1/why", get(async |State(s): State<Shared>| of_moment(&s, api::why)))
        .route("/api/v1/errors", get(async |State(s): State<Shared>| of_moment(&s, api::errors)))
        .route(
            "/api/v1/plan",
            get(async |State(s): State<Shared>| text("application/json", api::plan(&s.view))),
        )
        .route(
            "/api/v1/files",
            get(async |State(s): State<Shared>| json_answer(StatusCode::OK, &api::files(&s.view))),
        )
        .route("/api/v1/epochs", get(epochs))
        .route("/api/v1/openapi.json", get(async || text("application/json", openapi::DOCUMENT)))
        .route("/api/v1/events", get(events))
        .route("/api/v1/tap", get(tap))
        .route("/api/v1/keys", get(looks::keys))
        .route("/api/v1/board", get(looks::board))
        .route("/api/v1/stop", post(stop))
        .route("/api/v1/reload", reload::route())
        .merge(flink::routes())
        .merge(page::routes())
        .fallback(async || error(StatusCode::NOT_FOUND, "there is nothing here; see /api/v1/openapi.json"))
        .method_not_allowed_fallback(async || {
            error(StatusCode::METHOD_NOT_ALLOWED, "this path takes another method")
        })
        .layer(from_fn_with_state(guarded, guarded_by))
        .with_state(shared)
}

/// Asks the guard before anything else, and protects every answer.
async fn guarded_by(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response<Body> {
    let mut response = match guard.check(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused(refusal),
    };
    protect(response.headers_mut());
    response
}

pub(crate) fn text(content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

pub(crate) fn json_answer(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = text("application/json", format!("{value}\n"));
    *response.status_mut() = status;
    response
}

pub(crate) fn error(status: StatusCode, message: &str) -> Response<Body> {
    json_answer(status, &json!({ "error": message }))
}

fn of_moment(shared: &Shared, of: fn(&JobView, &crate::view::Moment) -> Value) -> Response<Body> {
    json_answer(StatusCode::OK, &of(&shared.view, &shared.view.now()))
}

async fn healthz(State(shared): State<Shared>) -> Response<Body> {
    let standing = shared.view.metrics.standing.snapshot();
    let mut response = text("text/plain; charset=utf-8", format!("{}\n", standing.state.name()));
    if standing.failure.is_some() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

async fn readyz(State(shared): State<Shared>) -> Response<Body> {
    let reasons = health::not_ready(&shared.view, &shared.view.now());
    if reasons.is_empty() {
        return text("text/plain; charset=utf-8", "ready\n");
    }
    let mut response = text("text/plain; charset=utf-8", format!("{}\n", reasons.join("\n")));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

async fn metrics(State(shared): State<Shared>) -> Response<Body> {
    text(exposition::CONTENT_TYPE, prometheus::text(&shared.view))
}

#[derive(Deserialize)]
struct EpochsQuery {
    seconds: Option<usize>,
}

async fn epochs(State(shared): State<Shared>, Query(query): Query<EpochsQuery>) -> Response<Body> {
    let seconds = query.seconds.unwrap_or(60).clamp(1, 900);
    json_answer(StatusCode::OK, &api::epochs(&shared.view, &shared.view.now(), seconds))
}

async fn stop(State(shared): State<Shared>) -> Response<Body> {
    tracing::info!("a request over HTTP asks the job to stop");
    (shared.hooks.stop)();
    json_answer(StatusCode::ACCEPTED, &json!({ "schema_version": 1, "stopping": true }))
}

pub(crate) const TOO_MANY: &str = "too many streams are open; close one";

async fn events(State(shared): State<Shared>) -> Response<Body> {
    let Some(open) = shared.open_stream() else { return error(StatusCode::SERVICE_UNAVAILABLE, TOO_MANY) };
    // The first message at once, then each as it is made; who is slow gets the latest.
    let first = Bytes::from(format!("data: {}\n\n", api::event(&shared.view)));
    let state = (Some(first), shared.events.subscribe(), open);
    let messages = stream::unfold(state, async |(first, mut events, open)| {
        if let Some(first) = first {
            return Some((Ok::<_, std::convert::Infallible>(first), (None, events, open)));
        }
        events.changed().await.ok()?;
        let message = events.borrow_and_update().clone();
        Some((Ok(message), (None, events, open)))
    });
    text("text/event-stream", Body::from_stream(Box::pin(messages)))
}

#[derive(Deserialize)]
struct TapQuery {
    node: String,
    limit: Option<u64>,
}

async fn tap(State(shared): State<Shared>, Query(query): Query<TapQuery>) -> Response<Body> {
    let node = match shared.view.node_named(&query.node) {
        Ok(node) => node,
        Err(message) => return error(StatusCode::NOT_FOUND, &message),
    };
    let Some(open) = shared.open_stream() else { return error(StatusCode::SERVICE_UNAVAILABLE, TOO_MANY) };
    let tap = shared.view.metrics.taps.open(node);
    let schema = shared.view.facts.dataflow.nodes[node].schema.clone();
    let mut every = tokio::time::interval(TAP_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let columns: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
    let head = json!({ "node": node, "kind": shared.view.nodes[node].kind, "columns": columns });
    let first = Some(Bytes::from(format!("event: tap\ndata: {head}\n\n")));
    // What is asked for stays open until the reader goes: a quiet node gets a comment now and then, so that is noticed.
    let state = (first, tap, every, query.limit.unwrap_or(u64::MAX), 0_u32, open);
    let messages = stream::unfold(state, move |(mut first, tap, mut every, mut left, mut quiet, open)| {
        let (rows, schema) = (Arc::clone(&shared.hooks.rows), schema.clone());
        let view = Arc::clone(&shared.view);
        async move {
            if let Some(first) = first.take() {
                return Some((Ok::<_, streamsql_core::Error>(first), (None, tap, every, left, 0, open)));
            }
            if left == 0 {
                return None;
            }
            let mut out = Vec::new();
            while out.is_empty() {
                every.tick().await;
                // Another job has taken its place: who asks again gets the rows of that one.
                if view.is_retired() {
                    return None;
                }
                while left > 0
                    && let Some(batch) = tap.next()
                {
                    let shown = (batch.num_rows() as u64).min(left);
                    left -= shown;
                    if let Err(error) = events_of(&rows, &schema, &batch.slice(0, shown as usize), &mut out) {
                        return Some((Err(error), (None, tap, every, 0, 0, open)));
                    }
                }
                let missed = tap.missed();
                if missed > 0 {
                    out.extend_from_slice(
                        format!("event: missed\ndata: {{\"rows\":{missed}}}\n\n").as_bytes(),
                    );
                }
                quiet += 1;
                if quiet.is_multiple_of(100) && out.is_empty() {
                    out.extend_from_slice(b": quiet\n\n");
                }
            }
            Some((Ok(Bytes::from(out)), (None, tap, every, left, quiet, open)))
        }
    });
    text("text/event-stream", Body::from_stream(Box::pin(messages)))
}

/// Each row as an event.
fn events_of(
    rows: &RowFormat,
    schema: &Schema,
    batch: &ChangeBatch,
    out: &mut Vec<u8>,
) -> streamsql_core::Result<()> {
    let mut lines = Vec::new();
    rows(schema, batch, &mut lines)?;
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.extend_from_slice(b"\n\n");
    }
    Ok(())
}
