-- TRY_CAST of bytes to texts: edge values and NULL.
CREATE TABLE t (
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(`by` AS CHAR(3)) AS c0,
  TRY_CAST(`by` AS CHAR(12)) AS c1,
  TRY_CAST(`by` AS VARCHAR(3)) AS c2,
  TRY_CAST(`by` AS STRING) AS c3
FROM t;
