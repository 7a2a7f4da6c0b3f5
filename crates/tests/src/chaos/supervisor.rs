//! Starts, feeds, disturbs and checks one job.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use super::shop::{Offsets, PARTITIONS, Row, Shop};
use crate::job_folder::JobFolder;
use crate::patience::{self, let_pass, wait_until};
use crate::process;
use crate::proxy::{Cut, Proxy};
use crate::services::kafka::Kafka;
use crate::services::postgres::{Postgres, Session, TextRow, USER};

/// One job with its services, its input and what must come of it.
pub struct Supervisor {
    binary: String,
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
    pub fn new(binary: &str, seed: u64, mistake: Option<&str>) -> Self {
        Self::over(Kafka::shared(), Postgres::shared(), binary, seed, mistake)
    }

    /// The same over services that the test may disturb, too.
    pub fn over(
        kafka: Arc<Kafka>,
        postgres: Arc<Postgres>,
        binary: &str,
        seed: u64,
        mistake: Option<&str>,
    ) -> Self {
        println!("chaos: seed {seed}");
        let database = postgres.create_database("chaos");
        postgres.execute(&database, &Shop::dimensions());
        postgres.execute(
            &database,
            "CREATE TABLE attribution (checkout_id bigint PRIMARY KEY, user_id varchar(255), gender varchar(255),
               category varchar(255), source varchar(255), checkout_timestamp timestamp);
             CREATE TABLE latest (LIKE attribution INCLUDING ALL);
             CREATE TABLE audit (LIKE attribution);",
        );
        let topics = ["clicks", "checkouts"].map(|topic| kafka.create_topic(topic, PARTITIONS as i32));
        let proxy = Proxy::start(postgres.address());
        let folder = JobFolder::new();
        write_job(&folder, &topics, &kafka.bootstrap(), proxy.port(), &database);
        Self {
            binary: binary.to_owned(),
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
        let joined = self.shop.joined(&clicks, &checkouts);
        for table in ["audit", "attribution"] {
            let sums = self.checks.query(&format!(
                "SELECT count(*), coalesce(sum(checkout_id), 0), coalesce(sum(checkout_id * checkout_id), 0) FROM {table}"
            ));
            let number = |row: &Row| u128::from(row.number);
            let wanted = [
                joined.len() as u128,
                joined.iter().map(number).sum(),
                joined.iter().map(|row| number(row) * number(row)).sum(),
            ];
            let wanted: TextRow = wanted.iter().map(|n| Some(n.to_string())).collect();
            if whole || sums != [wanted] {
                self.compare(table, &joined)?;
            }
        }
        self.compare("latest", &Shop::latest(&joined))?;
        *self.counts.entry("checks").or_default() += 1;
        Ok(committed)
    }

