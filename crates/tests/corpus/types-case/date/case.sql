-- CASE with branches of two types: date.
CREATE TABLE t (
  bo BOOLEAN,
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN dt ELSE dt END AS c0,
  CASE WHEN bo THEN dt ELSE NULL END AS c1
FROM t;
