-- TRY_CAST of date to texts: edge values and NULL.
CREATE TABLE t (
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(dt AS CHAR(3)) AS c0,
  TRY_CAST(dt AS CHAR(12)) AS c1,
  TRY_CAST(dt AS VARCHAR(3)) AS c2,
  TRY_CAST(dt AS STRING) AS c3
FROM t;
