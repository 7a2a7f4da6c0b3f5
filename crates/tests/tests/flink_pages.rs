//! The table of `docs/sql.md` of all pages of Flink's documentation is true: each of its cases was recorded as it says, each
//! of its statements is run, or refused.

use std::path::{Path, PathBuf};

use streamsql_tests::binary;
use tempfile::TempDir;

/// Pages of the SQL part of the documentation of Flink 1.18 for streaming, those on concepts that it builds upon, and those of
/// connectors and formats.
const PAGES: [&str; 64] = [
    "Getting Started",
    "Dynamic Tables",
    "Time Attributes",
    "Versioned Tables",
    "Temporal Table Function",
    "Time Zone",
    "Determinism",
    "Performance Tuning",
    "Data Types",
    "System (Built-in) Functions",
    "User-defined Functions",
    "Modules",
    "Catalogs",
    "Procedures, CALL",
    "Hive dialect",
    "Queries: Overview",
    "Queries: Hints",
    "Queries: WITH clause",
    "Queries: SELECT & WHERE",
    "Queries: SELECT DISTINCT",
    "Queries: Windowing TVFs",
    "Queries: Window Aggregation",
    "Queries: Group Aggregation",
    "Queries: Over Aggregation",
    "Queries: Joins",
    "Queries: Window Join",
    "Queries: Set Operations",
    "Queries: ORDER BY clause",
    "Queries: LIMIT clause",
    "Queries: Top-N",
    "Queries: Window Top-N",
    "Queries: Deduplication",
    "Queries: Window Deduplication",
    "Queries: Pattern Recognition",
    "Queries: Time Travel",
    "CREATE Statements",
    "DROP Statements",
    "ALTER Statements",
    "INSERT Statement",
    "ANALYZE TABLE",
    "DESCRIBE Statements",
    "TRUNCATE, UPDATE, DELETE",
    "EXPLAIN Statements",
    "USE Statements",
    "SHOW Statements",
    "LOAD, UNLOAD Statements",
    "SET, RESET Statements",
    "JAR Statements",
    "JOB Statements",
    "Connectors: Overview",
    "Connectors: Kafka",
    "Connectors: Upsert Kafka",
    "Connectors: JDBC",
    "Connectors: FileSystem",
    "Connectors: DataGen",
    "Connectors: Print",
    "Connectors: BlackHole",
    "Connectors: Elasticsearch, Opensearch, HBase, MongoDB, DynamoDB, Firehose, Kinesis, Hive",
    "Formats: Overview",
    "Formats: CSV",
    "Formats: JSON",
    "Formats: Raw",
    "Formats: Debezium, Canal, Maxwell, Ogg",
    "Formats: Avro, Confluent Avro, Protobuf, Parquet, Orc",
];

/// What the statements of the table are about.
const TABLES: &str = "
CREATE TABLE orders (id BIGINT, k STRING, price DECIMAL(10, 2), currency STRING, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE rates (currency STRING, rate DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts,
  PRIMARY KEY (currency) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'rates.json', 'format' = 'json');
CREATE TABLE customers (k STRING, city STRING, PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:1/d', 'table-name' = 'customers');
CREATE TABLE parts (id BIGINT, k STRING) PARTITIONED BY (k)
WITH ('connector' = 'filesystem', 'path' = 'parts', 'format' = 'json');
CREATE TABLE counted (id BIGINT, k STRING) WITH ('connector' = 'blackhole');
CREATE VIEW recent AS SELECT id, k FROM orders;
";
const ORDERS: &str = r#"{"id":1,"k":"a","price":1.5,"currency":"EUR","ts":"2026-01-01 00:00:01"}
{"id":2,"k":"b","price":2.5,"currency":"EUR","ts":"2026-01-01 00:00:02"}
"#;
const RATES: &str = r#"{"currency":"EUR","rate":1.1,"ts":"2026-01-01 00:00:00"}
"#;

struct Page {
    name: String,
    state: String,
    works: Vec<String>,
    refused: Vec<String>,
}

fn tests() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<Page> {
    let text = std::fs::read_to_string(tests().join("../../docs/sql.md")).unwrap();
    let head = "| page | state | shown to work by | shown to be refused by |";
    let (_, table) = text.split_once(head).expect("the table of pages");
    let lines = table.trim_start().lines().skip(1).take_while(|line| line.starts_with('|'));
    lines.map(page).collect()
}

fn page(line: &str) -> Page {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [name, state, works, refused] = cells[..] else { panic!("not four cells: {line}") };
    let proofs =
        |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    Page { name: name.to_owned(), state: state.to_owned(), works: proofs(works), refused: proofs(refused) }
}

#[test]
fn the_table_of_pages_is_complete_and_says_what_is_shown() {
    let pages = pages();
    let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    assert_eq!(names, PAGES);
    for Page { name, state, works, refused } in &pages {
        let wanted = match (works.is_empty(), refused.is_empty()) {
            (false, true) => "works",
            (false, false) => "partly:",
            (true, false) => "refused",
            (true, true) => panic!("{name}: nothing is shown"),
        };
        assert!(state.starts_with(wanted), "{name}: '{state}', but it is shown that it '{wanted}'");
    }
}

/// `corpus.rs` runs the cases; here it only counts what they show.
#[test]
fn cases_of_the_table_show_what_it_says() {
    for page in pages() {
        for (cases, works) in [(page.works, true), (page.refused, false)] {
            for case in cases.iter().filter(|case| !case.ends_with(';')) {
                let folder = tests().join("corpus").join(case);
                let read = |file: &str| std::fs::read_to_string(folder.join(file));
                let recorded = read("expected.jsonl").or_else(|_| read("flink.jsonl"));
                let recorded = recorded.unwrap_or_else(|e| panic!("{}: {case}: {e}", page.name));
                let is_error = recorded.starts_with("{\"error\"");
                assert_eq!(!is_error, works, "{}: {case}", page.name);
            }
        }
    }
}

#[test]
fn statements_of_the_table_are_run_or_refused() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("orders.json"), ORDERS).unwrap();
    std::fs::write(folder.path().join("rates.json"), RATES).unwrap();
    let mut failures = Vec::new();
    for page in pages() {
        for (statements, works) in [(page.works, true), (page.refused, false)] {
            for statement in statements.iter().filter(|statement| statement.ends_with(';')) {
                if let Err(what) = check(folder.path(), statement, works) {
                    failures.push(format!("{}: {statement}\n{what}", page.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn check(folder: &Path, statement: &str, works: bool) -> Result<(), String> {
    std::fs::write(folder.join("statement.sql"), format!("{TABLES}{statement}\n")).unwrap();
    let finished = binary::run(folder, &["query", "statement.sql"]);
    let place = format!("statement.sql:{}", TABLES.lines().count() + 1);
    match finished.code {
        Some(0) if works => Ok(()),
        // The tables are fine: it is the statement that is refused.
        Some(3) if !works && finished.stderr.contains(&place) => Ok(()),
        code => Err(format!("exit code {code:?}: {}", finished.stderr)),
    }
}
