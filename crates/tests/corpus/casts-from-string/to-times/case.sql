-- TRY_CAST of string to times: edge values and NULL.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS DATE) AS c0,
  TRY_CAST(s AS TIME) AS c1,
  TRY_CAST(s AS TIMESTAMP(0)) AS c2,
  TRY_CAST(s AS TIMESTAMP(3)) AS c3,
  TRY_CAST(s AS TIMESTAMP) AS c4,
  TRY_CAST(s AS TIMESTAMP(9)) AS c5,
  TRY_CAST(s AS TIMESTAMP_LTZ(0)) AS c6,
  TRY_CAST(s AS TIMESTAMP_LTZ(3)) AS c7,
  TRY_CAST(s AS TIMESTAMP_LTZ(9)) AS c8
FROM t;
