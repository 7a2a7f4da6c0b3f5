//! A join that makes only the pairs that can win gives what one that makes all of them gives, on random data under any
//! cut; and it makes fewer.

use std::fmt::Write as _;
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use streamsql_tests::cut::{Cut, Outcome, Queries};

const TABLES: &str = "CREATE TABLE auction (id INT, category STRING, opens INT, closes INT) \
    WITH ('connector' = 'filesystem', 'path' = 'auction.json', 'format' = 'json');\n\
    CREATE TABLE bid (auction INT, bidder STRING, price INT, cost DECIMAL(8, 2), made INT) \
    WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');\n";

/// Joins under a reader that looks at the best pairs.
const FRONTIERS: [&str; 8] = [
    // The highest bid of each auction, and its auction.
    "SELECT * FROM (SELECT a.*, b.bidder, b.price, b.made, ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.made, b.bidder, a.opens, a.closes, a.category) AS n
     FROM auction a JOIN bid b ON a.id = b.auction AND b.made BETWEEN a.opens AND a.closes) WHERE n <= 1",
    // Several places, with their numbers.
    "SELECT * FROM (SELECT a.category, b.bidder, b.price, ROW_NUMBER() OVER (PARTITION BY a.category ORDER BY b.price, b.bidder DESC) AS n
     FROM auction a JOIN bid b ON a.id = b.auction) WHERE n <= 3",
    // Places that do not begin with the first one.
    "SELECT bidder, price FROM (SELECT a.id, b.bidder, b.price, ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.cost DESC NULLS LAST, b.bidder) AS n
     FROM auction a JOIN bid b ON a.id = b.auction) WHERE n BETWEEN 2 AND 4",
    // Without a partition; the order reads both sides.
    "SELECT id, bidder FROM (SELECT a.id, b.bidder, ROW_NUMBER() OVER (ORDER BY a.opens DESC, b.price DESC, b.bidder) AS n
     FROM auction a JOIN bid b ON a.id = b.auction) WHERE n <= 5",
    "SELECT a.id, b.bidder FROM auction a JOIN bid b ON a.id = b.auction ORDER BY b.price DESC, a.id, b.bidder LIMIT 4",
    // The average of the highest bids.
    "SELECT category, AVG(winning) AS price FROM (SELECT a.id, a.category, MAX(b.price) AS winning
     FROM auction a JOIN bid b ON a.id = b.auction AND b.made BETWEEN a.opens AND a.closes GROUP BY a.id, a.category) GROUP BY category",
    "SELECT a.category, MIN(b.price) AS least, MAX(b.cost) AS most, MAX(b.bidder) AS name
     FROM auction a JOIN bid b ON a.id = b.auction GROUP BY a.category",
    "SELECT MAX(b.price) AS most FROM auction a JOIN bid b ON a.id = b.auction",
];

/// Joins that remember what they have sent: groups are join keys, and one side tells the order.
const LASTING: [&str; 9] = [
    // The highest bid of each auction while it was open, as Nexmark has it.
    "SELECT id, bidder, price FROM (SELECT a.id, b.bidder, b.price, ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.made, b.bidder) AS n
     FROM auction a JOIN bid b ON a.id = b.auction AND b.made BETWEEN a.opens AND a.closes) WHERE n <= 1",
    // Several places; a bid that is paired with several auctions has several of them.
    "SELECT * FROM (SELECT b.auction, b.bidder, b.price, ROW_NUMBER() OVER (PARTITION BY b.auction ORDER BY b.price, b.bidder DESC) AS n
     FROM auction a JOIN bid b ON a.id = b.auction) WHERE n <= 3",
    "SELECT bidder, price FROM (SELECT a.id, b.bidder, b.price, ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.cost DESC NULLS LAST, b.bidder) AS n
     FROM auction a JOIN bid b ON a.id = b.auction AND b.made > a.opens) WHERE n BETWEEN 2 AND 4",
    // The left side decides, and the key beside it changes nothing.
    "SELECT id, category, opens FROM (SELECT a.id, a.category, a.opens, ROW_NUMBER() OVER (PARTITION BY a.id, b.auction ORDER BY a.opens DESC, b.auction, a.category) AS n
     FROM auction a JOIN bid b ON a.id = b.auction AND b.made < a.closes) WHERE n = 1",
    // NULL is a key.
    "SELECT id, bidder FROM (SELECT a.id, b.bidder, ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC NULLS FIRST, b.bidder) AS n
     FROM auction a JOIN bid b ON a.id IS NOT DISTINCT FROM b.auction) WHERE n <= 2",
    "SELECT a.id, MAX(b.price) AS most FROM auction a JOIN bid b ON a.id = b.auction AND b.made BETWEEN a.opens AND a.closes GROUP BY a.id",
    "SELECT b.auction, MIN(b.cost) AS least FROM auction a JOIN bid b ON a.id = b.auction GROUP BY b.auction",
    "SELECT MAX(most) AS m, COUNT(*) AS n FROM (SELECT a.id, MAX(a.closes) AS most FROM auction a JOIN bid b ON a.id = b.auction AND b.price > 3 GROUP BY a.id)",
    // All rows are one group.
    "SELECT bidder FROM (SELECT b.bidder, ROW_NUMBER() OVER (ORDER BY b.price DESC, b.bidder) AS n FROM auction a JOIN bid b ON a.opens > b.made) WHERE n <= 4",
];

