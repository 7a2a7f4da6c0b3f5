//! What was sent for each left row, to be taken back as it was.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{take, take_record_batch};
use arrow::datatypes::SchemaRef;
use streamsql_core::{ChangeBatch, Context, KeyGroupRange, Result, RowKind, Schema, StateTable};
use streamsql_plan::KeptLookups;
use streamsql_state::tables::{KeyBatch, KeyCodec, OrderedTable, Parts, RowRef, Slot};

use super::{OUTPUT_ROWS, Pairs};

pub struct Kept {
    plan: KeptLookups,
    table: OrderedTable,
    codec: KeyCodec,
    keys: KeyBatch,
    slots: Vec<Slot>,
    /// Columns of the table that follow the left ones in the output.
    right: Vec<usize>,
}

impl Kept {
    pub fn new(plan: &KeptLookups, input: &Schema, output: &Schema, range: KeyGroupRange) -> Result<Self> {
        let layout = plan.table(input, output);
        Ok(Self {
            table: OrderedTable::new("sent", 0, &layout, range)?,
            codec: KeyCodec::new(&input.to_arrow(), &plan.found_by)?,
            keys: KeyBatch::default(),
            slots: Vec::new(),
            right: (plan.found_by.len() + 2..layout.columns.len()).collect(),
            plan: plan.clone(),
        })
    }

    /// The column of the table with the number of a left row among equal ones.
    fn number(&self) -> usize {
        self.plan.found_by.len()
    }

    /// Sends the pairs of rows that come, and for rows that go what was sent for them. Of equal left rows the last one that
    /// has sent anything goes first.
    pub fn send(
        &mut self,
        batch: &ChangeBatch,
        fetched: &RecordBatch,
        pairs: &Pairs,
        schema: &SchemaRef,
        cx: &mut Context<'_>,
    ) -> Result<()> {
        if self.plan.ttl_ms > 0 {
            self.table.set_now(cx.processing_time_ms);
        }
        self.codec.encode(batch.rows(), &mut self.keys)?;
        self.table.probe(&self.keys, &mut self.slots)?;
        let parts = self.encoded(fetched, pairs)?;
        let mut sent = Sent::default();
        let mut pair = 0;
        for row in 0..batch.num_rows() {
            let (key, kind) = (self.keys.id(row), batch.kind(row));
            if kind.is_retraction() {
                for kept in self.take(key) {
                    sent.push(kind, row, kept);
                }
                continue;
            }
            if self.plan.is_key {
                self.table.clear(&mut self.slots[key]);
            }
            while pairs.left.get(pair) == Some(&(row as u32)) {
                let kept = self.table.insert(&self.keys, key, &mut self.slots[key], &parts, pair)?;
                sent.push(kind, row, kept);
                pair += 1;
            }
        }
        for from in (0..sent.kinds.len()).step_by(OUTPUT_ROWS) {
            let to = sent.kinds.len().min(from + OUTPUT_ROWS);
            let left = UInt32Array::from(sent.left[from..to].to_vec());
            let mut columns: Vec<ArrayRef> = take_record_batch(batch.rows(), &left)?.columns().to_vec();
            columns.extend(self.table.gather(&sent.rows[from..to], &self.right)?);
            let options = RecordBatchOptions::new().with_row_count(Some(to - from));
            let rows = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?;
            cx.emit(ChangeBatch::new(rows, sent.kinds[from..to].to_vec())?);
        }
        Ok(())
    }

    /// The pairs as they are kept: numbers of left rows go on from those that are there.
    fn encoded(&self, fetched: &RecordBatch, pairs: &Pairs) -> Result<Parts> {
        let mut next: Vec<i64> = vec![0; self.keys.len()];
        if !self.plan.is_key {
            for (next, slot) in next.iter_mut().zip(&self.slots) {
                let last = self.table.scan(slot).next_back();
                *next =
                    last.and_then(|row| self.table.row(row).i64(self.number())).map_or(0, |last| last + 1);
            }
        }
        let (mut numbers, mut places) = (Vec::with_capacity(pairs.left.len()), Vec::new());
        let mut place = 0;
        for (pair, row) in pairs.left.iter().enumerate() {
            let is_new = pair == 0 || pairs.left[pair - 1] != *row;
            let next = &mut next[self.keys.id(*row as usize)];
            place = if is_new { 0 } else { place + 1 };
            *next += i64::from(is_new && !self.plan.is_key);
            numbers.push(*next);
            places.push(place);
        }
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(Int64Array::from(numbers)), Arc::new(Int64Array::from(places))];
        let right = UInt32Array::from(pairs.right.clone());
        for column in fetched.columns() {
            columns.push(take(column, &right, None)?);
        }
        let mut parts = Parts::default();
        self.table.encode(&columns, pairs.left.len(), &mut parts)?;
        Ok(parts)
    }

    /// Takes out what was sent for the last left row of a key.
    fn take(&mut self, key: usize) -> Vec<RowRef> {
        let number = self.number();
        let slot = &mut self.slots[key];
        // Its rows stand last, in the order of their numbers: those before them are not looked at.
        let number_of = |row: &RowRef| self.table.row(*row).i64(number);
        let last = self.table.scan(slot).next_back().and_then(|row| number_of(&row));
        let mut gone: Vec<RowRef> =
            self.table.scan(slot).rev().take_while(|row| number_of(row) == last).collect();
        gone.reverse();
        for row in &gone {
            self.table.remove(slot, *row);
        }
        gone
    }

    pub fn table(&mut self) -> &mut dyn StateTable {
        &mut self.table
    }
}

/// Rows on their way out.
#[derive(Default)]
struct Sent {
    kinds: Vec<RowKind>,
    left: Vec<u32>,
    rows: Vec<RowRef>,
}

impl Sent {
    fn push(&mut self, kind: RowKind, left: usize, row: RowRef) {
        self.kinds.push(kind);
        self.left.push(left as u32);
        self.rows.push(row);
    }
}
