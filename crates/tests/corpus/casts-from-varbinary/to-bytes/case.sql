-- TRY_CAST of varbinary to bytes: edge values and NULL.
CREATE TABLE t (
  vb VARBINARY(5)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(vb AS BINARY(2)) AS c0,
  TRY_CAST(vb AS BINARY(4)) AS c1,
  TRY_CAST(vb AS VARBINARY(2)) AS c2,
  TRY_CAST(vb AS BYTES) AS c3
FROM t;
