//! Match: rows of each partition that follow each other as a pattern says (MATCH_RECOGNIZE).
//!
//! Input       port 0, append-only
//! Output      append-only: the partition's columns, then the measures; one row a match
//! State       `waiting`: key -> rows by time, until the watermark passes them; `rows`: key -> rows of partial matches,
//!             until no partial match needs them: those end with the row that does not fit, or with WITHIN; `partial`:
//!             key -> partial matches; `timers`: key -> when it is looked at next
//! Watermark   in `w`: rows up to `w` are taken in, a key at a time in the order of their first rows; out: `w`
//! End         rows that wait are taken in, and with WITHIN matches that wait for runs that began earlier are sent; other
//!             partial matches stay, and rows of a later run that would stand before what was taken in are late
//! Ticks       processing time with further columns in ORDER BY only: rows of one millisecond are sorted when it is over
//! Late rows   time <= watermark, or none, as an outer join leaves it: dropped and counted
//! Cost        a row is asked about once by each partial match of its partition and variable that may take it, all
//!             partitions together; an expression over other rows or with an aggregate looks at the rows of the match; a
//!             partial match is a few numbers, whatever its length
//! Errors      what conditions and measures fail with; AFTER MATCH SKIP that leads nowhere
//! Source      Flink `CepOperator`, `NFA`, `MatchCodeGenerator`
//! Tests       crates/tests/goldens/operators/Match.*.script, crates/tests/corpus/match-recognize

mod java_queue;
mod nfa;
mod partition;
mod reads;

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, UInt32Array,
};
use arrow::compute::{concat, take};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, Schema, StateTable, Watermark,
    timestamps_ms,
};
use streamsql_plan::{MatchRecognize as MatchNode, TimeDomain};
use streamsql_state::tables::{Key, KeyBatch, KeyCodec, OneTable, OrderedTable, Parts, Slot, Timers};

use self::nfa::{Event, Nfa, State, Step};
use self::partition::{Partition, Places, decode, encode};
use self::reads::{Reading, Subject};

/// Rows that are looked at together, at least; a key's rows stay together.
const ROWS_AT_ONCE: usize = 32_768;

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

pub struct MatchRecognize {
    spec: OperatorSpec,
    node: MatchNode,
    output: SchemaRef,
    input: SchemaRef,
    nfa: Nfa,
    definitions: Vec<Option<Condition>>,
    measures: Vec<Reading>,
    codec: KeyCodec,
    keys: KeyBatch,
    waiting: OrderedTable,
    rows: OrderedTable,
    timer_times: OneTable,
    partial: OneTable,
    timers: Timers,
    /// Columns of the input outside of the key.
    value: Vec<usize>,
    values: Parts,
    slots: Vec<Slot>,
    timer_slots: Vec<Slot>,
    /// The latest row that was taken in by an end before event time had passed it.
    taken_ms: i64,
}

/// What rows of a variable fulfil.
struct Condition {
    reading: Reading,
    /// The columns that it reads, where it reads nothing but the row itself.
    of_row: Option<Vec<usize>>,
}

/// Answers that were found for all new rows at once, by variable.
type Known = Vec<Option<BooleanArray>>;

