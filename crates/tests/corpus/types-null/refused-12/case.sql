-- Refused by Flink.
CREATE TABLE t (
  `bo` BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  IF(bo,NULL,NULL) AS c0
FROM t;
