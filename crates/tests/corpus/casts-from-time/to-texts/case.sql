-- TRY_CAST of time to texts: edge values and NULL.
CREATE TABLE t (
  tm TIME
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(tm AS CHAR(3)) AS c0,
  TRY_CAST(tm AS CHAR(12)) AS c1,
  TRY_CAST(tm AS VARCHAR(3)) AS c2,
  TRY_CAST(tm AS STRING) AS c3
FROM t;
