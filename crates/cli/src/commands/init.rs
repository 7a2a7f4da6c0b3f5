//! `init`: a small project to start from, which validates, passes its test and runs as it is.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use streamsql_core::Error;

use super::{Failure, Global};

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder of the project; made where it does not exist
    pub dir: PathBuf,
    /// What the project reads and writes
    #[arg(long, value_enum, default_value_t)]
    pub template: Template,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// Made-up rows in, printed rows out: runs without any service
    #[default]
    Local,
    /// Kafka in, Postgres out
    Kafka,
}

/// Where a file goes and what it holds; `@NAME@` stands for the job's name.
type File = (&'static str, &'static str);

const PROCESS: File = ("sql/process/revenue.sql", include_str!("../../templates/both/process.sql"));
const TEST: File = ("tests/revenue.yaml", include_str!("../../templates/both/test.yaml"));
const IGNORED: File = (".gitignore", include_str!("../../templates/both/gitignore"));

const LOCAL: [File; 7] = [
    ("README.md", include_str!("../../templates/local/README.md")),
    ("sql/streamsql.yaml", include_str!("../../templates/local/streamsql.yaml")),
    ("sql/source/orders.sql", include_str!("../../templates/local/source.sql")),
    ("sql/sink/revenue.sql", include_str!("../../templates/local/sink.sql")),
    PROCESS,
    TEST,
    IGNORED,
];

const KAFKA: [File; 7] = [
    ("README.md", include_str!("../../templates/kafka/README.md")),
    ("sql/streamsql.yaml", include_str!("../../templates/kafka/streamsql.yaml")),
    ("sql/source/orders.sql", include_str!("../../templates/kafka/source.sql")),
    ("sql/sink/revenue.sql", include_str!("../../templates/kafka/sink.sql")),
    PROCESS,
    TEST,
    IGNORED,
];

pub fn init(args: &InitArgs, global: &Global) -> Result<u8, Failure> {
    let files = match args.template {
        Template::Local => LOCAL,
        Template::Kafka => KAFKA,
    };
    // What is there stays: nothing is written where anything would be lost.
    if let Some((taken, _)) = files.iter().find(|(path, _)| args.dir.join(path).symlink_metadata().is_ok()) {
        let path = args.dir.join(taken);
        return Err(Failure::Usage(format!("{} exists already; name another folder", path.display())));
    }
    let name = project_name(&args.dir);
    for (path, text) in files {
        write(&args.dir.join(path), &text.replace("@NAME@", &name))?;
    }
    if !global.quiet {
        let dir = args.dir.display();
        eprintln!("{dir}: a job with its test; see {}", args.dir.join("README.md").display());
        eprintln!("next: cd {dir} && streamsql test && streamsql run");
    }
    Ok(0)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Error::failed(format!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    // Never over a file that came in the meantime.
    let mut file = std::fs::File::options().write(true).create_new(true).open(path).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    Ok(())
}

/// The folder's name as the identity of a job.
fn project_name(dir: &Path) -> String {
    let known = std::fs::canonicalize(dir).or_else(|_| std::path::absolute(dir));
    let absolute = known.unwrap_or_else(|_| dir.to_path_buf());
    let last = absolute.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let part = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' };
    let name: String = last.chars().map(part).collect();
    if name.is_empty() { "job".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_name_their_jobs() {
        let names = [
            ("/nowhere/my shop", "my-shop"),
            ("/nowhere/2024", "2024"),
            ("/nowhere/b.c_d/", "b.c_d"),
            ("/", "job"),
        ];
        for (dir, wanted) in names {
            assert_eq!(project_name(Path::new(dir)), wanted, "{dir}");
        }
    }
}
