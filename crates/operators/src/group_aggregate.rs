//! GroupAggregate: aggregates of each group, updated with every batch.
//!
//! Input       port 0, append-only or updating
//! Output      a group's first result is `+I`, a changed one `-U` `+U`, that of an emptied group `-D`; one change a group
//!             and batch, nothing when the result stays the same (unless a time-to-live must be renewed downstream); one
//!             a row where the order of changes matters downstream
//! State       `accumulators`: group -> row count and accumulators; `distinct-N`: (group, value) -> count, or
//!             a bit for each FILTER where nothing is taken back; `values-N`: group -> values of a call that
//!             needs them all, of MIN and MAX in their order with counts; for ever, or for `table.exec.state.ttl`
//! Watermark   passes
//! Late rows   processed like any other (Flink does not look at the watermark here)
//! Cost        O(rows) a batch, one hash lookup a group and batch; taking back a value of FIRST_VALUE, LAST_VALUE,
//!             LISTAGG or JSON_ARRAYAGG walks the values of its group before it; results of LISTAGG, COLLECT and JSON
//!             functions are as long as the group
//! Errors      SINGLE_VALUE of more than one row
//! Source      Flink `GroupAggFunction`; rows that take back what a group never had are ignored, a group that becomes
//!             empty forgets everything
//! Tests       crates/tests/goldens/operators/GroupAggregate.*.script, crates/tests/corpus/{group-aggregate,aggregate-calls}

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, DynComparator, RecordBatch, RecordBatchOptions, UInt32Array, make_comparator,
};
use arrow::compute::{SortOptions, interleave, take};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, RowKind, Schema, StateTable,
};
use streamsql_plan::GroupAggregate as GroupAggregateNode;
use streamsql_state::tables::{KeyBatch, KeyCodec, OneTable, Parts, RowRef, Slot};

use crate::aggregates::{self, Calls, Changes};

pub struct GroupAggregate {
    spec: OperatorSpec,
    node: GroupAggregateNode,
    output: SchemaRef,
    codec: KeyCodec,
    keys: KeyBatch,
    accumulators: OneTable,
    /// Columns of the accumulators that are not the key.
    columns: Vec<usize>,
    slots: Vec<Slot>,
    parts: Parts,
    calls: Calls,
    /// Rows of each group of the batch; without updates 1 for a group that is there.
    counts: Vec<i64>,
}

/// Rows of groups, each group's up to where it becomes empty.
#[derive(Default)]
struct Round {
    rows: Vec<u32>,
    emptied: Vec<u32>,
}

