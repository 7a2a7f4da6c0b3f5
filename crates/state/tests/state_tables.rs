//! State tables of every form against plain maps, under random operations with barriers, restarts, other numbers of
//! shards and collection of pages after any step.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Int64Type, SchemaRef};
use proptest::prelude::*;
use streamsql_core::{
    Column, Epoch, KeyGroup, KeyGroupRange, LogicalType, OrderColumn, Schema, StateForm, StateLayout,
    StateTable,
};
use streamsql_state::tables::{
    CountedTable, KeptSegments, KeyBatch, KeyCodec, Limits, OneTable, OrderedTable, Parts, RowRef, Slot,
    WindowsTable,
};

/// Tiny limits, so that a few rows meet every boundary.
const SMALL: Limits = Limits {
    page_bytes: 256,
    collected_bytes: 300,
    small: [32, 64, 96, 128],
    small_pages: 3,
    chain: 3,
    gone_only: 2,
    expired_pages: 1,
    open_garbage: 200,
};

fn text(name: &str) -> Column {
    Column::new(name, LogicalType::STRING, true)
}

fn number(name: &str, nullable: bool) -> Column {
    Column::new(name, LogicalType::BigInt, nullable)
}

fn key_schema() -> SchemaRef {
    Schema::new(vec![text("a"), number("b", true)]).to_arrow()
}

type Key = (Option<String>, Option<i64>);

fn key_of(number: u8) -> Key {
    let text = (!number.is_multiple_of(5)).then(|| format!("key {}", number % 7));
    (text, (!number.is_multiple_of(3)).then(|| i64::from(number)))
}

fn keys_of(codec: &mut KeyCodec, numbers: &[u8]) -> KeyBatch {
    let keys: Vec<Key> = numbers.iter().map(|number| key_of(*number)).collect();
    let texts: ArrayRef = Arc::new(keys.iter().map(|key| key.0.clone()).collect::<StringArray>());
    let numbers: ArrayRef = Arc::new(keys.iter().map(|key| key.1).collect::<Int64Array>());
    codec.keys(&RecordBatch::try_new(key_schema(), vec![texts, numbers]).unwrap()).unwrap()
}

/// A value made of a seed: a text of any length and a number.
fn value_of(seed: u8) -> (Option<String>, Option<i64>) {
    let text = (!seed.is_multiple_of(4)).then(|| "x".repeat(usize::from(seed) * 2 % 90));
    (text, (!seed.is_multiple_of(6)).then(|| i64::from(seed) - 100))
}

fn value_columns(values: &[(Option<String>, Option<i64>)]) -> Vec<ArrayRef> {
    vec![
        Arc::new(values.iter().map(|value| value.0.clone()).collect::<StringArray>()),
        Arc::new(values.iter().map(|value| value.1).collect::<Int64Array>()),
    ]
}

fn texts(column: &ArrayRef) -> Vec<Option<String>> {
    column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

fn numbers(column: &ArrayRef) -> Vec<Option<i64>> {
    column.as_primitive::<Int64Type>().iter().collect()
}

#[derive(Clone, Debug)]
enum Step<A> {
    /// Rows: a key each and what happens to it.
    Batch(Vec<(u8, A)>),
    Barrier,
    /// Everything is thrown away and restored on so many shards.
    Restart(usize),
    /// Time passes.
    Wait(i64),
}

fn steps<A: Clone + std::fmt::Debug + 'static>(
    action: impl Strategy<Value = A> + 'static,
) -> impl Strategy<Value = Vec<Step<A>>> {
    let step = prop_oneof![
        6 => prop::collection::vec((0u8..40, action), 1..12).prop_map(Step::Batch),
        5 => Just(Step::Barrier),
        1 => (1usize..5).prop_map(Step::Restart),
        2 => (1i64..40).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..60)
}

/// A table on several shards, and its store.
struct Shards<T> {
    make: Box<dyn Fn(KeyGroupRange) -> T>,
    tables: Vec<T>,
    disk: KeptSegments,
    epoch: u64,
    now_ms: i64,
}

impl<T: StateTable> Shards<T> {
    fn new(make: impl Fn(KeyGroupRange) -> T + 'static) -> Self {
        let tables = vec![make(KeyGroupRange::ALL)];
        Self { make: Box::new(make), tables, disk: KeptSegments::default(), epoch: 0, now_ms: 0 }
    }

