-- TRY_CAST of timestamp6 to times: edge values and NULL.
CREATE TABLE t (
  ts6 TIMESTAMP(6)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ts6 AS TIMESTAMP(3)) AS c0,
  TRY_CAST(ts6 AS TIMESTAMP) AS c1,
  TRY_CAST(ts6 AS TIMESTAMP(9)) AS c2,
  TRY_CAST(ts6 AS TIMESTAMP_LTZ(3)) AS c3,
  TRY_CAST(ts6 AS TIMESTAMP_LTZ(9)) AS c4
FROM t;
