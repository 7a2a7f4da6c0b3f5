-- Collections: array-position.
CREATE TABLE t (
  s STRING,
  ai ARRAY<INT>,
  ast ARRAY<STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_POSITION(ai, 2) AS c0,
  ARRAY_POSITION(ai, 9) AS c1,
  ARRAY_POSITION(ai, CAST(NULL AS INT)) AS c2,
  ARRAY_POSITION(ast, s) AS c3
FROM t;
