-- TRY_CAST of text-array to collections: edge values and NULL.
CREATE TABLE t (
  ast ARRAY<STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ast AS ARRAY<STRING>) AS c0,
  TRY_CAST(ast AS ARRAY<BIGINT>) AS c1,
  TRY_CAST(ast AS ARRAY<DECIMAL(5,2)>) AS c2
FROM t;
