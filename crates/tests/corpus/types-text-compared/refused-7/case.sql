-- Refused by Flink.
CREATE TABLE t (
  `ti` TINYINT,
  iv AS INTERVAL '1' DAY * CAST(ti AS INT)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  iv < '1' AS c0
FROM t;
