-- Collections: array-remove.
CREATE TABLE t (
  ai ARRAY<INT>,
  ast ARRAY<STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_REMOVE(ai, 2) AS c0,
  ARRAY_REMOVE(ai, CAST(NULL AS INT)) AS c1,
  ARRAY_REMOVE(ast, 'a') AS c2
FROM t;
