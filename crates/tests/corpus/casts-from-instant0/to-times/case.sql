-- TRY_CAST of instant0 to times: edge values and NULL.
CREATE TABLE t (
  lt0 TIMESTAMP_LTZ(0)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(lt0 AS DATE) AS c0,
  TRY_CAST(lt0 AS TIMESTAMP(0)) AS c1,
  TRY_CAST(lt0 AS TIMESTAMP(3)) AS c2,
  TRY_CAST(lt0 AS TIMESTAMP) AS c3,
  TRY_CAST(lt0 AS TIMESTAMP(9)) AS c4,
  TRY_CAST(lt0 AS TIMESTAMP_LTZ(0)) AS c5,
  TRY_CAST(lt0 AS TIMESTAMP_LTZ(3)) AS c6,
  TRY_CAST(lt0 AS TIMESTAMP_LTZ(9)) AS c7
FROM t;
