//! Look-ups that found nothing, asked again: the retry options of the hint `LOOKUP`.
//!
//! Source: Flink `RetryableLookupFunctionDelegator` and `ResultRetryStrategy.fixedDelayRetry`. After a miss the key is
//! asked `max-attempts` times more, `fixed-delay` apart. The delegator stands in front of the cache, so a cached miss
//! stays a miss until it expires; and the join waits meanwhile, as a synchronous lookup of Flink does. Only misses are
//! asked again: what a failure costs is the inner lookup's affair (`lookup.max-retries`).

use std::collections::BTreeMap;
use std::time::Duration;

use arrow::array::{RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{concat_batches, take, take_record_batch};
use streamsql_core::{Error, Lookup, LookupRows, Result, StopHandle};

use crate::options::{duration_ms, number};

/// `retry-predicate` = `lookup_miss` with `retry-strategy` = `fixed_delay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupRetry {
    pub fixed_delay_ms: i64,
    /// How often a key that found nothing is asked again.
    pub max_attempts: u32,
}

impl LookupRetry {
    /// Of a lookup join's options, where those of its hint begin with `hint.`; `None` without a retry predicate.
    pub fn from_options(options: &BTreeMap<String, String>) -> Result<Option<Self>> {
        if !options.contains_key("hint.retry-predicate") {
            return Ok(None);
        }
        Ok(Some(Self {
            fixed_delay_ms: duration_ms(options, "hint.fixed-delay", 0)?,
            max_attempts: number(options, "hint.max-attempts", 0)?.clamp(0, i64::from(u32::MAX)) as u32,
        }))
    }
}

/// A [`Lookup`] that asks again for the keys without a row.
pub struct RetryingLookup<L> {
    inner: L,
    retry: LookupRetry,
    halt: StopHandle,
    wait: fn(&StopHandle, Duration),
}

impl<L: Lookup> RetryingLookup<L> {
    pub fn new(inner: L, retry: LookupRetry) -> Self {
        let wait = |halt: &StopHandle, pause| {
            halt.wait(pause);
        };
        Self { inner, retry, halt: StopHandle::default(), wait }
    }
}

impl<L: Lookup> Lookup for RetryingLookup<L> {
    fn lookup(&mut self, keys: &RecordBatch, now_ms: i64) -> Result<LookupRows> {
        let first = self.inner.lookup(keys, now_ms)?;
        let mut missing = without_row((0..keys.num_rows() as u32).collect(), &first.key_index);
        if missing.is_empty() {
            return Ok(first);
        }
        let (mut parts, mut key_index) = (vec![first.rows], first.key_index);
        let mut now_ms = now_ms;
        for _ in 0..self.retry.max_attempts {
            (self.wait)(&self.halt, Duration::from_millis(self.retry.fixed_delay_ms.max(0) as u64));
            if self.halt.is_stopped() {
                return Err(Error::failed("a look-up was given up because the job ends"));
            }
            now_ms = now_ms.saturating_add(self.retry.fixed_delay_ms);
            let asked = take_record_batch(keys, &UInt32Array::from(missing.clone()))?;
            let answer = self.inner.lookup(&asked, now_ms)?;
            let found: Vec<u32> =
                answer.key_index.iter().filter_map(|i| missing.get(*i as usize).copied()).collect();
            missing = without_row(missing, &found);
            key_index.extend(found);
            parts.push(answer.rows);
            if missing.is_empty() {
                break;
            }
        }
        let rows = concat_batches(&parts[0].schema(), &parts)?;
        let mut order: Vec<u32> = (0..key_index.len() as u32).collect();
        order.sort_by_key(|row| key_index[*row as usize]);
        let order = UInt32Array::from(order);
        let columns = rows.columns().iter().map(|column| take(column, &order, None));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        // A join that reads nothing but whether there is a row has no columns.
        let count = RecordBatchOptions::new().with_row_count(Some(order.len()));
        let rows = RecordBatch::try_new_with_options(rows.schema(), columns, &count)?;
        key_index.sort_unstable();
        Ok(LookupRows { rows, key_index })
    }

    fn halt_with(&mut self, halt: &StopHandle) {
        self.halt = halt.clone();
        self.inner.halt_with(halt);
    }
}

