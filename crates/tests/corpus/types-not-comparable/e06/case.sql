-- Refused by Flink.
CREATE TABLE t (
  `by` BYTES,
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  i = `by` AS c0
FROM t;
