//! Every pair of a PostgreSQL type and a Flink type, read, looked for and written, against what Flink's JDBC connector
//! 3.2 with pgjdbc 42.7 did with it (`goldens/postgres_types/flink.jsonl`), and the page of the docs that says so.
//!
//! A pair is a line of the recording where Flink gave a value; it failed for all others. `REWRITE_GOLDENS=1` writes the page.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, RecordBatch, StringArray, Time32MillisecondArray,
};
use serde_json::Value;
use streamsql_connectors::postgres::{Fit, PostgresLookup, fits};
use streamsql_core::{Column, LogicalType, Lookup, Schema};
use streamsql_tests::java_text::shown;
use streamsql_tests::job_folder::{JDBC, JobFolder};
use streamsql_tests::services::postgres::{Postgres, USER};

const BINARY: &str = env!("CARGO_BIN_EXE_streamsql-faults");

/// What both sides need before the types exist.
const SETUP: &str =
    "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN small AS integer CHECK (VALUE < 1000);
    CREATE TYPE pair AS (x integer, y text)";

/// What is read though Flink fails: values that people rightly expect.
const READ_BEYOND: &[(&str, &str)] = &[
    ("uuid", "text"),
    ("json", "text"),
    ("jsonb", "text"),
    ("xml", "text"),
    ("inet", "text"),
    ("cidr", "text"),
    ("macaddr", "text"),
    ("bytea", "BINARY(4)"),
    ("smallint[]", "ARRAY<TINYINT>"),
    ("smallint[]", "ARRAY<INT>"),
    ("uuid[]", "ARRAY<STRING>"),
];

const KEY_BEYOND: &[(&str, &str)] = &[("uuid", "text"), ("mood", "text"), ("bytea", "BINARY(4)")];

/// Written through the database's own casts, which Flink's driver does not ask for.
const WRITTEN_BEYOND: &[(&str, &str)] = &[
    ("uuid", "text"),
    ("json", "text"),
    ("jsonb", "text"),
    ("interval", "TIME(0)"),
    ("bytea", "BINARY(4)"),
    ("text", "BINARY(4)"),
    ("varchar(10)", "BINARY(4)"),
    ("char(5)", "BINARY(4)"),
    ("name", "BINARY(4)"),
];

struct Recording {
    /// PostgreSQL types, each with its value.
    types: Vec<(String, String)>,
    special: Vec<(String, String)>,
    flink: Vec<(String, LogicalType)>,
    /// (operation, PostgreSQL type, value, Flink type) → what Flink gave.
    values: BTreeMap<(String, String, String, String), Option<String>>,
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/postgres_types/flink.jsonl")
}

fn recording() -> Recording {
    let mut recording =
        Recording { types: Vec::new(), special: Vec::new(), flink: Vec::new(), values: BTreeMap::new() };
    for line in std::fs::read_to_string(golden()).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let get = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        match line["op"].as_str().unwrap() {
            "type" => {
                let name = get("flink");
                // Types that have no table column here either.
                if let Some(logical_type) = logical_type(&name) {
                    recording.flink.push((name, logical_type));
                }
            }
            "sample" if line["special"] == true => recording.special.push((get("postgres"), get("sample"))),
            "sample" => recording.types.push((get("postgres"), get("sample"))),
            op => {
                let key = (op.to_owned(), get("postgres"), get("sample"), get("flink"));
                recording.values.insert(key, line["value"].as_str().map(str::to_owned));
            }
        }
    }
    recording
}