    fn barrier(&mut self) {
        self.epoch += 1;
        for table in &mut self.tables {
            if let Some(delta) = table.barrier(Epoch(self.epoch), self.now_ms).unwrap() {
                self.disk.write(delta).unwrap();
            }
        }
    }

    fn restart(&mut self, shards: usize) {
        self.barrier();
        let ranges = (0..shards).map(|shard| KeyGroupRange::of_shard(shard, shards));
        self.tables = ranges.map(|range| (self.make)(range)).collect();
        for table in &mut self.tables {
            self.disk.restore(0, table).unwrap();
        }
        // A second barrier right away lets go of what nobody needs.
        self.barrier();
    }

    /// The rows of each shard that has some, and the shard.
    fn route<A: Clone>(&self, rows: &[(u8, A)], codec: &mut KeyCodec) -> Vec<(usize, Vec<(u8, A)>)> {
        let numbers: Vec<u8> = rows.iter().map(|row| row.0).collect();
        let keys = keys_of(codec, &numbers);
        let mut parts = vec![Vec::new(); self.tables.len()];
        for (row, action) in rows.iter().enumerate() {
            let group: KeyGroup = keys.key_group(keys.id(row));
            parts[group.shard(self.tables.len())].push(action.clone());
        }
        parts.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()).collect()
    }

    fn rows(&self) -> usize {
        self.tables.iter().map(|table| table.rows()).sum()
    }
}

fn layout(form: StateForm, order: Vec<OrderColumn>, ttl_ms: i64) -> StateLayout {
    // The key columns stand between the others, so that indices cannot be mixed up unnoticed.
    let columns =
        vec![text("v"), text("a"), number("n", order.is_empty() || order.len() > 1), number("b", true)];
    StateLayout { form, columns, key: vec![1, 3], order, ttl_ms }
}

#[derive(Clone, Debug)]
enum OneAction {
    Put(u8),
    Edit(i64),
    Bytes(u8),
    Remove,
}

fn one_action() -> impl Strategy<Value = OneAction> {
    prop_oneof![
        any::<u8>().prop_map(OneAction::Put),
        any::<i64>().prop_map(OneAction::Edit),
        any::<u8>().prop_map(OneAction::Bytes),
        Just(OneAction::Remove),
    ]
}

type Value = (Option<String>, Option<i64>);

fn check_one(steps: &[Step<OneAction>], ttl_ms: i64) {
    let made = layout(StateForm::One, vec![], ttl_ms);
    let mut shards = Shards::new(move |range| {
        let mut table = OneTable::new("t", 0, &made, range).unwrap();
        table.set_limits(SMALL);
        table
    });
    let mut codec = KeyCodec::new(&key_schema(), &[0, 1]).unwrap();
    // The value and when it was last written.
    let mut model: BTreeMap<Key, (Value, i64)> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Barrier => shards.barrier(),
            Step::Restart(count) => shards.restart(*count),
            Step::Wait(ms) => shards.now_ms += ms,
            Step::Batch(rows) => {
                let now_ms = shards.now_ms;
                for (shard, rows) in shards.route(rows, &mut codec) {
                    let table = &mut shards.tables[shard];
                    table.set_now(now_ms);
                    let keys = keys_of(&mut codec, &rows.iter().map(|row| row.0).collect::<Vec<_>>());
                    let values: Vec<Value> = rows
                        .iter()
                        .map(|(_, action)| match action {
                            OneAction::Put(seed) => value_of(*seed),
                            _ => (None, None),
                        })
                        .collect();
                    let mut parts = Parts::default();
                    table.encode(&value_columns(&values), rows.len(), &mut parts).unwrap();
                    let mut slots = Vec::new();
                    table.probe(&keys, &mut slots).unwrap();
                    for (row, (key, action)) in rows.iter().enumerate() {
                        let (id, key) = (keys.id(row), key_of(*key));
                        let slot = &mut slots[id];
                        model.retain(|_, (_, written)| ttl_ms == 0 || now_ms - *written < ttl_ms);
                        let before = model.get(&key).map(|(value, _)| value.clone());
                        let found = table.get(slot).map(|found| read_one(table, &[found])[0].1.clone());
                        assert_eq!(found, before);
                        match action {
                            OneAction::Put(_) => {
                                let old = table.put(&keys, id, slot, &parts, row).unwrap();
                                assert_eq!(old.map(|old| read_one(table, &[old])[0].1.clone()), before);
                                model.insert(key, (values[row].clone(), now_ms));
                            }
                            OneAction::Edit(value) => {
                                table.edit(&keys, id, slot).unwrap().set_i64(2, *value).unwrap();
                                let text = before.and_then(|value| value.0);
                                model.insert(key, ((text, Some(*value)), now_ms));
                            }
                            OneAction::Bytes(seed) => {
                                let text = value_of(*seed).0;
                                let bytes = text.as_ref().map(String::as_bytes);
                                table.set_bytes(&keys, id, slot, 0, bytes).unwrap();
                                let number = before.and_then(|value| value.1);
                                model.insert(key, ((text, number), now_ms));
                            }
                            OneAction::Remove => {
                                let old = table.remove(slot);
                                assert_eq!(old.map(|old| read_one(table, &[old])[0].1.clone()), before);
                                model.remove(&key);
                            }
                        }
                    }
                }
            }
        }
        if ttl_ms > 0 {
            continue;
        }
        let mut all = BTreeMap::new();
        for table in &shards.tables {
            let rows: Vec<RowRef> = table.all().collect();
            all.extend(read_one(table, &rows));
        }
        let expected: BTreeMap<Key, Value> =
            model.iter().map(|(key, (value, _))| (key.clone(), value.clone())).collect();
        assert_eq!(all, expected);
        assert_eq!(shards.rows(), expected.len());
    }
}

