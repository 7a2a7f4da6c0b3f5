//! The input of the chaos tests and what must come of each of its prefixes.
//!
//! Clicks and checkouts of a few users, in event-time order. A user's records go to one partition, and his clicks lie
//! more than two hours apart, so a checkout has at most one click in the hour before it. Therefore the result of a
//! prefix does not depend on the order in which partitions were read, and can be said exactly:
//! a checkout with a click is joined once both are read; one without is padded once the watermark has passed it.

use std::collections::BTreeMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

pub const PARTITIONS: usize = 3;
const USERS: usize = 60;
const PRODUCTS: usize = 20;
const HOUR_MS: i64 = 3_600_000;
const LATENESS_MS: i64 = 15_000;
/// 2026-01-01 00:00:00.
const START_MS: i64 = 1_767_225_600_000;

/// Next offset by partition.
pub type Offsets = [usize; PARTITIONS];

#[derive(Clone, Debug)]
struct Click {
    time_ms: i64,
    source: &'static str,
    /// Position in its partition.
    place: (usize, usize),
}

#[derive(Clone, Debug)]
struct Checkout {
    number: u64,
    time_ms: i64,
    user: usize,
    product: usize,
    click: Option<Click>,
}

/// A click as it was written.
#[derive(Clone, Debug)]
struct Clicked {
    time_ms: i64,
    user: usize,
    source: &'static str,
}

/// A checkout with a click of its user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    pub checkout: u64,
    pub user: usize,
    pub time: String,
    /// `click_id` without its letter.
    pub click: i64,
    pub source: &'static str,
}

/// A checkout as it was written, with the last click of its user before it.
#[derive(Clone, Copy, Debug)]
pub struct Bought {
    pub number: u64,
    pub user: usize,
    pub time_ms: i64,
    pub source: Option<&'static str>,
}

/// A row of the result, in the order of the tables' columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub number: u64,
    pub user: String,
    pub gender: String,
    pub category: String,
    pub source: Option<String>,
    pub time: String,
}

/// A record to be written to Kafka.
pub struct Event {
    pub is_click: bool,
    pub partition: usize,
    pub json: String,
}

/// Everything written so far.
#[derive(Default)]
pub struct Shop {
    now_ms: i64,
    last_click: BTreeMap<usize, Click>,
    clicks: [Vec<Clicked>; PARTITIONS],
    checkouts: [Vec<Checkout>; PARTITIONS],
    numbers: u64,
}

impl Shop {
    /// DDL and rows of the dimension tables.
    pub fn dimensions() -> String {
        let users: Vec<String> =
            (0..USERS).map(|u| format!("('u{u}', '{}', 'secret{u}@example.org')", gender(u))).collect();
        let products: Vec<String> =
            (0..PRODUCTS).map(|p| format!("('p{p}', '{}', {p}.5)", category(p))).collect();
        format!(
            "CREATE SCHEMA shop;
             CREATE TABLE shop.users (user_id text PRIMARY KEY, gender text, email text);
             CREATE TABLE shop.products (product_id text PRIMARY KEY, category text, price numeric);
             INSERT INTO shop.users VALUES {};
             INSERT INTO shop.products VALUES {};",
            users.join(", "),
            products.join(", ")
        )
    }

