-- TRY_CAST of multiset to texts: edge values and NULL.
CREATE TABLE t (
  ms MULTISET<STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ms AS CHAR(3)) AS c0,
  TRY_CAST(ms AS CHAR(12)) AS c1,
  TRY_CAST(ms AS VARCHAR(3)) AS c2,
  TRY_CAST(ms AS STRING) AS c3
FROM t;
