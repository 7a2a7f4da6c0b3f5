//! What a temporal join keeps: rows of its inputs by time, and what it has sent.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int8Array, Int64Array, RecordBatch, new_null_array};
use streamsql_core::{ChangeBatch, Column, KeyGroupRange, Port, Result, RowKind, Schema};
use streamsql_plan::TemporalJoin as TemporalJoinNode;
use streamsql_state::tables::{Key, KeyBatch, KeyCodec, OrderedTable, Parts, RowRef, Slot};

/// The rows of one input, by key and time.
pub struct Side {
    codec: KeyCodec,
    /// The input's columns, the time in ms, the kind.
    pub rows: OrderedTable,
    /// Number of columns of the input.
    width: usize,
    /// Columns of the input outside of the key.
    value: Vec<usize>,
    pub time_column: usize,
    slots: Vec<Slot>,
    values: Parts,
}

impl Side {
    pub fn new(node: &TemporalJoinNode, port: Port, input: &Schema, range: KeyGroupRange) -> Result<Self> {
        let layout = node.rows_layout(port, input);
        let width = input.len();
        Ok(Self {
            codec: KeyCodec::new(&input.to_arrow(), &layout.key)?,
            value: layout.value().into_iter().filter(|column| *column < width).collect(),
            rows: OrderedTable::new(["left", "right"][port], port, &layout, range)?,
            width,
            time_column: if port == 0 { node.left_time } else { node.right_time },
            slots: Vec::new(),
            values: Parts::default(),
        })
    }

    /// Takes the rows of a batch in, to be given to `insert` or `put`, and looks their keys up.
    pub fn encode(&mut self, batch: &ChangeBatch, times: &[i64], keys: &mut KeyBatch) -> Result<()> {
        let rows = batch.rows();
        self.codec.encode(rows, keys)?;
        let mut columns: Vec<ArrayRef> = self.value.iter().map(|c| rows.column(*c).clone()).collect();
        columns.push(Arc::new(Int64Array::from(times.to_vec())));
        let kinds = (0..rows.num_rows()).map(|row| batch.kind(row) as i8);
        columns.push(Arc::new(Int8Array::from_iter_values(kinds)));
        self.rows.encode(&columns, times.len(), &mut self.values)?;
        self.rows.probe(keys, &mut self.slots)
    }

    /// Adds a row of the batch.
    pub fn insert(&mut self, keys: &KeyBatch, id: usize, row: usize) -> Result<()> {
        self.rows.insert(keys, id, &mut self.slots[id], &self.values, row)?;
        Ok(())
    }

    /// Writes a row of the batch as the only one of its time.
    pub fn put(&mut self, keys: &KeyBatch, id: usize, row: usize) -> Result<()> {
        self.rows.put(keys, id, &mut self.slots[id], &self.values, row)?;
        Ok(())
    }

    pub fn find(&self, key: &Key) -> Slot {
        self.rows.find(key)
    }

    pub fn time(&self, row: RowRef) -> i64 {
        self.rows.row(row).i64(self.width).unwrap_or(0)
    }

    pub fn kind(&self, row: RowRef) -> RowKind {
        let number = self.rows.row(row).i64(self.width + 1).unwrap_or(0);
        let kinds = [RowKind::Insert, RowKind::UpdateBefore, RowKind::UpdateAfter, RowKind::Delete];
        kinds.into_iter().find(|kind| *kind as i64 == number).unwrap_or(RowKind::Insert)
    }

    /// Removes the rows of a key up to a time; returns them in the order of their arrival.
    pub fn remove_until(&mut self, key: &Key, until: i64) -> Result<Vec<RowRef>> {
        let mut slot = self.rows.find(key);
        let mut removed = self.rows.remove_until(&mut slot, until)?;
        removed.sort_unstable_by_key(|row| self.rows.arrival(*row));
        Ok(removed)
    }

    /// The version that is valid at a time: the latest that is not after it, unless it says that there is none.
    pub fn version(&self, slot: &Slot, time: i64) -> Result<Option<RowRef>> {
        let latest = self.rows.backwards(slot, time)?.next();
        Ok(latest.filter(|row| !self.kind(*row).is_retraction()))
    }

