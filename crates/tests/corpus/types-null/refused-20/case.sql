-- Refused by Flink.
CREATE TABLE t (
  `i` INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CAST(ROW(NULL) AS ROW<x INT>) AS c0
FROM t;
