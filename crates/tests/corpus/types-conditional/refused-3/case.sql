-- Refused by Flink.
CREATE TABLE t (
  `bo` BOOLEAN,
  `i` INT,
  `s` STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  IF(bo, i, s) AS c0
FROM t;
