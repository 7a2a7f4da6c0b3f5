-- CASE with branches of two types: interval-day.
CREATE TABLE t (
  bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN INTERVAL '1' DAY ELSE INTERVAL '1' DAY END AS c0,
  CASE WHEN bo THEN INTERVAL '1' DAY ELSE NULL END AS c1
FROM t;
