-- Refused by Flink.
CREATE TABLE t (
  `bo` BOOLEAN,
  `tm` TIME(0),
  `t3` TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  IF(bo, tm, t3) AS c0
FROM t;
