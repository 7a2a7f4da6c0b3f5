-- TRY_CAST of int to texts: edge values and NULL.
CREATE TABLE t (
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(i AS CHAR(3)) AS c0,
  TRY_CAST(i AS CHAR(12)) AS c1,
  TRY_CAST(i AS VARCHAR(3)) AS c2,
  TRY_CAST(i AS STRING) AS c3
FROM t;