    fn compare(&mut self, table: &str, wanted: &[Row]) -> Result<(), String> {
        let sql = format!(
            "SELECT checkout_id, user_id, gender, category, source, to_char(checkout_timestamp, 'YYYY-MM-DD HH24:MI:SS.MS')
             FROM {table} ORDER BY checkout_id"
        );
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let found: Vec<Row> = self
            .checks
            .query(&sql)
            .iter()
            .map(|row| Row {
                number: text(&row[0]).parse().unwrap_or(0),
                user: text(&row[1]),
                gender: text(&row[2]),
                category: text(&row[3]),
                source: row[4].clone(),
                time: text(&row[5]),
            })
            .collect();
        if found == wanted {
            return Ok(());
        }
        let mut balance: BTreeMap<&Row, i64> = BTreeMap::new();
        for row in wanted {
            *balance.entry(row).or_default() += 1;
        }
        for row in &found {
            *balance.entry(row).or_default() -= 1;
        }
        let mut text = format!("table {table}: {} rows, {} wanted\n", found.len(), wanted.len());
        for (row, count) in balance.into_iter().filter(|(_, count)| *count != 0).take(20) {
            let what = if count > 0 { "missing" } else { "too much" };
            let _ = writeln!(text, "  {} times {what}: {row:?}", count.abs());
        }
        Err(self.report(&text))
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

fn write_job(folder: &JobFolder, topics: &[String; 2], bootstrap: &str, port: u16, database: &str) {
    folder.write(
        "sql/streamsql.yaml",
        &format!(
            "job: {{ name: chaos, state: ./state, checkpoint: {{ interval: 500ms }}, commit: {{ interval: 30ms }} }}
defaults:
  bootstrap: \"{bootstrap}\"
  url: \"jdbc:postgresql://127.0.0.1:{port}/{database}\"
  username: {USER}
  password: \"${{env:PW}}\"
tables:
  clicks: {{ topic: {} }}
  checkouts: {{ topic: {} }}
",
            topics[0], topics[1]
        ),
    );
    let kafka =
        "'connector' = 'kafka', 'topic' = '{{ topic }}', 'properties.bootstrap.servers' = '{{ bootstrap }}',
      'properties.group.id' = 'chaos', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json'";
    let jdbc = "'connector' = 'jdbc', 'url' = '{{ url }}', 'username' = '{{ username }}', 'password' = '{{ password }}'";
    folder.write(
        "sql/source/clicks.sql",
        &format!(
            "CREATE TABLE clicks (click_id STRING, user_id STRING, source STRING, click_timestamp TIMESTAMP(3),
               processing_timestamp AS PROCTIME(),
               WATERMARK FOR click_timestamp AS click_timestamp - INTERVAL '15' SECOND) WITH ({kafka})"
        ),
    );
    folder.write(
        "sql/source/checkouts.sql",
        &format!(
            "CREATE TABLE checkouts (checkout_id BIGINT, user_id STRING, product_id STRING, quantity INT, address STRING,
               checkout_timestamp TIMESTAMP(3), processing_timestamp AS PROCTIME(),
               WATERMARK FOR checkout_timestamp AS checkout_timestamp - INTERVAL '15' SECOND) WITH ({kafka})"
        ),
    );
    folder.write(
        "sql/source/dimensions.sql",
        &format!(
            "CREATE TEMPORARY TABLE users (user_id STRING, gender STRING, PRIMARY KEY (user_id) NOT ENFORCED)
             WITH ({jdbc}, 'table-name' = 'shop.users');
             CREATE TEMPORARY TABLE products (product_id STRING, category STRING, price DECIMAL(6,2),
               PRIMARY KEY (product_id) NOT ENFORCED) WITH ({jdbc}, 'table-name' = 'shop.products')"
        ),
    );
    let columns = "checkout_id BIGINT, user_id STRING, gender STRING, category STRING, source STRING,
      checkout_timestamp TIMESTAMP(3)";
    for (table, key) in [
        ("audit", ""),
        ("attribution", ", PRIMARY KEY (checkout_id) NOT ENFORCED"),
        ("latest", ", PRIMARY KEY (checkout_id) NOT ENFORCED"),
    ] {
        folder.write(
            &format!("sql/sink/{table}.sql"),
            &format!("CREATE TABLE {table} ({columns}{key}) WITH ({jdbc}, 'table-name' = '{table}')"),
        );
    }
    folder.write(
        "sql/process/job.sql",
        "CREATE VIEW joined AS
           SELECT co.checkout_id, u.user_id, u.gender, p.category, cl.source, co.checkout_timestamp, cl.click_timestamp
           FROM checkouts AS co
           JOIN users FOR SYSTEM_TIME AS OF co.processing_timestamp AS u ON co.user_id = u.user_id
           JOIN products FOR SYSTEM_TIME AS OF co.processing_timestamp AS p ON co.product_id = p.product_id
           LEFT JOIN clicks AS cl ON co.user_id = cl.user_id
             AND co.checkout_timestamp BETWEEN cl.click_timestamp AND cl.click_timestamp + INTERVAL '1' HOUR;

         INSERT INTO audit SELECT checkout_id, user_id, gender, category, source, checkout_timestamp FROM joined;

         INSERT INTO attribution
         SELECT checkout_id, user_id, gender, category, source, checkout_timestamp FROM (
           SELECT *, ROW_NUMBER() OVER (PARTITION BY checkout_id ORDER BY click_timestamp) AS rn FROM joined)
         WHERE rn = 1;

         INSERT INTO latest
         SELECT checkout_id, user_id, gender, category, source, checkout_timestamp FROM (
           SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY checkout_timestamp DESC) AS rn FROM joined)
         WHERE rn = 1;",
    );
}
