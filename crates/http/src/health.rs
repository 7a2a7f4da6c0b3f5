//! Liveness and readiness, for probes.

use streamsql_runtime::JobState;

use crate::times::span;
use crate::view::{JobView, Moment};

/// What keeps the job from being ready: it must read, and what it closed must be committed in time. Empty when it is.
pub(crate) fn not_ready(view: &JobView, moment: &Moment) -> Vec<String> {
    let mut reasons = Vec::new();
    let state = moment.standing.state;
    if state != JobState::Running {
        reasons.push(format!("the job is {}", state.name()));
    }
    let patience = view.patience_ms();
    if let Some(since) = moment.epochs.pending_ms.filter(|since| moment.now_ms - since > patience) {
        reasons.push(format!("an epoch waits for its commit since {}", span(moment.now_ms - since)));
    }
    let silent = moment.now_ms - moment.standing.alive_ms;
    if state == JobState::Running && silent > patience {
        reasons.push(format!("the job has not moved for {}", span(silent)));
    }
    reasons
}
