-- Refused by Flink.
CREATE TABLE t (
  `d` DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ROUND(d,NULL) AS c0
FROM t;
