//! `top`: one line an operator of a running job, written anew every second.

use std::io::IsTerminal;

use clap::Args;
use serde_json::Value;
use streamsql_core::Error;
use streamsql_core::units::size_text as bytes;

use super::Failure;
use super::status::StatusFormat;
use crate::http::ReachArgs;
use crate::output::show;
use crate::progress::{count, duration};

#[derive(Debug, Args)]
pub struct TopArgs {
    #[command(flatten)]
    pub reach: ReachArgs,
    /// End after so many looks; where stdout is no terminal, one is the default
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub looks: Option<u64>,
    /// Form of a look; json is one object a line, as `/api/v1/events` gives it
    #[arg(long, value_enum, default_value_t)]
    pub format: StatusFormat,
}

pub fn top(args: &TopArgs) -> Result<u8, Failure> {
    let terminal = std::io::stdout().is_terminal();
    let json = args.format == StatusFormat::Json;
    let mut left = args.looks.unwrap_or(if terminal { u64::MAX } else { 1 });
    let width = terminal_size::terminal_size().filter(|_| terminal).map(|(width, _)| usize::from(width.0));
    args.reach.client()?.follow("/api/v1/events", |_, data| {
        left -= 1;
        if json {
            return Ok(show(&format!("{data}\n"))? && left > 0);
        }
        let now: Value =
            serde_json::from_str(data).map_err(|e| Error::failed(format!("an event is no JSON: {e}")))?;
        // Over the one before.
        let head = if terminal { "\x1b[H\x1b[2J" } else { "" };
        Ok(show(&format!("{head}{}", screen(&now, width)))? && left > 0)
    })?;
    Ok(0)
}

fn screen(now: &Value, width: Option<usize>) -> String {
    let job = &now["job"];
    let rate = |value: &Value| value.as_f64().map_or("-".to_owned(), |rate| count(rate.round() as u64));
    let lag = |ms: &Value| ms.as_i64().map_or("-".to_owned(), duration);
    let mut lines = vec![format!(
        "{} {}  {} in/s  {} out/s  watermark {}  lag {}  epoch {}  state {}",
        job["name"].as_str().unwrap_or_default(),
        job["state"].as_str().unwrap_or_default(),
        rate(&job["rows_in_per_second"]),
        rate(&job["rows_out_per_second"]),
        lag(&job["watermark_lag_ms"]),
        job["lag_records"].as_u64().map_or("-".to_owned(), count),
        job["epoch"],
        bytes(job["state_bytes"].as_u64().unwrap_or(0)),
    )];
    for finding in now["why"].as_array().into_iter().flatten() {
        lines.push(format!("! {}", finding["text"].as_str().unwrap_or_default()));
    }
    lines.push(String::new());
    lines.push(format!(
        "{:>3} {:<30} {:>10} {:>10} {:>6} {:>7} {:>10} {:>10} {:>9} {:>7}",
        "#", "operator", "in/s", "out/s", "busy", "blocked", "watermark", "state", "keys", "late"
    ));
    for node in now["nodes"].as_array().into_iter().flatten() {
        let kind = node["kind"].as_str().unwrap_or_default();
        let name = node["table"].as_str().map_or(kind.to_owned(), |table| format!("{kind} {table}"));
        let share =
            |of: &str| node[of].as_f64().map_or("-".to_owned(), |share| format!("{:.0} %", share * 100.0));
        lines.push(format!(
            "{:>3} {:<30} {:>10} {:>10} {:>6} {:>7} {:>10} {:>10} {:>9} {:>7}",
            node["id"],
            name.chars().take(30).collect::<String>(),
            rate(&node["rows_in_per_second"]),
            rate(&node["rows_out_per_second"]),
            share("busy_ratio"),
            share("blocked_ratio"),
            lag(&node["watermark_lag_ms"]),
            bytes(node["state_bytes"].as_u64().unwrap_or(0)),
            count(node["state_keys"].as_u64().unwrap_or(0)),
            count(node["late_rows"].as_u64().unwrap_or(0)),
        ));
    }
    let fit = |line: &String| width.map_or_else(|| line.clone(), |width| line.chars().take(width).collect());
    let mut out = lines.iter().map(fit).collect::<Vec<String>>().join("\n");
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_for_each_operator() {
        let now = json!({
            "job": { "name": "shop", "state": "running", "rows_in_per_second": 9.6, "epoch": 3, "watermark_lag_ms": 5_000 },
            "nodes": [
                { "id": 0, "kind": "TableSourceScan", "table": "clicks", "rows_out_per_second": 10.0, "busy_ratio": null },
                { "id": 1, "kind": "Deduplicate", "table": null, "state_bytes": 2_048, "state_keys": 1_234, "busy_ratio": 0.25 },
            ],
            "why": [{ "text": "Deduplicate waits" }],
        });
        let wide = screen(&now, None);
        let lines: Vec<&str> = wide.lines().collect();
        assert_eq!(lines[0], "shop running  10 in/s  - out/s  watermark 5 s  lag -  epoch 3  state 0 B");
        assert_eq!(lines[1], "! Deduplicate waits");
        assert!(lines[4].contains("TableSourceScan clicks") && lines[4].contains(" 10 "), "{}", lines[4]);
        assert!(
            lines[5].contains("25 %") && lines[5].contains("1,234") && lines[5].contains("2.0 KiB"),
            "{}",
            lines[5]
        );
        assert!(screen(&now, Some(20)).lines().all(|line| line.chars().count() <= 20));
    }
}
