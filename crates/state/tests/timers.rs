//! Timers of keys against their table: a key is due once, whatever was set before, also after a restart.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use streamsql_core::{Column, KeyGroupRange, LogicalType, Schema, StateForm, StateLayout};
use streamsql_state::tables::{Key, KeyCodec, OneTable, Timers};

/// Column of the time, behind the key; the one behind it holds the order of setting.
const TIME: usize = 1;

struct Keys {
    table: OneTable,
    timers: Timers,
    codec: KeyCodec,
}

impl Keys {
    fn new() -> Self {
        let number = |name: &str| Column::new(name, LogicalType::BigInt, true);
        let layout = StateLayout {
            form: StateForm::One,
            key: vec![0],
            order: Vec::new(),
            columns: vec![number("k"), number("time"), number("order")],
            ttl_ms: 0,
        };
        let codec = KeyCodec::new(&Schema::new(vec![number("k")]).to_arrow(), &[0]).unwrap();
        Self {
            table: OneTable::new("timers", 0, &layout, KeyGroupRange::ALL).unwrap(),
            timers: Timers::default(),
            codec,
        }
    }

    fn key(&mut self, number: i64) -> Key {
        let schema = Schema::new(vec![Column::new("k", LogicalType::BigInt, true)]).to_arrow();
        let column: ArrayRef = Arc::new(Int64Array::from(vec![number]));
        self.codec.keys(&RecordBatch::try_new(schema, vec![column]).unwrap()).unwrap().to_key(0)
    }

    fn set(&mut self, number: i64, time: i64) {
        let key = self.key(number);
        let order = self.timers.set(time, key.hash());
        let mut slot = self.table.find(&key);
        let mut row = self.table.edit_key(&key, &mut slot).unwrap();
        row.set_i64(TIME, time).unwrap();
        row.set_i64(TIME + 1, order).unwrap();
    }

    /// Everything that is due until a time: times and keys.
    fn due(&mut self, until: i64) -> Vec<(i64, i64)> {
        let mut due = Vec::new();
        while let Some((time, key)) = self.timers.pop(until, &self.table, TIME) {
            let slot = self.table.find(&key);
            let row = self.table.get(&slot).unwrap();
            due.push((time, self.table.row(row).i64(0).unwrap()));
        }
        due
    }

    fn all(&self) -> Vec<i64> {
        self.timers.iter(&self.table, TIME).map(|(time, _)| time).collect()
    }

    fn restart(&mut self) {
        self.timers = Timers::of(&self.table, TIME);
    }
}

#[test]
fn a_key_that_is_set_to_one_time_twice_is_due_once() {
    for restarts in [false, true] {
        let mut keys = Keys::new();
        keys.set(1, 10);
        keys.set(2, 10);
        keys.set(1, 10);
        if restarts {
            keys.restart();
        }
        assert_eq!(keys.all(), [10, 10]);
        assert_eq!(keys.due(9), []);
        // The second setting counts, before a restart as after it.
        assert_eq!(keys.due(10), [(10, 2), (10, 1)], "restarts: {restarts}");
        assert_eq!(keys.due(i64::MAX), []);
    }
}

#[test]
fn a_key_that_is_set_back_and_forth_is_due_once() {
    for restarts in [false, true] {
        let mut keys = Keys::new();
        keys.set(1, 10);
        keys.set(1, 5);
        if restarts {
            keys.restart();
        }
        assert_eq!(keys.due(5), [(5, 1)]);
        keys.set(1, 10);
        if restarts {
            keys.restart();
        }
        assert_eq!(keys.all(), [10]);
        assert_eq!(keys.due(10), [(10, 1)]);
        assert_eq!(keys.due(10), []);
        // It may be set to the same time again when that was worked off.
        keys.set(1, 10);
        assert_eq!(keys.due(10), [(10, 1)]);
    }
}
