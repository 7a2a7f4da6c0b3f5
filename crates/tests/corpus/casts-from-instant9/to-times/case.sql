-- TRY_CAST of instant9 to times: edge values and NULL.
CREATE TABLE t (
  lt9 TIMESTAMP_LTZ(9)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(lt9 AS DATE) AS c0,
  TRY_CAST(lt9 AS TIMESTAMP(3)) AS c1,
  TRY_CAST(lt9 AS TIMESTAMP(9)) AS c2,
  TRY_CAST(lt9 AS TIMESTAMP_LTZ(3)) AS c3,
  TRY_CAST(lt9 AS TIMESTAMP_LTZ(9)) AS c4
FROM t;
