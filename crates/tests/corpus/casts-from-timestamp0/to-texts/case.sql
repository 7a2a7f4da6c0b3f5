-- TRY_CAST of timestamp0 to texts: edge values and NULL.
CREATE TABLE t (
  ts0 TIMESTAMP(0)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ts0 AS CHAR(3)) AS c0,
  TRY_CAST(ts0 AS CHAR(12)) AS c1,
  TRY_CAST(ts0 AS VARCHAR(3)) AS c2,
  TRY_CAST(ts0 AS STRING) AS c3
FROM t;
