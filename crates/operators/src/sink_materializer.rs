//! SinkMaterializer: per sink key the rows in arrival order; the sink shows the last.
//!
//! Input       port 0, any kinds
//! Output      `+I` for a key's first row, `+U` for a newer or restored one, `-D` when none is left; never `-U`
//! State       `rows`: key -> list of rows, until all are taken back or for `table.exec.state.ttl` since the last write
//! Watermark   passes
//! Late rows   not looked at
//! Cost        O(rows of the key) a row; lists are short
//! Errors      none; a retraction of an unknown row is ignored, as in Flink
//! Source      Flink `SinkUpsertMaterializer`
//! Tests       crates/tests/goldens/operators/SinkMaterializer.*.script

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};
use streamsql_core::{
    ChangeBatch, Context, Epoch, KeyGroupRange, Operator, OperatorSpec, Port, Result, RowKind, Schema,
    StateDelta,
};
use streamsql_plan::SinkMaterializer as SinkMaterializerNode;
use streamsql_state::containers::{KeyCodec, KeyedList};

pub struct SinkMaterializer {
    spec: OperatorSpec,
    schema: SchemaRef,
    codec: RowConverter,
    keys: KeyCodec,
    upsert_key: Option<KeyCodec>,
    state: KeyedList,
    ttl_ms: i64,
    now_ms: i64,
}

impl SinkMaterializer {
    pub fn new(
        spec: OperatorSpec,
        node: &SinkMaterializerNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let schema = input.to_arrow();
        let fields = schema.fields().iter().map(|f| SortField::new(f.data_type().clone())).collect();
        let upsert_key = node.upsert_key.as_ref().map(|key| KeyCodec::new(&schema, key)).transpose()?;
        Ok(Self {
            spec,
            codec: RowConverter::new(fields)?,
            keys: KeyCodec::new(&schema, &node.keys)?,
            upsert_key,
            state: KeyedList::new(range),
            ttl_ms: node.ttl_ms,
            now_ms: 0,
            schema,
        })
    }

    fn decode(&self, rows: &[Box<[u8]>]) -> Result<RecordBatch> {
        let parser = self.codec.parser();
        let columns = self.codec.convert_rows(rows.iter().map(|bytes| parser.parse(bytes)))?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

/// Separates the upsert key from the row in a stored entry.
struct StoredRow;

impl StoredRow {
    fn join(upsert_key: &[u8], row: &[u8]) -> Box<[u8]> {
        let mut bytes = (upsert_key.len() as u32).to_le_bytes().to_vec();
        bytes.extend_from_slice(upsert_key);
        bytes.extend_from_slice(row);
        bytes.into()
    }

    fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
        let length = bytes.first_chunk::<4>().map_or(0, |l| u32::from_le_bytes(*l) as usize);
        bytes.get(4..).and_then(|rest| rest.split_at_checked(length)).unwrap_or((&[], &[]))
    }
}

impl Operator for SinkMaterializer {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        self.now_ms = self.now_ms.max(cx.processing_time_ms);
        let keys = self.keys.keys(batch.rows())?;
        let upsert_keys = self.upsert_key.as_mut().map(|codec| codec.keys(batch.rows())).transpose()?;
        let encoded = self.codec.convert_columns(batch.rows().columns())?;
        let (mut rows, mut kinds): (Vec<Box<[u8]>>, Vec<RowKind>) = (Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            let bytes = encoded.row(row);
            let upsert_key =
                upsert_keys.as_ref().map(|keys| keys.with(row, <[u8]>::to_vec)).unwrap_or_default();
            let stored = StoredRow::join(&upsert_key, bytes.as_ref());
            let by_key = upsert_keys.is_some();
            let same = |other: &[u8]| {
                if by_key { StoredRow::split(other).0 == upsert_key } else { *other == *stored }
            };
            let list = self.state.list(&keys, row, self.now_ms, self.ttl_ms);
            let mut show = |row: &[u8], kind| {
                rows.push(StoredRow::split(row).1.into());
                kinds.push(kind);
            };
            if !batch.kind(row).is_retraction() {
                let kind = if list.is_empty() { RowKind::Insert } else { RowKind::UpdateAfter };
                show(&stored, kind);
                match list.iter().position(|other| by_key && same(other)) {
                    Some(at) => list[at] = stored,
                    None => list.push(stored),
                }
                self.state.written(&keys, row, self.now_ms);
                continue;
            }
            let Some(at) = list.iter().position(|other| same(other)) else { continue };
            let was_last = at + 1 == list.len();
            let removed = list.remove(at);
            match list.last() {
                None => show(&removed, RowKind::Delete),
                Some(last) if was_last => {
                    let last = last.clone();
                    show(&last, RowKind::UpdateAfter);
                }
                Some(_) => {}
            }
            self.state.written(&keys, row, self.now_ms);
        }
        if !rows.is_empty() {
            cx.emit(ChangeBatch::new(self.decode(&rows)?, kinds)?);
        }
        Ok(())
    }

    fn on_barrier(&mut self, _epoch: Epoch, cx: &mut Context<'_>) -> Result<()> {
        self.now_ms = self.now_ms.max(cx.processing_time_ms);
        if self.ttl_ms > 0 {
            self.state.expire(self.now_ms, self.ttl_ms);
        }
        let segment = self.state.delta();
        if !segment.is_empty() {
            cx.state.push(StateDelta { table: 0, segment });
        }
        Ok(())
    }

    fn restore(&mut self, _table: usize, segment: &[u8]) -> Result<()> {
        self.state.restore(segment)
    }

    fn state_bytes(&self) -> usize {
        self.state.bytes()
    }
}
