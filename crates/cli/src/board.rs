//! The Board of the page: the panels of `grafana/dashboards/shop.json` over the table that the job writes.
//!
//! The dashboard's own SQL is asked of the sink's table, over the sink's connection settings, read-only, and only when
//! somebody looks. A panel is shown where the table has the columns that it names.

use serde_json::{Value, json};
use streamsql_connectors::options::required;
use streamsql_connectors::postgres::{Database, TableReader};
use streamsql_core::{Error, Result, StopHandle};
use streamsql_plan::{Dataflow, NodeKind};

/// The dashboard that Grafana shows, too.
const DASHBOARD: &str = include_str!("../../../grafana/dashboards/shop.json");
/// The table that its SQL names.
const TABLE: &str = "checkout_attribution";
/// The columns that its SQL may name.
const COLUMNS: [&str; 14] = [
    "checkout_id",
    "user_id",
    "product_id",
    "quantity",
    "total_amount",
    "payment_method",
    "payment_status",
    "payment_description",
    "gender",
    "category",
    "profit",
    "source",
    "checkout_timestamp",
    "click_timestamp",
];

/// What the Board reads, or why there is none.
pub struct Board {
    table: std::result::Result<(TableReader, Vec<Panel>), String>,
    halt: StopHandle,
}

/// A panel of the dashboard.
#[derive(Clone, Debug, PartialEq)]
struct Panel {
    title: String,
    /// `timeseries`, `bargauge` or `piechart`.
    kind: String,
    unit: Option<String>,
    sql: String,
}

impl Board {
    /// Over the first sink in PostgreSQL that has columns of a panel. Contacts nothing.
    ///
    /// # Errors
    /// When the dashboard is not as it should be, which a test rules out.
    pub fn of(dataflow: &Dataflow, halt: &StopHandle) -> Result<Self> {
        let panels = panels(DASHBOARD)?;
        let mut reason = "the Board shows a table in PostgreSQL, and this job writes none".to_owned();
        let mut found = None;
        for node in &dataflow.nodes {
            let NodeKind::Sink(sink) = &node.kind else { continue };
            if sink.table.connector() != "jdbc" || found.is_some() {
                continue;
            }
            let names: Vec<String> = node.schema.columns.iter().map(|c| c.name.to_lowercase()).collect();
            let has = |panel: &&Panel| columns_of(&panel.sql).all(|column| names.iter().any(|n| n == column));
            let shown: Vec<Panel> = panels.iter().filter(has).cloned().collect();
            if shown.is_empty() {
                reason = format!(
                    "the panels are those of the reference dashboard; table {} has the columns of none of them",
                    sink.table.name
                );
                continue;
            }
            let database = Database::from_options(&sink.table.options)?;
            let table = required(&sink.table.options, "table-name")?;
            found = Some((TableReader::new(database, table), shown));
        }
        Ok(Self { table: found.ok_or(reason), halt: halt.clone() })
    }

    /// Reads the table, and so waits for the database.
    pub fn look(&self) -> Value {
        let read = self.table.as_ref().map_err(Clone::clone).and_then(|(reader, panels)| {
            let queries = |relation: &str| panels.iter().map(|panel| panel.query(relation)).collect();
            let answers = reader.ask(&self.halt, queries).map_err(|error| error.to_string())?;
            let shown: Vec<Value> = panels
                .iter()
                .zip(answers)
                .map(|(panel, rows)| {
                    let rows = rows.iter().filter_map(|row| serde_json::from_str::<Value>(row).ok());
                    json!({
                        "title": panel.title,
                        "kind": panel.kind,
                        "unit": panel.unit,
                        "rows": rows.collect::<Vec<_>>(),
                    })
                })
                .collect();
            Ok((reader.table(), shown))
        });
        match read {
            Ok((table, panels)) => {
                json!({ "schema_version": 1, "table": table, "unavailable": null, "panels": panels })
            }
            Err(reason) => json!({ "schema_version": 1, "table": null, "unavailable": reason, "panels": [] }),
        }
    }
}

impl Panel {
    /// Its SQL over a table, with what Grafana would put in place of its macros: the last hour, in minutes.
    fn query(&self, relation: &str) -> String {
        let mut out = String::new();
        let mut rest = self.sql.as_str();
        while let Some((before, macro_call)) = rest.split_once("$__") {
            out.push_str(before);
            let (name, behind) = macro_call.split_once('(').unwrap_or((macro_call, ""));
            let (arguments, behind) = behind.split_once(')').unwrap_or((behind, ""));
            let column = arguments.split(',').next().unwrap_or_default().trim();
            out.push_str(&match name {
                "timeGroupAlias" => {
                    format!("floor(extract(epoch FROM {column}) / 60)::bigint * 60 AS \"time\"")
                }
                // `timeFilter`. The session's zone is UTC, in which times without a zone are.
                _ => format!("{column} BETWEEN localtimestamp - interval '1 hour' AND localtimestamp"),
            });
            rest = behind;
        }
        out.push_str(rest);
        out.replace(&format!("FROM {TABLE}"), &format!("FROM {relation}"))
    }
}

/// The columns of the reference table that a statement names.
fn columns_of(sql: &str) -> impl Iterator<Item = &'static str> {
    let words: Vec<String> =
        sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_owned).collect();
    // What stands behind AS is a name that the statement gives.
    let named: Vec<String> = words
        .iter()
        .enumerate()
        .filter(|(i, _)| *i == 0 || !words[i - 1].eq_ignore_ascii_case("as"))
        .map(|(_, word)| word.clone())
        .collect();
    COLUMNS.into_iter().filter(move |column| named.iter().any(|word| word == column))
}

fn panels(dashboard: &str) -> Result<Vec<Panel>> {
    let wrong = || Error::internal("the dashboard of the Board cannot be read");
    let dashboard: Value = serde_json::from_str(dashboard).map_err(|_| wrong())?;
    let panel = |panel: &Value| {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(Panel {
            title: text(&panel["title"])?.trim_end_matches(" (last hour)").to_owned(),
            kind: text(&panel["type"])?,
            unit: text(&panel["fieldConfig"]["defaults"]["unit"]),
            sql: text(&panel["targets"][0]["rawSql"])?,
        })
    };
    dashboard["panels"].as_array().ok_or_else(wrong)?.iter().map(|one| panel(one).ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dashboard_gives_five_panels_with_sql_that_postgres_reads() {
        let panels = panels(DASHBOARD).unwrap();
        let titles: Vec<&str> = panels.iter().map(|panel| panel.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "Revenue and Profit",
                "Customer Checkout Source",
                "Most Popular Product Category",
                "Customer's Gender",
                "Fail Payment"
            ]
        );
        for panel in &panels {
            let sql = panel.query("\"shop\".\"t\"");
            assert!(!sql.contains("$__") && sql.contains("FROM \"shop\".\"t\""), "{sql}");
            assert!(sql.contains("checkout_timestamp BETWEEN localtimestamp"), "{sql}");
        }
        let named: Vec<&str> = columns_of(&panels[0].sql).collect();
        assert_eq!(named, ["total_amount", "payment_status", "profit", "checkout_timestamp"]);
        let named: Vec<&str> = columns_of(&panels[1].sql).collect();
        assert_eq!(named, ["source", "checkout_timestamp"]);
    }
}