fn read_one(table: &OneTable, rows: &[RowRef]) -> Vec<(Key, Value)> {
    let columns = table.gather(rows, &[1, 3, 0, 2]).unwrap();
    let (a, b, v, n) = (texts(&columns[0]), numbers(&columns[1]), texts(&columns[2]), numbers(&columns[3]));
    (0..rows.len()).map(|row| ((a[row].clone(), b[row]), (v[row].clone(), n[row]))).collect()
}

#[derive(Clone, Debug)]
enum LineAction {
    Insert(u8),
    Put(u8),
    /// The n-th row of the key.
    Remove(usize),
    RemoveUntil(i64),
    Edit(usize, u8),
    Range(i64, i64),
}

fn line_action() -> impl Strategy<Value = LineAction> {
    prop_oneof![
        4 => any::<u8>().prop_map(LineAction::Insert),
        1 => any::<u8>().prop_map(LineAction::Put),
        1 => any::<usize>().prop_map(LineAction::Remove),
        1 => (-110i64..160).prop_map(LineAction::RemoveUntil),
        1 => (any::<usize>(), any::<u8>()).prop_map(|(at, seed)| LineAction::Edit(at, seed)),
        1 => (-110i64..160, -110i64..160).prop_map(|(from, to)| LineAction::Range(from, to)),
    ]
}

/// Rows of a key: (text, number), ordered as the table's order columns say, equal ones by arrival.
type ModelLine = Vec<Value>;

fn order_of(kind: usize) -> Vec<OrderColumn> {
    match kind {
        0 => vec![],
        1 => vec![OrderColumn::ascending(2)],
        _ => vec![
            OrderColumn { column: 0, descending: true, nulls_last: true },
            OrderColumn { column: 2, descending: false, nulls_last: false },
        ],
    }
}

fn compare(kind: usize, one: &Value, other: &Value) -> std::cmp::Ordering {
    match kind {
        0 => std::cmp::Ordering::Equal,
        1 => one.1.cmp(&other.1),
        // Descending with NULL last is the reverse of ascending with NULL first.
        _ => other.0.cmp(&one.0).then(one.1.cmp(&other.1)),
    }
}

