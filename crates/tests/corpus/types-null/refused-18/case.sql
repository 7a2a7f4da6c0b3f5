-- Refused by Flink.
CREATE TABLE t (
  `i` INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  NULL + INTERVAL '1' DAY AS c0
FROM t;
