-- Refused by Flink.
CREATE TABLE t (
  d DOUBLE,
  ts9 TIMESTAMP(9)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  d = ts9 AS c0
FROM t;
