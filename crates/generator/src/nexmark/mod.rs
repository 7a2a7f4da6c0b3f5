//! The load of Nexmark (Tucker, Tufte, Papadimos, Maier: "NEXMark – A Benchmark for Queries over Data Streams", 2002) with
//! the proportions and hot keys that its implementations for Beam and Flink use: of every 50 events one is a new person, 3
//! are new auctions, 46 are bids.
//!
//! All events go into one stream of JSON objects `{"event_type": 0|1|2, "person"|"auction"|"bid": {…}}`, as Flink's Nexmark
//! reads them from Kafka. Event `n` depends on the seed and on `n` alone.

mod entities;

use crate::records::{Record, Records};
use crate::rng::Rng;

/// Persons, auctions and bids among every `CYCLE` events, in this order.
const PERSONS: u64 = 1;
const AUCTIONS: u64 = 3;
const CYCLE: u64 = 50;
/// Persons that bid and sell, the newest first.
const ACTIVE_PERSONS: u64 = 1_000;
/// Auctions that are open at any time.
const OPEN_AUCTIONS: u64 = 100;
/// Ids that are already used before their person or auction has come.
const LEAD: u64 = 10;
/// Every id divisible by this is hot: most bids and auctions name the newest of them.
const HOT_STEP: u64 = 100;
/// Ids start here.
const FIRST_ID: u64 = 1_000;

/// What to make. The same values give the same events.
#[derive(Clone, Debug)]
pub struct NexmarkSpec {
    pub seed: u64,
    /// Number of events; none: without end.
    pub events: Option<u64>,
    /// Event time of the first event, ms.
    pub start_ms: i64,
    /// Events per second of event time, above 0.
    pub events_per_second: f64,
}

/// The events in order.
#[derive(Debug)]
pub struct Nexmark {
    spec: NexmarkSpec,
    next: u64,
}

impl Nexmark {
    pub fn new(spec: NexmarkSpec) -> Self {
        Self { spec, next: 0 }
    }

    /// Events made so far.
    pub fn made(&self) -> u64 {
        self.next
    }

    fn time_ms(&self, event: u64) -> i64 {
        self.spec.start_ms + (event as f64 * 1_000.0 / self.spec.events_per_second) as i64
    }

    /// How long an auction that opens with `event` stays open, ms: on average until as many auctions as may be open at a
    /// time have come after it.
    fn auction_length_ms(&self, event: u64, rng: &mut Rng) -> i64 {
        let later = event + OPEN_AUCTIONS * CYCLE / AUCTIONS;
        let horizon = (self.time_ms(later) - self.time_ms(event)).max(1) as u64;
        1 + rng.below(horizon * 2) as i64
    }
}

impl Records for Nexmark {
    fn next(&mut self, record: &mut Record) -> bool {
        if self.spec.events.is_some_and(|events| self.next >= events) {
            return false;
        }
        let event = self.next;
        self.next += 1;
        let mut rng = Rng::new(self.spec.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ event);
        record.clear();
        record.stream = 0;
        record.sent_ms = self.time_ms(event);
        let (time_ms, out) = (record.sent_ms, &mut record.value);
        match event % CYCLE {
            place if place < PERSONS => entities::person(out, &mut rng, last_person(event), time_ms),
            place if place < PERSONS + AUCTIONS => {
                let length_ms = self.auction_length_ms(event, &mut rng);
                entities::auction(out, &mut rng, event, time_ms, time_ms + length_ms);
            }
            _ => entities::bid(out, &mut rng, event, time_ms),
        }
        true
    }
}

/// Number of the newest person when `event` happens, counted from 0: one comes first in every cycle.
fn last_person(event: u64) -> u64 {
    event / CYCLE
}

/// Number of the newest auction when `event` happens, counted from 0; the first persons come before any auction.
fn last_auction(event: u64) -> u64 {
    let (cycle, place) = (event / CYCLE, event % CYCLE);
    match place.checked_sub(PERSONS) {
        Some(place) => cycle * AUCTIONS + place.min(AUCTIONS - 1),
        None => (cycle * AUCTIONS).saturating_sub(1),
    }
}

/// An active person, perhaps one that has not come yet.
fn some_person(rng: &mut Rng, event: u64) -> u64 {
    let persons = last_person(event) + 1;
    let active = persons.min(ACTIVE_PERSONS);
    persons - active + rng.below(active + LEAD)
}

/// An open auction, perhaps one that has not come yet.
fn some_auction(rng: &mut Rng, event: u64) -> u64 {
    let newest = last_auction(event);
    let oldest = newest.saturating_sub(OPEN_AUCTIONS);
    oldest + rng.below(newest - oldest + 1 + LEAD)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn events(seed: u64, events: u64) -> Vec<Value> {
        let spec = NexmarkSpec {
            seed,
            events: Some(events),
            start_ms: 1_767_225_600_000,
            events_per_second: 10_000.0,
        };
        let (mut load, mut record, mut all) = (Nexmark::new(spec), Record::default(), Vec::new());
        while load.next(&mut record) {
            all.push(serde_json::from_slice(&record.value).unwrap());
        }
        all
    }

    fn numbers(events: &[Value], kind: &str, field: &str) -> Vec<u64> {
        events.iter().filter_map(|event| event.get(kind)).map(|e| e[field].as_u64().unwrap()).collect()
    }

    #[test]
    fn same_seed_same_events() {
        assert_eq!(events(7, 500), events(7, 500));
        assert_ne!(events(7, 500), events(8, 500));
    }

    #[test]
    fn of_fifty_events_one_is_a_person_and_three_are_auctions() {
        let events = events(1, 5_000);
        let of = |kind: u64| events.iter().filter(|e| e["event_type"] == kind).count();
        assert_eq!((of(0), of(1), of(2)), (100, 300, 4_600));
        let ids = |count: u64| (FIRST_ID..FIRST_ID + count).collect::<Vec<_>>();
        assert_eq!(numbers(&events, "person", "id"), ids(100));
        assert_eq!(numbers(&events, "auction", "id"), ids(300));
    }

    #[test]
    fn half_the_bids_go_to_the_hot_auction_and_three_quarters_come_from_the_hot_bidder() {
        let events = events(3, 50_000);
        let bids = numbers(&events, "bid", "auction");
        let hot = bids.iter().filter(|id| *id % HOT_STEP == 0).count();
        assert!((48..56).contains(&(hot * 100 / bids.len())), "{hot} of {}", bids.len());
        let bidders = numbers(&events, "bid", "bidder");
        let hot = bidders.iter().filter(|id| *id % HOT_STEP == 1).count();
        assert!((73..79).contains(&(hot * 100 / bidders.len())), "{hot} of {}", bidders.len());
    }

    #[test]
    fn an_auction_ends_after_it_began_and_its_reserve_is_above_its_first_price() {
        for event in events(5, 10_000).iter().filter_map(|e| e.get("auction")) {
            assert!(event["expires"].as_str().unwrap() > event["dateTime"].as_str().unwrap(), "{event}");
            assert!(event["reserve"].as_u64() > event["initialBid"].as_u64(), "{event}");
        }
    }
}
