-- TRY_CAST of instant3 to times: edge values and NULL.
CREATE TABLE t (
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(lt3 AS DATE) AS c0,
  TRY_CAST(lt3 AS TIMESTAMP(3)) AS c1,
  TRY_CAST(lt3 AS TIMESTAMP) AS c2,
  TRY_CAST(lt3 AS TIMESTAMP(9)) AS c3,
  TRY_CAST(lt3 AS TIMESTAMP_LTZ(3)) AS c4,
  TRY_CAST(lt3 AS TIMESTAMP_LTZ(9)) AS c5
FROM t;
