//! Processes of tests: signals by process id, and who we are.

use std::process::Command;

/// Sends a signal to one process.
pub fn signal(pid: u32, signal: i32) {
    // `kill` of coreutils rather than libc's: no unsafe code in this crate.
    let _ = Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status();
}

/// Lets this process, and those that it starts from now on, open so many files.
///
/// # Panics
/// Where the system does not let us have as many.
pub fn may_open(files: u64) {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("the limits of this process");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit of files");
    let mut numbers = line.split_whitespace().filter_map(|word| match word {
        "unlimited" => Some(u64::MAX),
        word => word.parse::<u64>().ok(),
    });
    let (soft, hard) = (numbers.next().expect("a soft limit"), numbers.next().expect("a hard limit"));
    if soft >= files {
        return;
    }
    assert!(hard >= files, "{hard} files are the most that a process may open here, {files} are needed");
    let own = std::process::id().to_string();
    // The command rather than libc's call: no unsafe code in this crate.
    let raised = Command::new("prlimit")
        .args(["--pid", &own, &format!("--nofile={files}:")])
        .status()
        .expect("prlimit");
    assert!(raised.success(), "the limit of open files cannot be raised to {files}");
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}
