//! Why nothing comes out: the sentences that a user reads, for plans as they are planned and counters as they stand.

use std::sync::Arc;
use std::time::Duration;

use streamsql_core::Split;
use streamsql_http::why::{Situation, why};
use streamsql_plan::{Dataflow, NodeKind};
use streamsql_planner::plan_script;
use streamsql_runtime::{
    DisorderSnapshot, EpochSnapshot, JobState, NodeSnapshot, SourceSnapshot, SplitSnapshot, StandingSnapshot,
};
use streamsql_sql::load::load_script;

/// 10:00:00 on 2026-01-31.
const NOW: i64 = 1_769_853_600_000;
const MINUTE: i64 = 60_000;

const JOIN: &str = "SELECT c.k, o.n FROM clicks c JOIN checkouts o
  ON c.k = o.k AND c.ts BETWEEN o.ts - INTERVAL '1' HOUR AND o.ts;";

fn plan(query: &str, settings: &str) -> Dataflow {
    let table = |name: &str, more: &str| {
        format!(
            "CREATE TABLE {name} (k INT, {more} ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
             WITH ('connector' = 'kafka', 'topic' = '{name}', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json');\n"
        )
    };
    let sql = format!("{settings}\n{}{}{query}", table("clicks", ""), table("checkouts", "n INT,"));
    let statements = load_script(&sql, "job.sql", None, &[]).unwrap();
    let planned = plan_script(&statements).map_err(|refused| refused.render(false)).unwrap();
    planned.dataflows().last().cloned().unwrap()
}

/// A job at one moment, as a test changes it.
struct Job {
    dataflow: Dataflow,
    standing: StandingSnapshot,
    epochs: EpochSnapshot,
    nodes: Vec<NodeSnapshot>,
    sources: Vec<SourceSnapshot>,
    flows: Option<bool>,
}

impl Job {
    /// Runs since ten minutes. Records come to all partitions and event time moves, but nothing has come out.
    fn new(dataflow: Dataflow, partitions: i32) -> Self {
        let standing = StandingSnapshot {
            state: JobState::Running,
            since_ms: NOW - 10 * MINUTE,
            started_ms: NOW - 10 * MINUTE,
            running_ms: Some(NOW - 10 * MINUTE),
            alive_ms: NOW,
            failure: None,
        };
        let node = |node: usize| NodeSnapshot {
            node,
            name: dataflow.nodes[node].kind.name(),
            rows_in: 1_000,
            bytes_in: 0,
            rows_out: 1_000,
            bytes_out: 0,
            late_rows: 0,
            busy: Duration::ZERO,
            blocked: Duration::ZERO,
            watermark_ms: Some(NOW - MINUTE),
            state_bytes: 0,
            state_keys: 0,
            lookup: None,
        };
        let mut nodes: Vec<NodeSnapshot> = (0..dataflow.nodes.len()).map(node).collect();
        if let Some(last) = nodes.last_mut() {
            last.rows_in = 0;
        }
        let split = |topic: &str, partition| SplitSnapshot {
            split: Split { topic: Arc::from(topic), partition },
            records: 500,
            bytes: 0,
            skipped: 0,
            dead_letters: 0,
            position: 500,
            watermark_ms: Some(NOW - MINUTE),
            idle: false,
            ended: false,
            last_record_ms: Some(NOW - 100),
            lag: Some(0),
        };
        let source = |node: usize| match &dataflow.nodes[node].kind {
            NodeKind::TableSourceScan(scan) => Some(SourceSnapshot {
                node,
                table: scan.table.name.clone(),
                watermark_ms: Some(NOW - MINUTE),
                idle: false,
                ended: false,
                disorder: DisorderSnapshot::default(),
                splits: (0..partitions).map(|p| split(&scan.table.name, p)).collect(),
            }),
            _ => None,
        };
        let sources = (0..dataflow.nodes.len()).filter_map(source).collect();
        Self { dataflow, standing, epochs: EpochSnapshot::default(), nodes, sources, flows: Some(false) }
    }

    fn source(&mut self, table: &str) -> &mut SourceSnapshot {
        self.sources.iter_mut().find(|source| source.table == table).unwrap()
    }

    fn node(&mut self, kind: &str) -> &mut NodeSnapshot {
        self.nodes.iter_mut().find(|node| node.name == kind).unwrap_or_else(|| panic!("no {kind}"))
    }

    fn findings(&self) -> Vec<(&'static str, String)> {
        let situation = Situation {
            dataflow: &self.dataflow,
            now_ms: NOW,
            patience_ms: 10_000,
            standing: &self.standing,
            epochs: &self.epochs,
            nodes: &self.nodes,
            sources: &self.sources,
            flows: self.flows,
        };
        why(&situation).into_iter().map(|finding| (finding.code, finding.text)).collect()
    }

    /// The reason of this rule.
    fn reason(&self, code: &str) -> String {
        let findings = self.findings();
        let found = findings.iter().find(|(found, _)| *found == code);
        found.unwrap_or_else(|| panic!("no {code} in {findings:?}")).1.clone()
    }
}

fn join() -> Job {
    Job::new(plan(JOIN, ""), 4)
}

#[test]
fn nothing_is_said_while_rows_come_out() {
    let mut job = join();
    job.flows = Some(true);
    assert_eq!(job.findings(), []);
    job.flows = None;
    job.nodes.last_mut().unwrap().rows_in = 1;
    assert_eq!(job.findings(), []);
    job.standing.state = JobState::Finished;
    job.flows = Some(false);
    assert_eq!(job.findings(), []);
}

#[test]
fn a_silent_partition_holds_event_time_back() {
    let mut job = join();
    let checkouts = job.source("checkouts");
    checkouts.watermark_ms = Some(NOW - 5 * MINUTE);
    checkouts.splits[3].watermark_ms = Some(NOW - 5 * MINUTE);
    checkouts.splits[3].last_record_ms = Some(NOW - 4 * MINUTE);
    let place = job
        .dataflow
        .nodes
        .iter()
        .find(|node| node.kind.name() == "IntervalJoin")
        .unwrap()
        .location
        .as_ref()
        .unwrap();
    let wanted = format!(
        "IntervalJoin ({place}) waits for the watermark of checkouts, which stands at 2026-01-31 09:55:00, 4 min behind clicks; \
         partition 3 of checkouts has been silent for 4 min; set table.exec.source.idle-timeout, or send to it"
    );
    assert_eq!(job.reason("watermark"), wanted);
    // With a timeout it is known what will happen; with one partition no timeout helps.
    let mut timed = Job::new(plan(JOIN, "SET 'table.exec.source.idle-timeout' = '5 min';"), 4);
    timed.source("checkouts").splits[3] = job.source("checkouts").splits[3].clone();
    timed.source("checkouts").watermark_ms = Some(NOW - 5 * MINUTE);
    assert!(
        timed.reason("watermark").ends_with("it counts as idle after 5 min"),
        "{}",
        timed.reason("watermark")
    );
    let mut single = Job::new(plan(JOIN, ""), 1);
    single.source("checkouts").watermark_ms = Some(NOW - 5 * MINUTE);
    single.source("checkouts").splits[0] = SplitSnapshot {
        split: Split { topic: Arc::from("checkouts"), partition: 0 },
        ..job.source("checkouts").splits[3].clone()
    };
    assert!(single.reason("watermark").ends_with(
        "checkouts has been silent for 4 min; event time moves only with its records: send to it"
    ));
}

#[test]
fn a_partition_that_never_spoke_keeps_event_time_from_beginning() {
    let mut job = join();
    let clicks = job.source("clicks");
    clicks.watermark_ms = None;
    let split = &mut clicks.splits[2];
    (split.watermark_ms, split.last_record_ms, split.records) = (None, None, 0);
    let text = job.reason("watermark");
    assert!(
        text.contains("waits for the watermark of clicks, which has not begun; partition 2 of clicks has had no record for 10 min; \
                       set table.exec.source.idle-timeout, or send to it"),
        "{text}"
    );
    job.source("clicks").splits[2].last_record_ms = Some(NOW - 100);
    let text = job.reason("watermark");
    assert!(text.contains("the watermark expression is NULL for every record of partition 2"), "{text}");
    for split in &mut job.source("clicks").splits {
        split.idle = true;
    }
    assert!(job.reason("watermark").contains("all its partitions are idle"));
}

#[test]
fn event_time_that_moves_is_waited_for_rightly() {
    let text = join().reason("watermark");
    assert!(text.contains("(60 s behind the clock); it moves with the event times of its records"), "{text}");
}

#[test]
fn sources_without_records_are_named() {
    let mut job = join();
    for split in &mut job.source("clicks").splits {
        (split.records, split.last_record_ms) = (0, None);
    }
    let text = job.reason("no-records");
    assert!(text.starts_with("no record of clicks has come for 10 min: its topic holds nothing"), "{text}");
    job.source("clicks").splits[0].lag = Some(7);
    assert!(job.reason("no-records").ends_with("7 records wait there"));
    job.source("clicks").splits.clear();
    assert!(job.reason("no-splits").contains("clicks"));
    let checkouts = job.source("checkouts");
    for split in &mut checkouts.splits {
        split.dead_letters = split.records;
    }
    assert!(job.reason("no-rows").starts_with("none of the 2000 records of checkouts became a row"));
}

#[test]
fn nodes_that_let_nothing_through_are_named_with_their_condition() {
    let mut job = Job::new(plan("SELECT k FROM clicks WHERE k > 1000;", ""), 1);
    let calc = job.node("Calc");
    calc.rows_out = 0;
    let text = job.reason("no-match");
    assert!(text.contains("lets none of 1000 rows through: no row meets") && text.contains("1000"), "{text}");
    assert!(text.contains("job.sql:"), "{text}");

    let mut job = join();
    job.node("IntervalJoin").late_rows = 900;
    assert!(job.reason("late").contains("dropped 900 of 1000 rows as late"));
}

#[test]
fn services_that_do_not_answer_come_first() {
    let mut job = join();
    job.epochs.pending_ms = Some(NOW - 40_000);
    job.standing.alive_ms = NOW - 30_000;
    let findings = job.findings();
    assert_eq!((findings[0].0, findings[1].0), ("commit", "stuck"));
    assert!(findings[0].1.starts_with("an epoch waits for its commit since 40 s"), "{}", findings[0].1);
    // Also while rows came out a moment ago.
    job.flows = Some(true);
    assert_eq!(job.findings().len(), 2);
    job.standing.state = JobState::Starting;
    assert_eq!(job.findings()[0].0, "starting");
    job.standing.state = JobState::Failed;
    job.standing.failure = Some("the disk is full".to_owned());
    assert_eq!(job.findings(), [("failed", "the job has failed: the disk is full".to_owned())]);
}
