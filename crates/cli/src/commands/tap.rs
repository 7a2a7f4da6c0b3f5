//! `tap`: rows of a running job as they leave an operator.

use std::io::Write;

use clap::Args;
use serde_json::Value;
use streamsql_core::Error;
use streamsql_http::client::escaped;

use super::Failure;
use crate::http::ReachArgs;

#[derive(Debug, Args)]
pub struct TapArgs {
    /// Number, address, table or kind of an operator; `top` shows them
    pub node: String,
    #[command(flatten)]
    pub reach: ReachArgs,
    /// End after so many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Only rows in which this column has this value; repeatable
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    pub conditions: Vec<String>,
}

pub fn tap(args: &TapArgs) -> Result<u8, Failure> {
    let client = args.reach.client()?;
    let conditions = args.conditions.iter().map(|text| {
        let parts = text.split_once('=').filter(|(column, _)| !column.is_empty());
        parts.ok_or_else(|| Failure::Usage(format!("--where '{text}' is not column=value")))
    });
    let conditions: Vec<(&str, &str)> = conditions.collect::<Result<_, _>>()?;
    let mut path = format!("/api/v1/tap?node={}", escaped(&args.node));
    // Rows that a condition leaves out do not count.
    if let Some(limit) = args.limit.filter(|_| conditions.is_empty()) {
        path.push_str(&format!("&limit={limit}"));
    }
    let mut left = args.limit.unwrap_or(u64::MAX);
    let mut out = std::io::stdout().lock();
    client.follow(&path, |event, data| {
        match event {
            "" => {
                if !matches(data, &conditions) {
                    return Ok(true);
                }
                left -= 1;
                match writeln!(out, "{data}").and_then(|()| out.flush()) {
                    Ok(()) => Ok(left > 0),
                    // Whoever reads has enough.
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
                    Err(error) => Err(Error::failed(format!("cannot write a row: {error}"))),
                }
            }
            "missed" => {
                tracing::warn!("rows come faster than they are shown, {data} are missing here");
                Ok(true)
            }
            _ => Ok(true),
        }
    })?;
    Ok(0)
}

/// Whether a row has these values; texts are compared without their quotes.
fn matches(data: &str, conditions: &[(&str, &str)]) -> bool {
    if conditions.is_empty() {
        return true;
    }
    let Ok(change) = serde_json::from_str::<Value>(data) else { return false };
    conditions.iter().all(|(column, wanted)| match &change["row"][*column] {
        Value::String(text) => text == wanted,
        other => &*other.to_string() == *wanted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_compare_values_as_they_are_written() {
        let row = r#"{"op":"+I","row":{"user":"u1","n":3,"gone":null}}"#;
        assert!(matches(row, &[]) && matches(row, &[("user", "u1"), ("n", "3"), ("gone", "null")]));
        assert!(!matches(row, &[("user", "u2")]) && !matches(row, &[("n", "3"), ("other", "1")]));
    }
}
