-- TRY_CAST of wide-decimal to numbers: edge values and NULL.
CREATE TABLE t (
  d38 DECIMAL(38,10)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(d38 AS BOOLEAN) AS c0,
  TRY_CAST(d38 AS DECIMAL(5,2)) AS c1,
  TRY_CAST(d38 AS DECIMAL(38,10)) AS c2,
  TRY_CAST(d38 AS DECIMAL(10,0)) AS c3,
  TRY_CAST(d38 AS TINYINT) AS c4,
  TRY_CAST(d38 AS SMALLINT) AS c5,
  TRY_CAST(d38 AS INT) AS c6,
  TRY_CAST(d38 AS BIGINT) AS c7,
  TRY_CAST(d38 AS DOUBLE) AS c8
FROM t;
