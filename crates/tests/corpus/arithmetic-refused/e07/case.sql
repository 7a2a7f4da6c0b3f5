-- Refused by Flink.
CREATE TABLE t (
  `by` BYTES,
  f FLOAT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  `by` + f AS c0
FROM t;
