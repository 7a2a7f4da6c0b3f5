-- TRY_CAST of time to times: edge values and NULL.
CREATE TABLE t (
  tm TIME
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(tm AS TIMESTAMP(0)) AS c0,
  TRY_CAST(tm AS TIMESTAMP(3)) AS c1,
  TRY_CAST(tm AS TIMESTAMP) AS c2,
  TRY_CAST(tm AS TIMESTAMP(9)) AS c3,
  TRY_CAST(tm AS TIMESTAMP_LTZ(0)) AS c4,
  TRY_CAST(tm AS TIMESTAMP_LTZ(3)) AS c5,
  TRY_CAST(tm AS TIMESTAMP_LTZ(9)) AS c6
FROM t;
