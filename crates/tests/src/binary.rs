//! The built `streamsql` binary, run as a user runs it, and killed where it hangs.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use crate::patience;

/// Where the test executables' own build put the binary: `target/debug/streamsql`.
///
/// # Panics
/// When it is not there: `cargo build -p streamsql-cli` makes it, `scripts/test` does that first.
pub fn path() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let binary = test
        .ancestors()
        .find(|folder| folder.ends_with("deps"))
        .and_then(Path::parent)
        .map(|profile| profile.join("streamsql"))
        .expect("tests run from target/PROFILE/deps");
    assert!(binary.exists(), "{} is missing: run `cargo build -p streamsql-cli`", binary.display());
    binary
}

/// How a run of the binary ended.
#[derive(Debug)]
pub struct Finished {
    /// Exit code; `None` when a signal ended it, or we did because it hung.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    pub fn panicked(&self) -> bool {
        self.stderr.contains("panicked at") || self.code.is_none()
    }
}

/// Runs the binary to its end in `folder`.
pub fn run(folder: &Path, arguments: &[&str]) -> Finished {
    let mut command = Command::new(path());
    command.current_dir(folder).args(arguments);
    finish(&mut command)
}

/// Runs any command to its end and keeps what it wrote.
pub fn finish(command: &mut Command) -> Finished {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let status = wait(&mut child);
    let text = |reader: JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().expect("the reader thread ends")).into_owned()
    };
    Finished { code: status.and_then(|s| s.code()), stdout: text(stdout), stderr: text(stderr) }
}

/// Waits for a child's end; one that hangs is killed, and there is no status.
pub fn wait(child: &mut Child) -> Option<ExitStatus> {
    let mut status = None;
    patience::wait_until(|| {
        status = child.try_wait().expect("a child can be asked for its status");
        status.is_some()
    });
    if status.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    status
}

fn drain(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}
