-- TRY_CAST of timestamp0 to times: edge values and NULL.
CREATE TABLE t (
  ts0 TIMESTAMP(0)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ts0 AS DATE) AS c0,
  TRY_CAST(ts0 AS TIMESTAMP(0)) AS c1,
  TRY_CAST(ts0 AS TIMESTAMP(3)) AS c2,
  TRY_CAST(ts0 AS TIMESTAMP) AS c3,
  TRY_CAST(ts0 AS TIMESTAMP_LTZ(0)) AS c4,
  TRY_CAST(ts0 AS TIMESTAMP_LTZ(3)) AS c5
FROM t;
