-- TRY_CAST of varbinary to texts: edge values and NULL.
CREATE TABLE t (
  vb VARBINARY(5)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(vb AS CHAR(3)) AS c0,
  TRY_CAST(vb AS CHAR(12)) AS c1,
  TRY_CAST(vb AS VARCHAR(3)) AS c2,
  TRY_CAST(vb AS STRING) AS c3
FROM t;
