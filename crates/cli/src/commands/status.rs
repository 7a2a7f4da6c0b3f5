//! `status`: how a running job stands, for people, programs and probes.

use clap::{Args, ValueEnum};
use serde_json::Value;
use streamsql_core::Error;
use streamsql_core::units::size_text as bytes;

use super::Failure;
use crate::http::ReachArgs;
use crate::progress::{count, duration};

#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub reach: ReachArgs,
    /// Say only whether the job reads and commits: exit 0 when it does, 1 when it does not, 5 when nobody answers
    #[arg(long)]
    pub ready: bool,
    /// Form of the answer; json is one object: `job`, and the `findings` of why nothing comes out
    #[arg(long, value_enum, default_value_t)]
    pub format: StatusFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

pub fn status(args: &StatusArgs) -> Result<u8, Failure> {
    let client = args.reach.client()?;
    if args.ready && args.format == StatusFormat::Text {
        let answer = client.get("/readyz")?;
        let said = String::from_utf8_lossy(&answer.body);
        print!("{said}");
        return match answer.status {
            200 => Ok(0),
            503 => Ok(1),
            status => Err(Error::failed(format!("status {status}: {}", said.trim())).into()),
        };
    }
    let job = client.get("/api/v1/job")?.json()?;
    let findings = client.get("/api/v1/why")?.json()?["findings"].clone();
    let ready = job["ready"].as_bool() == Some(true);
    match args.format {
        StatusFormat::Json => {
            println!("{}", serde_json::json!({ "schema_version": 1, "job": job, "findings": findings }))
        }
        StatusFormat::Text => print!("{}", text(&job, &findings)),
    }
    Ok(u8::from(args.ready && !ready))
}

fn text(job: &Value, findings: &Value) -> String {
    let word = |field: &str| job[field].as_str().unwrap_or("none").to_owned();
    let number = |field: &str| job[field].as_u64().unwrap_or(0);
    let rate = |field: &str| count(job[field].as_f64().unwrap_or(0.0) as u64);
    let ago = |ms: &Value| ms.as_i64().map_or("none".to_owned(), |ms| format!("{} behind", duration(ms)));
    let mut out = format!("{} is {}", word("name"), word("state"));
    let reasons: Vec<&str> =
        job["not_ready_because"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    out.push_str(&match reasons[..] {
        [] => ", ready\n".to_owned(),
        _ => format!(", not ready: {}\n", reasons.join("; ")),
    });
    let mut line = |name: &str, value: String| out.push_str(&format!("  {name:<14}{value}\n"));
    line("up", duration(job["uptime_ms"].as_i64().unwrap_or(0)));
    line("records in", format!("{} ({}/s)", count(number("records_in")), rate("rows_in_per_second")));
    line("rows out", format!("{} ({}/s)", count(number("rows_out")), rate("rows_out_per_second")));
    line(
        "lag",
        job["lag_records"].as_u64().map_or("not known".to_owned(), |lag| format!("{} records", count(lag))),
    );
    line("watermark", ago(&job["watermark_lag_ms"]));
    line("late rows", count(number("late_rows")));
    line("dead letters", count(number("dead_letters")));
    line("epoch", format!("{}, committed at {}", number("epoch"), word("last_commit_at")));
    line("state", bytes(number("state_bytes")));
    line("memory", bytes(job["process"]["resident_bytes"].as_u64().unwrap_or(0)));
    for finding in findings.as_array().into_iter().flatten() {
        out.push_str(&format!("  ! {}\n", finding["text"].as_str().unwrap_or_default()));
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_see_what_matters() {
        let job = json!({
            "name": "shop", "state": "running", "ready": false, "not_ready_because": ["an epoch waits"],
            "uptime_ms": 240_000, "records_in": 12_345, "rows_in_per_second": 1_000.4, "watermark_lag_ms": 15_200,
            "epoch": 7, "last_commit_at": null, "state_bytes": 2_048,
        });
        let findings = json!([{ "node": 3, "code": "watermark", "text": "IntervalJoin waits" }]);
        let text = text(&job, &findings);
        for line in [
            "shop is running, not ready: an epoch waits\n",
            "  up            4 min\n",
            "  records in    12,345 (1,000/s)\n",
            "  lag           not known\n",
            "  watermark     15 s behind\n",
            "  state         2.0 KiB\n",
            "  ! IntervalJoin waits\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
