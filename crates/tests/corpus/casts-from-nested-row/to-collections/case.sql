-- TRY_CAST of nested-row to collections: edge values and NULL.
CREATE TABLE t (
  rr ROW<n ROW<a INT>, z ARRAY<INT>>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(rr AS ROW<n STRING, z ARRAY<STRING>>) AS c0
FROM t;
