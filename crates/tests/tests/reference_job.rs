//! The reference job, its SQL files unchanged, over a real Kafka and a real PostgreSQL at several parallelisms.
//!
//! The expected table is computed here by the meaning of the query as Apache Flink 1.18 runs it: per user of the click
//! (checkouts without a click are one group) the joined checkout with the smallest time; which of several matching
//! clicks it shows depends on the order of reading, so any of them is accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use streamsql_tests::binary;
use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::process;
use streamsql_tests::proxy::wait_until;
use streamsql_tests::services::kafka::{Kafka, Record};
use streamsql_tests::services::postgres::{Postgres, TextRow, USER};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");
const PATIENCE: Duration = Duration::from_secs(120);
const CLICK_PARTITIONS: usize = 3;
const CHECKOUT_PARTITIONS: usize = 2;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// End of the on-time input, ms of the day.
const END: i64 = 4 * HOUR;
const SIGINT: i32 = 2;

#[derive(Clone, Debug)]
struct Click {
    user: Option<String>,
    source: &'static str,
    time: Option<i64>,
}

#[derive(Clone, Debug)]
struct Checkout {
    id: String,
    user: Option<String>,
    product: usize,
    quantity: i64,
    shipping_cents: i64,
    discount_cents: i64,
    status: &'static str,
    time: i64,
}

/// Price (cents) and rate (hundredths). The last prices do not fit DECIMAL(6,2), or make totals that do not.
const PRODUCTS: &[(i64, i64)] = &[
    (100, 10),
    (1_999, 5),
    (5, 99),
    (25_000, 15),
    (33_333, 33),
    (99_999, 1),
    (999_999, 50),
    (1_234_567, 20),
];
const USERS: usize = 30;

fn clock(ms: i64) -> String {
    format!(
        "2026-01-01 {:02}:{:02}:{:02}.{:03}",
        ms / HOUR,
        ms % HOUR / MINUTE,
        ms % MINUTE / SECOND,
        ms % SECOND
    )
}

impl Click {
    fn json(&self, number: usize) -> String {
        let text = |value: &Option<String>| value.as_ref().map_or("null".to_owned(), |v| format!("{v:?}"));
        format!(
            r#"{{"click_id":"c{number}","user_id":{},"source":"{}","user_agent":"a \"b\"","ip_address":"::1","click_timestamp":{}}}"#,
            text(&self.user),
            self.source,
            text(&self.time.map(clock))
        )
    }
}

impl Checkout {
    fn json(&self) -> String {
        let user = self.user.as_ref().map_or("null".to_owned(), |user| format!("{user:?}"));
        let decimal = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
        format!(
            r#"{{"checkout_id":"{}","user_id":{user},"product_id":"p{}","quantity":{},"shipping_cost":{},"discount":{},"payment_method":"Visa","payment_status":"{}","payment_description":"None","shipping_address":"1 Road\n2 Town","checkout_timestamp":"{}"}}"#,
            self.id,
            self.product,
            self.quantity,
            decimal(self.shipping_cents),
            decimal(self.discount_cents),
            self.status,
            clock(self.time)
        )
    }

    fn matches(&self, click: &Click) -> bool {
        let (Some(user), Some(time)) = (&click.user, click.time) else { return false };
        self.user.as_ref() == Some(user) && (self.time - HOUR..=self.time).contains(&time)
    }

    /// Known to both dimension tables.
    fn is_looked_up(&self) -> bool {
        let known = |user: &String| user[1..].parse::<usize>().is_ok_and(|number| number < USERS);
        self.user.as_ref().is_some_and(known) && self.product < PRODUCTS.len()
    }

    /// The row of the table, but for source and click time.
    fn row(&self) -> Vec<Option<String>> {
        let (price, rate) = PRODUCTS[self.product];
        // A price that does not fit DECIMAL(6,2) is read as NULL.
        let price = (price <= 999_999).then_some(price);
        let total = price.map(|price| i128::from(price * self.quantity * self.discount_cents));
        let profit = total.map(|t| (t - i128::from(self.shipping_cents * 100)) * i128::from(rate));
        let user = self.user.clone().unwrap_or_default();
        let number: usize = user[1..].parse().unwrap_or(0);
        vec![
            Some(self.id.clone()),
            Some(user),
            Some(format!("p{}", self.product)),
            Some(self.quantity.to_string()),
            total.and_then(|t| money(t, 4)),
            Some("Visa".to_owned()),
            Some(self.status.to_owned()),
            Some("None".to_owned()),
            gender(number).map(str::to_owned),
            Some(format!("category {}", self.product % 3)),
            profit.and_then(|p| money(p, 6)),
            Some(clock(self.time)),
        ]
    }
}

