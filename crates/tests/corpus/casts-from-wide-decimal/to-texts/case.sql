-- TRY_CAST of wide-decimal to texts: edge values and NULL.
CREATE TABLE t (
  d38 DECIMAL(38,10)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(d38 AS CHAR(3)) AS c0,
  TRY_CAST(d38 AS CHAR(12)) AS c1,
  TRY_CAST(d38 AS VARCHAR(3)) AS c2,
  TRY_CAST(d38 AS STRING) AS c3
FROM t;
