-- Refused by Flink.
CREATE TABLE t (
  f FLOAT,
  tm TIME
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  f = tm AS c0
FROM t;
