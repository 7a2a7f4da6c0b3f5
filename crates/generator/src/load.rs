//! Which events happen when, and in which order they are sent.
//!
//! Every event has an event time and a time of sending, equal unless the event is out of order or late. Events leave in
//! the order of sending, so a consumer sees exactly the disorder that was asked for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::rng::Rng;

/// How far a late event comes after its time, at least: past the 15 s that the job's watermark waits.
const LATE_FROM_MS: u64 = 20_000;
/// A duplicate is sent up to this much after its original.
const DUPLICATE_WITHIN_MS: u64 = 2_000;

/// What to make. The same values give the same events.
#[derive(Clone, Debug)]
pub struct LoadSpec {
    pub seed: u64,
    /// Event time of the first click, ms.
    pub start_ms: i64,
    /// Number of clicks; none: without end.
    pub clicks: Option<u64>,
    /// Exact number of checkouts; none: about as many as clicks, as chance has it.
    pub checkouts: Option<u64>,
    /// Clicks per second of event time, above 0.
    pub clicks_per_second: f64,
    /// Users that click, numbered from 0; at least 1.
    pub users: u32,
    /// Products that are bought, numbered from 0; at least 1.
    pub products: u32,
    /// Longest time between a click and its checkout, or one checkout and the next, ms.
    pub checkout_within_ms: u64,
    pub disorder: Disorder,
}

/// Fractions are probabilities of each event, 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Disorder {
    pub out_of_order: f64,
    /// An out-of-order event is sent up to this much after its time, ms.
    pub out_of_order_within_ms: u64,
    pub late: f64,
    /// A late event is sent between 20 s and this much after its time, ms.
    pub late_within_ms: u64,
    pub duplicates: f64,
}

impl Default for Disorder {
    fn default() -> Self {
        Self {
            out_of_order: 0.0,
            out_of_order_within_ms: 10_000,
            late: 0.0,
            late_within_ms: 300_000,
            duplicates: 0.0,
        }
    }
}

impl Default for LoadSpec {
    fn default() -> Self {
        Self {
            seed: 1,
            // 2026-01-01 00:00:00
            start_ms: 1_767_225_600_000,
            clicks: Some(1_000),
            checkouts: None,
            clicks_per_second: 100.0,
            users: crate::shop::USERS,
            products: crate::shop::PRODUCTS,
            checkout_within_ms: 60_000,
            disorder: Disorder::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Click,
    Checkout,
}

/// One click or checkout; `write_json` gives its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: Kind,
    /// Event time, ms.
    pub time_ms: i64,
    /// When it is sent, ms of event time.
    pub sent_ms: i64,
    pub user: u32,
    /// Decides all other fields.
    pub(crate) detail: u64,
    pub(crate) products: u32,
}

/// What was made so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Different clicks and checkouts; duplicates come on top.
    pub clicks: u64,
    pub checkouts: u64,
    pub out_of_order: u64,
    pub late: u64,
    pub duplicates: u64,
}

/// The events in the order of sending.
#[derive(Debug)]
pub struct Load {
    spec: LoadSpec,
    rng: Rng,
    counts: Counts,
    /// Events that wait for their time of sending; the number keeps equal times in the order of their making.
    waiting: BinaryHeap<Reverse<Waiting>>,
    made: u64,
    /// The next click, not yet counted.
    next_click_ms: i64,
}

