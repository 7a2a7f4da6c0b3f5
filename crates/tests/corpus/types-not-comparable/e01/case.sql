-- Refused by Flink.
CREATE TABLE t (
  c3 CHAR(3),
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  c3 = `by` AS c0
FROM t;
