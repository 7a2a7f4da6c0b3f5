-- CASE with branches of two types: int-array.
CREATE TABLE t (
  bo BOOLEAN,
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN ai ELSE ai END AS c0,
  CASE WHEN bo THEN ai ELSE NULL END AS c1
FROM t;
