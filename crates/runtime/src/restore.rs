//! What a start takes from the stored state: the committed epoch's manifest, checked against the plan, and the graphs.

use std::collections::BTreeSet;

use streamsql_core::{CommittedEpoch, Epoch, Error, Result, StopHandle};
use streamsql_plan::NodeId;
use streamsql_state::manifest::Manifest;
use streamsql_state::store::StateStore;

use crate::graph::Graph;
use crate::job::Job;

/// Hash of a plan's fingerprint, as stored beside the committed epoch.
pub(crate) fn plan_hash(fingerprint: &str) -> Vec<u8> {
    streamsql_state::store::content_hash(fingerprint.as_bytes())
}

/// The shards' operators with the state that the manifest names.
pub(crate) fn restored_graphs(
    job: &Job,
    committed: Epoch,
    manifest: Option<&Manifest>,
    halt: &StopHandle,
) -> Result<Vec<Graph>> {
    let shards = job.options.parallelism.max(1);
    let mut graphs = (0..shards)
        .map(|shard| Graph::build(&job.dataflow, &job.constructors, shard, shards, committed, halt))
        .collect::<Result<Vec<_>>>()?;
    if let Some(manifest) = manifest {
        let stored: BTreeSet<(usize, usize)> = manifest.segments.iter().map(|s| (s.node, s.table)).collect();
        for graph in &mut graphs {
            // An operator that kept nothing so far has a past, too.
            for node in 0..graph.len() {
                let missing = || Error::state(format!("stored state names node {node}, which has none"));
                let mut numbers = stored.iter().filter(|(of, _)| *of == node).map(|(_, number)| *number);
                let Some(operator) = graph.operator(NodeId(node)) else {
                    numbers.next().map_or(Ok(()), |_| Err(missing()))?;
                    continue;
                };
                let mut tables = operator.tables();
                for number in numbers {
                    let table = tables.get_mut(number).ok_or_else(missing)?;
                    job.store.restore(manifest, node, number, &mut **table)?;
                }
                let keeps = !tables.is_empty();
                drop(tables);
                if keeps {
                    operator.restored()?;
                }
            }
            if let Some((node, _)) = stored.iter().find(|(node, _)| *node >= graph.len()) {
                return Err(Error::state(format!("stored state names node {node}, which has none")));
            }
        }
    }
    Ok(graphs)
}

/// The manifest that the committed epoch names; none for a job that never committed.
///
/// # Errors
/// `State` when it is missing or damaged, was written by another plan, or when only one of database and state folder
/// knows of an earlier commit: that is never taken for a fresh start.
pub(crate) fn stored_manifest(
    store: &mut StateStore,
    committed: Option<&CommittedEpoch>,
    fingerprint: &str,
) -> Result<Option<Manifest>> {
    match committed.filter(|committed| committed.epoch > Epoch(0)) {
        Some(CommittedEpoch { manifest: Some((name, hash)), .. }) => {
            let manifest = store.load(name, hash)?;
            check_fingerprint(&manifest.plan_fingerprint, fingerprint)?;
            Ok(Some(manifest))
        }
        Some(committed) => {
            Err(Error::state(format!("epoch {} was committed without a manifest", committed.epoch)))
        }
        None if store.was_committed()? => Err(Error::state(
            "the state folder belongs to a job that has committed, but no commit of it is found",
        )
        .hint(
            "restore the job's row in streamsql.job (is it the right database?); to start afresh remove the state \
             folder and empty the target tables",
        )),
        None => Ok(None),
    }
}

fn check_fingerprint(stored: &str, current: &str) -> Result<()> {
    if stored == current {
        return Ok(());
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (lines(stored), lines(current));
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("  - {line}"));
    let added = new.iter().filter(|line| !old.contains(line)).map(|line| format!("  + {line}"));
    let difference: Vec<String> = gone.chain(added).take(20).collect();
    Err(Error::state(format!("the stored state belongs to another plan:\n{}", difference.join("\n"))).hint(
        "go back to the SQL that wrote it, or give the job a new name in streamsql.yaml (it then starts afresh; \
         empty the target tables first)",
    ))
}
