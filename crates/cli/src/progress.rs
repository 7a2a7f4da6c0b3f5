//! The progress line of a running job: in place on a terminal, a log line every ten seconds otherwise.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use streamsql_runtime::{Clock, Metrics, MetricsSnapshot, SystemClock};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressForm {
    None,
    /// One line that is written over.
    InPlace,
    /// A log line now and then.
    Lines,
}

impl ProgressForm {
    /// In place on a terminal, unless log lines are forced.
    pub fn of(plain: bool) -> Self {
        if !plain && std::io::stderr().is_terminal() { Self::InPlace } else { Self::Lines }
    }
}

/// Prints progress until dropped.
pub struct Progress {
    done: Option<Sender<()>>,
    handle: Option<JoinHandle<()>>,
}

impl Progress {
    pub fn start(metrics: Arc<Metrics>, form: ProgressForm) -> Self {
        if form == ProgressForm::None {
            return Self { done: None, handle: None };
        }
        let in_place = form == ProgressForm::InPlace;
        let (done, stop) = channel();
        let handle = std::thread::Builder::new().name("progress".to_owned()).spawn(move || {
            let clock = SystemClock::default();
            let period = if in_place { Duration::from_secs(1) } else { Duration::from_secs(10) };
            let mut last = (clock.monotonic(), metrics.snapshot());
            while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(period) {
                let now = (clock.monotonic(), metrics.snapshot());
                let line = line(&last.1, &now.1, now.0 - last.0, clock.now_ms());
                if in_place {
                    let _ = write!(std::io::stderr(), "\r\x1b[2K{line}");
                    let _ = std::io::stderr().flush();
                } else if now.1.records_in != last.1.records_in || now.1.epoch != last.1.epoch {
                    tracing::info!("{line}");
                }
                last = now;
            }
            if in_place {
                let _ = writeln!(std::io::stderr());
            }
        });
        Self { done: Some(done), handle: handle.ok() }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done = None;
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

fn line(before: &MetricsSnapshot, now: &MetricsSnapshot, over: Duration, now_ms: i64) -> String {
    let seconds = over.as_secs_f64().max(0.001);
    let rate_in = (now.records_in - before.records_in) as f64 / seconds;
    let rate_out = (now.rows_out - before.rows_out) as f64 / seconds;
    let behind = match now.watermark_ms {
        Some(watermark) => format!("{} behind", duration(now_ms.saturating_sub(watermark))),
        None => "none".to_owned(),
    };
    let lag = now.lag_records.map_or_else(String::new, |lag| format!("lag {} | ", count(lag)));
    let mut line = format!(
        "in {} rows/s (total {}) | out {} rows/s (total {}) | {lag}watermark {behind} | epoch {} | commit {:.1} ms | state {}",
        count(rate_in as u64),
        count(now.records_in),
        count(rate_out as u64),
        count(now.rows_out),
        now.epoch,
        now.commit_us as f64 / 1_000.0,
        bytes(now.state_bytes),
    );
    if now.late_rows > 0 {
        line.push_str(&format!(" | late {}", count(now.late_rows)));
    }
    if now.dead_letters > 0 {
        line.push_str(&format!(" | dead letters {}", count(now.dead_letters)));
    }
    line
}

/// 12,345,678 with separators.
fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn bytes(n: u64) -> String {
    match n {
        0..1_024 => format!("{n} B"),
        1_024..1_048_576 => format!("{:.1} KiB", n as f64 / 1_024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", n as f64 / 1_048_576.0),
        _ => format!("{:.2} GiB", n as f64 / 1_073_741_824.0),
    }
}

fn duration(ms: i64) -> String {
    match ms / 1_000 {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s / 60),
        s if s < 172_800 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(duration(90_000), "90 s");
    }
}
