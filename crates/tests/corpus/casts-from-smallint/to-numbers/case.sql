-- TRY_CAST of smallint to numbers: edge values and NULL.
CREATE TABLE t (
  sm SMALLINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(sm AS BOOLEAN) AS c0,
  TRY_CAST(sm AS DECIMAL(5,2)) AS c1,
  TRY_CAST(sm AS DECIMAL(38,10)) AS c2,
  TRY_CAST(sm AS DECIMAL(10,0)) AS c3,
  TRY_CAST(sm AS TINYINT) AS c4,
  TRY_CAST(sm AS SMALLINT) AS c5,
  TRY_CAST(sm AS INT) AS c6,
  TRY_CAST(sm AS BIGINT) AS c7,
  TRY_CAST(sm AS FLOAT) AS c8,
  TRY_CAST(sm AS DOUBLE) AS c9
FROM t;
