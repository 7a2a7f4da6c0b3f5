-- TRY_CAST of decimal to numbers: edge values and NULL.
CREATE TABLE t (
  d52 DECIMAL(5,2)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(d52 AS BOOLEAN) AS c0,
  TRY_CAST(d52 AS DECIMAL(5,2)) AS c1,
  TRY_CAST(d52 AS DECIMAL(38,10)) AS c2,
  TRY_CAST(d52 AS DECIMAL(10,0)) AS c3,
  TRY_CAST(d52 AS TINYINT) AS c4,
  TRY_CAST(d52 AS SMALLINT) AS c5,
  TRY_CAST(d52 AS INT) AS c6,
  TRY_CAST(d52 AS BIGINT) AS c7,
  TRY_CAST(d52 AS FLOAT) AS c8,
  TRY_CAST(d52 AS DOUBLE) AS c9
FROM t;
