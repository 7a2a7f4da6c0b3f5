-- TRY_CAST of binary to bytes: edge values and NULL.
CREATE TABLE t (
  bi BINARY(2)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(bi AS BINARY(2)) AS c0,
  TRY_CAST(bi AS BINARY(4)) AS c1,
  TRY_CAST(bi AS VARBINARY(2)) AS c2,
  TRY_CAST(bi AS BYTES) AS c3
FROM t;
