-- Refused by Flink.
CREATE TABLE t (
  bo BOOLEAN,
  `by` BYTES,
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN `by` ELSE dt END AS c0
FROM t;
