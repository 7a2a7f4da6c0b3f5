//! `streamsql demo` as a newcomer runs it: rows appear, it ends as asked, and nothing is left behind however it ends.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use streamsql_tests::patience::wait_until;
use streamsql_tests::{binary, process};
use tempfile::TempDir;

/// Far above the seconds that it takes; the machine may be busy.
const HEADER: &str = "checkout";

/// Where the demo makes its folder. The database's user has to pass through.
fn temporary() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn demo(temporary: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary::path());
    // A folder without a job: the one that the binary carries is used.
    command.arg("demo").args(arguments).env("TMPDIR", temporary).current_dir(temporary);
    command
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

/// The server's port, from the hint on stderr.
fn port(stderr: &str) -> u16 {
    let hint = stderr.lines().find(|line| line.contains("psql postgresql://grafana:grafana@127.0.0.1:"));
    let hint = hint.unwrap_or_else(|| panic!("no psql line in\n{stderr}"));
    hint.split("127.0.0.1:").nth(1).unwrap().split('/').next().unwrap().parse().unwrap()
}

#[test]
fn shows_rows_and_ends_with_nothing_left() {
    let folder = temporary();
    let finished = binary::finish(&mut demo(folder.path(), &["--rows", "5", "--rate", "50"]));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(lines.len(), 6, "a header and five rows:\n{}", finished.stdout);
    assert!(lines[0].starts_with(HEADER));
    for row in &lines[1..] {
        assert!(row.contains("Success") || row.contains("Failed"), "{row}");
        assert!(row.starts_with("20"), "{row}");
    }
    let page = finished.stderr.find("page        http://127.0.0.1:").expect("the page's address");
    assert!(
        page < finished.stderr.find("Kafka       ").unwrap(),
        "the page comes first:\n{}",
        finished.stderr
    );
    let port = port(&finished.stderr);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "PostgreSQL still listens");
    assert!(is_empty(folder.path()));
}

#[test]
fn ends_after_its_duration() {
    let folder = temporary();
    let job = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/failed-payments");
    let job = job.canonicalize().unwrap();
    let arguments = [job.to_str().unwrap(), "--duration", "15s", "--rate", "50", "-q"];
    let finished = binary::finish(&mut demo(folder.path(), &arguments));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.lines().count() > 0);
    assert!(finished.stdout.lines().all(|line| line.starts_with("alert> +I[")), "{}", finished.stdout);
    assert_eq!(finished.stderr, "", "quiet");
    assert!(is_empty(folder.path()));
}

/// A demo that has shown its first row.
struct Running {
    child: Child,
    _stdout: BufReader<ChildStdout>,
}

fn running(folder: &Path) -> Running {
    let mut command = demo(folder, &["--rate", "50"]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut lines = String::new();
    for _ in 0..2 {
        assert!(stdout.read_line(&mut lines).unwrap() > 0, "ended before its first row");
    }
    assert!(lines.starts_with(HEADER), "{lines}");
    Running { child, _stdout: stdout }
}

#[test]
fn an_interrupt_ends_it_in_order() {
    let folder = temporary();
    let mut running = running(folder.path());
    process::signal(running.child.id(), libc::SIGINT);
    let status = binary::wait(&mut running.child).expect("ends");
    assert_eq!(status.code(), Some(0));
    assert!(is_empty(folder.path()));
}

#[test]
fn even_a_kill_leaves_nothing() {
    let folder = temporary();
    let mut running = running(folder.path());
    let pid_file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let pid_file = std::fs::read_to_string(pid_file.join("postgres/data/postmaster.pid")).unwrap();
    let server = format!("/proc/{}/stat", pid_file.lines().next().unwrap());
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    // A zombie that nobody has asked for yet runs no more.
    let runs = || std::fs::read_to_string(&server).is_ok_and(|stat| !stat.contains(") Z "));
    assert!(wait_until(|| is_empty(folder.path()) && !runs()), "the folder or the server is still there");
}
