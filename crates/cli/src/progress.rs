//! The progress line of a running job: in place on a terminal, a log line every ten seconds otherwise.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use streamsql_core::units::size_text;
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

/// Whether the progress line stands on the terminal, without a line end.
static LINE_STANDS: AtomicBool = AtomicBool::new(false);
const CLEAR: &[u8] = b"\r\x1b[2K";

/// Stderr for log lines: the progress line gives way to them and comes back with its next second.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogStream;

impl Write for LogStream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut out = std::io::stderr().lock();
        if LINE_STANDS.swap(false, Ordering::Relaxed) {
            out.write_all(CLEAR)?;
        }
        out.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// Writes the line over the one that stands there, no wider than the terminal: a wrapped line could not be cleared.
fn show(line: &str) {
    let width =
        terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| usize::from(width.0));
    let shown: String = line.chars().take(width.saturating_sub(1)).collect();
    let mut out = std::io::stderr().lock();
    LINE_STANDS.store(true, Ordering::Relaxed);
    // A terminal that is gone is no reason to stop the job.
    let _ = out.write_all(CLEAR).and_then(|()| out.write_all(shown.as_bytes())).and_then(|()| out.flush());
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
                    show(&line);
                } else if now.1.records_in != last.1.records_in || now.1.epoch != last.1.epoch {
                    tracing::info!("{line}");
                    tell_nodes(&metrics);
                }
                last = now;
            }
            if LINE_STANDS.swap(false, Ordering::Relaxed) {
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

/// What each node does, for those who want to know more.
fn tell_nodes(metrics: &Metrics) {
    for node in metrics.nodes() {
        tracing::debug!(
            node = node.node,
            rows_in = node.rows_in,
            bytes_in = node.bytes_in,
            rows_out = node.rows_out,
            bytes_out = node.bytes_out,
            busy_ms = node.busy.as_millis() as u64,
            blocked_ms = node.blocked.as_millis() as u64,
            watermark_ms = node.watermark_ms,
            late_rows = node.late_rows,
            state_bytes = node.state_bytes,
            "{}",
            node.name
        );
    }
    let times = metrics.times();
    tracing::debug!(
        busy_ms = times.busy.as_millis() as u64,
        blocked_ms = times.blocked.as_millis() as u64,
        idle_ms = times.idle.as_millis() as u64,
        "shards"
    );
}

fn line(before: &MetricsSnapshot, now: &MetricsSnapshot, over: Duration, now_ms: i64) -> String {
    let seconds = over.as_secs_f64().max(0.001);
    let rate_in = (now.records_in - before.records_in) as f64 / seconds;
    let rate_out = (now.rows_out - before.rows_out) as f64 / seconds;
    let behind = match now.watermark_ms {
        Some(watermark) => format!("{} behind", duration(now_ms.saturating_sub(watermark))),
        None => "none".to_owned(),
    };
    // What matters most first: a narrow terminal cuts the end off.
    let mut line = format!("in {}/s | out {}/s", count(rate_in as u64), count(rate_out as u64));
    if let Some(lag) = now.lag_records {
        line.push_str(&format!(" | lag {}", count(lag)));
    }
    line.push_str(&format!(
        " | watermark {behind} | commit {:.1} ms | state {}",
        now.commit_us as f64 / 1_000.0,
        size_text(now.state_bytes)
    ));
    if now.late_rows > 0 {
        line.push_str(&format!(" | late {}", count(now.late_rows)));
    }
    if now.dead_letters > 0 {
        line.push_str(&format!(" | dead letters {}", count(now.dead_letters)));
    }
    line.push_str(&format!(
        " | total {} in, {} out | epoch {}",
        count(now.records_in),
        count(now.rows_out),
        now.epoch
    ));
    line
}

/// 12,345,678 with separators.
pub fn count(n: u64) -> String {
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

/// 4 min.
pub fn duration(ms: i64) -> String {
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
    fn the_line_says_the_most_important_first() {
        let metrics = Metrics::default();
        let before = metrics.snapshot();
        metrics.records_in.fetch_add(20_000, Ordering::Relaxed);
        metrics.rows_out.fetch_add(1_000, Ordering::Relaxed);
        metrics.watermark_ms.store(1_000, Ordering::Relaxed);
        metrics.commit_us.store(12_345, Ordering::Relaxed);
        metrics.state_bytes.store(2_048, Ordering::Relaxed);
        let text = |now: &MetricsSnapshot| line(&before, now, Duration::from_secs(10), 16_000);
        let whole = "in 2,000/s | out 100/s | watermark 15 s behind | commit 12.3 ms | state 2.0 KiB \
                     | total 20,000 in, 1,000 out | epoch 0";
        assert_eq!(text(&metrics.snapshot()), whole);
        metrics.lag_changed(0, 7);
        metrics.lag_changed(7, 5);
        assert!(text(&metrics.snapshot()).starts_with("in 2,000/s | out 100/s | lag 5 | watermark"));
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(size_text(1_536), "1.5 KiB");
        assert_eq!(duration(90_000), "90 s");
    }
}
