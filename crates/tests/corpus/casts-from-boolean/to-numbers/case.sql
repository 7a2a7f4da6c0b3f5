-- TRY_CAST of boolean to numbers: edge values and NULL.
CREATE TABLE t (
  bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(bo AS BOOLEAN) AS c0,
  TRY_CAST(bo AS DECIMAL(5,2)) AS c1,
  TRY_CAST(bo AS DECIMAL(38,10)) AS c2,
  TRY_CAST(bo AS DECIMAL(10,0)) AS c3,
  TRY_CAST(bo AS TINYINT) AS c4,
  TRY_CAST(bo AS SMALLINT) AS c5,
  TRY_CAST(bo AS INT) AS c6,
  TRY_CAST(bo AS BIGINT) AS c7,
  TRY_CAST(bo AS FLOAT) AS c8,
  TRY_CAST(bo AS DOUBLE) AS c9
FROM t;