fn logical_type(name: &str) -> Option<LogicalType> {
    if let Some(inner) = name.strip_prefix("ARRAY<").and_then(|rest| rest.strip_suffix('>')) {
        return Some(LogicalType::Array(streamsql_core::types::ElementType::nullable(logical_type(inner)?)));
    }
    Some(match name {
        "BOOLEAN" => LogicalType::Boolean,
        "TINYINT" => LogicalType::TinyInt,
        "SMALLINT" => LogicalType::SmallInt,
        "INT" => LogicalType::Int,
        "BIGINT" => LogicalType::BigInt,
        "FLOAT" => LogicalType::Float,
        "DOUBLE" => LogicalType::Double,
        "DECIMAL(10, 2)" => LogicalType::Decimal { precision: 10, scale: 2 },
        "CHAR(5)" => LogicalType::Char(5),
        "VARCHAR(10)" => LogicalType::Varchar(10),
        "STRING" => LogicalType::STRING,
        "BINARY(4)" => LogicalType::Binary(4),
        "BYTES" => LogicalType::Varbinary(i32::MAX as u32),
        "DATE" => LogicalType::Date,
        "TIME(0)" => LogicalType::Time(0),
        "TIMESTAMP(3)" => LogicalType::Timestamp(3),
        "TIMESTAMP(6)" => LogicalType::Timestamp(6),
        "TIMESTAMP_LTZ(3)" => LogicalType::TimestampLtz(3),
        _ => return None,
    })
}

fn is_text(flink: &str) -> bool {
    matches!(flink, "CHAR(5)" | "VARCHAR(10)" | "STRING")
}

fn is_beyond(list: &[(&str, &str)], postgres: &str, flink: &str) -> bool {
    list.iter().any(|(p, f)| *p == postgres && (*f == flink || (*f == "text" && is_text(flink))))
}

/// What Flink keeps below the milliseconds of a TIMESTAMP(3) is not there here.
fn to_millis(flink: &str, value: &str) -> String {
    match value.split_once('.') {
        Some((whole, fraction)) if flink == "TIMESTAMP(3)" && fraction.len() > 3 => {
            format!("{whole}.{}", &fraction[..3])
        }
        _ => value.to_owned(),
    }
}

struct Database {
    server: Arc<Postgres>,
    name: String,
}

impl Database {
    fn new() -> Self {
        let server = Postgres::shared();
        let name = server.create_database("types");
        server.execute(&name, SETUP);
        Self { server, name }
    }

    fn options(&self, table: &str, parameters: &str) -> BTreeMap<String, String> {
        let url = format!("{}{parameters}", self.server.jdbc_url(&self.name));
        [
            ("connector", "jdbc"),
            ("url", url.as_str()),
            ("table-name", table),
            ("username", USER),
            ("password", self.server.password()),
        ]
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
    }

    /// A table with a column for each type and a row for each value: `id` counts the values.
    fn table(&self, name: &str, samples: &[(String, String)]) {
        let columns: Vec<String> =
            samples.iter().enumerate().map(|(i, (postgres, _))| format!("c{i} {postgres}")).collect();
        self.server.execute(&self.name, &format!("CREATE TABLE {name} (id int, {})", columns.join(", ")));
        for (i, (postgres, sample)) in samples.iter().enumerate() {
            let sample = sample.replace('\'', "''");
            self.server.execute(
                &self.name,
                &format!("INSERT INTO {name} (id, c{i}) SELECT {i}, '{sample}'::text::{postgres}"),
            );
        }
    }

    /// The fits of the columns of a table of `table`, without the number.
    fn fits(&self, table: &str, parameters: &str, flink: &[(String, LogicalType)]) -> Vec<Vec<Fit>> {
        let types: Vec<LogicalType> = flink.iter().map(|(_, t)| t.clone()).collect();
        fits(&self.options(table, parameters), table, &types).unwrap().split_off(1)
    }

