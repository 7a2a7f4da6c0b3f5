-- Refused by Flink.
CREATE TABLE t (
  s STRING,
  bo BOOLEAN,
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN `by` ELSE s END AS c0
FROM t;
