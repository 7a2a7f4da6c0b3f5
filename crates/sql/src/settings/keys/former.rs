//! Keys that an older Flink read and Flink 1.18 does not know: what they were, so that files with them run unchanged.

/// The key, and what it was. A key that ends in `.` stands for all below it.
const KEYS: &[(&str, &str)] = &[
    ("table.planner", "it chose between two planners until Flink 1.13; there is one now"),
    ("execution.planner", "it chose between two planners until Flink 1.13; there is one now"),
    ("execution.type", "it chose streaming or batch until Flink 1.13; jobs are streaming here"),
    (
        "execution.time-characteristic",
        "it chose event or processing time before Flink 1.12; now each table says it, by WATERMARK FOR or PROCTIME()",
    ),
    (
        "pipeline.time-characteristic",
        "it chose event or processing time before Flink 1.12; now each table says it, by WATERMARK FOR or PROCTIME()",
    ),
    (
        "execution.periodic-watermarks-interval",
        "it was the interval of watermarks in older versions of the SQL client, today 'pipeline.auto-watermark-interval'",
    ),
    (
        "execution.parallelism",
        "it was the parallelism in older versions of the SQL client, today 'parallelism.default'",
    ),
    (
        "execution.max-parallelism",
        "it was the highest parallelism in older versions of the SQL client, today 'pipeline.max-parallelism'",
    ),
    (
        "execution.min-idle-state-retention",
        "it bounded how long state is kept in older versions of the SQL client, today 'table.exec.state.ttl', which is not set by it",
    ),
    (
        "execution.max-idle-state-retention",
        "it bounded how long state is kept in older versions of the SQL client, today 'table.exec.state.ttl', which is not set by it",
    ),
    ("execution.result-mode", "it was the SQL client's display in older versions"),
    ("execution.max-table-result-rows", "it was the SQL client's display in older versions"),
    (
        "execution.current-catalog",
        "it chose the catalog in older versions of the SQL client; USE CATALOG does",
    ),
    ("execution.current-database", "it chose the database in older versions of the SQL client; USE does"),
    (
        "execution.restart-strategy.",
        "it told when a failed job is restarted in older versions of the SQL client, today 'restart-strategy.type'",
    ),
    (
        "execution.checkpointing.prefer-checkpoint-for-recovery",
        "it let a job start again from a checkpoint in place of a newer savepoint in older versions; here the last commit counts",
    ),
    (
        "table.exec.shuffle-mode",
        "it told how batch jobs exchange rows in older versions, today 'execution.batch-shuffle-mode'",
    ),
    ("table.exec.resource.", "it gave operators memory or parallelism in early versions of the planner"),
    ("deployment.", "it was the SQL client's way to a cluster in older versions"),
    ("mode", "it chose the old architecture of the cluster in older versions"),
    ("state.backend.async", "it made snapshots asynchronous in older versions; they always are"),
    (
        "state.backend.rocksdb.ttl.compaction.filter.enabled",
        "it cleaned up expired state in RocksDB in older versions; it is always on",
    ),
    ("jobmanager.heap.mb", "it sized a process until Flink 1.10, today 'jobmanager.memory.process.size'"),
    ("jobmanager.heap.size", "it sized a process until Flink 1.10, today 'jobmanager.memory.process.size'"),
    ("taskmanager.heap.mb", "it sized a process until Flink 1.9, today 'taskmanager.memory.process.size'"),
    ("taskmanager.heap.size", "it sized a process until Flink 1.9, today 'taskmanager.memory.process.size'"),
    (
        "taskmanager.memory.fraction",
        "it sized memory until Flink 1.9, today 'taskmanager.memory.managed.fraction'",
    ),
    (
        "taskmanager.memory.off-heap",
        "it placed memory until Flink 1.9; managed memory always is off the heap",
    ),
    ("taskmanager.memory.preallocate", "it took memory at the start until Flink 1.9"),
    (
        "taskmanager.network.numberOfBuffers",
        "it sized network memory until Flink 1.9, today 'taskmanager.memory.network.fraction'",
    ),
    (
        "taskmanager.network.memory.fraction",
        "it sized network memory until Flink 1.9, today 'taskmanager.memory.network.fraction'",
    ),
    (
        "taskmanager.network.memory.min",
        "it sized network memory until Flink 1.9, today 'taskmanager.memory.network.min'",
    ),
    (
        "taskmanager.network.memory.max",
        "it sized network memory until Flink 1.9, today 'taskmanager.memory.network.max'",
    ),
    ("containerized.heap-cutoff-ratio", "it kept memory back in containers until Flink 1.9"),
    ("containerized.heap-cutoff-min", "it kept memory back in containers until Flink 1.9"),
    ("yarn.heap-cutoff-ratio", "it kept memory back in containers until Flink 1.9"),
    ("yarn.heap-cutoff-min", "it kept memory back in containers until Flink 1.9"),
    ("yarn.maximum-failed-containers", "it counted lost containers in older versions"),
    (
        "cluster.declarative-resource-management.enabled",
        "it chose the way resources are asked for in older versions",
    ),
    (
        "security.ssl.enabled",
        "it switched encryption on in older versions, today 'security.ssl.internal.enabled'",
    ),
];

/// What a key was.
pub(super) fn what(key: &str) -> Option<String> {
    let known = |listed: &str| match listed.ends_with('.') {
        true => key.len() > listed.len() && key.starts_with(listed),
        false => key == listed,
    };
    KEYS.iter().find(|(listed, _)| known(listed)).map(|(_, what)| (*what).to_owned())
}
