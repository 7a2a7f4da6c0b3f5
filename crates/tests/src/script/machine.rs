//! The operator of a script, in one shard or several, with its state outside as the runtime keeps it.

use arrow::array::{RecordBatch, UInt32Array};
use streamsql_core::{
    ChangeBatch, Context, Epoch, KeyGroup, KeyGroupRange, Operator, Result, Schema, Watermark,
};
use streamsql_plan::{Exchange, Node, NodeKind};
use streamsql_runtime::checked_operator::Checked;
use streamsql_state::hash::hash_rows;
use streamsql_state::tables::KeptSegments;

use super::values::{lines, short_time};
use crate::dimension::DimensionTable;

/// One operator with everything around it.
pub struct Machine {
    node: Node,
    inputs: Vec<Schema>,
    shards: Vec<Box<dyn Operator>>,
    segments: KeptSegments,
    epoch: Epoch,
    watermark: Watermark,
    promised: Watermark,
    now_ms: i64,
    table: Option<DimensionTable>,
}

impl Machine {
    pub fn new(node: Node, inputs: Vec<Schema>) -> Result<Self> {
        let table = match &node.kind {
            NodeKind::LookupJoin(join) => Some(DimensionTable::new(join)),
            _ => None,
        };
        let mut machine = Self {
            node,
            inputs,
            shards: Vec::new(),
            segments: KeptSegments::default(),
            epoch: Epoch(0),
            watermark: Watermark::MIN,
            promised: Watermark::MIN,
            now_ms: 0,
            table,
        };
        machine.build(1)?;
        Ok(machine)
    }

    pub fn input(&self, port: usize) -> Option<&Schema> {
        self.inputs.get(port)
    }

    pub fn set_now(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
    }

    /// Columns of the dimension table, when there is one.
    pub fn table_schema(&self) -> Option<&Schema> {
        self.table.as_ref().map(|table| &table.join.table.physical)
    }

    pub fn set_table(&mut self, rows: RecordBatch) {
        if let Some(table) = &mut self.table {
            table.rows = Some(rows);
        }
    }

    fn build(&mut self, shards: usize) -> Result<()> {
        self.shards.clear();
        let inputs: Vec<&Schema> = self.inputs.iter().collect();
        for shard in 0..shards {
            let range = KeyGroupRange::of_shard(shard, shards);
            let operator = streamsql_operators::build(&self.node, &inputs, range)?;
            self.shards.push(Box::new(Checked::new(operator)?));
        }
        Ok(())
    }

    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Begins in another number of shards, before any input.
    pub fn rescale(&mut self, shards: usize) -> Result<()> {
        self.build(shards)
    }

    /// Rows of a port; each goes to the shard of its key.
    pub fn batch(&mut self, port: usize, batch: &ChangeBatch) -> Result<Vec<String>> {
        let shards = self.shards.len();
        // Rows that are there already are on the shard of the key under which they are kept.
        let kept_by = match &self.node.kind {
            NodeKind::Deduplicate(node) => Some(node.keys.as_slice()),
            NodeKind::ChangelogNormalize(node) => Some(node.keys.as_slice()),
            NodeKind::GroupAggregate(node) => Some(node.keys.as_slice()),
            NodeKind::OverAggregate(node) => Some(node.keys.as_slice()),
            NodeKind::WindowAggregate(node) => Some(node.keys.as_slice()),
            NodeKind::IntervalJoin(node) => Some(node.keys(port)),
            NodeKind::Join(node) => node.placed_by(port),
            NodeKind::LookupJoin(node) => node.kept.as_ref().map(|kept| kept.found_by.as_slice()),
            NodeKind::WindowJoin(node) => Some(node.keys(port)),
            NodeKind::TemporalJoin(node) => Some(node.keys(port)),
            NodeKind::Rank(node) => Some(node.partition.as_slice()),
            NodeKind::TemporalSort(_) => Some(&[][..]),
            NodeKind::Match(node) => Some(node.partition.as_slice()),
            NodeKind::WindowRank(node) => Some(node.partition.as_slice()),
            NodeKind::SinkMaterializer(node) => Some(node.keys.as_slice()),
            _ => None,
        };
        let exchange = &self.node.inputs[port].exchange;
        let keys = match exchange {
            Exchange::Broadcast => None,
            Exchange::Hash(keys) => Some(keys.as_slice()),
            Exchange::Single => Some(&[][..]),
            Exchange::Forward => kept_by,
        };
        let owners: Vec<usize> = match keys {
            Some(keys) => hash_rows(batch.rows(), keys)?
                .into_iter()
                .map(|hash| KeyGroup::of_hash(hash).shard(shards))
                .collect(),
            None => (0..batch.num_rows()).map(|row| row % shards).collect(),
        };
        let is_everywhere = *exchange == Exchange::Broadcast;
        let mut out = Vec::new();
        for shard in 0..shards {
            let rows: Vec<u32> = owners
                .iter()
                .enumerate()
                .filter(|(_, o)| is_everywhere || **o == shard)
                .map(|(row, _)| row as u32)
                .collect();
            if !rows.is_empty() {
                let part = batch.take(&UInt32Array::from(rows))?;
                out.extend(self.call(shard, |operator, cx| operator.on_batch(port, part, cx))?.1);
            }
        }
        Ok(out)
    }

