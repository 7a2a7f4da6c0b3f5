-- TRY_CAST of char to bytes: edge values and NULL.
CREATE TABLE t (
  c3 CHAR(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(c3 AS BINARY(2)) AS c0,
  TRY_CAST(c3 AS BINARY(4)) AS c1,
  TRY_CAST(c3 AS VARBINARY(2)) AS c2,
  TRY_CAST(c3 AS BYTES) AS c3
FROM t;
