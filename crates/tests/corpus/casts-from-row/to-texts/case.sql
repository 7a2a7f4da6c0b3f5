-- TRY_CAST of row to texts: edge values and NULL.
CREATE TABLE t (
  r ROW<a INT, b STRING, c DECIMAL(5,2)>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(r AS CHAR(3)) AS c0,
  TRY_CAST(r AS CHAR(12)) AS c1,
  TRY_CAST(r AS VARCHAR(3)) AS c2,
  TRY_CAST(r AS STRING) AS c3
FROM t;
