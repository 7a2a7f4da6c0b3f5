//! The Kafka source against a real broker, through the binary: start modes, bounds, positions, metadata, keys, faults.

use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::services::kafka::{Kafka, Record};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

/// A job that prints `select` over a table `t` with these columns and options.
struct PrintJob {
    folder: JobFolder,
}

impl PrintJob {
    fn new(kafka: &Kafka, columns: &str, options: &[(&str, &str)], select: &str, out: &str) -> Self {
        let folder = JobFolder::new();
        let mut with: Vec<(String, String)> = vec![
            ("connector".into(), "kafka".into()),
            ("properties.bootstrap.servers".into(), kafka.bootstrap()),
            ("properties.group.id".into(), "g".into()),
        ];
        for (key, value) in options {
            with.retain(|(known, _)| known != key);
            with.push(((*key).to_owned(), (*value).to_owned()));
        }
        let with: Vec<String> = with.iter().map(|(key, value)| format!("'{key}' = '{value}'")).collect();
        folder.write("sql/streamsql.yaml", "job: { name: print, state: ./state }\n");
        folder.write(
            "sql/job.sql",
            &format!(
                "CREATE TABLE t ({columns}) WITH ({});
                 CREATE TABLE p ({out}) WITH ('connector' = 'print');
                 INSERT INTO p {select};",
                with.join(", ")
            ),
        );
        Self { folder }
    }

    /// Runs a bounded job to its end; its rows, sorted.
    fn rows(&self) -> Vec<String> {
        let output = self.folder.run(BINARY, &["-v"]).output().expect("the binary");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "exit {:?}\n{stderr}", output.status.code());
        let mut rows: Vec<String> =
            String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
        rows.sort();
        rows
    }
}

#[test]
fn a_topic_is_printed_from_all_its_partitions() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("simple", 2);
    kafka.produce(
        &topic,
        [
            Record::value(r#"{"id":1,"at":"2026-01-01 00:00:01.000"}"#),
            Record::value(r#"{"id":2,"at":"2026-01-01 00:00:02.000"}"#).partition(1),
            Record::value(r#"{"at":"2026-01-01 00:00:03.000","x":[1,{"y":null}],"id":3}"#).partition(1),
        ],
    );
    let job = PrintJob::new(
        &kafka,
        "id INT, `at` TIMESTAMP(3), WATERMARK FOR `at` AS `at` - INTERVAL '15' SECOND",
        &[
            ("topic", &topic),
            ("format", "json"),
            ("scan.startup.mode", "earliest-offset"),
            ("scan.bounded.mode", "latest-offset"),
        ],
        "SELECT id, `at` FROM t",
        "id INT, `at` TIMESTAMP(3)",
    );
    assert_eq!(
        job.rows(),
        ["+I[1, 2026-01-01T00:00:01]", "+I[2, 2026-01-01T00:00:02]", "+I[3, 2026-01-01T00:00:03]"]
    );
}
