//! The dashboard: its form, and the SQL of its panels against a real Postgres made by `postgres/init.sql`, as the role
//! that Grafana uses.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use streamsql_tests::services::postgres::Postgres;
use streamsql_tests::shop;

fn read(path: &str) -> String {
    std::fs::read_to_string(shop::root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn dashboard() -> Value {
    serde_json::from_str(&read("grafana/dashboards/shop.json")).unwrap()
}

fn panel(title: &str) -> Value {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    panels.iter().find(|p| p["title"] == title).unwrap_or_else(|| panic!("no panel {title}")).clone()
}

/// Replaces what Grafana replaces before it asks: the interval by the front end, the macros by the data source
/// (grafana-postgresql-datasource, `macros.go`).
fn expand(sql: &str, from: &str, to: &str) -> String {
    let mut out = sql.replace("$__interval", "1m");
    while let Some(start) = out.find("$__") {
        let open = start + out[start..].find('(').expect("a macro has arguments");
        let close = open + out[open..].find(')').expect("a macro's arguments end");
        let arguments: Vec<&str> = out[open + 1..close].split(',').map(str::trim).collect();
        let text = match &out[start + 3..open] {
            "timeFilter" => format!("{} BETWEEN '{from}' AND '{to}'", arguments[0]),
            "timeGroupAlias" => {
                assert_eq!(arguments[1], "1m");
                format!("floor(extract(epoch from {})/60)*60 AS \"time\"", arguments[0])
            }
            other => panic!("macro {other} is not known to this test"),
        };
        out.replace_range(start..=close, &text);
    }
    out
}

#[test]
fn the_dashboard_is_what_grafana_10_to_13_load_from_files() {
    let dashboard = dashboard();
    assert_eq!(dashboard["schemaVersion"], 39);
    assert_eq!(dashboard["refresh"], "5s");
    assert_eq!(dashboard["time"]["from"], "now-1h");
    assert_eq!(dashboard["time"]["to"], "now");
    let panels = dashboard["panels"].as_array().unwrap();
    let titles: Vec<&str> = panels.iter().map(|p| p["title"].as_str().unwrap()).collect();
    let expected = [
        "Revenue and Profit (last hour)",
        "Customer Checkout Source (last hour)",
        "Most Popular Product Category (last hour)",
        "Customer's Gender (last hour)",
        "Fail Payment (last hour)",
    ];
    assert_eq!(titles, expected);
    let ids: BTreeSet<u64> = panels.iter().map(|p| p["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "ids are unique");
    // Every cell of the 24 columns belongs to one panel at most.
    let mut cells = BTreeSet::new();
    for panel in panels {
        let at = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24);
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(cells.insert((x, y)), "{} overlaps at {x},{y}", panel["title"]);
            }
        }
    }
}

#[test]
fn every_panel_asks_the_provisioned_data_source() {
    let sources: Value =
        serde_saphyr::from_str(&read("grafana/provisioning/datasources/postgres.yaml")).unwrap();
    let source = &sources["datasources"][0];
    assert_eq!(source["user"], "grafana");
    for panel in dashboard()["panels"].as_array().unwrap() {
        for asks in [&panel["datasource"], &panel["targets"][0]["datasource"]] {
            assert_eq!(asks["uid"], source["uid"]);
            assert_eq!(asks["type"], source["type"]);
        }
        assert_eq!(panel["targets"].as_array().unwrap().len(), 1);
        assert_eq!(panel["targets"][0]["rawQuery"], true);
    }
    let provider: Value = serde_saphyr::from_str(&read("grafana/provisioning/dashboards/shop.yaml")).unwrap();
    assert_eq!(provider["providers"][0]["options"]["path"], "/var/lib/grafana/dashboards");
}

/// What Grafana's data source does: connects with its role and runs text.
struct Grafana {
    connection: PgConnection,
    runtime: tokio::runtime::Runtime,
}

impl Grafana {
    fn connect(server: &Postgres, database: &str) -> Self {
        let sources: Value =
            serde_saphyr::from_str(&read("grafana/provisioning/datasources/postgres.yaml")).unwrap();
        let source = &sources["datasources"][0];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(server.port())
            .username(source["user"].as_str().unwrap())
            .password(source["secureJsonData"]["password"].as_str().unwrap())
            .database(database)
            .ssl_mode(PgSslMode::Disable);
        let connection = runtime.block_on(options.connect()).unwrap();
        Self { connection, runtime }
    }

    /// Rows as JSON objects, by the server.
    fn rows(&mut self, sql: &str) -> Result<Vec<Value>, sqlx::Error> {
        let wrapped = format!("SELECT to_json(q)::text FROM ({sql}) AS q");
        let rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(wrapped)).fetch_all(&mut self.connection);
        Ok(self.runtime.block_on(rows)?.iter().map(|row| serde_json::from_str(row).unwrap()).collect())
    }

    fn panel(&mut self, title: &str) -> Vec<Value> {
        let panel = panel(title);
        let sql = panel["targets"][0]["rawSql"].as_str().unwrap();
        // As Grafana writes the time range: UTC with a Z.
        let expanded = expand(sql, "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z");
        self.rows(&expanded).unwrap_or_else(|e| panic!("{title}: {e}\n{expanded}"))
    }
}

