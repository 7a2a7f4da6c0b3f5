-- TRY_CAST of smallint to texts: edge values and NULL.
CREATE TABLE t (
  sm SMALLINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(sm AS CHAR(3)) AS c0,
  TRY_CAST(sm AS CHAR(12)) AS c1,
  TRY_CAST(sm AS VARCHAR(3)) AS c2,
  TRY_CAST(sm AS STRING) AS c3
FROM t;
