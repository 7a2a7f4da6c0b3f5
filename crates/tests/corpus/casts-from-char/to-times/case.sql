-- TRY_CAST of char to times: edge values and NULL.
CREATE TABLE t (
  c3 CHAR(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(c3 AS DATE) AS c0,
  TRY_CAST(c3 AS TIMESTAMP(0)) AS c1,
  TRY_CAST(c3 AS TIMESTAMP(3)) AS c2,
  TRY_CAST(c3 AS TIMESTAMP) AS c3,
  TRY_CAST(c3 AS TIMESTAMP(9)) AS c4,
  TRY_CAST(c3 AS TIMESTAMP_LTZ(0)) AS c5,
  TRY_CAST(c3 AS TIMESTAMP_LTZ(3)) AS c6,
  TRY_CAST(c3 AS TIMESTAMP_LTZ(9)) AS c7
FROM t;
