//! A table of PostgreSQL read once, row after row (Flink `JdbcDynamicTableSource` as a bounded scan).
//!
//! One split; its position is the number of rows read. Rows come in the order of a unique key or, where the table has
//! none, of all columns that are read, so that a restart in the middle goes on behind the rows that were committed. One
//! connection reads one state of the table: a cursor in a transaction that sees what was committed when it began. When all is
//! read the position says so, and a restart reads nothing more.
//!
//! A number of rows means something only in its range and its order, so the split is named by both: a restart goes on in the
//! order that it finds in the state, also where the table has got a better one since, and is refused where that is gone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use streamsql_core::{
    ChangeBatch, Error, Origins, Result, Schema, Source, SourceBatch, SourceEvent, Split, SplitStart,
    StopHandle, digest,
};
use streamsql_formats::builder::RowBuilder;

use super::catalog::Target;
use super::fault::{Fault, Problem};
use super::session::{Backoff, Session};
use super::{Database, check_columns, ident, values};
use crate::SourceSpec;
use crate::options::{number, required};

/// Rows that are asked for at once.
const BATCH_ROWS: usize = 8_192;

/// The position of a table that was read to its end.
const ALL: i64 = i64::MAX;

/// Run on every connection: the transaction waits for as long as the rest of the job needs.
const SETUP: &str = "SET idle_in_transaction_session_timeout = 0";

/// Reads one table.
pub struct PostgresScan {
    session: Session,
    table: String,
    columns: Schema,
    /// Column, lower and upper bound: Flink reads the rows between them only.
    between: Option<(String, i64, i64)>,
    /// Named by table, range and order; what it was called at the last start until the table was looked at.
    split: Split,
    position: i64,
    /// Splits of another order of which no row was read.
    untouched: VecDeque<Split>,
    /// The statement of the cursor without its OFFSET; none until the table was looked at.
    query: Option<String>,
    is_open: bool,
}

impl PostgresScan {
    /// # Errors
    /// `Invalid`, naming the option or column; nothing is contacted.
    pub fn new(spec: &SourceSpec<'_>) -> Result<Self> {
        if let Some((key, _)) = spec.metadata.first() {
            return Err(Error::invalid(format!("connector 'jdbc' has no metadata column '{key}'")));
        }
        check_columns(spec.physical)?;
        let database = Database::from_options(spec.options)?;
        let table = required(spec.options, "table-name")?.to_owned();
        let between = match spec.options.get("scan.partition.column") {
            Some(column) => {
                let bound =
                    |key: &str| required(spec.options, key).and_then(|_| number(spec.options, key, 0));
                let (low, high) =
                    (bound("scan.partition.lower-bound")?, bound("scan.partition.upper-bound")?);
                if low > high {
                    return Err(Error::invalid(
                        "'scan.partition.lower-bound' is not greater than 'scan.partition.upper-bound'",
                    ));
                }
                if bound("scan.partition.num")? < 1 {
                    return Err(Error::invalid("'scan.partition.num' is at least 1"));
                }
                Some((column.clone(), low, high))
            }
            None => None,
        };
        let mut session = Session::new(&database, "streamsql-scan")?;
        session.on_connect(vec![SETUP.to_owned()]);
        // A FETCH may have to sort the table first.
        session.be_patient();
        Ok(Self {
            session,
            split: Split { topic: Arc::from(""), partition: 0 },
            table,
            columns: Schema::new(spec.read.iter().map(|i| spec.physical.columns[*i].clone()).collect()),
            between,
            position: 0,
            untouched: VecDeque::new(),
            query: None,
            is_open: false,
        })
    }

    /// Name of a split that is read in an order.
    fn name(&self, order: &str) -> Arc<str> {
        let range = self.between.as_ref();
        let range = range.map(|(column, low, high)| format!(" where {column} between {low} and {high}"));
        Arc::from(format!("{}{} by {order}", self.table, range.unwrap_or_default()))
    }

