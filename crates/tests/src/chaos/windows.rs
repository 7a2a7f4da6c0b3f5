//! Operators in event time: checkouts counted in hop windows, the leaders of each window, each checkout with the last click
//! of its user as it was then, and the last checkouts of each user. What comes of a prefix depends on its watermark only,
//! and on no order in which partitions were read.

use std::collections::BTreeMap;

use super::compare;
use super::shop::{Bought, Offsets, Shop, time_text};
use crate::job_folder::{JDBC, JobFolder};
use crate::services::postgres::{Session, TextRow};

const HOUR_MS: i64 = 3_600_000;
/// Of a window.
const HOURS: i64 = 4;
/// Users shown of each window, and checkouts shown of each user.
const SHOWN: usize = 3;

/// Three tables have no unique constraint: they show duplicates that upserts hide.
pub const TABLES: &str = "CREATE TABLE as_of (checkout_id bigint, source varchar(255));
     CREATE TABLE hops (user_id varchar(255), window_start timestamp, n bigint, numbers bigint);
     CREATE TABLE leaders (window_start timestamp, rn bigint, user_id varchar(255), n bigint);
     CREATE TABLE last_ones (user_id varchar(255), rn bigint, checkout_id bigint, PRIMARY KEY (user_id, rn));";

pub fn write(folder: &JobFolder) {
    folder.write(
        "sql/sink/tables.sql",
        &format!(
            "CREATE TABLE as_of (checkout_id BIGINT, source STRING) WITH ({JDBC}, 'table-name' = 'as_of');
             CREATE TABLE hops (user_id STRING, window_start TIMESTAMP(3), n BIGINT, numbers BIGINT)
               WITH ({JDBC}, 'table-name' = 'hops');
             CREATE TABLE leaders (window_start TIMESTAMP(3), rn BIGINT, user_id STRING, n BIGINT)
               WITH ({JDBC}, 'table-name' = 'leaders');
             CREATE TABLE last_ones (user_id STRING, rn BIGINT, checkout_id BIGINT, PRIMARY KEY (user_id, rn) NOT ENFORCED)
               WITH ({JDBC}, 'table-name' = 'last_ones')"
        ),
    );
    folder.write(
        "sql/process/job.sql",
        &format!(
            "CREATE VIEW last_clicks AS
               SELECT user_id, source, click_timestamp FROM (
                 SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY click_timestamp DESC) AS rn FROM clicks)
               WHERE rn = 1;

             CREATE VIEW counted AS
               SELECT user_id, window_start, window_end, COUNT(*) AS n, SUM(checkout_id) AS numbers
               FROM TABLE(HOP(TABLE checkouts, DESCRIPTOR(checkout_timestamp), INTERVAL '1' HOUR, INTERVAL '{HOURS}' HOURS))
               GROUP BY user_id, window_start, window_end;

             INSERT INTO as_of
             SELECT co.checkout_id, cl.source
             FROM checkouts AS co LEFT JOIN last_clicks FOR SYSTEM_TIME AS OF co.checkout_timestamp AS cl
             ON co.user_id = cl.user_id;

             INSERT INTO hops SELECT user_id, window_start, n, numbers FROM counted;

             INSERT INTO leaders
             SELECT window_start, rn, user_id, n FROM (
               SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, user_id) AS rn
               FROM counted)
             WHERE rn <= {SHOWN};

             INSERT INTO last_ones
             SELECT user_id, rn, checkout_id FROM (
               SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY checkout_id DESC) AS rn FROM checkouts)
             WHERE rn <= {SHOWN};"
        ),
    );
}

