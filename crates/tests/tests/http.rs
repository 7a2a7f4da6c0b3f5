//! What a running job serves: health, metrics, REST, Flink's REST; who may ask; and that it costs the job nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use streamsql_http::client::Client;
use streamsql_tests::binary::{self, Finished};
use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::json_schema::check;
use streamsql_tests::patience::wait_for;
use streamsql_tests::process::may_open;
use streamsql_tests::served::{ENDLESS, Served, TOO_FAST};

const ANY: &str = "127.0.0.1:0";

/// A job that has written rows.
fn running() -> Served {
    let served = Served::start(ENDLESS, ANY, &["--parallelism", "2"]);
    served.wait("/api/v1/job", "/rows_out", |rows| rows.as_u64() > Some(0));
    served
}

fn command(served: &Served, arguments: &[&str]) -> Finished {
    let mut command = Command::new(binary::path());
    command.args(arguments).args(["--url", &served.url]).env_remove("STREAMSQL_HTTP_TOKEN");
    binary::finish(&mut command)
}

/// Sends bytes as they are; the whole answer of a server that closes.
fn raw(served: &Served, request: &str) -> String {
    let mut stream = TcpStream::connect(served.authority()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn status_of(served: &Served, head: &str) -> u16 {
    let answer = raw(served, &format!("{head}\r\nConnection: close\r\n\r\n"));
    answer.split(' ').nth(1).unwrap_or_else(|| panic!("{answer}")).parse().unwrap()
}

#[test]
fn rest_answers_as_its_description_says() {
    let served = running();
    let document = served.json("/api/v1/openapi.json");
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let schema = &item["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        if schema.is_object() {
            let needed = item["get"]["parameters"].as_array().into_iter().flatten();
            let needed: Vec<String> = needed
                .filter(|parameter| parameter["required"] == true)
                .map(|p| format!("{}={}", p["name"].as_str().unwrap(), p["example"].as_str().unwrap()))
                .collect();
            check(&document, schema, &served.json(&format!("{path}?{}", needed.join("&"))), path);
            asked += 1;
        }
    }
    assert!(asked >= 8, "only {asked}");
    let nodes = served.json("/api/v1/nodes");
    let kinds: Vec<&str> =
        nodes["nodes"].as_array().unwrap().iter().filter_map(|node| node["kind"].as_str()).collect();
    assert!(
        kinds.contains(&"TableSourceScan") && kinds.contains(&"GroupAggregate") && kinds.contains(&"Sink"),
        "{kinds:?}"
    );
    let plan = served.json("/api/v1/plan");
    for (node, planned) in nodes["nodes"].as_array().unwrap().iter().zip(plan["nodes"].as_array().unwrap()) {
        assert_eq!((&node["address"], &node["kind"]), (&planned["address"], &planned["type"]));
    }
    let grouped =
        nodes["nodes"].as_array().unwrap().iter().find(|node| node["kind"] == "GroupAggregate").unwrap();
    assert_eq!(grouped["state_keys"], 5, "five keys: {grouped}");
    assert!(
        grouped["state_bytes"].as_u64() > Some(0)
            && grouped["location"].as_str().unwrap().contains("job.sql:")
    );
    let files = served.json("/api/v1/files");
    assert!(files["files"][0]["text"].as_str().unwrap().contains("GROUP BY k"));
    let partition = &served.json("/api/v1/sources")["sources"][0]["partitions"][0];
    assert!(partition["records"].as_u64() > Some(0) && partition["watermark"].is_string(), "{partition}");
    let disorder = &served.json("/api/v1/sources")["sources"][0]["disorder"];
    assert_eq!(
        (&disorder["delay_ms"], &disorder["enough_ms"]),
        (&1_000.into(), &0.into()),
        "in order: {disorder}"
    );
    assert_eq!(served.json("/api/v1/why")["findings"], Value::Array(Vec::new()));
    assert!(served.json("/api/v1/board")["unavailable"].as_str().unwrap().contains("writes none"));
}

#[test]
fn the_largest_keys_of_a_node_are_told_to_those_who_ask() {
    let sql = "CREATE TABLE clicks (k INT, v INT) WITH ('connector' = 'datagen', 'rows-per-second' = '500',
          'fields.k.min' = '1', 'fields.k.max' = '40', 'fields.v.min' = '1', 'fields.v.max' = '100000');
        CREATE TABLE counts (k INT, n BIGINT) WITH ('connector' = 'blackhole');
        INSERT INTO counts SELECT k, COUNT(DISTINCT v) FROM (SELECT CASE WHEN k > 10 THEN 7 ELSE k END AS k, v FROM clicks)
          GROUP BY k;";
    let served = Served::start(sql, ANY, &["--parallelism", "2"]);
    let asked = wait_for("the key with most rows", || {
        let asked = served.json("/api/v1/keys?node=GroupAggregate");
        let tables = asked["tables"].as_array().unwrap();
        let distinct = tables.iter().find(|table| table["keys"][0]["rows"].as_u64() > Some(50))?;
        (asked["complete"] == true).then(|| distinct.clone())
    });
    let keys = asked["keys"].as_array().unwrap();
    assert_eq!(keys[0]["key"].as_object().unwrap().values().next(), Some(&7.into()), "{asked}");
    assert!(keys.len() == 10 && asked["of"] == 10 && asked["looked_at"] == 10, "{asked}");
    let bytes: Vec<u64> = keys.iter().map(|key| key["bytes"].as_u64().unwrap()).collect();
    assert!(bytes.is_sorted_by(|a, b| a >= b) && bytes[0] > 5 * bytes[1], "{bytes:?}");
    // Shards own different keys.
    let shards: BTreeSet<u64> = keys.iter().map(|key| key["shard"].as_u64().unwrap()).collect();
    assert_eq!(shards, BTreeSet::from([0, 1]), "{asked}");
    let none = served.json("/api/v1/keys?node=clicks");
    assert_eq!((&none["complete"], &none["tables"]), (&true.into(), &Value::Array(Vec::new())));
    assert_eq!(served.client().get("/api/v1/keys?node=nothing").unwrap().status, 404);
}

