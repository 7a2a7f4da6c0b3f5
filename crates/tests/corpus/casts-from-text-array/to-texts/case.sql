-- TRY_CAST of text-array to texts: edge values and NULL.
CREATE TABLE t (
  ast ARRAY<STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ast AS CHAR(3)) AS c0,
  TRY_CAST(ast AS CHAR(12)) AS c1,
  TRY_CAST(ast AS VARCHAR(3)) AS c2,
  TRY_CAST(ast AS STRING) AS c3
FROM t;
