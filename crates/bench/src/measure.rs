//! What a process used: CPU time and memory, read from `/proc` while it runs and before its remains are collected.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How a measured process ran.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time of all its threads.
    pub cpu: Duration,
    pub wall: Duration,
    /// Largest resident set, bytes.
    pub peak_rss: u64,
}

/// Clock ticks a second of `/proc/PID/stat`: 100 on every Linux that we know (`getconf CLK_TCK`).
const TICKS: u64 = 100;

/// Runs a command to its end.
///
/// # Panics
/// When it fails or takes longer than `deadline`: a benchmark of something broken has no figure.
pub fn run(command: &mut Command, deadline: Duration) -> Usage {
    let mut process = Process::start(command);
    let usage = process.finish(deadline);
    assert!(process.succeeded(), "the measured command failed: {command:?}");
    usage
}

/// A process that is being measured; killed when dropped.
pub struct Process {
    child: Child,
    started: Instant,
    peak_rss: u64,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).spawn().expect("the command starts");
        Self { child, started: Instant::now(), peak_rss: 0 }
    }

    /// What it used so far.
    pub fn usage(&mut self) -> Usage {
        let pid = self.child.id();
        self.peak_rss = self.peak_rss.max(status_bytes(pid, "VmHWM:").unwrap_or(0));
        Usage { cpu: cpu_time(pid), wall: self.started.elapsed(), peak_rss: self.peak_rss }
    }

    /// Resident bytes now.
    pub fn rss(&self) -> u64 {
        status_bytes(self.child.id(), "VmRSS:").unwrap_or(0)
    }

    /// Waits for the end; what it used is read while it is a zombie, which still shows it.
    pub fn finish(&mut self, deadline: Duration) -> Usage {
        loop {
            let usage = self.usage();
            if state(self.child.id()) == Some('Z') {
                return usage;
            }
            assert!(usage.wall < deadline, "the measured command did not end within {deadline:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn succeeded(&mut self) -> bool {
        self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The fields of `/proc/PID/stat` after the command's name, which may hold spaces.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn state(pid: u32) -> Option<char> {
    stat(pid)?.first()?.chars().next()
}

fn cpu_time(pid: u32) -> Duration {
    let fields = stat(pid).unwrap_or_default();
    // utime and stime are the 14th and 15th field of the file, the 12th and 13th after the name.
    let ticks: u64 = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1_000 / TICKS)
}

fn status_bytes(pid: u32, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1_024)
}

/// Microseconds of CPU an event.
pub fn micros_per(usage: Usage, events: u64) -> f64 {
    usage.cpu.as_secs_f64() * 1e6 / events.max(1) as f64
}