impl MatchRecognize {
    pub fn new(spec: OperatorSpec, node: &MatchNode, input: &Schema, range: KeyGroupRange) -> Result<Self> {
        let definitions = node.definitions.iter().enumerate().map(|(variable, definition)| {
            let Some(definition) = definition else { return Ok(None) };
            let reading = Reading::new(definition, input)?;
            let of_row = reading.columns_of_row(variable);
            Ok(Some(Condition { reading, of_row }))
        });
        let waiting = node.waiting_layout(input);
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            input: input.to_arrow(),
            nfa: Nfa::new(node.pattern.clone(), node.skip, node.within_ms),
            definitions: definitions.collect::<Result<_>>()?,
            measures: node
                .measures
                .iter()
                .map(|measure| Reading::new(measure, input))
                .collect::<Result<_>>()?,
            codec: KeyCodec::new(&input.to_arrow(), &node.partition)?,
            keys: KeyBatch::default(),
            value: waiting.value().into_iter().filter(|column| *column < input.len()).collect(),
            waiting: OrderedTable::new("waiting", 0, &waiting, range)?,
            rows: OrderedTable::new("rows", 1, &node.rows_layout(input), range)?,
            timer_times: OneTable::new("timers", 2, &node.timers_layout(input), range)?,
            partial: OneTable::new("partial", 3, &node.partial_layout(input), range)?,
            timers: Timers::default(),
            values: Parts::default(),
            slots: Vec::new(),
            timer_slots: Vec::new(),
            taken_ms: i64::MIN,
            node: node.clone(),
        })
    }

    fn by_event_time(&self) -> bool {
        self.node.domain == TimeDomain::EventTime
    }

    /// Rows of processing time are taken in as they come, unless further columns order them.
    fn at_once(&self) -> bool {
        !self.by_event_time() && self.node.ties.is_empty()
    }

    /// Column of the time among those of `timers`, and of what a key has in `partial`.
    fn behind_key(&self, column: usize) -> usize {
        self.node.partition.len() + column
    }

    /// Times of rows, ms; none for late ones.
    fn times(&self, rows: &RecordBatch, cx: &mut Context<'_>) -> Result<Vec<Option<i64>>> {
        if !self.by_event_time() {
            return Ok(vec![Some(cx.processing_time_ms); rows.num_rows()]);
        }
        let mut times = Vec::with_capacity(rows.num_rows());
        for time in timestamps_ms(rows.column(self.node.time))? {
            let time = time.filter(|time| *time > cx.watermark.0);
            cx.late_rows += u64::from(time.is_none());
            times.push(time);
        }
        Ok(times)
    }

    /// Time of the last row that a key has taken in.
    fn last_ms(&mut self, key: &Key) -> i64 {
        let slot = self.partial.find(key);
        let row = self.partial.get(&slot);
        row.and_then(|row| self.partial.row(row).i64(self.node.partition.len() + 1)).unwrap_or(i64::MIN)
    }

    /// Keeps rows until their time has come.
    fn keep(&mut self, rows: &RecordBatch, times: &[Option<i64>], cx: &mut Context<'_>) -> Result<()> {
        self.codec.encode(rows, &mut self.keys)?;
        let mut columns: Vec<ArrayRef> =
            self.value.iter().map(|column| rows.column(*column).clone()).collect();
        columns.push(Arc::new(times.iter().map(|time| time.unwrap_or(0)).collect::<Int64Array>()));
        let mut values = std::mem::take(&mut self.values);
        self.waiting.encode(&columns, rows.num_rows(), &mut values)?;
        self.waiting.probe(&self.keys, &mut self.slots)?;
        self.timer_times.probe(&self.keys, &mut self.timer_slots)?;
        // Only behind an end there are rows of a time that is still to come.
        let mut taken = Vec::new();
        if self.by_event_time() && self.taken_ms > cx.watermark.0 {
            let keys: Vec<Key> = (0..self.keys.len()).map(|id| self.keys.to_key(id)).collect();
            taken = keys.iter().map(|key| self.last_ms(key)).collect();
        }
        let time_column = self.behind_key(0);
        for (row, time) in times.iter().enumerate() {
            let id = self.keys.id(row);
            let Some(time) = *time else { continue };
            if taken.get(id).is_some_and(|taken| time <= *taken) {
                cx.late_rows += 1;
                continue;
            }
            self.waiting.insert(&self.keys, id, &mut self.slots[id], &values, row)?;
            let timer = self.timer_times.get(&self.timer_slots[id]);
            let set = timer.and_then(|timer| self.timer_times.row(timer).i64(time_column));
            if set.is_none_or(|set| time < set) {
                let order = self.timers.set(time, self.keys.hash(id));
                let mut timer = self.timer_times.edit(&self.keys, id, &mut self.timer_slots[id])?;
                timer.set_i64(time_column, time)?;
                timer.set_i64(time_column + 1, order)?;
            }
        }
        self.values = values;
        Ok(())
    }

    /// Takes in all rows up to a time; `passed` is how far time has really passed.
    fn fire(&mut self, until: i64, passed: i64, cx: &mut Context<'_>) -> Result<()> {
        if self.timers.first().is_none_or(|first| first > until) {
            return Ok(());
        }
        let column = self.behind_key(0);
        let mut due: Vec<Key> = Vec::new();
        while let Some((_, key)) = self.timers.pop(until, &self.timer_times, column) {
            due.push(key);
        }
        let mut keys = due.into_iter().peekable();
        while keys.peek().is_some() {
            self.waiting.begin()?;
            self.rows.begin()?;
            let (mut partitions, mut rows) = (Vec::new(), 0);
            while rows < ROWS_AT_ONCE
                && let Some(key) = keys.next()
            {
                let partition = self.open(key, until)?;
                rows += partition.kept.len() + partition.due.len() + 1;
                partitions.push(partition);
            }
            self.take_in(&mut partitions, passed, until == i64::MAX, cx)?;
        }
        Ok(())
    }

    /// What a key has, and its rows up to a time, which wait no longer.
    fn open(&mut self, key: Key, until: i64) -> Result<Partition> {
        let mut waiting = self.waiting.find(&key);
        let due = self.waiting.remove_until(&mut waiting, until)?;
        let slot = self.partial.find(&key);
        let stored = self.partial.get(&slot);
        let kept: Vec<_> = self.rows.scan(&self.rows.find(&key)).collect();
        let mut partition = Partition { due, kept, ..Partition::new(key, waiting) };
        if let Some(row) = stored {
            let row = self.partial.row(row);
            let width = self.node.partition.len();
            partition.next = row.i64(width).unwrap_or(0) as u64;
            partition.last_ms = row.i64(width + 1).unwrap_or(i64::MIN);
            partition.partial = decode(row.bytes(width + 2).unwrap_or_default(), self.nfa.variables())?;
        }
        Ok(partition)
    }

    /// Takes the due rows of partitions in, sends what they match, and keeps what is left; `ends` with the input.
    fn take_in(
        &mut self,
        partitions: &mut [Partition],
        passed: i64,
        ends: bool,
        cx: &mut Context<'_>,
    ) -> Result<()> {
        let pool = self.pool(partitions)?;
        let kept: usize = partitions.iter().map(|partition| partition.kept.len()).sum();
        let known = self.known(&pool.slice(kept, pool.num_rows() - kept), cx)?;
        let time = self.input.fields().len();
        let longest = partitions.iter().map(|partition| partition.due.len()).max().unwrap_or(0);
        // The next row of every partition at once, so that their conditions are evaluated together.
        for wave in 0..longest {
            let mut open: Vec<(usize, Event)> = Vec::new();
            for (at, partition) in partitions.iter_mut().enumerate() {
                let Some(row) = partition.due.get(wave) else { continue };
                let time_ms = self.waiting.row(*row).i64(time).unwrap_or(0);
                let freed = self.nfa.advance(&mut partition.partial, time_ms)?;
                partition.found.extend(freed.into_iter().map(|run| (run, time_ms)));
                partition.answers.clear();
                partition.answers.resize(partition.partial.states.items().len() * self.nfa.variables(), None);
                open.push((at, Event { number: partition.next, time_ms }));
            }
            while !open.is_empty() {
                open = self.step(partitions, open, &pool, &known, kept, cx)?;
            }
        }
        for partition in partitions.iter_mut() {
            let freed = self.nfa.advance(&mut partition.partial, passed)?;
            partition.found.extend(freed.into_iter().map(|run| (run, passed)));
            if ends {
                let freed = self.nfa.finish(&mut partition.partial)?;
                partition.found.extend(freed.into_iter().map(|run| (run, partition.last_ms)));
            }
        }
        self.send(partitions, &pool, cx)?;
        self.store(partitions, &pool, passed)
    }

    /// The rows of partitions as one batch: all kept ones, then all new ones.
    fn pool(&self, partitions: &mut [Partition]) -> Result<RecordBatch> {
        let total: usize = partitions.iter().map(|partition| partition.kept.len()).sum();
        let (mut kept, mut due) = (Vec::with_capacity(total), Vec::new());
        for partition in partitions.iter_mut() {
            partition.places = Places {
                first: partition.next - partition.kept.len() as u64,
                kept: partition.kept.len() as u64,
                kept_at: kept.len(),
                due_at: total + due.len(),
            };
            kept.extend(&partition.kept);
            due.extend(&partition.due);
        }
        let columns: Vec<usize> = (0..self.input.fields().len()).collect();
        let before = self.rows.gather(&kept, &columns)?;
        let new = self.waiting.gather(&due, &columns)?;
        let columns = match kept.is_empty() {
            true => new,
            false => before
                .iter()
                .zip(&new)
                .map(|(before, new)| Ok(concat(&[&**before, &**new])?))
                .collect::<Result<_>>()?,
        };
        batch(&self.input, columns, kept.len() + due.len())
    }

    /// Conditions that read nothing but the row, for all new rows. One that fails for some is left for those that ask.
    fn known(&self, due: &RecordBatch, cx: &Context<'_>) -> Result<Known> {
        let answer = |definition: &Option<Condition>| -> Result<Option<BooleanArray>> {
            let Some(condition) = definition else {
                return Ok(Some(BooleanArray::from(vec![true; due.num_rows()])));
            };
            let Some(columns) = &condition.of_row else { return Ok(None) };
            let values = condition.reading.of_rows(columns, due)?;
            Ok(condition.reading.value.holds(&values, &cx.evaluation()).ok())
        };
        self.definitions.iter().map(answer).collect()
    }

    /// Processes the rows at hand of partitions as far as their conditions are known; answers those that are asked for and
    /// returns the partitions that asked.
    fn step(
        &mut self,
        partitions: &mut [Partition],
        open: Vec<(usize, Event)>,
        pool: &RecordBatch,
        known: &Known,
        kept: usize,
        cx: &Context<'_>,
    ) -> Result<Vec<(usize, Event)>> {
        let variables = self.nfa.variables();
        let mut asking = Vec::new();
        // By variable: the partition, the place of the state, the row.
        let mut asked: Vec<Vec<(usize, usize, Event)>> = vec![Vec::new(); variables];
        for (at, event) in open {
            let Partition { partial, places, answers, found, next, last_ms, .. } = &mut partitions[at];
            let row = places.index(event.number) - kept;
            let holds = |place: usize, variable: usize| match &known[variable] {
                Some(answers) => Some(answers.value(row)),
                None => answers[place * variables + variable],
            };
            match self.nfa.process(partial, event, &holds)? {
                Step::Matches(matches) => {
                    found.extend(matches.into_iter().map(|run| (run, event.time_ms)));
                    *next += 1;
                    *last_ms = event.time_ms.max(*last_ms);
                }
                Step::Needs(needs) => {
                    for (place, variable) in needs {
                        asked[variable].push((at, place, event));
                    }
                    asking.push((at, event));
                }
            }
        }
        for (variable, asked) in asked.into_iter().enumerate().filter(|(_, asked)| !asked.is_empty()) {
            let Some(condition) = &mut self.definitions[variable] else { continue };
            let begun = |event: &Event| nfa::Run {
                first: event.number,
                first_ms: event.time_ms,
                variable: 0,
                taken: vec![0; variables],
            };
            let runs: Vec<nfa::Run> = asked
                .iter()
                .map(|(at, place, event)| match &partitions[*at].partial.states.items()[*place] {
                    State::Start => begun(event),
                    State::Run(run) => run.clone(),
                })
                .collect();
            let subjects: Vec<Subject<'_>> = asked
                .iter()
                .zip(&runs)
                .map(|((at, _, event), run)| Subject {
                    run,
                    places: partitions[*at].places,
                    asked: Some(variable),
                    time_ms: event.time_ms,
                })
                .collect();
            let values = condition.reading.gather(pool, &subjects, &cx.evaluation())?;
            let holds = condition.reading.value.holds(&values, &cx.evaluation())?;
            for (i, (at, place, _)) in asked.iter().enumerate() {
                partitions[*at].answers[place * variables + variable] = Some(holds.value(i));
            }
        }
        Ok(asking)
    }

    /// Sends the matches of partitions.
    fn send(&mut self, partitions: &[Partition], pool: &RecordBatch, cx: &mut Context<'_>) -> Result<()> {
        let found = |partition: &Partition| partition.found.len();
        if partitions.iter().all(|partition| found(partition) == 0) {
            return Ok(());
        }
        let all: Vec<Subject<'_>> = partitions
            .iter()
            .flat_map(|partition| {
                partition.found.iter().map(|(run, time_ms)| Subject {
                    run,
                    places: partition.places,
                    asked: None,
                    time_ms: *time_ms,
                })
            })
            .collect();
        for subjects in all.chunks(OUTPUT_ROWS) {
            let firsts: UInt32Array =
                subjects.iter().map(|subject| Some(subject.places.index(subject.run.first) as u32)).collect();
            let mut columns = Vec::with_capacity(self.output.fields().len());
            for key in &self.node.partition {
                columns.push(take(pool.column(*key), &firsts, None)?);
            }
            for measure in &mut self.measures {
                let values = measure.gather(pool, subjects, &cx.evaluation())?;
                columns.push(measure.value.evaluate(&values, &cx.evaluation())?);
            }
            cx.emit(ChangeBatch::inserts(batch(&self.output, columns, subjects.len())?));
        }
        Ok(())
    }

    /// Keeps what partitions have now: rows that are still needed, partial matches, when to look again.
    fn store(&mut self, partitions: &mut [Partition], pool: &RecordBatch, passed: i64) -> Result<()> {
        let mut stored: Vec<usize> = Vec::new();
        // New rows to keep: the partition, the place in the pool, the number.
        let mut kept: Vec<(usize, u32, i64)> = Vec::new();
        for (at, partition) in partitions.iter_mut().enumerate() {
            let needed = partition.partial.first_needed().unwrap_or(partition.next);
            if partition.places.kept > 0 && needed > partition.places.first {
                let mut slot = self.rows.find(&partition.key);
                self.rows.remove_until(&mut slot, needed as i64 - 1)?;
            }
            let new = (partition.places.first + partition.places.kept).max(needed)..partition.next;
            kept.extend(
                new.map(|number| (stored.len(), partition.places.index(number) as u32, number as i64)),
            );
            // Behind an end the time of the last row is still to come.
            let ahead = self.by_event_time() && partition.last_ms > passed;
            if ahead {
                self.taken_ms = self.taken_ms.max(partition.last_ms);
            }
            let has_rows = partition.places.kept > 0 || !partition.due.is_empty();
            if (partition.partial.is_new() && !ahead) || !has_rows {
                let mut slot = self.partial.find(&partition.key);
                self.partial.remove(&mut slot);
            } else {
                stored.push(at);
            }
            let first = self.waiting.scan(&partition.waiting).next();
            let waits = first.and_then(|row| self.waiting.row(row).i64(self.input.fields().len()));
            let expires = self.nfa.expiry_ms(&partition.partial);
            let next = [waits, expires, ahead.then_some(partition.last_ms)].into_iter().flatten().min();
            self.set_timer(&partition.key, next)?;
        }
        self.store_partial(partitions, &stored, &kept, pool)
    }

    fn store_partial(
        &mut self,
        partitions: &[Partition],
        stored: &[usize],
        kept: &[(usize, u32, i64)],
        pool: &RecordBatch,
    ) -> Result<()> {
        if stored.is_empty() {
            return Ok(());
        }
        let of_key = |at: &usize| {
            let places = &partitions[*at].places;
            Some(if places.kept > 0 { places.kept_at } else { places.due_at } as u32)
        };
        let firsts: UInt32Array = stored.iter().map(of_key).collect();
        let keys = self
            .node
            .partition
            .iter()
            .map(|column| Ok(take(pool.column(*column), &firsts, None)?))
            .collect::<Result<Vec<_>>>()?;
        self.codec.encode_columns(&keys, stored.len(), &mut self.keys)?;
        let partition = |at: &usize| &partitions[*at];
        let next: Int64Array = stored.iter().map(|at| Some(partition(at).next as i64)).collect();
        let last: Int64Array = stored.iter().map(|at| Some(partition(at).last_ms)).collect();
        let partial = BinaryArray::from_iter_values(stored.iter().map(|at| encode(&partition(at).partial)));
        let columns: [ArrayRef; 3] = [Arc::new(next), Arc::new(last), Arc::new(partial)];
        self.partial.encode(&columns, stored.len(), &mut self.values)?;
        self.partial.probe(&self.keys, &mut self.slots)?;
        for (id, slot) in self.slots.iter_mut().enumerate() {
            self.partial.put(&self.keys, id, slot, &self.values, id)?;
        }
        if kept.is_empty() {
            return Ok(());
        }
        let places: UInt32Array = kept.iter().map(|(_, place, _)| Some(*place)).collect();
        let mut columns = self
            .value
            .iter()
            .map(|column| Ok(take(pool.column(*column), &places, None)?))
            .collect::<Result<Vec<_>>>()?;
        columns.push(Arc::new(kept.iter().map(|(_, _, number)| Some(*number)).collect::<Int64Array>()));
        self.rows.encode(&columns, kept.len(), &mut self.values)?;
        self.rows.probe(&self.keys, &mut self.slots)?;
        for (row, (id, _, _)) in kept.iter().enumerate() {
            self.rows.insert(&self.keys, *id, &mut self.slots[*id], &self.values, row)?;
        }
        Ok(())
    }

    fn set_timer(&mut self, key: &Key, time: Option<i64>) -> Result<()> {
        let mut slot = self.timer_times.find(key);
        let Some(time) = time else {
            self.timer_times.remove(&mut slot);
            return Ok(());
        };
        let order = self.timers.set(time, key.hash());
        let column = self.behind_key(0);
        let mut row = self.timer_times.edit_key(key, &mut slot)?;
        row.set_i64(column, time)?;
        row.set_i64(column + 1, order)
    }

    /// Rows of processing time, as they come: as many at once as are of different keys.
    fn take_at_once(&mut self, rows: &RecordBatch, cx: &mut Context<'_>) -> Result<()> {
        let keys = self.codec.keys(rows)?;
        let mut from = 0;
        while from < rows.num_rows() {
            let mut seen = HashSet::new();
            let count = (from..rows.num_rows()).take_while(|row| seen.insert(keys.id(*row))).count();
            let piece = rows.slice(from, count);
            let times = self.times(&piece, cx)?;
            self.keep(&piece, &times, cx)?;
            self.fire(cx.processing_time_ms, cx.processing_time_ms, cx)?;
            from += count;
        }
        Ok(())
    }
}

fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

impl Operator for MatchRecognize {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        if self.at_once() {
            return self.take_at_once(batch.rows(), cx);
        }
        if !self.by_event_time() {
            self.on_tick(cx)?;
        }
        let times = self.times(batch.rows(), cx)?;
        self.keep(batch.rows(), &times, cx)
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        if self.by_event_time() {
            self.fire(watermark.0, watermark.0, cx)?;
        }
        Ok(watermark)
    }

    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        self.fire(i64::MAX, cx.watermark.0, cx)
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.by_event_time() {
            return Ok(());
        }
        let over = cx.processing_time_ms.saturating_sub(1);
        self.fire(over, over, cx)
    }

    fn next_tick(&self) -> Option<i64> {
        if self.by_event_time() { None } else { Some(self.timers.first()?.saturating_add(1)) }
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        vec![&mut self.waiting, &mut self.rows, &mut self.timer_times, &mut self.partial]
    }

    fn restored(&mut self) -> Result<()> {
        let column = self.behind_key(0);
        self.timers = Timers::of(&self.timer_times, column);
        let last = self.behind_key(1);
        let taken = self.partial.all().filter_map(|row| self.partial.row(row).i64(last));
        self.taken_ms = taken.max().unwrap_or(i64::MIN);
        Ok(())
    }
}
