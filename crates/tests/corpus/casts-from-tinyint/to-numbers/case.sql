-- TRY_CAST of tinyint to numbers: edge values and NULL.
CREATE TABLE t (
  ti TINYINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ti AS BOOLEAN) AS c0,
  TRY_CAST(ti AS DECIMAL(5,2)) AS c1,
  TRY_CAST(ti AS DECIMAL(38,10)) AS c2,
  TRY_CAST(ti AS DECIMAL(10,0)) AS c3,
  TRY_CAST(ti AS TINYINT) AS c4,
  TRY_CAST(ti AS SMALLINT) AS c5,
  TRY_CAST(ti AS INT) AS c6,
  TRY_CAST(ti AS BIGINT) AS c7,
  TRY_CAST(ti AS FLOAT) AS c8,
  TRY_CAST(ti AS DOUBLE) AS c9
FROM t;
