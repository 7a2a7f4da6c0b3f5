-- Refused by Flink.
CREATE TABLE t (
  bo BOOLEAN,
  `by` BYTES,
  tm TIME
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN tm ELSE `by` END AS c0
FROM t;