fn gender(user: usize) -> Option<&'static str> {
    [Some("female"), Some("male"), None][user % 3]
}

/// A number of `scale` decimals as DECIMAL(6,2): half up, NULL when it does not fit; written as the test reads it back.
fn money(value: i128, scale: u32) -> Option<String> {
    let unit = 10i128.pow(scale - 2);
    let (cents, rest) = (value.abs() / unit, value.abs() % unit);
    let cents = if rest * 2 >= unit { cents + 1 } else { cents };
    let sign = if value < 0 && cents > 0 { "-" } else { "" };
    (cents <= 999_999).then(|| format!("{sign}{}.{:02}", cents / 100, cents % 100))
}

/// Everything that is written, in phases that are read one after the other.
struct Input {
    clicks: Vec<Click>,
    checkouts: Vec<Checkout>,
    /// On-time rows, late rows, rows far ahead that close everything: (is click, index).
    phases: [Vec<(bool, usize)>; 3],
}

impl Input {
    fn generate(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut input = Self { clicks: Vec::new(), checkouts: Vec::new(), phases: Default::default() };
        let mut on_time: Vec<(i64, (bool, usize))> = Vec::new();
        let mut times = BTreeSet::new();
        for i in 0..900 {
            let mut time = END / 900 * i + random.random_range(0..5 * SECOND);
            while !times.insert(time) {
                time += 1;
            }
            // Four users are kept for late checkouts, and some are in no table.
            let user = random.random_range(0..USERS);
            let user = format!("u{}", if user < USERS - 4 { user } else { user + 1_000 });
            // Out of order by less than the 15 seconds that watermarks wait.
            let arrival = time + random.random_range(0..12 * SECOND);
            if random.random_bool(0.4) {
                let source = ["Google", "Facebook", "Unknown"].choose(&mut random).unwrap();
                let user = random.random_bool(0.95).then_some(user);
                let time = random.random_bool(0.97).then_some(time);
                on_time.push((arrival, input.click(Click { user, source, time })));
                continue;
            }
            let checkout = Checkout {
                id: format!("k{i}"),
                user: random.random_bool(0.96).then_some(user),
                product: random.random_range(0..=PRODUCTS.len()),
                quantity: random.random_range(1..=5),
                shipping_cents: random.random_range(0..3_000),
                discount_cents: random.random_range(1..=100),
                status: if random.random_bool(0.8) { "Success" } else { "Failed" },
                time,
            };
            let place = input.checkout(checkout);
            on_time.push((arrival, place));
            if random.random_bool(0.05) {
                // The producer sent it twice.
                on_time.push((arrival + random.random_range(0..2 * SECOND), place));
            }
        }
        for user in USERS - 4..USERS {
            let user = format!("u{user}");
            let checkout = |id: &str, time| Checkout {
                id: format!("{id}-{user}"),
                user: Some(user.clone()),
                product: 1,
                quantity: 2,
                shipping_cents: 100,
                discount_cents: 90,
                status: "Success",
                time,
            };
            let click = Click { user: Some(user.clone()), source: "Tiktok", time: Some(END - 35 * MINUTE) };
            on_time.push((END - 35 * MINUTE, input.click(click)));
            on_time.push((END - 5 * MINUTE, input.checkout(checkout("in-time", END - 5 * MINUTE))));
            // Behind the watermark, but its click is still kept: it takes the place of the one in time.
            let late = input.checkout(checkout("late", END - 20 * MINUTE));
            input.phases[1].push(late);
        }
        on_time.sort();
        input.phases[0] = on_time.into_iter().map(|(_, place)| place).collect();
        for (phase, time) in [(0, END), (2, END + 5 * HOUR)] {
            for _ in 0..CLICK_PARTITIONS {
                let place =
                    input.click(Click { user: Some("x".into()), source: "Unknown", time: Some(time) });
                input.phases[phase].push(place);
            }
            for partition in 0..CHECKOUT_PARTITIONS {
                let mut last = input.checkouts[0].clone();
                last.id = format!("end{phase}{partition}");
                last.user = Some("x999".to_owned());
                last.time = time;
                let place = input.checkout(last);
                input.phases[phase].push(place);
            }
        }
        input
    }

    fn click(&mut self, click: Click) -> (bool, usize) {
        self.clicks.push(click);
        (true, self.clicks.len() - 1)
    }

    fn checkout(&mut self, checkout: Checkout) -> (bool, usize) {
        self.checkouts.push(checkout);
        (false, self.checkouts.len() - 1)
    }

