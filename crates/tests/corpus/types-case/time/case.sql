-- CASE with branches of two types: time.
CREATE TABLE t (
  bo BOOLEAN,
  tm TIME
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN tm ELSE NULL END AS c0
FROM t;
