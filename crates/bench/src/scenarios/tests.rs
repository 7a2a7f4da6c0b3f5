//! How long `streamsql test` takes for many tests of the reference job.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::measure;
use crate::report::Figure;
use crate::scenarios::{DEADLINE, Setup};

/// The reference job's own tests so many times over, which makes at least fifty.
const TIMES: usize = 4;

pub fn many(setup: &Setup) -> Vec<Figure> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut command = Command::new(&setup.binary);
    command.current_dir(root).args(["test", "sql"]).stdout(Stdio::null());
    for _ in 0..TIMES {
        command.args(["--tests", "tests/attribution.yaml"]);
    }
    let text = std::fs::read_to_string(root.join("tests/attribution.yaml")).expect("the job's tests");
    let tests = TIMES * text.lines().filter(|line| line.starts_with("  - name:")).count();
    let usage = measure::run(&mut command, DEADLINE);
    vec![
        Figure::new(format!("{tests} tests of the reference job"), usage.wall.as_secs_f64(), "s")
            .at_most(1.0)
            .note(format!("{:.2} s CPU, with the start of the program", usage.cpu.as_secs_f64())),
    ]
}
