//! A join with the greatest or least value of windows that keeps only rows which may still be it gives what one that keeps
//! all rows gives, on random data with late rows, under any cut.

use std::fmt::Write as _;
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use streamsql_tests::cut::{Cut, Outcome, Queries};

/// `WAIT` is how far the watermark is behind.
const TABLES: &str = "CREATE TABLE bid (id INT, auction INT, price INT, made TIMESTAMP(3), \
    WATERMARK FOR made AS made - INTERVAL 'WAIT' SECOND) WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');\n\
    CREATE VIEW good AS SELECT id, auction, price, made FROM bid WHERE auction <> 2;\n";

const TUMBLE: &str = "TABLE(TUMBLE(TABLE bid, DESCRIPTOR(made), INTERVAL '10' SECOND))";

/// Joins whose rows are filtered before.
const FILTERED: [&str; 9] = [
    // The highest bids of every ten seconds, as Nexmark has it.
    "SELECT b.* FROM bid b JOIN (SELECT MAX(price) AS most, window_end AS e FROM TUMBLE GROUP BY window_start, window_end) w
     ON b.price = w.most WHERE b.made BETWEEN w.e - INTERVAL '10' SECOND AND w.e",
    "SELECT w.e, b.id FROM (SELECT MIN(price) AS least, window_end AS e FROM TUMBLE GROUP BY window_start, window_end) w JOIN bid b
     ON b.price = w.least AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND",
    // By the start, and no further than half of the window.
    "SELECT b.id, w.s FROM bid b JOIN (SELECT MAX(price) AS most, COUNT(*) AS n, window_start AS s FROM TUMBLE GROUP BY window_start, window_end) w
     ON b.price = w.most AND b.made >= w.s AND b.made < w.s + INTERVAL '5' SECOND",
    // An interval join.
    "SELECT b.id, w.t FROM bid b JOIN (SELECT MAX(price) AS most, window_time AS t FROM TUMBLE GROUP BY window_start, window_end, window_time) w
     ON b.price = w.most AND b.made BETWEEN w.t - INTERVAL '10' SECOND AND w.t",
    // Windows that overlap.
    "SELECT b.id, w.e FROM bid b JOIN (SELECT MAX(price) AS most, window_end AS e FROM TABLE(HOP(TABLE bid, DESCRIPTOR(made), INTERVAL '4' SECOND, INTERVAL '12' SECOND))
     GROUP BY window_start, window_end) w ON b.price = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '12' SECOND",
    // Of fewer rows than those that are aggregated.
    "SELECT b.id, w.e FROM bid b JOIN (SELECT MAX(price) AS most, window_end AS e FROM TUMBLE GROUP BY window_start, window_end) w
     ON b.price = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND WHERE b.auction > 1",
    // Of the rows of a view.
    "SELECT b.id, w.e FROM good b JOIN (SELECT MAX(price) AS most, window_end AS e FROM TABLE(TUMBLE(TABLE good, DESCRIPTOR(made), INTERVAL '10' SECOND)) GROUP BY window_start, window_end) w
     ON b.price = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND",
    // Of a computed value, and with another condition on the windows.
    "SELECT b.id, w.e FROM (SELECT id, made, price * 2 AS d FROM bid) b JOIN (SELECT MAX(d) AS most, MIN(d) AS least, window_end AS e FROM
     TABLE(TUMBLE((SELECT price * 2 AS d, made FROM bid), DESCRIPTOR(made), INTERVAL '10' SECOND)) GROUP BY window_start, window_end HAVING COUNT(*) > 2) w
     ON b.d = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND AND w.least < 4",
    // Windows behind the rows: a row is joined with the extreme of the window before its own.
    "SELECT b.id, w.e FROM bid b JOIN (SELECT MAX(price) AS most, window_end AS e FROM TUMBLE GROUP BY window_start, window_end) w
     ON b.price = w.most AND b.made >= w.e AND b.made < w.e + INTERVAL '10' SECOND",
];

