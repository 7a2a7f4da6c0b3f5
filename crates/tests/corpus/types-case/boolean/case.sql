-- CASE with branches of two types: boolean.
CREATE TABLE t (
  bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN bo ELSE bo END AS c0,
  CASE WHEN bo THEN bo ELSE NULL END AS c1
FROM t;