    /// The rows that must be there, each with the (source, click time) pairs that it may show.
    fn expected(&self) -> BTreeMap<Vec<Option<String>>, BTreeSet<[Option<String>; 2]>> {
        let mut first: BTreeMap<Option<&String>, (&Checkout, Vec<&Click>)> = BTreeMap::new();
        for checkout in self.checkouts.iter().filter(|checkout| checkout.is_looked_up()) {
            let clicks: Vec<&Click> = self.clicks.iter().filter(|click| checkout.matches(click)).collect();
            let group = if clicks.is_empty() { None } else { checkout.user.as_ref() };
            match first.get(&group) {
                Some((best, _)) if best.time <= checkout.time => {}
                _ => {
                    first.insert(group, (checkout, clicks));
                }
            }
        }
        let shown = |clicks: &[&Click]| {
            if clicks.is_empty() {
                return BTreeSet::from([[None, None]]);
            }
            clicks.iter().map(|c| [Some(c.source.to_owned()), c.time.map(clock)]).collect()
        };
        first.into_values().map(|(checkout, clicks)| (checkout.row(), shown(&clicks))).collect()
    }
}

struct Job {
    folder: JobFolder,
    kafka: std::sync::Arc<Kafka>,
    postgres: std::sync::Arc<Postgres>,
    database: String,
    topics: [String; 2],
    written: BTreeMap<(usize, usize), u64>,
    child: Option<Child>,
}

impl Job {
    fn new() -> Self {
        let (kafka, postgres) = (Kafka::shared(), Postgres::shared());
        let database = postgres.create_database("reference");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        postgres.execute(&database, &tables());
        let topics = [
            kafka.create_topic("clicks", CLICK_PARTITIONS as i32),
            kafka.create_topic("checkouts", CHECKOUT_PARTITIONS as i32),
        ];
        let folder = JobFolder::new();
        for file in [
            "source/clicks",
            "source/checkouts",
            "source/users",
            "source/products",
            "sink/checkout_attribution",
            "process/attribute_checkouts",
        ] {
            let path = format!("sql/{file}.sql");
            folder.write(&path, &std::fs::read_to_string(root.join(&path)).unwrap());
        }
        // The project's own settings with the places of this test's services.
        let settings = std::fs::read_to_string(root.join("sql/streamsql.yaml"))
            .unwrap()
            .replace("127.0.0.1:9092", &kafka.bootstrap())
            .replace("jdbc:postgresql://127.0.0.1:5432/postgres", &postgres.jdbc_url(&database))
            .replace("username: postgres", &format!("username: {USER}"))
            .replace("password: postgres", "password: \"${env:PW}\"")
            .replace("topic: clicks", &format!("topic: {}", topics[0]))
            .replace("topic: checkouts", &format!("topic: {}", topics[1]));
        folder.write("sql/streamsql.yaml", &settings);
        Self { folder, kafka, postgres, database, topics, written: BTreeMap::new(), child: None }
    }

