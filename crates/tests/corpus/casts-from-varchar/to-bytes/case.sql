-- TRY_CAST of varchar to bytes: edge values and NULL.
CREATE TABLE t (
  vc VARCHAR(10)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(vc AS BINARY(2)) AS c0,
  TRY_CAST(vc AS BINARY(4)) AS c1,
  TRY_CAST(vc AS VARBINARY(2)) AS c2,
  TRY_CAST(vc AS BYTES) AS c3
FROM t;
