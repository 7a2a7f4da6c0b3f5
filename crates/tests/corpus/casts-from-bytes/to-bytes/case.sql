-- TRY_CAST of bytes to bytes: edge values and NULL.
CREATE TABLE t (
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(`by` AS BINARY(2)) AS c0,
  TRY_CAST(`by` AS BINARY(4)) AS c1,
  TRY_CAST(`by` AS VARBINARY(2)) AS c2,
  TRY_CAST(`by` AS BYTES) AS c3
FROM t;
