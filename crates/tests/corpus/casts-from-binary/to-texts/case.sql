-- TRY_CAST of binary to texts: edge values and NULL.
CREATE TABLE t (
  bi BINARY(2)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(bi AS CHAR(3)) AS c0,
  TRY_CAST(bi AS CHAR(12)) AS c1,
  TRY_CAST(bi AS VARCHAR(3)) AS c2,
  TRY_CAST(bi AS STRING) AS c3
FROM t;
