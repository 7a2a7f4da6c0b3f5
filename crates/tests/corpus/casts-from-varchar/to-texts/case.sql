-- TRY_CAST of varchar to texts: edge values and NULL.
CREATE TABLE t (
  vc VARCHAR(10)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(vc AS CHAR(3)) AS c0,
  TRY_CAST(vc AS CHAR(12)) AS c1,
  TRY_CAST(vc AS VARCHAR(3)) AS c2,
  TRY_CAST(vc AS STRING) AS c3
FROM t;