/// Joins whose pairs are all needed.
const OTHERS: [&str; 7] = [
    // A pair that is taken back makes the next one the best.
    "SELECT a.id, MAX(b.price) AS m FROM auction a JOIN (SELECT auction, bidder, MAX(price) AS price FROM bid GROUP BY auction, bidder) b
     ON a.id = b.auction GROUP BY a.id",
    "SELECT id, bidder FROM (SELECT a.id, b.bidder, ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC) AS n
     FROM auction a JOIN (SELECT auction, bidder, SUM(price) AS price FROM bid GROUP BY auction, bidder) b ON a.id = b.auction) WHERE n <= 1",
    // Padded rows are taken back.
    "SELECT a.id, MAX(b.price) AS m FROM auction a LEFT JOIN bid b ON a.id = b.auction GROUP BY a.id",
    "SELECT a.id, MAX(b.price) AS m, COUNT(*) AS n FROM auction a JOIN bid b ON a.id = b.auction GROUP BY a.id",
    "SELECT a.id, MAX(b.price) FILTER (WHERE b.made > 10) AS m FROM auction a JOIN bid b ON a.id = b.auction GROUP BY a.id",
    // 0.0 and -0.0.
    "SELECT a.id, MAX(CAST(b.price AS DOUBLE)) AS m FROM auction a JOIN bid b ON a.id = b.auction GROUP BY a.id",
    // What stands between may fail for any pair.
    "SELECT id, MAX(x) AS m, MAX(price) AS p FROM (SELECT a.id, b.price, CAST(b.bidder AS INT) AS x FROM auction a JOIN bid b ON a.id = b.auction) GROUP BY id",
];

fn maybe(rng: &mut ChaCha8Rng, value: i64) -> String {
    if rng.random_ratio(1, 10) { "null".to_owned() } else { value.to_string() }
}

fn write_tables(folder: &Path, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut auctions, mut bids) = (String::new(), String::new());
    for _ in 0..12 {
        let (id, opens) = (rng.random_range(0..8), rng.random_range(0..20));
        let category = ["x", "y", "z"][rng.random_range(0..3)];
        let (id, closes) = (maybe(&mut rng, id), opens + rng.random_range(0..20));
        writeln!(
            auctions,
            "{{\"id\":{id},\"category\":\"{category}\",\"opens\":{opens},\"closes\":{closes}}}"
        )
        .unwrap();
    }
    for number in 0..120 {
        let (auction, price, cents) =
            (rng.random_range(0..8), rng.random_range(0..9), rng.random_range(0..5));
        let (auction, price) = (maybe(&mut rng, auction), maybe(&mut rng, price));
        let made = rng.random_range(0..40);
        writeln!(
            bids,
            "{{\"auction\":{auction},\"bidder\":\"{number}\",\"price\":{price},\"cost\":{cents}.5,\"made\":{made}}}"
        )
        .unwrap();
    }
    std::fs::write(folder.join("auction.json"), auctions).unwrap();
    std::fs::write(folder.join("bid.json"), bids).unwrap();
}

#[test]
fn pairs_that_cannot_win_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..6 {
        write_tables(folder.path(), seed);
        for query in FRONTIERS.into_iter().chain(LASTING) {
            let queries = Queries::plan(&format!("{TABLES}{query};"), folder.path()).unwrap();
            assert_eq!(queries.frontiers(), 1, "the join has no frontier: {query}");
            if LASTING.contains(&query) {
                assert_eq!(queries.lasting_frontiers(), 1, "nothing is remembered: {query}");
            }
            let plain = queries.without_frontiers();
            assert_eq!(plain.frontiers(), 0);
            let wanted = plain.run(Cut::AS_READ);
            assert!(matches!(&wanted, Outcome::Rows(rows) if !rows.is_empty()), "{query}: {wanted:?}");
            // Which of the tables is read first is chance: no order leaves equal rows that differ in what is shown.
            for cut in [Cut::AS_READ].into_iter().chain(Cut::ALL) {
                assert_eq!(queries.run(cut), wanted, "seed {seed}, {cut:?}: {query}");
            }
        }
    }
}

#[test]
fn pairs_that_may_win_later_are_all_made() {
    let folder = tempfile::tempdir().unwrap();
    for query in OTHERS {
        let queries = Queries::plan(&format!("{TABLES}{query};"), folder.path()).unwrap();
        assert_eq!(queries.frontiers(), 0, "the join has a frontier: {query}");
    }
}

/// Where rows are kept for a time, what was sent before may be gone for the reader, or come back.
#[test]
fn with_a_time_to_live_nothing_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path(), 0);
    let ttl = "SET 'table.exec.state.ttl' = '1 h';\n";
    for query in LASTING {
        let queries = Queries::plan(&format!("{ttl}{TABLES}{query};"), folder.path()).unwrap();
        assert_eq!(queries.frontiers(), 0, "the join has a frontier: {query}");
    }
}

#[test]
fn a_join_that_two_read_makes_all_its_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let sql = format!(
        "{TABLES}CREATE VIEW pairs AS SELECT a.id, b.price FROM auction a JOIN bid b ON a.id = b.auction;\n\
         SELECT id, MAX(price) AS p, CAST(NULL AS INT) AS s FROM pairs GROUP BY id \
         UNION ALL SELECT id, CAST(NULL AS INT), SUM(price) FROM pairs GROUP BY id;"
    );
    assert_eq!(Queries::plan(&sql, folder.path()).unwrap().frontiers(), 0);
}
