//! Checkouts joined with all clicks of their user, and what is counted of the pairs: a user at a time, and how many users
//! have which number. What comes of a prefix does not depend on the order in which the topics were read.

use std::collections::{BTreeMap, BTreeSet};

use super::compare;
use super::shop::{Offsets, Pair, Shop};
use crate::job_folder::{JDBC, JobFolder};
use crate::services::postgres::{Session, TextRow};

/// Only checkouts with a number of this kind are joined: a user has many clicks.
const DIVISOR: u64 = 16;
/// Users are counted by the rest of their number of pairs, so that groups are left and joined all the time.
const GROUPS: u64 = 12;

/// `pairs` has no unique constraint: it shows duplicates that upserts hide.
pub const TABLES: &str = "CREATE TABLE pairs (checkout_id bigint, click_id varchar(255));
     CREATE TABLE per_user (user_id varchar(255) PRIMARY KEY, pairs bigint, quantity bigint, sources bigint,
       last_checkout timestamp);
     CREATE TABLE per_number (n bigint PRIMARY KEY, users bigint, pairs bigint);";

pub fn write(folder: &JobFolder) {
    folder.write(
        "sql/sink/tables.sql",
        &format!(
            "CREATE TABLE pairs (checkout_id BIGINT, click_id STRING) WITH ({JDBC}, 'table-name' = 'pairs');
             CREATE TABLE per_user (user_id STRING, pairs BIGINT, quantity BIGINT, sources BIGINT, last_checkout TIMESTAMP(3),
               PRIMARY KEY (user_id) NOT ENFORCED) WITH ({JDBC}, 'table-name' = 'per_user');
             CREATE TABLE per_number (n BIGINT, users BIGINT, pairs BIGINT, PRIMARY KEY (n) NOT ENFORCED)
               WITH ({JDBC}, 'table-name' = 'per_number')"
        ),
    );
    folder.write(
        "sql/process/job.sql",
        &format!(
            "CREATE VIEW joined AS
               SELECT co.checkout_id, co.user_id, co.quantity, co.checkout_timestamp, cl.click_id, cl.source
               FROM checkouts AS co JOIN clicks AS cl ON co.user_id = cl.user_id
               WHERE MOD(co.checkout_id, {DIVISOR}) = 0;

             INSERT INTO pairs SELECT checkout_id, click_id FROM joined;

             INSERT INTO per_user
             SELECT user_id, COUNT(*), SUM(CAST(quantity AS BIGINT)), COUNT(DISTINCT source), MAX(checkout_timestamp)
             FROM joined GROUP BY user_id;

             INSERT INTO per_number
             SELECT MOD(pairs, {GROUPS}), COUNT(*), SUM(pairs)
             FROM (SELECT user_id, COUNT(*) AS pairs FROM joined GROUP BY user_id) GROUP BY MOD(pairs, {GROUPS});"
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
    let pairs = shop.pairs(clicks, checkouts, DIVISOR);
    let sums = session.query(
        "SELECT count(*), coalesce(sum(checkout_id), 0), coalesce(sum(checkout_id * substr(click_id, 2)::numeric), 0)
         FROM pairs",
    );
    let wanted = [
        pairs.len() as u128,
        pairs.iter().map(|pair| u128::from(pair.checkout)).sum(),
        pairs.iter().map(|pair| u128::from(pair.checkout) * pair.click as u128).sum(),
    ];
    let wanted: TextRow = wanted.iter().map(|n| Some(n.to_string())).collect();
    if whole || sums != [wanted] {
        let found = session.query(
            "SELECT checkout_id, click_id FROM pairs ORDER BY checkout_id, substr(click_id, 2)::bigint",
        );
        let wanted: Vec<TextRow> = pairs
            .iter()
            .map(|pair| vec![Some(pair.checkout.to_string()), Some(format!("c{}", pair.click))])
            .collect();
        compare("pairs", &sorted(found), &sorted(wanted))?;
    }
    let found = session.query(
        "SELECT user_id, pairs, quantity, sources, to_char(last_checkout, 'YYYY-MM-DD HH24:MI:SS.MS') FROM per_user",
    );
    compare("per_user", &sorted(found), &sorted(per_user(&pairs)))?;
    let found = session.query("SELECT n, users, pairs FROM per_number");
    compare("per_number", &sorted(found), &sorted(per_number(&pairs)))
}

fn sorted(mut rows: Vec<TextRow>) -> Vec<TextRow> {
    rows.sort();
    rows
}

fn of_users(pairs: &[Pair]) -> BTreeMap<usize, Vec<&Pair>> {
    let mut of_users: BTreeMap<usize, Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        of_users.entry(pair.user).or_default().push(pair);
    }
    of_users
}

fn per_user(pairs: &[Pair]) -> Vec<TextRow> {
    let row = |(user, pairs): (usize, Vec<&Pair>)| {
        let sources: BTreeSet<&str> = pairs.iter().map(|pair| pair.source).collect();
        // Every checkout of the shop is of two pieces.
        let numbers = [pairs.len(), 2 * pairs.len(), sources.len()];
        let mut row: TextRow = vec![Some(format!("u{user}"))];
        row.extend(numbers.iter().map(|n| Some(n.to_string())));
        row.push(pairs.iter().map(|pair| pair.time.clone()).max());
        row
    };
    of_users(pairs).into_iter().map(row).collect()
}

fn per_number(pairs: &[Pair]) -> Vec<TextRow> {
    let mut groups: BTreeMap<u64, [u64; 2]> = BTreeMap::new();
    for own in of_users(pairs).into_values() {
        let pairs = own.len() as u64;
        let [users, all] = groups.entry(pairs % GROUPS).or_default();
        *users += 1;
        *all += pairs;
    }
    let row = |(n, [users, pairs]): (u64, [u64; 2])| -> TextRow {
        [n, users, pairs].iter().map(|n| Some(n.to_string())).collect()
    };
    groups.into_iter().map(row).collect()
}
