//! A bounded job that is run again over more data: what its first end did is not what event time did.

use std::path::Path;

use streamsql_tests::pipeline::{Pipeline, Run};

const SQL: &str = "CREATE TABLE l (k STRING, id STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) \
     WITH ('connector' = 'filesystem', 'path' = 'l', 'format' = 'json'); \
     CREATE TABLE r (k STRING, id STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) \
     WITH ('connector' = 'filesystem', 'path' = 'r', 'format' = 'json'); \
     SELECT l.id AS lid, r.id AS rid FROM l KIND JOIN r ON l.k = r.k \
     AND l.ts BETWEEN r.ts - INTERVAL '1' HOUR AND r.ts + INTERVAL '1' HOUR;";

/// Writes a file of rows: key, id, minute after ten.
fn write(folder: &Path, file: &str, rows: &[(&str, &str, u32)]) {
    let lines = rows.iter().map(|(k, id, minute)| {
        format!("{{\"k\": \"{k}\", \"id\": \"{id}\", \"ts\": \"2024-01-01 10:{minute:02}:00\"}}\n")
    });
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, lines.collect::<String>()).unwrap();
}

/// The result after each of two runs, the second with more files.
fn runs(kind: &str, parallelism: [usize; 2]) -> [Vec<String>; 2] {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "l/1", &[("a", "l1", 0), ("b", "l2", 5), ("c", "l3", 6)]);
    write(folder.path(), "r/1", &[("b", "r1", 3)]);
    let pipeline = Pipeline::of(&SQL.replace("KIND", kind), folder.path()).unwrap();
    let run = |parallelism| {
        assert!(pipeline.run(Run { parallelism, stop_after: None }).unwrap());
        let table = pipeline.table().unwrap();
        table.into_iter().map(|(row, count)| format!("{count} x {row}")).collect::<Vec<_>>()
    };
    let first = run(parallelism[0]);
    write(folder.path(), "l/2", &[("d", "l4", 7)]);
    write(folder.path(), "r/2", &[("a", "r2", 8), ("d", "r3", 9)]);
    [first, run(parallelism[1])]
}

#[test]
fn the_second_run_finds_its_matches() {
    for parallelism in [[1, 1], [2, 3]] {
        let [first, second] = runs("INNER", parallelism);
        assert_eq!(first, ["1 x l2  r1"]);
        assert_eq!(second, ["1 x l1  r2", "1 x l2  r1", "1 x l4  r3"]);
    }
}

#[test]
fn what_was_padded_at_the_first_end_is_not_padded_again() {
    for parallelism in [[1, 1], [2, 3]] {
        let [first, second] = runs("LEFT", parallelism);
        assert_eq!(first, ["1 x l1  NULL", "1 x l2  r1", "1 x l3  NULL"]);
        assert_eq!(second, ["1 x l1  NULL", "1 x l1  r2", "1 x l2  r1", "1 x l3  NULL", "1 x l4  r3"]);
    }
}