    /// The next record.
    pub fn next(&mut self, random: &mut ChaCha8Rng) -> Event {
        if self.now_ms == 0 {
            self.now_ms = START_MS;
        }
        self.now_ms += random.random_range(1..60_000);
        let user = random.random_range(0..USERS);
        let partition = user % PARTITIONS;
        let time = time_text(self.now_ms);
        let last = self.last_click.get(&user).filter(|click| self.now_ms - click.time_ms <= 2 * HOUR_MS);
        if last.is_none() && random.random_bool(0.7) {
            let source = ["Google", "Twitter", "Unknown"][random.random_range(0..3)];
            let click =
                Click { time_ms: self.now_ms, source, place: (partition, self.clicks[partition].len()) };
            self.last_click.insert(user, click);
            self.clicks[partition].push(Clicked { time_ms: self.now_ms, user, source });
            let json = format!(
                r#"{{"click_id":"c{}","user_id":"u{user}","source":"{source}","click_timestamp":"{time}"}}"#,
                self.now_ms
            );
            return Event { is_click: true, partition, json };
        }
        self.numbers += 1;
        // One product more than there are: its checkouts vanish in the inner look-up.
        let product = random.random_range(0..=PRODUCTS);
        let checkout = Checkout {
            number: self.numbers,
            time_ms: self.now_ms,
            user,
            product,
            click: last.filter(|click| self.now_ms - click.time_ms <= HOUR_MS).cloned(),
        };
        let json = format!(
            r#"{{"checkout_id":{},"user_id":"u{user}","product_id":"p{product}","quantity":2,"address":"a\nb","checkout_timestamp":"{time}"}}"#,
            checkout.number
        );
        self.checkouts[partition].push(checkout);
        Event { is_click: false, partition, json }
    }

    /// Records written so far: clicks, checkouts.
    pub fn written(&self) -> (Offsets, Offsets) {
        let clicks = std::array::from_fn(|p| self.clicks[p].len());
        let checkouts = std::array::from_fn(|p| self.checkouts[p].len());
        (clicks, checkouts)
    }

    /// Every click of a prefix with every checkout of its user whose number a divisor divides, by number and click.
    pub fn pairs(&self, clicks: &Offsets, checkouts: &Offsets, divisor: u64) -> Vec<Pair> {
        let mut pairs = Vec::new();
        // A user's clicks and checkouts are in the same partition.
        for partition in 0..PARTITIONS {
            let clicked = &self.clicks[partition][..clicks[partition]];
            let bought = self.checkouts[partition][..checkouts[partition]].iter();
            for checkout in bought.filter(|checkout| checkout.number.is_multiple_of(divisor)) {
                let of_user = clicked.iter().filter(|click| click.user == checkout.user);
                pairs.extend(of_user.map(|click| Pair {
                    checkout: checkout.number,
                    user: checkout.user,
                    time: time_text(checkout.time_ms),
                    click: click.time_ms,
                    source: click.source,
                }));
            }
        }
        pairs.sort();
        pairs
    }

    /// All joined rows of a prefix, by number.
    pub fn joined(&self, clicks: &Offsets, checkouts: &Offsets) -> Vec<Row> {
        let watermark = self.watermark(clicks, checkouts);
        let mut rows = Vec::new();
        for (partition, read) in checkouts.iter().enumerate() {
            for checkout in &self.checkouts[partition][..*read] {
                let emitted = match &checkout.click {
                    Some(click) => click.place.1 < clicks[click.place.0],
                    None => watermark.is_some_and(|watermark| watermark > checkout.time_ms),
                };
                if emitted && checkout.product < PRODUCTS {
                    rows.push(checkout.row());
                }
            }
        }
        rows.sort();
        rows
    }

    /// Of joined rows the one with the latest checkout of each user, by number.
    pub fn latest(joined: &[Row]) -> Vec<Row> {
        let mut latest: BTreeMap<&str, &Row> = BTreeMap::new();
        for row in joined {
            let best = latest.entry(&row.user).or_insert(row);
            if row.time > best.time {
                *best = row;
            }
        }
        let mut rows: Vec<Row> = latest.into_values().cloned().collect();
        rows.sort();
        rows
    }

    /// All checkouts of a prefix.
    pub fn bought(&self, checkouts: &Offsets) -> Vec<Bought> {
        let mut all = Vec::new();
        for (partition, read) in checkouts.iter().enumerate() {
            for checkout in &self.checkouts[partition][..*read] {
                // Clicks of a partition are in the order of time.
                let before =
                    self.clicks[partition].partition_point(|click| click.time_ms <= checkout.time_ms);
                let mut clicked = self.clicks[partition][..before].iter().rev();
                let last = clicked.find(|click| click.user == checkout.user);
                all.push(Bought {
                    number: checkout.number,
                    user: checkout.user,
                    time_ms: checkout.time_ms,
                    source: last.map(|click| click.source),
                });
            }
        }
        all
    }

