//! Files in, look-up join, Postgres out, through the binary against a real server.

use std::process::Output;

use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::services::postgres::{Postgres, TextRow, USER};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

fn row(values: &[&str]) -> TextRow {
    values.iter().map(|v| if *v == "NULL" { None } else { Some((*v).to_owned()) }).collect()
}

fn succeed(output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "exit {:?}\n{stderr}", output.status.code());
}

fn config(server: &Postgres, database: &str, job: &str) -> String {
    format!(
        "job: {{ name: {job}, state: ./state }}\ndefaults: {{ url: \"{}\", username: {USER}, password: \"${{env:PW}}\" }}\n",
        server.jdbc_url(database)
    )
}

const JDBC: &str =
    "'connector' = 'jdbc', 'url' = '{{ url }}', 'username' = '{{ username }}', 'password' = '{{ password }}'";

#[test]
fn rows_are_looked_up_and_land_in_the_table() {
    let server = Postgres::shared();
    let database = server.create_database("lookup");
    server.execute(
        &database,
        "CREATE SCHEMA shop;
         CREATE TABLE shop.users (user_id text PRIMARY KEY, gender text, born date, score numeric, email text);
         INSERT INTO shop.users VALUES ('u1', 'f', '1990-01-02', 12.345, 'a@b'), ('u2', NULL, NULL, 99999.5, 'c@d');
         CREATE TABLE orders_out (order_id int PRIMARY KEY, user_id varchar(255), gender varchar(255), born date,
           score double precision, amount double precision, at timestamp, note text);",
    );
    let folder = JobFolder::new();
    folder.write(
        "orders.json",
        concat!(
            r#"{"order_id":1,"user_id":"u1","amount":10.25,"at":"2026-01-01 10:00:00.123","note":"a\nb"}"#,
            "\n",
            r#"{"order_id":2,"user_id":"u2","amount":-0.5,"at":"2026-01-01 10:00:01","note":null}"#,
            "\n",
            r#"{"order_id":3,"user_id":"u9","amount":1,"at":"1969-12-31 23:59:59.999"}"#,
            "\n",
            r#"{"order_id":4,"user_id":null,"amount":null,"at":null}"#,
            "\n",
        ),
    );
    folder.write("sql/streamsql.yaml", &config(&server, &database, "lookup"));
    folder.write(
        "sql/source/tables.sql",
        &format!(
            "CREATE TABLE orders (order_id INT, user_id STRING, amount DECIMAL(6,2), `at` TIMESTAMP(3), note STRING,
               pt AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
             CREATE TEMPORARY TABLE users (user_id STRING, gender STRING, born DATE, score DECIMAL(6,2),
               PRIMARY KEY (user_id) NOT ENFORCED) WITH ({JDBC}, 'table-name' = 'shop.users')"
        ),
    );
    folder.write(
        "sql/sink/out.sql",
        &format!(
            "CREATE TABLE orders_out (order_id INT, user_id STRING, Gender STRING, born DATE, score DECIMAL(6,2),
               amount DECIMAL(6,2), `at` TIMESTAMP(3), note STRING, PRIMARY KEY (order_id) NOT ENFORCED)
             WITH ({JDBC}, 'table-name' = 'orders_out')"
        ),
    );
    folder.write(
        "sql/process/job.sql",
        "INSERT INTO orders_out SELECT o.order_id, o.user_id, u.gender, u.born, u.score, o.amount, o.`at`, o.note
         FROM orders AS o LEFT JOIN users FOR SYSTEM_TIME AS OF o.pt AS u ON o.user_id = u.user_id",
    );
    let run = || folder.run(BINARY, &["-v"]).env("PW", server.password()).output().expect("the binary");
    let output = run();
    succeed(&output);
    assert!(!String::from_utf8_lossy(&output.stderr).contains(server.password()), "the password was logged");
    let table = || server.query(&database, "SELECT * FROM orders_out ORDER BY order_id");
    let expected = vec![
        row(&["1", "u1", "f", "1990-01-02", "12.35", "10.25", "2026-01-01 10:00:00.123", "a\nb"]),
        row(&["2", "u2", "NULL", "NULL", "NULL", "-0.5", "2026-01-01 10:00:01", "NULL"]),
        row(&["3", "u9", "NULL", "NULL", "NULL", "1", "1969-12-31 23:59:59.999", "NULL"]),
        row(&["4", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"]),
    ];
    assert_eq!(table(), expected);
    // Started again it has nothing to do.
    server.execute(&database, "UPDATE shop.users SET gender = 'x'");
    succeed(&run());
    assert_eq!(table(), expected);
}
