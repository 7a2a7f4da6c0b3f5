//! What time it is for the expressions of a running job, on whatever thread they are evaluated.

use std::collections::BTreeSet;

use streamsql_tests::binary::finish;
use streamsql_tests::job_folder::JobFolder;

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

/// Computed columns, a watermark, projections and conditions on both sides of an exchange.
const SQL: &str = "
CREATE TABLE t (k STRING, n INT, p AS PROCTIME(), c AS CURRENT_TIMESTAMP, d AS CURRENT_DATE,
    l AS CAST(LOCALTIMESTAMP AS TIMESTAMP(3)), WATERMARK FOR l AS l - INTERVAL '1' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE VIEW v AS SELECT k, n, p, c, d, l, NOW() AS w, UNIX_TIMESTAMP() AS u FROM t
  WHERE LOCALTIMESTAMP > TIMESTAMP '2000-01-01 00:00:00';
CREATE VIEW f AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY p DESC) AS r FROM v) WHERE r = 1;
CREATE TABLE o (k STRING, p STRING, c STRING, d STRING, l STRING, w STRING, u BIGINT, b STRING)
  WITH ('connector' = 'print');
INSERT INTO o SELECT k, CAST(p AS STRING), CAST(c AS STRING), CAST(d AS STRING), CAST(l AS STRING),
    CAST(w AS STRING), u, CAST(LOCALTIMESTAMP AS STRING) FROM f;
";

#[test]
fn no_thread_has_a_time_of_its_own() {
    for parallelism in ["1", "2", "3"] {
        let folder = JobFolder::new();
        folder.write("sql/streamsql.yaml", "job: { name: times, state: ./state }\n");
        folder.write("sql/job.sql", SQL);
        for file in 0..3 {
            let line = |n: usize| format!("{{\"k\":\"k{}\",\"n\":{n}}}\n", n % 40);
            folder.write(&format!("in/{file}.json"), &(0..200).map(line).collect::<String>());
        }
        let finished = finish(&mut folder.run(BINARY, &["--parallelism", parallelism]));
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let mut keys = BTreeSet::new();
        for line in finished.stdout.lines() {
            let (kind, row) = line.split_once('[').expect("a row");
            let row: Vec<&str> = row.trim_end_matches(']').split(", ").collect();
            let [key, times @ .., seconds, last] = row.as_slice() else { panic!("{kind}: {line}") };
            keys.insert((*key).to_owned());
            for time in times.iter().chain([last]) {
                assert!(*time > "2024" && *time < "3000", "at parallelism {parallelism}: {line}");
            }
            assert!(seconds.parse::<i64>().is_ok_and(|s| s > 1_700_000_000), "{line}");
        }
        assert_eq!(keys.len(), 40, "at parallelism {parallelism}");
    }
}
