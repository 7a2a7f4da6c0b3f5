-- TRY_CAST of string to numbers: edge values and NULL.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS BOOLEAN) AS c0,
  TRY_CAST(s AS DECIMAL(5,2)) AS c1,
  TRY_CAST(s AS DECIMAL(38,10)) AS c2,
  TRY_CAST(s AS DECIMAL(10,0)) AS c3,
  TRY_CAST(s AS TINYINT) AS c4,
  TRY_CAST(s AS SMALLINT) AS c5,
  TRY_CAST(s AS INT) AS c6,
  TRY_CAST(s AS BIGINT) AS c7,
  TRY_CAST(s AS FLOAT) AS c8,
  TRY_CAST(s AS DOUBLE) AS c9
FROM t;
