-- TRY_CAST of float to numbers: edge values and NULL.
CREATE TABLE t (
  f FLOAT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(f AS BOOLEAN) AS c0,
  TRY_CAST(f AS DECIMAL(5,2)) AS c1,
  TRY_CAST(f AS DECIMAL(38,10)) AS c2,
  TRY_CAST(f AS DECIMAL(10,0)) AS c3,
  TRY_CAST(f AS TINYINT) AS c4,
  TRY_CAST(f AS SMALLINT) AS c5,
  TRY_CAST(f AS INT) AS c6,
  TRY_CAST(f AS BIGINT) AS c7,
  TRY_CAST(f AS FLOAT) AS c8,
  TRY_CAST(f AS DOUBLE) AS c9
FROM t;
