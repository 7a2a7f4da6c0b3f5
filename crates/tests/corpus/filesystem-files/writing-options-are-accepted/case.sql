CREATE TABLE t (a INT) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'csv',
  'sink.rolling-policy.file-size' = '1mb',
  'auto-compaction' = 'true',
  'sink.partition-commit.policy.kind' = 'success-file',
  'partition.default-name' = 'none');
SELECT * FROM t;
