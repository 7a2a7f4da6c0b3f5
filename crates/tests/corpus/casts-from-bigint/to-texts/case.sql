-- TRY_CAST of bigint to texts: edge values and NULL.
CREATE TABLE t (
  b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(b AS CHAR(3)) AS c0,
  TRY_CAST(b AS CHAR(12)) AS c1,
  TRY_CAST(b AS VARCHAR(3)) AS c2,
  TRY_CAST(b AS STRING) AS c3
FROM t;
