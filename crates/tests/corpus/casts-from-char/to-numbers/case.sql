-- TRY_CAST of char to numbers: edge values and NULL.
CREATE TABLE t (
  c3 CHAR(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(c3 AS BOOLEAN) AS c0,
  TRY_CAST(c3 AS DECIMAL(5,2)) AS c1,
  TRY_CAST(c3 AS DECIMAL(38,10)) AS c2,
  TRY_CAST(c3 AS DECIMAL(10,0)) AS c3,
  TRY_CAST(c3 AS TINYINT) AS c4,
  TRY_CAST(c3 AS SMALLINT) AS c5,
  TRY_CAST(c3 AS INT) AS c6,
  TRY_CAST(c3 AS BIGINT) AS c7,
  TRY_CAST(c3 AS FLOAT) AS c8,
  TRY_CAST(c3 AS DOUBLE) AS c9
FROM t;
