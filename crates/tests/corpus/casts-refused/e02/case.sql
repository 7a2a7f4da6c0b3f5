-- Refused by Flink.
CREATE TABLE t (
  vb VARBINARY(5)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(vb AS ROW<x BIGINT, y STRING, z DOUBLE>) AS c0
FROM t;
