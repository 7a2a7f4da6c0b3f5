//! Follows the sink table: which rows are new since the last look.

use std::collections::BTreeSet;

use sqlx::{Connection, PgConnection, Row};
use streamsql_core::{Error, Result};

use crate::PrivatePostgres;
use crate::postgres::runtime;

/// Newest rows that one look brings.
const LOOK: &str = "SELECT checkout_id, to_char(checkout_timestamp, 'YYYY-MM-DD HH24:MI:SS') AS checked_out, \
    coalesce(source, '-') AS source, coalesce(gender, '-') AS gender, coalesce(category, '-') AS category, \
    coalesce(payment_status, '-') AS payment_status, coalesce(to_char(total_amount, 'FM999990.00'), '-') AS total, \
    coalesce(to_char(profit, 'FM999990.00'), '-') AS profit, \
    coalesce(extract(epoch FROM checkout_timestamp - click_timestamp)::bigint::text || ' s', '-') AS after_click \
    FROM shop.checkout_attribution ORDER BY checkout_timestamp DESC, checkout_id LIMIT 200";

/// A row of the sink table, ready to print; `-` for NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributedRow {
    pub checkout_id: String,
    /// Event time, to the second.
    pub checked_out: String,
    /// Of the click; none where there was no click.
    pub source: String,
    pub gender: String,
    pub category: String,
    pub payment_status: String,
    pub total: String,
    pub profit: String,
    /// From click to checkout.
    pub after_click: String,
}

/// An open connection and the rows that it has seen.
pub struct RowWatch {
    connection: Option<PgConnection>,
    runtime: tokio::runtime::Runtime,
    seen: BTreeSet<String>,
}

impl RowWatch {
    /// # Errors
    /// `Unreachable` when the server refuses the connection.
    pub fn open(server: &PrivatePostgres) -> Result<Self> {
        let runtime = runtime()?;
        let connection = runtime
            .block_on(server.connect())
            .map_err(|e| Error::unreachable(format!("the demo's PostgreSQL: {e}")))?;
        Ok(Self { connection: Some(connection), runtime, seen: BTreeSet::new() })
    }

    /// Rows that were not there at the last look, oldest checkout first; the newest 200 at most.
    ///
    /// # Errors
    /// `Failed` when the server is gone.
    pub fn look(&mut self) -> Result<Vec<AttributedRow>> {
        let failed = |e: sqlx::Error| Error::failed(format!("the demo's PostgreSQL: {e}"));
        let Some(connection) = &mut self.connection else { return Ok(Vec::new()) };
        let rows = self.runtime.block_on(sqlx::query(LOOK).fetch_all(connection)).map_err(failed)?;
        let mut new = Vec::new();
        for row in rows.iter().rev() {
            let text = |name: &str| row.try_get::<String, _>(name).map_err(failed);
            let row = AttributedRow {
                checkout_id: text("checkout_id")?,
                checked_out: text("checked_out")?,
                source: text("source")?,
                gender: text("gender")?,
                category: text("category")?,
                payment_status: text("payment_status")?,
                total: text("total")?,
                profit: text("profit")?,
                after_click: text("after_click")?,
            };
            if self.seen.insert(row.checkout_id.clone()) {
                new.push(row);
            }
        }
        Ok(new)
    }

    /// Rows of the table.
    ///
    /// # Errors
    /// `Failed` when the server is gone.
    pub fn count(&mut self) -> Result<i64> {
        let Some(connection) = &mut self.connection else { return Ok(0) };
        let count =
            sqlx::query_scalar("SELECT count(*) FROM shop.checkout_attribution").fetch_one(connection);
        self.runtime.block_on(count).map_err(|e| Error::failed(format!("the demo's PostgreSQL: {e}")))
    }
}

impl Drop for RowWatch {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(connection.close());
        }
    }
}