fn check_ordered(steps: &[Step<LineAction>], kind: usize) {
    let made = layout(StateForm::Ordered, order_of(kind), 0);
    let mut shards = Shards::new(move |range| {
        let mut table = OrderedTable::new("t", 0, &made, range).unwrap();
        table.set_limits(SMALL);
        table
    });
    let mut codec = KeyCodec::new(&key_schema(), &[0, 1]).unwrap();
    let mut model: BTreeMap<Key, ModelLine> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Barrier => shards.barrier(),
            Step::Restart(count) => shards.restart(*count),
            Step::Wait(_) => {}
            Step::Batch(rows) => {
                for (shard, rows) in shards.route(rows, &mut codec) {
                    let table = &mut shards.tables[shard];
                    let keys = keys_of(&mut codec, &rows.iter().map(|row| row.0).collect::<Vec<_>>());
                    let value = |seed: u8| {
                        let (text, number) = value_of(seed);
                        if kind == 1 { (text, Some(number.unwrap_or(0))) } else { (text, number) }
                    };
                    let values: Vec<Value> = rows
                        .iter()
                        .map(|(_, action)| match action {
                            LineAction::Insert(seed) | LineAction::Put(seed) | LineAction::Edit(_, seed) => {
                                value(*seed)
                            }
                            _ => (None, Some(0)),
                        })
                        .collect();
                    let mut parts = Parts::default();
                    table.encode(&value_columns(&values), rows.len(), &mut parts).unwrap();
                    let mut slots = Vec::new();
                    table.probe(&keys, &mut slots).unwrap();
                    for (row, (key, action)) in rows.iter().enumerate() {
                        let id = keys.id(row);
                        let line = model.entry(key_of(*key)).or_default();
                        act_on_line(
                            table,
                            &keys,
                            id,
                            &mut slots[id],
                            &parts,
                            row,
                            action,
                            line,
                            &values[row],
                            kind,
                        );
                    }
                }
                model.retain(|_, line| !line.is_empty());
            }
        }
        let mut found = BTreeMap::new();
        for table in &mut shards.tables {
            let firsts: Vec<RowRef> = table.keys().collect();
            for first in firsts {
                let slot = table.find(&table.key(first));
                let rows: Vec<RowRef> = table.scan(&slot).collect();
                let mut backwards: Vec<RowRef> = table.scan(&slot).rev().collect();
                backwards.reverse();
                assert_eq!(rows, backwards);
                let columns = table.gather(&rows[..1], &[1, 3]).unwrap();
                let key = (texts(&columns[0])[0].clone(), numbers(&columns[1])[0]);
                found.insert(key, read_values(table, &rows));
            }
        }
        assert_eq!(found, model);
        assert_eq!(shards.rows(), model.values().map(Vec::len).sum::<usize>());
    }
}

fn read_values(table: &OrderedTable, rows: &[RowRef]) -> Vec<Value> {
    let columns = table.gather(rows, &[0, 2]).unwrap();
    texts(&columns[0]).into_iter().zip(numbers(&columns[1])).collect()
}

#[allow(clippy::too_many_arguments)]
fn act_on_line(
    table: &mut OrderedTable,
    keys: &KeyBatch,
    id: usize,
    slot: &mut Slot,
    parts: &Parts,
    row: usize,
    action: &LineAction,
    line: &mut ModelLine,
    value: &Value,
    kind: usize,
) {
    let nth =
        |slot: &Slot, table: &OrderedTable, at: usize| table.scan(slot).nth(at % table.len(slot).max(1));
    match action {
        LineAction::Insert(_) => {
            table.insert(keys, id, slot, parts, row).unwrap();
            let at =
                line.iter().rposition(|other| compare(kind, other, value).is_le()).map_or(0, |at| at + 1);
            line.insert(at, value.clone());
        }
        LineAction::Put(_) if kind == 0 => {}
        LineAction::Put(_) => {
            let old = table.put(keys, id, slot, parts, row).unwrap();
            let at = line.iter().position(|other| compare(kind, other, value).is_eq());
            assert_eq!(old.is_some(), at.is_some());
            match at {
                Some(at) => line[at] = value.clone(),
                None => {
                    let at = line.iter().rposition(|other| compare(kind, other, value).is_le());
                    line.insert(at.map_or(0, |at| at + 1), value.clone());
                }
            }
        }
        LineAction::Remove(at) => {
            let found = nth(slot, table, *at);
            assert_eq!(found.is_some(), !line.is_empty());
            if let Some(found) = found {
                let expected = line.remove(at % line.len());
                assert!(table.remove(slot, found));
                assert_eq!(read_values(table, &[found]), [expected]);
            }
        }
        LineAction::RemoveUntil(until) if kind == 1 => {
            let removed = table.remove_until(slot, *until).unwrap();
            let at = line.partition_point(|other| other.1 <= Some(*until));
            let expected: Vec<Value> = line.drain(..at).collect();
            assert_eq!(read_values(table, &removed), expected);
        }
        LineAction::Range(from, to) if kind == 1 => {
            let rows: Vec<RowRef> = table.range(slot, *from, *to).unwrap().collect();
            let within = |other: &&Value| other.1 >= Some(*from) && other.1 <= Some(*to);
            let expected: Vec<Value> = line.iter().filter(within).cloned().collect();
            assert_eq!(read_values(table, &rows), expected);
            let rows: Vec<RowRef> = table.backwards(slot, *to).unwrap().collect();
            let expected: Vec<Value> =
                line.iter().rev().filter(|other| other.1 <= Some(*to)).cloned().collect();
            assert_eq!(read_values(table, &rows), expected);
        }
        LineAction::Edit(at, seed) if kind == 0 => {
            if let Some(found) = nth(slot, table, *at) {
                let at = at % line.len();
                if seed.is_multiple_of(2) {
                    let new = table.edit(slot, found).unwrap();
                    table.row_mut(new).unwrap().set_i64(2, i64::from(*seed)).unwrap();
                    line[at].1 = Some(i64::from(*seed));
                } else {
                    table.replace(slot, found, parts, row).unwrap();
                    line[at] = value.clone();
                }
            }
        }
        _ => {}
    }
}