/// Name, labels and value.
type Sample = (String, String, f64);

/// Family → type, and the samples: name, labels, value.
fn metrics(text: &str) -> (BTreeMap<String, String>, Vec<Sample>) {
    let (mut types, mut helped, mut samples) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(helped.insert(name.to_owned()), "{name} is described twice");
            assert!(help.ends_with('.'), "{help}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(helped.contains(name), "{name} has no help");
            types.insert(name.to_owned(), kind.to_owned());
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            samples.push((name.to_owned(), labels.trim_end_matches('}').to_owned(), value.parse().unwrap()));
        }
    }
    (types, samples)
}

#[test]
fn metrics_are_as_prometheus_reads_them() {
    let served = running();
    let answer = served.client().get("/metrics").unwrap();
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let (types, samples) = metrics(&text);
    let mut series = BTreeSet::new();
    for (name, labels, value) in &samples {
        assert!(series.insert((name, labels)), "{name}{{{labels}}} twice");
        assert!(!value.is_nan(), "{name}");
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .filter(|f| types.contains_key(*f));
        let kind = &types[family.unwrap_or(name)];
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
        let is_process = name.starts_with("process_");
        assert!(
            is_process || (name.starts_with("streamsql_") && labels.contains("job=\"served\"")),
            "{name}{{{labels}}}"
        );
    }
    let value = |name: &str, label: &str| {
        let found = samples.iter().find(|(n, labels, _)| n == name && labels.contains(label));
        found.unwrap_or_else(|| panic!("no {name} with {label} in\n{text}")).2
    };
    assert_eq!(value("streamsql_job_state", "state=\"running\""), 1.0);
    assert_eq!(value("streamsql_job_state", "state=\"failed\""), 0.0);
    assert_eq!(value("streamsql_job_parallelism", ""), 2.0);
    for (name, label) in [
        ("streamsql_operator_records_in_total", "kind=\"GroupAggregate\""),
        ("streamsql_operator_records_out_total", "table=\"clicks\""),
        ("streamsql_operator_state_bytes", "kind=\"GroupAggregate\""),
        ("streamsql_operator_state_keys", "kind=\"GroupAggregate\""),
        ("streamsql_operator_watermark_timestamp_seconds", "kind=\"TableSourceScan\""),
        ("streamsql_source_records_total", "partition=\"0\""),
        ("streamsql_source_watermark_timestamp_seconds", "table=\"clicks\""),
        ("streamsql_source_disorder_seconds_count", "table=\"clicks\""),
        ("streamsql_sink_rows_total", "sink=\"counts\""),
        ("streamsql_checkpoint_completed_total", ""),
        ("streamsql_checkpoint_last_completed_timestamp_seconds", ""),
        ("streamsql_checkpoint_duration_seconds_count", ""),
        ("process_cpu_seconds_total", ""),
        ("process_resident_memory_bytes", ""),
    ] {
        assert!(value(name, label) > 0.0, "{name}");
    }
    for (name, label) in [
        ("streamsql_operator_late_records_dropped_total", "kind=\"GroupAggregate\""),
        ("streamsql_source_idle", "table=\"clicks\""),
        ("streamsql_checkpoint_failed_total", ""),
        ("streamsql_dead_letters_total", ""),
    ] {
        assert_eq!(value(name, label), 0.0, "{name}");
    }
    // Counters rise, and the labels stay.
    let before = value("streamsql_source_records_total", "clicks");
    let later = wait_for("more records", || {
        let text = String::from_utf8(served.client().get("/metrics").unwrap().body.to_vec()).unwrap();
        let (_, later) = metrics(&text);
        let more =
            later.iter().any(|(name, _, value)| name == "streamsql_source_records_total" && *value > before);
        more.then_some(later)
    });
    let names = |samples: &[(String, String, f64)]| {
        samples.iter().map(|(n, l, _)| (n.clone(), l.clone())).collect::<BTreeSet<_>>()
    };
    assert!(names(&later).is_superset(&names(&samples)));
}

