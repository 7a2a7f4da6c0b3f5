-- Refused by Flink.
CREATE TABLE t (
  ts0 TIMESTAMP(0)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ts0 AS ROW<x BIGINT, y STRING, z DOUBLE>) AS c0
FROM t;
