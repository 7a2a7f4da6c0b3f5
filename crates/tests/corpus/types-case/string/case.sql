-- CASE with branches of two types: string.
CREATE TABLE t (
  c3 CHAR(3),
  s STRING,
  bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN s ELSE c3 END AS c0,
  CASE WHEN bo THEN s ELSE s END AS c1,
  CASE WHEN bo THEN s ELSE NULL END AS c2
FROM t;
