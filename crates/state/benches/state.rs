//! What the state tables cost: `cargo bench -p streamsql-state [-- ROWS...]`. Keys of 36 characters, values of 24 bytes
//! in three columns, batches of 8,192 rows with keys in random order, one thread. Prints one line a figure; times are
//! processor time of the thread, so that other work on the machine hardly counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use rustix::time::{ClockId, clock_gettime};
use streamsql_core::{
    Column, Epoch, KeyGroupRange, KeyGroups, LogicalType, Restores, Schema, SegmentId, StateDelta, StateForm,
    StateLayout, StateTable,
};
use streamsql_state::tables::{KeyBatch, KeyCodec, OneTable, Slot};

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 8_192;
/// Bytes of a row's key and value.
const PAYLOAD: usize = 36 + 24;

fn main() {
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000_000, 10_000_000] } else { sizes };
    for rows in sizes {
        measure(rows);
    }
}

/// Processor time of this thread.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn layout(ttl_ms: i64) -> StateLayout {
    let number = |name: &str| Column::new(name, LogicalType::BigInt, false);
    StateLayout {
        form: StateForm::One,
        columns: vec![Column::new("key", LogicalType::STRING, true), number("a"), number("b"), number("c")],
        key: vec![0],
        order: Vec::new(),
        ttl_ms,
    }
}

fn schema() -> SchemaRef {
    Schema::new(vec![Column::new("key", LogicalType::STRING, true)]).to_arrow()
}

