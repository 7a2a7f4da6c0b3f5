-- Collections: array-join.
CREATE TABLE t (
  s STRING,
  ast ARRAY<STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_JOIN(ast, '-') AS c0,
  ARRAY_JOIN(ast, '-', '?') AS c1,
  ARRAY_JOIN(ast, s, s) AS c2,
  ARRAY_JOIN(ARRAY['a','b'], CAST(NULL AS STRING)) AS c3
FROM t;
