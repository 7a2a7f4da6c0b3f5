-- TRY_CAST of double to texts: edge values and NULL.
CREATE TABLE t (
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(d AS CHAR(3)) AS c0,
  TRY_CAST(d AS CHAR(12)) AS c1,
  TRY_CAST(d AS VARCHAR(3)) AS c2,
  TRY_CAST(d AS STRING) AS c3
FROM t;
