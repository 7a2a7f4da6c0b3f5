//! A query with a column less goes on with the rows that a wider one has kept: what it then says is what it had said, had
//! it always been there.
//!
//! Two jobs over the same topics: one runs the narrow queries from the beginning, one the wide queries first. Both are
//! stopped in the middle and go on at another parallelism. Their tables must hold the same rows.

use serde_json::Value;
use streamsql_tests::binary;
use streamsql_tests::job_folder::{JDBC, JobFolder};
use streamsql_tests::served::Served;
use streamsql_tests::services::kafka::{Kafka, Record};
use streamsql_tests::services::postgres::Postgres;

/// Tables by name, with the columns that are compared, and the key of those that are updated.
const TABLES: [(&str, &str, &str); 7] = [
    ("pairs", "lid BIGINT, rid BIGINT", ""),
    ("padded", "lid BIGINT, k STRING, rn BIGINT", "lid, k, rn"),
    ("nearby", "lid BIGINT, rid BIGINT", ""),
    ("versions", "lid BIGINT, rn BIGINT", ""),
    ("latest", "k STRING, id BIGINT, n BIGINT", "k"),
    ("best", "k STRING, id BIGINT, n BIGINT", "k, id"),
    ("counts", "k STRING, pairs BIGINT", "k"),
];

/// Queries whose `x` is a column that the narrow ones do without, or a text in its place.
fn queries(x: &str, y: &str) -> Vec<(&'static str, String)> {
    let column = |of: &str| if of.is_empty() { String::new() } else { format!(", {of} AS extra") };
    let (lx, rx, both) = (column(x), column(y), column(if x.is_empty() { "" } else { "CONCAT(l.x, r.y)" }));
    let plain = column(if x.is_empty() { "" } else { "x" });
    vec![
        // Rows that differ in x alone are two for the wide join and one, twice, for the narrow one.
        ("pairs", format!("SELECT l.id, r.id{both} FROM l JOIN r ON l.k = r.k")),
        // Left rows with their times and the number of their matches, and the materializer before a key that the join does
        // not have. The key is the whole row: what is there does not depend on the order of arrival.
        ("padded", format!("SELECT l.id, l.k, COALESCE(r.n, -1){lx} FROM l LEFT JOIN r ON l.k = r.k AND l.n < r.n")),
        (
            "nearby",
            format!(
                "SELECT l.id, r.id{both} FROM l LEFT JOIN r ON l.k = r.k
                   AND l.ts BETWEEN r.ts - INTERVAL '20' SECOND AND r.ts + INTERVAL '20' SECOND"
            ),
        ),
        (
            "versions",
            format!(
                "SELECT l.id, v.n{} FROM l LEFT JOIN versions_of_r FOR SYSTEM_TIME AS OF l.ts AS v ON l.k = v.k",
                rx.replace("r.y", "v.y")
            ),
        ),
        (
            "latest",
            format!(
                "SELECT k, id, n{plain} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS o FROM l)
                 WHERE o = 1"
            ),
        ),
        (
            "best",
            format!(
                "SELECT k, id, n{plain} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC, id) AS o FROM l)
                 WHERE o <= 3"
            ),
        ),
        ("counts", "SELECT l.k, COUNT(*) FROM l JOIN r ON l.k = r.k WHERE l.n < r.n + 50 GROUP BY l.k".to_owned()),
    ]
}

fn sql(kafka: &Kafka, topics: [&str; 2], is_wide: bool, is_bounded: bool) -> String {
    let bounded = if is_bounded { ", 'scan.bounded.mode' = 'latest-offset'" } else { "" };
    let source = |name: &str, text: &str, topic: &str| {
        format!(
            "CREATE TABLE {name} (k STRING, id BIGINT, {text} STRING, n BIGINT, ts TIMESTAMP(3),
               WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'format' = 'json',
               'topic' = '{topic}', 'properties.bootstrap.servers' = '{}',
               'scan.startup.mode' = 'earliest-offset'{bounded});",
            kafka.bootstrap()
        )
    };
    let mut sql = source("l", "x", topics[0]) + &source("r", "y", topics[1]);
    sql.push_str(
        "CREATE VIEW versions_of_r AS SELECT k, n, y, ts FROM
           (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS o FROM r) WHERE o = 1;",
    );
    let queries = if is_wide { queries("l.x", "r.y") } else { queries("", "") };
    for ((name, columns, key), (_, query)) in TABLES.iter().zip(queries) {
        let extra = if query.contains("extra") { ", extra STRING" } else { "" };
        let key = if key.is_empty() { String::new() } else { format!(", PRIMARY KEY ({key}) NOT ENFORCED") };
        sql.push_str(&format!(
            "CREATE TABLE {name} ({columns}{extra}{key}) WITH ({JDBC}, 'table-name' = '{name}');
             INSERT INTO {name} {query};"
        ));
    }
    sql
}

