-- TRY_CAST of bigint to numbers: edge values and NULL.
CREATE TABLE t (
  b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(b AS BOOLEAN) AS c0,
  TRY_CAST(b AS DECIMAL(5,2)) AS c1,
  TRY_CAST(b AS DECIMAL(38,10)) AS c2,
  TRY_CAST(b AS DECIMAL(10,0)) AS c3,
  TRY_CAST(b AS TINYINT) AS c4,
  TRY_CAST(b AS SMALLINT) AS c5,
  TRY_CAST(b AS INT) AS c6,
  TRY_CAST(b AS BIGINT) AS c7,
  TRY_CAST(b AS FLOAT) AS c8,
  TRY_CAST(b AS DOUBLE) AS c9
FROM t;
