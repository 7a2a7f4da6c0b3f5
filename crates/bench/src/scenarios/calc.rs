//! Ten typical functions over a million rows of `datagen`, less what the rows cost without them.

use crate::job::Job;
use crate::measure::{self, micros_per};
use crate::report::Figure;
use crate::scenarios::{DEADLINE, Setup};

const ROWS: u64 = 1_000_000;

pub fn ten_functions(setup: &Setup) -> Vec<Figure> {
    let job = |select: &str, columns: &str| {
        let sql = format!(
            "CREATE TABLE numbers (n BIGINT, price DECIMAL(6, 2), name STRING, ts TIMESTAMP(3)) WITH \
             ('connector' = 'datagen', 'number-of-rows' = '{ROWS}', 'rows-per-second' = '1000000000', \
             'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '{ROWS}', \
             'fields.name.length' = '16');\n\
             CREATE TABLE results ({columns}) WITH ('connector' = 'blackhole');\n\
             INSERT INTO results SELECT {select} FROM numbers;\n"
        );
        let job = Job::statements(&setup.binary, &sql);
        measure::run(&mut job.command(), DEADLINE)
    };
    let plain = job("n, price, name, ts", "n BIGINT, price DECIMAL(6, 2), name STRING, ts TIMESTAMP(3)");
    let ten = job(
        "n + 1, price * 3, CAST(price AS DECIMAL(4, 1)), UPPER(name), SUBSTRING(name, 2, 5), \
         CONCAT(name, '-x'), CASE WHEN n > 500 THEN 'big' ELSE 'small' END, ts + INTERVAL '1' HOUR, HOUR(ts), \
         COALESCE(name, 'none')",
        "a BIGINT, b DECIMAL(20, 2), c DECIMAL(4, 1), d STRING, e STRING, f STRING, g STRING, h TIMESTAMP(3), i BIGINT, \
         j STRING",
    );
    let value = micros_per(ten, ROWS) - micros_per(plain, ROWS);
    vec![Figure::new("ten functions, CPU per row", value, "µs").at_most(1.0).note(format!(
        "{:.2} µs with, {:.2} µs without them",
        micros_per(ten, ROWS),
        micros_per(plain, ROWS)
    ))]
}
