//! Starts, feeds, disturbs and checks one job.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use super::job::Job;
use super::shop::{Offsets, PARTITIONS, Shop};
use crate::job_folder::JobFolder;
use crate::patience::{self, let_pass, wait_until};
use crate::process;
use crate::proxy::{Cut, Proxy};
use crate::services::kafka::Kafka;
use crate::services::postgres::{Postgres, Session};

/// One job with its services, its input and what must come of it.
pub struct Supervisor {
    binary: String,
    job: Job,
    mistake: Option<String>,
    seed: u64,
    pub random: ChaCha8Rng,
    shop: Shop,
    _kafka: Arc<Kafka>,
    postgres: Arc<Postgres>,
    pub proxy: Proxy,
    database: String,
    checks: Session,
    producer: ThreadedProducer<DefaultProducerContext>,
    /// Names of the topics of clicks and checkouts.
    topics: [String; 2],
    folder: JobFolder,
    process: Option<Child>,
    starts: u64,
    pub counts: BTreeMap<&'static str, u64>,
}

/// What a check found in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    pub epoch: u64,
    clicks: Offsets,
    checkouts: Offsets,
}

impl Supervisor {
    /// `mistake` is for the binary of the tests: a wrong protocol.
    pub fn new(binary: &str, job: Job, seed: u64, mistake: Option<&str>) -> Self {
        Self::over(Kafka::shared(), Postgres::shared(), binary, job, seed, mistake)
    }

    /// The same over services that the test may disturb, too.
    pub fn over(
        kafka: Arc<Kafka>,
        postgres: Arc<Postgres>,
        binary: &str,
        job: Job,
        seed: u64,
        mistake: Option<&str>,
    ) -> Self {
        println!("chaos: seed {seed}");
        let database = postgres.create_database("chaos");
        postgres.execute(&database, &Shop::dimensions());
        postgres.execute(&database, job.tables());
        let topics = ["clicks", "checkouts"].map(|topic| kafka.create_topic(topic, PARTITIONS as i32));
        let proxy = Proxy::start(postgres.address());
        let folder = JobFolder::new();
        job.write(&folder, &topics, &kafka.bootstrap(), proxy.port(), &database);
        Self {
            binary: binary.to_owned(),
            job,
            mistake: mistake.map(str::to_owned),
            seed,
            random: ChaCha8Rng::seed_from_u64(seed),
            shop: Shop::default(),
            checks: postgres.session(&database),
            producer: kafka.producer(&[("enable.idempotence", "true")]),
            _kafka: kafka,
            postgres,
            proxy,
            database,
            topics,
            folder,
            process: None,
            starts: 0,
            counts: BTreeMap::new(),
        }
    }

    /// Writes `events` records, in order within each partition.
    pub fn feed(&mut self, events: usize) {
        for _ in 0..events {
            let event = self.shop.next(&mut self.random);
            let topic = &self.topics[usize::from(!event.is_click)];
            let record: BaseRecord<'_, [u8], [u8]> =
                BaseRecord::to(topic).partition(event.partition as i32).payload(event.json.as_bytes());
            self.producer.send(record).unwrap_or_else(|(error, _)| panic!("producer: {error}"));
        }
        self.producer.flush(patience::HANG).expect("records are written");
    }

    /// Starts the job where it does not run, at a parallelism of 1, 2 or 3.
    pub fn ensure_running(&mut self) {
        if self.process.is_none() {
            self.process = Some(self.spawn());
        }
    }