    /// Reads column `i` of row `i` for each of the numbers, all as one type.
    fn read(&self, table: &str, numbers: &[usize], to: &LogicalType) -> Vec<Option<String>> {
        let mut columns = vec![Column::new("id", LogicalType::Int, true)];
        columns.extend(numbers.iter().map(|i| Column::new(format!("c{i}"), to.clone(), true)));
        let read: Vec<usize> = (1..columns.len()).collect();
        let options = self.options(table, "");
        let mut lookup = PostgresLookup::new(&options, &Schema::new(columns), &[0], &read, None).unwrap();
        lookup.open().unwrap();
        let ids = Int32Array::from_iter_values(numbers.iter().map(|i| *i as i32));
        let keys = RecordBatch::try_from_iter([("id", Arc::new(ids) as ArrayRef)]).unwrap();
        let found = lookup.lookup(&keys, 0).unwrap();
        assert_eq!(found.key_index, (0..numbers.len() as u32).collect::<Vec<_>>());
        (0..numbers.len()).map(|n| shown(found.rows.column(n), n)).collect()
    }

    /// Rows in which column `i` equals the key.
    fn rows_with(&self, table: &str, parameters: &str, i: usize, key: (&LogicalType, ArrayRef)) -> usize {
        let columns = vec![
            Column::new("id", LogicalType::Int, true),
            Column::new(format!("c{i}"), key.0.clone(), true),
        ];
        let options = self.options(table, parameters);
        let mut lookup = PostgresLookup::new(&options, &Schema::new(columns), &[1], &[0], None).unwrap();
        lookup.open().unwrap();
        let keys = RecordBatch::try_from_iter([("k", key.1)]).unwrap();
        lookup.lookup(&keys, 0).unwrap().key_index.len()
    }
}

