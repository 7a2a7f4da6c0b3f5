-- TRY_CAST of int-array to texts: edge values and NULL.
CREATE TABLE t (
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ai AS CHAR(3)) AS c0,
  TRY_CAST(ai AS CHAR(12)) AS c1,
  TRY_CAST(ai AS VARCHAR(3)) AS c2,
  TRY_CAST(ai AS STRING) AS c3
FROM t;
