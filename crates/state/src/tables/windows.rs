//! `Windows`: (window end, key) → one row; a window is dropped whole.

use std::collections::BTreeMap;

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use streamsql_core::{
    Epoch, KeyGroupRange, KeyGroups, LargestKeys, PageRange, Restores, Result, SegmentId, StateDelta,
    StateForm, StateLayout, StateTable, StoredRow,
};

use super::index::{Found, KeyIndex, Slot};
use super::keys::{KeyBatch, hash_key};
use super::largest::{KeySize, largest, piece};
use super::one::{gather, pages_of};
use super::pages::{Directory, Limits, Pages, RowRef};
use super::part::Parts;
use super::prefetch;
use super::record::Shape;
use super::row::{Row, RowMut};

/// What a table has for a key in a window. See [`Slot`].
#[derive(Clone, Copy, Debug)]
pub struct WindowSlot {
    window: i64,
    slot: Slot,
}

impl WindowSlot {
    pub fn is_empty(&self) -> bool {
        self.slot.is_empty()
    }
}

/// (Window end, key) → one row. Windows are kept in the order of their ends, which are their timers.
pub struct WindowsTable {
    name: String,
    number: usize,
    pages: Pages,
    index: WindowIndex,
    nulls: Vec<u8>,
}

/// Keys by window.
struct WindowIndex {
    windows: BTreeMap<i64, KeyIndex>,
    /// Windows in which changes wait.
    unsettled: Vec<i64>,
    shape: Shape,
    range: KeyGroupRange,
}

impl WindowIndex {
    fn window(&mut self, end: i64) -> &mut KeyIndex {
        // One array for all key groups: a window lives too short to be worth 128 of them.
        self.windows.entry(end).or_insert_with(|| KeyIndex::of_one_group(self.range))
    }

    /// Puts something in the place of what a key in a window has.
    fn set(&mut self, slot: &mut WindowSlot, to: Found) {
        let keys = self.window(slot.window);
        let is_first = keys.is_settled();
        keys.set(&mut slot.slot, to);
        if is_first {
            self.unsettled.push(slot.window);
        }
    }

    fn insert(&mut self, window: i64, hash: u64, row: RowRef) {
        self.set(&mut WindowSlot { window, slot: Slot::new(hash, Found::Nothing) }, Found::Row(row));
    }

    /// Makes the changes that wait.
    fn settle(&mut self) {
        for window in self.unsettled.drain(..) {
            if let Some(keys) = self.windows.get_mut(&window) {
                keys.settle_for_long();
            }
        }
    }

    fn remove(&mut self, end: i64, hash: u64, found: Found) {
        if let Some(keys) = self.windows.get_mut(&end) {
            keys.remove(hash, found);
            if keys.len() == 0 {
                self.windows.remove(&end);
            }
        }
    }
}

impl Directory for WindowIndex {
    fn moved(&mut self, hash: u64, record: &[u8], from: RowRef, to: RowRef) {
        let end = self.shape.number(record) as i64;
        if let Some(keys) = self.windows.get_mut(&end) {
            keys.replace(hash, Found::Row(from), Found::Row(to));
        }
    }

    fn expired(&mut self, hash: u64, record: &[u8], at: RowRef) {
        self.remove(self.shape.number(record) as i64, hash, Found::Row(at));
    }
}

impl WindowsTable {
    /// The table with this number among its operator's, for the keys of these groups.
    pub fn new(name: &str, number: usize, layout: &StateLayout, range: KeyGroupRange) -> Result<Self> {
        let pages = pages_of(layout, StateForm::Windows, range)?;
        let nulls = pages.shape.value.nulls();
        let index = WindowIndex {
            windows: BTreeMap::new(),
            unsettled: Vec::new(),
            shape: pages.shape.clone(),
            range,
        };
        Ok(Self { name: name.to_owned(), number, pages, index, nulls })
    }

    /// For tests: other limits of pages.
    #[doc(hidden)]
    pub fn set_limits(&mut self, limits: Limits) {
        self.pages.limits = limits;
    }