    /// Removes the rows of a key before the latest one that is not after a time.
    pub fn keep_latest_until(&mut self, key: &Key, time: i64) -> Result<()> {
        let mut slot = self.rows.find(key);
        let latest = self.rows.backwards(&slot, time)?.next().map(|row| self.time(row));
        if let Some(before) = latest.and_then(|latest| latest.checked_sub(1)) {
            self.rows.remove_until(&mut slot, before)?;
        }
        Ok(())
    }

    /// The time of the first row of a key.
    pub fn first_time(&self, key: &Key) -> Option<i64> {
        let slot = self.rows.find(key);
        self.rows.scan(&slot).next().map(|row| self.time(row))
    }

    pub fn clear(&mut self, key: &Key) {
        let mut slot = self.rows.find(key);
        self.rows.clear(&mut slot);
    }

    pub fn gather(&self, rows: &[RowRef]) -> Result<Vec<ArrayRef>> {
        let columns: Vec<usize> = (0..self.width).collect();
        self.rows.gather(rows, &columns)
    }
}

/// Rows that were sent and may be taken back, by their left columns.
pub struct Sent {
    codec: KeyCodec,
    /// Left and right columns.
    pub rows: OrderedTable,
    columns: Vec<Column>,
    /// Columns outside of the key.
    value: Vec<usize>,
    /// Number of the left columns, and the key among them.
    width: usize,
    key: Vec<usize>,
    keys: KeyBatch,
    slots: Vec<Slot>,
    values: Parts,
}

impl Sent {
    pub fn new(node: &TemporalJoinNode, output: &Schema, width: usize, range: KeyGroupRange) -> Result<Self> {
        let layout = node.sent_layout(output, width);
        Ok(Self {
            codec: KeyCodec::new(&output.to_arrow(), &layout.key)?,
            value: layout.value(),
            rows: OrderedTable::new("sent", 3, &layout, range)?,
            columns: layout.columns,
            width,
            key: layout.key,
            keys: KeyBatch::default(),
            slots: Vec::new(),
            values: Parts::default(),
        })
    }

    pub fn add(&mut self, rows: &RecordBatch) -> Result<()> {
        self.codec.encode(rows, &mut self.keys)?;
        let columns: Vec<ArrayRef> = self.value.iter().map(|c| rows.column(*c).clone()).collect();
        self.rows.encode(&columns, rows.num_rows(), &mut self.values)?;
        self.rows.probe(&self.keys, &mut self.slots)?;
        for row in 0..rows.num_rows() {
            let id = self.keys.id(row);
            self.rows.insert(&self.keys, id, &mut self.slots[id], &self.values, row)?;
        }
        Ok(())
    }

    /// Takes out the row that was sent for a left row; it stays readable.
    pub fn take(&mut self, left: &[ArrayRef]) -> Result<Option<RowRef>> {
        let keys: Vec<ArrayRef> = self.key.iter().map(|column| left[*column].clone()).collect();
        self.codec.encode_columns(&keys, 1, &mut self.keys)?;
        // What is looked for differs in the right columns, which do not take part in the order.
        let columns: Vec<ArrayRef> = (self.value.iter())
            .map(|column| match left.get(*column).filter(|_| *column < self.width) {
                Some(left) => left.clone(),
                None => new_null_array(&self.columns[*column].logical_type.to_arrow(), 1),
            })
            .collect();
        self.rows.encode(&columns, 1, &mut self.values)?;
        let mut slot = self.rows.find(&self.keys.to_key(0));
        let found = self.rows.equal(&mut slot, &self.values, 0);
        if let Some(row) = found {
            self.rows.remove(&mut slot, row);
        }
        Ok(found)
    }

    pub fn clear(&mut self, key: &Key) {
        let mut slot = self.rows.find(key);
        self.rows.clear(&mut slot);
    }

    pub fn gather(&self, rows: &[RowRef]) -> Result<Vec<ArrayRef>> {
        let columns: Vec<usize> = (0..self.columns.len()).collect();
        self.rows.gather(rows, &columns)
    }
}