#[derive(Debug, PartialEq, Eq)]
struct Waiting(Event, u64);

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.sent_ms, self.1).cmp(&(other.0.sent_ms, other.1))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Load {
    pub fn new(spec: LoadSpec) -> Self {
        let rng = Rng::new(spec.seed ^ 0x5EED_0F5E_ED0F_5EED);
        let mut load = Self {
            spec,
            rng,
            counts: Counts::default(),
            waiting: BinaryHeap::new(),
            made: 0,
            next_click_ms: 0,
        };
        load.schedule_click();
        load
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn clicks_left(&self) -> bool {
        self.spec.clicks.is_none_or(|limit| self.counts.clicks < limit)
    }

    fn checkouts_left(&self) -> bool {
        self.spec.checkouts.is_none_or(|limit| self.counts.checkouts < limit)
    }

    /// Each click has a slot of `1 / rate` and falls somewhere into it.
    fn schedule_click(&mut self) {
        let slots = self.counts.clicks as f64 + self.rng.fraction();
        self.next_click_ms = self.spec.start_ms + (slots * 1_000.0 / self.spec.clicks_per_second) as i64;
    }

    fn make_click(&mut self) {
        let user = self.rng.below(u64::from(self.spec.users)) as u32;
        let time_ms = self.next_click_ms;
        self.counts.clicks += 1;
        self.make(Kind::Click, time_ms, user);
        let mut checkout_ms = time_ms;
        while self.checkouts_left() && self.rng.next() & 1 == 1 {
            checkout_ms = self.make_checkout(checkout_ms, user);
        }
        if self.clicks_left() {
            self.schedule_click();
        } else if let Some(limit) = self.spec.checkouts {
            // Chance gave too few: further users buy right after the last click.
            while self.counts.checkouts < limit {
                let user = self.rng.below(u64::from(self.spec.users)) as u32;
                self.make_checkout(time_ms, user);
            }
        }
    }

    fn make_checkout(&mut self, after_ms: i64, user: u32) -> i64 {
        let time_ms = after_ms + 1 + self.rng.below(self.spec.checkout_within_ms) as i64;
        self.counts.checkouts += 1;
        self.make(Kind::Checkout, time_ms, user);
        time_ms
    }

    fn make(&mut self, kind: Kind, time_ms: i64, user: u32) {
        let detail = self.rng.next();
        let disorder = self.spec.disorder;
        let delay = if self.rng.chance(disorder.late) {
            self.counts.late += 1;
            LATE_FROM_MS + self.rng.below(disorder.late_within_ms.saturating_sub(LATE_FROM_MS))
        } else if self.rng.chance(disorder.out_of_order) {
            self.counts.out_of_order += 1;
            1 + self.rng.below(disorder.out_of_order_within_ms)
        } else {
            0
        };
        let event = Event {
            kind,
            time_ms,
            sent_ms: time_ms + delay as i64,
            user,
            detail,
            products: self.spec.products,
        };
        self.wait(event);
        if self.rng.chance(disorder.duplicates) {
            self.counts.duplicates += 1;
            let again = 1 + self.rng.below(DUPLICATE_WITHIN_MS) as i64;
            self.wait(Event { sent_ms: event.sent_ms + again, ..event });
        }
    }

    fn wait(&mut self, event: Event) {
        self.waiting.push(Reverse(Waiting(event, self.made)));
        self.made += 1;
    }
}

impl Iterator for Load {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        // Nothing that a later click brings can be sent before the click itself.
        while self.clicks_left()
            && self.waiting.peek().is_none_or(|Reverse(first)| first.0.sent_ms >= self.next_click_ms)
        {
            self.make_click();
        }
        self.waiting.pop().map(|Reverse(first)| first.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_events() {
        let events = |seed| Load::new(LoadSpec { seed, ..LoadSpec::default() }).collect::<Vec<_>>();
        assert_eq!(events(7), events(7));
        assert_ne!(events(7), events(8));
    }

    #[test]
    fn clicks_keep_their_rate_and_about_one_checkout_follows_each() {
        let spec = LoadSpec { clicks: Some(20_000), ..LoadSpec::default() };
        let start = spec.start_ms;
        let mut load = Load::new(spec);
        let events: Vec<Event> = load.by_ref().collect();
        let clicks: Vec<&Event> = events.iter().filter(|e| e.kind == Kind::Click).collect();
        assert_eq!(clicks.len(), 20_000);
        // 100 clicks a second: click i falls into slot i of 10 ms.
        for (i, click) in clicks.iter().enumerate() {
            assert_eq!((click.time_ms - start) / 10, i as i64);
        }
        let checkouts = load.counts().checkouts;
        assert!((19_000..21_000).contains(&checkouts), "{checkouts}");
        assert_eq!(events.len() as u64, 20_000 + checkouts);
        assert!(
            events.windows(2).all(|pair| pair[0].time_ms <= pair[1].time_ms),
            "in order without disorder"
        );
    }

    #[test]
    fn exact_number_of_checkouts() {
        for checkouts in [0, 10, 1_000, 5_000] {
            let spec = LoadSpec { checkouts: Some(checkouts), ..LoadSpec::default() };
            let made = Load::new(spec).filter(|e| e.kind == Kind::Checkout).count();
            assert_eq!(made as u64, checkouts);
        }
    }

    #[test]
    fn disorder_is_what_was_asked_for() {
        let disorder = Disorder { out_of_order: 0.2, late: 0.05, duplicates: 0.1, ..Disorder::default() };
        let mut load = Load::new(LoadSpec { clicks: Some(10_000), disorder, ..LoadSpec::default() });
        let events: Vec<Event> = load.by_ref().collect();
        let counts = load.counts();
        assert!(
            events.windows(2).all(|pair| pair[0].sent_ms <= pair[1].sent_ms),
            "leaves in order of sending"
        );
        assert_eq!(events.len() as u64, counts.clicks + counts.checkouts + counts.duplicates);
        let total = (counts.clicks + counts.checkouts) as f64;
        assert!((0.04..0.06).contains(&(counts.late as f64 / total)));
        assert!((0.17..0.21).contains(&(counts.out_of_order as f64 / total)));
        assert!((0.09..0.11).contains(&(counts.duplicates as f64 / total)));
        // A late event comes after events that are more than 15 s ahead of it.
        let mut ahead = i64::MIN;
        let behind = |e: &Event, ahead: i64| ahead - e.time_ms > 15_000;
        let late = events
            .iter()
            .filter(|e| {
                ahead = ahead.max(e.time_ms);
                behind(e, ahead)
            })
            .count() as u64;
        assert!(late >= counts.late * 9 / 10 && late <= counts.late * 12 / 10 + 5, "{late} of {counts:?}");
    }

    #[test]
    fn tiny_worlds_work() {
        let spec = LoadSpec {
            users: 1,
            products: 1,
            clicks: Some(3),
            clicks_per_second: 0.5,
            ..LoadSpec::default()
        };
        assert!(Load::new(spec).all(|e| e.user == 0));
        assert_eq!(Load::new(LoadSpec { clicks: Some(0), ..LoadSpec::default() }).count(), 0);
    }
}