    /// Encodes the columns outside of the key, in the order of the layout, to be given to `put`.
    pub fn encode(&self, columns: &[ArrayRef], rows: usize, values: &mut Parts) -> Result<()> {
        self.pages.shape.value.encode(columns, rows, values)
    }

    /// Looks up pairs of window end and number of a key; `slots` then has one for each pair, which must differ. Ends
    /// what earlier slots and row references were good for.
    pub fn probe(
        &mut self,
        keys: &KeyBatch,
        pairs: &[(i64, usize)],
        slots: &mut Vec<WindowSlot>,
    ) -> Result<()> {
        self.index.settle();
        if self.pages.wants_tidying() {
            self.pages.tidy(&mut self.index)?;
        }
        slots.clear();
        prefetch::in_pieces(pairs.len(), |piece| {
            let pairs = &pairs[piece.clone()];
            // Keys of one window mostly stand together.
            let mut last: Option<(i64, Option<&KeyIndex>)> = None;
            let mut keys_of = |window: i64| match last {
                Some((known, keys)) if known == window => keys,
                _ => last.insert((window, self.index.windows.get(&window))).1,
            };
            let mut read = 0;
            for (window, id) in pairs {
                read ^= keys_of(*window).map_or(0, |index| index.prefetch(keys.hash(*id)));
            }
            slots.extend(pairs.iter().map(|(window, id)| {
                let hash = keys.hash(*id);
                let nothing = Slot::new(hash, Found::Nothing);
                let slot = keys_of(*window).map_or(nothing, |index| index.candidate(hash));
                WindowSlot { window: *window, slot }
            }));
            let found = &mut slots[piece];
            let rows = found.iter().filter_map(|slot| self.get(slot));
            read ^= prefetch::all(rows.map(|row| self.pages.prefetch(row)));
            let (pages, shape) = (&self.pages, &self.pages.shape);
            for (slot, (window, id)) in found.iter_mut().zip(pairs) {
                let key = keys.key(*id);
                let is = |found| matches!(found, Found::Row(row) if shape.has_key(pages.tail(row), key));
                if !slot.is_empty() && !is(slot.slot.found) {
                    let nothing = Slot::new(slot.slot.hash, Found::Nothing);
                    slot.slot = keys_of(*window).map_or(nothing, |index| index.find(slot.slot.hash, is));
                }
            }
            read
        });
        Ok(())
    }

    /// The row of a slot.
    pub fn get(&self, slot: &WindowSlot) -> Option<RowRef> {
        match slot.slot.found {
            Found::Row(row) => Some(row),
            _ => None,
        }
    }

