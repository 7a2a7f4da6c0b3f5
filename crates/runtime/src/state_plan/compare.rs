//! Two plans side by side.

use std::collections::{BTreeMap, BTreeSet};

use streamsql_state::manifest::{StoredNode, StoredPlan, StoredSource};

use super::{Entry, Fate, StatePlan, Subject};

/// What becomes of the state of `old` under `new`.
pub fn state_plan(old: &StoredPlan, new: &StoredPlan) -> StatePlan {
    let positions = positions(old, new);
    let comparison = Comparison { old, new, positions: &positions };
    let mut entries = positions.clone();
    entries.extend(comparison.nodes());
    StatePlan { entries }
}

fn source(node: &StoredNode) -> Option<&StoredSource> {
    node.source.as_ref()
}

/// What becomes of the positions of sources.
fn positions(old: &StoredPlan, new: &StoredPlan) -> Vec<Entry> {
    let sources = |plan: &StoredPlan| -> BTreeMap<String, usize> {
        let named = plan.nodes.iter().enumerate();
        named.filter_map(|(at, node)| Some((source(node)?.address.clone(), at))).collect()
    };
    let (before, now) = (sources(old), sources(new));
    let mut entries = Vec::new();
    for (at, node) in new.nodes.iter().enumerate() {
        let Some(source) = source(node) else { continue };
        let kept = before.get(&source.address).copied();
        let forgets_time = kept.is_some_and(|old_at| {
            old.nodes[old_at].source.as_ref().is_some_and(|before| before.watermark != source.watermark)
        });
        let read_otherwise = || {
            let of_name = old.nodes.iter().filter_map(self::source).any(|before| before.name == source.name);
            match of_name && source.is_table {
                true => "it was read from another place; reading begins where its options say",
                false => "it was not read before; reading begins where its options say",
            }
        };
        entries.push(Entry {
            fate: if kept.is_some() { Fate::Kept } else { Fate::New },
            reason: kept.is_none().then(|| read_otherwise().to_owned()),
            old: kept,
            new: Some(at),
            forgets_time,
            ..entry(Subject::Position, node)
        });
    }
    for (at, node) in old.nodes.iter().enumerate() {
        let Some(source) = source(node).filter(|source| source.is_table) else { continue };
        if !now.contains_key(&source.address) {
            entries.push(Entry {
                fate: Fate::Dropped,
                reason: Some(
                    "it is not read any more; read again later, it begins where its options say".into(),
                ),
                old: Some(at),
                ..entry(Subject::Position, node)
            });
        }
    }
    entries
}

/// An entry with what it says of its node.
fn entry(subject: Subject, node: &StoredNode) -> Entry {
    let shown = match (subject, source(node)) {
        (Subject::Position, Some(source)) => source.name.clone(),
        _ => node.shown.clone(),
    };
    Entry {
        subject,
        fate: Fate::New,
        address: match (subject, source(node)) {
            (Subject::Position, Some(source)) => source.address.clone(),
            _ => node.address.clone(),
        },
        kind: node.kind.clone(),
        shown,
        place: node.place.clone(),
        tables: node.tables.iter().map(|table| table.name.clone()).collect(),
        old: None,
        new: None,
        reason: None,
        forgets_time: false,
        narrowed: BTreeMap::new(),
    }
}

struct Comparison<'a> {
    old: &'a StoredPlan,
    new: &'a StoredPlan,
    positions: &'a [Entry],
}