/// Rows of a part of the input, those of `l` and of `r`; none is late.
fn rows(part: i64) -> [Vec<String>; 2] {
    let row = |text: &str, id: i64| {
        // Rows of a key are two and two equal in all but x and their time.
        let (key, ten) = (id * 7 % 5, id / 10);
        let (n, x) = ((ten * 37 + key * 11) % 101, id % 3);
        format!(
            "{{\"k\": \"k{key}\", \"id\": {}, \"{text}\": \"{text}{x}\", \"n\": {n}, \"ts\": \"2026-01-01 10:{:02}:{:02}\"}}",
            ten,
            id / 60,
            id % 60
        )
    };
    ["x", "y"].map(|text| (part * 60..part * 60 + 60).map(|id| row(text, id)).collect())
}

/// A job with a database of its own.
struct Job<'a> {
    server: &'a Postgres,
    database: String,
    folder: Option<JobFolder>,
}

impl<'a> Job<'a> {
    fn new(server: &'a Postgres) -> Self {
        let database = server.create_database("narrowed");
        for (name, columns, key) in TABLES {
            let columns = columns.replace("STRING", "text");
            let key = if key.is_empty() { String::new() } else { format!(", PRIMARY KEY ({key})") };
            server.execute(&database, &format!("CREATE TABLE {name} ({columns}, extra text{key})"));
        }
        let folder = Some(JobFolder::over(server, &database));
        Self { server, database, folder }
    }

    fn folder(&self) -> &JobFolder {
        self.folder.as_ref().unwrap()
    }

    /// Runs it until it has read so many records, and stops it.
    fn run_until(&mut self, records: u64, arguments: &[&str]) {
        let environment = [("PW", self.server.password())];
        let folder = self.folder.take().unwrap();
        let served = Served::in_folder(folder, arguments, &environment);
        served.wait("/api/v1/job", "/records_in", |read| read.as_u64() >= Some(records));
        served.client().post("/api/v1/stop").expect("it takes the request");
        self.folder = Some(served.ended());
    }

    /// Runs it to its end.
    fn run(&self, arguments: &[&str]) {
        let mut all = vec!["--no-http"];
        all.extend(arguments);
        let finished = self.folder().run_to_end(binary::path().to_str().unwrap(), self.server, &all);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    }

    fn diff(&self, arguments: &[&str]) -> binary::Finished {
        let mut command = std::process::Command::new(binary::path());
        command.current_dir(self.folder().path()).args(["diff", "sql"]).args(arguments);
        binary::finish(command.env("PW", self.server.password()))
    }

    /// Rows of a table in the columns that are compared.
    fn table(&self, name: &str, columns: &str) -> Vec<Vec<Option<String>>> {
        let names: Vec<&str> = columns.split(", ").filter_map(|column| column.split(' ').next()).collect();
        let order: Vec<String> = (1..=names.len()).map(|place| place.to_string()).collect();
        let names = names.join(", ");
        self.server
            .query(&self.database, &format!("SELECT {names} FROM {name} ORDER BY {}", order.join(", ")))
    }
}

