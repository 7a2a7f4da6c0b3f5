-- a - b: interval-month.
CREATE TABLE t (
  c3 CHAR(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  INTERVAL '1' MONTH - INTERVAL '1' MONTH AS c0
FROM t;
