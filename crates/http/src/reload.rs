//! `/api/v1/reload`: the job goes on with what its files have become, and what the last such request came to.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{Response, StatusCode};
use axum::routing::{MethodRouter, get};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::routes::{Shared, error, json_answer};
use crate::times::iso;
use crate::view::JobView;

/// How long an answer waits for what the request comes to; later it is asked for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a reload came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadResult {
    /// It is under way.
    Applying,
    /// The job runs as the files say.
    Applied,
    /// It would lose state, and was not allowed to.
    Refused,
    /// The files cannot be planned.
    Invalid,
    /// What they say cannot be started; the job goes on as before where it can.
    Failed,
}

impl ReloadResult {
    /// What a reload can come to.
    pub const ENDS: [Self; 4] = [Self::Applied, Self::Refused, Self::Invalid, Self::Failed];

    pub fn name(self) -> &'static str {
        match self {
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Failed => "failed",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Applying => StatusCode::ACCEPTED,
            Self::Applied => StatusCode::OK,
            Self::Refused => StatusCode::CONFLICT,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A reload that was asked for.
#[derive(Clone, Debug)]
pub struct Reload {
    /// Counts from 1 in each process.
    pub number: u64,
    pub at_ms: i64,
    pub result: ReloadResult,
    /// What happened, for people; the state plan, or why it came to nothing. Without secrets.
    pub message: String,
    /// What becomes of the state, as `diff --format json` has it.
    pub state_plan: Option<Value>,
}

/// Who reloads the job.
pub trait Reloads: Send + Sync {
    /// Reloads; waits for what it comes to. None while another one is under way.
    fn reload(&self, allow_drop: bool) -> Option<Reload>;

    /// The last one of this process.
    fn last(&self) -> Option<Reload>;

    /// How many came to what, in this process; every result that is one is there.
    fn counts(&self) -> Vec<(ReloadResult, u64)>;

    /// Whether changed files are noticed by themselves.
    fn watches(&self) -> bool;
}

pub(crate) fn json(reload: &Reload) -> Value {
    json!({
        "number": reload.number,
        "at": iso(reload.at_ms),
        "result": reload.result.name(),
        "message": reload.message,
        "state_plan": reload.state_plan,
    })
}

/// The last reload of the job, or null.
pub(crate) fn last(view: &JobView) -> Value {
    view.reloads.as_ref().and_then(|reloads| reloads.last()).map_or(Value::Null, |reload| json(&reload))
}

fn document(view: &JobView, last: Value) -> Value {
    let watches = view.reloads.as_ref().is_some_and(|reloads| reloads.watches());
    json!({ "schema_version": 1, "watches": watches, "last": last })
}

#[derive(Deserialize)]
struct ReloadQuery {
    allow_drop: Option<bool>,
}

pub(crate) fn route() -> MethodRouter<Shared> {
    get(async |State(shared): State<Shared>| {
        json_answer(StatusCode::OK, &document(&shared.view, last(&shared.view)))
    })
    .post(reload)
}

async fn reload(State(shared): State<Shared>, Query(query): Query<ReloadQuery>) -> Response<Body> {
    let Some(reloads) = shared.view.reloads.clone() else {
        return error(StatusCode::NOT_FOUND, "this job has no files that could be read again");
    };
    tracing::info!("a request over HTTP asks the job to go on with what its files say");
    let allow_drop = query.allow_drop.unwrap_or(false);
    let asked = Arc::clone(&reloads);
    let work = tokio::task::spawn_blocking(move || asked.reload(allow_drop));
    let answer = match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(Some(reload))) => Some(reload),
        Ok(Ok(None)) => return error(StatusCode::SERVICE_UNAVAILABLE, "another reload is under way"),
        Ok(Err(_)) => return error(StatusCode::INTERNAL_SERVER_ERROR, "the reload has panicked"),
        Err(_) => reloads.last(),
    };
    match answer {
        Some(reload) => json_answer(reload.result.status(), &document(&shared.view, json(&reload))),
        None => error(StatusCode::SERVICE_UNAVAILABLE, "the reload has not begun"),
    }
}
