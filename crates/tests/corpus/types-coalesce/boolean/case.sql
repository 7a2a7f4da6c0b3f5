-- COALESCE of two types: boolean.
CREATE TABLE t (
  bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(bo, bo) AS c0,
  COALESCE(bo, NULL) AS c1
FROM t;
