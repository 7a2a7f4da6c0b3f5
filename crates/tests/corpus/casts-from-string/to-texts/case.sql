-- TRY_CAST of string to texts: edge values and NULL.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS CHAR(3)) AS c0,
  TRY_CAST(s AS CHAR(12)) AS c1,
  TRY_CAST(s AS VARCHAR(3)) AS c2,
  TRY_CAST(s AS STRING) AS c3
FROM t;
