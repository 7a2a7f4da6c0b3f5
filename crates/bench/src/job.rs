//! Job folders to measure: the project's own `sql/` with other connections, or a few statements of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use streamsql_tests::job_folder::JobFolder;
use streamsql_tests::services::kafka::Kafka;
use streamsql_tests::services::postgres::{Postgres, USER};

/// What is changed in the reference job's SQL.
#[derive(Clone, Copy, Debug, Default)]
pub struct Variant {
    /// The sources end at what the topics hold, so that the run ends.
    pub bounded: bool,
    /// `'lookup.cache' = 'PARTIAL'` on both dimension tables.
    pub cached: bool,
    /// One row a checkout, the query users want, instead of one a user.
    pub per_checkout: bool,
}

/// A job folder and how it is started.
pub struct Job {
    folder: JobFolder,
    binary: PathBuf,
    password: String,
}

impl Job {
    /// The project's reference job over these services.
    pub fn reference(
        binary: &Path,
        kafka: &Kafka,
        topics: &Topics,
        postgres: &Postgres,
        database: &str,
        variant: Variant,
    ) -> Self {
        let folder = JobFolder::new();
        let sql = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../sql"));
        for file in [
            "source/clicks.sql",
            "source/checkouts.sql",
            "source/users.sql",
            "source/products.sql",
            "sink/checkout_attribution.sql",
            "process/attribute_checkouts.sql",
        ] {
            let text = std::fs::read_to_string(sql.join(file)).expect("the reference job's file");
            folder.write(&format!("sql/{file}"), &variant.apply(file, &text));
        }
        let config = format!(
            "job:\n  name: bench\n  parallelism: 1\n  state: ./state\n\
             defaults:\n  bootstrap_servers: \"{}\"\n  group_id: bench\n  format: json\n  scan_startup_mode: earliest-offset\n  \
             url: \"{}\"\n  username: {USER}\n  password: \"${{env:PGPASSWORD}}\"\n  driver: org.postgresql.Driver\n\
             tables:\n  clicks: {{ connector: kafka, topic: {} }}\n  checkouts: {{ connector: kafka, topic: {} }}\n  \
             users: {{ connector: jdbc, table_name: shop.users }}\n  products: {{ connector: jdbc, table_name: shop.products }}\n  \
             checkout_attribution: {{ connector: jdbc, table_name: shop.checkout_attribution }}\n",
            kafka.bootstrap(),
            postgres.jdbc_url(database),
            topics.clicks,
            topics.checkouts,
        );
        folder.write("sql/streamsql.yaml", &config);
        Self { folder, binary: binary.to_owned(), password: postgres.password().to_owned() }
    }

    /// A job of these statements, without variables.
    pub fn statements(binary: &Path, sql: &str) -> Self {
        let folder = JobFolder::new();
        folder.write("sql/job.sql", sql);
        folder.write("sql/streamsql.yaml", "job:\n  name: bench\n  parallelism: 1\n  state: ./state\n");
        Self { folder, binary: binary.to_owned(), password: String::new() }
    }

    /// Whether the job can be planned.
    ///
    /// # Errors
    /// What `streamsql explain sql` says.
    pub fn explain(&self) -> Result<(), String> {
        let explain =
            Command::new(&self.binary).current_dir(self.folder.path()).args(["explain", "sql"]).output();
        let output = explain.expect("the binary starts");
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// `streamsql run sql` in the folder.
    pub fn command(&self) -> Command {
        let binary = self.binary.to_string_lossy();
        let mut command = self.folder.run(&binary, &["-q"]);
        command.env("PGPASSWORD", &self.password);
        command
    }
}

/// Names of the two topics of a load.
#[derive(Clone, Debug)]
pub struct Topics {
    pub clicks: String,
    pub checkouts: String,
}

impl Variant {
    fn apply(self, file: &str, text: &str) -> String {
        let mut options = Vec::new();
        if self.bounded && matches!(file, "source/clicks.sql" | "source/checkouts.sql") {
            options.push("'scan.bounded.mode' = 'latest-offset'");
        }
        if self.cached && matches!(file, "source/users.sql" | "source/products.sql") {
            options.push("'lookup.cache' = 'PARTIAL'");
            options.push("'lookup.partial-cache.max-rows' = '100000'");
            options.push("'lookup.partial-cache.expire-after-write' = '10 min'");
        }
        let mut text = text.to_owned();
        if self.per_checkout {
            text = text.replace("PARTITION BY cl.user_id", "PARTITION BY co.checkout_id");
        }
        if !options.is_empty() {
            text = text.replacen("WITH (", &format!("WITH (\n    {},", options.join(",\n    ")), 1);
        }
        text
    }
}
