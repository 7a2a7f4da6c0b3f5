//! The job of the demo: which click a checkout came of.

use super::compare;
use super::shop::{Offsets, Row, Shop};
use crate::job_folder::{JDBC, JobFolder};
use crate::services::postgres::{Session, TextRow};

pub const TABLES: &str =
    "CREATE TABLE attribution (checkout_id bigint PRIMARY KEY, user_id varchar(255), gender varchar(255),
       category varchar(255), source varchar(255), checkout_timestamp timestamp);
     CREATE TABLE latest (LIKE attribution INCLUDING ALL);
     CREATE TABLE audit (LIKE attribution);";

pub fn write(folder: &JobFolder) {
    folder.write(
        "sql/source/dimensions.sql",
        &format!(
            "CREATE TEMPORARY TABLE users (user_id STRING, gender STRING, PRIMARY KEY (user_id) NOT ENFORCED)
             WITH ({JDBC}, 'table-name' = 'shop.users');
             CREATE TEMPORARY TABLE products (product_id STRING, category STRING, price DECIMAL(6,2),
               PRIMARY KEY (product_id) NOT ENFORCED) WITH ({JDBC}, 'table-name' = 'shop.products')"
        ),
    );
    let columns = "checkout_id BIGINT, user_id STRING, gender STRING, category STRING, source STRING,
      checkout_timestamp TIMESTAMP(3)";
    for (table, key) in [
        ("audit", ""),
        ("attribution", ", PRIMARY KEY (checkout_id) NOT ENFORCED"),
        ("latest", ", PRIMARY KEY (checkout_id) NOT ENFORCED"),
    ] {
        folder.write(
            &format!("sql/sink/{table}.sql"),
            &format!("CREATE TABLE {table} ({columns}{key}) WITH ({JDBC}, 'table-name' = '{table}')"),
        );
    }
    folder.write(
        "sql/process/job.sql",
        "CREATE VIEW joined AS
           SELECT co.checkout_id, u.user_id, u.gender, p.category, cl.source, co.checkout_timestamp, cl.click_timestamp
           FROM checkouts AS co
           JOIN users FOR SYSTEM_TIME AS OF co.processing_timestamp AS u ON co.user_id = u.user_id
           JOIN products FOR SYSTEM_TIME AS OF co.processing_timestamp AS p ON co.product_id = p.product_id
           LEFT JOIN clicks AS cl ON co.user_id = cl.user_id
             AND co.checkout_timestamp BETWEEN cl.click_timestamp AND cl.click_timestamp + INTERVAL '1' HOUR;

         INSERT INTO audit SELECT checkout_id, user_id, gender, category, source, checkout_timestamp FROM joined;

         INSERT INTO attribution
         SELECT checkout_id, user_id, gender, category, source, checkout_timestamp FROM (
           SELECT *, ROW_NUMBER() OVER (PARTITION BY checkout_id ORDER BY click_timestamp) AS rn FROM joined)
         WHERE rn = 1;

         INSERT INTO latest
         SELECT checkout_id, user_id, gender, category, source, checkout_timestamp FROM (
           SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY checkout_timestamp DESC) AS rn FROM joined)
         WHERE rn = 1;",
    );
}

pub fn check(
    session: &mut Session,
    shop: &Shop,
    clicks: &Offsets,
    checkouts: &Offsets,
    whole: bool,
) -> Result<(), String> {
    let joined = shop.joined(clicks, checkouts);
    for table in ["audit", "attribution"] {
        let sums = session.query(&format!(
            "SELECT count(*), coalesce(sum(checkout_id), 0), coalesce(sum(checkout_id * checkout_id), 0) FROM {table}"
        ));
        let number = |row: &Row| u128::from(row.number);
        let wanted = [
            joined.len() as u128,
            joined.iter().map(number).sum(),
            joined.iter().map(|row| number(row) * number(row)).sum(),
        ];
        let wanted: TextRow = wanted.iter().map(|n| Some(n.to_string())).collect();
        if whole || sums != [wanted] {
            compare(table, &found(session, table), &joined)?;
        }
    }
    compare("latest", &found(session, "latest"), &Shop::latest(&joined))
}

fn found(session: &mut Session, table: &str) -> Vec<Row> {
    let sql = format!(
        "SELECT checkout_id, user_id, gender, category, source, to_char(checkout_timestamp, 'YYYY-MM-DD HH24:MI:SS.MS')
         FROM {table} ORDER BY checkout_id"
    );
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let rows = session.query(&sql).into_iter().map(|row| Row {
        number: text(&row[0]).parse().unwrap_or(0),
        user: text(&row[1]),
        gender: text(&row[2]),
        category: text(&row[3]),
        source: row[4].clone(),
        time: text(&row[5]),
    });
    rows.collect()
}