    /// What both streams have passed: none while a partition has shown nothing.
    pub fn watermark(&self, clicks: &Offsets, checkouts: &Offsets) -> Option<i64> {
        let last_click = |p: usize| clicks[p].checked_sub(1).map(|i| self.clicks[p][i].time_ms);
        let lasts: Option<Vec<i64>> = (0..PARTITIONS).map(last_click).collect();
        Some((lasts?.into_iter().min()? - LATENESS_MS).min(self.watermark_of_checkouts(checkouts)?))
    }

    /// What the stream of checkouts has passed.
    pub fn watermark_of_checkouts(&self, checkouts: &Offsets) -> Option<i64> {
        let last_checkout = |p: usize| checkouts[p].checked_sub(1).map(|i| self.checkouts[p][i].time_ms);
        let lasts: Option<Vec<i64>> = (0..PARTITIONS).map(last_checkout).collect();
        Some(lasts?.into_iter().min()? - LATENESS_MS)
    }
}

impl Checkout {
    fn row(&self) -> Row {
        Row {
            number: self.number,
            user: format!("u{}", self.user),
            gender: gender(self.user).to_owned(),
            category: category(self.product),
            source: self.click.as_ref().map(|click| click.source.to_owned()),
            time: time_text(self.time_ms),
        }
    }
}

fn gender(user: usize) -> &'static str {
    if user.is_multiple_of(2) { "f" } else { "m" }
}

fn category(product: usize) -> String {
    format!("category {}", product % 5)
}

/// `yyyy-MM-dd HH:mm:ss.SSS`.
pub fn time_text(ms: i64) -> String {
    let (days, rest) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let (year, month, day) = streamsql_core::text::civil(days);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}.{:03}",
        rest / 3_600_000,
        rest / 60_000 % 60,
        rest / 1_000 % 60,
        rest % 1_000
    )
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn times_are_written_as_flink_reads_them() {
        assert_eq!(time_text(START_MS), "2026-01-01 00:00:00.000");
        assert_eq!(time_text(START_MS + 59 * 86_400_000 + 1), "2026-03-01 00:00:00.001");
    }

    #[test]
    fn pairs_are_of_one_user() {
        let mut shop = Shop::default();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..2_000 {
            shop.next(&mut random);
        }
        let (clicks, checkouts) = shop.written();
        let pairs = shop.pairs(&clicks, &checkouts, 16);
        assert!(pairs.len() > 200);
        assert!(pairs.iter().all(|pair| pair.checkout % 16 == 0));
        assert!(shop.pairs(&[0; PARTITIONS], &checkouts, 16).is_empty());
    }

    #[test]
    fn checkouts_know_the_last_click_before_them() {
        let mut shop = Shop::default();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..2_000 {
            shop.next(&mut random);
        }
        let (clicks, checkouts) = shop.written();
        let bought = shop.bought(&checkouts);
        assert_eq!(bought.len(), checkouts.iter().sum::<usize>());
        assert!(bought.iter().any(|b| b.source.is_none()) && bought.iter().any(|b| b.source.is_some()));
        let both = shop.watermark(&clicks, &checkouts).unwrap();
        assert!(both <= shop.watermark_of_checkouts(&checkouts).unwrap());
        assert_eq!(shop.watermark(&[0; PARTITIONS], &checkouts), None);
    }

    #[test]
    fn a_longer_prefix_only_adds_joined_rows() {
        let mut shop = Shop::default();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..2_000 {
            shop.next(&mut random);
        }
        let (clicks, checkouts) = shop.written();
        let all = shop.joined(&clicks, &checkouts);
        let half = shop.joined(&clicks.map(|n| n / 2), &checkouts.map(|n| n / 2));
        assert!(half.len() > 100 && all.len() > half.len() + 100);
        assert!(half.iter().all(|row| all.contains(row)));
        assert!(all.iter().any(|row| row.source.is_none()) && all.iter().any(|row| row.source.is_some()));
    }
}
