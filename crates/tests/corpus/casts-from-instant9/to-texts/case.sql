-- TRY_CAST of instant9 to texts: edge values and NULL.
CREATE TABLE t (
  lt9 TIMESTAMP_LTZ(9)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(lt9 AS CHAR(3)) AS c0,
  TRY_CAST(lt9 AS CHAR(12)) AS c1,
  TRY_CAST(lt9 AS VARCHAR(3)) AS c2,
  TRY_CAST(lt9 AS STRING) AS c3
FROM t;