    /// Event time; `Watermark::MAX` is the end of all inputs.
    pub fn watermark(&mut self, watermark: i64) -> Result<Vec<String>> {
        self.watermark = Watermark(watermark);
        let mut out = Vec::new();
        let mut promised = Watermark::MAX;
        for shard in 0..self.shards.len() {
            let (promise, rows) = self.call(shard, |operator, cx| match Watermark(watermark) {
                Watermark::MAX => operator.on_end(cx).map(|()| Watermark::MAX),
                watermark => operator.on_watermark(watermark, cx),
            })?;
            promised = promised.min(promise);
            out.extend(rows);
        }
        if promised > self.promised {
            self.promised = promised;
            out.push(format!("watermark  {}", short_time(promised.0)));
        }
        Ok(out)
    }

    /// Tells the operators that wait for it what time it is.
    pub fn tick(&mut self, now_ms: i64) -> Result<Vec<String>> {
        self.set_now(now_ms);
        let mut out = Vec::new();
        for shard in 0..self.shards.len() {
            if self.shards[shard].next_tick().is_some_and(|next| next <= now_ms) {
                out.extend(self.call(shard, |operator, cx| operator.on_tick(cx))?.1);
            }
        }
        Ok(out)
    }

    fn call<R>(
        &mut self,
        shard: usize,
        run: impl FnOnce(&mut dyn Operator, &mut Context<'_>) -> Result<R>,
    ) -> Result<(R, Vec<String>)> {
        let mut cx = Context::new(self.now_ms, self.watermark);
        if let Some(table) = &mut self.table {
            cx.lookup = Some(table);
        }
        let result = run(self.shards[shard].as_mut(), &mut cx)?;
        let (output, late) = (std::mem::take(&mut cx.output), cx.late_rows);
        drop(cx);
        let mut out = Vec::new();
        for batch in &output {
            out.extend(lines(batch).map_err(streamsql_core::Error::internal)?);
        }
        if late > 0 {
            out.push(format!("late  {late}"));
        }
        let asked = self.table.as_mut().map_or(0, |table| std::mem::take(&mut table.asked));
        if asked > 0 {
            out.push(format!("asked  {asked}"));
        }
        Ok((result, out))
    }

    pub fn barrier(&mut self) -> Result<()> {
        self.epoch = self.epoch.next();
        for operator in &mut self.shards {
            for table in operator.tables() {
                if let Some(delta) = table.barrier(self.epoch, self.now_ms)? {
                    self.segments.write(delta)?;
                }
            }
        }
        Ok(())
    }

    /// Throws the operator away and rebuilds it from what barriers wrote; `twice` does it again with what the rebuilt one
    /// writes by itself.
    pub fn restart(&mut self, shards: usize, twice: bool) -> Result<Vec<String>> {
        for _ in 0..1 + usize::from(twice) {
            self.barrier()?;
            self.build(shards)?;
            for operator in &mut self.shards {
                for (number, table) in operator.tables().into_iter().enumerate() {
                    self.segments.restore(number, table)?;
                }
                operator.restored()?;
            }
        }
        // The driver tells first where event time stood.
        if self.watermark == Watermark::MIN { Ok(Vec::new()) } else { self.watermark(self.watermark.0) }
    }
}
