//! The Board over a real Postgres: what its panels say of the last hour, that it only reads, and why it is not there.

use serde_json::{Value, json};
use streamsql_tests::job_folder::JDBC;
use streamsql_tests::served::Served;
use streamsql_tests::services::postgres::{Postgres, USER};

/// A job that writes no row into the table of the reference job.
fn job(columns: &str) -> String {
    format!(
        "CREATE TABLE ticks (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '20',
           'fields.k.min' = '1', 'fields.k.max' = '5');
         CREATE TABLE checkout_attribution ({columns}) WITH ({JDBC}, 'table-name' = 'shop.attribution');"
    )
}

const COLUMNS: &str =
    "checkout_id STRING, total_amount DOUBLE, payment_status STRING, payment_description STRING,
    gender STRING, category STRING, profit DOUBLE, source STRING, checkout_timestamp TIMESTAMP(3)";

fn served(server: &Postgres, database: &str, sql: &str) -> Served {
    let config = format!(
        "job: {{ name: {database}, state: ./state }}\ndefaults: {{ url: \"{}\", username: {USER}, password: \"${{env:PW}}\" }}\n",
        server.jdbc_url(database)
    );
    let served = Served::with(sql, &config, "127.0.0.1:0", &[], &[("PW", server.password())]);
    served.wait("/api/v1/job", "/state", |state| state == "running");
    served
}

#[test]
fn panels_say_what_the_table_holds_of_the_last_hour() {
    let server = Postgres::shared();
    let database = server.create_database("board");
    server.execute(
        &database,
        "CREATE SCHEMA shop; CREATE TABLE shop.attribution (checkout_id TEXT, total_amount DOUBLE PRECISION,
           payment_status TEXT, payment_description TEXT, gender TEXT, category TEXT, profit DOUBLE PRECISION, source TEXT,
           checkout_timestamp TIMESTAMP);
         INSERT INTO shop.attribution SELECT * FROM (VALUES
           ('c1', 10.5, 'Success', 'None', 'F', 'Books', 1.5, 'Google', 1),
           ('c2', 20, 'Success', 'None', 'F', 'Books', 2, NULL, 1),
           ('c3', 30, 'Failed', 'No money', 'M', 'Toys', 3, 'Google', 20),
           ('c4', 40, 'Success', 'None', 'M', 'Toys', 4, 'Bing', 61)) AS r (id, total, status, why, gender, category, profit, source, minutes),
           LATERAL (SELECT date_trunc('minute', now() AT TIME ZONE 'UTC') - minutes * interval '1 minute') AS t (at)"
            .replace("SELECT * FROM (VALUES", "SELECT id, total, status, why, gender, category, profit, source, at FROM (VALUES")
            .as_str(),
    );
    let sql = job(COLUMNS)
        + "INSERT INTO checkout_attribution SELECT 'x', 1e0, 'x', 'x', 'x', 'x', 1e0, 'x', LOCALTIMESTAMP FROM ticks WHERE k > 9;";
    let served = served(&server, &database, &sql);
    let board = served.json("/api/v1/board");
    assert_eq!(
        (&board["unavailable"], &board["table"]),
        (&Value::Null, &"shop.attribution".into()),
        "{board}"
    );
    let rows = |title: &str| {
        let panels = board["panels"].as_array().unwrap();
        let panel = panels.iter().find(|panel| panel["title"] == title);
        panel.unwrap_or_else(|| panic!("no {title} in {board}"))["rows"].clone()
    };
    assert_eq!(
        rows("Customer Checkout Source"),
        json!([{"source": "Google", "checkouts": 2}, {"source": "(no click)", "checkouts": 1}])
    );
    assert_eq!(
        rows("Most Popular Product Category"),
        json!([{"category": "Books", "checkouts": 2}, {"category": "Toys", "checkouts": 1}])
    );
    assert_eq!(
        rows("Customer's Gender"),
        json!([{"gender": "F", "checkouts": 2}, {"gender": "M", "checkouts": 1}])
    );
    assert_eq!(rows("Fail Payment"), json!([{"payment_description": "No money", "failures": 1}]));
    let revenue = rows("Revenue and Profit");
    assert_eq!((&revenue[0]["revenue"], &revenue[0]["profit"]), (&30.5.into(), &3.5.into()), "{revenue}");
    assert!(
        revenue.as_array().unwrap().len() == 1 && revenue[0]["time"].as_i64().unwrap() % 60 == 0,
        "{revenue}"
    );
    // Nobody who does not look has a connection.
    let page = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'streamsql page' AND datname = current_database()";
    streamsql_tests::patience::wait_for("the Board's connection is closed", || {
        (server.value(&database, page).as_deref() == Some("0")).then_some(())
    });
    // The database takes the table away; the job, which has nothing to write, goes on.
    server.execute(&database, "ALTER TABLE shop.attribution RENAME TO gone");
    let board = served.wait("/api/v1/board", "/unavailable", Value::is_string);
    let reason = board["unavailable"].as_str().unwrap();
    assert!(
        reason.contains("shop.attribution does not exist") && !reason.contains(server.password()),
        "{reason}"
    );
    assert_eq!(served.json("/api/v1/job")["state"], "running");
}

#[test]
fn a_table_of_other_columns_has_no_board_and_says_so() {
    let server = Postgres::shared();
    // A database of its own for each job: one that has committed there would be missed by the next one's empty state.
    let database = || {
        let database = server.create_database("board");
        server.execute(&database, "CREATE SCHEMA shop; CREATE TABLE shop.attribution (k INT, source TEXT, checkout_timestamp TIMESTAMP)");
        database
    };
    let sql = job("k INT") + "INSERT INTO checkout_attribution SELECT k FROM ticks WHERE k > 9;";
    let none = served(&server, &database(), &sql).json("/api/v1/board");
    let reason = none["unavailable"].as_str().unwrap();
    assert!(reason.contains("table checkout_attribution has the columns of none of them"), "{reason}");
    // Of some columns there are some panels.
    let sql = job("source STRING, checkout_timestamp TIMESTAMP(3)")
        + "INSERT INTO checkout_attribution SELECT 'x', LOCALTIMESTAMP FROM ticks WHERE k > 9;";
    let sql = sql.replace("checkout_attribution", "attributed");
    let some = served(&server, &database(), &sql).json("/api/v1/board");
    let titles: Vec<&Value> =
        some["panels"].as_array().unwrap().iter().map(|panel| &panel["title"]).collect();
    assert_eq!(titles, ["Customer Checkout Source"], "{some}");
}
