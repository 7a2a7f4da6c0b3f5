-- TRY_CAST of null to texts: edge values and NULL.
CREATE TABLE t (
  c3 CHAR(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(NULL AS CHAR(3)) AS c0,
  TRY_CAST(NULL AS CHAR(12)) AS c1,
  TRY_CAST(NULL AS VARCHAR(3)) AS c2,
  TRY_CAST(NULL AS STRING) AS c3
FROM t;