pub fn check(
    session: &mut Session,
    shop: &Shop,
    clicks: &Offsets,
    checkouts: &Offsets,
    whole: bool,
) -> Result<(), String> {
    let bought = shop.bought(checkouts);
    let joined = as_of(&bought, shop.watermark(clicks, checkouts));
    let sums = session.query(
        "SELECT count(*), coalesce(sum(checkout_id), 0), coalesce(sum(checkout_id * length(source)), 0) FROM as_of",
    );
    let wanted: TextRow = [
        joined.len() as u128,
        joined.iter().map(|(number, _)| u128::from(*number)).sum(),
        joined.iter().map(|(number, source)| u128::from(*number) * source.map_or(0, str::len) as u128).sum(),
    ]
    .iter()
    .map(|sum| Some(sum.to_string()))
    .collect();
    if whole || sums != [wanted] {
        let wanted = joined.iter().map(|(number, source)| vec![text(number), source.map(str::to_owned)]);
        let found = session.query("SELECT checkout_id, source FROM as_of");
        compare("as_of, only ever added to,", &sorted(found), &sorted(wanted.collect()))?;
    }
    let windows = windows(&bought, shop.watermark_of_checkouts(checkouts));
    let found = session.query(&format!("SELECT user_id, {WINDOW_START}, n, numbers FROM hops"));
    compare("hops, only ever added to,", &sorted(found), &sorted(hops(&windows)))?;
    let found = session.query(&format!("SELECT {WINDOW_START}, rn, user_id, n FROM leaders"));
    compare("leaders, only ever added to,", &sorted(found), &sorted(leaders(&windows)))?;
    let found = session.query("SELECT user_id, rn, checkout_id FROM last_ones");
    compare("last_ones", &sorted(found), &sorted(last_ones(&bought)))
}

const WINDOW_START: &str = "to_char(window_start, 'YYYY-MM-DD HH24:MI:SS.MS')";

fn text(value: impl ToString) -> Option<String> {
    Some(value.to_string())
}

fn sorted(mut rows: Vec<TextRow>) -> Vec<TextRow> {
    rows.sort();
    rows
}

/// A checkout is joined when both streams have reached its time.
fn as_of(bought: &[Bought], watermark: Option<i64>) -> Vec<(u64, Option<&'static str>)> {
    let reached = |checkout: &&Bought| watermark.is_some_and(|watermark| checkout.time_ms <= watermark);
    bought.iter().filter(reached).map(|checkout| (checkout.number, checkout.source)).collect()
}

/// By the start of each window and its users: checkouts, and the sum of their numbers.
type Windows = BTreeMap<i64, BTreeMap<String, [u64; 2]>>;

/// A window is complete when its last millisecond is reached.
fn windows(bought: &[Bought], watermark: Option<i64>) -> Windows {
    let mut windows = Windows::new();
    for checkout in bought {
        let last = checkout.time_ms.div_euclid(HOUR_MS);
        for start in (last - HOURS + 1..=last).map(|hour| hour * HOUR_MS) {
            if watermark.is_some_and(|watermark| watermark >= start + HOURS * HOUR_MS - 1) {
                let users = windows.entry(start).or_default();
                let [n, numbers] = users.entry(format!("u{}", checkout.user)).or_default();
                *n += 1;
                *numbers += checkout.number;
            }
        }
    }
    windows
}

fn hops(windows: &Windows) -> Vec<TextRow> {
    let of_window = |(start, users): (&i64, &BTreeMap<String, [u64; 2]>)| -> Vec<TextRow> {
        let start = time_text(*start);
        users.iter().map(|(user, [n, sum])| vec![text(user), text(&start), text(n), text(sum)]).collect()
    };
    windows.iter().flat_map(of_window).collect()
}

fn leaders(windows: &Windows) -> Vec<TextRow> {
    let mut rows = Vec::new();
    for (start, users) in windows {
        let mut users: Vec<(&String, u64)> = users.iter().map(|(user, [n, _])| (user, *n)).collect();
        users.sort_by_key(|(user, n)| (std::cmp::Reverse(*n), *user));
        let shown = users.into_iter().take(SHOWN).zip(1..);
        rows.extend(
            shown.map(|((user, n), rn)| vec![text(time_text(*start)), text(rn), text(user), text(n)]),
        );
    }
    rows
}

fn last_ones(bought: &[Bought]) -> Vec<TextRow> {
    let mut users: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for checkout in bought {
        users.entry(checkout.user).or_default().push(checkout.number);
    }
    let mut rows = Vec::new();
    for (user, mut numbers) in users {
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let shown = numbers.into_iter().take(SHOWN).zip(1..);
        rows.extend(shown.map(|(number, rn)| vec![text(format!("u{user}")), text(rn), text(number)]));
    }
    rows
}