/// Keys `numbers`, each as a text of 36 characters.
fn batch(numbers: impl Iterator<Item = u64>) -> RecordBatch {
    let mut keys = StringBuilder::with_capacity(BATCH, BATCH * 36);
    for number in numbers {
        keys.append_value(format!("{:016x}-{number:019}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
    let keys: ArrayRef = Arc::new(keys.finish());
    RecordBatch::try_new(schema(), vec![keys]).expect("one column")
}

/// Numbers below `rows` in an order without locality.
fn numbers(rows: u64, seed: u64) -> impl Iterator<Item = u64> {
    // A full cycle: the step is odd and shares no factor with the power of two above `rows`.
    let mask = rows.next_power_of_two() - 1;
    let step = 0x5851_f42d_4c95_7f2d_u64;
    (0..=mask)
        .map(move |at| at.wrapping_mul(step).wrapping_add(seed) & mask)
        .filter(move |number| *number < rows)
}

struct Timed {
    table: OneTable,
    codec: KeyCodec,
    keys: KeyBatch,
    slots: Vec<Slot>,
    encode: Duration,
    probe: Duration,
    update: Duration,
    rows: u64,
    longest: Duration,
}

impl Timed {
    fn new(ttl_ms: i64) -> Self {
        Self {
            table: OneTable::new("bench", 0, &layout(ttl_ms), KeyGroupRange::ALL).expect("a table"),
            codec: KeyCodec::new(&schema(), &[0]).expect("a codec"),
            keys: KeyBatch::default(),
            slots: Vec::new(),
            encode: Duration::ZERO,
            probe: Duration::ZERO,
            update: Duration::ZERO,
            rows: 0,
            longest: Duration::ZERO,
        }
    }

    /// Adds 1 to three numbers of each key.
    fn run(&mut self, batch: &RecordBatch) {
        let start = cpu();
        self.codec.encode(batch, &mut self.keys).expect("texts");
        let encoded = cpu();
        self.table.probe(&self.keys, &mut self.slots).expect("memory");
        let probed = cpu();
        for id in 0..self.keys.len() {
            let slot = &mut self.slots[id];
            let before = self.table.get(slot).and_then(|row| self.table.row(row).i64(1)).unwrap_or(0);
            let mut row = self.table.edit(&self.keys, id, slot).expect("memory");
            for column in 1..4 {
                row.set_i64(column, before + 1).expect("a number");
            }
        }
        let updated = cpu();
        self.encode += encoded - start;
        self.probe += probed - encoded;
        self.update += updated - probed;
        self.rows += batch.num_rows() as u64;
        self.longest = self.longest.max(updated - start);
    }

    fn report(&mut self, what: &str) {
        let each = |time: Duration| time.as_nanos() as f64 / self.rows as f64;
        println!(
            "{what:<34} encode {:6.1}  probe {:6.1}  update {:6.1}  probe+update {:6.1} ns a row, longest batch {:.2} ms",
            each(self.encode),
            each(self.probe),
            each(self.update),
            each(self.probe + self.update),
            self.longest.as_secs_f64() * 1e3
        );
        (self.encode, self.probe, self.update) = Default::default();
        (self.rows, self.longest) = (0, Duration::ZERO);
    }
}

fn batches(mut numbers: impl Iterator<Item = u64>) -> impl Iterator<Item = RecordBatch> {
    std::iter::from_fn(move || {
        let chunk: Vec<u64> = numbers.by_ref().take(BATCH).collect();
        (!chunk.is_empty()).then(|| batch(chunk.into_iter()))
    })
}

fn measure(rows: u64) {
    println!("--- {rows} keys");
    let mut timed = Timed::new(0);
    let mut disk: Vec<StateDelta> = Vec::new();
    let (mut epoch, mut barriers, mut changed, mut slowest) = (0, Duration::ZERO, 0u64, Duration::ZERO);
    let mut close = |timed: &mut Timed, disk: &mut Vec<StateDelta>, changes: u64| {
        epoch += 1;
        let start = cpu();
        let delta = timed.table.barrier(Epoch(epoch), 0).expect("memory");
        let took = cpu() - start;
        barriers += took;
        changed += changes;
        slowest = slowest.max(took);
        if let Some(delta) = delta {
            disk.retain(|other| !delta.released.contains(&other.id));
            disk.push(delta);
        }
        (barriers, changed, slowest)
    };
    let mut open = 0;
    for (number, batch) in batches(numbers(rows, 1)).enumerate() {
        timed.run(&batch);
        open += batch.num_rows() as u64;
        if number % 24 == 23 {
            close(&mut timed, &mut disk, open);
            open = 0;
        }
    }
    let (time, changes, slowest) = close(&mut timed, &mut disk, open);
    timed.report("new keys");
    println!(
        "barriers while growing             {:6.1} ns a changed row, longest {:.2} ms",
        time.as_nanos() as f64 / changes as f64,
        slowest.as_secs_f64() * 1e3
    );
    let held = timed.table.bytes();
    println!(
        "memory                             {:6.1} bytes a row over key and value",
        held as f64 / rows as f64 - PAYLOAD as f64
    );

    // The same keys again and again within an epoch: all rows are open.
    let some: Vec<RecordBatch> = batches(numbers(rows, 77)).take(100).collect();
    some.iter().for_each(|batch| timed.run(batch));
    timed.report("first update in an epoch");
    some.iter().for_each(|batch| timed.run(batch));
    timed.report("second update in an epoch");
    let before = close(&mut timed, &mut disk, 0);
    let after = close(&mut timed, &mut disk, 0);
    println!("barrier without a change           {:6.1} us", (after.0 - before.0).as_secs_f64() * 1e6);

    // Updates spread over all keys, an epoch every 8 batches.
    let mut before = after;
    let mut peak = 0;
    for round in 0..3u64 {
        for (number, batch) in
            batches(numbers(rows, round * 12_345)).take((1_000_000 / BATCH).max(1)).enumerate()
        {
            timed.run(&batch);
            if number % 8 == 7 {
                before.2 = close(&mut timed, &mut disk, 8 * BATCH as u64).2;
                peak = peak.max(timed.table.bytes());
            }
        }
    }
    let last = close(&mut timed, &mut disk, 0);
    timed.report("updates of all keys");
    println!(
        "barriers with collection           {:6.1} ns a changed row; memory {:.1} bytes a row over key and value, peak {:.1}",
        (last.0 - before.0).as_nanos() as f64 / (last.1 - before.1).max(1) as f64,
        timed.table.bytes() as f64 / rows as f64 - PAYLOAD as f64,
        peak as f64 / rows as f64 - PAYLOAD as f64,
    );
    drop(timed);
    restore(rows, &disk);
    // Last: the allocator gives the memory of a dropped table back in the middle of what follows.
    for (ttl_ms, what) in [(0, "without TTL"), (86_400_000, "with TTL")] {
        few_changes(rows, ttl_ms, what);
    }
}

/// Barriers behind one changed row each, a second of processing time apart.
fn few_changes(rows: u64, ttl_ms: i64, what: &str) {
    const BARRIERS: u64 = 1_000;
    let mut timed = Timed::new(ttl_ms);
    let mut now_ms = 0;
    let mut close = |timed: &mut Timed| {
        now_ms += 1_000;
        let start = cpu();
        let written = timed.table.barrier(Epoch(now_ms as u64), now_ms).expect("memory");
        (cpu() - start, written.map_or(0, |delta| delta.parts.iter().map(Buffer::len).sum::<usize>()))
    };
    for (number, batch) in batches(numbers(rows, 1)).enumerate() {
        timed.run(&batch);
        if number % 24 == 23 {
            close(&mut timed);
        }
    }
    close(&mut timed);
    let (mut total, mut longest, mut bytes) = (Duration::ZERO, Duration::ZERO, 0);
    for number in numbers(rows, 99).take(BARRIERS as usize) {
        timed.run(&batch(std::iter::once(number)));
        let (took, written) = close(&mut timed);
        total += took;
        longest = longest.max(took);
        bytes += written;
    }
    println!(
        "{:<34} {:6.1} us, longest {:.2} ms, {:.1} KiB written",
        format!("barrier behind one row, {what}"),
        total.as_secs_f64() * 1e6 / BARRIERS as f64,
        longest.as_secs_f64() * 1e3,
        bytes as f64 / BARRIERS as f64 / 1024.0,
    );
}

fn restore(rows: u64, disk: &[StateDelta]) {
    let mut table = OneTable::new("bench", 0, &layout(0), KeyGroupRange::ALL).expect("a table");
    let start = cpu();
    let mut segments: BTreeMap<SegmentId, &StateDelta> = BTreeMap::new();
    for delta in disk {
        if let Some(head) = delta.parts.first() {
            table.restore_head(delta.id, head, KeyGroups::ALL).expect("a head");
            segments.insert(delta.id, delta);
        }
    }
    for (id, range) in table.restore_wanted() {
        let bytes = segments[&id].parts[range.page + 1].to_vec();
        table.restore_page(id, range.page, Buffer::from_vec(bytes)).expect("a page");
    }
    table.restored().expect("a state");
    let took = cpu() - start;
    assert_eq!(table.rows() as u64, rows);
    println!("restore                            {:6.2} M rows/s", rows as f64 / took.as_secs_f64() / 1e6);
}