/// Names of our metrics in a text.
fn names_in(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c == '_';
    let of = |(at, _)| text[at..].chars().take_while(|c| is_part(*c)).collect::<String>();
    let names = text.match_indices("streamsql_").map(of);
    names.map(|name| name.strip_suffix("_bucket").map_or(name.clone(), str::to_owned)).collect()
}

#[test]
fn dashboard_and_alerts_ask_for_metrics_that_are_there() {
    let served = running();
    let text = String::from_utf8(served.client().get("/metrics").unwrap().body.to_vec()).unwrap();
    let (types, _) = metrics(&text);
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let dashboard: Value = serde_json::from_str(&read("grafana/engine/dashboard.json")).unwrap();
    let alerts: Value = serde_saphyr::from_str(&read("grafana/engine/alerts.yaml")).unwrap();
    assert_eq!(dashboard["schemaVersion"], 39);
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"], panel["datasource"]);
            let names = names_in(target["expr"].as_str().unwrap());
            assert!(!names.is_empty(), "{}", panel["title"]);
            asked.extend(names);
        }
    }
    for rule in alerts["groups"][0]["rules"].as_array().unwrap() {
        assert!(
            rule["annotations"]["summary"].is_string() && rule["labels"]["severity"].is_string(),
            "{rule}"
        );
        asked.extend(names_in(rule["expr"].as_str().unwrap()));
    }
    let unknown: Vec<&String> = asked.iter().filter(|name| !types.contains_key(*name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(asked.len() > 15, "{asked:?}");
}

#[test]
fn the_page_comes_from_the_job_alone() {
    let served = running();
    let get = |path: &str| served.client().get(path).unwrap();
    let page = String::from_utf8(get("/").body.to_vec()).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("lang=\"en\"") && page.contains("viewport"));
    for asked in page.split("\"/page/").skip(1) {
        let path = format!("/page/{}", asked.split('"').next().unwrap());
        assert_eq!(get(&path).status, 200, "{path}");
    }
    assert_eq!(get("/page/nothing.js").status, 404);
    let own = format!("Host: {}", served.authority());
    let module = raw(&served, &format!("GET /page/app.js HTTP/1.1\r\n{own}\r\nConnection: close\r\n\r\n"));
    assert!(module.to_ascii_lowercase().contains("content-type: text/javascript"), "{module}");
    // What the page follows.
    let mut events = Vec::new();
    served
        .client()
        .follow("/api/v1/events", |name, data| {
            assert_eq!(name, "");
            events.push(serde_json::from_str::<Value>(data).unwrap());
            Ok(events.len() < 3)
        })
        .unwrap();
    for event in &events {
        assert!(event["job"]["name"] == "served" && event["nodes"].is_array() && event["sources"].is_array());
        assert!(event["epochs"]["completed"].as_u64() > Some(0) && event["why"].is_array());
    }
    assert!(events[2]["job"]["records_in"].as_u64() > events[0]["job"]["records_in"].as_u64());
    assert!(
        events[2]["nodes"][0]["rows_out_per_second"].as_f64() > Some(0.0),
        "rates are known: {}",
        events[2]["nodes"][0]
    );
}

