-- Refused by Flink.
CREATE TABLE t (
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  `by` < 'abc' AS c0
FROM t;
