-- TRY_CAST of interval-seconds to numbers: edge values and NULL.
CREATE TABLE t (
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(INTERVAL '1' SECOND * i AS INT) AS c0,
  TRY_CAST(INTERVAL '1' SECOND * i AS BIGINT) AS c1
FROM t;
