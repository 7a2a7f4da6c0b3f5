-- TRY_CAST of varchar to numbers: edge values and NULL.
CREATE TABLE t (
  vc VARCHAR(10)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(vc AS BOOLEAN) AS c0,
  TRY_CAST(vc AS DECIMAL(5,2)) AS c1,
  TRY_CAST(vc AS DECIMAL(38,10)) AS c2,
  TRY_CAST(vc AS DECIMAL(10,0)) AS c3,
  TRY_CAST(vc AS TINYINT) AS c4,
  TRY_CAST(vc AS SMALLINT) AS c5,
  TRY_CAST(vc AS INT) AS c6,
  TRY_CAST(vc AS BIGINT) AS c7,
  TRY_CAST(vc AS FLOAT) AS c8,
  TRY_CAST(vc AS DOUBLE) AS c9
FROM t;
