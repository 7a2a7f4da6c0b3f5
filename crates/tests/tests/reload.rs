//! A running job that goes on with changed files: by request and by itself, with its state, without a row lost or repeated.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use streamsql_tests::binary::{self, Finished};
use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::json_schema::check as check_schema;
use streamsql_tests::patience::{wait_for, wait_until};
use streamsql_tests::served::Served;

/// Numbers from 1 on, each printed with the name of the plan; and how many there were of each remainder by three.
const SQL: &str = "
CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000000');
CREATE TABLE ids (id BIGINT, plan STRING) WITH ('connector' = 'print', 'print-identifier' = 'id');
CREATE TABLE counts (k BIGINT, n BIGINT, plan STRING) WITH ('connector' = 'print', 'print-identifier' = 'count');
INSERT INTO ids SELECT id, 'A' FROM t;
INSERT INTO counts SELECT MOD(id, 3), COUNT(*), 'A' FROM t GROUP BY MOD(id, 3);
";

fn of_plan(name: &str) -> String {
    SQL.replace("'A'", &format!("'{name}'"))
}

fn start(arguments: &[&str]) -> Served {
    let folder = JobFolder::new();
    folder.write("sql/streamsql.yaml", "job: { name: numbers, state: ../state }\n");
    folder.write("sql/job.sql", SQL);
    let served = Served::in_folder(folder, arguments, &[]);
    wait_for_rows(&served, "A");
    served
}

/// Waits until rows of this plan are out, and some of all counts.
fn wait_for_rows(served: &Served, plan: &str) {
    let ending = format!(", {plan}]");
    let has = |printed: &str| {
        let rows = || printed.lines().filter(|line| line.ends_with(&ending));
        rows().any(|line| line.starts_with("id>"))
            && rows().filter(|line| line.starts_with("count>")).count() > 6
    };
    let came = wait_until(|| has(&served.printed()));
    assert!(came, "no rows of plan {plan}:\n{}", served.log());
}

fn command(served: &Served, arguments: &[&str]) -> Finished {
    let mut command = Command::new(binary::path());
    command.args(arguments).args(["--url", &served.url]).env_remove("STREAMSQL_HTTP_TOKEN");
    binary::finish(&mut command)
}

fn change(served: &Served, sql: &str) {
    served.folder().write("sql/job.sql", sql);
}

/// Ends the job; what it printed must be every number once, in order, and counts that agree with `counts_from`.
fn check(mut served: Served, counts_from: i64) {
    assert_eq!(command(&served, &["stop"]).code, Some(0));
    let status = binary::wait(&mut served.child);
    assert_eq!(status.and_then(|status| status.code()), Some(0), "{}", served.log());
    let printed = served.printed();
    let mut next = 1;
    let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
    for line in printed.lines() {
        let values: Vec<&str> = line.split(['[', ']', ',']).map(str::trim).collect();
        let number = |at: usize| values[at].parse::<i64>().unwrap_or_else(|_| panic!("{line}"));
        if line.starts_with("id> +I") {
            assert_eq!(number(1), next, "a number is missing or repeated");
            next += 1;
        } else if line.starts_with("count> +") {
            counts.insert(number(1), number(2));
        } else {
            assert!(line.starts_with("count> -U"), "{line}");
        }
    }
    let wanted: BTreeMap<i64, i64> =
        (0..3).map(|k| (k, (counts_from..next).filter(|id| id % 3 == k).count() as i64)).collect();
    assert_eq!(counts, wanted, "of numbers up to {next}");
}

fn result_of(served: &Served) -> Value {
    served.json("/api/v1/job")["last_reload"].clone()
}

#[test]
fn a_projection_changes_while_the_job_runs() {
    let served = start(&["--parallelism", "2"]);
    let before = served.json("/api/v1/plan");
    for plan in ["B", "C"] {
        change(&served, &of_plan(plan));
        let finished = command(&served, &["reload"]);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert!(finished.stderr.contains("kept"), "{}", finished.stderr);
        wait_for_rows(&served, plan);
    }
    // The same server shows the new job.
    let reload = served.json("/api/v1/reload");
    assert_eq!((&reload["last"]["number"], &reload["last"]["result"]), (&2.into(), &"applied".into()));
    assert_eq!(reload["last"]["state_plan"]["nodes"][0]["action"], "kept");
    let document = served.json("/api/v1/openapi.json");
    check_schema(&document, &document["components"]["schemas"]["Reloading"], &reload, "/api/v1/reload");
    assert_ne!(served.json("/api/v1/plan"), before);
    assert!(served.json("/api/v1/files")["files"][0]["text"].as_str().unwrap().contains("'C'"));
    check(served, 1);
}

#[test]
fn what_cannot_be_planned_changes_nothing() {
    let served = start(&[]);
    change(&served, &of_plan("B").replace("FROM t GROUP", "FROM missing GROUP"));
    let finished = command(&served, &["reload"]);
    assert_eq!(finished.code, Some(3), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("sql/job.sql:7:") && finished.stderr.contains("missing"),
        "{}",
        finished.stderr
    );
    let last = result_of(&served);
    assert_eq!(last["result"], "invalid");
    assert!(last["message"].as_str().unwrap().contains("sql/job.sql:7:"), "{last}");
    assert!(wait_until(|| served.log().contains("sql/job.sql:7:")), "the terminal shows it, too");
    // Another name would be another job.
    served.folder().write("sql/streamsql.yaml", "job: { name: letters, state: ../state }\n");
    change(&served, &of_plan("B"));
    assert_eq!(command(&served, &["reload"]).code, Some(3));
    let rows = served.json("/api/v1/job")["records_in"].as_u64();
    served.wait("/api/v1/job", "/records_in", |now| now.as_u64() > rows);
    assert!(!served.printed().contains(", B]"));
    check(served, 1);
}

