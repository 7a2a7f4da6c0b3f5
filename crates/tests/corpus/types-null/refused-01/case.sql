-- Refused by Flink.
CREATE TABLE t (
  `bo` BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN NULL END AS c0
FROM t;
