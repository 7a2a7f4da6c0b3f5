-- Refused by Flink.
CREATE TABLE t (
  s STRING,
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  s + `by` AS c0
FROM t;