#[test]
fn probes_tell_of_a_job_that_runs() {
    let served = running();
    let probe = |path: &str| served.client().get(path).unwrap();
    assert_eq!((probe("/healthz").status, &probe("/healthz").body[..]), (200, &b"running\n"[..]));
    let ready = wait_for("ready", || Some(probe("/readyz")).filter(|answer| answer.status == 200));
    assert_eq!(&ready.body[..], b"ready\n");
    let finished = command(&served, &["status", "--ready"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "ready\n"), "{}", finished.stderr);
}

fn golden(name: &str) -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/flink-rest").join(name).with_extension("json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Whether an answer has the fields and types of Flink's. What is null on one side may be anything on the other; a
/// number and the text NaN are of one type.
fn same_shape(flink: &Value, ours: &Value, place: &str) {
    match (flink, ours) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(flink), Value::Object(ours)) => {
            let names =
                |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<BTreeSet<_>>();
            // Only nodes with inputs have them.
            let without = |mut names: BTreeSet<String>| {
                names.remove("inputs");
                names
            };
            assert_eq!(without(names(flink)), without(names(ours)), "{place}");
            for (name, value) in flink {
                same_shape(value, ours.get(name).unwrap_or(&Value::Null), &format!("{place}.{name}"));
            }
        }
        (Value::Array(flink), Value::Array(ours)) => {
            if let Some(flink) = flink.first() {
                ours.iter().for_each(|ours| same_shape(flink, ours, &format!("{place}[]")));
            }
        }
        (Value::String(nan), Value::Number(_)) | (Value::Number(_), Value::String(nan)) => {
            assert_eq!(nan, "NaN", "{place}")
        }
        (flink, ours) => {
            assert_eq!(std::mem::discriminant(flink), std::mem::discriminant(ours), "{place}: {ours}")
        }
    }
}

#[test]
fn scripts_for_flink_find_its_shapes() {
    let served = running();
    let id = served.json("/jobs")["jobs"][0]["id"].as_str().unwrap().to_owned();
    for (name, path) in [
        ("overview", "/overview".to_owned()),
        ("config", "/config".to_owned()),
        ("jobs", "/jobs".to_owned()),
        ("jobs-overview", "/jobs/overview".to_owned()),
        ("job", format!("/jobs/{id}")),
        ("job-checkpoints", format!("/jobs/{id}/checkpoints")),
        ("job-plan", format!("/jobs/{id}/plan")),
        ("job-config", format!("/jobs/{id}/config")),
        ("job-exceptions", format!("/jobs/{id}/exceptions")),
    ] {
        same_shape(&golden(name), &served.json(&path), name);
    }
    let job = served.json(&format!("/jobs/{id}"));
    assert_eq!(
        (&job["state"], &job["jid"], &job["name"]),
        (&"RUNNING".into(), &id.as_str().into(), &"served".into())
    );
    let vertices = job["vertices"].as_array().unwrap();
    let named = |text: &str| vertices.iter().find(|v| v["name"].as_str().unwrap().contains(text)).unwrap();
    let vertex = |text: &str, what: &str| {
        format!("/jobs/{id}/vertices/{}/{what}", named(text)["id"].as_str().unwrap())
    };
    same_shape(
        &golden("vertex-backpressure"),
        &served.json(&vertex("GroupAggregate", "backpressure")),
        "backpressure",
    );
    assert_eq!(
        served.json(&vertex("Source: clicks", "watermarks")),
        Value::Array(Vec::new()),
        "as Flink says of sources"
    );
    let watermarks = served.wait(&vertex("GroupAggregate", "watermarks"), "/1", Value::is_object);
    same_shape(&golden("vertex-watermarks"), &watermarks, "watermarks");
    assert_eq!(watermarks[1]["id"], "1.currentInputWatermark");
    assert!(watermarks[0]["value"].as_str().unwrap().parse::<i64>().unwrap() > 1_700_000_000_000);
    let plan = job["plan"]["nodes"].as_array().unwrap();
    assert_eq!(plan.len(), vertices.len());
    assert!(plan.iter().any(|node| node["inputs"][0]["ship_strategy"] == "HASH"));
    // What is not there is told as Flink does: a status, and errors.
    for (path, status) in [
        ("/jobs/00000000000000000000000000000000".to_owned(), 404),
        ("/jobs/nonsense".to_owned(), 400),
        (format!("/jobs/{id}/vertices/00000000000000000000000000000000/watermarks"), 404),
    ] {
        let answer = served.client().get(&path).unwrap();
        assert_eq!(answer.status, status, "{path}");
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(body["errors"][0].is_string(), "{body}");
    }
    let gone = format!("/jobs/{id}/vertices/00000000000000000000000000000000/backpressure");
    assert_eq!(served.json(&gone)["status"], "deprecated");
}