/// Those of the ascending `asked` that are not in the ascending `found`.
fn without_row(asked: Vec<u32>, found: &[u32]) -> Vec<u32> {
    asked.into_iter().filter(|key| found.binary_search(key).is_err()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, Int32Array};
    use arrow::datatypes::Int32Type;

    use super::*;

    /// Key `k` has `k` rows, from the question of that number on; the key 13 fails.
    struct Growing {
        asked: Vec<(Vec<i32>, i64)>,
        columns: bool,
    }

    impl Lookup for Growing {
        fn lookup(&mut self, keys: &RecordBatch, now_ms: i64) -> Result<LookupRows> {
            let keys = keys.column(0).as_primitive::<Int32Type>().values().to_vec();
            self.asked.push((keys.clone(), now_ms));
            if keys.contains(&13) {
                return Err(streamsql_core::Error::failed("refused"));
            }
            let (mut values, mut key_index) = (Vec::new(), Vec::new());
            for (i, key) in keys.iter().enumerate().filter(|(_, key)| **key as usize <= self.asked.len()) {
                for _ in 0..*key {
                    values.push(*key);
                    key_index.push(i as u32);
                }
            }
            let rows = batch(values);
            Ok(LookupRows { rows: if self.columns { rows } else { rows.project(&[])? }, key_index })
        }
    }

    fn batch(values: Vec<i32>) -> RecordBatch {
        RecordBatch::try_from_iter([("k", Arc::new(Int32Array::from(values)) as ArrayRef)]).unwrap()
    }

    fn retrying(max_attempts: u32) -> RetryingLookup<Growing> {
        let retry = LookupRetry { fixed_delay_ms: 10, max_attempts };
        let inner = Growing { asked: Vec::new(), columns: true };
        RetryingLookup { inner, retry, halt: StopHandle::default(), wait: |_, _| () }
    }

    #[test]
    fn only_the_keys_without_a_row_are_asked_again() {
        let mut lookup = retrying(5);
        let answer = lookup.lookup(&batch(vec![3, 1, 2]), 100).unwrap();
        assert_eq!(lookup.inner.asked, [(vec![3, 1, 2], 100), (vec![3, 2], 110), (vec![3], 120)]);
        assert_eq!(answer.key_index, [0, 0, 0, 1, 2, 2]);
        let values: Vec<i32> = answer.rows.column(0).as_primitive::<Int32Type>().values().to_vec();
        assert_eq!(values, [3, 3, 3, 1, 2, 2]);
    }

    #[test]
    fn a_miss_is_final_after_the_last_attempt() {
        let mut lookup = retrying(2);
        let answer = lookup.lookup(&batch(vec![9, 1]), 0).unwrap();
        assert_eq!(lookup.inner.asked.len(), 3);
        assert_eq!(answer.key_index, [1]);
    }

    #[test]
    fn a_failure_is_not_asked_again() {
        let mut lookup = retrying(5);
        assert!(lookup.lookup(&batch(vec![2, 13]), 0).is_err());
        assert_eq!(lookup.inner.asked.len(), 1);
    }

    #[test]
    fn rows_are_counted_where_no_column_is_read() {
        let mut lookup = retrying(5);
        lookup.inner.columns = false;
        let answer = lookup.lookup(&batch(vec![2, 1]), 0).unwrap();
        assert_eq!((answer.rows.num_rows(), answer.key_index), (3, vec![0, 0, 1]));
    }

    #[test]
    fn a_wait_of_the_delay_stands_before_each_repetition() {
        thread_local!(static WAITED: std::cell::RefCell<Vec<Duration>> = const { std::cell::RefCell::new(Vec::new()) });
        let mut lookup = retrying(4);
        lookup.wait = |_, delay| WAITED.with_borrow_mut(|waited| waited.push(delay));
        lookup.lookup(&batch(vec![1, 3]), 0).unwrap();
        WAITED.with_borrow(|waited| assert_eq!(*waited, [Duration::from_millis(10); 2]));
    }

    #[test]
    fn a_job_that_ends_is_not_waited_for() {
        let mut lookup = retrying(4);
        lookup.wait = |halt, _| halt.stop();
        assert!(lookup.lookup(&batch(vec![9]), 0).is_err());
        assert_eq!(lookup.inner.asked.len(), 1);
    }

    #[test]
    fn the_hint_gives_the_strategy() {
        let options = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        assert_eq!(LookupRetry::from_options(&options(&[])).unwrap(), None);
        let given = options(&[
            ("hint.retry-predicate", "lookup_miss"),
            ("hint.fixed-delay", "2 s"),
            ("hint.max-attempts", "3"),
        ]);
        let expected = LookupRetry { fixed_delay_ms: 2_000, max_attempts: 3 };
        assert_eq!(LookupRetry::from_options(&given).unwrap(), Some(expected));
    }
}