impl Comparison<'_> {
    fn nodes(&self) -> Vec<Entry> {
        let stateful = |plan: &StoredPlan| -> Vec<usize> {
            (0..plan.nodes.len()).filter(|at| !plan.nodes[*at].tables.is_empty()).collect()
        };
        let (mut before, now) = (stateful(self.old), stateful(self.new));
        // Who is of the same address first: nobody else may take his place in the reasons below.
        let mut fates: BTreeMap<usize, (Fate, Option<usize>)> = BTreeMap::new();
        for at in &now {
            let same = |old: &usize| self.old.nodes[*old].address == self.new.nodes[*at].address;
            if let Some(place) = before.iter().position(same) {
                let old = before.remove(place);
                let fate = if self.fits(old, *at) { Fate::Kept } else { Fate::Rebuilt };
                fates.insert(*at, (fate, Some(old)));
            }
        }
        // Then who has kept the same rows with other columns: of several the one with the fewest.
        let mut narrowed: BTreeMap<usize, BTreeMap<usize, Vec<usize>>> = BTreeMap::new();
        for at in now.iter().filter(|at| !fates.contains_key(at)).copied().collect::<Vec<_>>() {
            let found = before.iter().enumerate().filter_map(|(place, old)| {
                let tables = self.narrowed(*old, at)?;
                Some((self.width(*old), place, tables))
            });
            let Some((_, place, tables)) = found.min_by_key(|(width, place, _)| (*width, *place)) else {
                continue;
            };
            fates.insert(at, (Fate::Kept, Some(before.remove(place))));
            narrowed.insert(at, tables);
        }
        for at in now.iter().filter(|at| !fates.contains_key(at)).copied().collect::<Vec<_>>() {
            let successor = self.likest(at, &before).map(|place| before.remove(place));
            let read_before = self.sources_below(self.new, at).iter().any(|source| self.is_kept(*source));
            let fate = if successor.is_some() || read_before { Fate::Rebuilt } else { Fate::New };
            fates.insert(at, (fate, successor));
        }
        let mut entries: Vec<Entry> = Vec::new();
        for (at, (fate, old)) in fates {
            let reason = match (fate, old) {
                (Fate::Kept | Fate::Dropped, _) => None,
                (_, Some(old)) => Some(self.difference(old, at)),
                (Fate::Rebuilt, None) => Some("it is new, and its inputs have been read before".to_owned()),
                (Fate::New, None) => Some("it is new, and so is what it reads".to_owned()),
            };
            entries.push(Entry {
                fate,
                old,
                new: Some(at),
                reason,
                narrowed: narrowed.remove(&at).unwrap_or_default(),
                ..entry(Subject::State, &self.new.nodes[at])
            });
        }
        entries.extend(before.into_iter().map(|at| Entry {
            fate: Fate::Dropped,
            old: Some(at),
            reason: Some("no node of the new plan is like it".to_owned()),
            ..entry(Subject::State, &self.old.nodes[at])
        }));
        entries
    }

    /// Whether what the old node has stored serves the new one.
    fn fits(&self, old: usize, new: usize) -> bool {
        let layouts = |node: &StoredNode| -> Vec<String> {
            node.tables.iter().map(|table| table.layout.clone()).collect()
        };
        layouts(&self.old.nodes[old]) == layouts(&self.new.nodes[new])
            && self.sources_below(self.new, new).iter().all(|source| self.is_kept(*source))
    }

    /// For the tables of `new` whose rows stand in `old` in other columns, where; none where those of `old` do not serve it.
    fn narrowed(&self, old: usize, new: usize) -> Option<BTreeMap<usize, Vec<usize>>> {
        let (before, now) = (&self.old.nodes[old], &self.new.nodes[new]);
        let is_same = !now.lineage.is_empty()
            && (&before.lineage, &before.kind, before.tables.len())
                == (&now.lineage, &now.kind, now.tables.len())
            && self.sources_below(self.new, new).iter().all(|source| self.is_kept(*source));
        if !is_same {
            return None;
        }
        let mut narrowed = BTreeMap::new();
        for (number, (before, now)) in before.tables.iter().zip(&now.tables).enumerate() {
            if before == now && now.rows.is_some() {
                continue;
            }
            let (Some(wider), Some(rows)) = (&before.rows, &now.rows) else { return None };
            let columns = (before.name == now.name).then(|| rows.columns_for(wider))??;
            narrowed.insert(number, columns);
        }
        Some(narrowed)
    }

    /// Columns of all tables of an old node.
    fn width(&self, old: usize) -> usize {
        let rows = self.old.nodes[old].tables.iter().filter_map(|table| table.rows.as_ref());
        rows.map(|rows| rows.columns.len()).sum()
    }

    /// Whether the position of a source of the new plan is kept, with its event time.
    fn is_kept(&self, source: usize) -> bool {
        let entry = self.positions.iter().find(|entry| entry.new == Some(source));
        entry.is_some_and(|entry| entry.fate == Fate::Kept)
    }

    fn sources_below(&self, plan: &StoredPlan, node: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            let Some(node) = plan.nodes.get(at).filter(|_| seen.insert(at)) else { continue };
            if node.source.is_some() {
                found.insert(at);
            }
            open.extend(&node.inputs);
        }
        found
    }

    /// Of old nodes that nobody has taken the one that `new` most likely was: of the same kind at least.
    fn likest(&self, new: usize, free: &[usize]) -> Option<usize> {
        let node = &self.new.nodes[new];
        let tables = |plan: &StoredPlan, at: usize| -> BTreeSet<String> {
            let below = self.sources_below(plan, at);
            below.into_iter().filter_map(|at| Some(plan.nodes[at].source.as_ref()?.name.clone())).collect()
        };
        let reads = tables(self.new, new);
        let likeness = |old: usize| {
            let other = &self.old.nodes[old];
            [
                other.definition == node.definition,
                other.place.is_some() && other.place == node.place,
                tables(self.old, old) == reads,
            ]
            .into_iter()
            .filter(|alike| *alike)
            .count()
        };
        let of_kind = free.iter().enumerate().filter(|(_, old)| self.old.nodes[**old].kind == node.kind);
        // Of equals the first.
        of_kind.max_by_key(|(place, old)| (likeness(**old), usize::MAX - place)).map(|(place, _)| place)
    }

    /// Why the state of `old` does not serve `new`.
    fn difference(&self, old: usize, new: usize) -> String {
        let (before, now) = (&self.old.nodes[old], &self.new.nodes[new]);
        if before.address == now.address {
            return match before.tables == now.tables {
                true => "what it reads is not read from where it was".to_owned(),
                false => "its rows are stored in another layout, such as with a time to live".to_owned(),
            };
        }
        if before.definition != now.definition && before.shown != now.shown {
            return format!("it was {}", before.shown);
        }
        match self.lowest(old, new).filter(|lowest| *lowest != (old, new)) {
            Some((old, new)) => {
                let (before, now) = (&self.old.nodes[old], &self.new.nodes[new]);
                let place = now.place.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
                match before.shown == now.shown {
                    true => format!("below it {} is another one{place}", now.shown),
                    false => format!("below it {} became {}{place}", before.shown, now.shown),
                }
            }
            None => "its types, or those of what it reads, are others".to_owned(),
        }
    }

    /// The lowest nodes at which two sub-plans differ.
    fn lowest(&self, old: usize, new: usize) -> Option<(usize, usize)> {
        let (before, now) = (self.old.nodes.get(old)?, self.new.nodes.get(new)?);
        if before.address == now.address {
            return None;
        }
        if before.kind == now.kind && before.inputs.len() == now.inputs.len() {
            let below = before.inputs.iter().zip(&now.inputs).find_map(|(old, new)| self.lowest(*old, *new));
            if below.is_some() {
                return below;
            }
        }
        Some((old, new))
    }
}

