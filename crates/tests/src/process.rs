//! Processes of tests: signals by process id, and who we are.

use std::process::Command;

/// Sends a signal to one process.
pub fn signal(pid: u32, signal: i32) {
    // `kill` of coreutils rather than libc's: no unsafe code in this crate.
    let _ = Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status();
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}
