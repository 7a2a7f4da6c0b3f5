-- TRY_CAST of nested-array to texts: edge values and NULL.
CREATE TABLE t (
  aai ARRAY<ARRAY<INT>>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(aai AS CHAR(3)) AS c0,
  TRY_CAST(aai AS CHAR(12)) AS c1,
  TRY_CAST(aai AS VARCHAR(3)) AS c2,
  TRY_CAST(aai AS STRING) AS c3
FROM t;