#[test]
fn what_would_lose_state_is_refused_until_it_is_allowed() {
    let served = start(&[]);
    let filtered = of_plan("B").replace("FROM t GROUP", "FROM t WHERE id > 0 GROUP");
    change(&served, &filtered);
    let refused = command(&served, &["reload"]);
    assert_eq!(refused.code, Some(6), "{}", refused.stderr);
    assert!(refused.stderr.contains("rebuilt"), "{}", refused.stderr);
    assert_eq!(result_of(&served)["result"], "refused");
    let allowed = command(&served, &["reload", "--allow-drop"]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
    wait_for_rows(&served, "B");
    // The counts begin where the plan began.
    let printed = served.printed();
    let first = printed.lines().find(|line| line.starts_with("id>") && line.ends_with(", B]")).unwrap();
    let first: i64 = first.split(['[', ',']).nth(1).unwrap().parse().unwrap();
    assert!(first > 1);
    check(served, first);
}

#[test]
fn a_job_that_cannot_start_leaves_the_one_before() {
    let served = start(&[]);
    let source = "CREATE TABLE gone (k STRING) WITH ('connector' = 'filesystem', 'path' = '/nowhere/at/all', 'format' = 'json');
      CREATE TABLE away (k STRING) WITH ('connector' = 'blackhole'); INSERT INTO away SELECT k FROM gone;";
    change(&served, &format!("{source}{}", of_plan("B")));
    let finished = command(&served, &["reload"]);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains("/nowhere/at/all"), "{}", finished.stderr);
    assert_eq!(result_of(&served)["result"], "failed");
    served.wait("/api/v1/job", "/state", |state| state == "running");
    served.wait("/api/v1/job", "/records_in", |now| now.as_u64() > Some(0));
    assert!(!served.printed().contains(", B]"));
    // Mended, it is taken.
    change(&served, &of_plan("C"));
    assert_eq!(command(&served, &["reload"]).code, Some(0));
    wait_for_rows(&served, "C");
    check(served, 1);
}

#[test]
fn saved_files_are_taken_at_once() {
    let served = start(&["--watch"]);
    assert_eq!(served.json("/api/v1/reload")["watches"], true);
    change(&served, &of_plan("B").replace("INSERT", "INSRT"));
    served.wait("/api/v1/job", "/last_reload/result", |result| result == "invalid");
    change(&served, &of_plan("B"));
    wait_for_rows(&served, "B");
    served.wait("/api/v1/job", "/last_reload/result", |result| result == "applied");
    change(&served, &of_plan("C").replace("FROM t GROUP", "FROM t WHERE id > 0 GROUP"));
    served.wait("/api/v1/job", "/last_reload/result", |result| result == "refused");
    // A new file of the folder counts, too.
    change(&served, &of_plan("C"));
    served.folder().write("sql/more.sql", "CREATE VIEW v AS SELECT id FROM t;");
    wait_for_rows(&served, "C");
    check(served, 1);
}

#[test]
fn taps_and_events_go_on_with_the_new_job() {
    let served = start(&[]);
    let mut plans = Vec::new();
    let (client, url) = (served.client(), served.url.clone());
    change(&served, &of_plan("B"));
    let reload = std::thread::spawn(move || {
        let mut command = Command::new(binary::path());
        binary::finish(command.args(["reload", "--url", &url])).code
    });
    // Who follows a node of the job before comes to an end, and may ask again.
    wait_for("rows of the new plan", || {
        let follow = client.follow("/api/v1/tap?node=ids", |event, data| {
            if event.is_empty() {
                plans.push(data.contains("\"B\""));
            }
            Ok(plans.last() != Some(&true))
        });
        follow.is_ok().then_some(())?;
        plans.last().copied().filter(|is_new| *is_new)
    });
    assert_eq!(reload.join().unwrap(), Some(0));
    check(served, 1);
}

#[test]
fn another_address_needs_a_new_start_and_reloads_are_counted() {
    let served = start(&[]);
    served
        .folder()
        .write("sql/streamsql.yaml", "job: { name: numbers, state: ../state, http: 127.0.0.1:8099 }\n");
    change(&served, &of_plan("B"));
    let finished = command(&served, &["reload"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let said =
        "job.http has changed: page and API stay where they are until the job is stopped and started again";
    assert!(finished.stderr.contains(said), "{}", finished.stderr);
    assert!(wait_until(|| served.log().contains(said)), "{}", served.log());
    change(&served, "INSERT");
    assert_eq!(command(&served, &["reload"]).code, Some(3));
    let metrics = String::from_utf8(served.client().get("/metrics").unwrap().body.to_vec()).unwrap();
    let counts: Vec<&str> =
        metrics.lines().filter(|line| line.starts_with("streamsql_reload_total{")).collect();
    let count = |result: &str| {
        let line = counts.iter().find(|line| line.contains(&format!("result=\"{result}\"")));
        line.and_then(|line| line.rsplit_once(' ')).map(|(_, count)| count.to_owned())
    };
    assert_eq!(
        ["applied", "refused", "invalid", "failed"].map(|result| count(result).unwrap()),
        ["1", "0", "1", "0"],
        "{counts:?}"
    );
    wait_for_rows(&served, "B");
    check(served, 1);
}
