//! Join: rows of two inputs that are equal on their keys and satisfy a condition, kept up to date with both.
//!
//! Input       port 0 left, port 1 right; append-only or updating
//! Output      inner: the kind of the row that came; outer: a row without a match padded with NULLs, taken back by `-D`
//!             when the first match comes and sent anew when the last one goes; semi and anti: left rows.
//!             Where nobody needs the row before an update, none is taken in or sent: the row after replaces the kept one
//! State       `left`, `right`: join key -> row where the key is unique, -> rows by their unique key, or -> rows with
//!             their number; with a condition beside the keys, the number of matches of rows that may have none
//!             Where one side has at most one row (`broadcast`), both are kept by key group instead of by join key
//!             `best`, with a frontier that lasts: join key -> order columns of the best pairs that were sent, for ever; rows of
//!             the side that decides are then kept only while a pair of theirs can be among the first ones of their key
//! Watermark   passes
//! Late rows   processed like any other
//! Cost        O(matches of the key) a row; the condition is evaluated for 8,192 pairs at a time. With a frontier only pairs
//!             that can be among the first ones of their group are made, told apart among 8,192 pairs at a time; with one
//!             that lasts a row behind the best ones of its key costs a comparison.
//!             A single row is written once for each key group of the shard
//! Errors      what the condition fails with
//! Source      Flink `StreamingJoinOperator`, `StreamingSemiAntiJoinOperator`, `JoinRecordStateViews`; a row with a NULL in
//!             its key matches nothing and is not kept
//! Tests       crates/tests/goldens/operators/Join.*.script, crates/tests/corpus/{join,subquery}

mod best;
mod frontier;
mod placement;
mod side;

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array, new_null_array};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, EvalContext, KeyGroupRange, Operator, OperatorSpec, Port, Result, RowKind, Schema,
    StateTable,
};
use streamsql_plan::{Join as JoinNode, JoinKind};
use streamsql_state::tables::{KeyBatch, RowRef};

use self::best::Best;
use self::frontier::Frontier;
use self::placement::Placement;
use self::side::{Kept, Side, take_rows};

const LEFT: usize = 0;
const RIGHT: usize = 1;
/// Most rows of one output batch, and most pairs whose condition is evaluated at once.
const OUTPUT_ROWS: usize = 8_192;

pub struct Join {
    spec: OperatorSpec,
    node: JoinNode,
    sides: [Side; 2],
    /// Left ++ right columns, as the condition reads them.
    joined: SchemaRef,
    output: SchemaRef,
    /// Columns of NULLs, for those that the condition does not read.
    blank: Vec<ArrayRef>,
    frontier: Option<Frontier>,
    best: Option<Best>,
    placement: Option<Placement>,
    keys: KeyBatch,
    /// Rows on their way out.
    pending: Pending,
}

/// Rows to be sent: which row of the batch at hand, which kept row of the other input.
#[derive(Default)]
struct Pending {
    kinds: Vec<RowKind>,
    ours: Vec<Option<u32>>,
    theirs: Vec<RowRef>,
}

impl Pending {
    fn push(&mut self, kind: RowKind, ours: Option<usize>, theirs: RowRef) {
        self.kinds.push(kind);
        self.ours.push(ours.map(|row| row as u32));
        self.theirs.push(theirs);
    }

    fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Leaves the others out.
    fn retain(&mut self, stays: &[bool]) {
        fn filter<T>(rows: &mut Vec<T>, stays: &[bool]) {
            let mut at = stays.iter();
            rows.retain(|_| at.next().is_none_or(|stays| *stays));
        }
        filter(&mut self.kinds, stays);
        filter(&mut self.ours, stays);
        filter(&mut self.theirs, stays);
    }

    fn clear(&mut self) {
        self.kinds.clear();
        self.ours.clear();
        self.theirs.clear();
    }
}

/// For each row of a batch the kept rows that it matches, one after the other.
struct Matches {
    kept: Vec<Kept>,
    /// Where those of each row end.
    ends: Vec<usize>,
}