const ROWS: &str = "
INSERT INTO shop.checkout_attribution
  (checkout_id, total_amount, payment_status, payment_description, gender, category, profit, source,
   checkout_timestamp, click_timestamp) VALUES
  ('c1', 10.50, 'Success', 'None',         'F', 'Books', 1.25,  'Google',   '2026-01-01 10:00:00',     '2026-01-01 09:59:00'),
  ('c2', 20.25, 'Success', 'None',         'M', 'Books', 2.50,  'Google',   '2026-01-01 10:00:59.999', '2026-01-01 10:00:00'),
  ('c3', 5.00,  'Failed',  'Card expired', 'F', 'Toys',  -1.00, 'Facebook', '2026-01-01 10:01:00',     '2026-01-01 10:00:30'),
  ('c4', NULL,  'Success', 'None',         'F', 'Music', NULL,  NULL,       '2026-01-01 10:30:00',     NULL),
  ('c5', 7.00,  'Failed',  'Card expired', 'M', 'Music', 0.70,  'Tiktok',   '2026-01-01 11:00:00',     '2026-01-01 10:59:59'),
  ('c6', 99.00, 'Failed',  'Fraud suspected', 'M', 'Toys', 9.0, 'Tiktok',   '2026-01-01 09:59:59.999', '2026-01-01 09:59:00'),
  ('c7', 99.00, 'Success', 'None',         'M', 'Toys', 9.00,   'Tiktok',   '2026-01-01 11:00:00.001', '2026-01-01 10:59:00');
";

fn json(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn panels_show_what_is_in_the_hour_whatever_the_servers_time_zone() {
    let server = Postgres::shared();
    let database = shop::create_database(&server);
    server.execute(&database, ROWS);
    server.execute(&database, &format!("ALTER DATABASE {database} SET timezone = 'America/New_York'"));
    let mut grafana = Grafana::connect(&server, &database);
    // 2026-01-01 10:00 UTC is 1767261600.
    assert_eq!(
        grafana.panel("Revenue and Profit (last hour)"),
        json(
            r#"[{"time": 1767261600, "revenue": 30.75, "profit": 3.75}, {"time": 1767263400, "revenue": null, "profit": null}]"#
        )
    );
    assert_eq!(
        grafana.panel("Customer Checkout Source (last hour)"),
        json(
            r#"[{"source": "Google", "checkouts": 2}, {"source": "(no click)", "checkouts": 1},
                {"source": "Facebook", "checkouts": 1}, {"source": "Tiktok", "checkouts": 1}]"#
        )
    );
    assert_eq!(
        grafana.panel("Most Popular Product Category (last hour)"),
        json(
            r#"[{"category": "Books", "checkouts": 2}, {"category": "Music", "checkouts": 2}, {"category": "Toys", "checkouts": 1}]"#
        )
    );
    assert_eq!(
        grafana.panel("Customer's Gender (last hour)"),
        json(r#"[{"gender": "F", "checkouts": 3}, {"gender": "M", "checkouts": 2}]"#)
    );
    assert_eq!(
        grafana.panel("Fail Payment (last hour)"),
        json(r#"[{"payment_description": "Card expired", "failures": 2}]"#)
    );
}

#[test]
fn the_dashboards_role_reads_the_sink_table_and_nothing_else() {
    let server = Postgres::shared();
    let database = shop::create_database(&server);
    let mut grafana = Grafana::connect(&server, &database);
    // Found without its schema: the role's search path.
    assert_eq!(
        grafana.rows("SELECT count(*) AS n FROM checkout_attribution").unwrap(),
        json(r#"[{"n": 0}]"#)
    );
    for forbidden in ["users", "products"] {
        let error = grafana.rows(&format!("SELECT 1 AS x FROM {forbidden}")).unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{error}");
    }
    for write in [
        "INSERT INTO checkout_attribution (checkout_id) VALUES ('x')",
        "UPDATE checkout_attribution SET source = 'x'",
        "DELETE FROM checkout_attribution",
        "SET default_transaction_read_only = off; DELETE FROM checkout_attribution",
        "CREATE TABLE shop.mine (x int)",
    ] {
        let done = sqlx::raw_sql(write).execute(&mut grafana.connection);
        let error = grafana.runtime.block_on(done).unwrap_err().to_string();
        assert!(error.contains("permission denied") || error.contains("read-only"), "{write}: {error}");
    }
}

#[test]
fn the_init_script_loads_the_data() {
    let server = Postgres::shared();
    let database = shop::create_database(&server);
    let value = |sql: &str| server.value(&database, sql).unwrap();
    assert_eq!(value("SELECT count(*) FROM shop.users"), "1000");
    assert_eq!(value("SELECT count(*) FROM shop.products"), "300");
    assert_eq!(
        value("SELECT count(*) FROM shop.users WHERE birth_day IS NULL OR gender NOT IN ('F', 'M')"),
        "0"
    );
    // Five of the dearest product fit DECIMAL(6, 2).
    assert_eq!(value("SELECT bool_and(price BETWEEN 0.01 AND 1999.99) FROM shop.products"), "t");
    let types = server.query(
        &database,
        "SELECT data_type, count(*) FROM information_schema.columns
         WHERE table_schema = 'shop' AND table_name = 'checkout_attribution' GROUP BY 1 ORDER BY 1",
    );
    let types: Vec<(String, String)> =
        types.into_iter().map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect();
    let expected = [
        ("character varying", "9"),
        ("double precision", "2"),
        ("integer", "1"),
        ("timestamp without time zone", "2"),
    ];
    assert_eq!(types, expected.map(|(name, count)| (name.to_owned(), count.to_owned())));
}
