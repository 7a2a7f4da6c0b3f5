//! Persons, auctions and bids as JSON.

use crate::event_time::format_ms;
use crate::record::{number, text};
use crate::rng::Rng;

use super::{FIRST_ID, HOT_STEP, last_auction, last_person, some_auction, some_person};

const FIRST_NAMES: [&str; 11] =
    ["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"];
const LAST_NAMES: [&str; 9] =
    ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];
/// Cities with their states.
const CITIES: [(&str, &str); 10] = [
    ("Phoenix", "AZ"),
    ("Los Angeles", "CA"),
    ("San Francisco", "CA"),
    ("Boise", "ID"),
    ("Portland", "OR"),
    ("Bend", "OR"),
    ("Redmond", "WA"),
    ("Seattle", "WA"),
    ("Kent", "WA"),
    ("Cheyenne", "WY"),
];
const HOT_CHANNELS: [&str; 4] = ["Google", "Facebook", "Baidu", "Apple"];
/// Other channels are `channel-N`.
const CHANNELS: u64 = 10_000;
const FIRST_CATEGORY: u64 = 10;
const CATEGORIES: u64 = 5;
/// Of so many bids, all but one go to the hot auction.
const HOT_AUCTION: u64 = 2;
/// Of so many bids, all but one come from the hot bidder; of so many auctions, all but one from the hot seller.
const HOT_BIDDER: u64 = 4;
const HOT_SELLER: u64 = 4;
/// `extra` fills an entity to about these sizes, in bytes of its fields.
const PERSON_BYTES: usize = 200;
const AUCTION_BYTES: usize = 500;
const BID_BYTES: usize = 100;

pub fn person(out: &mut Vec<u8>, rng: &mut Rng, newest: u64, time_ms: i64) {
    out.extend_from_slice(b"{\"event_type\":0,\"person\":{\"id\":");
    number(out, FIRST_ID + newest);
    let begin = out.len();
    text(out, ",\"name\":\"", rng.pick(&FIRST_NAMES));
    text(out, " ", rng.pick(&LAST_NAMES));
    out.extend_from_slice(b"\",\"emailAddress\":\"");
    letters(out, rng, 7);
    out.push(b'@');
    letters(out, rng, 5);
    out.extend_from_slice(b".com\",\"creditCard\":\"");
    for group in 0..4 {
        if group > 0 {
            out.push(b' ');
        }
        digits(out, rng.below(10_000), 4);
    }
    let (city, state) = rng.pick(&CITIES);
    text(out, "\",\"city\":\"", city);
    text(out, "\",\"state\":\"", state);
    out.push(b'"');
    end(out, rng, begin, PERSON_BYTES, time_ms);
}

pub fn auction(out: &mut Vec<u8>, rng: &mut Rng, event: u64, time_ms: i64, expires_ms: i64) {
    out.extend_from_slice(b"{\"event_type\":1,\"auction\":{\"id\":");
    number(out, FIRST_ID + last_auction(event));
    let begin = out.len();
    out.extend_from_slice(b",\"itemName\":\"");
    letters(out, rng, 20);
    out.extend_from_slice(b"\",\"description\":\"");
    letters(out, rng, 100);
    out.extend_from_slice(b"\",\"initialBid\":");
    let first_price = price(rng);
    number(out, first_price);
    out.extend_from_slice(b",\"reserve\":");
    number(out, first_price + price(rng));
    out.extend_from_slice(b",\"expires\":\"");
    out.extend_from_slice(&format_ms(expires_ms));
    out.extend_from_slice(b"\",\"seller\":");
    let seller = if rng.below(HOT_SELLER) > 0 {
        last_person(event) / HOT_STEP * HOT_STEP
    } else {
        some_person(rng, event)
    };
    number(out, FIRST_ID + seller);
    out.extend_from_slice(b",\"category\":");
    number(out, FIRST_CATEGORY + rng.below(CATEGORIES));
    end(out, rng, begin, AUCTION_BYTES, time_ms);
}

pub fn bid(out: &mut Vec<u8>, rng: &mut Rng, event: u64, time_ms: i64) {
    out.extend_from_slice(b"{\"event_type\":2,\"bid\":{\"auction\":");
    let begin = out.len();
    let auction = if rng.below(HOT_AUCTION) > 0 {
        last_auction(event) / HOT_STEP * HOT_STEP
    } else {
        some_auction(rng, event)
    };
    number(out, FIRST_ID + auction);
    out.extend_from_slice(b",\"bidder\":");
    let bidder = if rng.below(HOT_BIDDER) > 0 {
        last_person(event) / HOT_STEP * HOT_STEP + 1
    } else {
        some_person(rng, event)
    };
    number(out, FIRST_ID + bidder);
    out.extend_from_slice(b",\"price\":");
    number(out, price(rng));
    channel(out, rng);
    end(out, rng, begin, BID_BYTES, time_ms);
}

/// The channel and its address: half the bids come through four hot channels.
fn channel(out: &mut Vec<u8>, rng: &mut Rng) {
    let hot = rng.below(2) > 0;
    if hot {
        text(out, ",\"channel\":\"", rng.pick(&HOT_CHANNELS));
    } else {
        out.extend_from_slice(b",\"channel\":\"channel-");
        number(out, rng.below(CHANNELS));
    }
    out.extend_from_slice(b"\",\"url\":\"https://www.nexmark.com/");
    for _ in 0..3 {
        letters(out, rng, 5);
        out.push(b'/');
    }
    out.extend_from_slice(b"item.htm?query=1");
    if !hot {
        out.extend_from_slice(b"&channel_id=");
        number(out, rng.below(1 << 30));
    }
    out.push(b'"');
}

/// The time, and `extra` that fills the entity which began at `begin` to about `bytes`, give or take a fifth.
fn end(out: &mut Vec<u8>, rng: &mut Rng, begin: usize, bytes: usize, time_ms: i64) {
    out.extend_from_slice(b",\"dateTime\":\"");
    out.extend_from_slice(&format_ms(time_ms));
    out.extend_from_slice(b"\",\"extra\":\"");
    let wanted = bytes * 4 / 5 + rng.below(bytes as u64 * 2 / 5) as usize;
    letters(out, rng, wanted.saturating_sub(out.len() - begin));
    out.extend_from_slice(b"\"}}");
}

/// A price in cents, from 1 to 1,000,000 dollars, every power of ten as often as the next.
fn price(rng: &mut Rng) -> u64 {
    (libm::pow(10.0, rng.fraction() * 6.0) * 100.0).round() as u64
}

fn letters(out: &mut Vec<u8>, rng: &mut Rng, count: usize) {
    let mut bits = 0;
    for i in 0..count {
        if i % 10 == 0 {
            bits = rng.next();
        }
        out.push(b'a' + (bits % 26) as u8);
        bits /= 26;
    }
}

fn digits(out: &mut Vec<u8>, value: u64, count: u32) {
    for place in (0..count).rev() {
        out.push(b'0' + (value / 10u64.pow(place) % 10) as u8);
    }
}
