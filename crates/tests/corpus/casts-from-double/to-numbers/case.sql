-- TRY_CAST of double to numbers: edge values and NULL.
CREATE TABLE t (
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(d AS BOOLEAN) AS c0,
  TRY_CAST(d AS DECIMAL(5,2)) AS c1,
  TRY_CAST(d AS DECIMAL(38,10)) AS c2,
  TRY_CAST(d AS DECIMAL(10,0)) AS c3,
  TRY_CAST(d AS TINYINT) AS c4,
  TRY_CAST(d AS SMALLINT) AS c5,
  TRY_CAST(d AS INT) AS c6,
  TRY_CAST(d AS BIGINT) AS c7,
  TRY_CAST(d AS FLOAT) AS c8,
  TRY_CAST(d AS DOUBLE) AS c9
FROM t;