impl Matches {
    fn of(&self, row: usize) -> &[Kept] {
        &self.kept[self.begin(row)..self.ends[row]]
    }

    /// Where those of a row begin.
    fn begin(&self, row: usize) -> usize {
        if row == 0 { 0 } else { self.ends[row - 1] }
    }
}

impl Join {
    pub fn new(
        spec: OperatorSpec,
        node: &JoinNode,
        left: &Schema,
        right: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let columns = left.columns.iter().chain(&right.columns).cloned().collect();
        let joined = nullable(&Schema::new(columns)).to_arrow();
        let best = Best::new(node, left, right, range)?;
        // What tells pairs of all batches apart tells those of one, too.
        let frontier = match &node.frontier {
            Some(plan) if best.is_none() => Some(Frontier::new(plan, &joined)?),
            _ => None,
        };
        let placement = node.broadcast.as_ref().map(|plan| Placement::new(plan, range)).transpose()?;
        let blank = match node.residual {
            Some(_) => joined.fields().iter().map(|f| new_null_array(f.data_type(), OUTPUT_ROWS)).collect(),
            None => Vec::new(),
        };
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            sides: [Side::new(node, LEFT, left, range)?, Side::new(node, RIGHT, right, range)?],
            joined,
            blank,
            frontier,
            best,
            placement,
            keys: KeyBatch::default(),
            pending: Pending::default(),
            node: node.clone(),
        })
    }

    /// Left and right columns of pairs of rows of the batch at `port` and kept rows of the other input.
    fn pairs(
        &self,
        port: Port,
        batch: &RecordBatch,
        ours: &[Option<u32>],
        theirs: &[RowRef],
    ) -> Result<Vec<ArrayRef>> {
        let ours = take_rows(batch, ours)?;
        let theirs = self.sides[1 - port].gather(theirs)?;
        let (left, right) = if port == LEFT { (ours, theirs) } else { (theirs, ours) };
        Ok(left.into_iter().chain(right).collect())
    }

    /// One column of left ++ right of such pairs.
    fn pair_column(
        &self,
        port: Port,
        batch: &RecordBatch,
        (ours, theirs): (&UInt32Array, &[RowRef]),
        column: usize,
    ) -> Result<ArrayRef> {
        let left = self.sides[LEFT].width();
        let (side, column) = if column < left { (LEFT, column) } else { (RIGHT, column - left) };
        if side == port {
            return Ok(take(batch.column(column), ours, None)?);
        }
        self.sides[side].gather_column(theirs, column)
    }

    /// Leaves the pairs out that cannot be among the first ones of their group.
    fn keep_winners(&mut self, port: Port, batch: &RecordBatch) -> Result<()> {
        let Some(mut frontier) = self.frontier.take() else { return Ok(()) };
        let ours = UInt32Array::from(self.pending.ours.clone());
        let pairs = (&ours, self.pending.theirs.as_slice());
        let wins = frontier
            .winners(self.pending.len(), &mut |column| self.pair_column(port, batch, pairs, column))?;
        self.frontier = Some(frontier);
        self.pending.retain(&wins);
        Ok(())
    }

    /// For each key of the batch whether its rows can match at all.
    fn joinable(&self, port: Port, batch: &RecordBatch) -> Vec<bool> {
        let strict: Vec<&ArrayRef> = (self.node.keys(port).iter().zip(&self.node.null_safe))
            .filter(|(_, null_safe)| !**null_safe)
            .map(|(column, _)| batch.column(*column))
            .collect();
        let is_joinable = |key| strict.iter().all(|column| column.is_valid(self.keys.first_row(key)));
        (0..self.keys.len()).map(is_joinable).collect()
    }

    /// The kept rows of the other input that each row of the batch matches. The batch itself changes nothing about them, but
    /// that a frontier which lasts lets some go; they stay readable until the next piece.
    fn find_matches(
        &self,
        port: Port,
        batch: &RecordBatch,
        joinable: &[bool],
        cx: &EvalContext,
    ) -> Result<Matches> {
        let other = &self.sides[1 - port];
        let mut matches = Matches { kept: Vec::new(), ends: Vec::with_capacity(batch.num_rows()) };
        let Some(residual) = &self.node.residual else {
            for row in 0..batch.num_rows() {
                let key = self.keys.id(row);
                if joinable[key] {
                    other.rows(key, &mut matches.kept);
                }
                matches.ends.push(matches.kept.len());
            }
            return Ok(matches);
        };
        let (mut ours, mut candidates) = (Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            let key = self.keys.id(row);
            if joinable[key] {
                other.rows(key, &mut candidates);
                ours.resize(candidates.len(), Some(row as u32));
            }
            let is_last = row + 1 == batch.num_rows();
            if ours.len() < OUTPUT_ROWS && !is_last {
                continue;
            }
            let mut holds = Vec::with_capacity(ours.len());
            for (ours, candidates) in ours.chunks(OUTPUT_ROWS).zip(candidates.chunks(OUTPUT_ROWS)) {
                let theirs: Vec<RowRef> = candidates.iter().map(|kept: &Kept| kept.row).collect();
                let mut columns: Vec<ArrayRef> =
                    self.blank.iter().map(|column| column.slice(0, theirs.len())).collect();
                let ours = UInt32Array::from(ours.to_vec());
                for column in &self.node.residual_columns {
                    columns[*column] = self.pair_column(port, batch, (&ours, &theirs), *column)?;
                }
                let options = RecordBatchOptions::new().with_row_count(Some(theirs.len()));
                let rows = RecordBatch::try_new_with_options(Arc::clone(&self.joined), columns, &options)?;
                holds.extend(residual.holds(&rows, cx)?.values());
            }
            let mut pair = 0;
            for row in matches.ends.len()..=row {
                while pair < ours.len() && ours[pair] == Some(row as u32) {
                    if holds[pair] {
                        matches.kept.push(candidates[pair]);
                    }
                    pair += 1;
                }
                matches.ends.push(matches.kept.len());
            }
            ours.clear();
            candidates.clear();
        }
        Ok(matches)
    }

    fn flush(&mut self, port: Port, batch: &RecordBatch, cx: &mut Context<'_>) -> Result<()> {
        if self.pending.len() == 0 {
            return Ok(());
        }
        self.keep_winners(port, batch)?;
        let columns = match (self.node.kind.is_left_only(), port) {
            (true, LEFT) => take_rows(batch, &self.pending.ours)?,
            (true, _) => self.sides[LEFT].gather(&self.pending.theirs)?,
            (false, _) => self.pairs(port, batch, &self.pending.ours, &self.pending.theirs)?,
        };
        let kinds = std::mem::take(&mut self.pending.kinds);
        let options = RecordBatchOptions::new().with_row_count(Some(kinds.len()));
        let rows = RecordBatch::try_new_with_options(Arc::clone(&self.output), columns, &options)?;
        self.pending.clear();
        cx.emit(ChangeBatch::new(rows, kinds)?);
        Ok(())
    }

    /// A row of an input of an inner or outer join.
    fn join_row(
        &mut self,
        port: Port,
        row: usize,
        key: usize,
        kind: RowKind,
        matches: &[Kept],
    ) -> Result<()> {
        let (comes, other) = (!kind.is_retraction(), 1 - port);
        let (pads, other_pads) = (self.node.kind.pads(port), self.node.kind.pads(other));
        let total: i64 = matches.iter().map(|kept| kept.times).sum();
        let was_empty = self.sides[port].is_empty(key);
        if comes {
            self.sides[port].add(&self.keys, key, row, total)?;
        } else {
            self.sides[port].remove(&self.keys, key, row)?;
        }
        let is_empty = self.sides[port].is_empty(key);
        if matches.is_empty() {
            if pads {
                let kind = if comes { RowKind::Insert } else { RowKind::Delete };
                self.pending.push(kind, Some(row), RowRef::NULLS);
            }
            return Ok(());
        }
        let kind = match (pads || other_pads, comes) {
            (false, _) => kind,
            (true, true) => RowKind::Insert,
            (true, false) => RowKind::Delete,
        };
        let counts = self.node.counts_matches(other);
        for kept in matches {
            // Whether this is their first match, or was their last.
            let turns = other_pads
                && match (counts, comes) {
                    (true, true) => self.sides[other].count_match(&self.keys, key, kept.row, 1)? == 0,
                    (true, false) => self.sides[other].count_match(&self.keys, key, kept.row, -1)? == 1,
                    (false, true) => was_empty,
                    (false, false) => is_empty,
                };
            for _ in 0..kept.times {
                if turns && comes {
                    self.pending.push(RowKind::Delete, None, kept.row);
                }
                self.pending.push(kind, Some(row), kept.row);
                if turns && !comes {
                    self.pending.push(RowKind::Insert, None, kept.row);
                }
            }
        }
        Ok(())
    }

    /// A row of an input of a semi or anti join.
    fn filter_row(
        &mut self,
        port: Port,
        row: usize,
        key: usize,
        kind: RowKind,
        matches: &[Kept],
    ) -> Result<()> {
        let comes = !kind.is_retraction();
        let is_anti = self.node.kind == JoinKind::Anti;
        let total: i64 = matches.iter().map(|kept| kept.times).sum();
        let was_empty = self.sides[port].is_empty(key);
        if comes {
            self.sides[port].add(&self.keys, key, row, total)?;
        } else {
            self.sides[port].remove(&self.keys, key, row)?;
        }
        if port == LEFT {
            if matches.is_empty() == is_anti {
                self.pending.push(kind, Some(row), RowRef::NULLS);
            }
            return Ok(());
        }
        let is_empty = self.sides[port].is_empty(key);
        let counts = self.node.counts_matches(LEFT);
        for kept in matches {
            let turns = match (counts, comes) {
                (true, true) => self.sides[LEFT].count_match(&self.keys, key, kept.row, 1)? == 0,
                (true, false) => self.sides[LEFT].count_match(&self.keys, key, kept.row, -1)? == 1,
                (false, true) => was_empty,
                (false, false) => is_empty,
            };
            // A semi join passes the kind of the right row on.
            let kind = match (is_anti, comes) {
                (false, _) => kind,
                (true, true) => RowKind::Delete,
                (true, false) => RowKind::Insert,
            };
            for _ in 0..if turns { kept.times } else { 0 } {
                self.pending.push(kind, None, kept.row);
            }
        }
        Ok(())
    }

    /// The keys of a piece, and its rows without those that are behind the best pairs of their key.
    fn may_win(&mut self, port: Port, batch: ChangeBatch) -> Result<ChangeBatch> {
        self.sides[port].keys(batch.rows(), &mut self.keys)?;
        let Some(best) = &mut self.best else { return Ok(batch) };
        best.probe(&self.keys)?;
        if port != best.side() {
            return Ok(batch);
        }
        best.take_in(batch.rows())?;
        let may_win: BooleanArray =
            (0..batch.num_rows()).map(|row| Some(!best.is_beaten(self.keys.id(row), row))).collect();
        if may_win.false_count() == 0 {
            return Ok(batch);
        }
        let batch = batch.filter(&may_win)?;
        self.sides[port].keys(batch.rows(), &mut self.keys)?;
        best.probe(&self.keys)?;
        best.take_in(batch.rows())?;
        Ok(batch)
    }

    /// A row of a join with a frontier that lasts: of its pairs those that are among the best of its key, one after the
    /// other. A row that decides is kept while another pair of its could be one of them.
    fn race_row(&mut self, port: Port, row: usize, key: usize, matches: &Matches) -> Result<()> {
        let Some(mut best) = self.best.take() else { return Ok(()) };
        let decides = port == best.side();
        for (at, kept) in (matches.begin(row)..).zip(matches.of(row)) {
            let deciding = if decides { row } else { at };
            for _ in 0..kept.times {
                if best.is_beaten(key, deciding) {
                    break;
                }
                best.enter(&self.keys, key, deciding)?;
                self.pending.push(RowKind::Insert, Some(row), kept.row);
            }
            if !decides && best.is_beaten(key, deciding) {
                self.sides[1 - port].forget(key, kept.row);
            }
        }
        if !decides || !best.is_beaten(key, row) {
            self.sides[port].add(&self.keys, key, row, 0)?;
        }
        self.best = Some(best);
        Ok(())
    }

    /// Prepares the kept rows that were found to be compared, where they decide.
    fn compare_matches(&mut self, port: Port, matches: &Matches) -> Result<()> {
        let Some(best) = self.best.as_mut().filter(|best| best.side() != port) else { return Ok(()) };
        let rows: Vec<RowRef> = matches.kept.iter().map(|kept| kept.row).collect();
        let side = &self.sides[1 - port];
        let columns = best.columns().iter().map(|column| side.gather_column(&rows, *column));
        let columns = columns.collect::<Result<Vec<ArrayRef>>>()?;
        best.take_in_columns(&columns, rows.len())
    }

    /// Takes some rows of an input in and sends what follows.
    fn on_piece(&mut self, port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let batch = match &mut self.placement {
            Some(placement) => placement.place(port, &batch, &mut self.keys)?,
            None => self.may_win(port, batch)?,
        };
        if batch.is_empty() {
            return Ok(());
        }
        let rows = batch.rows();
        self.sides[port].probe(&self.keys)?;
        self.sides[1 - port].probe(&self.keys)?;
        self.sides[port].take_in(rows)?;
        let joinable = self.joinable(port, rows);
        let matches = self.find_matches(port, rows, &joinable, &cx.evaluation())?;
        self.compare_matches(port, &matches)?;
        for row in 0..batch.num_rows() {
            let (key, kind) = (self.keys.id(row), batch.kind(row));
            if !joinable[key] {
                // It never matches, so it need not be kept.
                let kind_alone = match (self.node.kind, kind.is_retraction()) {
                    (JoinKind::Anti, _) if port == LEFT => Some(kind),
                    (join, false) if join.pads(port) => Some(RowKind::Insert),
                    (join, true) if join.pads(port) => Some(RowKind::Delete),
                    _ => None,
                };
                if let Some(kind) = kind_alone {
                    self.pending.push(kind, Some(row), RowRef::NULLS);
                }
            } else if self.best.is_some() {
                self.race_row(port, row, key, &matches)?;
            } else if self.node.kind.is_left_only() {
                self.filter_row(port, row, key, kind, matches.of(row))?;
            } else {
                self.join_row(port, row, key, kind, matches.of(row))?;
            }
            if self.pending.len() >= OUTPUT_ROWS {
                self.flush(port, rows, cx)?;
            }
        }
        self.flush(port, rows, cx)
    }
}