    fn start(&mut self, parallelism: usize) {
        let shards = parallelism.to_string();
        let mut command = self.folder.run(BINARY, &["--parallelism", &shards]);
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        command.env("PW", self.postgres.password()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Asks the job to end; it commits what it has and says 0.
    fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        process::signal(child.id(), SIGINT);
        let status = binary::wait(&mut child, PATIENCE);
        assert!(status.is_some_and(|status| status.success()), "{status:?}\n{}", self.log());
    }

    fn feed(&mut self, input: &Input, phase: &[(bool, usize)]) {
        let mut records: [Vec<(usize, String)>; 2] = Default::default();
        for (is_click, index) in phase {
            let (topic, partitions, json) = if *is_click {
                (0, CLICK_PARTITIONS, input.clicks[*index].json(*index))
            } else {
                (1, CHECKOUT_PARTITIONS, input.checkouts[*index].json())
            };
            // The last records of a phase go to every partition once.
            let partition = records[topic].len() % partitions;
            records[topic].push((partition, json));
            *self.written.entry((topic, partition)).or_default() += 1;
        }
        for (topic, records) in self.topics.iter().zip(&records) {
            let records =
                records.iter().map(|(partition, json)| Record::value(json).partition(*partition as i32));
            self.kafka.produce(topic, records);
        }
    }

    /// Waits until everything written is committed.
    fn wait_until_committed(&mut self) {
        let checks: Vec<String> = self
            .written
            .iter()
            .map(|((topic, partition), count)| {
                format!(
                    "coalesce((positions -> '{}' ->> '{partition}')::bigint, 0) = {count}",
                    self.topics[*topic]
                )
            })
            .collect();
        let sql = format!("SELECT 1 FROM streamsql.job WHERE {}", checks.join(" AND "));
        let child = self.child.as_mut().unwrap();
        let done = wait_until(PATIENCE, || {
            let ended = child.try_wait().unwrap().is_some();
            ended || self.postgres.try_query(&self.database, &sql).is_ok_and(|rows| !rows.is_empty())
        });
        assert!(done && child.try_wait().unwrap().is_none(), "the job ended or hangs\n{}", self.log());
    }

    fn rows(&self) -> Vec<TextRow> {
        let time = |column: &str| format!("to_char({column}, 'YYYY-MM-DD HH24:MI:SS.MS')");
        let money = |column: &str| format!("{column}::numeric(20,2)");
        self.postgres.query(
            &self.database,
            &format!(
                "SELECT checkout_id, user_id, product_id, quantity::text, {}::text, payment_method, payment_status,
                   payment_description, gender, category, {}::text, {}, source, {}
                 FROM shop.checkout_attribution ORDER BY checkout_id",
                money("total_amount"),
                money("profit"),
                time("checkout_timestamp"),
                time("click_timestamp")
            ),
        )
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn tables() -> String {
    let users: Vec<String> = (0..USERS)
        .map(|u| {
            let gender = gender(u).map_or("NULL".to_owned(), |g| format!("'{g}'"));
            format!("('u{u}', 'Name {u}', {gender}, '1990-01-01', '2020-01-01')")
        })
        .collect();
    let products: Vec<String> = PRODUCTS
        .iter()
        .enumerate()
        .map(|(p, (price, rate))| {
            format!("('p{p}', 'Product', 'category {}', {price} / 100.0, {rate} / 100.0)", p % 3)
        })
        .collect();
    format!(
        "CREATE SCHEMA shop;
         CREATE TABLE shop.users (user_id varchar(255) PRIMARY KEY, name varchar(255), email varchar(255), gender varchar(255),
           birth_day date, location varchar(255), phone varchar(255), registration_date date);
         CREATE TABLE shop.products (product_id varchar(255) PRIMARY KEY, product_name varchar(255), category varchar(255),
           brand varchar(255), price numeric, commission_rate numeric);
         CREATE TABLE shop.checkout_attribution (checkout_id varchar(255) PRIMARY KEY, user_id varchar(255),
           product_id varchar(255), quantity int, total_amount double precision, payment_method varchar(255),
           payment_status varchar(255), payment_description varchar(255), gender varchar(255), category varchar(255),
           profit double precision, source varchar(255), checkout_timestamp timestamp, click_timestamp timestamp);
         INSERT INTO shop.users (user_id, name, gender, birth_day, registration_date) VALUES {};
         INSERT INTO shop.products (product_id, product_name, category, price, commission_rate) VALUES {};",
        users.join(", "),
        products.join(", ")
    )
}

/// Runs the job over one input; `parallelism` of each of the three phases, with a restart where it changes.
fn attribute(seed: u64, parallelism: [usize; 3]) {
    let input = Input::generate(seed);
    let mut job = Job::new();
    let mut running = 0;
    for (phase, shards) in input.phases.iter().zip(parallelism) {
        if shards != running {
            if running > 0 {
                job.stop();
            }
            job.start(shards);
            running = shards;
        }
        job.feed(&input, phase);
        job.wait_until_committed();
    }
    job.stop();
    let expected = input.expected();
    assert!(expected.len() > USERS / 2, "the input is too thin: {} rows", expected.len());
    let rows = job.rows();
    let mut wrong = Vec::new();
    for mut row in rows.clone() {
        let (source, click_time) = (row[12].clone(), row[13].clone());
        row.truncate(12);
        match expected.get(&row) {
            Some(shown) if shown.contains(&[source.clone(), click_time.clone()]) => {}
            Some(shown) => {
                wrong.push(format!("{row:?} shows {source:?} {click_time:?}, not one of {shown:?}"))
            }
            None => wrong.push(format!("unexpected: {row:?}")),
        }
    }
    let present: BTreeSet<Vec<Option<String>>> = rows.into_iter().map(|row| row[..12].to_vec()).collect();
    wrong
        .extend(expected.keys().filter(|row| !present.contains(*row)).map(|row| format!("missing: {row:?}")));
    assert!(wrong.is_empty(), "seed {seed}, parallelism {parallelism:?}:\n{}", wrong.join("\n"));
}

#[test]
fn one_shard() {
    attribute(1, [1, 1, 1]);
}

#[test]
fn two_shards() {
    attribute(2, [2, 2, 2]);
}

#[test]
fn three_shards() {
    attribute(3, [3, 3, 3]);
}

#[test]
fn stopped_and_restored_in_other_numbers_of_shards() {
    attribute(4, [2, 3, 1]);
}
