-- TRY_CAST of boolean to texts: edge values and NULL.
CREATE TABLE t (
  bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(bo AS CHAR(3)) AS c0,
  TRY_CAST(bo AS CHAR(12)) AS c1,
  TRY_CAST(bo AS VARCHAR(3)) AS c2,
  TRY_CAST(bo AS STRING) AS c3
FROM t;
