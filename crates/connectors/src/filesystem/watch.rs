//! Looking for new files (`source.monitor-interval`, Flink `ContinuousFileSplitEnumerator`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use streamsql_core::{Error, Result, SourceEvent, Split, SplitStart};

use super::discover::{FoundFile, Layout};
use crate::options::duration_ms;

/// A file is read when it is first seen, to the end that it then has: one that grows has to come as a whole, by a rename.
pub struct Watch {
    interval: Duration,
    looked: Instant,
    /// Files that were found so far.
    known: BTreeSet<Split>,
    /// Found and not yet told of.
    untold: VecDeque<SplitStart>,
}

impl Watch {
    /// None where files are read once.
    ///
    /// # Errors
    /// `Invalid` for an interval that is none.
    pub fn from_options(options: &BTreeMap<String, String>) -> Result<Option<Self>> {
        if !options.contains_key("source.monitor-interval") {
            return Ok(None);
        }
        let interval = duration_ms(options, "source.monitor-interval", 0)?;
        let interval = u64::try_from(interval).ok().filter(|interval| *interval > 0);
        let interval =
            interval.ok_or_else(|| Error::invalid("'source.monitor-interval' is greater than 0"))?;
        Ok(Some(Self {
            interval: Duration::from_millis(interval),
            looked: Instant::now(),
            known: BTreeSet::new(),
            untold: VecDeque::new(),
        }))
    }

    pub fn know(&mut self, split: &Split) {
        self.known.insert(split.clone());
    }

    /// Whether all files that were found may be read.
    pub fn has_told_all(&self) -> bool {
        self.untold.is_empty()
    }

    /// What to tell next, with the files that were found. Waits until it is time to look, at most `timeout`.
    pub fn look(
        &mut self,
        layout: &Layout,
        timeout: Duration,
    ) -> Result<(SourceEvent, Vec<(FoundFile, Split)>)> {
        let mut found = Vec::new();
        if self.untold.is_empty() {
            let left = self.interval.saturating_sub(self.looked.elapsed());
            if left > Duration::ZERO {
                std::thread::sleep(left.min(timeout));
                return Ok((SourceEvent::Nothing, found));
            }
            self.looked = Instant::now();
            for file in layout.files()? {
                let split = file.split();
                if self.known.insert(split.clone()) {
                    self.untold.push_back(SplitStart { split: split.clone(), position: 0 });
                    found.push((file, split));
                }
            }
        }
        Ok((self.untold.pop_front().map_or(SourceEvent::Nothing, SourceEvent::NewSplit), found))
    }
}