    fn spawn(&mut self) -> Child {
        self.starts += 1;
        *self.counts.entry("starts").or_default() += 1;
        let parallelism = self.random.random_range(1..=3).to_string();
        let log =
            std::fs::File::create(self.folder.path().join(format!("log-{}", self.starts))).expect("log file");
        let mut command: Command = self.folder.run(&self.binary, &["--parallelism", &parallelism, "-v"]);
        command.env("PW", self.postgres.password()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        if let Some(mistake) = &self.mistake {
            command.env("STREAMSQL_TEST_MISTAKE", mistake);
        }
        command.spawn().expect("the binary starts")
    }

    /// `kill -9` after a random moment: half of them while it starts, some as a COMMIT goes by.
    pub fn kill(&mut self) {
        self.ensure_running();
        match self.random.random_range(0..4) {
            0 => {
                let seen = self.proxy.commits();
                let_pass(1_500, || self.proxy.commits() > seen);
            }
            1 => self.pause(400, 900),
            _ => self.pause(0, 400),
        }
        let mut process = self.process.take().expect("the job runs");
        if let Some(status) = process.try_wait().expect("status") {
            panic!("{}", self.report(&format!("the job ended by itself: {status}")));
        }
        process.kill().expect("kill");
        process.wait().expect("wait");
        *self.counts.entry("kills").or_default() += 1;
    }

    /// Cuts the next COMMIT on the wire and waits until the job is past it.
    pub fn cut(&mut self, cut: Cut) {
        self.ensure_running();
        let before = self.proxy.cuts();
        self.proxy.arm(cut);
        self.feed(50);
        self.wait("a COMMIT to cut", |supervisor| supervisor.proxy.cuts() > before);
        *self.counts.entry("cuts").or_default() += 1;
    }

    /// Starts a second instance; the first must stop and say who took over, the second goes on.
    pub fn start_twice(&mut self) {
        self.ensure_running();
        self.wait_for_progress();
        let second = self.spawn();
        let mut first = self.process.replace(second).expect("the job runs");
        let log = self.folder.path().join(format!("log-{}", self.starts - 1));
        let mut ended = None;
        wait_until(|| {
            self.feed(5);
            ended = first.try_wait().expect("status");
            ended.is_some()
        });
        let status: ExitStatus =
            ended.unwrap_or_else(|| panic!("{}", self.report("the older instance goes on")));
        let said = std::fs::read_to_string(log).unwrap_or_default();
        assert!(
            status.code() == Some(1) && said.contains("was taken over by"),
            "{}",
            self.report(&format!("the older instance ended with {status}:\n{said}"))
        );
        *self.counts.entry("double starts").or_default() += 1;
    }

    /// Stops the job's process without its knowledge, starts a second instance, wakes the first: it must find out.
    pub fn make_zombie(&mut self) {
        self.ensure_running();
        self.wait_for_progress();
        self.feed(30);
        self.pause(0, 60);
        let mut zombie = self.process.take().expect("the job runs");
        process::signal(zombie.id(), libc::SIGSTOP);
        self.ensure_running();
        self.wait_for_progress();
        process::signal(zombie.id(), libc::SIGCONT);
        let mut status = None;
        wait_until(|| {
            status = zombie.try_wait().expect("status");
            status.is_some()
        });
        if status.is_none() {
            let _ = zombie.kill();
            let _ = zombie.wait();
        }
        let code = status.and_then(|status| status.code());
        assert_eq!(code, Some(1), "{}", self.report("the zombie does not end with 1"));
        self.wait_for_progress();
        *self.counts.entry("zombies").or_default() += 1;
    }

    /// Crashes the database server while the job runs, and brings it back.
    pub fn crash_database(&mut self) {
        self.ensure_running();
        self.feed(100);
        self.pause(0, 300);
        self.postgres.crash();
        self.pause(0, 300);
        self.postgres.restart();
        self.checks = self.postgres.session(&self.database);
        *self.counts.entry("database crashes").or_default() += 1;
    }

    /// Runs statements of another client of the database.
    pub fn other_client(&self) -> Session {
        self.postgres.session(&self.database)
    }

    /// Waits for the job to end by itself; its exit code and what it said.
    pub fn wait_for_end(&mut self) -> (Option<i32>, String) {
        let mut process = self.process.take().expect("the job runs");
        let mut status = None;
        wait_until(|| {
            status = process.try_wait().expect("status");
            status.is_some()
        });
        if status.is_none() {
            let _ = process.kill();
            let _ = process.wait();
        }
        let log = self.folder.path().join(format!("log-{}", self.starts));
        (status.and_then(|s| s.code()), std::fs::read_to_string(log).unwrap_or_default())
    }

    /// Waits until the job has committed something more than it had.
    pub fn wait_for_progress(&mut self) {
        let before = self.committed().map_or(0, |committed| committed.epoch);
        self.feed(20);
        self.wait("a commit", |supervisor| supervisor.committed().is_some_and(|now| now.epoch > before));
    }

    /// Waits until everything written is committed.
    pub fn wait_for_all(&mut self) {
        self.ensure_running();
        let (clicks, checkouts) = self.shop.written();
        self.wait("all records to be committed", |supervisor| {
            supervisor.committed().is_some_and(|now| now.clicks == clicks && now.checkouts == checkouts)
        });
    }

    /// SIGTERM: the job commits what it has and ends with 0.
    pub fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        process::signal(process.id(), libc::SIGTERM);
        let mut status = None;
        wait_until(|| {
            status = process.try_wait().expect("status");
            status.is_some()
        });
        let code = status.and_then(|status| status.code());
        assert_eq!(code, Some(0), "{}", self.report("SIGTERM does not end the job with 0"));
    }

