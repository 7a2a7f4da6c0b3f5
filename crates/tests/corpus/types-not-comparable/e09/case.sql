-- Refused by Flink.
CREATE TABLE t (
  f FLOAT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  f = INTERVAL '1' MONTH AS c0
FROM t;
