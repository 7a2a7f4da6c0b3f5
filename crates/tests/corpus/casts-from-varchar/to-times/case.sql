-- TRY_CAST of varchar to times: edge values and NULL.
CREATE TABLE t (
  vc VARCHAR(10)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(vc AS DATE) AS c0,
  TRY_CAST(vc AS TIME) AS c1,
  TRY_CAST(vc AS TIMESTAMP(0)) AS c2,
  TRY_CAST(vc AS TIMESTAMP(3)) AS c3,
  TRY_CAST(vc AS TIMESTAMP) AS c4,
  TRY_CAST(vc AS TIMESTAMP(9)) AS c5,
  TRY_CAST(vc AS TIMESTAMP_LTZ(0)) AS c6,
  TRY_CAST(vc AS TIMESTAMP_LTZ(3)) AS c7,
  TRY_CAST(vc AS TIMESTAMP_LTZ(9)) AS c8
FROM t;
