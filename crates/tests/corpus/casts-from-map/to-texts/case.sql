-- TRY_CAST of map to texts: edge values and NULL.
CREATE TABLE t (
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(m AS CHAR(3)) AS c0,
  TRY_CAST(m AS CHAR(12)) AS c1,
  TRY_CAST(m AS VARCHAR(3)) AS c2,
  TRY_CAST(m AS STRING) AS c3
FROM t;
