-- TRY_CAST of decimal to texts: edge values and NULL.
CREATE TABLE t (
  d52 DECIMAL(5,2)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(d52 AS CHAR(3)) AS c0,
  TRY_CAST(d52 AS CHAR(12)) AS c1,
  TRY_CAST(d52 AS VARCHAR(3)) AS c2,
  TRY_CAST(d52 AS STRING) AS c3
FROM t;