#[test]
fn commands_ask_the_running_job() {
    let mut served = running();
    let finished = command(&served, &["status"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.starts_with("served is running"), "{}", finished.stdout);
    let finished = command(&served, &["status", "--format", "json"]);
    let status: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!((&status["job"]["name"], &status["findings"]), (&"served".into(), &Value::Array(Vec::new())));
    let finished = command(&served, &["top", "-n", "2"]);
    assert_eq!(
        finished.stdout.matches("GroupAggregate").count(),
        2,
        "{}\n{}",
        finished.stdout,
        finished.stderr
    );

    let finished = command(&served, &["tap", "clicks", "--limit", "3"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let rows: Vec<Value> = finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["op"] == "+I" && row["row"]["k"].is_number()), "{rows:?}");
    let finished = command(&served, &["tap", "GroupAggregate", "--limit", "2", "--where", "k=3"]);
    let rows: Vec<Value> = finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.len() == 2 && rows.iter().all(|row| row["row"]["k"] == 3), "{rows:?}");
    let finished = command(
        &served,
        &["tap", "clicks", "--limit", "2", "--format", "csv", "--where", "k <= 2 AND ts IS NOT NULL"],
    );
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert!(lines.len() == 3 && lines[0] == "op,k,ts", "{finished:?}");
    assert!(lines[1].starts_with("+I,1,") || lines[1].starts_with("+I,2,"), "{finished:?}");
    let finished = command(&served, &["tap", "GroupAggregate", "--limit", "2", "--format", "table"]);
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert!(
        lines[0].split_whitespace().eq(["op", "k", "EXPR$1"]) && lines[1].starts_with("--"),
        "{finished:?}"
    );
    let finished = command(&served, &["tap", "clicks", "--where", "kk=3"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("no column 'kk' in these rows: k, ts"), "{}", finished.stderr);
    let finished = command(&served, &["top", "-n", "2", "--format", "json"]);
    let looks: Vec<Value> = finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(looks.len() == 2 && looks[1]["job"]["name"] == "served", "{finished:?}");
    assert_eq!(
        looks[0]["nodes"].as_array().unwrap().len(),
        served.json("/api/v1/nodes")["nodes"].as_array().unwrap().len()
    );
    let finished = command(&served, &["tap", "nothing"]);
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stderr.contains("no node 'nothing'") && finished.stderr.contains("Sink(counts)"),
        "{}",
        finished.stderr
    );

    let finished = command(&served, &["stop"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(binary::wait(&mut served.child).and_then(|status| status.code()), Some(0), "{}", served.log());
    assert!(served.log().contains("done: "), "what was read is committed:\n{}", served.log());
    let finished = command(&served, &["status"]);
    assert_eq!(finished.code, Some(5));
    assert!(finished.stderr.contains("no job answers"), "{}", finished.stderr);
}

#[test]
fn other_pages_and_other_machines_are_kept_out() {
    let served = running();
    let own = format!("Host: {}", served.authority());
    assert_eq!(status_of(&served, &format!("GET /metrics HTTP/1.1\r\n{own}")), 200);
    assert_eq!(status_of(&served, "GET /metrics HTTP/1.1\r\nHost: evil.example"), 421);
    assert_eq!(status_of(&served, "GET /healthz HTTP/1.0\r\nX: y"), 421, "no Host at all");
    let stop = "POST /api/v1/stop HTTP/1.1\r\nContent-Length: 0";
    assert_eq!(
        status_of(&served, &format!("{stop}\r\n{own}")),
        403,
        "a form of another page could send this"
    );
    let with_header = format!("{stop}\r\n{own}\r\nX-Streamsql-Request: x");
    assert_eq!(status_of(&served, &format!("{with_header}\r\nOrigin: http://evil.example")), 403);
    assert_eq!(status_of(&served, &format!("GET /api/v1/stop HTTP/1.1\r\n{own}")), 405);
    assert_eq!(status_of(&served, &format!("GET /nothing HTTP/1.1\r\n{own}")), 404);
    assert_eq!(status_of(&served, &format!("GET /../../etc/passwd HTTP/1.1\r\n{own}")), 404);
    let long = format!("GET /metrics HTTP/1.1\r\n{own}\r\nX: {}", "x".repeat(100_000));
    let answer = status_of(&served, &long);
    assert!((400..500).contains(&answer), "{answer}");
    let preflight = raw(
        &served,
        &format!(
            "OPTIONS /api/v1/stop HTTP/1.1\r\n{own}\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n"
        ),
    );
    assert!(!preflight.to_ascii_lowercase().contains("access-control-"), "{preflight}");
    let head = raw(&served, &format!("GET /api/v1/job HTTP/1.1\r\n{own}\r\nConnection: close\r\n\r\n"))
        .to_ascii_lowercase();
    assert!(
        head.contains("content-security-policy: default-src 'self'") && head.contains("nosniff"),
        "{head}"
    );
    assert_eq!(served.json("/api/v1/job")["state"], "running", "nothing of this has stopped it");
}

#[test]
fn other_machines_need_the_token() {
    let config = "job:\n  name: served\n  http: { address: \"127.0.0.1:0\", token: \"${env:PAGE_TOKEN}\" }\n";
    let served = Served::with(ENDLESS, config, "0.0.0.0:0", &[], &[("PAGE_TOKEN", "s3cret")]);
    let port = served.authority().rsplit_once(':').unwrap().1;
    let url = format!("http://127.0.0.1:{port}");
    let client = |token: Option<&str>| Client::new(&url, token.map(streamsql_core::Secret::new)).unwrap();
    assert_eq!(client(None).get("/healthz").unwrap().status, 200);
    assert_eq!(client(None).get("/metrics").unwrap().status, 401);
    assert_eq!(client(Some("wrong")).get("/").unwrap().status, 401);
    assert_eq!(client(Some("s3cret")).get("/metrics").unwrap().status, 200);
    assert_eq!(client(None).post("/api/v1/stop").unwrap().status, 401);
    assert_eq!(client(None).post("/api/v1/reload?allow_drop=true").unwrap().status, 401);
    assert_eq!(client(Some("wrong")).post("/api/v1/reload").unwrap().status, 401);
    assert_eq!(client(Some("s3cret")).post("/api/v1/reload").unwrap().status, 200);
    assert!(!served.log().contains("s3cret"));

    let run = |arguments: &[&str], config: &str| {
        let folder = JobFolder::new();
        folder.write(
            "sql/job.sql",
            "CREATE TABLE o (k INT) WITH ('connector' = 'blackhole'); INSERT INTO o VALUES (1);",
        );
        folder.write("sql/streamsql.yaml", config);
        binary::finish(&mut folder.run(binary::path().to_str().unwrap(), arguments))
    };
    let finished = run(&["--http", "0.0.0.0:0"], "job: { name: a }\n");
    assert_eq!(finished.code, Some(3));
    assert!(finished.stderr.contains("job.http.token"), "{}", finished.stderr);
    let finished = run(&["--http", "example.org:80"], "job: { name: a }\n");
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    for (arguments, config) in
        [(&["--no-http"][..], "job: { name: a }\n"), (&[][..], "job: { name: a, http: off }\n")]
    {
        let finished = run(arguments, config);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert!(!finished.stderr.contains("http://"), "{}", finished.stderr);
    }
}

#[test]
fn a_taken_port_gives_the_next_free_one() {
    let first = Served::start(ENDLESS, ANY, &[]);
    let second = Served::start(ENDLESS, first.authority(), &[]);
    let port = |served: &Served| served.authority().rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
    assert!(port(&second) > port(&first));
    assert!(second.log().contains(&format!("port {} is taken", port(&first))), "{}", second.log());
}

#[test]
fn idle_connections_and_readers_that_stop_cost_the_job_nothing() {
    let served = running();
    may_open(2_000);
    let connect = || TcpStream::connect(served.authority()).unwrap();
    // One that follows and one that taps, neither of which reads.
    let own = format!("Host: {}", served.authority());
    let mut stopped: Vec<TcpStream> = Vec::new();
    for path in ["/api/v1/events", "/api/v1/tap?node=clicks"] {
        let mut stream = connect();
        stream.write_all(format!("GET {path} HTTP/1.1\r\n{own}\r\n\r\n").as_bytes()).unwrap();
        stopped.push(stream);
    }
    let idle: Vec<TcpStream> = (0..1_000).map(|_| connect()).collect();
    // Some have begun a request that never ends.
    for mut stream in idle.iter().take(100) {
        let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: ");
    }
    let before = served.json("/api/v1/job");
    let rows = |job: &Value| job["rows_out"].as_u64().unwrap();
    served.wait("/api/v1/job", "/rows_out", |now| now.as_u64().unwrap() > rows(&before) + 100);
    let files = served.json("/api/v1/job")["process"]["open_files"].as_u64().unwrap();
    assert!(files < 400, "connections are bounded: {files} files are open");
    drop((idle, stopped));
    served.wait("/api/v1/job", "/rows_out", |now| now.as_u64().unwrap() > rows(&before) + 200);
}

fn text_of(served: &Served, path: &str) -> String {
    String::from_utf8(served.client().get(path).unwrap().body.to_vec()).unwrap()
}

#[test]
fn a_source_that_is_faster_than_the_job_is_shown_as_blocked() {
    let served = Served::start(TOO_FAST, ANY, &[]);
    let is_source = |node: &&Value| node["kind"] == "TableSourceScan";
    let of = |nodes: &Value| nodes["nodes"].as_array().unwrap().iter().find(is_source).cloned();
    let node = wait_for("a blocked source", || {
        of(&served.json("/api/v1/nodes")).filter(|node| node["blocked_ratio"].as_f64() > Some(0.5))
    });
    let shares: f64 =
        ["busy_ratio", "blocked_ratio", "idle_ratio"].iter().map(|share| node[share].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-6, "{node}");
    // The same in each of the places where it is looked for.
    let job = served.json("/jobs/overview")["jobs"][0]["jid"].as_str().unwrap().to_owned();
    let vertices = served.json(&format!("/jobs/{job}"))["vertices"].clone();
    let vertex =
        vertices.as_array().unwrap().iter().find(|v| v["name"].as_str().unwrap().starts_with("Source"));
    let vertex = vertex.unwrap_or_else(|| panic!("{vertices}"));
    assert!(vertex["metrics"]["accumulated-backpressured-time"].as_u64() > Some(0), "{vertex}");
    let path = format!("/jobs/{job}/vertices/{}/backpressure", vertex["id"].as_str().unwrap());
    let answer = wait_for("Flink's word for it", || {
        Some(served.json(&path)).filter(|answer| answer["backpressureLevel"] == "high")
    });
    let shard = &answer["subtasks"][0];
    assert!(shard["ratio"].as_f64() > Some(0.5) && shard["backpressureLevel"] == "high", "{answer}");
    let (_, samples) = metrics(&text_of(&served, "/metrics"));
    let sample = samples.iter().find(|(name, labels, _)| {
        name == "streamsql_operator_backpressured_seconds_total" && labels.contains("TableSourceScan")
    });
    assert!(sample.is_some_and(|(_, _, seconds)| *seconds > 0.0), "{sample:?}");
    let screen = command(&served, &["top"]).stdout;
    let line =
        screen.lines().find(|line| line.contains("TableSourceScan")).unwrap_or_else(|| panic!("{screen}"));
    assert!(line.matches('%').count() == 2, "{line}");
}

#[test]
fn the_demo_and_run_are_served_by_default() {
    for command in ["run", "demo"] {
        let help = binary::run(&root(), &[command, "--help"]).stdout;
        assert!(
            help.contains("--http") && help.contains("--no-http") && help.contains("127.0.0.1:8081"),
            "{help}"
        );
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
