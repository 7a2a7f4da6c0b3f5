-- Refused by Flink.
CREATE TABLE t (
  `by` BYTES,
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  `by` + dt AS c0
FROM t;
