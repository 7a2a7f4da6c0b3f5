//! What a start takes from the stored state: the committed epoch's manifest, brought to this plan, and the graphs.

use std::collections::{BTreeMap, BTreeSet};

use streamsql_core::{CommittedEpoch, Epoch, Error, KeyGroupRange, Result, StateTable, StopHandle};
use streamsql_plan::NodeId;
use streamsql_plan::fingerprint::fingerprint;
use streamsql_state::manifest::{Manifest, StoredPlan, StoredTable};
use streamsql_state::store::StateStore;
use streamsql_state::tables::WiderTable;

use crate::graph::Graph;
use crate::huge_pages;
use crate::job::Job;
use crate::state_plan::{Narrowed, StatePlan, state_plan};

/// Hash of a plan, as stored beside the committed epoch.
pub(crate) fn plan_hash(plan: &StoredPlan) -> Vec<u8> {
    let addresses: Vec<&str> = plan.nodes.iter().map(|node| node.address.as_str()).collect();
    streamsql_state::store::content_hash(addresses.join("\n").as_bytes())
}

/// Stored state, brought to the plan that goes on with it.
pub(crate) struct Stored {
    /// Its node numbers are those of this plan.
    pub manifest: Manifest,
    /// Nodes of this plan that have a past, also where nothing of it is stored.
    kept: BTreeSet<usize>,
    /// Tables whose rows stand in the manifest with more columns.
    narrowed: Narrowed,
    /// What became of the state, where another plan has written it.
    pub changed: Option<StatePlan>,
    /// Whether the next epoch is to be recorded at once: what is stored names another plan or an older form of this one.
    pub is_to_be_recorded: bool,
}

/// The shards' operators with the state that the manifest names.
pub(crate) fn restored_graphs(
    job: &Job,
    committed: Epoch,
    stored: Option<&Stored>,
    halt: &StopHandle,
) -> Result<Vec<Graph>> {
    let shards = job.options.parallelism.max(1);
    let mut graphs = (0..shards)
        .map(|shard| Graph::build(&job.dataflow, &job.constructors, shard, shards, committed, halt))
        .collect::<Result<Vec<_>>>()?;
    let Some(Stored { manifest, kept, narrowed, .. }) = stored else { return Ok(graphs) };
    huge_pages::on_for(manifest.segments.iter().map(|segment| segment.length).sum());
    let tables_of: BTreeSet<(usize, usize)> = manifest.segments.iter().map(|s| (s.node, s.table)).collect();
    if let Some((node, _)) = tables_of.iter().find(|(node, _)| !kept.contains(node)) {
        return Err(Error::state(format!("stored state names node {node}, which keeps none")));
    }
    for (shard, graph) in graphs.iter_mut().enumerate() {
        // An operator that kept nothing so far has a past, too.
        for node in kept {
            let missing = || Error::state(format!("stored state names node {node}, which has none"));
            let mut numbers = tables_of.iter().filter(|(of, _)| of == node).map(|(_, number)| *number);
            let Some(operator) = graph.operator(NodeId(*node)) else {
                numbers.next().map_or(Ok(()), |_| Err(missing()))?;
                continue;
            };
            let mut tables = operator.tables();
            for number in numbers {
                let table = tables.get_mut(number).ok_or_else(missing)?;
                match narrowed.get(&(*node, number)) {
                    None => job.store.restore(manifest, *node, number, &mut **table)?,
                    Some((wider, columns)) => {
                        let range = KeyGroupRange::of_shard(shard, shards);
                        let mut wider = wider_table(wider, columns, range, &mut **table)?;
                        job.store.restore(manifest, *node, number, &mut wider)?;
                    }
                }
            }
            let keeps = !tables.is_empty();
            drop(tables);
            if keeps {
                operator.restored()?;
            }
        }
    }
    Ok(graphs)
}

/// What stands before `table` to read what a wider one has stored.
fn wider_table<'t>(
    wider: &StoredTable,
    columns: &[usize],
    range: KeyGroupRange,
    table: &'t mut dyn StateTable,
) -> Result<WiderTable<'t>> {
    let unknown = || Error::state(format!("it is not known how state table {} was stored", wider.name));
    let rows = wider.rows.as_ref().ok_or_else(unknown)?;
    let fingerprint = u64::from_str_radix(&wider.layout, 16).map_err(|_| unknown())?;
    WiderTable::new(rows, fingerprint, columns, range, table)
}