impl GroupAggregate {
    pub fn new(
        spec: OperatorSpec,
        node: &GroupAggregateNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let tables = node.tables(input);
        let layout = &tables[0].layout;
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            codec: KeyCodec::new(&input.to_arrow(), &node.keys)?,
            keys: KeyBatch::default(),
            accumulators: OneTable::new(&tables[0].name, 0, layout, range)?,
            columns: layout.value(),
            slots: Vec::new(),
            parts: Parts::default(),
            calls: Calls::of_groups(node, input, &tables, range)?,
            counts: Vec::new(),
            node: node.clone(),
        })
    }

    fn set_now(&mut self, now_ms: i64) {
        if self.node.ttl_ms > 0 {
            self.accumulators.set_now(now_ms);
            self.calls.set_now(now_ms);
        }
    }

    /// Takes over what the batch's groups have.
    fn begin(&mut self) -> Result<()> {
        self.accumulators.probe(&self.keys, &mut self.slots)?;
        let rows: Vec<RowRef> =
            self.slots.iter().map(|slot| self.accumulators.get(slot).unwrap_or(RowRef::NULLS)).collect();
        let loaded = self.accumulators.gather(&rows, &self.columns)?;
        if self.node.input_updates {
            aggregates::load_counts(&loaded[0], &mut self.counts)?;
        } else {
            self.counts.clear();
            self.counts.extend(rows.iter().map(|row| i64::from(*row != RowRef::NULLS)));
        }
        self.calls.begin(&self.keys, &loaded)
    }

    /// Adds the rows of the batch and takes rows back. A group that becomes empty begins anew with its next row, wherever
    /// the batch is cut.
    fn update(&mut self, batch: &ChangeBatch) -> Result<()> {
        let rows = batch.num_rows() as u32;
        let groups = self.keys.ids().to_vec();
        let retracts: Option<Vec<bool>> =
            batch.kinds().map(|kinds| kinds.iter().map(|kind| kind.is_retraction()).collect());
        let all: Vec<u32> = (0..rows).collect();
        let changes =
            Changes { batch: batch.rows(), rows: &all, groups: &groups, retracts: retracts.as_deref() };
        let Some(taken_back) = retracts.as_deref().filter(|_| self.node.input_updates) else {
            for group in &groups {
                self.counts[*group as usize] += 1;
            }
            return self.calls.update(&self.keys, &changes);
        };
        // A group that becomes empty ends a round of its own rows; the rounds of all groups are added together.
        let mut rounds: Vec<Round> = Vec::new();
        let mut round_of_group = vec![0; self.counts.len()];
        for row in 0..rows {
            let group = groups[row as usize];
            let count = &mut self.counts[group as usize];
            let by = if taken_back[row as usize] { -1 } else { 1 };
            if *count + by < 0 {
                continue;
            }
            *count += by;
            let number = &mut round_of_group[group as usize];
            if *number == rounds.len() {
                rounds.push(Round::default());
            }
            let round = &mut rounds[*number];
            round.rows.push(row);
            if *count == 0 {
                round.emptied.push(group);
                *number += 1;
            }
        }
        for round in rounds {
            self.calls.update(&self.keys, &changes.of(&round.rows))?;
            round.emptied.into_iter().for_each(|group| self.calls.reset(group as usize));
        }
        Ok(())
    }

    /// Keeps what the groups have now.
    fn store(&mut self) -> Result<()> {
        let mut columns = Vec::with_capacity(self.columns.len());
        if self.node.input_updates {
            columns.push(aggregates::count_array(&self.counts));
        }
        columns.extend(self.calls.accumulators()?);
        self.accumulators.encode(&columns, self.keys.len(), &mut self.parts)?;
        for (id, slot) in self.slots.iter_mut().enumerate() {
            if self.counts[id] > 0 {
                self.accumulators.put(&self.keys, id, slot, &self.parts, id)?;
            } else {
                self.accumulators.remove(slot);
            }
        }
        Ok(())
    }

    fn emit(
        &self,
        batch: &RecordBatch,
        existed: &[bool],
        old: &[ArrayRef],
        new: &[ArrayRef],
        cx: &mut Context<'_>,
    ) -> Result<()> {
        let changed = Changed::new(old, new)?;
        let (mut kinds, mut places, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        let mut push = |kind, side: usize, group: usize| {
            kinds.push(kind);
            places.push((side, group));
            rows.push(self.keys.first_row(group) as u32);
        };
        for (group, existed) in existed.iter().enumerate() {
            match (existed, self.counts[group] > 0) {
                (false, true) => push(RowKind::Insert, 1, group),
                (true, false) => push(RowKind::Delete, 0, group),
                (true, true) if self.node.ttl_ms > 0 || changed.is_changed(group) => {
                    if self.node.emit_update_before {
                        push(RowKind::UpdateBefore, 0, group);
                    }
                    push(RowKind::UpdateAfter, 1, group);
                }
                _ => {}
            }
        }
        let rows = UInt32Array::from(rows);
        let mut columns = Vec::with_capacity(self.output.fields().len());
        for key in &self.node.keys {
            columns.push(take(batch.column(*key), &rows, None)?);
        }
        for (old, new) in old.iter().zip(new) {
            columns.push(interleave(&[&**old, &**new], &places)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(kinds.len()));
        let rows = RecordBatch::try_new_with_options(Arc::clone(&self.output), columns, &options)?;
        cx.emit(ChangeBatch::new(rows, kinds)?);
        Ok(())
    }
}

/// Which groups have another result than before.
struct Changed<'a> {
    columns: Vec<(Option<DynComparator>, &'a ArrayRef, &'a ArrayRef)>,
}

impl<'a> Changed<'a> {
    fn new(old: &'a [ArrayRef], new: &'a [ArrayRef]) -> Result<Self> {
        let column = |(old, new): (&'a ArrayRef, &'a ArrayRef)| {
            (make_comparator(old, new, SortOptions::default()).ok(), old, new)
        };
        Ok(Self { columns: old.iter().zip(new).map(column).collect() })
    }

    fn is_changed(&self, group: usize) -> bool {
        self.columns.iter().any(|(compare, old, new)| match compare {
            Some(compare) => compare(group, group).is_ne(),
            // Types without an order, such as MULTISET.
            None => old.slice(group, 1).to_data() != new.slice(group, 1).to_data(),
        })
    }
}

impl Operator for GroupAggregate {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        self.set_now(cx.processing_time_ms);
        self.codec.encode(batch.rows(), &mut self.keys)?;
        if !self.node.every_change || self.keys.len() == batch.num_rows() {
            return self.process(&batch, cx);
        }
        // Cut where a group comes again, every row gives its own change.
        let ids = self.keys.ids().to_vec();
        let mut seen = vec![0; self.keys.len()];
        let mut start = 0;
        for (row, id) in ids.iter().map(|id| *id as usize).chain([usize::MAX]).enumerate() {
            if seen.get(id).is_none_or(|seen| *seen > start) {
                let part = batch.slice(start, row - start);
                self.codec.encode(part.rows(), &mut self.keys)?;
                self.process(&part, cx)?;
                start = row;
            }
            if let Some(seen) = seen.get_mut(id) {
                *seen = row + 1;
            }
        }
        Ok(())
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let mut tables: Vec<&mut dyn StateTable> = vec![&mut self.accumulators];
        tables.extend(self.calls.tables());
        tables
    }
}

impl GroupAggregate {
    /// Rows whose keys are encoded.
    fn process(&mut self, batch: &ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        self.begin()?;
        let existed: Vec<bool> = self.counts.iter().map(|count| *count > 0).collect();
        let old = self.calls.results()?;
        self.update(batch)?;
        let new = self.calls.results()?;
        self.store()?;
        self.emit(batch.rows(), &existed, &old, &new, cx)
    }
}
