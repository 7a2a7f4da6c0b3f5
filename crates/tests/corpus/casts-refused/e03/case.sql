-- Refused by Flink.
CREATE TABLE t (
  f FLOAT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(f AS DATE) AS c0
FROM t;
