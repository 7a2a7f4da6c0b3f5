-- Refused by Flink.
CREATE TABLE t (
  ts0 TIMESTAMP(0)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ts0 AS MAP<STRING,STRING>) AS c0
FROM t;
