//! What is visible when: the committer against a real PostgreSQL, asked at the moments that a crash could fall into.

use std::sync::Arc;

use arrow::array::{Int32Array, RecordBatch, StringArray};
use streamsql_connectors::postgres::{Database, Mistake, PostgresCommitter, SinkTable};
use streamsql_core::{
    ChangeBatch, Column, Epoch, EpochCommit, EpochCommitter, Error, ErrorKind, LogicalType, RowKind, Schema,
    TableChanges,
};
use streamsql_tests::services::postgres::{Postgres, USER};

/// A job of one table `t (k, n)` in a database of its own.
struct Job {
    server: Arc<Postgres>,
    database: String,
}

impl Job {
    fn new(columns: &str) -> Self {
        let server = Postgres::shared();
        let database = server.create_database("order");
        server.execute(&database, &format!("CREATE TABLE t ({columns})"));
        Self { server, database }
    }

    /// A committer that has taken the job over.
    fn committer(&self, mistake: Option<Mistake>) -> PostgresCommitter {
        let options = [
            ("connector", "jdbc".to_owned()),
            ("url", self.server.jdbc_url(&self.database)),
            ("username", USER.to_owned()),
            ("password", self.server.password().to_owned()),
            ("table-name", "t".to_owned()),
        ];
        let options = options.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let columns = Schema::new(vec![
            Column::new("k", LogicalType::Varchar(i32::MAX as u32), false),
            Column::new("n", LogicalType::Int, true),
        ]);
        let table = SinkTable { table: "t".to_owned(), columns, primary_key: vec![0] };
        let database = Database::from_options(&options).expect("options");
        let committer = PostgresCommitter::new(&database, "j", vec![table]).expect("a committer");
        let mut committer = committer.with_mistake(mistake);
        committer.take_over().expect("the job is taken over");
        committer
    }

    /// Committed epoch and rows, as another session reads them.
    fn visible(&self) -> (String, String) {
        let value = |sql: &str| self.server.value(&self.database, sql).unwrap_or_default();
        (
            value("SELECT epoch FROM streamsql.job"),
            value("SELECT string_agg(k || n::text, ' ' ORDER BY k) FROM t"),
        )
    }
}

fn rows(kind: RowKind, rows: &[(&str, i32)]) -> ChangeBatch {
    let keys = StringArray::from_iter_values(rows.iter().map(|(key, _)| *key));
    let numbers = Int32Array::from_iter_values(rows.iter().map(|(_, number)| *number));
    let batch = RecordBatch::try_from_iter([
        ("k", Arc::new(keys) as arrow::array::ArrayRef),
        ("n", Arc::new(numbers)),
    ]);
    ChangeBatch::new(batch.expect("rows"), vec![kind; rows.len()]).expect("changes")
}

fn epoch(number: u64, batches: Vec<ChangeBatch>) -> EpochCommit {
    EpochCommit {
        epoch: Epoch(number),
        manifest: format!("m{number}"),
        manifest_hash: vec![1],
        plan_hash: vec![2],
        positions: serde_json::json!({}),
        changes: vec![TableChanges { sink: 0, batches }],
        dead_letters: vec![],
    }
}

fn is(epoch: u64, rows: &str) -> (String, String) {
    (epoch.to_string(), rows.to_owned())
}

/// What is visible when an epoch's state is waited for: a crash at this moment leaves it without its state.
fn visible_without_state(mistake: Option<Mistake>) -> (String, String) {
    let job = Job::new("k text PRIMARY KEY, n int");
    let mut committer = job.committer(mistake);
    let mut seen = None;
    let first = epoch(1, vec![rows(RowKind::Insert, &[("a", 1)])]);
    let mut state = || {
        seen = Some(job.visible());
        Ok(())
    };
    committer.commit(&first, &mut state).expect("committed");
    assert_eq!(job.visible(), is(1, "a1"));
    seen.expect("the state is asked for")
}

#[test]
fn nothing_is_visible_before_the_state_is_durable() {
    assert_eq!(visible_without_state(None), is(0, ""));
}

#[test]
fn a_commit_before_the_state_is_noticed() {
    assert_eq!(visible_without_state(Some(Mistake::CommitBeforeState)), is(1, "a1"));
}