fn check_counted(steps: &[Step<(u8, i64)>], kind: usize) {
    let made = layout(StateForm::Counted, order_of(kind), 0);
    // Rows with the same number are one where they are ordered by it.
    let value = |seed: u8| match (kind, value_of(seed)) {
        (1, (_, number)) => (None, Some(number.unwrap_or(0))),
        (_, value) => value,
    };
    let mut shards = Shards::new(move |range| {
        let mut table = CountedTable::new("t", 0, &made, range).unwrap();
        table.set_limits(SMALL);
        table
    });
    let mut codec = KeyCodec::new(&key_schema(), &[0, 1]).unwrap();
    let mut model: BTreeMap<(Key, Value), i64> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Barrier => shards.barrier(),
            Step::Restart(count) => shards.restart(*count),
            Step::Wait(_) => {}
            Step::Batch(rows) => {
                for (shard, rows) in shards.route(rows, &mut codec) {
                    let table = &mut shards.tables[shard];
                    let keys = keys_of(&mut codec, &rows.iter().map(|row| row.0).collect::<Vec<_>>());
                    let values: Vec<Value> = rows.iter().map(|(_, (seed, _))| value(*seed)).collect();
                    let mut parts = Parts::default();
                    table.encode(&value_columns(&values), rows.len(), &mut parts).unwrap();
                    let mut slots = Vec::new();
                    table.probe(&keys, &mut slots).unwrap();
                    for (row, (key, (_, by))) in rows.iter().enumerate() {
                        let id = keys.id(row);
                        let (count, _) = table.add(&keys, id, &mut slots[id], &parts, row, *by).unwrap();
                        let expected = model.entry((key_of(*key), values[row].clone())).or_default();
                        *expected += by;
                        assert_eq!(count, *expected);
                    }
                }
                model.retain(|_, count| *count != 0);
            }
        }
        let mut found = BTreeMap::new();
        for table in &shards.tables {
            let firsts: Vec<RowRef> = table.keys().collect();
            for first in firsts {
                let slot = table.find(&table.key(first));
                let rows: Vec<RowRef> = table.scan(&slot).collect();
                let columns = table.gather(&rows, &[1, 3, 0, 2]).unwrap();
                let values: Vec<Value> = texts(&columns[2]).into_iter().zip(numbers(&columns[3])).collect();
                assert!(values.is_sorted_by(|one, other| compare(kind, one, other).is_le()));
                for (at, row) in rows.iter().enumerate() {
                    let key = (texts(&columns[0])[at].clone(), numbers(&columns[1])[at]);
                    let value = (texts(&columns[2])[at].clone(), numbers(&columns[3])[at]);
                    found.insert((key, value), table.count(*row));
                }
            }
        }
        assert_eq!(found, model);
        assert_eq!(shards.rows(), model.len());
    }
}

#[derive(Clone, Debug)]
enum WindowAction {
    Put(i64, u8),
    Add(i64, i64),
    /// The first window closes.
    Close,
}

fn window_action() -> impl Strategy<Value = WindowAction> {
    prop_oneof![
        4 => (0i64..5, any::<u8>()).prop_map(|(window, seed)| WindowAction::Put(window, seed)),
        4 => (0i64..5, 1i64..9).prop_map(|(window, by)| WindowAction::Add(window, by)),
        1 => Just(WindowAction::Close),
    ]
}

