-- TRY_CAST of null to bytes: edge values and NULL.
CREATE TABLE t (
  c3 CHAR(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(NULL AS BINARY(2)) AS c0,
  TRY_CAST(NULL AS BINARY(4)) AS c1,
  TRY_CAST(NULL AS VARBINARY(2)) AS c2,
  TRY_CAST(NULL AS BYTES) AS c3
FROM t;
