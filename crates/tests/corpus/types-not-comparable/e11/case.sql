-- Refused by Flink.
CREATE TABLE t (
  d DOUBLE,
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  d = dt AS c0
FROM t;