    pub fn row(&self, row: RowRef) -> Row<'_> {
        self.pages.shape.row(self.pages.record(row))
    }

    /// The window that a row belongs to, by its end.
    pub fn window_of(&self, row: RowRef) -> i64 {
        self.pages.shape.number(self.pages.record(row)) as i64
    }

    /// Writes the row of key `id` in the slot's window. The row that was there is returned and stays readable.
    pub fn put(
        &mut self,
        keys: &KeyBatch,
        id: usize,
        slot: &mut WindowSlot,
        values: &Parts,
        row: usize,
    ) -> Result<Option<RowRef>> {
        let new = self.pages.append(slot.window as u64, keys.key(id), values.get(row))?;
        let old = self.get(slot);
        self.index.set(slot, Found::Row(new));
        if let Some(old) = old {
            self.pages.remove(old);
        }
        Ok(old)
    }

    /// The row of key `id` in the slot's window, to be changed in place; a row of NULLs is made where there is none.
    pub fn edit(&mut self, keys: &KeyBatch, id: usize, slot: &mut WindowSlot) -> Result<RowMut<'_>> {
        let row = match slot.slot.found {
            Found::Row(row) if self.pages.is_open(row) => row,
            found => {
                let new = match found {
                    Found::Row(row) => self.pages.reopen(row)?,
                    _ => self.pages.append(slot.window as u64, keys.key(id), &self.nulls)?,
                };
                self.index.set(slot, Found::Row(new));
                new
            }
        };
        self.pages.edit(row)
    }

    /// End of the first window.
    pub fn first_window(&self) -> Option<i64> {
        self.index.windows.first_key_value().map(|(end, _)| *end)
    }

    /// Ends of all windows, ascending.
    pub fn windows(&self) -> impl Iterator<Item = i64> + '_ {
        self.index.windows.keys().copied()
    }

    /// The rows of a window, in an order that depends on their keys only.
    pub fn rows_of(&mut self, window: i64) -> Vec<RowRef> {
        self.hashed_rows_of(window).into_iter().map(|(_, row)| row).collect()
    }

    /// The rows of a window with the hashes of their keys, in the order of these.
    pub fn hashed_rows_of(&mut self, window: i64) -> Vec<(u64, RowRef)> {
        self.index.settle();
        let Some(keys) = self.index.windows.get(&window) else { return Vec::new() };
        let key = |row: RowRef| self.pages.shape.key(self.pages.record(row));
        let rows = keys.iter().filter_map(|found| match found {
            Found::Row(row) => Some((hash_key(key(row)), row)),
            _ => None,
        });
        let mut rows: Vec<(u64, RowRef)> = rows.collect();
        rows.sort_unstable_by(|one, other| one.0.cmp(&other.0).then_with(|| key(one.1).cmp(key(other.1))));
        rows
    }

    /// Drops a window with all its rows, which stay readable.
    pub fn drop_window(&mut self, window: i64) {
        self.index.settle();
        let Some(keys) = self.index.windows.remove(&window) else { return };
        for found in keys.iter() {
            if let Found::Row(row) = found {
                self.pages.remove(row);
            }
        }
    }

    /// Columns of these rows; `RowRef::NULLS` gives NULLs.
    pub fn gather(&self, rows: &[RowRef], columns: &[usize]) -> Result<Vec<ArrayRef>> {
        gather(&self.pages, rows, columns)
    }
}

impl Restores for WindowsTable {
    fn restore_head(&mut self, id: SegmentId, head: &[u8], live: KeyGroups) -> Result<()> {
        self.pages.restore_head(id, head, live)
    }

    fn restore_wanted(&mut self) -> Vec<(SegmentId, PageRange)> {
        self.pages.restore_wanted()
    }

    fn restore_page(&mut self, id: SegmentId, page: usize, bytes: Buffer) -> Result<()> {
        let index = &mut self.index;
        self.pages.restore_page(id, page, bytes, &mut |pages, hash, row| {
            let end = pages.shape.number(pages.record(row)) as i64;
            index.insert(end, hash, row);
            Ok(())
        })
    }

    fn restored(&mut self) -> Result<()> {
        self.index.settle();
        self.pages.restored();
        Ok(())
    }
}

impl StateTable for WindowsTable {
    fn name(&self) -> &str {
        &self.name
    }

    fn layout(&self) -> u64 {
        self.pages.shape.fingerprint
    }

    fn declared(&self) -> StateLayout {
        self.pages.shape.layout()
    }

    fn barrier(&mut self, epoch: Epoch, now_ms: i64) -> Result<Option<StateDelta>> {
        self.pages.now_ms = self.pages.now_ms.max(now_ms);
        self.index.settle();
        self.pages.barrier(self.number, epoch, &mut self.index)
    }

    fn adopt(&mut self, row: StoredRow<'_>) -> Result<()> {
        let hash = self.pages.shape.hash(row.key);
        let at = self.pages.adopt(row)?;
        self.index.insert(row.number as i64, hash, at);
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.pages.bytes() + self.index.windows.values().map(KeyIndex::bytes).sum::<usize>()
    }

    fn rows(&self) -> usize {
        self.pages.rows()
    }

    fn largest_keys(&self, from: usize, look: usize, most: usize) -> Result<LargestKeys> {
        let found = |from| KeyIndex::entries_from(self.index.windows.values(), from);
        let rows = piece(found, self.rows(), from, look).filter_map(|found| match found {
            Found::Row(row) => Some(KeySize::of_row(&self.pages, row)),
            _ => None,
        });
        largest(&self.pages, rows, most)
    }
}
