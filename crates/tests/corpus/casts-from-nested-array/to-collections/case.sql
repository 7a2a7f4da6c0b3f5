-- TRY_CAST of nested-array to collections: edge values and NULL.
CREATE TABLE t (
  aai ARRAY<ARRAY<INT>>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(aai AS ARRAY<STRING>) AS c0
FROM t;
