-- Refused by Flink.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  d52 + dt AS c0
FROM t;
