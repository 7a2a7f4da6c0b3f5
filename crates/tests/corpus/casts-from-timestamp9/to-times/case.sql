-- TRY_CAST of timestamp9 to times: edge values and NULL.
CREATE TABLE t (
  ts9 TIMESTAMP(9)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ts9 AS TIMESTAMP(3)) AS c0,
  TRY_CAST(ts9 AS TIMESTAMP(9)) AS c1,
  TRY_CAST(ts9 AS TIMESTAMP_LTZ(3)) AS c2,
  TRY_CAST(ts9 AS TIMESTAMP_LTZ(9)) AS c3
FROM t;
