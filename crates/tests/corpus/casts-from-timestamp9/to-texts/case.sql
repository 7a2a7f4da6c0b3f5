-- TRY_CAST of timestamp9 to texts: edge values and NULL.
CREATE TABLE t (
  ts9 TIMESTAMP(9)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ts9 AS CHAR(3)) AS c0,
  TRY_CAST(ts9 AS CHAR(12)) AS c1,
  TRY_CAST(ts9 AS VARCHAR(3)) AS c2,
  TRY_CAST(ts9 AS STRING) AS c3
FROM t;
