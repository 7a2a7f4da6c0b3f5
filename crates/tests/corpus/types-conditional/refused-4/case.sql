-- Refused by Flink.
CREATE TABLE t (
  `bo` BOOLEAN,
  `ti` TINYINT,
  iv AS INTERVAL '1' DAY * CAST(ti AS INT)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  IF(bo, iv, iv) AS c0
FROM t;
