//! What the operating system says about this process.

use rustix::time::{ClockId, clock_gettime};

/// Figures of the process; those that the system does not tell are none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProcessFigures {
    pub cpu_seconds: f64,
    pub resident_bytes: Option<u64>,
    pub threads: Option<u64>,
    pub open_files: Option<u64>,
}

pub(crate) fn figures() -> ProcessFigures {
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_ascii_whitespace().next()?.parse::<u64>().ok()
    };
    ProcessFigures {
        cpu_seconds: cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9,
        resident_bytes: field("VmRSS:").map(|kib| kib * 1_024),
        threads: field("Threads:"),
        open_files: std::fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_memory_threads_and_files() {
        let figures = figures();
        assert!(figures.resident_bytes.unwrap() > 1 << 20);
        assert!(figures.threads.unwrap() >= 1 && figures.open_files.unwrap() >= 3);
    }
}