#[test]
fn a_narrower_query_goes_on_with_the_rows_of_a_wider_one() {
    let (kafka, server) = (Kafka::shared(), Postgres::shared());
    let topics = ["left", "right"].map(|name| kafka.create_topic(name, 1));
    let names = [topics[0].as_str(), topics[1].as_str()];
    let produce = |part: i64| {
        for (topic, rows) in names.into_iter().zip(rows(part)) {
            // In the order of their times: what a version is depends on the order of arrival.
            let records = rows.iter().map(|row| Record::value(row));
            kafka.produce(topic, records);
        }
    };
    produce(0);
    let (mut changed, mut narrow) = (Job::new(&server), Job::new(&server));
    for (job, is_wide) in [(&mut changed, true), (&mut narrow, false)] {
        job.folder().write("sql/job.sql", &sql(&kafka, names, is_wide, false));
        job.run_until(120, &["--parallelism", "2"]);
    }
    // The narrow queries, and the input goes on.
    changed.folder().write("sql/job.sql", &sql(&kafka, names, false, false));
    let shown = changed.diff(&["--format", "json"]);
    assert_eq!(shown.code, Some(0), "{}{}", changed.diff(&[]).stdout, shown.stderr);
    let document: Value = serde_json::from_str(&shown.stdout).unwrap();
    let mut kept: Vec<String> = document["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            let rows = node["rows"].as_str().unwrap_or("as they were");
            format!("{} {} {rows}", node["action"].as_str().unwrap(), node["kind"].as_str().unwrap())
        })
        .collect();
    kept.sort();
    assert_eq!(
        kept,
        [
            "kept Deduplicate narrowed",
            "kept Deduplicate narrowed",
            "kept GroupAggregate as they were",
            "kept IntervalJoin narrowed",
            "kept Join as they were",
            "kept Join narrowed",
            "kept Join narrowed",
            "kept Rank narrowed",
            "kept SinkMaterializer narrowed",
            "kept SinkMaterializer narrowed",
            "kept TemporalJoin narrowed",
        ]
    );
    let text = changed.diff(&[]).stdout;
    assert!(text.contains("kept (rows narrowed)"), "{text}");
    produce(1);
    for job in [&mut changed, &mut narrow] {
        job.run_until(60, &["--parallelism", "3"]);
    }
    // What the first epoch of the narrow rows has written is read again; then to the end.
    produce(2);
    for job in [&changed, &narrow] {
        job.folder().write("sql/job.sql", &sql(&kafka, names, false, true));
        assert!(!job.diff(&[]).stdout.contains("narrowed"));
        job.run(&[]);
    }
    for (name, columns, _) in TABLES {
        let (of_changed, of_narrow) = (changed.table(name, columns), narrow.table(name, columns));
        assert!(of_narrow.len() > 4, "{name} has {} rows", of_narrow.len());
        assert_eq!(of_changed, of_narrow, "{name}");
    }
    // What was kept with a column less does not have it any more.
    changed.folder().write("sql/job.sql", &sql(&kafka, names, true, true));
    let back = changed.diff(&[]);
    assert_eq!(back.code, Some(6), "{}", back.stdout);
    assert!(back.stdout.contains("rebuilt  ") && !back.stdout.contains("narrowed"), "{}", back.stdout);
}

#[test]
fn the_reference_job_keeps_its_state_with_columns_less_through_lookups_and_joins() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = JobFolder::new();
    let copy = |without: &[&str], name: &str| {
        for part in ["streamsql.yaml", "process", "sink", "source"] {
            let path = root.join("sql").join(part);
            let files: Vec<_> = match path.is_dir() {
                true => std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect(),
                false => vec![path],
            };
            for file in files {
                let text = std::fs::read_to_string(&file).unwrap();
                let is_left_out = |line: &&str| {
                    ["process", "sink"].contains(&part) && without.iter().any(|column| line.contains(column))
                };
                let text: Vec<&str> = text.lines().filter(|line| !is_left_out(line)).collect();
                let below = file.strip_prefix(root.join("sql")).unwrap().display().to_string();
                folder.write(&format!("{name}/{below}"), &text.join("\n"));
            }
        }
    };
    copy(&[], "old");
    // Of the checkouts, of a table that is looked up, and of the clicks.
    copy(&["payment_method", "gender", "source"], "new");
    let mut command = std::process::Command::new(binary::path());
    command.current_dir(folder.path()).args(["diff", "old", "new"]).env("PG_PASSWORD", "x");
    let finished = binary::finish(&mut command);
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
    for kind in ["IntervalJoin", "Deduplicate", "SinkMaterializer"] {
        let line = finished.stdout.lines().find(|line| line.contains(&format!(" {kind}(")));
        assert!(line.is_some_and(|line| line.contains("kept (rows narrowed)")), "{}", finished.stdout);
    }
}
