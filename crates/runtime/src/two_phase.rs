//! Two-phase sinks around the commit of an epoch: prepared before it, with what they prepared stored in the epoch's state;
//! made visible after it; and finished by the next start if the process ends in between.

use std::collections::{BTreeMap, BTreeSet};

use streamsql_core::{ChangeBatch, Epoch, EpochRows, Error, Result, StopHandle};
use streamsql_plan::NodeId;
use streamsql_state::manifest::Manifest;
use streamsql_state::store::StateStore;

use crate::job::SinkBinding;

/// Contacts the targets, before the job is taken over.
pub(crate) fn open(sinks: &mut BTreeMap<NodeId, SinkBinding>, halt: &StopHandle) -> Result<()> {
    for binding in sinks.values_mut() {
        if let SinkBinding::TwoPhase(_, sink) = binding {
            sink.halt_with(halt);
            sink.open()?;
        }
    }
    Ok(())
}

/// Ends what the instance before left unfinished, after the job was taken over; whether an epoch should follow at once.
pub(crate) fn recover(
    sinks: &mut BTreeMap<NodeId, SinkBinding>,
    store: &StateStore,
    committed: Epoch,
    manifest: Option<&Manifest>,
) -> Result<bool> {
    let mut finished = false;
    for binding in sinks.values_mut() {
        if let SinkBinding::TwoPhase(name, sink) = binding {
            let token = manifest.map_or(Ok(None), |manifest| store.token(manifest, name))?;
            finished |= sink.recover(committed, token.as_deref())?;
        }
    }
    let names = sinks.values().filter_map(|binding| match binding {
        SinkBinding::TwoPhase(name, _) => Some(name.as_str()),
        _ => None,
    });
    let names: BTreeSet<&str> = names.collect();
    let tokens = manifest.into_iter().flat_map(|manifest| &manifest.tokens);
    for token in tokens.filter(|token| !names.contains(token.sink.as_str())) {
        tracing::warn!(
            "the job no longer writes to {}: if it was killed, rows of its last epoch may still be hidden there; a start \
             that writes to it shows them",
            token.sink
        );
    }
    Ok(finished)
}

/// What each sink prepared, by its node.
pub(crate) type Prepared = BTreeMap<NodeId, Vec<u8>>;

/// Has every two-phase sink prepare its rows, which are taken out of `changes`; `rows` says what else the epoch is.
pub(crate) fn prepare(
    sinks: &mut BTreeMap<NodeId, SinkBinding>,
    changes: &mut BTreeMap<NodeId, Vec<ChangeBatch>>,
    rows: impl for<'r> Fn(&'r [ChangeBatch]) -> EpochRows<'r>,
) -> Result<Prepared> {
    let mut prepared = Prepared::new();
    for (node, binding) in sinks {
        if let SinkBinding::TwoPhase(_, sink) = binding {
            let changes = changes.remove(node).unwrap_or_default();
            let token = sink.prepare(&rows(&changes))?;
            prepared.insert(*node, token);
        }
    }
    Ok(prepared)
}

/// The tokens by the sinks' names, as they are stored.
pub(crate) fn tokens(
    sinks: &BTreeMap<NodeId, SinkBinding>,
    prepared: &Prepared,
) -> Result<Vec<(String, Vec<u8>)>> {
    let named = prepared.iter().map(|(node, token)| match sinks.get(node) {
        Some(SinkBinding::TwoPhase(name, _)) => Ok((name.clone(), token.clone())),
        _ => Err(Error::internal("a token of no sink")),
    });
    named.collect()
}

/// Makes visible what was prepared; the epoch is committed.
pub(crate) fn commit(
    sinks: &mut BTreeMap<NodeId, SinkBinding>,
    prepared: &Prepared,
    epoch: Epoch,
) -> Result<()> {
    for (node, token) in prepared {
        if let Some(SinkBinding::TwoPhase(_, sink)) = sinks.get_mut(node) {
            sink.commit(epoch, token)?;
        }
    }
    Ok(())
}

/// When the first of the sinks wants an epoch to end even if no row comes.
pub(crate) fn due_ms(sinks: &BTreeMap<NodeId, SinkBinding>) -> Option<i64> {
    let due = sinks.values().filter_map(|binding| match binding {
        SinkBinding::TwoPhase(_, sink) => sink.due_ms(),
        _ => None,
    });
    due.min()
}