    /// Compares the tables with what must come of the committed positions, in one snapshot.
    ///
    /// # Errors
    /// The difference.
    pub fn check(&mut self, whole: bool) -> Result<Option<Committed>, String> {
        self.checks.query("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        let result = self.check_in_snapshot(whole);
        self.checks.query("COMMIT");
        result
    }

    fn check_in_snapshot(&mut self, whole: bool) -> Result<Option<Committed>, String> {
        let committed = self.committed();
        let (clicks, checkouts) =
            committed.as_ref().map_or(([0; PARTITIONS], [0; PARTITIONS]), |c| (c.clicks, c.checkouts));
        self.job
            .check(&mut self.checks, &self.shop, &clicks, &checkouts, whole)
            .map_err(|difference| self.report(&difference))?;
        *self.counts.entry("checks").or_default() += 1;
        Ok(committed)
    }

    /// What is committed; none before the job's row exists.
    fn committed(&mut self) -> Option<Committed> {
        self.checks.query("SELECT to_regclass('streamsql.job')::text")[0][0].as_ref()?;
        let mut sql = "SELECT epoch".to_owned();
        for topic in &self.topics {
            for partition in 0..PARTITIONS {
                let _ = write!(sql, ", positions -> '{topic}' ->> '{partition}'");
            }
        }
        let rows = self.checks.query(&format!("{sql} FROM streamsql.job"));
        let row = rows.first()?;
        let number = |i: usize| row[i].as_deref().map_or(0, |n| n.parse().expect("a number"));
        Some(Committed {
            epoch: number(0) as u64,
            clicks: std::array::from_fn(|p| number(1 + p)),
            checkouts: std::array::from_fn(|p| number(1 + PARTITIONS + p)),
        })
    }

    fn wait(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let held = wait_until(|| {
            if holds(self) {
                return true;
            }
            let status = self.process.as_mut().and_then(|p| p.try_wait().expect("status"));
            if let Some(status) = status {
                panic!("{}", self.report(&format!("waiting for {what}, but the job ended: {status}")));
            }
            false
        });
        assert!(held, "{}", self.report(&format!("no sign of {what}")));
    }

    fn pause(&mut self, from_ms: u64, to_ms: u64) {
        // A fault at a random moment: the wait is the fault's place, no condition is awaited.
        let_pass(self.random.random_range(from_ms..=to_ms), || false);
    }

    fn report(&self, what: &str) -> String {
        let log = std::fs::read_to_string(self.folder.path().join(format!("log-{}", self.starts)));
        let log = log.unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(15).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        format!(
            "seed {}, {:?}, database {}: {what}\n--- end of the job's log\n{}",
            self.seed,
            self.counts,
            self.database,
            tail.join("\n")
        )
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
