//! Flink's partial lookup cache: the rows of keys that were asked before, bounded by number and age, shared by the
//! shards of a lookup join (Flink `DefaultLookupCache`, `LookupOptions`).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::CacheOptions;

/// The rows of a key, in a form of their own: nothing else of the answer that they came in is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub count: u32,
    /// Row after row, each behind its length, a `u32`; empty where no column is read.
    pub rows: Arc<[u8]>,
}

/// Cached keys. The oldest that was not used since it was last looked at goes first.
pub struct LookupCache {
    options: CacheOptions,
    entries: HashMap<Arc<[u8]>, Entry, ahash::RandomState>,
    /// Keys in the order in which they are looked at; an entry written anew is in it twice, told apart by its number.
    queue: VecDeque<(u64, Arc<[u8]>)>,
    next: u64,
    /// What keys and rows take.
    bytes: usize,
}

struct Entry {
    found: Found,
    written_ms: i64,
    accessed_ms: i64,
    used: bool,
    number: u64,
}

impl LookupCache {
    pub fn new(options: CacheOptions) -> Self {
        Self { options, entries: HashMap::default(), queue: VecDeque::new(), next: 0, bytes: 0 }
    }

    /// The rows of a key, if they are known and fresh at `now_ms`.
    pub fn get(&mut self, key: &[u8], now_ms: i64) -> Option<Found> {
        let options = self.options;
        let entry = self.entries.get_mut(key)?;
        if expired(entry, &options, now_ms) {
            return None;
        }
        entry.accessed_ms = now_ms;
        entry.used = true;
        Some(entry.found.clone())
    }

    /// Remembers what the database answered. No rows are remembered only where the options say so.
    pub fn put(&mut self, key: &[u8], found: Found, now_ms: i64) {
        self.remove(key);
        if found.count == 0 && !self.options.cache_missing_key {
            return;
        }
        let key: Arc<[u8]> = key.into();
        let number = self.next;
        self.next += 1;
        let entry = Entry { found, written_ms: now_ms, accessed_ms: now_ms, used: false, number };
        self.bytes += size_of_entry(&entry.found) + size_of_place(&key);
        self.entries.insert(Arc::clone(&key), entry);
        self.queue.push_back((number, key));
        self.clean(now_ms);
    }

    /// Memory that the keys and rows take, with what holds them.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn remove(&mut self, key: &[u8]) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes -= size_of_entry(&entry.found);
        }
    }

    /// Looks at the oldest keys: two for each new one, so that dead ones never outnumber the living for long, and as
    /// many as the limit asks.
    fn clean(&mut self, now_ms: i64) {
        let limit = self.options.max_rows.map_or(usize::MAX, |rows| rows.max(0) as usize);
        let mut looks = 2;
        while looks > 0 || self.entries.len() > limit {
            looks = usize::saturating_sub(looks, 1);
            let Some((number, key)) = self.queue.pop_front() else { return };
            let full = self.entries.len() > limit;
            let Some(entry) = self.entries.get_mut(&key).filter(|entry| entry.number == number) else {
                self.bytes -= size_of_place(&key);
                continue;
            };
            if expired(entry, &self.options, now_ms) || (full && !entry.used) {
                self.remove(&key);
                self.bytes -= size_of_place(&key);
            } else {
                entry.used = entry.used && !full;
                self.queue.push_back((number, key));
            }
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.entries.len()
    }
}

/// An `Arc` of bytes holds two counters before them.
const COUNTERS: usize = 2 * size_of::<usize>();

fn size_of_entry(found: &Found) -> usize {
    size_of::<Arc<[u8]>>() + size_of::<Entry>() + COUNTERS + found.rows.len()
}

/// A key and its place in the queue.
fn size_of_place(key: &[u8]) -> usize {
    size_of::<(u64, Arc<[u8]>)>() + COUNTERS + key.len()
}

fn expired(entry: &Entry, options: &CacheOptions, now_ms: i64) -> bool {
    options.expire_after_write_ms.is_some_and(|ms| now_ms - entry.written_ms >= ms)
        || options.expire_after_access_ms.is_some_and(|ms| now_ms - entry.accessed_ms >= ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> CacheOptions {
        CacheOptions {
            max_rows: None,
            expire_after_write_ms: None,
            expire_after_access_ms: None,
            cache_missing_key: true,
        }
    }

    fn found(count: u32) -> Found {
        Found { count, rows: Arc::default() }
    }

    #[test]
    fn the_limit_spares_what_is_used() {
        let mut cache = LookupCache::new(CacheOptions { max_rows: Some(2), ..options() });
        cache.put(b"a", found(1), 0);
        cache.put(b"b", found(1), 0);
        assert!(cache.get(b"a", 0).is_some());
        cache.put(b"c", found(1), 0);
        assert_eq!(cache.len(), 2);
        assert!(cache.get(b"a", 0).is_some() && cache.get(b"b", 0).is_none());
    }

    #[test]
    fn old_entries_are_neither_given_nor_kept() {
        let mut cache = LookupCache::new(CacheOptions { expire_after_write_ms: Some(10), ..options() });
        for i in 0..1_000i64 {
            cache.put(&i.to_be_bytes(), found(1), i);
        }
        assert!(cache.len() < 40, "{} entries", cache.len());
        assert!(cache.get(&999i64.to_be_bytes(), 1_000).is_some());
        assert!(cache.get(&999i64.to_be_bytes(), 1_009).is_none());
    }

    #[test]
    fn access_keeps_alive() {
        let mut cache = LookupCache::new(CacheOptions { expire_after_access_ms: Some(10), ..options() });
        cache.put(b"a", found(1), 0);
        assert!(cache.get(b"a", 9).is_some());
        assert!(cache.get(b"a", 18).is_some());
        assert!(cache.get(b"a", 28).is_none());
    }

    #[test]
    fn missing_keys_only_where_asked() {
        let mut cache = LookupCache::new(CacheOptions { cache_missing_key: false, ..options() });
        cache.put(b"a", found(0), 0);
        assert!(cache.get(b"a", 0).is_none());
        let mut cache = LookupCache::new(options());
        cache.put(b"a", found(0), 0);
        assert_eq!(cache.get(b"a", 0).map(|f| f.count), Some(0));
    }

    #[test]
    fn bytes_are_those_of_what_is_there() {
        let mut cache = LookupCache::new(CacheOptions { max_rows: Some(10), ..options() });
        let of = |length: usize| Found { count: 1, rows: vec![7; length].into() };
        for round in 0..3u32 {
            for key in 0..1_000u32 {
                cache.put(&key.to_be_bytes(), of(100), i64::from(round));
                // Written again at once: the first place in the queue is left behind for a while.
                cache.put(&key.to_be_bytes(), of(50), i64::from(round));
            }
        }
        let places = cache.queue.len();
        assert_eq!((cache.len(), places <= 30), (10, true));
        assert_eq!(cache.bytes(), 10 * size_of_entry(&of(50)) + places * size_of_place(&[0; 4]));
        cache.put(b"a", found(0), 9);
        assert!(cache.bytes() > 10 * 50);
    }
}
