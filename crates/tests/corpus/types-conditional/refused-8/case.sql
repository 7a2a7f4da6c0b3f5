-- Refused by Flink.
CREATE TABLE t (
  `i` INT,
  `s` STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  GREATEST(i, s) AS c0
FROM t;
