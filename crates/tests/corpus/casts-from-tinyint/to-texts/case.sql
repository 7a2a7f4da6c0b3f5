-- TRY_CAST of tinyint to texts: edge values and NULL.
CREATE TABLE t (
  ti TINYINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ti AS CHAR(3)) AS c0,
  TRY_CAST(ti AS CHAR(12)) AS c1,
  TRY_CAST(ti AS VARCHAR(3)) AS c2,
  TRY_CAST(ti AS STRING) AS c3
FROM t;
