-- Refused by Flink.
CREATE TABLE t (
  bo BOOLEAN,
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  `by` + bo AS c0
FROM t;