/// The changes but those that an update after them repeats.
fn without_update_before(batch: ChangeBatch) -> Result<ChangeBatch> {
    match batch.kinds() {
        Some(kinds) if kinds.contains(&RowKind::UpdateBefore) => {
            let keep: BooleanArray = kinds.iter().map(|kind| Some(*kind != RowKind::UpdateBefore)).collect();
            batch.filter(&keep)
        }
        _ => Ok(batch),
    }
}

/// All columns nullable: what the condition reads may be padded.
fn nullable(schema: &Schema) -> Schema {
    let column =
        |column: &streamsql_core::Column| streamsql_core::Column { nullable: true, ..column.clone() };
    Schema::new(schema.columns.iter().map(column).collect())
}

impl Operator for Join {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let batch = if self.node.only_after { without_update_before(batch)? } else { batch };
        for (side, ttl_ms) in self.sides.iter_mut().zip(self.node.ttl_ms) {
            if ttl_ms > 0 {
                side.set_now(cx.processing_time_ms);
            }
        }
        let most = self.placement.as_ref().map_or(usize::MAX, |placement| placement.piece(port, OUTPUT_ROWS));
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = (batch.num_rows() - from).min(most);
            self.on_piece(port, batch.slice(from, rows), cx)?;
            from += rows;
        }
        Ok(())
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let best = self.best.iter_mut().map(Best::table);
        self.sides.iter_mut().map(Side::table).chain(best).collect()
    }
}
