-- Collections: array-union.
CREATE TABLE t (
  s STRING,
  ai ARRAY<INT>,
  aj ARRAY<INT>,
  ast ARRAY<STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_UNION(ai, aj) AS c0,
  ARRAY_UNION(ast, ARRAY['z', s]) AS c1
FROM t;
