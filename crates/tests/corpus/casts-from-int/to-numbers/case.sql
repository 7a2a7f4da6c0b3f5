-- TRY_CAST of int to numbers: edge values and NULL.
CREATE TABLE t (
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(i AS BOOLEAN) AS c0,
  TRY_CAST(i AS DECIMAL(5,2)) AS c1,
  TRY_CAST(i AS DECIMAL(38,10)) AS c2,
  TRY_CAST(i AS DECIMAL(10,0)) AS c3,
  TRY_CAST(i AS TINYINT) AS c4,
  TRY_CAST(i AS SMALLINT) AS c5,
  TRY_CAST(i AS INT) AS c6,
  TRY_CAST(i AS BIGINT) AS c7,
  TRY_CAST(i AS DOUBLE) AS c8
FROM t;
