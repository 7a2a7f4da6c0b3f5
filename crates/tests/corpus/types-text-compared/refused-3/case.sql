-- Refused by Flink.
CREATE TABLE t (
  `i` INT,
  `sn` STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  i IN (sn) AS c0
FROM t;