/// What the committed epoch names, for this plan; none for a job that never committed.
///
/// # Errors
/// `State` when it is missing or damaged, when another plan wrote it whose state this one does not keep and the options
/// do not allow to drop it, or when only one of database and state folder knows of an earlier commit: that is never
/// taken for a fresh start.
pub(crate) fn stored_state(
    job: &mut Job,
    committed: Option<&CommittedEpoch>,
    plan: &StoredPlan,
) -> Result<Option<Stored>> {
    let Some(mut manifest) = committed_manifest(&mut job.store, committed)? else { return Ok(None) };
    if !manifest.plan_fingerprint.is_empty() {
        check_fingerprint(&manifest.plan_fingerprint, &fingerprint(&job.dataflow))?;
        let kept = (0..plan.nodes.len()).collect();
        let narrowed = Narrowed::new();
        return Ok(Some(Stored { manifest, kept, narrowed, changed: None, is_to_be_recorded: true }));
    }
    let mistake = job.options.reload_mistake.filter(|_| !same_addresses(&manifest.plan, plan));
    if let Some(mistake) = mistake {
        mistake.spoil_choice(&mut job.store, &mut manifest)?;
    }
    let changes = state_plan(&manifest.plan, plan);
    if changes.loses_state() && !job.options.allow_drop {
        return Err(changes.refusal());
    }
    let nodes = changes.kept();
    let narrowed = changes.narrowed(&manifest.plan);
    job.store.adopt(&mut manifest, &nodes, &narrowed.keys().copied().collect());
    adopt_sources(&mut manifest, &changes, &nodes);
    if let Some(mistake) = mistake {
        mistake.spoil_state(&mut manifest);
    }
    let kept = nodes.values().copied().collect();
    let is_other = manifest.plan != *plan;
    let moves = !same_addresses(&manifest.plan, plan);
    let changed = moves.then_some(changes);
    Ok(Some(Stored { manifest, kept, narrowed, changed, is_to_be_recorded: is_other }))
}

fn same_addresses(old: &StoredPlan, new: &StoredPlan) -> bool {
    let addresses =
        |plan: &StoredPlan| -> Vec<String> { plan.nodes.iter().map(|node| node.address.clone()).collect() };
    addresses(old) == addresses(new)
}

fn adopt_sources(manifest: &mut Manifest, changes: &StatePlan, nodes: &BTreeMap<usize, usize>) {
    let forgets =
        |node: usize| changes.entries.iter().any(|entry| entry.new == Some(node) && entry.forgets_time);
    let sources = std::mem::take(&mut manifest.sources);
    for mut source in sources {
        let Some(node) = nodes.get(&source.node) else { continue };
        source.node = *node;
        if forgets(*node) {
            source.watermark_ms = None;
            source.splits.iter_mut().for_each(|split| split.watermark_ms = None);
        }
        manifest.sources.push(source);
    }
}

/// The manifest that a committed epoch names, as it was written; none for a job that never committed.
///
/// # Errors
/// As [`stored_state`], but for the plan.
pub fn committed_manifest(
    store: &mut StateStore,
    committed: Option<&CommittedEpoch>,
) -> Result<Option<Manifest>> {
    match committed.filter(|committed| committed.epoch > Epoch(0)) {
        Some(CommittedEpoch { manifest: Some((name, hash)), .. }) => Ok(Some(store.load(name, hash)?)),
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

/// State of format version 2 names its plan as a whole: it serves the same plan alone.
///
/// # Errors
/// `State` for another plan.
pub fn check_fingerprint(stored: &str, current: &str) -> Result<()> {
    if stored == current {
        return Ok(());
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (lines(stored), lines(current));
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("  - {line}"));
    let added = new.iter().filter(|line| !old.contains(line)).map(|line| format!("  + {line}"));
    let difference: Vec<String> = gone.chain(added).take(20).collect();
    Err(Error::state(format!(
        "the stored state belongs to another plan, and a build before this one wrote it, without what is needed to \
         keep a part:\n{}",
        difference.join("\n")
    ))
    .hint(
        "run the job once with the SQL that wrote the state, which converts it; then change the SQL. Or give the job a \
         new name in streamsql.yaml (it then starts afresh; empty the target tables first)",
    ))
}
