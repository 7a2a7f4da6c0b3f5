-- a - b: interval-day.
CREATE TABLE t (
  c3 CHAR(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  INTERVAL '1' DAY - INTERVAL '1' DAY AS c0
FROM t;
