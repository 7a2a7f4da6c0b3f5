//! `job.memory`: a job whose state needs more ends with its reason, and with a higher limit goes on to the whole result.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use streamsql_tests::binary;
use streamsql_tests::job_folder::JobFolder;

/// Rows; each key has two.
const ROWS: usize = 40_000;

fn configure(folder: &JobFolder, memory: &str) {
    folder.write("sql/streamsql.yaml", &format!("job: {{ name: counts, state: ./state{memory} }}\n"));
}

/// Applies what `print` wrote: `+I[key, 2]`.
fn apply(counts: &mut BTreeMap<String, i64>, printed: &str) {
    for line in printed.lines() {
        let (kind, row) = line.split_once('[').unwrap_or_else(|| panic!("a change is expected: {line}"));
        let (key, count) = row.trim_end_matches(']').split_once(", ").expect("two columns");
        match kind {
            "+I" | "+U" => counts.insert(key.to_owned(), count.parse().expect("a count")),
            _ => counts.remove(key),
        };
    }
}

#[test]
fn a_job_over_its_memory_ends_and_goes_on_with_more() {
    let folder = JobFolder::new();
    let mut records = String::new();
    for row in 0..ROWS {
        let _ = writeln!(records, r#"{{"k":"a key of some length {:06}"}}"#, row % (ROWS / 2));
    }
    let data = folder.write("data/records.json", &records);
    folder.write(
        "sql/job.sql",
        &format!(
            "CREATE TABLE t (k STRING) WITH ('connector' = 'filesystem', 'path' = '{}', 'format' = 'json');
             CREATE TABLE counts (k STRING, n BIGINT) WITH ('connector' = 'print');
             INSERT INTO counts SELECT k, COUNT(*) FROM t GROUP BY k;",
            data.display()
        ),
    );
    let binary = binary::path().display().to_string();
    let run = || binary::finish(&mut folder.run(&binary, &[]));
    let mut counts = BTreeMap::new();

    configure(&folder, ", memory: 200kb");
    let limited = run();
    assert_eq!(limited.code, Some(1), "{}", limited.stderr);
    for part in ["200.0 KiB of job.memory", "GroupAggregate [", "at address ", " rows, ", "job.sql:3:"] {
        assert!(limited.stderr.contains(part), "{part} is missing:\n{}", limited.stderr);
    }
    apply(&mut counts, &limited.stdout);
    assert!(counts.len() < ROWS / 2);

    // The same limit ends it again, at once or a little later.
    let limited = run();
    assert_eq!(limited.code, Some(1), "{}", limited.stderr);
    apply(&mut counts, &limited.stdout);

    configure(&folder, ", memory: 1gb");
    let finished = run();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    apply(&mut counts, &finished.stdout);
    assert_eq!(counts.len(), ROWS / 2);
    assert!(counts.values().all(|count| *count == 2));
}