#[cfg(test)]
mod tests {
    use streamsql_state::manifest::StoredTable;

    use super::*;

    fn node(kind: &str, address: &str, definition: &str, inputs: &[usize]) -> StoredNode {
        StoredNode {
            address: address.into(),
            definition: definition.into(),
            lineage: String::new(),
            kind: kind.into(),
            shown: format!("{kind}({definition})"),
            place: None,
            inputs: inputs.to_vec(),
            tables: Vec::new(),
            source: None,
        }
    }

    fn scan(address: &str, table: &str) -> StoredNode {
        let source =
            StoredSource { address: table.into(), watermark: "w".into(), is_table: true, name: table.into() };
        StoredNode { source: Some(source), ..node("TableSourceScan", address, "", &[]) }
    }

    fn keeps(kind: &str, address: &str, definition: &str, inputs: &[usize]) -> StoredNode {
        let table = StoredTable { name: "rows".into(), layout: "l".into(), rows: None };
        StoredNode { tables: vec![table], ..node(kind, address, definition, inputs) }
    }

    fn plan(nodes: Vec<StoredNode>) -> StoredPlan {
        StoredPlan { nodes }
    }

    /// Fate, kind and reason of each entry.
    fn told(old: &StoredPlan, new: &StoredPlan) -> Vec<String> {
        let plan = state_plan(old, new);
        let entries = plan.entries.iter().filter(|entry| entry.subject == Subject::State);
        entries
            .map(|e| format!("{} {}: {}", e.fate.name(), e.shown, e.reason.clone().unwrap_or_default()))
            .collect()
    }

