-- COALESCE of two types: interval-day.
CREATE TABLE t (
  c3 CHAR(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(INTERVAL '1' DAY, INTERVAL '1' DAY) AS c0,
  COALESCE(INTERVAL '1' DAY, NULL) AS c1
FROM t;
