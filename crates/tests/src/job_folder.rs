//! A job folder of its own in a temporary place, as a user would lay it out.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::binary::{Finished, finish};
use crate::services::postgres::{Postgres, USER};

/// Options of a table in the database of `JobFolder::over`, but for its `table-name`.
pub const JDBC: &str =
    "'connector' = 'jdbc', 'url' = '{{ url }}', 'username' = '{{ username }}', 'password' = '{{ password }}'";

/// A folder with `sql/`, its configuration and its data files; gone when dropped.
pub struct JobFolder {
    folder: TempDir,
}

impl JobFolder {
    pub fn new() -> Self {
        Self {
            folder: tempfile::Builder::new().prefix("streamsql-job-").tempdir().expect("temporary folder"),
        }
    }

    /// A folder whose configuration names a database; the job has the database's name, its state is in `sql/state`.
    pub fn over(server: &Postgres, database: &str) -> Self {
        let folder = Self::new();
        folder.write(
            "sql/streamsql.yaml",
            &format!(
                "job: {{ name: {database}, state: ./state }}\ndefaults: {{ url: \"{}\", username: {USER}, password: \"${{env:PW}}\" }}\n",
                server.jdbc_url(database)
            ),
        );
        folder
    }

    /// Runs the job of `over` to its end; the password must not be seen.
    pub fn run_to_end(&self, binary: &str, server: &Postgres, arguments: &[&str]) -> Finished {
        let finished = finish(self.run(binary, arguments).env("PW", server.password()));
        let secret = server.password();
        assert!(
            !finished.stderr.contains(secret) && !finished.stdout.contains(secret),
            "a password was printed"
        );
        finished
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, by its path below the folder; returns where it is.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("folder");
        std::fs::write(&file, text).expect("file");
        file
    }

    /// `BINARY run sql ARGUMENTS`, in the folder.
    pub fn run(&self, binary: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary);
        command.current_dir(self.path()).args(["run", "sql"]).args(arguments);
        command
    }
}

impl Default for JobFolder {
    fn default() -> Self {
        Self::new()
    }
}
