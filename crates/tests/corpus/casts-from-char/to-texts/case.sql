-- TRY_CAST of char to texts: edge values and NULL.
CREATE TABLE t (
  c3 CHAR(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(c3 AS CHAR(12)) AS c0,
  TRY_CAST(c3 AS VARCHAR(3)) AS c1,
  TRY_CAST(c3 AS STRING) AS c2
FROM t;