fn check_windows(steps: &[Step<WindowAction>]) {
    let made = layout(StateForm::Windows, vec![], 0);
    let mut shards = Shards::new(move |range| {
        let mut table = WindowsTable::new("t", 0, &made, range).unwrap();
        table.set_limits(SMALL);
        table
    });
    let mut codec = KeyCodec::new(&key_schema(), &[0, 1]).unwrap();
    let mut model: BTreeMap<i64, BTreeMap<Key, Value>> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Barrier => shards.barrier(),
            Step::Restart(count) => shards.restart(*count),
            Step::Wait(_) => {}
            Step::Batch(rows) => {
                for (shard, rows) in shards.route(rows, &mut codec) {
                    for (number, action) in rows {
                        let table = &mut shards.tables[shard];
                        let keys = keys_of(&mut codec, &[number]);
                        let mut slots = Vec::new();
                        match action {
                            WindowAction::Close => {
                                // Closing means on all shards.
                                let Some(window) = model.keys().next().copied() else { continue };
                                for table in &mut shards.tables {
                                    table.drop_window(window);
                                }
                                model.remove(&window);
                            }
                            WindowAction::Put(window, seed) => {
                                table.probe(&keys, &[(window, 0)], &mut slots).unwrap();
                                let mut parts = Parts::default();
                                table.encode(&value_columns(&[value_of(seed)]), 1, &mut parts).unwrap();
                                let old = table.put(&keys, 0, &mut slots[0], &parts, 0).unwrap();
                                let before =
                                    model.entry(window).or_default().insert(key_of(number), value_of(seed));
                                assert_eq!(old.is_some(), before.is_some());
                            }
                            WindowAction::Add(window, by) => {
                                table.probe(&keys, &[(window, 0)], &mut slots).unwrap();
                                let before =
                                    table.get(&slots[0]).and_then(|row| table.row(row).i64(2)).unwrap_or(0);
                                table.edit(&keys, 0, &mut slots[0]).unwrap().set_i64(2, before + by).unwrap();
                                let value =
                                    model.entry(window).or_default().entry(key_of(number)).or_default();
                                *value = (value.0.take(), Some(value.1.unwrap_or(0) + by));
                            }
                        }
                    }
                }
            }
        }
        let mut found: BTreeMap<i64, BTreeMap<Key, Value>> = BTreeMap::new();
        for table in &mut shards.tables {
            assert_eq!(table.first_window(), table.windows().next());
            for window in table.windows().collect::<Vec<_>>() {
                let rows = table.rows_of(window);
                assert!(rows.iter().all(|row| table.window_of(*row) == window));
                let columns = table.gather(&rows, &[1, 3, 0, 2]).unwrap();
                for at in 0..rows.len() {
                    let key = (texts(&columns[0])[at].clone(), numbers(&columns[1])[at]);
                    let value = (texts(&columns[2])[at].clone(), numbers(&columns[3])[at]);
                    found.entry(window).or_default().insert(key, value);
                }
            }
        }
        assert_eq!(found, model);
    }
}

/// `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(60), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn one_is_a_map(steps in steps(one_action())) {
        check_one(&steps, 0);
    }

    #[test]
    fn one_forgets_what_is_not_written(steps in steps(one_action())) {
        check_one(&steps, 50);
    }

    #[test]
    fn rows_by_arrival(steps in steps(line_action())) {
        check_ordered(&steps, 0);
    }

    #[test]
    fn rows_by_a_number(steps in steps(line_action())) {
        check_ordered(&steps, 1);
    }

    #[test]
    fn rows_by_a_text_and_a_number(steps in steps(line_action())) {
        check_ordered(&steps, 2);
    }

    #[test]
    fn counted_rows(steps in steps((0u8..20, -2i64..3))) {
        check_counted(&steps, 0);
    }

    #[test]
    fn counted_numbers_in_order(steps in steps((0u8..20, -2i64..3))) {
        check_counted(&steps, 1);
    }

    #[test]
    fn counted_rows_in_order(steps in steps((any::<u8>(), -2i64..3))) {
        check_counted(&steps, 2);
    }

    #[test]
    fn windows(steps in steps(window_action())) {
        check_windows(&steps);
    }
}
