-- TRY_CAST of interval-seconds to texts: edge values and NULL.
CREATE TABLE t (
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(INTERVAL '1' SECOND * i AS CHAR(3)) AS c0,
  TRY_CAST(INTERVAL '1' SECOND * i AS CHAR(12)) AS c1,
  TRY_CAST(INTERVAL '1' SECOND * i AS VARCHAR(3)) AS c2,
  TRY_CAST(INTERVAL '1' SECOND * i AS STRING) AS c3
FROM t;
