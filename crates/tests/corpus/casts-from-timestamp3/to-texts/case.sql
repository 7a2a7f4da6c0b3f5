-- TRY_CAST of timestamp3 to texts: edge values and NULL.
CREATE TABLE t (
  ts3 TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ts3 AS CHAR(3)) AS c0,
  TRY_CAST(ts3 AS CHAR(12)) AS c1,
  TRY_CAST(ts3 AS VARCHAR(3)) AS c2,
  TRY_CAST(ts3 AS STRING) AS c3
FROM t;
