-- TRY_CAST of string to bytes: edge values and NULL.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS BINARY(2)) AS c0,
  TRY_CAST(s AS BINARY(4)) AS c1,
  TRY_CAST(s AS VARBINARY(2)) AS c2,
  TRY_CAST(s AS BYTES) AS c3
FROM t;
