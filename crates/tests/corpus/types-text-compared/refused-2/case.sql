-- Refused by Flink.
CREATE TABLE t (
  `d52` DECIMAL(5,2),
  `sn` STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  sn <> d52 AS c0
FROM t;
