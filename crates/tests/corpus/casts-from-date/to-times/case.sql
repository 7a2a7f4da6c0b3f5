-- TRY_CAST of date to times: edge values and NULL.
CREATE TABLE t (
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(dt AS DATE) AS c0,
  TRY_CAST(dt AS TIMESTAMP(0)) AS c1,
  TRY_CAST(dt AS TIMESTAMP(3)) AS c2,
  TRY_CAST(dt AS TIMESTAMP) AS c3,
  TRY_CAST(dt AS TIMESTAMP_LTZ(0)) AS c4,
  TRY_CAST(dt AS TIMESTAMP_LTZ(3)) AS c5
FROM t;