#[test]
fn an_epoch_whose_state_cannot_be_written_stays_invisible() {
    let job = Job::new("k text PRIMARY KEY, n int");
    let first = epoch(1, vec![rows(RowKind::Insert, &[("a", 1)])]);
    let error = job
        .committer(None)
        .commit(&first, &mut || Err(Error::failed("the disk is full")))
        .expect_err("no state, no commit");
    assert_eq!(error.message, "the disk is full");
    assert_eq!(job.visible(), is(0, ""));
    job.committer(None).commit(&first, &mut || Ok(())).expect("committed");
    assert_eq!(job.visible(), is(1, "a1"));
}

/// The rows travel with the statement that finds out that the job is not ours; the server must not carry them out.
#[test]
fn an_older_owner_writes_nothing() {
    let job = Job::new("k text PRIMARY KEY, n int");
    let mut older = job.committer(None);
    older.commit(&epoch(1, vec![rows(RowKind::Insert, &[("a", 1)])]), &mut || Ok(())).expect("committed");
    let mut newer = job.committer(None);
    let second = epoch(2, vec![rows(RowKind::Delete, &[("a", 1)]), rows(RowKind::Insert, &[("b", 2)])]);
    let error = older.commit(&second, &mut || Ok(())).expect_err("fenced");
    assert_eq!(error.kind, ErrorKind::Fenced);
    assert_eq!(job.visible(), is(1, "a1"));
    newer.commit(&second, &mut || Ok(())).expect("committed");
    assert_eq!(job.visible(), is(2, "b2"));
}

/// Rows that the job inserts for the first time, and one that the table holds already: the epoch is sent again, with
/// its deletes, and another way.
#[test]
fn a_row_that_was_there_already_is_replaced() {
    let job = Job::new("k text PRIMARY KEY, n int");
    job.server.execute(&job.database, "INSERT INTO t VALUES ('b', 7), ('c', 8)");
    let mut committer = job.committer(None);
    let mixed =
        epoch(1, vec![rows(RowKind::Delete, &[("c", 8)]), rows(RowKind::Insert, &[("a", 1), ("b", 2)])]);
    committer.commit(&mixed, &mut || Ok(())).expect("committed");
    assert_eq!(job.visible(), is(1, "a1 b2"));
    committer
        .commit(&epoch(2, vec![rows(RowKind::Insert, &[("a", 3), ("d", 4)])]), &mut || Ok(()))
        .expect("committed");
    assert_eq!(job.visible(), is(2, "a3 b2 d4"));
}

/// A constraint that no way of writing satisfies is named, with its table, and nothing stays.
#[test]
fn a_refused_row_names_table_and_constraint() {
    let job = Job::new("k text PRIMARY KEY, n int CONSTRAINT once UNIQUE");
    let mut committer = job.committer(None);
    let twice = epoch(1, vec![rows(RowKind::Insert, &[("a", 1), ("b", 1)])]);
    let error = committer.commit(&twice, &mut || Ok(())).expect_err("refused");
    assert!(error.to_string().contains("table public.t"), "{error}");
    assert!(error.to_string().contains("constraint once"), "{error}");
    assert_eq!(job.visible(), is(0, ""));
}

/// More than one write's worth of rows in several requests: the flight is not one write any more, and arrives whole.
#[test]
fn a_large_epoch_arrives_whole() {
    let job = Job::new("k text PRIMARY KEY, n int");
    let mut committer = job.committer(None);
    let long = "x".repeat(1_000);
    let keys: Vec<String> = (0..3_000).map(|i| format!("{i:05}{long}")).collect();
    let pairs: Vec<(&str, i32)> = keys.iter().map(|key| (key.as_str(), 1)).collect();
    committer
        .commit(
            &epoch(1, vec![rows(RowKind::Insert, &pairs), rows(RowKind::UpdateAfter, &[("a", 1)])]),
            &mut || Ok(()),
        )
        .expect("committed");
    let count =
        job.server.value(&job.database, "SELECT count(*)::text || ' ' || sum(length(k))::text FROM t");
    assert_eq!(count, Some(format!("3001 {}", 3_000 * 1_005 + 1)));
}
