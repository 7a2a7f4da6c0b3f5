-- TRY_CAST of instant0 to texts: edge values and NULL.
CREATE TABLE t (
  lt0 TIMESTAMP_LTZ(0)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(lt0 AS CHAR(3)) AS c0,
  TRY_CAST(lt0 AS CHAR(12)) AS c1,
  TRY_CAST(lt0 AS VARCHAR(3)) AS c2,
  TRY_CAST(lt0 AS STRING) AS c3
FROM t;
