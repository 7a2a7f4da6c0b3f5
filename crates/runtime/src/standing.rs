//! How a job stands: what it is doing, since when, and what went wrong lately.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use streamsql_core::DeadLetter;

/// Dead letters that are remembered for those who look.
const LETTERS: usize = 50;
/// Bytes of a key or value that are remembered.
const CLIPPED: usize = 512;

/// What a job is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Restores its state and opens what it reads and writes.
    Starting,
    Running,
    /// Commits what it has read; nothing new is taken.
    Stopping,
    Finished,
    Failed,
}

impl JobState {
    pub const ALL: [Self; 5] = [Self::Starting, Self::Running, Self::Stopping, Self::Finished, Self::Failed];

    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }
}

/// Written by the driver, read by anybody.
#[derive(Debug, Default)]
pub struct JobStanding {
    state: AtomicU8,
    /// When the state began, and when the driver last looked at the time; ms since 1970, 0 for never.
    since_ms: AtomicI64,
    started_ms: AtomicI64,
    running_ms: AtomicI64,
    alive_ms: AtomicI64,
    failure: Mutex<Option<String>>,
    letters: Mutex<VecDeque<RememberedLetter>>,
}

/// A dead letter as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RememberedLetter {
    pub at_ms: i64,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub field: Option<String>,
    pub error: String,
    /// The beginning of the payload; bytes that are no UTF-8 are replaced.
    pub key: Option<String>,
    pub value: Option<String>,
}

/// The standing at one moment; times are ms since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingSnapshot {
    pub state: JobState,
    pub since_ms: i64,
    pub started_ms: i64,
    /// When it began to read.
    pub running_ms: Option<i64>,
    /// When the driver last looked at the time, which it does all the time unless something holds it up.
    pub alive_ms: i64,
    /// Why it failed.
    pub failure: Option<String>,
}

impl JobStanding {
    pub(crate) fn starts(&self, now_ms: i64) {
        self.started_ms.store(now_ms, Ordering::Relaxed);
        self.becomes(JobState::Starting, now_ms);
    }

    pub(crate) fn becomes(&self, state: JobState, now_ms: i64) {
        self.since_ms.store(now_ms, Ordering::Relaxed);
        if state == JobState::Running {
            self.running_ms.store(now_ms, Ordering::Relaxed);
        }
        self.alive(now_ms);
        self.state.store(state as u8, Ordering::Release);
    }

    pub(crate) fn fails(&self, why: String, now_ms: i64) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        self.becomes(JobState::Failed, now_ms);
    }

    pub(crate) fn alive(&self, now_ms: i64) {
        self.alive_ms.store(now_ms, Ordering::Relaxed);
    }

    /// Remembers dead letters; where somebody just reads what is remembered, these are not.
    pub(crate) fn letters(&self, letters: &[DeadLetter], now_ms: i64) {
        if letters.is_empty() {
            return;
        }
        let Ok(mut remembered) = self.letters.try_lock() else { return };
        for letter in letters.iter().skip(letters.len().saturating_sub(LETTERS)) {
            if remembered.len() == LETTERS {
                remembered.pop_front();
            }
            remembered.push_back(RememberedLetter::of(letter, now_ms));
        }
    }

    pub fn state(&self) -> JobState {
        let state = usize::from(self.state.load(Ordering::Acquire));
        JobState::ALL.get(state).copied().unwrap_or(JobState::Failed)
    }

    pub fn snapshot(&self) -> StandingSnapshot {
        let state = self.state();
        StandingSnapshot {
            state,
            since_ms: self.since_ms.load(Ordering::Relaxed),
            started_ms: self.started_ms.load(Ordering::Relaxed),
            running_ms: Some(self.running_ms.load(Ordering::Relaxed)).filter(|ms| *ms > 0),
            alive_ms: self.alive_ms.load(Ordering::Relaxed),
            failure: self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// The last dead letters of this process, oldest first.
    pub fn dead_letters(&self) -> Vec<RememberedLetter> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl RememberedLetter {
    fn of(letter: &DeadLetter, now_ms: i64) -> Self {
        let clipped = |bytes: &Option<Vec<u8>>| {
            let bytes = bytes.as_ref()?;
            let mut text = String::from_utf8_lossy(&bytes[..bytes.len().min(CLIPPED)]).into_owned();
            if bytes.len() > CLIPPED {
                text.push('…');
            }
            Some(text)
        };
        Self {
            at_ms: now_ms,
            topic: letter.split.topic.to_string(),
            partition: letter.split.partition,
            offset: letter.offset,
            field: letter.field.clone(),
            error: letter.error.clone(),
            key: clipped(&letter.key),
            value: clipped(&letter.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use streamsql_core::Split;

    use super::*;

    #[test]
    fn the_last_dead_letters_are_remembered_with_the_beginning_of_their_payload() {
        let standing = JobStanding::default();
        let letter = |offset| DeadLetter {
            split: Split { topic: Arc::from("clicks"), partition: 3 },
            offset,
            key: None,
            value: Some(vec![b'x'; 2 * CLIPPED]),
            timestamp_ms: None,
            field: Some("price".to_owned()),
            error: "not a number".to_owned(),
        };
        let letters: Vec<DeadLetter> = (0..2 * LETTERS as i64).map(letter).collect();
        standing.letters(&letters[..LETTERS], 5);
        standing.letters(&letters[LETTERS..], 6);
        let remembered = standing.dead_letters();
        assert_eq!(
            (remembered.len(), remembered[0].offset, remembered[0].at_ms),
            (LETTERS, LETTERS as i64, 6)
        );
        assert_eq!(remembered[0].value.as_ref().map(|value| value.chars().count()), Some(CLIPPED + 1));
    }

    #[test]
    fn states_come_back_as_they_were_set() {
        let standing = JobStanding::default();
        for (now, state) in JobState::ALL.into_iter().enumerate() {
            standing.becomes(state, now as i64);
            assert_eq!((standing.state(), standing.snapshot().since_ms), (state, now as i64));
        }
    }
}