    fn counted() -> StoredPlan {
        plan(vec![scan("s", "t"), keeps("GroupAggregate", "g", "by k", &[0]), node("Sink", "x", "a", &[1])])
    }

    #[test]
    fn what_stands_above_does_not_matter() {
        let new = plan(vec![
            scan("s", "t"),
            scan("s2", "u"),
            keeps("GroupAggregate", "g", "by k", &[0]),
            node("Calc", "c", "n > 1", &[2]),
            node("Sink", "y", "b", &[3]),
        ]);
        assert_eq!(told(&counted(), &new), ["kept GroupAggregate(by k): "]);
        let plan = state_plan(&counted(), &new);
        assert_eq!(plan.kept(), BTreeMap::from([(0, 0), (1, 2)]));
        assert!(!plan.loses_state());
    }

    #[test]
    fn a_filter_below_is_the_reason() {
        let new = plan(vec![
            scan("s", "t"),
            node("Calc", "c", "v > 1", &[0]),
            keeps("GroupAggregate", "g2", "by k", &[1]),
        ]);
        assert_eq!(
            told(&counted(), &new),
            ["rebuilt GroupAggregate(by k): below it TableSourceScan() became Calc(v > 1)"]
        );
        assert_eq!(state_plan(&counted(), &new).refusal().kind.exit_code(), 6);
    }

    #[test]
    fn another_key_is_the_nodes_own_reason() {
        let new = plan(vec![scan("s", "t"), keeps("GroupAggregate", "g2", "by v", &[0])]);
        assert_eq!(told(&counted(), &new), ["rebuilt GroupAggregate(by v): it was GroupAggregate(by k)"]);
    }

    #[test]
    fn what_goes_is_dropped_and_what_comes_misses_what_was_read() {
        let new = plan(vec![
            scan("s", "t"),
            scan("s2", "u"),
            keeps("Deduplicate", "d", "", &[0]),
            keeps("Rank", "r", "", &[1]),
        ]);
        assert_eq!(
            told(&counted(), &new),
            [
                "rebuilt Deduplicate(): it is new, and its inputs have been read before",
                "new Rank(): it is new, and so is what it reads",
                "dropped GroupAggregate(by k): no node of the new plan is like it",
            ]
        );
    }

    #[test]
    fn another_layout_or_another_place_of_the_records_is_not_kept() {
        let mut new = counted();
        new.nodes[1].tables[0].layout = "with ttl".into();
        assert!(told(&counted(), &new)[0].contains("another layout"));
        let mut moved = counted();
        moved.nodes[0].source = scan("", "elsewhere").source;
        let plan = state_plan(&counted(), &moved);
        let fates: Vec<_> = plan.entries.iter().map(|entry| (entry.subject, entry.fate)).collect();
        assert_eq!(
            fates,
            [
                (Subject::Position, Fate::New),
                (Subject::Position, Fate::Dropped),
                (Subject::State, Fate::Rebuilt)
            ]
        );
    }

    #[test]
    fn another_rule_of_watermarks_keeps_the_position_alone() {
        let mut new = counted();
        if let Some(source) = &mut new.nodes[0].source {
            source.watermark = "other".into();
        }
        let plan = state_plan(&counted(), &new);
        assert_eq!((plan.entries[0].fate, plan.entries[0].forgets_time), (Fate::Kept, true));
    }
}
