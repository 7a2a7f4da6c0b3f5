-- TRY_CAST of float to texts: edge values and NULL.
CREATE TABLE t (
  f FLOAT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(f AS CHAR(3)) AS c0,
  TRY_CAST(f AS CHAR(12)) AS c1,
  TRY_CAST(f AS VARCHAR(3)) AS c2,
  TRY_CAST(f AS STRING) AS c3
FROM t;
