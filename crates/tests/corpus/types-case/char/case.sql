-- CASE with branches of two types: char.
CREATE TABLE t (
  c3 CHAR(3),
  s STRING,
  bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN c3 ELSE c3 END AS c0,
  CASE WHEN bo THEN c3 ELSE s END AS c1,
  CASE WHEN bo THEN c3 ELSE NULL END AS c2
FROM t;
