//! Telling others that a partition is complete (Flink `PartitionCommitter` with `ProcTimeCommitTrigger` and
//! `SuccessFileCommitPolicy`): an empty file in its folder, once the rows in it are shown.

use std::collections::BTreeMap;

use streamsql_core::{Error, Result};

use crate::options::duration_ms;

/// Which partitions wait to be told of.
#[derive(Debug)]
pub struct Partitions {
    delay_ms: i64,
    /// Name of the file that says so.
    pub success_file: String,
    /// By folder, since when, ms of processing time.
    pub pending: BTreeMap<String, i64>,
}

impl Partitions {
    /// What the options `sink.partition-commit.*` ask for; none where they ask for nothing.
    ///
    /// # Errors
    /// `Invalid`, naming the option.
    pub fn from_options(options: &BTreeMap<String, String>) -> Result<Option<Self>> {
        let Some(kinds) = options.get("sink.partition-commit.policy.kind") else { return Ok(None) };
        for kind in kinds.split(',') {
            let refused = |why: &str, hint: &str| {
                Err(Error::invalid(format!("'sink.partition-commit.policy.kind' = '{kind}': {why}"))
                    .hint(hint))
            };
            match kind.to_ascii_lowercase().as_str() {
                "success-file" => {}
                "metastore" => {
                    return refused("a table of files has no metastore", "'success-file' writes a file");
                }
                "custom" => return refused("a policy of one's own is a Java class", "use 'success-file'"),
                _ => return refused("there is no such policy", "'success-file' writes a file"),
            }
        }
        if options.get("sink.partition-commit.trigger").is_some_and(|trigger| trigger == "partition-time") {
            return Err(Error::invalid("'sink.partition-commit.trigger' = 'partition-time' is not supported yet")
                .hint("'process-time' with a 'sink.partition-commit.delay' tells of a partition that long after its first row"));
        }
        let name = options.get("sink.partition-commit.success-file.name").map_or("_SUCCESS", String::as_str);
        if name.is_empty() || name.contains('/') {
            return Err(Error::invalid(format!(
                "'sink.partition-commit.success-file.name' = '{name}' is no name of a file"
            )));
        }
        Ok(Some(Self {
            delay_ms: duration_ms(options, "sink.partition-commit.delay", 0)?,
            success_file: name.to_owned(),
            pending: BTreeMap::new(),
        }))
    }

    /// Takes out the partitions that are to be told of now: those that have waited, and all once no row follows.
    pub fn complete(&mut self, now_ms: i64, input_ended: bool) -> Vec<String> {
        let delay_ms = self.delay_ms;
        let is_due = |since: i64| input_ended || delay_ms == 0 || now_ms > since.saturating_add(delay_ms);
        let due = self.pending.iter().filter(|(_, since)| is_due(**since));
        let due: Vec<String> = due.map(|(folder, _)| folder.clone()).collect();
        self.pending.retain(|folder, _| !due.contains(folder));
        due
    }

    /// When the next one is to be told of.
    pub fn due_ms(&self) -> Option<i64> {
        self.pending.values().map(|since| since.saturating_add(self.delay_ms).saturating_add(1)).min()
    }
}
