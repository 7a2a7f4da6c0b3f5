-- Refused by Flink.
CREATE TABLE t (
  `i` INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE i WHEN '1' THEN 1 END AS c0
FROM t;
