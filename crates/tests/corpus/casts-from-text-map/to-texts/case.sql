-- TRY_CAST of text-map to texts: edge values and NULL.
CREATE TABLE t (
  mi MAP<STRING,STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(mi AS CHAR(3)) AS c0,
  TRY_CAST(mi AS CHAR(12)) AS c1,
  TRY_CAST(mi AS VARCHAR(3)) AS c2,
  TRY_CAST(mi AS STRING) AS c3
FROM t;