/// Joins whose rows are all needed.
const OTHERS: [&str; 10] = [
    // Rows without a match stay.
    "SELECT b.id, w.e FROM bid b LEFT JOIN (SELECT MAX(price) AS most, window_end AS e FROM TUMBLE GROUP BY window_start, window_end) w
     ON b.price = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND",
    // Windows without bounds, or with one of them.
    "SELECT b.id, w.e FROM bid b JOIN (SELECT MAX(price) AS most, window_end AS e FROM TUMBLE GROUP BY window_start, window_end) w ON b.price = w.most",
    "SELECT b.id, w.e FROM bid b JOIN (SELECT MAX(price) AS most, window_end AS e FROM TUMBLE GROUP BY window_start, window_end) w ON b.price = w.most AND b.made < w.e",
    // The extreme of each auction.
    "SELECT b.id, w.e FROM bid b JOIN (SELECT auction, MAX(price) AS most, window_end AS e FROM TUMBLE GROUP BY auction, window_start, window_end) w
     ON b.price = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND",
    // Of other rows than those that are joined.
    "SELECT b.id, w.e FROM bid b JOIN (SELECT MAX(price) AS most, window_end AS e FROM TABLE(TUMBLE(TABLE good, DESCRIPTOR(made), INTERVAL '10' SECOND)) GROUP BY window_start, window_end) w
     ON b.price = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND",
    "SELECT b.id, w.e FROM bid b JOIN (SELECT MAX(price) FILTER (WHERE auction > 1) AS most, window_end AS e FROM TUMBLE GROUP BY window_start, window_end) w
     ON b.price = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND",
    // Of another value, or no extreme.
    "SELECT b.id, w.e FROM bid b JOIN (SELECT MAX(price) AS most, window_end AS e FROM TUMBLE GROUP BY window_start, window_end) w
     ON b.auction = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND",
    "SELECT b.id, w.e FROM bid b JOIN (SELECT CAST(COUNT(*) AS INT) AS most, window_end AS e FROM TUMBLE GROUP BY window_start, window_end) w
     ON b.price = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND",
    // Windows of several lengths.
    "SELECT b.id, w.e FROM bid b JOIN (SELECT MAX(price) AS most, window_end AS e FROM TABLE(CUMULATE(TABLE bid, DESCRIPTOR(made), INTERVAL '5' SECOND, INTERVAL '10' SECOND))
     GROUP BY window_start, window_end) w ON b.price = w.most AND b.made < w.e AND b.made >= w.e - INTERVAL '10' SECOND",
    // An extreme of all time, which grows.
    "SELECT b.id FROM bid b JOIN (SELECT MAX(price) AS most FROM bid) w ON b.price = w.most",
];

fn tables(wait: u32, query: &str) -> String {
    format!(
        "{}{};",
        TABLES.replace("WAIT", &wait.to_string()),
        query.replace("TUMBLE GROUP", &format!("{TUMBLE} GROUP"))
    )
}

fn write_bids(folder: &Path, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut bids, mut now) = (String::new(), 20_000);
    for id in 0..90 {
        now += [0, 0, 500, 1_000, 2_000][rng.random_range(0..5)];
        let back = if rng.random_ratio(1, 2) { rng.random_range(0..16) * 1_000 } else { 0 };
        let edge = [0, 0, 0, -1, 1][rng.random_range(0..5)];
        let made = now - now % 500 - back + edge;
        let price =
            if rng.random_ratio(1, 12) { "null".to_owned() } else { rng.random_range(0..5).to_string() };
        let auction = rng.random_range(0..4);
        let (minute, second, ms) = (made / 60_000, made / 1_000 % 60, made % 1_000);
        let made = format!("2024-03-01 00:{minute:02}:{second:02}.{ms:03}");
        writeln!(bids, "{{\"id\":{id},\"auction\":{auction},\"price\":{price},\"made\":\"{made}\"}}")
            .unwrap();
    }
    std::fs::write(folder.join("bid.json"), bids).unwrap();
}

#[test]
fn rows_that_are_no_extreme_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..3 {
        write_bids(folder.path(), seed);
        for query in FILTERED {
            for wait in [0, 3, 90] {
                let queries = Queries::plan(&tables(wait, query), folder.path()).unwrap();
                assert_eq!(queries.extreme_filters(), 1, "nothing is filtered: {query}");
                let plain = queries.without_extreme_filters();
                let wanted = plain.run(Cut::AS_READ);
                assert!(matches!(&wanted, Outcome::Rows(rows) if !rows.is_empty()), "{query}: {wanted:?}");
                // In several shards it depends on how far each has come which rows are late.
                let cuts = Cut::ALL.into_iter().filter(|cut| cut.parallelism == 1 || wait == 90 && seed == 0);
                for cut in [Cut::AS_READ].into_iter().chain(cuts) {
                    assert_eq!(queries.run(cut), wanted, "seed {seed}, wait {wait}, {cut:?}: {query}");
                }
            }
        }
    }
}

#[test]
fn other_joins_keep_all_rows() {
    let folder = tempfile::tempdir().unwrap();
    for query in OTHERS {
        let queries = Queries::plan(&tables(3, query), folder.path()).unwrap();
        assert_eq!(queries.extreme_filters(), 0, "rows are filtered: {query}");
    }
}

/// Event time may pass a row of an idle partition on its way to the aggregate.
#[test]
fn a_table_that_may_fall_idle_keeps_all_rows() {
    let folder = tempfile::tempdir().unwrap();
    let sql = tables(3, FILTERED[0]);
    let idle = format!("SET 'table.exec.source.idle-timeout' = '5 s';\n{sql}");
    assert_eq!(Queries::plan(&idle, folder.path()).unwrap().extreme_filters(), 0);
    let idle = sql.replace("'format' = 'json'", "'format' = 'json', 'scan.watermark.idle-timeout' = '5 s'");
    assert_eq!(Queries::plan(&idle, folder.path()).unwrap().extreme_filters(), 0);
}