    /// The order to read in, as a list of SQL: the one in which rows were read before, or else the best there is.
    fn order(&mut self, target: &Target, selected: &[String]) -> Result<Vec<String>> {
        let quoted = |name: &String| format!("t.{}", ident::quote(name));
        let keys = target.row_keys().into_iter();
        let keys = keys.map(|key| (self.name(&key.join(", ")), key.iter().map(quoted).collect()));
        let columns: Vec<String> = selected.iter().map(|sql| format!("({sql}) COLLATE \"C\"")).collect();
        let by_columns = (self.name(&format!("columns {:016x}", digest(&columns.join(", ")))), columns);
        let mut orders: Vec<(Arc<str>, Vec<String>)> = keys.chain([by_columns]).collect();
        let known = match self.position {
            0 => Some(0),
            _ => orders.iter().position(|(name, _)| *name == self.split.topic),
        };
        let (name, order) = known.map(|known| orders.swap_remove(known)).ok_or_else(|| self.refusal())?;
        self.split.topic = name;
        Ok(order)
    }

    /// That rows were read of which it cannot be told which they were.
    fn refusal(&self) -> Error {
        let taken = match self.position {
            ALL => "all rows".to_owned(),
            rows => format!("the first {rows} rows"),
        };
        Error::state(format!(
            "table {}: {taken} of \"{}\" were read, and it is read in another order or range now, so that it cannot be told \
             which rows are left",
            self.table, self.split.topic
        ))
        .hint(
            "go back to the unique key of the table, the columns and the 'scan.partition.*' options with which it was \
             read, or give the job a new name in streamsql.yaml (it then starts afresh; empty the target tables first)",
        )
    }

    /// The SELECT over the table as it is in the database.
    fn query(&mut self) -> Result<String, Problem> {
        let target = Target::read(&mut self.session, &self.table)?;
        target.check_readable(&self.columns, &Schema::new(Vec::new()))?;
        let quoted = |name: &str| format!("t.{}", ident::quote(&target.stored_name(name)));
        let mut selected = Vec::new();
        for column in &self.columns.columns {
            let read = target.column(&column.name);
            let read = read.and_then(|found| found.read_as(&column.logical_type, &quoted(&column.name)));
            selected.push(read.ok_or_else(|| {
                Error::internal(format!("column {} of {} passed no check", column.name, target.name))
            })?);
        }
        let order = self.order(&target, &selected)?;
        let mut query = format!("SELECT {} FROM {} t", selected.join(", "), target.relation);
        if let Some((column, low, high)) = &self.between {
            if target.column(column).is_none() {
                return Err(Error::invalid(format!(
                    "'scan.partition.column' = '{column}': table {} has no such column",
                    target.name
                ))
                .into());
            }
            query.push_str(&format!(" WHERE {} BETWEEN {low} AND {high}", quoted(column)));
        }
        // Nothing is read of a table whose rows are only counted; then they are all the same.
        if !order.is_empty() {
            query.push_str(&format!(" ORDER BY {}", order.join(", ")));
        }
        Ok(query)
    }

    /// Opens the cursor behind the rows that were read.
    fn declare(&mut self) -> Result<(), Problem> {
        if !self.session.is_connected() {
            self.session.connect()?;
        }
        let query = match &self.query {
            Some(query) => query.clone(),
            None => self.query()?,
        };
        self.session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let position = self.position;
        self.session
            .batch(&format!("DECLARE streamsql_scan NO SCROLL CURSOR FOR {query} OFFSET {position}"))?;
        self.query = Some(query);
        self.is_open = true;
        Ok(())
    }

    fn fetch(&mut self) -> Result<Vec<Vec<Option<String>>>, Problem> {
        if !self.is_open {
            self.declare()?;
        }
        let fetched = self.session.fetch(&format!("FETCH {BATCH_ROWS} FROM streamsql_scan"), &[]);
        Ok(fetched.inspect_err(|_| self.is_open = false)?)
    }

    fn explain(&self, fault: &Fault) -> Error {
        let error = Error::failed(format!("{}, table {}: {fault}", self.session.place(), self.table));
        self.with_hint(error, fault)
    }

    fn with_hint(&self, error: Error, fault: &Fault) -> Error {
        match fault.sqlstate() {
            "42501" => error.hint(format!("the user needs GRANT SELECT ON {}", self.table)),
            _ => error,
        }
    }

