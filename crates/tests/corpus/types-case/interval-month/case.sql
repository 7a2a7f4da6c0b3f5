-- CASE with branches of two types: interval-month.
CREATE TABLE t (
  bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN INTERVAL '1' MONTH ELSE INTERVAL '1' MONTH END AS c0,
  CASE WHEN bo THEN INTERVAL '1' MONTH ELSE NULL END AS c1
FROM t;
