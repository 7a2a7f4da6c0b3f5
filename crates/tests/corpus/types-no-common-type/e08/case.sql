-- Refused by Flink.
CREATE TABLE t (
  s STRING,
  bo BOOLEAN,
  f FLOAT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN f ELSE s END AS c0
FROM t;
