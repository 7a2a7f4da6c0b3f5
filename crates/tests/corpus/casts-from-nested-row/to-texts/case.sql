-- TRY_CAST of nested-row to texts: edge values and NULL.
CREATE TABLE t (
  rr ROW<n ROW<a INT>, z ARRAY<INT>>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(rr AS CHAR(3)) AS c0,
  TRY_CAST(rr AS CHAR(12)) AS c1,
  TRY_CAST(rr AS VARCHAR(3)) AS c2,
  TRY_CAST(rr AS STRING) AS c3
FROM t;