/// The key of each type that Flink was asked with: 5, true, a day, a time, or the PostgreSQL value's text.
fn key(flink: &LogicalType, sample: &str) -> ArrayRef {
    // 2026-01-02 is day 20455.
    match flink {
        LogicalType::Boolean => Arc::new(BooleanArray::from(vec![true])),
        LogicalType::TinyInt => Arc::new(Int8Array::from(vec![5])),
        LogicalType::SmallInt => Arc::new(Int16Array::from(vec![5])),
        LogicalType::Int => Arc::new(Int32Array::from(vec![5])),
        LogicalType::BigInt => Arc::new(Int64Array::from(vec![5])),
        LogicalType::Float => Arc::new(Float32Array::from(vec![5.0])),
        LogicalType::Double => Arc::new(Float64Array::from(vec![5.0])),
        LogicalType::Decimal { .. } => {
            Arc::new(Decimal128Array::from(vec![500]).with_precision_and_scale(10, 2).unwrap())
        }
        t if t.is_character() => Arc::new(StringArray::from(vec![sample])),
        t if t.is_binary() => Arc::new(BinaryArray::from_vec(vec![&[1, 2, 3, 4]])),
        LogicalType::Date => Arc::new(Date32Array::from(vec![20_455])),
        LogicalType::Time(_) => Arc::new(Time32MillisecondArray::from(vec![36_672_000])),
        LogicalType::Timestamp(_) => {
            let millis =
                arrow::array::TimestampMillisecondArray::from(vec![(20_455 * 86_400 + 36_672) * 1_000]);
            arrow::compute::cast(&millis, &flink.to_arrow()).unwrap()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn what_flink_reads_is_read_with_its_value() {
    let recording = recording();
    let database = Database::new();
    let mut differ = Vec::new();
    for (table, samples) in [("types", &recording.types), ("special", &recording.special)] {
        database.table(table, samples);
        let fits = database.fits(table, "", &recording.flink);
        for (f, (flink, logical_type)) in recording.flink.iter().enumerate() {
            let numbers: Vec<usize> = (0..samples.len()).filter(|i| fits[*i][f].read).collect();
            let values = database.read(table, &numbers, logical_type);
            let mut ours: BTreeMap<usize, Option<String>> = numbers.into_iter().zip(values).collect();
            for (i, (postgres, sample)) in samples.iter().enumerate() {
                let op = ("read".to_owned(), postgres.clone(), sample.clone(), flink.clone());
                let (theirs, ours) = (recording.values.get(&op), ours.remove(&i));
                let agree = match (theirs, &ours) {
                    // An array without elements passes any of Flink's converters, and a NaN a DOUBLE's.
                    (Some(Some(value)), None) => {
                        value == "[]" || flink == "DOUBLE" && postgres.starts_with("numeric")
                    }
                    // Out of the range of microseconds in 64 bits.
                    (Some(Some(value)), Some(None)) => {
                        flink == "TIMESTAMP(6)" && (value.starts_with("-17") || value.starts_with("+294276"))
                    }
                    (Some(theirs), Some(ours)) => {
                        let exact = theirs.as_ref().map(|value| to_millis(flink, value));
                        // BINARY(4) and CHAR(5) have no such length in Flink's reader either.
                        exact == *ours
                    }
                    (Some(None), None) => false,
                    (None, None) => true,
                    // Flink fails: NULL, as `lookup.on-error` says, or a value that is expected.
                    (None, Some(None)) => table == "special",
                    (None, Some(Some(_))) => is_beyond(READ_BEYOND, postgres, flink) || table == "special",
                };
                if !agree {
                    differ.push(format!("{postgres} '{sample}' as {flink}: Flink {theirs:?}, here {ours:?}"));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

#[test]
fn what_flink_finds_by_a_key_is_found() {
    let recording = recording();
    let database = Database::new();
    database.table("types", &recording.types);
    let mut differ = Vec::new();
    for (parameters, op_name) in [("", "key"), ("?stringtype=unspecified", "key-unspecified")] {
        let fits = database.fits("types", parameters, &recording.flink);
        for (f, (flink, logical_type)) in recording.flink.iter().enumerate() {
            if op_name == "key-unspecified" && flink != "STRING" {
                continue;
            }
            for (i, (postgres, sample)) in recording.types.iter().enumerate() {
                let op = (op_name.to_owned(), postgres.clone(), sample.clone(), flink.clone());
                let theirs = recording.values.contains_key(&op);
                let fit = fits[i][f].compared;
                if fit {
                    let key = (logical_type, key(logical_type, sample));
                    let found = database.rows_with("types", parameters, i, key);
                    if found != 1 && (theirs || flink != "DATE") {
                        differ.push(format!("{postgres} by {flink}{parameters}: {found} rows"));
                    }
                }
                if fit != theirs && !is_beyond(KEY_BEYOND, postgres, flink) && !(fit && flink == "DATE") {
                    differ.push(format!("{postgres} by {flink}{parameters}: Flink {theirs}, here {fit}"));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

/// An expression of the value that Flink wrote.
fn literal(flink: &str, sample: &str) -> String {
    match flink {
        "BOOLEAN" => "TRUE".to_owned(),
        "DATE" => "DATE '2026-01-02'".to_owned(),
        "TIME(0)" => "TIME '10:11:12'".to_owned(),
        "TIMESTAMP(3)" | "TIMESTAMP(6)" => format!("CAST(TIMESTAMP '2026-01-02 10:11:12' AS {flink})"),
        "BYTES" | "BINARY(4)" => format!("CAST(x'01020304' AS {flink})"),
        _ if is_text(flink) => format!("CAST('{}' AS {flink})", sample.replace('\'', "''")),
        _ => format!("CAST(5 AS {flink})"),
    }
}

/// A column that one job writes.
struct Written<'a> {
    name: String,
    postgres: &'a str,
    sample: &'a str,
    flink: &'a str,
    theirs: Option<String>,
}

#[test]
fn what_flink_writes_is_written() {
    let recording = recording();
    let mut differ = Vec::new();
    for (parameters, op_name) in [("", "write"), ("?stringtype=unspecified", "write-unspecified")] {
        let database = Database::new();
        database.table("types", &recording.types);
        let fits = database.fits("types", parameters, &recording.flink);
        let table = format!("w{}", parameters.len());
        let mut columns = Vec::new();
        for (f, (flink, _)) in recording.flink.iter().enumerate() {
            if op_name == "write-unspecified" && flink != "STRING" {
                continue;
            }
            for (i, (postgres, sample)) in recording.types.iter().enumerate() {
                let op = (op_name.to_owned(), postgres.clone(), sample.clone(), flink.clone());
                let theirs = recording.values.get(&op).cloned().flatten();
                let stored = fits[i][f].stored;
                // A text that is cut to a length is no UUID and no JSON any more.
                let fits_in =
                    flink == "STRING" || !is_text(flink) || !is_beyond(WRITTEN_BEYOND, postgres, flink);
                // What does not fit into five characters is not tried.
                let is_binary = matches!(flink.as_str(), "BYTES" | "BINARY(4)");
                let too_long =
                    theirs.is_none() && (is_odd(postgres, flink) || is_binary && postgres == "char(5)");
                if stored && fits_in && !too_long {
                    columns.push(Written { name: format!("c{i}_{f}"), postgres, sample, flink, theirs });
                } else if !stored && theirs.is_some() && !is_odd(postgres, flink) {
                    differ.push(format!("{postgres} from {flink}{parameters}: Flink wrote {theirs:?}"));
                }
            }
        }
        let list =
            |form: &dyn Fn(&Written<'_>) -> String| columns.iter().map(form).collect::<Vec<_>>().join(", ");
        let ddl = format!("CREATE TABLE {table} ({})", list(&|c| format!("{} {}", c.name, c.postgres)));
        database.server.execute(&database.name, &ddl);
        let folder = JobFolder::over(&database.server, &database.name);
        let jdbc = JDBC.replace("{{ url }}", &format!("{{{{ url }}}}{parameters}"));
        let sql = format!(
            "CREATE TABLE t ({}) WITH ({jdbc}, 'table-name' = '{table}');\nINSERT INTO t SELECT {};",
            list(&|c| format!("{} {}", c.name, c.flink)),
            list(&|c| literal(c.flink, c.sample)),
        );
        folder.write("sql/job.sql", &sql);
        let finished = folder.run_to_end(BINARY, &database.server, &[]);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let texts = list(&|c| format!("{}::text", c.name));
        let rows = database
            .server
            .query(&database.name, &format!("SET timezone = 'UTC'; SELECT {texts} FROM {table}"));
        for (Written { postgres, flink, theirs, .. }, ours) in columns.iter().zip(&rows[0]) {
            let agree = match theirs {
                // A CHAR is padded here before it is written, as the rows of a query are in Flink.
                Some(theirs) => {
                    ours.as_ref().map(|text| text.trim_end_matches(' ')) == Some(theirs)
                        || is_odd(postgres, flink)
                }
                None => is_beyond(WRITTEN_BEYOND, postgres, flink),
            };
            if !agree {
                differ.push(format!("{postgres} from {flink}{parameters}: Flink {theirs:?}, here {ours:?}"));
            }
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

/// Days and times in columns that hold texts or bytes: Flink's driver sends them with the zone of the Java machine, and
/// the server keeps that text. Here a text is written without a zone, and other types are refused.
fn is_odd(postgres: &str, flink: &str) -> bool {
    let temporal = matches!(flink, "DATE" | "TIME(0)" | "TIMESTAMP(3)" | "TIMESTAMP(6)");
    temporal
        && matches!(
            postgres,
            "text" | "name" | "\"char\"" | "xml" | "bytea" | "tsvector" | "varchar(10)" | "char(5)"
        )
}

/// The page of the docs.
#[test]
fn the_docs_show_the_matrix() {
    let recording = recording();
    let database = Database::new();
    database.table("types", &recording.types);
    let flink: Vec<(String, LogicalType)> =
        recording.flink.iter().filter(|(name, _)| name != "TIMESTAMP(6)").cloned().collect();
    let fits = database.fits("types", "", &flink);
    let mut page = PAGE.to_owned();
    for (i, (postgres, sample)) in recording.types.iter().enumerate() {
        let list = |op: &str, has: &dyn Fn(&Fit) -> bool| {
            let names: Vec<String> = flink
                .iter()
                .enumerate()
                .filter(|(f, (name, _))| has(&fits[i][*f]) && !is_odd_pair(op, postgres, name))
                .map(|(_, (name, _))| {
                    let op = (op.to_owned(), postgres.clone(), sample.clone(), name.clone());
                    let short = match name.strip_prefix("ARRAY") {
                        Some(_) => {
                            format!("`{}`", name.replace("(10, 2)", "").replace("(0)", "").replace("(3)", ""))
                        }
                        None => name.split_once('(').map_or(name.as_str(), |(short, _)| short).to_owned(),
                    };
                    // Midnight is asked for; the recorded row has another time.
                    let midnight = op.3 == "DATE" && op.0 == "key" && postgres.starts_with("timestamp");
                    if recording.values.contains_key(&op) || midnight { short } else { format!("*{short}*") }
                })
                .collect();
            if names.is_empty() { "–".to_owned() } else { names.join(", ") }
        };
        let read = list("read", &|fit| fit.read);
        let (compared, stored) = (list("key", &|fit| fit.compared), list("write", &|fit| fit.stored));
        let postgres = match postgres.as_str() {
            "mood" => "an enum",
            "mood[]" => "an array of an enum",
            "small" => "a domain over `integer`",
            "pair" => "a composite type",
            other => &format!("`{other}`"),
        };
        let _ = writeln!(page, "| {postgres} | {read} | {compared} | {stored} |");
    }
    page.push_str(SPECIAL);
    database.table("special", &recording.special);
    let fits = database.fits("special", "", &recording.flink);
    let mut values: BTreeMap<(usize, usize), Option<String>> = BTreeMap::new();
    for (f, (name, logical_type)) in recording.flink.iter().enumerate() {
        if name == "CHAR(5)" || name == "VARCHAR(10)" {
            continue;
        }
        let numbers: Vec<usize> = (0..recording.special.len()).filter(|i| fits[*i][f].read).collect();
        let read = database.read("special", &numbers, logical_type);
        values.extend(numbers.iter().map(|i| (*i, f)).zip(read));
    }
    for (i, (postgres, sample)) in recording.special.iter().enumerate() {
        for (f, (name, _)) in recording.flink.iter().enumerate() {
            let Some(value) = values.remove(&(i, f)) else { continue };
            let value = value.map_or("NULL or an error".to_owned(), |value| format!("`{value}`"));
            let op = ("read".to_owned(), postgres.clone(), sample.clone(), name.clone());
            let theirs = match recording.values.get(&op) {
                None => "fails".to_owned(),
                Some(None) => "`NULL`".to_owned(),
                Some(Some(theirs)) => format!("`{theirs}`"),
            };
            let value = match value.as_str() {
                "NULL or an error" if theirs == "`NULL`" => "`NULL`",
                value => value,
            };
            let theirs = if theirs == value { "the same" } else { &theirs };
            let _ = writeln!(page, "| `{postgres}` `{sample}` | `{name}` | {value} | {theirs} |");
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/postgres-types.md");
    if std::env::var_os("REWRITE_GOLDENS").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == page,
        "docs/postgres-types.md is not what this writes; REWRITE_GOLDENS=1 writes it:\n{page}"
    );
}

/// Pairs that the page leaves out: days and times written as texts are told once.
fn is_odd_pair(op: &str, postgres: &str, flink: &str) -> bool {
    op == "write" && is_odd(postgres, flink) && !matches!(postgres, "text" | "varchar(10)" | "name")
}

const PAGE: &str = include_str!("../goldens/postgres_types/pairs.md");

const SPECIAL: &str = include_str!("../goldens/postgres_types/values.md");