    fn batch(&mut self, fetched: &[Vec<Option<String>>]) -> Result<SourceBatch> {
        let mut rows = RowBuilder::new(&self.columns);
        for (number, row) in fetched.iter().enumerate() {
            for (i, value) in row.iter().enumerate().take(self.columns.columns.len()) {
                values::append(value.as_deref(), &mut rows.columns_mut()[i]).map_err(|reason| {
                    let column = &self.columns.columns[i];
                    let shown: String = value.iter().flat_map(|value| value.chars()).take(100).collect();
                    Error::failed(format!(
                        "column {} is '{shown}', which cannot be read as {}: {reason}",
                        column.name, column.logical_type
                    ))
                    .at(format!(
                        "table {}, row {}",
                        self.table,
                        self.position + number as i64 + 1
                    ))
                })?;
            }
            rows.commit();
        }
        let from = self.position;
        self.position += fetched.len() as i64;
        let positions = (from..self.position).collect();
        Ok(SourceBatch {
            split: self.split.clone(),
            batch: ChangeBatch::inserts(rows.finish()?),
            next_position: self.position,
            records: fetched.len() as u64,
            skipped: 0,
            bytes: fetched.iter().flatten().flatten().map(|value| value.len() as u64).sum(),
            dead_letters: Vec::new(),
            origins: Some(Arc::new(Origins { positions, ..Origins::default() })),
            cuts: Vec::new(),
        })
    }
}

impl Source for PostgresScan {
    fn open(&mut self, restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        let read = restored.iter().find(|(_, position)| **position > 0);
        if let Some((split, position)) = read {
            (self.split, self.position) = (split.clone(), *position);
        }
        if self.position == ALL {
            // In whatever order.
            if !self.split.topic.starts_with(&*self.name("")) {
                return Err(self.refusal());
            }
            return Ok(vec![SplitStart { split: self.split.clone(), position: ALL }]);
        }
        let deadline = self.session.start_deadline();
        let mut backoff = Backoff::default();
        loop {
            self.session.connect_at_start(deadline)?;
            match self.declare() {
                Ok(()) => {
                    let split = self.split.clone();
                    self.untouched = restored.keys().filter(|known| **known != split).cloned().collect();
                    return Ok(vec![SplitStart { split, position: self.position }]);
                }
                Err(Problem::Error(error)) => return Err(error),
                Err(Problem::Database(fault)) if fault.may_pass() && Instant::now() < deadline => {
                    backoff.wait();
                }
                Err(Problem::Database(fault)) => {
                    let error = Error::unreachable(format!("{} refuses us: {fault}", self.session.place()));
                    return Err(self.with_hint(error, &fault));
                }
            }
        }
    }

    fn poll(&mut self, timeout: Duration) -> Result<SourceEvent> {
        if self.position == ALL {
            return Ok(SourceEvent::End);
        }
        // Event time does not wait for them.
        if let Some(split) = self.untouched.pop_front() {
            return Ok(SourceEvent::SplitEnd(split));
        }
        match self.fetch() {
            Ok(fetched) if fetched.is_empty() => {
                // The transaction has nothing to keep.
                self.session.disconnect();
                self.position = ALL;
                let mut last = self.batch(&[])?;
                last.next_position = ALL;
                Ok(SourceEvent::Batch(last))
            }
            Ok(fetched) => self.batch(&fetched).map(SourceEvent::Batch),
            Err(Problem::Error(error)) => Err(error),
            Err(Problem::Database(_)) if self.session.halt().is_stopped() => Ok(SourceEvent::Nothing),
            // A server that comes back is waited for, as everywhere.
            Err(Problem::Database(fault)) if fault.may_pass() => {
                tracing::warn!("reading {} waits for {}: {fault}", self.table, self.session.place());
                self.is_open = false;
                self.session.disconnect();
                std::thread::sleep(timeout.min(Duration::from_millis(200)));
                Ok(SourceEvent::Nothing)
            }
            Err(Problem::Database(fault)) => Err(self.explain(&fault)),
        }
    }

    fn halt_with(&mut self, halt: &StopHandle) {
        self.session.halt_with(halt);
    }
}
